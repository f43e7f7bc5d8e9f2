"""From the folder that is handed out to the table of marks."""

import csv
import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.teaching.archives import ABOUT, NAME, notebook, pack
from tools.teaching import collect, hand_in, marking, parcel, release
from tools.teaching.asking import Limits

ROOT = Path(__file__).parents[2]
TASK = marking.Task("03.relu_backward", "03_backpropagation", "relu_backward")
QUICK = Limits(computing=20, clock=15, memory_mb=1500)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A folder as learners get it."""
    folder = tmp_path_factory.mktemp("course") / "week 3"
    release.release(["03", "04"], folder)
    return folder


def answer(folder, function, lines):
    """Write an answer into a learner's notebook."""
    path = folder / NAME
    content = json.loads(path.read_text("utf-8"))
    for cell in content["cells"]:
        if f"def {function}(" in "".join(cell["source"]) and release.STUB in "".join(cell["source"]):
            cell["source"] = "".join(cell["source"]).replace(release.STUB + "\n    ...", lines)
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('{"version": 1, "key": "ab", "events": [{"what": "skip", "id": "01.dot", "when": "now"}, 7]}', 1),
        ('{"version": 1, "key": "ab", "eve', None),
        ("\xff", None),
    ],
)
def test_a_damaged_record_is_handed_in_and_said(course, tmp_path, text, kept):
    record = course / ".learning.json"
    record.write_text(text, encoding="latin-1")
    made, said = hand_in.hand_in(course, "Ada", ["03"])
    record.unlink()
    assert "damaged" in said[0] and len(said) == 1
    read = parcel.read(made.rename(tmp_path / made.name))
    assert (read.record and len(read.record["events"])) == kept
    assert kept or read.said == ["Its record of predictions cannot be read."]


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
                        "when": "2026-03-02T09:00:00+00:00",
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
    assert collect.main([str(tmp_path), "--notebooks", "03", "--seed", "5", "--seconds", "30"]) == 0
    out = capsys.readouterr().out
    of = {task.exercise: task.points for task in marking.tasks() if task.notebook == "03_backpropagation"}
    points, most = f"{of['03.relu_backward']:g}", f"{sum(of.values()):g}"
    assert len(of) > 1 and f"Zoë O'Neil: {points} of {most}" in out
    assert "made with course 0.1" in out and "no hand-in holds" in out
    with (tmp_path / "marks/marks.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert [(row["name"], row["points"], row["of"]) for row in rows] == [
        ("(no name)", "0", most),
        ("'=Zoë O'Neil", points, most),
        ("Ada", "0", most),
    ]
    assert (tmp_path / "marks/report.html").is_file()
    assert json.loads((tmp_path / "marks/marking.json").read_text())["seed"] == 5


def test_work_in_another_language_is_handed_in_and_marked(tmp_path):
    """The notebooks of all languages come along; the one that somebody worked in counts."""
    folder = tmp_path / "course"
    release.release(["03"], folder)
    twin = folder / "notebooks" / "de" / Path(NAME).name
    twin.write_text((folder / NAME).read_text("utf-8"), "utf-8")
    answer(folder, "relu_backward", "return dy * (x > 0)")
    worked, untouched = (folder / NAME).read_text("utf-8"), twin.read_text("utf-8")
    assert worked != untouched
    for here, there in ((worked, untouched), (untouched, worked)):
        (folder / NAME).write_text(here, "utf-8"), twin.write_text(there, "utf-8")
        made, said = hand_in.hand_in(folder, "Ada", [])
        read = parcel.read(made)
        names = {"00_start_here", "03_backpropagation"}
        assert said == [] and set(read.cells) == names | {f"de/{name}" for name in names}
        assert marking.mark(read, TASK, 0, QUICK).outcome == "right"
        assert [t.notebook for t in collect.asked_for([collect.Row(read, [])], [])].count(TASK.notebook) == 4
    assert "de/00_start_here" in parcel.read(hand_in.hand_in(folder, "Ada", ["00"])[0]).cells
    twin.write_text("{broken", "utf-8"), (folder / NAME).unlink()
    read = parcel.read(hand_in.hand_in(folder, "Ada", [])[0])
    assert marking.mark(read, TASK, 0, QUICK).outcome == "not handed in"
    assert read.said == ["de/03_backpropagation: it cannot be read as a notebook."]


def test_a_hand_in_needs_a_name_and_notebooks_that_are_there(course):
    with pytest.raises(hand_in.Refusal, match="name"):
        hand_in.hand_in(course, " ", [])
    with pytest.raises(hand_in.Refusal, match="there are: 00, 03, 04"):
        hand_in.hand_in(course, "Ada", ["05"])


def test_a_release_holds_no_answers_no_outputs_and_no_teacher_s_files(course):
    files = [path for path in course.rglob("*") if path.is_file()]
    names = {path.relative_to(course).as_posix() for path in files}
    assert {"course.py", "README.md", "release.json", "tools/teaching/hand_in.py", NAME} <= names
    assert not [
        n for n in names if "solution" in n or "TEACHING" in n or "source/" in n or n.startswith("teaching")
    ]
    assert not [n for n in names if "collect" in n or "tests/checks" in n or "bank" in n]
    learners = [p for p in files if "cnnlib" not in p.relative_to(course).parts[:1]]
    sources = ("03_backpropagation", "04_convolution_backward")
    solution = "".join((ROOT / f"notebooks/source/{name}.py").read_text("utf-8") for name in sources)
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
