"""The graph of a normalization: boxes of four numbers as bars about zero, boxes of one, and arrows."""

from __future__ import annotations

import numpy as np

from cnnlib.experiments.normalization_graph import BACKWARDS
from cnnlib.runtime.language import marked, say, word
from cnnlib.viz import Arrows, Axis, Bars, Line, Panel, Region, Text

#: Place of each node: those that hold four numbers above, those that hold one below.
PLACES = {
    "x": (0.0, True), "m": (1.0, False), "c": (2.0, True), "v": (2.65, False), "u": (3.95, False),
    "n": (4.42, True), "gamma": (5.25, False), "y": (6.2, True), "beta": (6.35, False),
}  # fmt: skip
SYMBOLS = {"n": "x̂", "gamma": "γ", "beta": "β"}
#: What each node is, in words.
SAID = dict(zip(
    ("x", "m", "c", "v", "u", "n", "y", "gamma", "beta"),
    marked("inputs", "mean", "centred: x − m", "variance", "1 / spread", "normalised: c · u",
           "outputs: γ x̂ + β", "scale", "shift"),
    strict=True,
))  # fmt: skip
EDGES = [("x", "m"), ("x", "c"), ("m", "c"), ("c", "v"), ("v", "u"), ("u", "n"), ("c", "n"), ("n", "y"),
         ("gamma", "y"), ("beta", "y")]  # fmt: skip
HEIGHT = 166.0  # of the graph, in about as many pixels
BOX = (60.0, 150.0)  # lower and upper edge of a box of four numbers
ROWS = (138.75, 116.25, 93.75, 71.25)
LOW, HALF = 28.0, 11.0  # middle of a box of one number, and half its height
WIDE, SMALL = 0.7, 0.37  # half the width of a box of four numbers, and of one
BARS = (-0.64, 0.24)  # from where to where bars reach in a box of four, from its middle
VALUES, GRADIENTS, PUSHED = marked(
    "four numbers of one channel: centred on 0, divided by their spread",
    "how the loss E would move if this number grew",
    "how the loss E would move if this number grew; "
    "dx adds up to 0: moving all four inputs alike changes nothing",
)
LEAST = 4.0  # what the bars' scale spans at least


def graph_panel(numbers: dict, active, forwards: bool, bars: bool) -> Panel:
    """The graph with the numbers that are known, an arrow for every edge; without bars it may be narrow."""
    marks: list = []
    for start, end in EDGES:
        lit = active == end if forwards else active in ((start, end),)
        marks.append(arrow(start, end, forwards, lit))
    for name, (x, vector) in PLACES.items():
        lit = active == name if forwards else active is not None and active[0] == name
        half = WIDE if vector else SMALL
        low, high = BOX if vector else (LOW - HALF, LOW + HALF)
        box = {"x0": x - half, "x1": x + half, "y0": low, "y1": high}
        if name in numbers:
            marks.append(Region(**box, color="panel", alpha=1.0))
            look = {"color": "ink", "width": 2.5} if lit else {"color": "muted", "width": 1}
            marks.append(Region(**box, filled=False, **look))
            marks += bars_of(name, numbers, forwards) if vector and bars else []
            place = x + (half - 0.06) * (vector and bars)
            marks += cells(numbers[name], place, vector, forwards, bars, digits_of(name, active))
        else:
            around = [x - half, x + half, x + half, x - half, x - half], [low, low, high, high, low]
            marks.append(Line(*around, color="muted", width=1, dash="dashed"))
        marks += words(name, x - half, vector, forwards, numbers if active == BACKWARDS[-1] else {})
    title, note = (word("Values →"), VALUES) if forwards else (word("← Gradients"), GRADIENTS)
    note = PUSHED if active == BACKWARDS[-1] else note
    axes = Axis(-0.73, 6.93, visible=False), Axis(0, HEIGHT, visible=False)
    return Panel(
        marks, *axes, title=title, subtitle=note, grid=False, at=(0 if forwards else 1, 0),
        name="small " * (not bars) + ("values" if forwards else "gradients"),
    )  # fmt: skip


def scale_of(numbers: dict, forwards: bool) -> tuple[float, float]:
    """Where zero is, from the middle of a box, and how long a bar of 1: the same for all boxes."""
    every = np.concatenate([[0.0], *(np.asarray(numbers[n]) for n in numbers if PLACES[n][1])])
    low, high = float(every.min()), float(every.max())
    unit = (BARS[1] - BARS[0]) / max(LEAST if forwards else 1.0, high - low)
    return BARS[0] - low * unit, unit


def bars_of(name: str, numbers: dict, forwards: bool) -> list:
    """Four numbers as bars from zero, by sign; with the mean in x, and of x̂ how far 1 reaches."""
    values, (zero, unit) = np.asarray(numbers[name]), scale_of(numbers, forwards)
    zero += PLACES[name][0]
    low, high = BOX[0] + 4, BOX[1] - 4
    marks: list = []
    if forwards and name == "n":
        left, right = max(zero - unit, PLACES[name][0] - WIDE), zero + unit
        marks.append(Region(left, right, low, high, color="grid", alpha=1.0))
    for positive, color in ((True, "pos"), (False, "neg")):
        keep = (values > 0) == positive
        if keep.any():
            rows, lengths = np.array(ROWS)[keep], unit * values[keep]
            marks.append(Bars(rows, lengths, width=15, base=zero, color=color, horizontal=True))
    marks.append(Line([zero, zero], [low, high], color="muted", width=1))
    if forwards and name == "x" and "m" in numbers:
        mean = zero + unit * numbers["m"]
        marks.append(Line([mean, mean], [low, high], color="ink", width=2, dash="dashed"))
    return marks


def words(name: str, left: float, vector: bool, forwards: bool, done: dict) -> list:
    """The letter of a node and what it is; of gradients, where the first comes from, and the last one's sum.

    `done` are the gradients when the last one is known, else none.
    """
    symbol = SYMBOLS.get(name, name) if forwards else f"d{SYMBOLS.get(name, name)}"
    y, baseline = (BOX[1] + 4, "bottom") if vector else (LOW - HALF - 4, "top")
    look = {"align": "left", "baseline": baseline, "size": 12}
    marks = [Text(left, y, symbol, bold=True, **look)]
    said, color = word(SAID[name]) if forwards else word("chosen above") if name == "y" else "", "muted"
    if name == "x" and done:
        said, color = say("adds up to {sum}", sum=short(float(np.sum(done["x"])))), "ink"
    if said:
        after = 8 + 8 * len(symbol.replace("\u0302", "")), 0
        marks.append(Text(left, y, said, color=color, shift=after, needs=640, **look))
    return marks


def digits_of(name: str, active) -> int:
    """Digits of a node's numbers: one more of those whose sum is said, so that they add up to it."""
    return 3 if name == "x" and active == BACKWARDS[-1] else 2


def cells(value, x: float, vector: bool, forwards: bool, bars: bool, digits: int) -> list:
    """The numbers of a node: in ink forwards, blue or orange by sign backwards."""
    rows = zip(np.atleast_1d(value), ROWS if vector else (LOW,), strict=True)
    look = {"size": 11.5, "align": "right" if vector and bars else "center"}
    return [
        Text(x, y, short(number, digits), color="ink" if forwards else sign(number), **look)
        for number, y in rows
    ]


def sign(number: float) -> str:
    """Blue for plus, orange for minus, ink for zero."""
    return "ink" if abs(number) < 5e-4 else "pos-text" if number > 0 else "neg-text"


def arrow(start: str, end: str, forwards: bool, lit: bool) -> Arrows:
    """From one box to the other, or back."""
    (x0, up0), (x1, up1) = PLACES[start], PLACES[end]
    if up0 == up1:
        y0 = y1 = sum(BOX) / 2 if up0 else LOW
        tail, head = x0 + sides(up0), x1 - sides(up1)
    else:
        y0, y1 = (BOX[0] - 4, LOW + HALF + 4) if up0 else (LOW + HALF + 4, BOX[0] - 4)
        reach = 0.12 * np.sign(x1 - x0)
        tail, head = x0 + reach, x1 - reach
    if not forwards:
        tail, head, y0, y1 = head, tail, y1, y0
    color = "ink" if lit else "muted"
    return Arrows([tail], [y0], [head - tail], [y1 - y0], color=color, width=3 if lit else 1.2)


def sides(vector: bool) -> float:
    """How far from a box's middle its arrows begin."""
    return (WIDE if vector else SMALL) + 0.03


def short(number: float, digits: int = 2) -> str:
    """Two digits behind the point or so many, no negative zero."""
    number = 0.0 if abs(number) < 5e-4 else float(number)
    return f"{number:.{digits}f}" if abs(number) < 100 else f"{number:.0f}"
