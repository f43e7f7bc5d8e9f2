"""What a teacher's papers are made from: minutes that add up, courses that fit, every prediction answered."""

import re

import pytest

from cnnlib import widgets
from cnnlib.learning import items
from tools.teaching.answers import answers
from tools.teaching.courses import courses, write_courses
from tools.teaching.lessons import AT_HOME, OPENING, ROOT, find, free_names, lessons, read
from tools.teaching.plans import write_plan
from tools.teaching.sheets import write_sheet

ALL = list(lessons().values())
NAMES = [lesson.topic for lesson in ALL]


@pytest.mark.parametrize("lesson", ALL, ids=NAMES)
def test_the_minutes_of_the_sections_add_up_to_those_the_first_cell_promises(lesson):
    assert lesson.minutes == lesson.stated_minutes
    without = [s.title for s in lesson.sections if not s.minutes and not s.title.startswith(AT_HOME)]
    assert without == [], f"{lesson.path.name}: say minutes= in the cells where these sections begin"
    assert lesson.sections[0].title == OPENING and len(lesson.goals) >= 3 and lesson.exercises


def test_minutes_within_a_section_are_added_to_its_own(tmp_path):
    source = tmp_path / "77_trial.py"
    cells = (
        "# # Trial",
        "minutes=2\n# ## One",
        "minutes=3\n# goes on",
        "minutes=4 cut=1\n# out\n#\n# ## Two",
        "minutes=5\n# end\n#\n# ## Summary",
    )
    source.write_text(
        "\n\n".join(f"# %% [markdown] {cell}".replace("] #", "]\n#") for cell in cells), "utf-8"
    )
    found = [(section.title, section.minutes, section.cut) for section in read(source).sections]
    assert found == [(OPENING, 0, 0), ("One", 5, 0), ("Two", 4, 1), ("Summary", 0, 0)]


@pytest.mark.parametrize("lesson", ALL, ids=NAMES)
def test_what_can_be_cut_is_in_order_and_leaves_most_of_the_lesson(lesson):
    cuts = [section for section in lesson.timed if section.cut]
    assert sorted(section.cut for section in cuts) == list(range(1, len(cuts) + 1)) and cuts
    assert sum(section.minutes for section in cuts) <= lesson.minutes / 2


@pytest.mark.parametrize("lesson", ALL, ids=NAMES)
def test_every_prediction_of_a_notebook_stands_in_one_of_its_sections(lesson):
    asked = [name for section in lesson.timed for name in section.predictions]
    assert asked == [name for section in lesson.sections for name in section.predictions]
    assert sorted(asked) == sorted(item.id for item in items("prediction", lesson.number))


@pytest.mark.parametrize("lesson", ALL, ids=NAMES)
def test_a_state_without_the_notebooks_variables_opens_as_it_stands(lesson):
    everything = {name: getattr(widgets, name) for name in widgets.__all__}
    for line in (line for section in lesson.sections for line in section.states if not free_names(line)):
        assert isinstance(eval(line, dict(everything)), widgets.Widget), line


def test_courses_of_4_8_and_12_hours_fit_their_blocks():
    found = {course.hours: course for course in courses()}
    assert sorted(found) == [4, 8, 12]
    for hours, course in found.items():
        assert sum(block.minutes for block in course.blocks) == 60 * hours
        for block in course.blocks:
            assert block.minutes <= 90 and 0.8 * block.minutes <= block.planned <= block.minutes, block


def test_the_longest_course_holds_every_minute_of_every_notebook_but_what_can_be_cut():
    steps = [step for block in courses()[-1].blocks for step in block.steps if step.what != "exercises"]
    done = {lesson.topic: sum(s.minutes for s in steps if s.lesson is lesson) for lesson in ALL}
    cut = {lesson.topic: sum(s.minutes for s in lesson.timed if s.cut) for lesson in ALL}
    assert [t for t in NAMES if done[t] < find(t).minutes - cut[t]] == []


def test_the_page_of_courses_tells_the_longest_course_as_it_is():
    text = (ROOT / "docs" / "courses.md").read_text("utf-8")
    steps = [step for block in courses()[-1].blocks for step in block.steps]
    exercises = sum(task.minutes for lesson in ALL for task in lesson.exercises)
    done = sum(step.minutes for step in steps if step.what == "exercises")
    short = sorted({step.lesson.number for step in steps if step.left_out})
    assert f"take {sum(lesson.minutes for lesson in ALL)} minutes" in text
    assert "another twelve hours" in text and round(exercises / 60) == 12
    assert "with two hours of exercises" in text and round(done / 60) == 2
    assert f"seven of the notebooks ({', '.join(short)})" in text and len(short) == 7


def test_exercises_in_class_are_no_longer_than_there_are_exercises():
    for course in courses():
        steps = [step for block in course.blocks for step in block.steps if step.what == "exercises"]
        for lesson in ALL:
            assert sum(s.minutes for s in steps if s.lesson is lesson) <= sum(
                t.minutes for t in lesson.exercises
            )


def test_a_plan_says_when_each_section_begins(tmp_path):
    lesson = find("backpropagation")
    page = write_plan(lesson, tmp_path, "https://course").read_text("utf-8")
    assert 'href="https://course/notebooks/03_backpropagation.html#a-graph-of-small-steps"' in page
    assert "ChainRule(w=2.5, step=6)" in page and "A judge: the measured slope (A, 5 min)" in page
    assert all(f"<td>{task.name}</td>" in page for task in lesson.exercises)
    assert "<td>5</td><td>Train with your own functions</td><td>Warm-up</td><td>3 min</td>" in page


def test_a_sheet_answers_every_prediction_with_one_right_and_one_usual_wrong_answer(tmp_path):
    lesson = find("loss")
    for name, answer in answers(lesson).items():
        assert [choice.right for choice in answer.choices].count(True) == 1, name
        assert answer.usual.belief and answer.usual.says, name
    page = write_sheet(lesson, tmp_path).read_text("utf-8")
    asked = [name for section in lesson.sections for name in section.predictions]
    assert page.count('class="item"') == page.count('class="right"') == len(asked)
    assert page.count('class="usual"') == len(asked)


def test_a_sheet_says_how_the_first_exercises_are_solved_and_what_to_do_with_numbers(tmp_path):
    page = write_sheet(find("backpropagation"), tmp_path).read_text("utf-8")
    assert "return dy * (x &gt; 0)" in page and "return dY @ W.T, X.T @ dY, dY.sum(axis=0)" in page
    assert "### BEGIN" not in page and "take three or four numbers from the class" in page


def test_pages_hold_no_address_that_is_fetched(tmp_path):
    pages = [*write_courses(tmp_path), write_plan(find("loss"), tmp_path, "site")]
    for page in pages:
        assert re.findall(r'(?:src|<link[^>]*href)="https?:', page.read_text("utf-8")) == []
