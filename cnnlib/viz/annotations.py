"""Marks that explain: notes with an arrow, levels in words, the cursor of time, a lens into another panel.

Places are in the coordinates of the panel, widths in CSS pixels, as in `cnnlib.viz.marks`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from cnnlib.viz.marks import ALIGNS, DASHES, Mark, _one_of


def _finite(mark: str, **places: float | None) -> None:
    for name, value in places.items():
        if value is not None and not np.isfinite(value):
            raise ValueError(f"{mark}: {name} is {value}; expected a finite number")


@dataclass(frozen=True, eq=False)
class Note(Mark):
    """A few words in italics, at most `width` pixels wide, with a thin arrow to what they are about.

    Parameters
    ----------
    x, y : float
        Top of the words; left edge, middle or right edge by `align`.
    text : str
        Wrapped by the painter.
    to : (x, y), optional
        Where the arrow points; without it there is none.
    needs : float
        Width of the panel in pixels below which the note gives way to the picture.
    tag : bool
        Upright letters without a plate of paper, as the name of a place in the picture.

    >>> Note(1, 2, "One neuron: its answer over the whole plane.", to=(1.5, 3)).to
    (1.5, 3)
    """

    x: float
    y: float
    text: str
    to: tuple[float, float] | None = None
    width: float = 160.0
    color: str = "muted"
    align: str = "left"
    needs: float = 0.0
    tag: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        _finite("Note", x=self.x, y=self.y)
        _one_of("Note", "align", self.align, ALIGNS)


@dataclass(frozen=True, eq=False)
class Reference(Mark):
    """A level or a moment to compare with, as a thin line with its meaning in words: "2.30 = guessing".

    Exactly one of `x` and `y` is given. The words stand at the line's ``"start"`` or ``"end"``.
    """

    text: str
    y: float | None = None
    x: float | None = None
    color: str = "muted"
    dash: str = "dotted"
    at: str = "end"

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.x is None) == (self.y is None):
            raise ValueError("Reference: give exactly one of x and y")
        _finite("Reference", x=self.x, y=self.y)
        _one_of("Reference", "dash", self.dash, DASHES)
        _one_of("Reference", "at", self.at, ("start", "end"))


@dataclass(frozen=True, eq=False)
class Cursor(Mark):
    """The present moment as an upright line that the pointer drags: the handle of time.

    `sets` maps ``"x"`` to the control that follows it; that control, in the slot ``"handle"``, is what the
    keyboard moves. `text` stands in a pill at the line's foot; an empty one gives a knob at its top;
    a `bare` one is the line alone, for the other panels of the same time.
    """

    x: float
    sets: dict[str, str] = field(default_factory=dict)
    text: str = ""
    color: str = "you"
    bare: bool = False
    emits: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        _finite("Cursor", x=self.x)
        if unknown := set(self.sets) - {"x"}:
            raise ValueError(f"Cursor: sets names {sorted(unknown)}; expected 'x'")


def away(low: float, high: float, now: float) -> float:
    """Where words about the time from `low` to `high` stand, so that the cursor at `now` is not on them.

    >>> away(0, 4, 9), away(4, 8, 5)
    (2.0, 6.5)
    """
    longer = max(now - low, high - now)
    if not low < now < high:
        return (low + high) / 2
    return high - longer / 2 if high - now >= now - low else low + longer / 2


def spread(places: Any, least: float, low: float, high: float) -> np.ndarray:
    """Places from `low` to `high`, in the same order and at least so far apart: for words that would touch.

    >>> spread([0.5, 0.5, 0.9], 0.08, 0.04, 0.92).round(3).tolist()
    [0.46, 0.54, 0.9]
    """
    found = np.clip(np.array(places, float), low, high)
    order = np.argsort(found, kind="stable")
    for _ in range(60):
        if (np.diff(found[order]) >= least).all():
            break
        for lower, upper in pairwise(order):
            short = max(0.0, least - (found[upper] - found[lower]))
            found[lower], found[upper] = found[lower] - short / 2, found[upper] + short / 2
        found = np.clip(found, low, high)
    return found


@dataclass(frozen=True, eq=False)
class Lens(Mark):
    """What lies in a frame is seen large in the panel named `to`: a shaded wedge from one to the other.

    `x` and `y` are the two ends of the frame's edge in this panel, `far_x` and `far_y` those of the edge
    over there. Where another panel or the page's width comes between the two, there is no wedge.

    >>> Lens([1, 4], [4, 4], [-0.5, 2.5], [-0.5, -0.5], to="window").color
    'you'
    """

    x: Any
    y: Any
    far_x: Any
    far_y: Any
    to: str = ""
    color: str = "you"
    alpha: float = 1.0
    vectors = ("x", "y", "far_x", "far_y")

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.x) != 2:
            raise ValueError(f"Lens: {len(self.x)} points; expected 2, the ends of an edge")


@dataclass(frozen=True, eq=False)
class Handle(Mark):
    """A ring that the pointer drags; `sets` maps ``"x"`` and ``"y"`` to the controls that follow it.

    Every handle needs its controls, since they are what the keyboard moves.
    """

    x: float
    y: float
    sets: dict[str, str] = field(default_factory=dict)
    color: str = "you"
    size: float = 8.0
    label: str = ""
    emits: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not (np.isfinite(self.x) and np.isfinite(self.y)):
            raise ValueError(f"Handle: x, y are {self.x}, {self.y}; expected finite numbers")
        if unknown := set(self.sets) - {"x", "y"}:
            raise ValueError(f"Handle: sets names {sorted(unknown)}; expected 'x' or 'y'")
