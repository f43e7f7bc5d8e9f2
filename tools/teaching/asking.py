"""The marking side: it asks a walled process for results on cases and compares them itself.

The learner's code runs in the other process alone. Whatever that process says is data: it cannot say that an
answer is right, only what the answer gives.
"""

from __future__ import annotations

import dataclasses
import json
import os
import queue
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

from cnnlib.checks.exercise import Exercise, Misfit
from cnnlib.checks.running import TimeUp
from tools.teaching import wire
from tools.teaching.answering import encode_given

PROGRAM = Path(__file__).with_name("answering.py")
LONGEST_REPLY = 64 * 2**20
SECONDS_A_CALL = 2.5  # less than the judge's own limit, so that the process is ended and not left behind
SECONDS_TO_START = 60


class Gone(Exception):
    """The process ended, or what it says cannot be read; the message is a sentence."""


@dataclasses.dataclass(frozen=True)
class Limits:
    """What one answer may use: seconds of computing, seconds on the clock, megabytes."""

    computing: int = 60
    clock: int = 120
    memory_mb: int = 2000


class Asked:
    """A walled process with one learner's answer to one exercise; use it in a `with`."""

    def __init__(self, exercise: Exercise, limits: Limits) -> None:
        self.exercise, self.limits = exercise, limits
        self.folder = tempfile.TemporaryDirectory(prefix="marking-", ignore_cleanup_errors=True)
        self.walls: list[str] = []
        self.tried = ""
        self.gone = ""
        self.until = time.monotonic() + limits.clock + SECONDS_TO_START

    def __enter__(self) -> Asked:
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-B", str(PROGRAM)],
            cwd=self.folder.name,
            env=environment(self.folder.name),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.lines: queue.Queue = queue.Queue()
        threading.Thread(target=_read, args=(self.process.stdout, self.lines), daemon=True).start()
        limits = {"seconds": self.limits.computing, "memory_mb": self.limits.memory_mb}
        try:
            more = {"exercise": self.exercise.name, "folder": self.folder.name, **limits}
            begun = self.ask("begin", SECONDS_TO_START, **more)
        except BaseException:
            self.__exit__()
            raise
        self.walls = [str(name) for name in begun.get("walls", ())]
        self.until = time.monotonic() + self.limits.clock
        return self

    def __exit__(self, *_) -> None:
        self.end()
        self.folder.cleanup()

    def end(self) -> None:
        """End the process and all that it may have started."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (AttributeError, ProcessLookupError, PermissionError):  # Windows has no groups
            self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            try:
                pipe.close()
            except OSError:
                pass

    def ask(self, what: str, seconds: float, /, **more) -> dict:
        """Send a message and wait for its reply.

        Raises
        ------
        Gone
            If there is none, or none that can be read.
        TimeUp
            If it takes longer than `seconds`.
        """
        if self.gone:
            raise Gone(self.gone)
        name = secrets.token_hex(8)
        message = json.dumps({"do": what, "id": name, "with": more}).encode("ascii") + b"\n"
        try:
            self.process.stdin.write(message)
            self.process.stdin.flush()
            reply = self._wait(name, min(time.monotonic() + seconds, self.until))
        except BaseException as error:
            self.gone = self.gone or str(error) or "It was stopped: a loop without end?"
            self.end()
            if isinstance(error, OSError):
                self.gone = self._how_it_ended()
                raise Gone(self.gone) from error
            raise
        tried = reply.get("tried")
        if not self.tried and isinstance(tried, list) and tried and isinstance(tried[0], str):
            self.tried = tried[0][:200]
        return reply

    def _wait(self, name: str, until: float) -> dict:
        """Wait in short turns, so that the judge can interrupt."""
        while True:
            try:
                line = self.lines.get(timeout=0.05)
                break
            except queue.Empty:
                if time.monotonic() > until:
                    raise TimeUp from None
        if line is None:
            raise Gone(self._how_it_ended())
        try:
            reply = json.loads(line)
            if isinstance(reply, dict) and reply.get("id") == name:
                return reply
        except (ValueError, RecursionError):
            pass
        raise Gone("It wrote something of its own where its results are read.")

    def _how_it_ended(self) -> str:
        """Say how the process came to its end."""
        try:
            code = self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "It closed the line over which its results are read."
        if code == -getattr(signal, "SIGXCPU", 0):
            return f"It used up its {self.limits.computing} seconds of computing time."
        if code < 0:
            return f"Its process was ended by the signal {signal.Signals(-code).name}."
        return f"Its code ended the process (exit code {code})."

    def call(self, arguments: tuple):
        """Return what the learner's answer gives on a case; raise what it raises."""
        reply = self.ask("call", SECONDS_A_CALL, arguments=encode_given(arguments, wire.encode))
        if "error" in reply:
            raise _error(reply)
        try:
            value = wire.decode(reply["value"])
            changed = {int(i): wire.decode(code) for i, code in dict(reply.get("changed", {})).items()}
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise Misfit("What it returned cannot be read.") from error
        if reply.get("reused") is True:
            raise Misfit("The result of one call was changed by the next: both are the same array.")
        for index, new in changed.items():
            if 0 <= index < len(arguments):
                _change(arguments[index], new)
        return value


def environment(folder: str) -> dict[str, str]:
    """Return the whole environment of the process: nothing of the teacher's."""
    kept = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}  # Windows needs it
    threads = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL", "VECLIB_MAXIMUM")}
    places = dict.fromkeys(("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP", "MPLCONFIGDIR"), folder)
    return kept | threads | places | {"CNNLIB_PROGRESS": "off", "MPLBACKEND": "agg", "LANG": "C.UTF-8"}


def _read(pipe, lines: queue.Queue) -> None:
    """Hand on one line after another, up to a length; None at the end."""
    try:
        while line := pipe.readline(LONGEST_REPLY):
            lines.put(line)
            if lines.qsize() > 4:  # one reply is awaited at a time
                break
    except (OSError, ValueError):
        pass
    lines.put(None)


def _error(reply: dict) -> BaseException:
    """Return the error that an answer raised; a foreign one under its name."""
    name, text = str(reply.get("error"))[:40], str(reply.get("text"))[:500]
    if reply.get("misfit") is True:
        return Misfit(text)
    known = {
        each.__name__: each for each in (NotImplementedError, TypeError, ValueError, IndexError, KeyError)
    }
    if name in known:
        return known[name](text)
    return type(name if name.isidentifier() else "Error", (Exception,), {})(text)


def _change(argument, new) -> None:
    """Do to an argument here what the answer did to it there, so that the judge sees it."""
    if isinstance(argument, tuple) and isinstance(new, tuple):
        for one, other in zip(argument, new, strict=False):
            _change(one, other)
    elif isinstance(argument, list) and isinstance(new, list):
        argument[:] = new
    elif isinstance(argument, np.ndarray) and isinstance(new, np.ndarray):
        if argument.shape == new.shape and argument.flags.writeable:
            argument[...] = new


class Remote(Exercise):
    """An exercise whose answer lives in another process: the true function and the wrong ones run here."""

    def call(self, function, arguments):
        """Call an answer on one case."""
        if isinstance(function, Answer):
            return function.asked.call(arguments)
        return super().call(function, arguments)


class Answer:
    """Stands for the learner's function."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked

    def __call__(self, *arguments):
        return self.asked.call(arguments)


def with_cases_of(exercise: Exercise, seed: int) -> Remote:
    """Return an exercise with the cases of every check, and as many from a seed that no hand-in can know.

    The former are needed: some beliefs show in rare cases, which they are sure to hold.
    """
    fields = {field.name: getattr(exercise, field.name) for field in dataclasses.fields(exercise)}
    rng_of = [seed, *exercise.name.encode()]

    def cases(rng):
        yield from exercise.cases(rng)
        yield from exercise.cases(np.random.default_rng(rng_of))

    return Remote(**fields | {"cases": cases})
