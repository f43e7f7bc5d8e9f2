"""One process at a time: a lock on a file, released by the operating system even after a crash."""

import os
import time
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(path, seconds=None):
    """Hold the lock beside `path`, the file ``PATH.lock``, for the length of a ``with`` block.

    Where files cannot be locked, or after `seconds` of waiting, the block runs without the lock. The file is
    removed afterwards.

    Parameters
    ----------
    path : str or path
        What is to be read and written by one process at a time; several threads count as several processes.
    seconds : float, optional
        How long to wait for others at most; for ever unless given.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with locked(folder / "counts.json"):
    ...     [file.name for file in folder.iterdir()]
    ['counts.json.lock']
    >>> list(folder.iterdir())
    []
    """
    path = Path(f"{path}.lock")
    end = None if seconds is None else time.monotonic() + seconds
    file = _acquire(path, end)
    try:
        yield
    finally:
        if file is not None:
            _release(path, file)


def _acquire(path, end):
    """Return the open and locked file, or None."""
    while True:
        try:
            file = open(path, "a")  # closed when it is released
        except OSError:
            return None  # nobody may write here
        try:
            _lock(file)
            if os.path.exists(path) and os.path.samestat(os.fstat(file.fileno()), os.stat(path)):
                return file
        except (BlockingIOError, PermissionError):  # held by another
            pass
        except OSError:  # a file system without locks
            file.close()
            return None
        file.close()
        if end is not None and time.monotonic() > end:
            return None
        time.sleep(0.005)


def _lock(file):
    """Lock the open file or raise: a BlockingIOError or PermissionError if it is held, else an OSError."""
    if os.name == "nt":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        return
    try:
        from fcntl import LOCK_EX, LOCK_NB, flock
    except ImportError as error:  # a Python in a browser
        raise OSError("no locks here") from error
    flock(file, LOCK_EX | LOCK_NB)


def _release(path, file):
    """Remove the file while it is still ours; Windows lets nobody remove an open one."""
    if os.name != "nt":
        path.unlink(missing_ok=True)
    file.close()
    if os.name == "nt":
        try:
            path.unlink(missing_ok=True)
        except OSError:
            pass  # another has it now
