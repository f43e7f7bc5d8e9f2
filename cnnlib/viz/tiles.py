"""Small square images at places of a panel: the maps, filters and nodes of a network."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cnnlib.viz.marks import Mark


@dataclass(frozen=True, eq=False)
class Tiles(Mark):
    """Images of one size in CSS pixels, centred on points of the panel.

    Parameters
    ----------
    x, y : array (N,)
        Middles of the tiles.
    z : array (N, rows, columns)
        Their values; row 0 is on top. Values that are not finite stay unpainted.
    size : float
        Side of a tile in pixels; give a multiple of the number of rows where cells are to be seen.
    fit : float
        Length along x in the panel's units that a tile may fill at most: in a narrow panel tiles shrink, by
        whole pixels of a cell where cells are large.
    opacity : array (N,), optional
        From 0 to 1; for tiles that are off or unrelated.
    state : array (N,), optional
        Frame of each tile: 0 a thin line, 1 ink (feeds the chosen one), 2 chosen.
    ids : array (N,), optional
        Numbers that `Links` name at their ends: while a tile is pointed at, its links are strong and the
        others step back, without a message to the kernel.
    captions : sequence of str
        A word beneath each tile.
    names : sequence of str
        What each tile is called: said to screen readers, and shown beside the pointer if `tips`.
    radius : float
        Rounding of the corners in pixels.
    shift : (float, float)
        Pixels by which the tiles are moved right and down: a small tile at the corner of a large one.
    emits, sets, hovers
        A click reaches the widget's ``event`` with the tile's ``index``, and the ``row`` and ``col`` of its
        cell; `sets` maps these to controls. With `hovers`, the pointer's coming and leaving are told too.

    >>> Tiles([0, 1], [0, 0], np.zeros((2, 5, 5)), size=40).z.shape
    (2, 5, 5)
    """

    x: Any
    y: Any
    z: Any
    size: float = 42.0
    cmap: str = "diverging"
    vmin: float | None = None
    vmax: float | None = None
    fit: float = 0.0
    opacity: Any = None
    state: Any = None
    ids: Any = None
    captions: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    tips: bool = True
    radius: float = 3.0
    shift: tuple[float, float] = (0.0, 0.0)
    emits: str = ""
    sets: dict[str, str] = field(default_factory=dict)
    hovers: bool = False
    vectors = ("x", "y", "opacity", "state", "ids")

    def __post_init__(self) -> None:
        super().__post_init__()
        z = np.asarray(self.z, dtype=float)
        if z.ndim != 3 or len(z) != len(self.x):
            raise ValueError(f"Tiles: z has shape {z.shape}; expected ({len(self.x)}, rows, columns)")
        object.__setattr__(self, "z", z)
        for name in ("captions", "names"):
            words = tuple(str(word) for word in getattr(self, name))
            if words and len(words) != len(z):
                raise ValueError(f"Tiles: {len(words)} {name} for {len(z)} tiles")
            object.__setattr__(self, name, words)
        self._resolve_range(z)
