"""A goal that a learner can reach in a widget, and how it is recognised."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Challenge:
    """A goal in numbers: what to reach, and how to recognise it in the scene's facts.

    >>> Challenge("Error below 0.02", lambda facts: facts["error"] < 0.02).reached({"error": 0.01})
    True
    """

    text: str
    test: Callable[[Mapping[str, float]], bool]

    def reached(self, facts: Mapping[str, float]) -> bool:
        return bool(self.test(facts))
