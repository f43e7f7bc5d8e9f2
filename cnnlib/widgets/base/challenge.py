"""A goal that a learner can reach in a widget, and how it is recognised."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Challenge:
    """A goal in numbers: what to reach, and how to recognise it in the scene's facts.

    `progress` gives the present value in words, such as ``"now 0.52"``, and the share of the way, 0 to 1;
    None where the goal does not fit what is chosen: then it is not shown. `level` is the loss that the goal
    names, for a line in the widget's chart.

    >>> Challenge("Error below 0.02", lambda facts: facts["error"] < 0.02).reached({"error": 0.01})
    True
    """

    text: str
    test: Callable[[Mapping[str, float]], bool]
    progress: Callable[[Mapping[str, float]], tuple[str, float] | None] | None = None
    level: float | None = None

    def reached(self, facts: Mapping[str, float]) -> bool:
        return bool(self.test(facts))
