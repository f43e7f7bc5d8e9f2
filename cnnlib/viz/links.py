"""Links: connections between places of one panel or of two."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cnnlib.viz.marks import Mark


@dataclass(frozen=True, eq=False)
class Links(Mark):
    """Connections from (x0, y0) to (x1, y1); `values` colours them and `widths` makes them thicker.

    With `to`, the name of another panel, (x1, y1) are coordinates of that panel: the links lead there, over
    the space between; with a `port`, they end in a ring so many pixels across. `inset` moves both ends
    inwards, in pixels, so that links end at the edges of tiles; `dx0` and `dx1` move the ends of each to the
    right, and `dy0` and `dy1` downwards, in pixels; in a panel of less than `needs` pixels less far, as
    `Maps` there become smaller. Where a narrow page puts the other panel beneath this one, the links come to
    it from above; those that are `beside` are not drawn there.
    `sources` and `targets` are the ids of the `Tiles` or `Maps` at both ends; `quiet` links are drawn
    only while one of those is pointed at. `means` is what the values are, for whoever reads one at the
    pointer; what is joined is read from the names of the tiles.

    Those that `crawls` are dashed on the page, and while a widget plays the dashes move along them, from
    (x0, y0) on; for readers who have asked their system for less motion they are still.
    """

    x0: Any
    y0: Any
    x1: Any
    y1: Any
    values: Any = None
    widths: Any = None
    color: str = "muted"
    cmap: str = "diverging"
    vmin: float | None = None
    vmax: float | None = None
    curved: bool = False
    crawls: bool = False
    quiet: bool = False
    alpha: float = 1.0
    to: str = ""
    inset: tuple[float, float] = (0.0, 0.0)
    port: float = 0.0
    beside: bool = False
    dx0: Any = None
    dx1: Any = None
    dy0: Any = None
    dy1: Any = None
    needs: float = 0.0
    sources: Any = None
    targets: Any = None
    means: str = ""
    emits: str = ""
    sets: dict[str, str] = field(default_factory=dict)
    vectors = ("x0", "y0", "x1", "y1", "values", "widths", "dx0", "dx1", "dy0", "dy1", "sources", "targets")
    sparse = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.values is not None:
            self._resolve_range(self.values)
