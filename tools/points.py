"""What an exercise is worth: one point for each of the minutes that its text gives it.

A check takes the minutes of the exercise above it. An exercise whose answer no check reads is marked by hand
on that answer; one that has no cell for an answer, on its text, which becomes a task in nbgrader's sense. A
check that stands before its exercise says them itself, ``# %% minutes=7``, and the exercise that counts them
together is worth nothing more.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass

MARKER = re.compile(r"\*(Warm-up|Core|Stretch), (\d+) minutes\.\*")


class PointsError(Exception):
    """An exercise or a check of which nobody can say what it is worth."""


@dataclass
class _Open:
    """An exercise that no check has claimed: where its text stands, and the answer that follows, if any."""

    number: int
    minutes: int
    cell: dict
    answer: dict | None = None


def give_points(cells) -> None:
    """Write points into the nbgrader metadata of a notebook's cells, in place."""
    waiting: deque[_Open] = deque()
    early, number = 0, 0
    for cell in cells:
        if cell.cell_type == "markdown" and (found := MARKER.findall(cell.source)):
            _mark_by_hand(waiting)
            waiting = deque(
                _Open(number + place, int(minutes), cell) for place, (_, minutes) in enumerate(found, 1)
            )
            number += len(found)
            early = _settle(waiting, early)
            continue
        kind = cell.metadata.get("nbgrader", {})
        if kind.get("grade") and not kind.get("solution"):
            early += _claim(cell, waiting)
        elif kind.get("solution") and waiting:
            waiting[0].answer = cell
    if early:
        raise PointsError(f"checks say {early} minutes that no exercise after them counts together")
    _mark_by_hand(waiting)


def _claim(check, waiting: deque[_Open]) -> int:
    """Give a check its points; return its minutes if they are its own."""
    if "minutes" in check.metadata:
        check.metadata["nbgrader"]["points"] = check.metadata["minutes"]
        return check.metadata["minutes"]
    if not waiting:
        raise PointsError(f"no exercise above this check says how many minutes it takes:\n{check.source}")
    check.metadata["nbgrader"]["points"] = waiting.popleft().minutes
    return 0


def _settle(waiting: deque[_Open], early: int) -> int:
    """Drop the exercise that counts earlier checks together; return what is still to be counted."""
    for exercise in list(waiting):
        if early and exercise.minutes == early:
            waiting.remove(exercise)
            return 0
    return early


def _mark_by_hand(waiting: deque[_Open]) -> None:
    """Give points to answers that no check reads, and to texts without an answer."""
    for exercise in waiting:
        if exercise.answer is not None:
            exercise.answer.metadata["nbgrader"] |= {"grade": True, "points": exercise.minutes}
            continue
        task = exercise.cell.metadata.setdefault(
            "nbgrader",
            {
                "grade": False,
                "locked": True,
                "solution": False,
                "task": True,
                "points": 0,
                "grade_id": f"exercise-{exercise.number}",
                "schema_version": 3,
            },
        )
        task["points"] += exercise.minutes
