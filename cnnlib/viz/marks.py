"""Marks: what is drawn inside a panel, as plain data.

Every mark is a frozen dataclass. Arrays are checked and converted once, here, so that both painters
(the page and matplotlib) can trust them: one-dimensional float arrays of equal length, unless a mark
says otherwise. Values that are not finite are allowed in arrays; painters leave them out, and a line
breaks there. Coordinates are those of the panel's axes; widths and sizes are CSS pixels (1/96 inch).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from cnnlib.viz.colors import SIGNED, check_color, check_color_map

DASHES = ("solid", "dashed", "dotted")
SHAPES = ("circle", "square", "triangle", "diamond", "cross")
ALIGNS = ("left", "center", "right")
BASELINES = ("top", "middle", "bottom")


def _vector(mark: str, name: str, value: Any) -> np.ndarray:
    array = np.atleast_1d(np.asarray(value, dtype=float))
    if array.ndim != 1:
        raise ValueError(f"{mark}: {name} has shape {array.shape}; expected one dimension")
    return array


def _one_of(mark: str, name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{mark}: {name} is {value!r}; expected one of {', '.join(choices)}")


def value_range(values: np.ndarray, cmap: str, low: float | None, high: float | None) -> tuple[float, float]:
    """The range a colour map spans: as given, else that of the finite values; symmetric if signed.

    >>> value_range(np.array([-1.0, 3.0, np.nan]), "diverging", None, None)
    (-3.0, 3.0)
    """
    if low is not None and high is not None:
        return (float(low), float(high)) if high > low else (float(low), float(low) + 1.0)
    finite = values[np.isfinite(values)]
    lowest, highest = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if cmap in SIGNED and low is None and high is None:
        reach = max(abs(lowest), abs(highest)) or 1.0
        return -reach, reach
    low = lowest if low is None else float(low)
    high = highest if high is None else float(high)
    return (low, high) if high > low else (low, low + 1.0)


@dataclass(frozen=True, eq=False)
class Mark:
    """Base of all marks: names, conversion of arrays, comparison of colours."""

    vectors = ()  # names of the fields that are vectors of one common length
    sparse = False  # whether empty fields are not sent

    def __post_init__(self) -> None:
        kind = type(self).__name__
        lengths = {}
        for name in self.vectors:
            if getattr(self, name) is not None:
                array = _vector(kind, name, getattr(self, name))
                object.__setattr__(self, name, array)
                lengths[name] = len(array)
        if len(set(lengths.values())) > 1:
            raise ValueError(f"{kind}: lengths differ: {lengths}")
        for item in fields(self):
            if item.name in ("color", "outline") and getattr(self, item.name):
                check_color(f"{kind}: {item.name}", getattr(self, item.name))

    def _resolve_range(self, values: np.ndarray) -> None:
        check_color_map(self.cmap)
        low, high = value_range(values, self.cmap, self.vmin, self.vmax)
        object.__setattr__(self, "vmin", low)
        object.__setattr__(self, "vmax", high)


@dataclass(frozen=True, eq=False)
class Line(Mark):
    """A line through points.

    >>> Line([0, 1, 2], [0, 1, 4], color="green", label="square").x
    array([0., 1., 2.])
    """

    x: Any
    y: Any
    color: str = "blue"
    width: float = 2.0
    dash: str = "solid"
    alpha: float = 1.0
    label: str = ""
    vectors = ("x", "y")

    def __post_init__(self) -> None:
        super().__post_init__()
        _one_of("Line", "dash", self.dash, DASHES)


@dataclass(frozen=True, eq=False)
class Points(Mark):
    """Points of one colour, or coloured by `values` through a colour map.

    `size` is the radius. With `emits`, a click reaches the widget's ``event`` with the point's ``index``;
    `sets` maps ``"index"``, ``"x"`` or ``"y"`` to the control that a click sets.
    """

    x: Any
    y: Any
    color: str = "blue"
    size: float = 4.0
    shape: str = "circle"
    outline: str = ""
    values: Any = None
    cmap: str = "viridis"
    vmin: float | None = None
    vmax: float | None = None
    alpha: float = 1.0
    label: str = ""
    emits: str = ""
    sets: dict[str, str] = field(default_factory=dict)
    vectors = ("x", "y", "values")

    def __post_init__(self) -> None:
        super().__post_init__()
        _one_of("Points", "shape", self.shape, SHAPES)
        if self.values is not None:
            self._resolve_range(self.values)


@dataclass(frozen=True, eq=False)
class Bars(Mark):
    """Bars from `base` to `base + height`, centred on `x`; lying on their side if `horizontal`."""

    x: Any
    height: Any
    width: float = 0.8
    base: float = 0.0
    color: str = "blue"
    alpha: float = 1.0
    label: str = ""
    horizontal: bool = False
    vectors = ("x", "height")


@dataclass(frozen=True, eq=False)
class Heatmap(Mark):
    """A matrix as coloured cells; row 0 belongs to the smallest y, as an array's index does.

    Parameters
    ----------
    z : array, shape (rows, columns)
        Values; those not finite stay unpainted.
    extent : (x0, x1, y0, y1), optional
        Outer edges of the cells; by default cell (r, c) is centred on x = c, y = r.
    cmap, vmin, vmax
        Colour map and the values of its ends; a diverging map is symmetric about zero by default.
    numbers : str
        A format such as ``".2f"``: each cell then also shows its value, faintly where that reads zero. Of
        several, ``".3f|.2f"``, the page takes the first that has room.
    type_size : float
        Size of the numbers in pixels, smaller only where they have no room; 0 is as large as there is room.
        From 20 pixels on they are bold, and zero is not faint.
    sets : dict
        ``{"row": control, "col": control}``: a click or drag puts the cell's indices there.
    emits : str
        Name under which clicks reach the widget's ``event`` (with ``row``, ``col``, ``x``, ``y``).
    hover : bool
        Show the value beneath the pointer.
    hovers : int
        With `emits`: also report where the pointer rests (kind ``"hover"``) and that it left (``"leave"``),
        once for so many rows; 0 reports nothing.
    tile : (height, width, gap), optional
        Of a `mosaic`: the pointer then counts rows and columns within each image, and names the image.
    tile_names : sequence of str
        Names of the images, in their order; by default ``"map 0"``, ``"map 1"``, ….
    means : str
        What the values are, for whoever reads one at the pointer; by default the panel's title.
    words : sequence of str
        What the values 0, 1, 2, … stand for: read at the pointer in place of a number.
    places : (str, str)
        What x and y are called, where the place of a value is read in them and not by row and column.
    smooth : bool
        Blend neighbouring cells: for samples of something without steps.
    """

    z: Any
    extent: tuple[float, float, float, float] | None = None
    cmap: str = "viridis"
    vmin: float | None = None
    vmax: float | None = None
    numbers: str = ""
    type_size: float = 0.0
    alpha: float = 1.0
    emits: str = ""
    sets: dict[str, str] = field(default_factory=dict)
    hover: bool = True
    hovers: int = 0
    tile: tuple[int, int, int] | None = None
    tile_names: tuple[str, ...] = ()
    means: str = ""
    words: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    smooth: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        z = np.asarray(self.z, dtype=float)
        if z.ndim != 2 or z.size == 0:
            raise ValueError(f"Heatmap: z has shape {z.shape}; expected (rows, columns), not empty")
        object.__setattr__(self, "z", z)
        if self.extent is None:
            rows, columns = z.shape
            object.__setattr__(self, "extent", (-0.5, columns - 0.5, -0.5, rows - 0.5))
        self._resolve_range(z)


@dataclass(frozen=True, eq=False)
class Arrows(Mark):
    """Arrows from (x, y) to (x + dx, y + dy)."""

    x: Any
    y: Any
    dx: Any
    dy: Any
    color: str = "vermilion"
    width: float = 2.0
    label: str = ""
    vectors = ("x", "y", "dx", "dy")


@dataclass(frozen=True, eq=False)
class Text(Mark):
    """Words at points: `text` is one string or one for each point, moved by `shift` pixels (right, down).

    A `literal` one is the same in every language: versions, code. `needs` is the least width in pixels of the
    panel on the page for it to be shown.
    """

    x: Any
    y: Any
    text: Any
    color: str = "ink"
    size: float = 12.0
    align: str = "center"
    baseline: str = "middle"
    bold: bool = False
    shift: tuple[float, float] = (0.0, 0.0)
    literal: bool = False
    needs: float = 0.0
    vectors = ("x", "y")
    sparse = True

    def __post_init__(self) -> None:
        super().__post_init__()
        _one_of("Text", "align", self.align, ALIGNS)
        _one_of("Text", "baseline", self.baseline, BASELINES)
        words = (self.text,) if isinstance(self.text, str) else tuple(str(word) for word in self.text)
        if len(words) != len(self.x):
            raise ValueError(f"Text: {len(words)} strings for {len(self.x)} points")
        object.__setattr__(self, "text", words)


@dataclass(frozen=True, eq=False)
class Region(Mark):
    """A rectangle: shaded, or only its outline. An edge that is None lies on the panel's border."""

    x0: float | None = None
    x1: float | None = None
    y0: float | None = None
    y1: float | None = None
    color: str = "sky"
    alpha: float = 0.2
    filled: bool = True
    width: float = 2.0
    label: str = ""


@dataclass(frozen=True, eq=False)
class Band(Mark):
    """The area between two lines over the same x."""

    x: Any
    low: Any
    high: Any
    color: str = "sky"
    alpha: float = 0.25
    label: str = ""
    vectors = ("x", "low", "high")
