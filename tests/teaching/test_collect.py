"""Hand-ins are marked without harm: hostile code, hostile archives; and honest ones get what they deserve."""

import csv
import importlib.util
import json
import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from cnnlib import __version__
from tests.teaching import hostile
from tools.teaching import collect, hand_in, marking, parcel, release, slicing, wire
from tools.teaching.asking import Limits
from tools.teaching.parcel import Parcel, Refused

ROOT = Path(__file__).parents[2]
TASK = marking.Task("03.relu_backward", "03_backpropagation", "relu_backward")
QUICK = Limits(computing=20, clock=15, memory_mb=1500)
LINUX = sys.platform == "linux"  # elsewhere memory is not limited, and files are walled inside Python alone
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
    mark = marked(source)
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


# --- the archive ------------------------------------------------------------------------------

ABOUT = {"format": 1, "version": __version__, "name": "Ada"}
NAME = "notebooks/03_backpropagation.ipynb"


def notebook(*sources):
    """A notebook as JSON."""
    cells = [{"cell_type": "code", "source": source, "metadata": {}, "outputs": []} for source in sources]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def pack(path, members, about=ABOUT):
    """An archive of members, which are (name or ZipInfo, content)."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        if about is not None:
            archive.writestr("hand-in.json", json.dumps(about))
        for name, content in members:
            archive.writestr(name, content)
    return path


def link(name):
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


HOSTILE_FILES = {
    "a way out": ([("../../evil.ipynb", "x")], ABOUT, "no hand-in holds"),
    "an absolute path": ([("/etc/cron.d/evil", "x")], ABOUT, "no hand-in holds"),
    "backslashes": ([("notebooks\\..\\evil.ipynb", "x")], ABOUT, "no hand-in holds"),
    "a link": ([(link(NAME), "/etc/passwd")], ABOUT, "holds a link"),
    "a bomb": ([(NAME, b"0" * (parcel.LARGEST_MEMBER + 1))], ABOUT, "too large once unpacked"),
    "many bombs": (
        [(f"notebooks/{i:02}_a.ipynb", b"0" * (15 * 2**20)) for i in range(5)],
        ABOUT,
        "too large",
    ),
    "many files": ([(f"notebooks/n{i}.ipynb", "") for i in range(80)], ABOUT, "more than"),
    "nothing of ours": ([(NAME, "{}")], None, "hand-in.json is missing"),
    "another format": ([(NAME, "{}")], {"format": 99}, "newer course"),
}


@pytest.mark.parametrize(("members", "about", "words"), HOSTILE_FILES.values(), ids=HOSTILE_FILES)
def test_a_hostile_archive_is_refused_with_a_sentence(tmp_path, members, about, words):
    with pytest.raises(Refused, match=words):
        parcel.read(pack(tmp_path / "a.zip", members, about))
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_an_archive_that_lies_about_its_size_is_refused(tmp_path):
    path = pack(tmp_path / "a.zip", [(NAME, b"0" * 3_000_000)])
    content = bytearray(path.read_bytes())
    at = content.rfind(b"PK\x01\x02")  # the last entry of the directory: its size once unpacked
    content[at + 24 : at + 28] = (10).to_bytes(4, "little")
    path.write_bytes(content)
    try:
        assert parcel.read(path).said  # ten bytes of zeros are no notebook
    except Refused as refused:
        assert str(refused)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", b"\0" * 100, "héllo".encode()])
def test_what_is_no_archive_is_refused(tmp_path, content):
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(Refused):
        parcel.read(tmp_path / "a.zip")


def test_an_archive_that_is_a_link_is_refused(tmp_path):
    pack(tmp_path / "b.zip", [])
    try:
        (tmp_path / "a.zip").symlink_to(tmp_path / "b.zip")
    except OSError:  # Windows asks for rights
        return
    with pytest.raises(Refused, match="link"):
        parcel.read(tmp_path / "a.zip")


@pytest.mark.parametrize(
    "text", ["{broken", "[" * 100_000, "[]", '{"cells": 3}', "", '{"cells": [1, {"source": 4}]}']
)
def test_a_broken_notebook_is_said_and_marked_zero(tmp_path, text):
    found = parcel.read(pack(tmp_path / "a.zip", [(NAME, text)]))
    mark = marking.mark(found, TASK, 7, QUICK)
    assert mark.outcome in ("not handed in", "not attempted") and mark.sentence


def test_a_record_loses_what_the_report_cannot_count():
    odd = {"what": "answer", "id": "03.falls", "when": "2026", "belief": ["x"], "right": 1, "more": {"a": 1}}
    events = [
        odd,
        {"what": "attack", "id": "x", "when": "1"},
        7,
        {"what": "answer", "id": ["x"], "when": "1"},
    ]
    clean = parcel.clean_record({"events": events, "key": 3})
    assert clean == {
        "version": 1,
        "key": "",
        "events": [{"what": "answer", "id": "03.falls", "when": "2026"}],
    }
    assert parcel.clean_record([1]) is None


# --- from hand-in to marks ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A folder as learners get it."""
    folder = tmp_path_factory.mktemp("course") / "week 3"
    release.release(["03"], folder)
    return folder


def answer(folder, function, lines):
    """Write an answer into a learner's notebook."""
    path = folder / NAME
    content = json.loads(path.read_text("utf-8"))
    for cell in content["cells"]:
        if f"def {function}(" in "".join(cell["source"]) and release.STUB in "".join(cell["source"]):
            cell["source"] = "".join(cell["source"]).replace(release.STUB + "\n    ...", lines)
    path.write_text(json.dumps(content), encoding="utf-8")


def test_from_the_learner_to_the_table(course, tmp_path, capsys):
    answer(course, "relu_backward", "return dy * (x > 0)")
    (course / ".learning.json").write_text(
        json.dumps(
            {
                "version": 1,
                "key": "ab",
                "events": [
                    {
                        "what": "exercise",
                        "id": "03.relu_backward",
                        "when": "1",
                        "outcome": "right",
                        "slip": "",
                    }
                ],
            }
        )
    )
    made, said = hand_in.hand_in(course, "=Zoë O'Neil", [])
    assert made.name == "hand-in-zoe-o-neil.zip" and said == []
    made.rename(tmp_path / made.name)
    pack(tmp_path / "bad.zip", [("../x", "")])
    pack(tmp_path / "no.zip", [(NAME, "{broken")], ABOUT | {"version": "0.1"})
    assert collect.main([str(tmp_path), "--seed", "5", "--seconds", "30"]) == 0
    out = capsys.readouterr().out
    assert "Zoë O'Neil: 1 of 3" in out and "made with course 0.1" in out and "no hand-in holds" in out
    with (tmp_path / "marks/marks.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [(row["name"], row["points"], row["of"]) for row in rows] == [
        ("(no name)", "0", "3"),
        ("'=Zoë O'Neil", "1", "3"),
        ("Ada", "0", "3"),
    ]
    assert (tmp_path / "marks/report.html").is_file()
    assert json.loads((tmp_path / "marks/marking.json").read_text())["seed"] == 5


def test_a_hand_in_needs_a_name_and_notebooks_that_are_there(course):
    with pytest.raises(hand_in.Refusal, match="name"):
        hand_in.hand_in(course, " ", [])
    with pytest.raises(hand_in.Refusal, match="there are: 00, 03"):
        hand_in.hand_in(course, "Ada", ["04"])


def test_a_release_holds_no_answers_no_outputs_and_no_teacher_s_files(course):
    files = [path for path in course.rglob("*") if path.is_file()]
    names = {path.relative_to(course).as_posix() for path in files}
    assert {"course.py", "README.md", "release.json", "tools/teaching/hand_in.py", NAME} <= names
    assert not [
        n for n in names if "solution" in n or "TEACHING" in n or "source/" in n or n.startswith("teaching")
    ]
    assert not [n for n in names if "collect" in n or "tests/checks" in n or "bank" in n]
    learners = [p for p in files if "cnnlib" not in p.relative_to(course).parts[:1]]
    solution = (ROOT / "notebooks/source/03_backpropagation.py").read_text("utf-8")
    answers = [part.partition("### END SOLUTION")[0] for part in solution.split("### BEGIN SOLUTION")[1:]]
    lines = {line.strip() for part in answers for line in part.splitlines() if len(line.strip()) > 45}
    assert len(lines) > 8
    for path in learners:
        if path.suffix in (".py", ".ipynb", ".md"):
            text = path.read_text("utf-8")
            assert not [line for line in lines if line in text.replace('\\"', '"')], path
    for path in (course / "notebooks").glob("*.ipynb"):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            assert cell["cell_type"] == "markdown" or cell["outputs"] == []


def test_every_link_of_a_release_leads_somewhere(course):
    for path in [course / "README.md", *(course / "notebooks").glob("*.ipynb")]:
        text = path.read_text("utf-8")
        for _, target in release.LINK.findall(text):
            target = target.partition("#")[0]
            if target and "://" not in target and "\\" not in target:
                assert (path.parent / target).exists(), (path.name, target)


def test_a_release_is_refused_where_it_would_do_harm(tmp_path):
    (tmp_path / "x").write_text("")
    with pytest.raises(release.Refusal, match="not empty"):
        release.release(["03"], tmp_path)
    with pytest.raises(release.Refusal, match="no notebook 77"):
        release.release(["77"], tmp_path / "new")
    worked = notebook("def f():\n    return 1")
    worked = json.loads(worked)
    worked["cells"][0]["metadata"] = {"nbgrader": {"solution": True}}
    with pytest.raises(release.Refusal, match="you have worked in it"):
        release.handed_out(json.dumps(worked), "03_x", set())


def test_a_handed_out_course_says_what_it_has_not(course):
    run = subprocess.run(
        [sys.executable, "course.py", "collect", "x"], cwd=course, capture_output=True, text=True
    )
    assert run.returncode == 1 and "is for teachers" in run.stderr


# --- the parts ------------------------------------------------------------------------------------


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


def test_course_py_hands_over_with_the_place_where_it_was_called(monkeypatch, tmp_path):
    spec = importlib.util.spec_from_file_location("course_for_teachers", ROOT / "course.py")
    course_py = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(course_py)
    handed = []
    monkeypatch.setattr(course_py, "ensure", lambda extra: handed.append(extra))
    monkeypatch.setattr(course_py, "hand_over", lambda arguments: handed.append(arguments) or 0)
    monkeypatch.chdir(tmp_path)
    for command in ("release 03 04 --to ../week3", "hand-in --name Ada", "collect path/to/hand-ins"):
        name, *more = command.split()
        assert course_py.main([name, *more]) == 0
        module = f"tools.teaching.{name.replace('-', '_')}"
        assert handed == ["lab", ["-m", module, "--called-from", str(tmp_path), *more]]
        handed.clear()
        assert f"python3 course.py {name}" in (ROOT / "TEACHING.md").read_text("utf-8")
