"""What a question about code is made of; its answer comes of running what stands in the question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Prints:
    """Lines that print one number.

    Parameters
    ----------
    name : str
        ``"03.code-shares"``: the notebook and a name.
    code : str
        With the drawn values in braces.
    draw : callable
        ``draw(rng) -> dict``
    wrong : tuple of (callable, str, str)
        ``value(**drawn)``, the belief behind it, a sentence that speaks to it.
    why : str
    """

    name: str
    code: str
    draw: Callable
    wrong: tuple
    why: str


@dataclass(frozen=True)
class Faults:
    """Lines in one of which a fault is planted.

    Parameters
    ----------
    name, does : str
        What the lines are meant to do.
    lines : tuple of str
    faults : tuple of (int, str, str)
        Number of the line from 1, what stands there instead, why it is wrong.
    setting : str
        Code that makes the names; `result` is what is compared (in the tests, for the faults to be faults).
    result : str
    """

    name: str
    does: str
    lines: tuple
    faults: tuple
    setting: str
    result: str


def whole(**ranges: tuple[int, int]) -> Callable:
    """Return a drawing of whole numbers, both ends included.

    >>> whole(a=(1, 1))(__import__("random").Random(0))
    {'a': 1}
    """
    return lambda rng: {name: rng.randint(*ends) for name, ends in ranges.items()}


def chosen(**choices: tuple) -> Callable:
    """Return a drawing of values out of lists.

    >>> chosen(a=(5,))(__import__("random").Random(0))
    {'a': 5}
    """
    return lambda rng: {name: rng.choice(values) for name, values in choices.items()}
