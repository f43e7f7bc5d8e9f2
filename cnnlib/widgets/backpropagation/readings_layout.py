"""Where the panels of the four readings stand: one of them large, from left to right, beneath it all four."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cnnlib.experiments.four_readings import spread
from cnnlib.runtime.language import word
from cnnlib.viz import Axis, Lens, Mark, Narrow, Note, Panel, Text
from cnnlib.widgets.backpropagation.readings_picture import BY_WEIGHT, ReadingsPicture, box, grid_panel
from cnnlib.widgets.backpropagation.readings_progress import small_panels

ROWS = ("302px", "116px")  # heights of the one reading and of the four
WIDE, HIGH = 1018.0, 266.0  # pixels of a full page for the matrices of the one reading
LEAST, MOST = 16.0, 84.0  # pixels between two matrices
WORDS_WIDE = 0.21  # of the width, for the words before the four
NOTE = 36.0  # pixels of a note for each column of the products
FOOT = 1.3  # cells beneath a matrix for its note
SMALL = {"scatter": (0, 0), "gather": (0, 1), "matrix": (1, 0), "weights": (1, 1)}
#: What each matrix does in one step, read from left to right as a sentence beneath the small ones.
DOES = {
    "scatter": (
        "One output's gradient",
        "times every weight",
        "gives these, added to the window it saw.",
        "",
    ),
    "gather": ("", "The outlined numbers times the kernel", "give these. Their sum is one pixel.", ""),
    "matrix": ("", "", "", "The outlined row, times dy above it, adds up to this pixel."),
    BY_WEIGHT: ("All of dy", "times one weight", "gives these, added wherever that weight lay.", ""),
}
PLACES = ("first", "second", "products", "dx")
#: What the letters stand for, beside the titles that are letters alone.
LETTERS = {"dy, what arrives": ("dy", "each output's gradient"), "dx": ("dx", "each pixel's gradient")}
LETTERS["dx and its padding"] = LETTERS["dx"]


def placed_panels(picture: ReadingsPicture, every: list[np.ndarray], names: tuple[str, ...]):
    """All panels, the columns of the grid they stand in, and the place of the words before the four."""
    large, small = large_panels(picture), small_panels(picture, every, names)
    spots = [(0, *edges) for edges in abreast(picture, large)]
    step = (1 - WORDS_WIDE) / len(small)
    spots += [(1, WORDS_WIDE + place * step, WORDS_WIDE + (place + 1) * step) for place in range(len(small))]
    cuts = sorted({0.0, 1.0} | {round(float(cut), 6) for _, *edges in spots for cut in edges})
    panels = []
    for panel, (row, *edges) in zip([*large, *small], spots, strict=True):
        first, last = (cuts.index(round(float(edge), 6)) for edge in edges)
        panels.append(replace(panel, at=(row, first, 1, last - first)))
    return panels, tuple(np.diff(cuts)), (1, 0, 1, cuts.index(WORDS_WIDE))


def abreast(picture: ReadingsPicture, panels: list[Panel]) -> list[tuple[float, float]]:
    """From where to where each matrix has its place: cells as large as there is room, all in the middle."""
    cells = [panel.x.high - panel.x.low for panel in panels]
    gaps = len(panels) - 1
    size = min(HIGH / (panels[-1].y.low + 0.5), (WIDE - LEAST * gaps) / sum(cells))
    if picture.reading == "matrix":
        cells[0] = (WIDE - LEAST) / size - cells[1]  # it fills the rest
    gap = min(MOST, (WIDE - size * sum(cells)) / gaps)
    before = (WIDE - size * sum(cells) - gap * gaps) / 2
    starts = before + np.cumsum([0.0, *(size * count + gap for count in cells[:-1])])
    ends = [*starts[1:], starts[-1] + size * cells[-1]]
    return [(start / WIDE, min(1.0, end / WIDE)) for start, end in zip(starts, ends, strict=True)]


def large_panels(picture: ReadingsPicture) -> list[Panel]:
    """The panels of the one reading, in cells of one size, and beneath a matrix what it does."""
    panels, does = with_products(picture), DOES[picture.reading]
    parts = [panel for panel in panels if (picture.reading, panel.name) != ("matrix", "first")]
    notes = {panel.name: word(does[PLACES.index(panel.name)]) for panel in parts}
    if "products" not in notes and not notes["dx"]:
        notes["dx"] = word(does[PLACES.index("products")])
    high = max(panel.y.low + 0.5 + FOOT * bool(notes[panel.name]) for panel in parts)
    placed = []
    for panel in panels:
        if panel.name not in notes:
            placed.append(panel)
            continue
        marks = [*lens_of(picture, panel.name), *panel.marks]
        if notes[panel.name]:
            marks += note(panel, notes[panel.name])
        title, how = LETTERS.get(panel.title, (panel.title, panel.subtitle))
        axis = Axis(high - 0.5, panel.y.high, visible=False)
        how = panel.subtitle or word(how)
        placed.append(replace(panel, title=word(title), subtitle=how, marks=marks, y=axis))
    return placed


def note(panel: Panel, text: str) -> list[Mark]:
    """Words beneath a matrix; beneath the products no wider than these, for a wedge begins at their right."""
    rows, columns = panel.marks[0].z.shape
    if panel.name == "products" and columns == 1:
        return []
    width = NOTE * columns if panel.name == "products" else 165.0
    return [Note(-0.5, rows - 0.25, text, width=width)]


def with_products(picture: ReadingsPicture) -> list[Panel]:
    """The panels, and of a single kernel on a single channel what this step multiplies, behind the kernel."""
    panels = picture.panels()
    if len(panels) < 3 or picture.w.shape[:2] != (1, 1):
        return panels
    first, second, dx = panels
    signs = [
        replace(m, text=["="]) if isinstance(m, Text) and list(m.text) == ["→"] else m for m in second.marks
    ]
    values = products(picture)
    edge = [box(0, 0, values.shape[::-1], "grid", 1)]
    waits = picture.now is None
    made = grid_panel(values, "products", (0, 0), edge, "", "→", name="products", waits=waits)
    return [first, replace(second, marks=signs), made, dx]


def products(picture: ReadingsPicture) -> np.ndarray:
    """What the present step multiplies, number by number; not known before the first step."""
    g, dy, w = picture.g, picture.dy[0], picture.w[0, 0]
    if picture.now is None:
        return np.full(dy.shape if picture.reading == BY_WEIGHT else w.shape, np.nan)
    _, first, second = picture.now
    if picture.reading == "scatter":
        return dy[first, second] * w + 0.0
    if picture.reading == BY_WEIGHT:
        return dy * w[first, second] + 0.0
    rows, columns = (slice(n, n + g.reach, g.dilation) for n in (first, second))
    return spread(picture.dy, g)[0][rows, columns] * w[::-1, ::-1] + 0.0


def lens_of(picture: ReadingsPicture, name: str) -> list[Mark]:
    """A wedge from what a step takes to where it goes: beneath the numbers, so that none is covered."""
    if picture.now is None:
        return []
    number, first, second = picture.now
    g, (kernels, channels, k, _) = picture.g, picture.w.shape
    source = "products" if (kernels, channels) == (1, 1) else "second"
    if name == source and picture.reading in ("scatter", BY_WEIGHT):
        rows, columns = (g.window if picture.reading == "scatter" else g.met)(first, second)
        top, right, high = number * (k + 1) - 0.5, channels * (k + 1) - 1.5, k
        if picture.reading == BY_WEIGHT and source == "second":
            top, right, high = top + first, right - k + 1 + second, 1
        elif picture.reading == BY_WEIGHT:
            right, high = g.outputs - 0.5, g.outputs
        far = rows.start - 0.5, rows.stop - 0.5
        return [wedge(right, (top, top + high), columns.start - 0.5, far, "dx")]
    if picture.reading == "gather" and name == "first":
        side = g.size + g.reach - 1
        right = (kernels - 1) * (side + 1) + second + g.reach - 0.5
        rows = first - 0.5, first + g.reach - 0.5
        return [wedge(right, rows, number * (k + 1) - 0.5, (-0.5, kernels * (k + 1) - 1.5), "second")]
    return []


def wedge(right: float, rows: tuple[float, float], left: float, far: tuple[float, float], to: str) -> Lens:
    """From the right edge of a frame to the left edge of another, in the panel named `to`."""
    return Lens([right] * 2, list(rows), [left] * 2, list(far), to=to)


def narrow(picture: ReadingsPicture) -> Narrow:
    """What fits side by side does; the others stand beneath one another, and the four results two by two."""
    g, several = picture.g, picture.w.shape[:2] != (1, 1)
    if picture.reading == "matrix":
        rows, at = [210, 265], {"first": (0, 0, 1, 2), "dx": (1, 0, 1, 2)}
    elif several:
        rows, at = (
            [250, 240, 265],
            {name: (row, 0, 1, 2) for row, name in enumerate(("first", "second", "dx"))},
        )
    elif picture.reading == "gather":
        rows = [250, 220, 275]
        at = {"first": (0, 0, 1, 2), "second": (1, 0), "products": (1, 1), "dx": (2, 0, 1, 2)}
    else:
        rows = [220 if max(g.outputs, g.kernel) < 5 else 240, 250]
        at = {"first": (0, 0), "second": (0, 1), "products": (1, 0), "dx": (1, 1)}
    at["promise"] = (len(rows), 0, 1, 2)
    at |= {name: (len(rows) + 1 + row, column) for name, (row, column) in SMALL.items()}
    rows += [76, 142, 142]
    return Narrow(tuple(f"{height}px" for height in rows), (1, 1), sum(rows), at)
