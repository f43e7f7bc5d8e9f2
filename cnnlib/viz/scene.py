"""A picture as plain data: axes, panels and scenes, which two painters draw alike.

A widget's ``compute`` returns a `Scene`. The page paints it live; `cnnlib.viz.static` draws the same
scene with matplotlib, for saved notebooks, print, and wherever the live part is missing.

>>> from cnnlib.viz import Axis, Line, Panel, Scene
>>> panel = Panel([Line([0, 1], [0, 1])], x=Axis(0, 1, "weight"), y=Axis(0, 1, "error"))
>>> Scene([panel], text="The error is 1 at weight 1.").panels[0].x.label
'weight'
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from cnnlib.viz.frame import Anchor, Figure, Narrow, Slot, Strip, Zone, check_track
from cnnlib.viz.marks import Heatmap, Mark

LEGENDS = ("", "upper right", "upper left", "lower right", "lower left", "ends", "inside")


@dataclass(frozen=True, eq=False)
class Axis:
    """One axis of a panel.

    Parameters
    ----------
    low, high : float
        Values at the left (bottom) and right (top) end; `low` may be the larger, as in images whose row
        0 is at the top. Both finite and different; both positive if `log`.
    label : str
        Quantity and, where there is one, its unit.
    log : bool
        Logarithmic instead of linear.
    ticks : sequence of float, optional
        Where ticks stand; chosen by the painter if None. An empty sequence draws none.
    names : sequence of str, optional
        Words for the ticks, one for each.
    staggered : bool
        Words of an axis at the bottom for which there is no room side by side stand in two or three lines in
        turn, instead of being left out.
    whole : bool
        Only whole numbers get a tick: for steps and epochs.
    visible : bool
        False hides line, ticks and label.
    """

    low: float
    high: float
    label: str = ""
    log: bool = False
    ticks: Sequence[float] | None = None
    names: Sequence[str] | None = None
    whole: bool = False
    visible: bool = True
    staggered: bool = False

    def __post_init__(self) -> None:
        low, high = float(self.low), float(self.high)
        if not (math.isfinite(low) and math.isfinite(high)) or low == high:
            raise ValueError(f"Axis {self.label!r}: ends are {low}, {high}; expected two finite numbers")
        if self.log and min(low, high) <= 0:
            raise ValueError(f"Axis {self.label!r}: ends are {low}, {high}; a log axis needs positive ones")
        object.__setattr__(self, "low", low)
        object.__setattr__(self, "high", high)
        if self.ticks is not None:
            object.__setattr__(self, "ticks", tuple(float(tick) for tick in self.ticks))
        if self.names is not None:
            names = tuple(str(name) for name in self.names)
            if len(names) != len(self.ticks or ()):
                raise ValueError(f"Axis {self.label!r}: {len(names)} names for {len(self.ticks or ())} ticks")
            object.__setattr__(self, "names", names)


@dataclass(frozen=True, eq=False)
class Panel:
    """One pair of axes and its marks, painted in their order.

    `at` is (row, column) or (row, column, rows, columns) in the scene's grid. `equal` gives both axes the
    same scale. `legend` is a corner such as ``"upper right"`` and lists the marks that have a label, or
    ``"ends"``: each line's label then stands at its right end, beside the plot; with ``"inside"`` the lines
    end early enough for it to stand within. `subtitle` says in a few words what is seen,
    or how to read it; both it and `title` stand above the left edge, and clauses that find no room are left
    out. Panels of one `group` that stand beneath one another have their left and right edges in line, for
    plots over the same time. `name` is what `Links`, `Anchor` and
    `Narrow` call the panel.
    """

    marks: Sequence[Mark]
    x: Axis
    y: Axis
    title: str = ""
    at: tuple[int, ...] = (0, 0)
    equal: bool = False
    grid: bool = True
    legend: str = ""
    subtitle: str = ""
    name: str = ""
    group: str = ""

    def __post_init__(self) -> None:
        if len(self.at) not in (2, 4):
            raise ValueError(f"Panel: at is {self.at}; expected (row, column[, rows, columns])")
        if self.legend not in LEGENDS:
            raise ValueError(f"Panel: legend is {self.legend!r}; expected one of {LEGENDS}")
        object.__setattr__(self, "at", (*self.at, 1, 1)[:4])
        object.__setattr__(self, "marks", tuple(self.marks))


@dataclass(frozen=True, eq=False)
class Scene:
    """Panels in a grid, the sentence that says what they show, and the numbers behind it.

    Parameters
    ----------
    panels : sequence of Panel
    text : str
        What the picture shows now, in a sentence: read by screen readers, asserted by tests.
    facts : mapping of str to number
        The numbers of the text by name; challenges are decided on them.
    rows, columns : sequence of float or str
        Relative heights and widths of the grid, or pixels: ``("116px", 1, "316px")``.
    height : float
        Height of the picture in CSS pixels; its width is the page's.
    arrows : (str, str)
        Controls that the left/right and up/down keys move while the picture has the focus.
    title : str
        The question this picture answers; the widget's own title if empty.
    figures : sequence of Figure
        The numbers that matter, large, in the bar.
    slots : sequence of Slot
        Cells of the grid that hold controls.
    anchors : sequence of Anchor
        Controls that stand at places of a panel.
    timeline : Panel, optional
        A small plot in the bar; with a `Cursor` it is the handle of time.
    pictures : mapping of str to sequence of Panel
        For a `Choice` with thumbnails: one picture for each option.
    zones : mapping of str to sequence of Zone
        For a slider: what its values lead to, drawn along its track.
    narrow : Narrow, optional
        Another grid for a width below 640 pixels; without it up to four panels stand beneath one another.
    strip : Strip, optional
        Trouble, and the ways out of it.
    idle : sequence of str
        Controls that have no effect at present: drawn pale, and none of a choice's options is marked.
    """

    panels: Sequence[Panel]
    text: str
    facts: Mapping[str, float] = field(default_factory=dict)
    rows: Sequence[float | str] = (1.0,)
    columns: Sequence[float | str] = (1.0,)
    height: float = 340.0
    arrows: tuple[str, ...] = ()
    title: str = ""
    figures: Sequence[Figure] = ()
    slots: Sequence[Slot] = ()
    anchors: Sequence[Anchor] = ()
    timeline: Panel | None = None
    pictures: Mapping[str, Sequence[Panel]] = field(default_factory=dict)
    zones: Mapping[str, Sequence[Zone]] = field(default_factory=dict)
    narrow: Narrow | None = None
    strip: Strip | None = None
    idle: Sequence[str] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "panels", tuple(self.panels))
        grid = f"{len(self.rows)} rows and {len(self.columns)} columns"
        for part in (*self.panels, *self.slots):
            row, column, height, width = part.at
            if row + height > len(self.rows) or column + width > len(self.columns) or min(part.at) < 0:
                name = part.title or part.name
                raise ValueError(f"Scene: panel {name!r} is at {part.at}, outside {grid}")
        names = {panel.name for panel in self.panels}
        for anchor in self.anchors:
            if anchor.panel not in names:
                raise ValueError(
                    f"Scene: {anchor.control!r} is anchored in {anchor.panel!r}, which no panel is named"
                )
        for size in (*self.rows, *self.columns):
            check_track(size)


def image_panel(
    image: np.ndarray, *marks: Mark, title: str = "", at: tuple[int, ...] = (0, 0), **heatmap: object
) -> Panel:
    """A panel that shows a matrix as an image: row 0 on top, square pixels, no axes.

    Parameters
    ----------
    image : array, shape (rows, columns)
    *marks : Mark
        Painted above the image, in pixel coordinates: x is the column, y the row.
    title, at
        As in `Panel`.
    **heatmap
        Passed on to `Heatmap`; the colour map is ``"ink"`` if not given.

    >>> image_panel(np.zeros((8, 6)), title="a digit").y.low
    7.5
    """
    mark = Heatmap(image, **{"cmap": "ink", **heatmap})
    rows, columns = mark.z.shape
    x = Axis(-0.5, columns - 0.5, visible=False)
    y = Axis(rows - 0.5, -0.5, visible=False)
    return Panel([mark, *marks], x, y, title=title, at=at, equal=True, grid=False)


def mosaic(images: np.ndarray, columns: int, gap: int = 1) -> np.ndarray:
    """Tile many small images into one, with a gap of NaN, which stays unpainted.

    Parameters
    ----------
    images : array, shape (N, H, W)
    columns : int
        Images a row.
    gap : int
        Pixels between images.

    Returns
    -------
    array, shape (rows * (H + gap) - gap, columns * (W + gap) - gap)
        Image `i` starts at row ``i // columns * (H + gap)`` and column ``i % columns * (W + gap)``.

    >>> mosaic(np.ones((3, 2, 2)), columns=2).shape
    (5, 5)
    """
    images = np.asarray(images, dtype=float)
    if images.ndim != 3:
        raise ValueError(f"images has shape {images.shape}; expected (N, H, W)")
    count, height, width = images.shape
    rows = max(1, math.ceil(count / columns))
    tiled = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap), np.nan)
    for index, image in enumerate(images):
        top, left = index // columns * (height + gap), index % columns * (width + gap)
        tiled[top : top + height, left : left + width] = image
    return tiled
