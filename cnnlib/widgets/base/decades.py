"""The ends of a logarithmic axis: as wide as what is drawn, in whole powers of ten."""

from __future__ import annotations

import numpy as np

from cnnlib.runtime.powers import SUPERSCRIPTS
from cnnlib.viz import Axis

#: What is said beside every plot with a log axis, by how many powers of ten lie between two of its lines.
LOG_AXIS = {1: "log axis: each line × 10", 2: "log axis: each line × 100", 3: "log axis: each line × 1000"}


def decades(values, floor: float, ceiling: float) -> tuple[float, float]:
    """Ends of a log axis for errors: powers of ten around the finite ones, from `floor` to `ceiling` at most.

    >>> decades([3.1, 0.02, 7e-4], 1e-8, 100)
    (0.0001, 10.0)
    >>> decades([1e9, np.inf, 0.0], 1e-8, 100)
    (10.0, 100.0)
    """
    values = np.ravel(np.asarray(values, dtype=float))
    shown = np.clip(values[np.isfinite(values) & (values > 0)], floor, ceiling)
    if not len(shown):
        return floor, ceiling
    high = min(int(np.ceil(np.log10(shown.max()) - 1e-9)), round(np.log10(ceiling)))
    low = int(np.floor(np.log10(shown.min()) + 1e-9))
    return float(10.0 ** min(low, high - 1)), float(10.0**high)


def down_to(errors: np.ndarray, floor: float) -> np.ndarray:
    """Errors down to the floor of the plot, where a line ends: it does not run on along the floor.

    >>> down_to(np.array([1.0, 1e-3, 1e-6, 1e-9]), 1e-4).tolist()
    [1.0, 0.001, 0.0001, nan]
    """
    low = ~(errors > floor) & np.isfinite(errors)
    beyond = low & np.append(False, low[:-1])
    return np.where(beyond, np.nan, np.maximum(errors, floor))


def log_axis(low: float, high: float, apart: int = 1, label: str = "") -> tuple[Axis, str]:
    """A log axis with a line at every power of ten, or each so many `apart`, at every size; and its words.

    >>> axis, words = log_axis(1e-5, 100, apart=2)
    >>> axis.names, words
    (('10⁻⁴', '0.01', '1', '100'), 'log axis: each line × 100')
    """
    first, last = int(np.ceil(np.log10(low) - 1e-9)), int(np.floor(np.log10(high) + 1e-9))
    powers = [power for power in range(first, last + 1) if power % apart == 0]
    names = [f"{10.0**p:g}" if abs(p) <= 3 else "10" + str(p).translate(SUPERSCRIPTS) for p in powers]
    axis = Axis(low, high, label, log=True, ticks=[10.0**power for power in powers], names=names)
    return axis, LOG_AXIS[apart]


def apart(powers: float) -> int:
    """How many powers of ten apart the lines of an axis over so many stand: few enough for a small picture.

    >>> apart(4), apart(10), apart(17)
    (1, 2, 3)
    """
    return 1 if powers < 6 else 2 if powers < 15 else 3


def loss_axis(losses, guessing: float = 2.4, most: float = 10.0) -> Axis:
    """A log axis for losses of a training: from the power of ten below them to just above the largest.

    It begins at `guessing`, so that it does not move while the first losses come.

    >>> axis = loss_axis([2.31, 0.7, 0.24])
    >>> axis.low, round(axis.high, 2)
    (0.1, 3.0)
    """
    low, _ = decades([*losses, guessing], 0.001, most)
    finite = [loss for loss in losses if np.isfinite(loss)]
    return Axis(min(low, 0.1), min(1.25 * max([guessing, *finite]), most), log=True)
