"""Every command for teachers is executed as it stands: only the places named path/to/… are put in."""

import contextlib
import csv
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
import urllib.request
from pathlib import Path

import nbformat
import pytest
from PIL import Image

from tests.browser.conftest import CHROMIUM
from tests.browser.lab import free_port
from tests.course.site_built import built
from tools.teaching import collect, marking, plan_text
from tools.teaching.__main__ import main as teaching
from tools.teaching.doubles import shown
from tools.teaching.guide import guides
from tools.teaching.lessons import find
from tools.teaching.pages import browser, take_picture, words_of
from tools.teaching.parcel import Parcel
from tools.teaching.plans import write_plan

ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    "TEACHING.md",
    *(f"docs/{name}.md" for name in "courses papers class_report exams updates marking".split()),
)
PAGES += ("docs/class_servers.md", "docs/nbgrader.md")
TEACHING = (ROOT / "TEACHING.md").read_text("utf-8")
TEXT = "\n".join((ROOT / page).read_text("utf-8") for page in PAGES)
FENCED = re.findall(r"^```(\w*)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
BLOCKS = [text for language, text in FENCED if not language]
(CONFIG,) = [text for language, text in FENCED if language == "python"]
KEPT = (
    ROOT / "build" / "grading"
)  # an environment of a hundred packages: made by the text's own commands, once
#: Commands within the text, and the test that runs each.
ELSEWHERE = {
    "python3 course.py": "tests/course/test_course.py",
    "python3 course.py test": "tests/course/test_course.py",
    "python3 course.py update": "tests/course/test_updating.py",
    'python3 course.py hand-in --name "Your name"': "tests/teaching/test_collect.py",
    ".venv/bin/python -m tools.teaching.left_out": "tests/teaching/test_slides.py",
    "python -m tools.build_notebooks --alone FOLDER 05": "tests/notebooks/test_alone.py",
    "python -m tools.set_repository OWNER/NAME": "tests/course/test_open_anywhere.py",
    ".venv/bin/python -m tools.build_site": "tests/course/site_built.py",
    ".venv/bin/python -m http.server --directory build": "",  # Python's own
    ".venv/bin/python -m pip install text2qti": "tests/teaching/test_bank.py",  # skipped without it
}


def block(words):
    """The one block with these words."""
    (found,) = [text for text in BLOCKS if words in text]
    return found


def run(commands, folder, **places):
    """Run the lines of a block in a shell that stops at the first that fails."""
    for name, place in places.items():
        commands = commands.replace(f"path/to/{name.replace('_', '/')}", str(place))
    commands = commands.replace(".venv/bin/python", sys.executable)
    done = subprocess.run(
        ["bash", "-ec", commands],
        cwd=folder,
        capture_output=True,
        text=True,
        env=os.environ | {"PIP_COMPILE": "0"},  # of a hundred packages few are imported
        stdin=subprocess.DEVNULL,
        timeout=900,  # a command that never ends is a fault, not a wait
    )
    assert done.returncode == 0, f"{commands}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def grading():
    """The folder in which the text's first block has made `grading`."""
    nbgrader = KEPT / "grading" / "bin" / "nbgrader"
    if not nbgrader.exists():
        shutil.rmtree(KEPT, ignore_errors=True)
        KEPT.mkdir(parents=True)
        try:
            run(block("python3 -m venv grading"), KEPT, the_course=ROOT)
        except AssertionError as error:
            if "No matching distribution" in str(error) or "connection" in str(error).lower():
                pytest.skip("nbgrader cannot be fetched: no package index")
            raise
    return KEPT


@pytest.fixture(scope="module")
def class_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("monday") / "class"
    (folder / "source").mkdir(parents=True)
    (folder / "nbgrader_config.py").write_text(CONFIG, "utf-8")
    return folder


def answered(release, source, wrong):
    """A submission: the answers of the source in the released notebook, but one."""
    answers = {c.metadata.nbgrader.grade_id: c.source for c in source.cells if solution(c)}
    for cell in release.cells:
        if solution(cell):
            cell.source = answers[cell.metadata.nbgrader.grade_id]
            if "def relu_backward" in cell.source:
                cell.source = wrong
    return release


def solution(cell):
    return cell.metadata.get("nbgrader", {}).get("solution", False)


def test_a_class_is_graded_by_the_commands_as_they_stand(grading, class_folder):
    places = {"the_course": ROOT, "class": class_folder, "grading": grading / "grading"}
    run(block("--nbgrader"), class_folder, **places)
    run(block("generate_assignment"), class_folder, **places)
    name = "week3/03_backpropagation.ipynb"
    release = nbformat.read(class_folder / "release" / name, as_version=4)
    source = nbformat.read(class_folder / "source" / name, as_version=4)
    handed_in = class_folder / "submitted" / "ada" / name
    handed_in.parent.mkdir(parents=True)
    wrong = "def relu_backward(dy, x):\n    return dy * (dy > 0)"
    nbformat.write(answered(release, source, wrong), handed_in)
    run(block("autograde"), class_folder, **places)
    (row,) = csv.DictReader((class_folder / "grades.csv").read_text("utf-8").splitlines())
    told = re.search(r"^\| the same, with one misconception .* \| (\d+) \|$", TEXT, re.MULTILINE)[1]
    points = re.search(r"03 has (\d+) points", TEXT)[1]
    assert float(row["score"]) == float(told) and float(row["max_score"]) == float(points)
    assert list((class_folder / "feedback" / "ada" / "week3").glob("*.html"))


def test_without_activating_nbgrader_is_not_found(grading, class_folder):
    commands = block("autograde").replace("source path/to/grading/bin/activate\n", "")
    with pytest.raises(AssertionError, match="nbgrader: command not found"):
        run(commands, class_folder, **{"class": class_folder})


def test_a_plan_is_made_by_the_command_as_it_stands():
    said = run(block("tools.teaching plans backpropagation"), ROOT)
    (page,) = map(Path, said.split())
    assert page.name == "03_backpropagation_plan.html" and "and homework:" in (ROOT / page).read_text("utf-8")


@pytest.fixture(scope="module")
def printing():
    """What `--pdf` needs beside the course."""
    pytest.importorskip("playwright", reason="Playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium found")


def pages_of(pdf):
    return pdf.read_bytes().count(b"/Type /Page\n")


def test_monday_is_prepared_by_the_commands_as_they_stand(printing, tmp_path):
    release, install, make = block("--to ../for-students").splitlines()
    extra = re.fullmatch(
        r"\.venv/bin/python -m pip install -c requirements\.txt -e \"\.\[(\w+)\]\"", install
    )[1]
    assert (
        extra
        in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    )
    made = [Path(line) for line in run(make, ROOT).split()]
    papers = [path for path in made if path.suffix == ".pdf"]
    assert all((ROOT / path).is_file() for path in made) and all(pages_of(ROOT / path) for path in papers)
    assert {path.parent.name for path in papers} == {"sheets", "plans", "slides", "prints"}
    assert len([path for path in made if path.suffix == ".html"]) == len(papers)
    assert release == "python3 course.py release 03 --to ../for-students"
    assert told_papers() == {name for path in made for name in [told_name(path)] if path.suffix == ".html"}
    here = tmp_path / "course"
    here.mkdir()
    called(release, here)
    there = tmp_path / "for-students"
    assert (there / "notebooks" / "03_backpropagation.ipynb").is_file()
    archive = (tmp_path / "for-students.zip").stat().st_size
    assert all(
        int(size) == round(archive / 1e6)
        for size in re.findall(r"(\d+) MB, `for-students.zip`|`for-students.zip` \((\d+) MB\)", TEACHING)
        for size in size
        if size
    )
    change, start = block("cd ../for-students").splitlines()
    assert (here / change.split()[1]).resolve() == there.resolve()
    assert start == "python3 course.py" and (there / "course.py").is_file()  # tests/course/test_course.py


def told_name(path):
    """A paper as the table of papers names it."""
    name = f"{path.parent.name}/{path.name}"
    return name if name.endswith(".slides.html") else name.removesuffix(".html")


def told_papers():
    """The papers that the table in TEACHING.md names."""
    table = TEACHING.partition("| in `build/for-me` |")[2].partition("\n\n")[0]
    return set(re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE))


def test_the_site_is_built_and_served_to_the_class_by_the_commands_as_they_stand(monkeypatch):
    from tools import build_site

    build, serve = block("http.server 8000").splitlines()
    words = build.split()
    assert words[:3] == [".venv/bin/python", "-m", "tools.build_site"]
    called = []
    with monkeypatch.context() as patch:  # `built` may build in earnest
        patch.setattr(build_site, "build", lambda output, only: called.append((output, only)) or [])
        assert build_site.main(words[3:]) == 0 and called == [(build_site.settings.OUTPUT, "pages")]
    site = built()
    port = str(free_port())
    command = serve.replace("8000", port).replace("build/site", str(site)).split()
    server = subprocess.Popen(
        [sys.executable, *command[1:]], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    try:
        page = re.search(r"`http://ADDRESS:8000(/\S+)`", TEXT)[1]
        assert b"Whose fault is it?" in answer(f"http://127.0.0.1:{port}{page}")
    finally:
        server.terminate()
        server.wait(10)


def answer(address, tries=50):
    """What a server says that is about to start."""
    for _ in range(tries):
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5) as said:
            return said.read()
        time.sleep(0.2)
    raise AssertionError(f"no answer from {address}")


def test_the_picture_of_a_plan_is_that_of_the_plan(printing, tmp_path):
    page = write_plan(find("backpropagation"), tmp_path, "../../site")
    kept = Image.open(ROOT / "docs" / "plan.webp").info["xmp"].decode()
    renew = "python -m tools.teaching plans 03 --picture docs/plan.webp"
    renew += " --text TEACHING.md"
    assert kept == words_of(page), f"docs/plan.webp shows another plan: call {renew}"
    assert "](docs/plan.webp)" in TEACHING
    picture = take(tmp_path / "plan.webp", page)
    assert picture.size[0] == Image.open(ROOT / "docs" / "plan.webp").size[0]


def take(target, page):
    with browser() as started:
        return Image.open(take_picture(started, page, target))


def test_the_tables_of_marks_have_the_columns_that_are_told():
    row = collect.Row(Parcel("ada.zip", "Ada"), [])
    task = marking.Task("03.relu_backward", "03_backpropagation", "relu_backward", 5)
    for name, lines in (("marks.csv", collect.table([row], [task])), ("answers.csv", collect.answers([row]))):
        told = re.search(rf"^\| `{name}` \| [^|]+ \| (.+) \|$", TEXT, re.MULTILINE)[1]
        assert re.findall(r"`([^`]+)`", told) == lines[0]
    points = sum(t.points for t in marking.tasks() if t.notebook == "03_backpropagation")
    every = sum(task.minutes for task in find("backpropagation").exercises)
    assert f"03 has {points:g} of {every} by checks" in TEACHING


def test_what_the_site_costs_a_class_is_what_was_measured():
    kept = json.loads((ROOT / "benchmarks/results/class_site.json").read_text("utf-8"))
    text = " ".join(TEXT.partition("\n## The site from your laptop\n")[2].partition("\n## ")[0].split())
    assert kept["secure"] is False, "as the class opens it"
    assert float(re.search(r"([\d.]+) MB for each learner", text)[1]) == pytest.approx(kept["mb"], abs=0.2)
    assert float(re.search(r"fetches Python \(([\d.]+) MB\)", text)[1]) == pytest.approx(
        kept["python_mb"], abs=0.2
    )
    whole, learners = map(int, re.search(r"so (\d+) MB for (\d+),", text).groups())
    assert learners == kept["learners"] and whole == pytest.approx(kept["all_mb"], abs=5)
    assert float(re.search(r"at once in (\d+) s", text)[1]) == pytest.approx(kept["seconds"], abs=1)
    rate, wait = map(int, re.search(r"at (\d+) Mbit/s for all together that is (\d+) s", text).groups())
    assert wait == pytest.approx(8 * whole / rate, abs=1)


def test_the_plan_on_the_page_is_that_of_the_lesson(tmp_path):
    lesson, copy = find("backpropagation"), tmp_path / "TEACHING.md"
    renew = plan_text.BEGIN.format(number="03", file="TEACHING.md").strip("<!->").partition(": ")[2]
    assert plan_text.plan_text(lesson) in TEACHING, f"the plan of 03 is another: call {renew}"
    copy.write_text(re.sub(r"(-->\n).*(<!-- end of plan)", r"\1gone\n\2", TEACHING, flags=re.DOTALL), "utf-8")
    words = renew.replace("TEACHING.md", str(copy)).split()
    assert words[:3] == ["python", "-m", "tools.teaching"] and "gone" in copy.read_text("utf-8")
    assert teaching([*words[3:], "--to", str(tmp_path)]) == 0
    assert copy.read_text("utf-8") == TEACHING
    with pytest.raises(ValueError, match="has no lines"):
        plan_text.renew(copy, find("loss"))


def test_the_minutes_of_preparation_are_those_of_notebook_and_reading():
    text, lesson = " ".join(TEACHING.split()), find("backpropagation")
    assert f"as a learner, with its cards ({lesson.minutes})" in text
    assert f"what is named above ({sum(each.minutes for each in guides()['backpropagation'].read)})" in text


def test_the_letter_names_what_opens_and_what_its_first_cell_prints():
    letter = " ".join(
        re.sub(r"^>", "", TEACHING, flags=re.MULTILINE).partition("What to write to the class\n")[2].split()
    )
    title, printed = re.search(r'with the notebook "(.+?)"\. .+? it appears `(.+?)`', letter).groups()
    assert title == find("backpropagation").title
    solved = nbformat.read(ROOT / "notebooks" / "03_backpropagation.ipynb", as_version=4)
    first = next(cell for cell in solved.cells if cell.cell_type == "code")
    assert first.outputs[0].text.strip() == printed


def test_the_page_is_no_longer_than_an_evening_allows():
    assert len(TEACHING.splitlines()) <= 230


def test_the_contents_of_the_page_name_its_parts_in_order():
    heads = re.findall(r"^## (.+)$", TEACHING, re.MULTILINE)
    contents = TEACHING.partition("In the order in which you need it:")[2].partition("\n\n## ")[0]
    told = re.findall(r"\[([^\]]+)\]\(#([^)]+)\)", contents)
    assert [words for words, _ in told] == heads
    assert all(
        place == re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-")
        for head, (_, place) in zip(heads, told, strict=True)
    )


def test_the_cells_that_the_dry_run_names_are_those_of_the_notebook():
    last = max(each.number for parts in shown(find("backpropagation")).values() for each in parts)
    assert f"`[1]` to `[{last}]`" in TEACHING


def test_everything_is_made_by_the_command_as_it_stands(printing, tmp_path, capsys, monkeypatch):
    """Of a course of one notebook: of all fourteen it takes minutes."""
    from tools.teaching import __main__ as command

    words = block("tools.teaching all --pdf").split()
    assert words[:3] == [".venv/bin/python", "-m", "tools.teaching"]
    one = {stem: lesson for stem, lesson in command.lessons().items() if stem == "loss"}
    monkeypatch.setattr(command, "lessons", lambda: one)
    assert command.main([*words[3:], "--to", str(tmp_path)]) == 0
    made = [Path(line) for line in capsys.readouterr().out.split()]
    names = {path.name for path in made if path.suffix == ".pdf"}
    assert {"02_loss.pdf", "02_loss_plan.pdf", "02_loss_answers.pdf", "course_of_4_hours.pdf"} < names


def test_the_class_report_is_made_by_the_command_as_it_stands(tmp_path):
    (command,) = [text for text in BLOCKS if "class_report" in text]
    folder = tmp_path / "records"
    folder.mkdir()
    done = subprocess.run(
        [
            "bash",
            "-ec",
            command.replace(".venv/bin/python", sys.executable).replace("path/to/the/folder", str(folder)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert "Traceback" not in done.stderr and "record" in (done.stdout + done.stderr)


def called(commands, folder, home=ROOT):
    """Lines that call course.py, from a folder; that course.py calls so is held by tests/teaching."""
    text = re.sub(
        r"python3 course\.py ([\w-]+)",
        lambda found: (
            f"PYTHONPATH={home} .venv/bin/python -m tools.teaching.{found[1].replace('-', '_')}"
            f" --called-from {folder}"
        ),
        commands,
    )
    return run(text.replace("path/to/hand-ins", str(folder)), home)


def test_work_is_handed_out_handed_in_and_marked_by_the_commands_as_they_stand(tmp_path):
    here, handed_in = tmp_path / "course", tmp_path / "hand-ins"
    here.mkdir(), handed_in.mkdir()
    called(block("course.py release 03 05"), here)
    week = tmp_path / "week3"
    assert (tmp_path / "week3.zip").is_file()
    assert sorted(path.name[:2] for path in (week / "notebooks").glob("[0-9]*.ipynb")) == ["00", "03", "05"]
    called(block("course.py hand-in"), week, home=week)
    (week / "hand-in-ada-lovelace.zip").rename(handed_in / "ada.zip")
    assert "Ada Lovelace: 0 of" in called(block("course.py collect"), handed_in)
    assert (handed_in / "marks" / "marks.csv").is_file()


def test_an_exam_is_written_by_the_command_as_it_stands(tmp_path):
    run(f"export PYTHONPATH={ROOT}\n" + block("tools.teaching.bank"), tmp_path)
    assert {"exam-7.gift.txt", "exam-7.html"} <= {path.name for path in (tmp_path / "exam").iterdir()}


def test_every_block_and_every_command_in_the_text_is_run_by_a_test():
    here = Path(__file__).read_text("utf-8")
    marks = (
        "python3 -m venv grading",
        "--nbgrader",
        "generate_assignment",
        "autograde",
        "tools.teaching plans backpropagation",
    )
    marks += ("tools.teaching all --pdf", "--to ../for-students", "class_report", "tools.teaching.bank")
    marks += ("cd ../for-students", "http.server 8000")
    marks += ("course.py release 03 05", "course.py hand-in", "course.py collect")
    for text in BLOCKS:
        assert any(mark in text for mark in marks), f"no test runs:\n{text}"
    assert all(f'"{mark}"' in here for mark in marks)
    inline = set(re.findall(r"`((?:python3? |\.venv/bin/python )[^`]+)`", TEXT.replace("\n  ", " ")))
    assert inline - set(ELSEWHERE) == set()
    assert [test for test in ELSEWHERE.values() if test and not (ROOT / test).exists()] == []
