"""How much of a map plain stripes can draw, epoch by epoch: three curves, and the stripes beside them."""

from __future__ import annotations

from functools import cache

import numpy as np

from cnnlib.runtime.language import marked
from cnnlib.viz import Axis, Cursor, Line, Note, Panel, Text, Tiles
from cnnlib.viz.annotations import spread
from cnnlib.widgets.base.decades import log_axis

#: Which stripes: what a map looks like that one coordinate explains by itself.
STRIPES = marked("by height", "diagonal", "by width")
ORDER = (1, 2, 0)  # of the shares by X1, by X2 and by the better turned axis
LOOKS = (
    {"color": "ink", "width": 2.5},
    {"color": "muted", "dash": "dashed"},
    {"color": "muted", "dash": "dotted"},
)
SIDE, APART = 38, 44  # pixels of a picture of stripes, and from the middle of one to that of the next
#: Pixels that a plot with a heading, a labelled axis and a cursor's pill leaves free above and beneath it.
ABOVE, BENEATH = 33, 42
KEY_HEIGHT = 96
NEAR = 0.25  # powers of ten between the cursor and a tick from which its pill hides the tick's word


@cache
def patterns() -> np.ndarray:
    """Three maps of which one coordinate explains all."""
    y, x = np.mgrid[1:-1:25j, -1:1:25j]  # the first row is the uppermost
    return np.stack([y, (x + y) / 1.6, x])


def shares_panel(epochs: np.ndarray, shares: np.ndarray, longest: int, at: tuple[int, ...]) -> Panel:
    """The three shares in per cent until the last of the `epochs`, on the axis of the `longest` run."""
    last = int(epochs[-1])
    marks: list = [Line(epochs, 100 * shares[:, i], **LOOKS[k]) for k, i in reversed([*enumerate(ORDER)])]
    marks.append(Cursor(last, sets={"x": "last"}, text=str(last)))
    if last < 60:
        words = "Drag the line to the right: the run goes on, and the map bends."
        marks.append(Note(5 * last, 75, words, width=300, needs=500))
    whole = log_axis(1, longest)[0]
    ticks = {
        t: name for t, name in zip(whole.ticks, whole.names, strict=True) if abs(np.log10(t / last)) > NEAR
    }
    look = {"ticks": [*ticks], "names": [*ticks.values()], "log": True}
    x = Axis(1, longest, "epoch (log axis: each line × 10)", **look)
    y = Axis(0, 100, ticks=(0, 25, 50, 75, 100), names=("0", "25", "50", "75", "100 %"))
    title, words = ("How simple is the map?", "share that plain stripes draw")
    return Panel(marks, x, y, title=title, subtitle=words, at=at, name="shares")


def stripes_panel(shares: np.ndarray, height: float, at: tuple[int, ...]) -> Panel:
    """The stripes, each beside the end of its curve in a row of this `height`, with its share."""
    ends = 100 * shares[list(ORDER)]
    unit = 100 / (height - ABOVE - BENEATH)  # per cent a pixel
    places = spread(ends, APART * unit, SIDE / 2 * unit - BENEATH * unit, 100 - SIDE / 2 * unit + 10 * unit)
    marks: list = []
    for place, look in zip(places, LOOKS, strict=True):
        marks.append(Line([0, 0.08], [place, place], **{**look, "width": 1.2}))
    words = [f"{end:.0f} %" for end in ends]
    left = {"align": "left", "size": 12}
    marks.append(Tiles(np.full(3, 0.1), places, patterns(), size=SIDE, vmin=-1.3, vmax=1.3, names=STRIPES,
                       shift=(SIDE / 2, 0)))  # fmt: skip
    marks.append(Text(np.full(3, 0.1), places, STRIPES, shift=(SIDE + 8, -8), **left))
    marks.append(Text(np.full(3, 0.1), places, words, bold=True, shift=(SIDE + 8, 9), **left))
    axes = Axis(0, 1, visible=False), Axis(-(BENEATH - 4) * unit, 100 + (ABOVE - 2) * unit, visible=False)
    return Panel(marks, *axes, at=at, grid=False, name="stripes")


@cache
def key_panel(at: tuple[int, int]) -> Panel:
    """For a narrow page: each of the stripes, with the line that it belongs to."""
    x = np.arange(3.0)
    marks: list = [Line([i + 0.02, i + 0.3], [0, 0], **look) for i, look in enumerate(LOOKS)]
    marks.append(Tiles(x + 0.34, np.zeros(3), patterns(), size=SIDE, vmin=-1.3, vmax=1.3, names=STRIPES,
                       shift=(SIDE / 2, 0)))  # fmt: skip
    marks.append(Text(x + 0.34, np.zeros(3), STRIPES, shift=(SIDE / 2, SIDE / 2 + 11)))
    axes = Axis(0, 3, visible=False), Axis(-1.4, 1, visible=False)
    return Panel(marks, *axes, at=at, grid=False, title="Three kinds of stripes", name="key")
