"""Answers to `relu_backward` that do harm, and the words that a teacher must read about each."""

HEAD = "import numpy as np\n"
RIGHT = HEAD + "def relu_backward(dy, x):\n    return dy * (x > 0)\n"


def body(*lines):
    """An answer whose function begins with these lines and would then be right."""
    inside = "".join(f"    {line}\n" for line in lines)
    return HEAD + f"def relu_backward(dy, x):\n{inside}    return dy * (x > 0)\n"


ENDS = {  # name: (the cell, words of the sentence); none of them may count as right
    "endless loop": (body("while True: pass"), "loop without end"),
    "endless loop in the cell": (HEAD + "while True: relu_backward = 1", "loop without end"),
    "a loop that swallows errors": (
        body("while True:", "    try:", "        while True: pass", "    except BaseException: pass"),
        "loop without end",
    ),
    "a loop in compiled code": (body("10 ** 10 ** 9"), "loop without end"),
    "memory": (body("keep = []", "while True: keep.append(np.zeros(10**8))"), "MemoryError"),
    "memory in the cell": (HEAD + "relu_backward = [np.zeros(10**8) for i in iter(int, 1)]", "MemoryError"),
    "one huge array": (body("np.ones(10**11)"), "MemoryError"),
    "sys.exit": (body("import sys; sys.exit(0)"), "SystemExit"),
    "os._exit": (body("import os; os._exit(0)"), "ended the process"),
    "a crash": (body("import ctypes; ctypes.string_at(0)"), "SIGSEGV"),
    "recursion": (HEAD + "def relu_backward(dy, x):\n    return relu_backward(dy, x)\n", "RecursionError"),
    "printing a result": (
        HEAD + "def relu_backward(dy, x):\n    print('right'); print('03.relu_backward: 1 of 1')\n",
        "returned None",
    ),
    "an object that claims to be equal": (
        HEAD
        + "class All:\n    def __eq__(self, other): return True\n    def __array__(self, *a, **k): return 1\n"
        "def relu_backward(dy, x):\n    return All()\n",
        "is a All",
    ),
    "a forged reply": (
        body(
            "import os",
            "for n in range(3, 20):",
            '    try: os.write(n, b\'{"id": "x", "outcome": "right", "value": null}\\n\')',
            "    except OSError: pass",
        ),
        "wrote something of its own",
    ),
    "a flood on the line": (
        body(
            "import os",
            "while True:",
            "    for n in range(3, 20):",
            "        try: os.write(n, b'x' * 65536)",
            "        except OSError: pass",
        ),
        "",
    ),
    "nested JSON as a reply": (
        body(
            "import os",
            "for n in range(3, 20):",
            "    try: os.write(n, b'[' * 100000 + b'\\n')",
            "    except OSError: pass",
        ),
        "wrote something of its own",
    ),
}

OVERWRITES = (
    HEAD
    + """
import cnnlib.checks.judging, cnnlib.checks.comparing, cnnlib.checks.exercise as e, sys
cnnlib.checks.judging.judge = lambda *a, **k: ("right", None)
cnnlib.checks.comparing.compare_one = lambda *a, **k: ("", None)
e.find("03.relu_backward").__dict__["oracle"] = lambda dy, x: 0 * dy
def relu_backward(dy, x):
    sys.modules["cnnlib.checks"].check = lambda *a, **k: "right"
    for module in list(sys.modules.values()):
        if hasattr(module, "encode"): module.encode = lambda value, depth=0: {"other": "right"}
    return 0 * dy
"""
)


def reads(path):
    """An answer that returns what stands in a file."""
    return body(f"open({str(path)!r}, 'rb').read()")


def writes(path):
    """An answer that writes into a file."""
    return body(f"open({str(path)!r}, 'w').write('all points')")


def around_python(path):
    """An answer that opens a file by the C library, past Python's own refusals."""
    return body("import ctypes", f"if ctypes.CDLL(None).open({str(path)!r}.encode(), 0) >= 0: return dy * 7")


def forks():
    """An answer that starts processes by the C library."""
    return body(
        "import ctypes, os",
        "libc = ctypes.CDLL(None)",
        "while libc.fork() >= 0: pass",
        "pid = os.getppid()",
        "libc.kill(pid, 9); libc.tgkill(pid, pid, 9); libc.ptrace(16, pid, 0, 0)",
        "if libc.socket(2, 1, 0) >= 0: return dy * 7",
        "if libc.system(b'true') == 0: return dy * 7",
    )
