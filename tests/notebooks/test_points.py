"""Points follow minutes: one a minute, by a check, by hand on an answer, or by hand on a task without one."""

from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from tools.notebook_sources import find_sources, read_source
from tools.points import MARKER, PointsError, give_points

SOURCES = [path for path in find_sources([]) if path.stem[0].isdigit()]


def graded(cells):
    return {
        cell.metadata["nbgrader"]["grade_id"]: cell.metadata["nbgrader"]["points"]
        for cell in cells
        if "points" in cell.metadata.get("nbgrader", {})
    }


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: Path(path).stem)
def test_a_notebook_is_worth_its_minutes(path):
    cells = read_source(path)
    minutes = [
        int(found[1])
        for cell in cells
        if cell.cell_type == "markdown"
        for found in MARKER.findall(cell.source)
    ]
    assert minutes and sum(graded(cells).values()) == sum(minutes)
    names = [cell.metadata["nbgrader"]["grade_id"] for cell in cells if "nbgrader" in cell.metadata]
    assert len(names) == len(set(names))


def test_each_exercise_has_its_own_minutes():
    (path,) = find_sources(["03"])
    assert graded(read_source(path)) == {
        "check-03-relu_backward": 5,
        "check-03-linear_backward": 8,
        "check-03-stages_backward": 15,
        "check-03-maxpool2d_backward": 20,
        "exercise-5": 3,
    }


def text(*minutes):
    return new_markdown_cell(
        "\n\n".join(f"**{n}.** *Core, {m} minutes.* Do." for n, m in enumerate(minutes, 1))
    )


def check(**metadata):
    grader = {"grade": True, "solution": False, "grade_id": f"check-{id(metadata)}", "points": 1}
    return new_code_cell("check()", metadata={"nbgrader": grader} | metadata)


def answer():
    grader = {"grade": False, "locked": False, "solution": True, "task": False, "grade_id": "answer-1"}
    return new_code_cell("x = 1", metadata={"nbgrader": grader})


def test_an_answer_without_a_check_is_marked_by_hand():
    cells = [text(10), answer(), text(5), check()]
    give_points(cells)
    assert list(graded(cells).values()) == [10, 5]
    assert cells[1].metadata["nbgrader"]["grade"] and cells[1].metadata["nbgrader"]["solution"]


def test_an_exercise_without_an_answer_is_a_task_for_the_one_who_marks():
    cells = [text(10, 5)]
    give_points(cells)
    assert cells[0].metadata["nbgrader"] == {
        "grade": False,
        "locked": True,
        "solution": False,
        "task": True,
        "points": 15,
        "grade_id": "exercise-1",
        "schema_version": 3,
    }


def test_checks_that_stand_before_their_exercise_say_their_minutes():
    cells = [check(minutes=7), check(minutes=8), text(15, 20)]
    give_points(cells)
    assert list(graded(cells).values()) == [7, 8, 20]


def test_a_check_without_minutes_is_refused():
    with pytest.raises(PointsError, match="minutes"):
        give_points([check()])
