"""Where the playground's nodes stand: a column for each layer, a row for each node."""

from __future__ import annotations

import numpy as np

from cnnlib.playground import FEATURES
from cnnlib.playground import Playground as Run

SIDE, PITCH, TOP = 40, 48, 82  # of nodes, in pixels: side, least distance of two middles, first middle
WIDEST = 76  # distance of two middles in layers of few nodes: their links need room
LONGEST = 336  # between the first and the last middle of a layer, and of the features
APART = LONGEST / (len(FEATURES) - 1)  # distance of two features' middles
DEPTH = 482  # height of the network in pixels
LEFT, RIGHT = 0.178, 1.07  # places of features and of the output, as shares of the width


def column_x(run: Run) -> np.ndarray:
    """Middle of every layer's nodes as a share of the width: features, hidden layers, output."""
    return np.linspace(LEFT, RIGHT, len(run.config.layer_sizes))


def row_y(rows: np.ndarray, pitch: float = APART) -> np.ndarray:
    """Middles of nodes in pixels; without a pitch those of features."""
    return TOP + pitch * np.asarray(rows, dtype=float)


def pitch_of(run: Run) -> float:
    """Distance of two hidden nodes' middles: the same in all layers, wider where the largest has room.

    >>> [pitch_of(Run({"network_shape": (n,)})) for n in (4, 7, 8)]
    [76.0, 56.0, 48.0]
    """
    most = max(run.config.network_shape, default=1)
    return float(np.clip(LONGEST / max(1, most - 1), PITCH, WIDEST))


def rows_of(run: Run) -> list[np.ndarray]:
    """Rows of every layer's nodes; an input stands where its feature does."""
    inputs = np.array([FEATURES.index(name) for name in run.config.inputs], dtype=float)
    return [inputs, *(np.arange(n, dtype=float) for n in run.config.layer_sizes[1:-1])]
