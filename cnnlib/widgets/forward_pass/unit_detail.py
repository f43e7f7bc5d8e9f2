"""The sum behind one unit as pictures: source and window × kernel = products, added up over the maps."""

from __future__ import annotations

import numpy as np

from cnnlib.experiments.dissect import Terms
from cnnlib.runtime.language import say, word
from cnnlib.viz import Axis, ColorScale, Heatmap, Lens, Line, Links, Mark, Panel, Points, Region, Text
from cnnlib.widgets.forward_pass.convolution_picture import lattice
from cnnlib.widgets.forward_pass.network_layout import reach_of
from cnnlib.widgets.forward_pass.shown_numbers import Shown, numbers_in, rounded

READABLE = 64  # numbers of a matrix that can be read in its cells
READ_TWO = 36  # the same with decimals
CELL_TYPE, FEW_TYPE = 10.5, 18.0  # pixels of the numbers in matrices, and of up to four of them
LEAST_CELLS = 4.0  # cells that a matrix's place has at least, so that small ones do not grow large
BESIDE = 0.08  # of a matrix's width: what its sign takes, or the link that leaves it
MOST_ROWS = 9  # maps with a row of their own in the sum


def matrix_panel(
    title,
    values,
    at,
    *,
    least=LEAST_CELLS,
    reach=None,
    colors=None,
    subtitle="",
    sign="",
    emits="",
    marks=(),
    name="",
    chosen=None,
    scale=True,
    foot="",
    shown=None,
) -> Panel:
    """A small matrix in cells of one size with its numbers, and a sign to its right.

    Its `scale` stands beneath it, or else its `foot`. The cell (row, column) that is `chosen` has a frame.
    Its numbers are printed as in `shown`, by default in two decimals.
    """
    rows, columns = values.shape
    reach = reach_of([values]) if reach is None else reach
    span, down = max(columns, least) * (1 + BESIDE * (sign != "" or name == "products")), max(rows, least)
    colors = {"cmap": "diverging", "vmin": -reach, "vmax": reach} if colors is None else colors
    heat = Heatmap(values + 0.0, emits=emits, means=title.partition(",")[0], **colors)
    shown = rounded(values) if shown is None else shown
    if values.size <= READ_TWO:
        marks = [
            *numbers_in(shown, colors, CELL_TYPE if values.size > 4 else FEW_TYPE),
            *lattice(rows, columns),
            *marks,
        ]
    if chosen is not None:
        marks = [*marks, *chosen_cell(shown, chosen, colors)]
    frame = Region(-0.5, columns - 0.5, -0.5, rows - 0.5, color="grid", filled=False, width=1)
    ends = colors["vmin"], colors["vmax"], colors["cmap"]
    bar = (columns - 1) / 2, rows - 0.5
    if not scale:
        key = [Text([-0.5], [rows - 0.5], foot, "muted", 12, "left", shift=(0, 13))] if foot else []
    elif ends[0] == -ends[1] and ends[2] == "diverging":
        key = [ColorScale.both_ways(*bar, ends[1], shift=(-8, 12))]
    else:
        key = [ColorScale(*bar, *ends, shift=(0, 12))]
    waits = not np.isfinite(values).any()
    marks = (
        [*marks, Text([(columns - 1) / 2], [(rows - 1) / 2], "not yet", color="muted")] if waits else marks
    )
    words = [Text([columns - 0.5], [(rows - 1) / 2], sign, bold=True, size=20, shift=(13, 0))] if sign else []
    x, y = Axis(-0.5, span - 0.5, visible=False), Axis(down - 0.5 + 0.13 * down * scale, -0.5, visible=False)
    drawn = [heat, frame, *marks, *key, *words]
    return Panel(drawn, x, y, title=title, subtitle=subtitle, at=at, equal=True, grid=False, name=name)


def chosen_cell(shown: Shown, cell: tuple[int, int], colors: dict) -> list[Mark]:
    """A frame around one cell of a matrix; where cells have no numbers it is larger and has its own."""
    values = shown.values
    readable = values.size <= READ_TWO
    half = 0.5 if readable else 0.85
    y, x = (np.clip(i, half - 0.5, size - half - 0.5) for i, size in zip(cell, values.shape, strict=True))
    edges = (x - half, x + half, y - half, y + half)
    form = f".{shown.places}f"
    value = Heatmap([[values[cell]]], edges, numbers=form, type_size=CELL_TYPE + 1, hover=False, **colors)
    rims = (("paper", 5.0), ("ink", 2.5))
    return [
        *([] if readable else [value]),
        *(Region(*edges, color=color, filled=False, width=width) for color, width in rims),
    ]


def source_panel(title: str, image, window: tuple, at, name="source", ink=False, means="") -> Panel:
    """The map before with the window on it: rows and columns (first, last) of both."""
    (top, bottom), (left, right) = window
    rows, columns = image.shape
    reach = reach_of([image])
    colors = (
        {"cmap": "ink", "vmin": 0, "vmax": 1} if ink else {"cmap": "diverging", "vmin": -reach, "vmax": reach}
    )
    marks: list[Mark] = [Heatmap(image, means=means or title, **colors)]
    marks.append(Region(-0.5, columns - 0.5, -0.5, rows - 0.5, color="grid", filled=False, width=1))
    ends_there = [-0.5] * 2, [-0.5, bottom - top + 0.5]
    marks.append(Lens([right + 0.5] * 2, [top - 0.5, bottom + 0.5], *ends_there, to="window", alpha=0.5))
    edges = (left - 0.5, right + 0.5, top - 0.5, bottom + 0.5)
    marks += [Region(*edges, color=c, filled=False, width=w) for c, w in (("paper", 5), ("you", 2.5))]
    x, y = Axis(-0.5, 1.16 * columns - 0.5, visible=False), Axis(rows - 0.5, -0.5, visible=False)
    return Panel(marks, x, y, title=title, at=at, equal=True, grid=False, name=name)


def rounded_parts(parts, total: float, digits: int = 2) -> list[float]:
    """Parts rounded so that they add up to the rounded total.

    >>> rounded_parts([0.333, 0.333, 0.334], 1.0)
    [0.33, 0.33, 0.34]
    """
    unit = 10.0**-digits
    exact = np.asarray(parts, dtype=float) / unit
    low = np.floor(exact)
    lacking = round(total / unit) - int(low.sum())
    order = np.argsort(low - exact, kind="stable")[: max(0, lacking)]
    low[order] += 1
    return [round(float(value) * unit, digits) + 0.0 for value in low]


def parts_and_bias(parts, bias: float, digits: int = 2) -> list[float]:
    """Parts of a sum and its bias as they are printed: the bias rounded, the parts so that all add up.

    >>> parts_and_bias([0.709], -0.0243)
    [0.7, -0.02]
    """
    total, bias_alone = round(float(np.sum(parts) + bias), digits), round(float(bias), digits)
    return [*rounded_parts(parts, total - bias_alone, digits), bias_alone]


def sum_rows(terms: Terms, window: tuple) -> list[tuple[str, float, int]]:
    """Words, part and number of the map for every row of the sum; of many maps the largest, then the rest."""
    sums = terms.products.reshape(window).sum(axis=(1, 2), dtype=float)
    shown = np.arange(len(sums))
    if len(sums) > MOST_ROWS:
        shown = np.sort(np.argsort(-np.abs(sums), kind="stable")[: MOST_ROWS - 1])
    rows = [(say("map {i}", i=i), float(sums[i]), int(i)) for i in shown]
    if len(shown) < len(sums):
        rows.append(
            (say("{sums} others", sums=len(sums) - len(shown)), float(sums.sum() - sums[shown].sum()), -1)
        )
    return [*rows, (word("bias"), float(terms.bias), -1)]


def stairs(parts: np.ndarray, last: float, thick: float = 9.0, room=(0.3, 0.74)) -> list[Mark]:
    """Parts as bars, a row each: each begins where the one above ends, and in row `last` stands their sum.

    `room` is where they stand in a panel whose axis goes from 0 to 1, `thick` their thickness in pixels.
    """
    ends = np.cumsum(parts)
    begins = ends - parts
    low, high = min(0.0, ends.min(), begins.min()), max(0.0, ends.max(), begins.max())

    def across(value):
        return room[0] + (room[1] - room[0]) * (np.asarray(value) - low) / ((high - low) or 1.0)

    y = np.arange(len(parts), dtype=float)
    total = float(ends[-1])
    marks: list[Mark] = [
        Line(across([0, 0]), [-0.5, last + 0.5], "muted", 1, "dotted"),
        Text(across([0]), [last - 0.8], "0", "muted", 10, "right", shift=(-4, 0)),
    ]
    for sign, color in ((1, "pos"), (-1, "neg")):
        keep = sign * parts > 0
        if keep.any():
            spots = across(begins[keep]), y[keep], across(ends[keep]), y[keep]
            marks.append(Links(*spots, color=color, widths=np.full(keep.sum(), thick)))
    down = across(ends), y, across(ends), [*y[1:], last]  # the last one leads to the sum
    marks.append(Links(*down, color="ink", widths=[1.5] * len(y)))
    ink = "pos" if total >= 0 else "neg"
    marks.append(Links(across([0]), [last], across([total]), [last], color=ink, widths=[thick + 4]))
    return marks


def sum_panel(terms: Terms, window: tuple, chosen: int, after: str, at, name="sum") -> Panel:
    """The parts as a staircase that ends at the sum; a click on a row shows that map's products."""
    rows = sum_rows(terms, window)
    parts = np.array([part for _, part, _ in rows])
    last, total = len(rows) + 0.5, float(parts.sum())
    ink = "pos" if total >= 0 else "neg"
    marks = stairs(parts, last, 12.0, room=(0.25, 0.67))
    printed = parts_and_bias(parts[:-1], parts[-1])
    marks += part_words(rows, printed, chosen)
    box = (0.69, 1.0, last - 0.8, last + 0.8)
    marks += [
        Text([0.025], [last], "sum", align="left", bold=True, size=13),
        Region(*box, color="you", filled=False, width=3),
        Text([0.965], [last], f"{total:.2f}", f"{ink}-text", 15, "right", bold=True),
    ]
    if after:
        marks += gate_marks(total, last + 1.65)
    marks.append(
        Heatmap([[0.0]] * len(rows), (0, 1, -0.5, len(rows) - 0.5), alpha=0, emits="part", hover=False)
    )
    down = Axis(max(last + (2.1 if after else 0.9), 7.5), -0.6, visible=False)
    maps = window[0]
    title = say("add up {maps} maps", maps=maps) if maps > 1 else "add up"
    how = "click one" if maps > 1 else ""
    return Panel(
        marks, Axis(0, 1, visible=False), down, title=title, subtitle=how, at=at, grid=False, name=name
    )


def to_row(shape: tuple, terms: Terms, window: tuple, chosen: int) -> list[Mark]:
    """A line from the products to the row of the sum that they make."""
    numbers = [number for _, _, number in sum_rows(terms, window)]
    if chosen not in numbers:
        return []
    ends = [shape[1] - 0.5], [(shape[0] - 1) / 2], [0.0], [float(numbers.index(chosen))]
    look = {"color": "you", "widths": [2.0], "curved": True, "to": "sum", "inset": (4, 2), "beside": True}
    return [Links(*ends, **look)]


def part_words(rows: list, printed: list[float], chosen: int) -> list[Mark]:
    """What is added, and how much, a row each; the one whose products are shown is framed."""
    y, marks = np.arange(len(rows)), []
    for place, (_, _, number) in enumerate(rows):
        if number == chosen:
            marks.append(Region(0, 1, place - 0.48, place + 0.48, color="you", filled=False, width=1.5))
    marks.append(Text(np.full(len(rows), 0.025), y, [words for words, _, _ in rows], align="left", size=12))
    signs = np.sign(printed)
    for sign, color in ((1, "pos-text"), (-1, "neg-text"), (0, "muted")):
        keep = np.flatnonzero(signs == sign)
        if len(keep):
            words = [f"{printed[i]:+.2f}" for i in keep]
            marks.append(Text(np.full(len(keep), 0.97), y[keep], words, color=color, align="right", size=12))
    return marks


def gate_marks(total: float, y: float) -> list[Mark]:
    """The ReLU that comes next: its curve, the sum's place on it, and what is left."""
    passes = total > 0
    spot = 0.46 if passes else 0.36
    marks: list[Mark] = [
        Line([0.32, 0.41, 0.49], [y + 0.25, y + 0.25, y - 0.45], "ink", 2),
        Points([spot], [y - 0.19 if passes else y + 0.25], "ink", 4.5),
        Text([0.025], [y], "ReLU", align="left", bold=True, size=13),
        Text([0.515], [y], "passes" if passes else "shut", align="left", color="muted", size=11),
        Text([0.965], [y], f"{max(total, 0):.2f}", align="right", bold=True, size=14),
    ]
    return marks
