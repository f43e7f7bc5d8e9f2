"""Projects and rubrics: complete, their numbers those that were measured, their links good."""

import json
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "teaching/projects"
sys.path.insert(0, str(FOLDER))

import measure  # noqa: E402

from cnnlib.learning import find as find_item  # noqa: E402
from cnnlib.learning import items  # noqa: E402
from tools.points import MARKER  # noqa: E402
from tools.teaching.lessons import find as find_lesson  # noqa: E402
from tools.teaching.lessons import lessons  # noqa: E402

PAGES = sorted(FOLDER.glob("[0-9]*.md"))
RESULTS = json.loads(measure.RESULTS.read_text("utf-8"))
RUBRICS = (ROOT / "teaching/rubrics.md").read_text("utf-8")


def test_there_are_five_projects_and_the_list_names_them():
    names = re.findall(r"\]\((\d-[\w-]+\.md)\)", (FOLDER / "README.md").read_text("utf-8"))
    assert names == [page.name for page in PAGES] and len(PAGES) >= 5


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_project_has_its_parts_and_the_numbers_that_were_measured(page):
    text = page.read_text("utf-8")
    heads = re.findall(r"^## (.+)$", text, re.M)
    assert heads == ["Question", "Begin", "To hand in", "Criteria", "Samples"]
    assert re.search(r"\*\*After notebook\*\* \d\d\. \*\*Time\*\* \d to \d hours\. \*\*Data\*\*", text)
    assert len(measure.MARK.findall(text)) == 1 and measure.filled(text, RESULTS) == text
    criteria = re.findall(r"^\| (Question|Carrying out|Comparison|Conclusion) \|(.+)\|$", text, re.M)
    assert len(criteria) == 4 and all(row.count("|") == 2 for _, row in criteria)
    given = re.findall(r"^\*\*(Weak|Middling|Good), (\d+) of 12\*\* \(([\d, ]+)\)", text, re.M)
    assert [name for name, *_ in given] == ["Weak", "Middling", "Good"]
    sums = [int(total) for _, total, _ in given]
    assert sums == [sum(map(int, each.split(", "))) for *_, each in given] and sums == sorted(set(sums))


def test_the_fault_of_the_fourth_project_is_one():
    """Measured anew: the gradient check tells right from wrong."""
    image = measure.np.random.default_rng(0).normal(size=(2, 3, 4, 6))
    for fault in (False, True):
        layer = measure.AveragePool(fault)
        error = measure.check_gradients(layer, image, measure.np.random.default_rng(1))["x"]
        assert (error > 0.5) == fault and (error < 1e-7) != fault


def test_turning_by_nothing_and_four_times_by_a_right_angle_changes_nothing():
    images = measure.DIGITS.x_test[:5]
    assert abs(measure.turned(images, 0) - images).max() < 1e-6
    quarter = measure.turned(images, 90)
    assert abs(quarter - measure.np.rot90(images, axes=(2, 3))).max() < 1e-5 or (
        abs(quarter - measure.np.rot90(images, -1, axes=(2, 3))).max() < 1e-5
    )


def test_what_the_samples_say_is_what_was_measured():
    """The words beside the tables, held against the numbers."""

    def mean(project, row, column):
        return float(RESULTS[project][row][column].partition(" ")[0])

    assert mean("turned_digits", 4, 3) > mean("turned_digits", 3, 3) + 30  # the remedy at 30 degrees
    assert abs(mean("turned_digits", 5, 3) - mean("turned_digits", 3, 3)) < 5  # the control gains nothing
    for column in (5, 6):
        told, spread = mean("how_many_images", 4, column), RESULTS["how_many_images"][3][column]
        value, room = map(float, spread.split(" ± "))
        assert abs(told - value) <= room
    assert mean("wrong_labels", 4, 3) - mean("wrong_labels", 3, 3) > 15  # stopping early
    assert mean("own_layer", 4, 2) > mean("own_layer", 3, 2)  # the faulty one reads more
    assert mean("own_layer", 5, 2) > mean("own_layer", 4, 2)  # a larger rate does so rightly
    assert mean("rare_digit", 5, 2) > 1.7 * mean("rare_digit", 3, 2)


ROW = re.compile(r"^\| \*\*(\d\d)\.(\d)\*\* (.+?) \| .+ \| .+ \| .+ \|$", re.M)


def open_tasks(lesson):
    """Numbers of the exercises that no check marks, counted as a reader counts them."""
    waiting, number, found = [], 0, []
    for cell in (cell for section in lesson.sections for cell in section.cells):
        if cell.cell_type == "markdown":
            marked = len(MARKER.findall(cell.source))
            if marked:
                found, waiting = [*found, *waiting], list(range(number + 1, number + marked + 1))
            number += marked
        elif re.search(r"^check\(", cell.source, re.M) and waiting and "minutes" not in cell.metadata:
            waiting.pop(0)
    return {*found, *waiting}


@pytest.mark.parametrize("lesson", lessons().values(), ids=lambda lesson: lesson.number)
def test_every_open_task_has_a_rubric(lesson):
    """A row for each exercise that no check marks, and only for these; under the number of the notebook."""
    named = {int(number) for notebook, number, _ in ROW.findall(RUBRICS) if notebook == lesson.number}
    wanted = open_tasks(lesson)
    if lesson.number == "11":  # its first exercise is both checks, its last the capstone
        assert "capstone" in lesson.exercises[4].text.lower() and "Capstone (11, exercise 5)" in RUBRICS
        wanted -= {1, 5}
    assert named == wanted


@pytest.mark.parametrize(("notebook", "number", "title"), ROW.findall(RUBRICS))
def test_a_rubric_has_its_exercises_own_words(notebook, number, title):
    """The title where the exercise has one; otherwise every longer word of the row is in the exercise."""
    task = find_lesson(notebook).exercises[int(number) - 1]
    if task.title:
        assert title == task.title
    else:
        asked = task.text.lower()
        assert [word for word in re.findall(r"\w{4,}", title.lower()) if word not in asked] == []


def test_the_numbers_in_the_notebooks_are_those_of_their_exercises():
    """`A rung towards exercise 2` stands beside an exercise of that number."""
    for item in items():
        for text in (item.ask, item.why, *(belief.says for belief in (*item.wrong, *item.choices))):
            for number in re.findall(r"[Ee]xercise (\d)", text):
                assert int(number) <= len(find_lesson(item.notebook).exercises), item.id
    assert "Exercise 3 adds images" in find_item("01.parsons").why
    assert find_lesson("01").exercises[2].title == "Convolution with loops"


@pytest.mark.parametrize(
    "page", [*PAGES, FOLDER / "README.md", ROOT / "teaching/rubrics.md"], ids=lambda p: p.name
)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target
