"""What both halves of the picture of a normalization are made of: places, chips, numbers and their signs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnnlib.experiments.normalization_graph import BACKWARDS
from cnnlib.viz import Line, Region, Text

COLUMNS = ("x", "c", "n", "y")  # the nodes of four numbers, from left to right
SYMBOLS = {"n": "x̂", "gamma": "γ", "beta": "β"}
GENTLE = (1, 1.5, 2, 3, 4, 6, 8, 10)  # ends of scales between two powers of ten


@dataclass(frozen=True)
class Layout:
    """Where the columns stand in panels of so many pixels, and how far the bars of one reach."""

    width: float
    columns: tuple[float, ...]  # middles, in the order of `COLUMNS`
    half: float  # of a group of bars
    needs: str = ""  # what the panels' names begin with

    def at(self, name: str) -> float:
        return self.columns[COLUMNS.index(name)]


PAGE = Layout(1018.0, (145.0, 411.0, 677.0, 943.0), 75.0)
PHONE = Layout(348.0, (74.0, 150.0, 226.0, 302.0), 52.0, "small ")


def chip(x: float, y: float, half: tuple[float, float], lines: tuple, lit: bool, known: bool) -> list:
    """A small plate about (x, y) with words in one line or two, the first bold.

    `lines` are (words, colour, how far they stand above the middle); a plate that waits is dashed and pale.
    """
    wide, high = half
    box = {"x0": x - wide, "x1": x + wide, "y0": y - high, "y1": y + high}
    marks: list = []
    if known:
        marks.append(Region(**box, color="panel", alpha=1.0))
        look = {"color": "ink", "width": 2} if lit else {"color": "grid", "width": 1}
        marks.append(Region(**box, filled=False, **look))
    else:
        around = [box[edge] for edge in ("x0", "x1", "x1", "x0", "x0")]
        sides = [box[edge] for edge in ("y0", "y0", "y1", "y1", "y0")]
        marks.append(Line(around, sides, color="grid", width=1, dash="dashed"))
    for words, color, up, size in lines:
        look = {"color": color if known else "muted", "size": size, "bold": known and size > 11}
        marks.append(Text(x, y + up, words, **look))
    return marks


def has_no_spread(values: dict) -> bool:
    """Whether all numbers are the same: no factor can make their spread 1.

    >>> has_no_spread({"c": np.zeros(4)}), has_no_spread({"c": np.array([0.0, 0.0, 0.1, -0.1])})
    (True, False)
    """
    return float(np.abs(values["c"]).max()) < 1e-6


def digits_of(name: str, active) -> int:
    """Digits of a node's numbers: one more of those whose sum is said, so that they add up to it."""
    return 3 if name == "x" and active == BACKWARDS[-1] else 2


def sign(number: float) -> str:
    """Blue for plus, orange for minus, ink for zero.

    >>> sign(2.0), sign(-2.0), sign(1e-9)
    ('pos', 'neg', 'ink')
    """
    return "ink" if abs(number) < 5e-4 else "pos" if number > 0 else "neg"


def sign_text(number: float) -> str:
    """The same for words."""
    return "ink" if abs(number) < 5e-4 else f"{sign(number)}-text"


def by_sign(numbers: np.ndarray) -> list[tuple[str, list[int]]]:
    """The places of the numbers of each sign, so that they are drawn at once.

    >>> by_sign(np.array([1.0, -2.0, 3.0]))
    [('neg', [1]), ('pos', [0, 2])]
    """
    signs = [sign(number) for number in numbers]
    return [(color, [i for i, one in enumerate(signs) if one == color]) for color in sorted(set(signs))]


def numbers_at(x: float, heights, numbers: np.ndarray, digits: int = 2, **look) -> list[Text]:
    """Numbers beneath one another, each in the colour of its sign."""
    marks = []
    for color, places in by_sign(numbers):
        words = [short(numbers[i], digits) for i in places]
        color = color if color == "ink" else f"{color}-text"
        marks.append(Text([x] * len(places), [heights[i] for i in places], words, color=color, **look))
    return marks


def short(number: float, digits: int = 2) -> str:
    """Two digits behind the point or so many, no negative zero."""
    number = 0.0 if abs(number) < 5e-4 else float(number)
    return f"{number:.{digits}f}" if abs(number) < 100 else f"{number:.0f}"


def gentle(reach: float) -> float:
    """The next end of a scale: it stays while the numbers on it move a little.

    >>> gentle(0.53), gentle(0.095), gentle(0)
    (0.6, 0.1, 0.0)
    """
    if reach < 1e-3:
        return 0.0
    power = 10.0 ** np.floor(np.log10(reach))
    return float(round(next(step for step in GENTLE if step * power >= reach * 0.999) * power, 9))
