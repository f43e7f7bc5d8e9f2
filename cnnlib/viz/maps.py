"""The maps of a layer on a strict grid, and the colour scale that stands beneath what it is valid for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cnnlib.viz.colors import check_color_map
from cnnlib.viz.marks import Heatmap, Mark


@dataclass(frozen=True, eq=False)
class Maps(Heatmap):
    """The images of a `mosaic`, drawn apart from one another at one size in CSS pixels.

    `z` and `tile` are those of a mosaic with a gap of 1; clicks and readings count its rows and
    columns, whatever the grid on the page.

    Parameters
    ----------
    x, y : float
        Middle of the block in the panel's coordinates.
    pitch : float
        Distance of two middles in pixels along the images' longer side; `gap` pixels of it stay free.
    across : int
        Images beside one another; the mosaic's own number if 0.
    count : int
        Images; all of the mosaic's if 0.
    framed : bool
        One frame round all.
    numbered : sequence of str
        The number of each, for whoever reads one at the pointer.
    state : array (count,), optional
        Frame of each: 0 a thin line, 1 ink (feeds the chosen one), 2 chosen.
    opacity : array (count,), optional
    ids : array (count,), optional
        What `Links` name at their ends, as for `Tiles`.
    boxes : array (n, 5), optional
        Frames around cells: number of the image, first and last row, first and last column.
    needs : float
        Width of the panel in pixels below which the images become smaller, beside one another and each in
        its place; 0 keeps them as they are.
    floor : float, optional
        Smaller values are shown as this one: a ReLU's maps are then those before it and need not be sent.

    >>> from cnnlib.viz import mosaic
    >>> Maps(mosaic(np.zeros((3, 4, 4)), 2), tile=(4, 4, 1), count=3, pitch=28).z.shape
    (9, 9)
    """

    x: float = 0.0
    y: float = 0.0
    pitch: float = 28.0
    gap: float = 3.0
    across: int = 0
    count: int = 0
    framed: bool = True
    numbered: tuple[str, ...] = ()
    state: Any = None
    opacity: Any = None
    ids: Any = None
    boxes: Any = None
    floor: float | None = None
    needs: float = 0.0
    vectors = ("state", "opacity", "ids")
    sparse = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.tile is None:
            raise ValueError("Maps: tile is None; expected (height, width, gap) of the mosaic")
        height, width, gap = self.tile
        columns = (self.z.shape[1] + gap) // (width + gap)
        rows = (self.z.shape[0] + gap) // (height + gap)
        object.__setattr__(self, "extent", None)  # its place is `x`, `y` and `pitch`
        object.__setattr__(self, "count", self.count or rows * columns)
        object.__setattr__(self, "across", self.across or columns)
        if self.boxes is not None:
            object.__setattr__(self, "boxes", np.asarray(self.boxes, dtype=float).reshape(-1, 5))

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the block in pixels."""
        height, width, _ = self.tile
        cell = (self.pitch - self.gap) / max(height, width)
        down = -(-self.count // self.across)
        return self.across * (self.gap + width * cell), down * (self.gap + height * cell)


def two_digits(like: float, size: float) -> str:
    """A size in words, with as many decimals as two digits of `like` need: 2.6, 0.0017, but 1.7e-07."""
    digits = max(0, 1 - int(np.floor(np.log10(max(like, 1e-9)))))
    return f"{size:.{digits}f}" if digits < 5 else f"{size:.1e}"


@dataclass(frozen=True, eq=False)
class ColorScale(Mark):
    """A small bar of a colour map's colours with the values of its ends, centred on a point of the panel.

    In a panel that is less than `needs` pixels wide it gives way.

    >>> ColorScale(0.5, 10, -2, 2).cmap
    'diverging'
    """

    x: float
    y: float
    low: float
    high: float
    cmap: str = "diverging"
    words: tuple[str, str] = ("", "")
    shift: tuple[float, float] = (0.0, 0.0)
    needs: float = 0.0
    sparse = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_color_map(self.cmap)
        if not all(self.words):
            sizes = [abs(self.low), abs(self.high)]
            low, high = (two_digits(size or max(sizes), size) for size in sizes)
            words = f"{'−' if self.low < 0 else ''}{low}", f"{'+' if self.low < 0 else ''}{high}"
            object.__setattr__(self, "words", words)

    @classmethod
    def both_ways(cls, x, y, reach: float, shift=(0.0, 0.0), needs: float = 0.0) -> ColorScale:
        """From -reach to reach in one word to the right, so that several fit beside one another.

        >>> ColorScale.both_ways(0, 0, 0.43).words[1]
        '±0.43'
        >>> ColorScale.both_ways(0, 0, 1.74e-7).words[1]
        '±1.7e-07'
        """
        high = cls(x, y, 0.0, reach).words[1]
        return cls(x, y, -reach, reach, words=(" ", f"±{high}"), shift=shift, needs=needs)
