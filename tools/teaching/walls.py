"""What a process puts around itself before it runs a learner's code; it cannot be taken down again.

Four layers, each where the system has it; `put_up` returns the names of those that stand.

``limits``
    Computing time, memory, size of a file (`resource`; memory is not limited on macOS, nothing on Windows).
``files``
    Landlock, Linux 5.13 and newer, no root needed: only Python and cnnlib can be read, only the temporary
    folder written. Neither the teacher's files nor other hand-ins can be opened, whatever the code does.
``calls``
    seccomp, Linux on x86-64 and ARM: no new process, no program started, no signal to another process, no
    socket.
``watch``
    Python's audit hook, everywhere: the same refusals inside Python. It holds against scripts; who writes
    machine code gets past it. Where `files` and `calls` stand, it only tells what was tried.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from collections.abc import Callable

LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
READ_FILE, READ_DIR, WRITE_FILE, EXECUTE = 1 << 2, 1 << 3, 1 << 1, 1 << 0
PR_SET_NO_NEW_PRIVS = 38
EPERM, ENOSYS, CLONE_THREAD = 1, 38, 0x10000
MACHINES = {  # architecture as the filter sees it; numbers of the calls seccomp, clone and tgkill
    "x86_64": (0xC000003E, 317, 56, 234),
    "aarch64": (0xC00000B7, 277, 220, 131),
}
REFUSED = {  # new processes, programs, sockets, signals, others' memory and limits, other namespaces, bpf
    "x86_64": "41 53 57 58 59 62 101 129 165 200 272 297 302 304 308 310 311 321 322",
    "aarch64": "198 199 221 129 117 138 40 130 97 240 261 265 268 270 271 280 281",
}
EVERYWHERE = (424, 425, 434, 438)  # signals through descriptors, io_uring, others' descriptors
CLONE3 = 435
FORBIDDEN = (
    "os.fork os.forkpty os.posix_spawn os.exec os.spawn os.system os.startfile os.kill os.killpg pty.spawn "
    "subprocess.Popen socket.__new__ resource.setrlimit resource.prlimit signal.pthread_kill"
).split()
BY_HAND = ("ctypes.dlopen", "ctypes.dlsym", "ctypes.dlsym/handle", "ctypes.call_function")
READS = ("os.listdir", "os.scandir", "os.walk", "os.chdir", "glob.glob")
WRITES = (
    "os.remove os.rename os.mkdir os.rmdir os.symlink os.link os.truncate os.chmod os.chown os.utime".split()
)


def put_up(readable: list[str], writable: str, seconds: int, memory_mb: int, tell: Callable) -> list[str]:
    """Put the walls around this process and return which of them stand.

    Parameters
    ----------
    readable : list of str
        Folders that may be read.
    writable : str
        The one that may be written as well.
    seconds : int
        Computing time.
    memory_mb : int
    tell : callable
        Called with a sentence when something is refused inside Python.
    """
    alone = not os.path.isdir("/proc/self/task") or len(os.listdir("/proc/self/task")) == 1
    walls = {
        "limits": lambda: _limits(seconds, memory_mb),
        "files": lambda: alone and _landlock(readable, writable),
        "calls": lambda: alone and _seccomp(),
    }
    standing = [name for name, put in walls.items() if put()]
    if "calls" not in standing and "limits" in standing:
        _no_processes()
    _watch(readable, writable, tell, by_hand=not {"files", "calls"} <= set(standing))
    return [*standing, "watch"]


def _limits(seconds: int, memory_mb: int) -> bool:
    """Limit computing time, memory and files."""
    try:
        import resource
    except ImportError:
        return False
    limits = {
        "RLIMIT_CPU": seconds,
        "RLIMIT_AS": memory_mb * 2**20,
        "RLIMIT_FSIZE": 20 * 2**20,
        "RLIMIT_NOFILE": 64,
        "RLIMIT_CORE": 0,
    }
    for name, most in limits.items():
        if sys.platform == "darwin" and name == "RLIMIT_AS":
            continue
        resource.setrlimit(getattr(resource, name), (most, most + (name == "RLIMIT_CPU")))
    return True


def _no_processes() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))  # without effect on root


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _landlock(readable: list[str], writable: str) -> bool:
    """Leave only some folders to be read and one to be written."""
    if sys.platform != "linux":
        return False
    libc = _libc()
    version = libc.syscall(LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return False
    handled = (1 << 13) - 1
    handled |= sum(1 << bit for bit, since in ((13, 2), (14, 3), (15, 5)) if version >= since)
    words = [handled] + ([3] if version >= 4 else []) + ([3] if version >= 6 else [])  # no net, no signals
    attributes = struct.pack(f"={len(words)}Q", *words)
    rules = libc.syscall(LANDLOCK_CREATE, attributes, ctypes.c_size_t(len(attributes)), 0)
    if rules < 0:
        return False
    for path in readable:
        _allow(libc, rules, path, READ_FILE | READ_DIR)
    _allow(libc, rules, writable, handled & ~EXECUTE)
    _allow(libc, rules, os.devnull, READ_FILE | WRITE_FILE)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    done = libc.syscall(LANDLOCK_RESTRICT, rules, 0) == 0
    os.close(rules)
    return done


def _allow(libc: ctypes.CDLL, rules: int, path: str, access: int) -> None:
    """Add a rule for what lies beneath a path; one that is not there needs none."""
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not os.path.isdir(path):
        access &= ~READ_DIR
    libc.syscall(LANDLOCK_ADD, rules, 1, struct.pack("=Qi", access, handle), 0)
    os.close(handle)


def _seccomp() -> bool:
    """Refuse the system's calls that reach beyond this process."""
    machine = platform.machine()
    if sys.platform != "linux" or machine not in MACHINES:
        return False
    libc, (_, number, *_) = _libc(), MACHINES[machine]
    code = _filter(machine, os.getpid())
    buffer = ctypes.create_string_buffer(code, len(code))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))

    program = Program(len(code) // 8, ctypes.addressof(buffer))
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    return libc.syscall(number, 1, 1, ctypes.byref(program)) == 0  # a filter, for all threads


def _filter(machine: str, pid: int) -> bytes:
    """Return the filter as the kernel reads it: eight bytes a line (code, if true, if false, number)."""
    architecture, _, clone, tgkill = MACHINES[machine]
    load, equal, above, bits, back = 0x20, 0x15, 0x35, 0x45, 0x06
    allow, refuse, unknown = (
        (back, 0, 0, value) for value in (0x7FFF0000, 0x50000 | EPERM, 0x50000 | ENOSYS)
    )
    lines = [(load, 0, 0, 4), (equal, 1, 0, architecture), refuse, (load, 0, 0, 0)]
    lines += [(above, 0, 1, 0x40000000), refuse]  # the other numbering of x86-64
    for call in (*map(int, REFUSED[machine].split()), *EVERYWHERE):
        lines += [(equal, 0, 1, call), refuse]
    lines += [(equal, 0, 1, CLONE3), unknown]  # so that the C library asks for clone instead
    lines += [(equal, 0, 4, clone), (load, 0, 0, 16), (bits, 0, 1, CLONE_THREAD), allow, refuse]
    lines += [(equal, 0, 4, tgkill), (load, 0, 0, 16), (equal, 0, 1, pid), allow, refuse]
    return b"".join(struct.pack("=HBBI", *line) for line in [*lines, allow])


def _watch(readable: list[str], writable: str, tell: Callable, by_hand: bool) -> None:
    """Refuse inside Python what reaches beyond the process."""
    roots, own = tuple(map(os.path.realpath, readable)), os.path.realpath(writable)
    forbidden = frozenset((*FORBIDDEN, *(BY_HAND if by_hand else ())))

    def beneath(path, folders) -> bool:
        if isinstance(path, int) or path is None:
            return True
        place = os.path.realpath(os.fsdecode(path))
        return place == os.devnull or any(
            place == folder or place.startswith(folder + os.sep) for folder in folders
        )

    def hook(event, arguments):
        if event in forbidden:
            _refuse(f"it tried to use {event.replace('.__new__', '')}", tell)
        elif event == "open":
            path, _mode, flags = arguments
            writing = bool(flags and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
            if not beneath(path, (own,) if writing else (*roots, own)):
                _refuse(f"it tried to {'write' if writing else 'read'} {str(path)[:120]!r}", tell)
        elif event in WRITES and not all(beneath(path, (own,)) for path in arguments if _is_path(path)):
            _refuse(f"it tried to change {str(arguments[0])[:120]!r} ({event})", tell)
        elif event in READS and arguments and not beneath(arguments[0], (*roots, own)):
            _refuse(f"it tried to look into {str(arguments[0])[:120]!r}", tell)

    sys.addaudithook(hook)


def _is_path(argument) -> bool:
    return isinstance(argument, (str, bytes, os.PathLike))


def _refuse(sentence: str, tell: Callable) -> None:
    tell(sentence)
    raise PermissionError(f"marking runs without files, network and other processes: {sentence}")
