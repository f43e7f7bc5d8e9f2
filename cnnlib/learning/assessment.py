"""The test before and after the course: two parallel forms, and what answers say about its items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from cnnlib.learning.items import Item, items

FORMS = ("A", "B")


def form_of(form: str) -> list[Item]:
    """Return the sixteen items of a form, ``"A"`` or ``"B"``, in the order of the course.

    Raises
    ------
    ValueError
        If there is no such form.

    Examples
    --------
    >>> len(form_of("A")), form_of("A")[0].objective == form_of("B")[0].objective
    (16, True)
    """
    if form not in FORMS:
        raise ValueError(f"form: got {form!r}, expected 'A' or 'B'")
    return [item for item in items("test") if item.id.endswith(form)]


@dataclass(frozen=True)
class Statistics:
    """What a class's answers say about one item.

    Attributes
    ----------
    difficulty : float
        Share of right answers.
    discrimination : float
        Correlation of this item with the rest of the form, over people; 0 where all answered alike. Below
        0.2 an item separates little, below 0 it misleads those who know.
    answered : int
        How many people.
    """

    difficulty: float
    discrimination: float
    answered: int


def statistics(answers: Iterable[Mapping[str, bool]]) -> dict[str, Statistics]:
    """Return the statistics of each item from people's answers: one ``{item: right}`` a person.

    >>> people = [{"a": True, "b": True}, {"a": True, "b": False}, {"a": False, "b": False}]
    >>> round(statistics(people)["a"].difficulty, 2)
    0.67
    """
    people = list(answers)
    names = sorted({name for person in people for name in person})
    found = {}
    for name in names:
        these = [person for person in people if name in person]
        own = np.array([person[name] for person in these], float)
        rest = np.array([_share(person, name) for person in these])
        separates = own.std() > 0 and rest.std() > 0
        correlation = float(np.corrcoef(own, rest)[0, 1]) if separates else 0.0
        found[name] = Statistics(float(own.mean()), correlation, len(these))
    return found


def _share(person: Mapping[str, bool], without: str) -> float:
    """A person's share of right answers among the other items."""
    others = [right for name, right in person.items() if name != without]
    return float(np.mean(others)) if others else 0.0


def gain(before: float, after: float) -> float:
    """Return Hake's normalised gain: the share of what was missing before that was learned.

    >>> gain(0.5, 0.75)
    0.5
    """
    return (after - before) / (1 - before) if before < 1 else 0.0
