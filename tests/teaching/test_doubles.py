"""A double lesson: 90 minutes for both classes, cells numbered as JupyterLab numbers them, all of it true."""

import re
from math import log

import nbformat
import pytest

from cnnlib import widgets
from tools.teaching.doubles import LENGTH, double, shown
from tools.teaching.guide import guides
from tools.teaching.lessons import ROOT, find, lessons
from tools.teaching.plans import cuts, homework, minutes_of, rows, write_plan

ALL = list(lessons().values())
NAMES = [lesson.topic for lesson in ALL]


@pytest.mark.parametrize("known", [True, False], ids=["A", "B"])
@pytest.mark.parametrize("lesson", ALL, ids=NAMES)
def test_a_double_lesson_ends_after_90_minutes(lesson, known):
    made = double(lesson, known)
    titles = [part.title for part in made.parts]
    assert made.minutes == LENGTH == 90 and all(part.minutes > 0 for part in made.parts)
    assert titles[0] == "Arrival" and titles[-1] == "Closing" and "Exercises" in titles
    assert len(titles) == len(set(titles)), "a part is found by its title"
    wanted = [s.title for s in lesson.timed if known or s.title not in guides()[lesson.topic].skip]
    assert [part.title for part in made.parts if part.section] == wanted
    assert made.starts["Closing"] == LENGTH - 5


@pytest.mark.parametrize("lesson", ALL, ids=NAMES)
def test_a_guide_is_there_and_speaks_of_sections_that_are(lesson):
    guide, titles = guides()[lesson.topic], [section.title for section in lesson.timed]
    assert set(guide.skip) <= set(titles) and {each.at for each in guide.stuck} <= set(titles)
    assert len(guide.stuck) >= 3
    if lesson.number != "00":  # nothing comes before it
        assert len(guide.recap) >= 3 and guide.skip and guide.trust


REFERENCES = (ROOT / "docs" / "references.md").read_text("utf-8")


@pytest.mark.parametrize("lesson", ALL, ids=NAMES)
def test_a_teacher_reads_two_or_three_things_of_the_notebook_and_beyond(lesson):
    reads, titles = guides()[lesson.topic].read, {section.title: section for section in lesson.timed}
    within, beyond = [each for each in reads if not each.link], [each for each in reads if each.link]
    assert 2 <= len(reads) <= 3 and within and beyond
    assert all(each.minutes >= titles[each.what].minutes for each in within), (
        "reading takes no less than class"
    )
    for each in beyond:
        assert f"({each.link})" in REFERENCES, f"{each.link} is not in docs/references.md"
    assert sum(each.minutes for each in reads) <= 60 and all(each.why and each.minutes for each in reads)


@pytest.mark.parametrize("lesson", ALL, ids=NAMES)
def test_every_exercise_is_done_in_class_or_at_home(lesson):
    made = homework(lesson)
    assert [each.task for each in made.exercises] == lesson.exercises
    for clock, left in (("where", made.minutes), ("where_new", made.minutes_new)):
        found = {"in class": 0, "begun in class": 0, "at home": 0}
        for each in made.exercises:
            found[getattr(each, clock)] += each.task.minutes
        assert found["at home"] <= left <= found["at home"] + found["begun in class"]
    names = [each.task.name for each in made.exercises]
    assert len(set(names)) == len(names) and all(names)


def test_every_guide_is_that_of_a_lesson():
    assert sorted(guides()) == sorted(NAMES)


EVERYTHING = {name: getattr(widgets, name) for name in widgets.__all__}
STATES = [each for guide in guides().values() for each in guide.state]
LINES = [line for guide in guides().values() for each in guide.believe for line in each.lines]
LINES += [
    line for guide in guides().values() for e in guide.stuck for line in re.findall(r"`(\w+\(.*?\))`", e.help)
]


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.line)
def test_a_state_shows_what_it_promises(state):
    widget = eval(state.line, dict(EVERYTHING))
    assert widget.message == "" and state.words in widget.text


@pytest.mark.parametrize("line", LINES)
def test_what_shakes_a_belief_opens(line):
    assert eval(line, dict(EVERYTHING)).message == ""


def test_there_are_states_and_beliefs():
    assert len(STATES) >= 12 and len(LINES) >= 12


SUM = re.compile(r"((?:−?(?:log)?\(*−?[\d.]+)[\d.·+/²()− ]*?)\s*=\s*(−?[\d.]+\d|−?\d)")
BOARDS = [each.board for guide in guides().values() for each in guide.recap]
BOARDS += [each.write for guide in guides().values() for each in guide.script]
SUMS = [found for board in BOARDS for found in SUM.findall(board)]


@pytest.mark.parametrize(("left", "right"), SUMS)
def test_the_sums_on_the_board_are_right(left, right):
    plain = left.replace("·", "*").replace("−", "-").replace("²", "**2")
    value = eval(plain, {"log": log, "__builtins__": {}})
    assert float(right.replace("−", "-")) == pytest.approx(value, rel=0.01, abs=1e-9)


def test_every_sum_on_the_board_is_read():
    """As many as there are results, `= 3`, behind a sum."""
    text = " ; ".join(BOARDS)
    operations = re.findall(r"\d\)?²?\s*[·+/−][^=,:;]*=", text)
    assert len(SUMS) >= len(operations) > 20


@pytest.mark.parametrize("lesson", ALL, ids=NAMES)
def test_cells_are_numbered_as_in_the_notebook_after_all_were_run(lesson):
    built = nbformat.read(ROOT / "notebooks" / f"{lesson.name}.ipynb", as_version=4)
    code = [cell.source for cell in built.cells if cell.cell_type == "code"]
    found = [each for parts in shown(lesson).values() for each in parts if each.number]
    assert [each.number for each in found] == list(range(1, len(code) + 1))
    for each in found:
        source = code[each.number - 1]
        is_card = source.startswith(('predict("', 'worked("', 'quiz("'))
        assert (each.kind == "card") == is_card
        assert each.kind != "widget" or each.words.partition("(")[0] in source


@pytest.mark.parametrize("lesson", ALL, ids=NAMES)
def test_every_row_of_a_section_says_what_to_project(lesson):
    projected = shown(lesson)
    for row in rows(lesson):
        if row.part.section:
            assert row.part.shown == projected[row.part.title] and row.part.shown
            assert row.says == "" and len(row.questions) == len(row.part.section.predictions)
        else:
            assert row.says
    told = [each for section in lesson.timed for each in projected[section.title]]
    cards = [each for each in told if each.kind == "card"]
    assert len(cards) == sum(len(section.predictions) for section in lesson.timed)


def test_cells_that_a_guide_names_are_those_it_means():
    """In 03: [6] adds the second share, [15] has the numbers of ReLU."""
    cells = [cell for section in find("backpropagation").sections for cell in section.cells]
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    assert "dw += dq * v1" in code[5] and "F.relu_backward(dy_relu, gate)" in code[14]
    named = {int(n) for guide in guides().values() for n in re.findall(r"cell \[(\d+)\]", str(guide), re.I)}
    assert named == {6, 15}


def test_the_plan_of_03_holds_both_clocks_and_what_stands_behind(tmp_path):
    page = write_plan(find("backpropagation"), tmp_path, "site").read_text("utf-8")
    made, new = double(find("backpropagation")), double(find("backpropagation"), known=False)
    assert made.starts["Exercises"] == 65 and new.starts["Exercises"] == 70
    assert "10 / 20" in page and "20 / 15" in page and "1 and 2; 3 is begun" in page
    assert "Gradient of an input = gradient that arrives from upstream × local slope." in page
    for words in (
        "What you read beforehand",
        "Recap",
        "Class B",
        "Where to expect trouble",
        "What learners believe",
        "States to hand out",
    ):
        assert f"<h2>{words}" in page
    assert "Exercises in class, and homework: 31 minutes (B: 38)" in page
    for place in ("in class", "begun in class (B: at home)", "at home"):
        assert f"<td>{place}</td>" in page
    assert "†" not in page


def test_the_first_lesson_begins_the_second_in_what_is_left():
    (left,) = [part for part in double(find("start_here")).parts if part.title == "In hand"]
    assert left.says.startswith("Begin notebook 01, 20 minutes: Opening; ") and left.minutes == 25


@pytest.mark.parametrize("known", [True, False], ids=["A", "B"])
@pytest.mark.parametrize("lesson", ALL, ids=NAMES)
def test_ten_minutes_can_be_cut_by_either_clock_from_what_it_holds(lesson, known):
    found, made = cuts(lesson, known), {part.title: part for part in double(lesson, known).parts}
    assert len(found) >= 2 and minutes_of(found) >= 10
    for cut in found:
        part = made[cut.at]
        assert 0 < cut.minutes and sum(c.minutes for c in found if c.at == cut.at) <= part.minutes, cut
        numbers = {each.number for each in part.shown}
        assert {int(n) for n in re.findall(r"\[(\d+)\]", cut.what)} <= numbers, cut
        tasks = [e.where if known else e.where_new for e in homework(lesson).exercises]
        for number in re.findall(r"\d+", cut.what) if cut.at == "Exercises" else ():
            assert tasks[int(number) - 1] != "at home", cut


@pytest.mark.parametrize("lesson", ALL, ids=NAMES)
def test_a_script_is_that_of_a_section_and_names_its_cells(lesson):
    guide, projected = guides()[lesson.topic], shown(lesson)
    for each in guide.script:
        numbers = {cell.number for cell in projected[each.at]}
        named = re.findall(r"\[(\d+)\]", f"{each.write} {each.skip} {each.mind}")
        assert {int(n) for n in named} <= numbers, each
    if lesson.number in ("01", "03", "04", "05", "06"):  # those with the most to read
        assert len([each for each in guide.script if each.write and each.skip]) >= 2
