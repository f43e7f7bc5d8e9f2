"""One thread for each product of matrices, for as long as a step runs, and helpers for the other cores.

The products of a small network are short; a BLAS library that splits each of them among the cores spends
more time on handing out than on multiplying. So the cores get halves of the batch instead, and BLAS is held
to one thread meanwhile. That number is a property of the whole process: it is set when a first step
begins anywhere and put back when the last one has ended, so that steps in several threads at once cannot
leave it behind; a number that other code has set in between stays.
"""

import contextvars
import os
import threading
from contextlib import nullcontext
from functools import cache

import numpy as np

_lock = threading.Lock()
_steps = 0
_libraries = None
_before = []
_idle = []  # helpers without a task; taking and putting back one are atomic


SERIAL = 2**18  # multiply-adds up to which OpenBLAS does not think of a second thread


class single_threaded:
    """Hold BLAS to one thread inside a ``with`` block, in this process.

    >>> with single_threaded():
    ...     pass
    """

    def __enter__(self):
        global _steps, _before
        with _lock:
            if not _steps:
                _before = [(library, library.get_num_threads()) for library in _blas_libraries()]
                for library, number in _before:
                    if number != 1:
                        library.set_num_threads(1)
            _steps += 1

    def __exit__(self, *error):
        global _steps
        with _lock:
            _steps -= 1
            if not _steps:
                for library, number in _before:
                    if number != 1 and library.get_num_threads() == 1:
                        library.set_num_threads(number)


def one_blas_thread(layers, batch):
    """`single_threaded` where a batch makes a product of `layers` long enough for a second thread.

    Otherwise nothing has to be held: asking and setting costs microseconds, as much as a small layer.
    """
    n = len(batch) if np.ndim(batch) else 1
    sizes = [value.size for layer in layers for value in layer.params.values()]
    return single_threaded() if n * max(sizes, default=0) > SERIAL else nullcontext()


def _blas_libraries():
    """The loaded BLAS libraries whose threads can be set; looked for once, as that takes milliseconds.

    Where no thread can be started there is none to be held.
    """
    global _libraries
    if _libraries is None and not can_start_threads():
        _libraries = []
    if _libraries is None:
        from threadpoolctl import ThreadpoolController  # loaded here: a process that never trains needs none

        found = ThreadpoolController().lib_controllers
        _libraries = [library for library in found if library.user_api == "blas"]
    return _libraries


@cache
def has_avx2_kernels():
    """Whether NumPy's BLAS is OpenBLAS with its kernels for processors with AVX2, but not AVX-512."""
    kernels = {getattr(library, "architecture", None) for library in _blas_libraries()}
    return bool(kernels & {"Haswell", "Zen"})


@cache
def can_start_threads():
    """Whether this Python can start a thread: one that runs inside a browser cannot."""
    probe = threading.Thread(target=int)
    try:
        probe.start()
    except RuntimeError:  # "can't start new thread"
        return False
    probe.join()
    return True


def cores():
    """How many cores this process may use; 1 where it cannot start a thread."""
    if not can_start_threads():
        return 1
    if hasattr(os, "process_cpu_count"):
        return os.process_cpu_count() or 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Helper:
    """A thread that stays and waits for tasks; handing one over and back costs some ten microseconds."""

    def __init__(self):
        self.begin, self.end = threading.Lock(), threading.Lock()
        self.begin.acquire()
        self.end.acquire()
        threading.Thread(target=self._work, name="cnnlib", daemon=True).start()

    def _work(self):
        while True:
            self.begin.acquire()
            try:
                self.result, self.error = self.context.run(self.task), None
            except BaseException as error:  # whatever it is, it belongs to whoever gave the task
                self.result, self.error = None, error
            self.task = self.context = None
            self.end.release()

    def start(self, task):
        """Hand a task over, with what holds around it here, such as ``np.errstate``."""
        self.task, self.context = task, contextvars.copy_context()
        self.begin.release()

    def wait(self):
        """Wait for the end of the task; its result and its error, one of them None."""
        self.end.acquire()
        answer = self.result, self.error
        self.result = self.error = None
        return answer


def run_all(tasks):
    """Call every function of a list, the first in this thread and the others beside it; wait for all.

    Where no thread can be started they run one after the other.

    >>> run_all([lambda: 1, lambda: 2])
    [1, 2]
    """
    first, *others = tasks
    if others and not can_start_threads():
        return [task() for task in tasks]
    helpers = [_helper(task) for task in others]
    try:
        results = [first()]
    finally:
        answers = [helper.wait() for helper in helpers]  # whatever happened here
        _idle.extend(helpers)
    for result, error in answers:
        if error is not None:
            raise error
        results.append(result)
    return results


class Meeting:
    """Where threads that run side by side tell each other what they have found, each waiting for all.

    Parameters
    ----------
    size : int
        How many they are.

    Examples
    --------
    >>> meeting = Meeting(2)
    >>> run_all([lambda: meeting.exchange(0, "a"), lambda: meeting.exchange(1, "b")])
    [['a', 'b'], ['a', 'b']]
    """

    def __init__(self, size):
        self._barrier = threading.Barrier(size)
        self.begin()

    def begin(self):
        """Make ready for threads that begin anew, whatever happened to those before."""
        self._barrier.reset()
        self._error, size = None, self._barrier.parties
        self._given, self._times = [[None] * size, [None] * size], [0] * size

    def exchange(self, place, value):
        """Give a value, as number `place` of the threads, and return those of all, in order."""
        given = self._given[self._times[place] % 2]  # nobody is two meetings ahead of another
        given[place] = value
        self._times[place] += 1
        try:
            self._barrier.wait()
        except threading.BrokenBarrierError:
            raise self._error or RuntimeError("another thread has left the meeting") from None
        return list(given)

    def leave(self, error):
        """Let no thread wait for one that has ended with an error: they get the same."""
        self._error = error
        self._barrier.abort()


def _helper(task):
    """A helper thread that is free, already at work."""
    try:
        helper = _idle.pop()
    except IndexError:
        helper = _Helper()
    helper.start(task)
    return helper


def _forget():
    """A forked child has none of its parent's threads, and no step running."""
    global _idle, _lock, _steps
    _idle, _lock, _steps = [], threading.Lock(), 0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
