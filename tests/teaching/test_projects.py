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


TASK = re.compile(r"\*\*(\d)\.(?: [^*]+)?\*\*|^# (\d)\. \*", re.M)


def test_every_open_task_has_a_rubric():
    """A row for each exercise that no check marks, and only for exercises that are there."""
    rows = re.findall(r"^\| \*\*(\d\d)\.(\d)\*\* .+? \| .+ \| .+ \| .+ \|$", RUBRICS, re.M)
    assert len(rows) >= 14
    for source in sorted((ROOT / "notebooks/source").glob("[0-9]*.py")):
        whole = source.read_text("utf-8")
        tasks = {one or other for one, other in TASK.findall(whole.partition("## Exercises")[2])}
        checked = len(re.findall(r"^check\(", whole, re.M))
        if source.stem[:2] == "11":  # its first exercise is both checks, its last the capstone
            tasks, checked = tasks - {"1", "5"}, 0
        named = {number for notebook, number in rows if notebook == source.stem[:2]}
        assert named <= tasks and len(named) >= len(tasks) - checked, source.name
    assert "## Capstone" in RUBRICS


@pytest.mark.parametrize(
    "page", [*PAGES, FOLDER / "README.md", ROOT / "teaching/rubrics.md"], ids=lambda p: p.name
)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target
