"""Values to colours for matplotlib: the maps that `cnnlib.viz.colors` names.

matplotlib is loaded when a colour is asked for: a page in a browser imports this module without having it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from cnnlib.viz.colors import CATEGORIES, COLOR_MAPS, RAMPS, SIGNED, to_hex

if TYPE_CHECKING:
    from matplotlib.colors import Colormap, Normalize


@cache
def color_map(cmap: str, theme: str = "light") -> Colormap:
    """matplotlib's colour map for one of the names in `cnnlib.viz.colors.COLOR_MAPS`."""
    import matplotlib
    from matplotlib.colors import ListedColormap

    if cmap == "category":
        return ListedColormap([to_hex(name, theme) for name in CATEGORIES])
    if cmap in RAMPS:
        return ListedColormap(ramp(RAMPS[cmap][theme]), cmap)
    return matplotlib.colormaps[COLOR_MAPS[cmap]]


def ramp(stops: Sequence[str]) -> np.ndarray:
    """256 colours (256, 3) between evenly spaced stops, mixed in squared RGB; a middle stop is met exactly.

    >>> ramp(("#000000", "#ffffff"))[[0, 64, 255], 0].round(2)
    array([0. , 0.5, 1. ])
    """
    from matplotlib.colors import to_rgba

    squares = np.array([to_rgba(stop)[:3] for stop in stops]) ** 2
    place = np.linspace(0, len(stops) - 1, 256)
    if len(stops) % 2:
        place[127:129] = (len(stops) - 1) / 2  # zero lies between two of 256 colours: both are the middle's
    channels = [np.interp(place, np.arange(len(stops)), channel) for channel in squares.T]
    return np.sqrt(np.stack(channels, axis=1))


def normalize(cmap: str, vmin: float, vmax: float) -> Normalize:
    """How values become positions in the colour map; categories 0, 1, 2, … take one colour each.

    Zero is the middle of a signed map, whatever its ends.

    >>> [float(normalize("diverging", -8, 2)(value)) for value in (-8, -4, 0, 1)]
    [0.0, 0.25, 0.5, 0.75]
    """
    from matplotlib.colors import Normalize, TwoSlopeNorm

    if cmap in SIGNED and vmin < 0 < vmax:
        return TwoSlopeNorm(0, vmin, vmax)
    return Normalize(0, len(CATEGORIES)) if cmap == "category" else Normalize(vmin, vmax)
