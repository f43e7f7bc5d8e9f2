"""Whether an answer is near, and which belief it may come of.

>>> from cnnlib.learning.items import Belief, Item
>>> item = Item("01.x", "question", "number", "?", truth="f", near=0.5, wrong=(Belief(8, "slides", "No."),))
>>> grade(item, "8", truth=6).belief, grade(item, "6,2", truth=6).near
('slides', True)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from cnnlib.learning.items import Belief, Item
from cnnlib.runtime.language import say


class Unreadable(ValueError):
    """An answer that cannot be read; the message is a sentence for the learner."""


@dataclass(frozen=True)
class Grade:
    """What became of an answer.

    Attributes
    ----------
    near : bool
        Whether it is right, or near enough.
    belief, says : str
        The belief it may come of, and the sentence that speaks to it; empty if none is known.
    distance : float
        How far off, as a share of what still counts as near: 1 is the border. 0 or 2 where there is no scale.
    """

    near: bool
    belief: str = ""
    says: str = ""
    distance: float = 0.0


def read_number(value: Any) -> float:
    """Return a finite number from what was typed: a decimal comma, a unit's sign or powers of ten allowed.

    >>> read_number("1,5"), read_number("40 %"), read_number("1 168"), read_number("10^-5")
    (1.5, 40.0, 1168.0, 1e-05)
    """
    text = str(value).strip().replace("−", "-").rstrip("%").replace("\u00a0", "").replace(" ", "")
    text = text.replace("10^", "1e").replace("10**", "1e")
    whole, comma, rest = text.partition(",")
    thousands = comma and len(rest) == 3 and whole.lstrip("-").isdigit() and whole not in ("0", "-0")
    try:
        number = float(whole + rest if thousands else text.replace(",", "."))
    except ValueError:
        raise Unreadable(
            say("A number is wanted, such as 0.5, 40 or 1e-3; this reads {value!r}.", value=value)
        ) from None
    if not math.isfinite(number):
        raise Unreadable("A finite number is wanted.")
    return number


def read_answer(item: Item, value: Any) -> Any:
    """Return an answer as it is kept: a float, a choice, a list of things in order, a line, a list of y.

    Raises
    ------
    Unreadable
        With a sentence, if it is none.
    """
    if item.kind == "number":
        return read_number(value)
    if item.kind == "line":
        lines = len(item.lines)
        if not isinstance(value, int) or not 1 <= value <= lines:
            raise Unreadable(say("Choose one of the {lines} lines.", lines=lines))
        return value
    if item.kind == "choice":
        if value not in item.answers:
            raise Unreadable("Choose one of the answers.")
        return value
    if item.kind == "order":
        if not isinstance(value, Sequence) or sorted(value) != sorted(item.answers):
            raise Unreadable("Put all of them into an order.")
        return list(value)
    heights = [read_number(height) for height in value] if isinstance(value, Sequence) else []
    if len(heights) < 2:
        raise Unreadable("Draw a line from the left edge to the right one.")
    return heights


def grade(item: Item, value: Any, truth: Any, form: int = 0) -> Grade:
    """Say what an answer is worth, given what is right (see `cnnlib.learning.truths.compute`)."""
    value = read_answer(item, value)
    if item.kind == "number":
        return _grade_number(item, value, float(truth), item.values(form))
    if item.kind == "sketch":
        return _grade_sketch(item, value, truth)
    if item.kind == "order":
        return _grade_order(item, value, list(truth))
    if value == truth:
        return Grade(True)
    found = next((belief for belief in (*item.choices, *item.wrong) if belief.answer == value), None)
    return Grade(False, found.name, found.says, 2.0) if found else Grade(False, distance=2.0)


def _grade_number(item: Item, value: float, truth: float, given: dict) -> Grade:
    distance = _off(item, value, truth)
    if distance <= 1:
        return Grade(True, distance=distance)
    near = [(_off(item, value, number_of(b.answer, given)), b) for b in item.wrong]
    off, belief = min(near, key=lambda pair: pair[0], default=(math.inf, None))
    if off > 1:
        return Grade(False, distance=distance)
    return Grade(False, belief.name, belief.says, distance)


def number_of(answer: Any, given: dict) -> float:
    """Return a belief's number: as it is, or computed from the given values (``"2 * size"``)."""
    return float(eval(answer, {"__builtins__": {}}, dict(given)) if isinstance(answer, str) else answer)


def _off(item: Item, value: float, truth: float) -> float:
    """How far a number is from another, in units of what is near."""
    if item.log:
        if value <= 0 or truth <= 0:
            return 0.0 if value == truth else math.inf
        return abs(math.log(value / truth)) / math.log(item.near)
    gap = abs(value - truth)
    return gap / item.near if item.near else (0.0 if gap <= 1e-9 * max(1, abs(truth)) else math.inf)


def _grade_sketch(item: Item, heights: list[float], truth: tuple) -> Grade:
    """The mean distance between the curves, as a share of the axis' height."""
    x, y = (np.asarray(part, float) for part in truth)
    low, high = item.y[:2]
    share = np.linspace(0, 1, 200)
    left, right = item.x[:2]
    drawn = np.interp(share, np.linspace(0, 1, len(heights)), heights)
    came = np.interp(left * (right / left) ** share if item.log else left + (right - left) * share, x, y)
    distance = float(np.abs(drawn - came).mean() / (high - low)) / item.near
    says = "" if distance <= 1 or not item.wrong else _likely_sketch(item, drawn, came)
    return Grade(distance <= 1, says.name if says else "", says.says if says else "", distance)


def _likely_sketch(item: Item, drawn: np.ndarray, came: np.ndarray) -> Belief | None:
    """Of a sketch that is off, the belief named ``"above"`` or ``"below"`` what came out."""
    side = "above" if (drawn - came).mean() > 0 else "below"
    return next((belief for belief in item.wrong if belief.answer == side), None)


def _grade_order(item: Item, value: list[str], truth: list[str]) -> Grade:
    """The number of pairs that stand the other way round, those apart that are free; `near` of them may."""
    place = {thing: number for number, thing in enumerate(truth)}
    free = {frozenset(pair) for group in item.free for pair in combinations(group, 2)}
    turned = [
        (a, b) for a, b in combinations(value, 2) if place[a] > place[b] and frozenset((a, b)) not in free
    ]
    if len(turned) <= item.near:
        return Grade(True, distance=len(turned) / (item.near + 1))
    found = next((belief for belief in item.wrong if tuple(belief.answer) in turned), None)
    distance = len(turned) / (item.near + 1) + 1
    return Grade(False, found.name, found.says, distance) if found else Grade(False, distance=distance)
