"""Call a learner's function so that nothing it does can hurt: errors, endless loops, floods of text."""

import contextlib
import ctypes
import io
import linecache
import sys
import threading
import time
import traceback
import warnings
from dataclasses import dataclass

import numpy as np

from cnnlib.runtime.language import say


class TimeUp(BaseException):
    """Raised inside a function that runs for too long; no ``except Exception`` catches it."""


@dataclass
class Call:
    """What came of one call: its value, or the error it ended with, or that it was cut."""

    value: object = None
    error: BaseException | None = None
    cut: bool = False
    printed: str = ""


class _Limited(io.StringIO):
    """Text that stops growing after a few thousand characters."""

    def write(self, text):
        if self.tell() < 4000:
            super().write(text)
        return len(text)


def call(function, arguments, seconds=3.0):
    """Call ``function(*arguments)``, ended after a number of seconds, whatever it raises caught.

    The function runs in a thread of its own, into which `TimeUp` is raised when time is up; a thread that
    does not answer (it waits inside compiled code) is left behind. Where no thread can be started, as in a
    Python inside the browser, the function is traced line by line instead.

    >>> call(lambda x: x + 1, [2]).value, call(lambda: 1 / 0, []).error, call(max, [[]]).cut
    (3, ZeroDivisionError('division by zero'), False)
    """
    result, printed = Call(), _Limited()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        done = threading.Event()
        worker = threading.Thread(target=_work, args=(function, arguments, result, done), daemon=True)
        try:
            worker.start()
        except RuntimeError:  # "can't start new thread"
            _trace(function, arguments, result, seconds)
        else:
            _wait(worker, result, seconds, done)
    result.printed = printed.getvalue()
    return result


def _work(function, arguments, result, done=None):
    """Run the function and note what came of it, then that it is done."""
    try:
        with np.errstate(all="ignore"):
            result.value = function(*arguments)
    except TimeUp:
        result.cut = True
    except BaseException as error:  # also SystemExit, whatever a learner may raise
        result.error = error
    finally:
        if done:
            done.set()


def _wait(worker, result, seconds, done):
    """Wait for the function; when time is up, or the learner interrupts, end it.

    An event is waited for, not the thread: a `Thread.join` that is interrupted takes it for ended. The
    waits are short, because on Windows an interrupt does not end one.
    """
    until = time.monotonic() + seconds
    try:
        while not done.wait(min(0.1, seconds)) and time.monotonic() < until:
            pass
    finally:
        if not done.is_set():
            _stop(worker, done)
            result.cut, result.error = True, None


def _stop(worker, done, patience=1.0):
    """Raise `TimeUp` in a thread, again and again should it be swallowed, then leave the thread behind."""
    raise_in = getattr(getattr(ctypes, "pythonapi", None), "PyThreadState_SetAsyncExc", None)
    until = time.monotonic() + patience
    while raise_in and not done.is_set() and time.monotonic() < until:
        raise_in(ctypes.c_ulong(worker.ident), ctypes.py_object(TimeUp))
        done.wait(0.05)


def _trace(function, arguments, result, seconds):
    """Run the function in this thread, its every line watched for the time."""
    until, before = time.monotonic() + seconds, sys.gettrace()

    def watch(frame, event, argument):
        if time.monotonic() > until:
            raise TimeUp
        return watch

    sys.settrace(watch)
    try:
        _work(function, arguments, result)
    finally:
        sys.settrace(before)


def told(error):
    """What an error says; empty if it cannot say it.

    >>> told(ValueError("no such axis"))
    'no such axis'
    """
    try:
        return str(error)
    except Exception:
        return ""


def where_it_failed(error, function):
    """The learner's own line at which an error arose, as ``line 3: total += x[i]``; empty if unknown.

    >>> where_it_failed(ValueError("never raised"), None)
    ''
    """
    home = getattr(getattr(function, "__code__", None), "co_filename", None)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == home]
    if not frames:
        return ""
    line = frames[-1].line or linecache.getline(home, frames[-1].lineno).strip()
    return (
        say("line {lineno}: {line}", lineno=frames[-1].lineno, line=line)
        if line
        else say("line {lineno}", lineno=frames[-1].lineno)
    )
