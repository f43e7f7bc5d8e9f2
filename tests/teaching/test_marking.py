"""Answers are judged through a wall: hostile ones without harm, honest ones as in a notebook."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.teaching import hostile
from tools.teaching import marking, parcel, slicing, wire
from tools.teaching.asking import Limits
from tools.teaching.parcel import Parcel

ROOT = Path(__file__).parents[2]
TASK = marking.Task("03.relu_backward", "03_backpropagation", "relu_backward")
QUICK = Limits(computing=20, clock=15, memory_mb=1500)
LINUX = sys.platform == "linux"  # elsewhere memory is not limited, and files are walled inside Python alone
LOOPS = Limits(computing=20, clock=2, memory_mb=1500)  # a loop without end is one on any machine
ENDS = hostile.ENDS if LINUX else {name: hostile.ENDS[name] for name in hostile.PORTABLE}


def marked(source, limits=QUICK):
    """The mark of a notebook with one code cell."""
    return marking.mark(Parcel("x.zip", cells={TASK.notebook: [(1, source)]}), TASK, 7, limits)


def test_a_right_answer_is_right():
    mark = marked(hostile.RIGHT)
    assert (mark.outcome, mark.sentence, mark.points) == ("right", "", 1)


def test_all_walls_stand_here():
    walls = marked(hostile.RIGHT).walls
    assert walls == ["limits", "files", "calls", "watch"] if LINUX else "watch" in walls


@pytest.mark.parametrize(("source", "words"), ENDS.values(), ids=ENDS)
def test_what_does_harm_is_wrong_and_says_why(source, words):
    mark = marked(source, LOOPS if words == "loop without end" else QUICK)
    assert mark.outcome == "wrong" and mark.points == 0
    assert mark.sentence and words in mark.sentence, mark.sentence


def test_overwriting_the_checker_changes_nothing_here():
    assert marked(hostile.OVERWRITES).outcome == "wrong"
    assert marked(hostile.RIGHT).outcome == "right"


@pytest.fixture
def secret(tmp_path):
    file = tmp_path / "marks.csv"
    file.write_text("Ada,0")
    return file


def test_files_of_the_teacher_are_neither_read_nor_written(secret):
    others = [
        secret,
        ROOT / "notebooks/solutions/03_backpropagation.ipynb",
        Path("/etc/passwd"),
        ROOT / "README.md",
    ]
    for path in others:
        mark = marked(hostile.reads(path))
        assert mark.outcome == "wrong" and "tried to read" in mark.sentence, path
    mark = marked(hostile.writes(secret))
    assert mark.outcome == "wrong" and "tried to write" in mark.sentence
    assert secret.read_text() == "Ada,0"


def test_other_ways_to_files_are_refused_too(secret):
    for line in (
        f"import os; os.remove({str(secret)!r})",
        f"import os; os.rename({str(secret)!r}, 'mine')",
        f"import os; os.listdir({str(secret.parent)!r})",
        f"import os; os.symlink({str(secret)!r}, 'link'); open('link').read()",
        f"import shutil; shutil.copy({str(secret)!r}, 'mine')",
        f"np.load({str(secret)!r}, allow_pickle=True)",
        f"import os; os.chmod({str(secret)!r}, 0o777)",
    ):
        mark = marked(hostile.body(line))
        assert mark.outcome == "wrong" and "tried to" in mark.sentence, line
    assert secret.read_text() == "Ada,0"


def test_the_way_around_python_is_walled_too(secret):
    for path in (secret, "/etc/passwd"):
        mark = marked(hostile.around_python(path))  # right: it got nothing, and went on
        assert mark.outcome == "right" if LINUX else "tried to use ctypes" in mark.sentence


def test_no_process_is_started_signalled_or_connected():
    if LINUX:
        assert marked(hostile.forks()).outcome == "right"  # every attempt failed; this process lives
    for line in (
        "import subprocess; subprocess.Popen(['x'])",
        "import os; os.kill(os.getppid(), 9)",
        "import socket; socket.socket()",
    ):
        mark = marked(hostile.body(line))
        assert mark.outcome == "wrong" and "tried to use" in mark.sentence, line
    assert "tried to use" in marked(hostile.body("import subprocess; subprocess.run(['true'])")).sentence


def test_its_own_folder_may_be_written_and_nothing_of_mine_is_seen(monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "abc")
    checks = "import os; open('note', 'w').write('x'); assert 'SECRET_TOKEN' not in os.environ"
    assert (
        marked(hostile.body(checks, "assert os.path.samefile(os.getcwd(), os.environ['HOME'])")).outcome
        == "right"
    )


def test_a_cell_that_the_answer_does_not_need_is_not_run():
    cells = [(1, "import os\nos._exit(1)"), (2, hostile.RIGHT), (3, "while True: pass"), (4, "def broken(:")]
    mark = marking.mark(Parcel("x", cells={TASK.notebook: cells}), TASK, 7, QUICK)
    assert mark.outcome == "right"


def test_the_judge_works_through_the_wall():
    """Beliefs are named, changed arguments seen, kept results seen, as in a notebook."""
    gate = hostile.HEAD + "def relu_backward(dy, x):\n    return dy * (dy > 0)\n"
    assert marked(gate).belief == "gate on the gradient's sign"
    changes = hostile.HEAD + "def relu_backward(dy, x):\n    dy *= x > 0\n    return dy\n"
    assert "dy was changed" in marked(changes).sentence
    keeps = hostile.HEAD + (
        "kept = {}\ndef relu_backward(dy, x):\n    a = kept.setdefault(dy.shape, np.zeros(dy.shape))\n"
        "    a[...] = dy * (x > 0)\n    return a\n"
    )
    assert "both are the same array" in marked(keeps).sentence
    raises = hostile.HEAD + "def relu_backward(dy, x):\n    y = 1\n    return dy / (y - 1)[0]\n"
    assert "TypeError" in marked(raises).sentence and "line 4" in marked(raises).sentence


@pytest.mark.parametrize("task", marking.tasks(), ids=lambda task: task.exercise)
def test_solutions_are_right_and_stubs_not_attempted(task):
    for folder, outcome in (("notebooks/solutions", "right"), ("notebooks", "not attempted")):
        content = (ROOT / folder / f"{task.notebook}.ipynb").read_bytes()
        handed = Parcel("x", cells={task.notebook: parcel.cells_of(content)})
        mark = marking.mark(handed, task, 12345, QUICK)
        assert (mark.outcome, mark.sentence) == (outcome, "")


WITHOUT = """
import sys
sys.path.insert(0, {root!r})
from tools.teaching import walls
walls._landlock = walls._seccomp = lambda *_: False
tried = []
print(walls.put_up([], {folder!r}, 20, 1000, tried.append))
for line in {lines!r}:
    try: exec(line); print("done:", line)
    except PermissionError: pass
print(len(tried))
"""


def test_where_the_system_has_no_walls_python_refuses_the_same(tmp_path, secret):
    """Windows and macOS have the watch alone (and macOS limits): it holds against scripts."""
    (tmp_path / "own").mkdir()
    lines = [
        f"open({str(secret)!r})",
        f"open({str(secret)!r}, 'w')",
        "import subprocess; subprocess.Popen(['x'])",
        "import os; os.kill(os.getppid(), 9)",
        "import os; os.system('true')",
        "import _ctypes; _ctypes.dlopen(None, 0)" if os.name != "nt" else "import _winapi; open('C:/x')",
    ]
    code = WITHOUT.format(root=str(ROOT), folder=str(tmp_path / "own"), lines=lines)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "done:" not in run.stdout, run.stdout
    assert int(run.stdout.splitlines()[-1]) >= len(lines), run.stderr
    assert secret.read_text() == "Ada,0"


def test_values_cross_the_line_unchanged():
    strided = np.arange(24.0).reshape(4, 6)[::2, ::2]
    locked = np.ones(3)
    locked.flags.writeable = False
    assert wire.decode(wire.encode((1, [2.0], ("a",)))) == (1, [2.0], ("a",))
    for value in (1, -2.5, True, None, "a", np.float32(3), np.arange(3), strided, strided.T, locked):
        back = wire.decode(json.loads(json.dumps(wire.encode(value))))
        assert type(back) is type(value) and np.array_equal(back, value)
        if isinstance(value, np.ndarray):
            assert back.dtype == value.dtype and back.flags.writeable == value.flags.writeable
            assert back.flags.f_contiguous == value.flags.f_contiguous


@pytest.mark.parametrize(
    "code",
    [
        {"array": "AAAA", "dtype": "|O8", "shape": [1]},
        {"array": "AAAA", "dtype": "<f8", "shape": [10**12]},
        {"array": "!", "dtype": "<f8", "shape": [1]},
        {"array": "", "dtype": "<f8", "shape": [-1]},
        {"int": "z"},
        {"a": 1},
        {},
        [1],
        {"float": "1", "int": "2"},
    ],
)
def test_what_is_no_value_is_not_read(code):
    with pytest.raises(wire.Unreadable):
        wire.decode(code)


def test_slicing_takes_helpers_and_changes_along():
    cells = [
        (1, "import numpy as np\nimport this_is_not_needed"),
        (2, "table = {}\ntable['a'] = 1\nprint(table)"),
        (3, "%matplotlib inline\ndef help(x): return table[x]"),
        (4, "def f(x):\n    y = help(x)\n    return np.sum(y)"),
    ]
    texts = [text for _, text, _ in slicing.needed(cells, "f")[0]]
    assert texts[:3] == ["import numpy as np", "table = {}", "table['a'] = 1"] and len(texts) == 5
