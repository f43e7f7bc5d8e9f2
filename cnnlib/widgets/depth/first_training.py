"""How the four networks will train from the settings that the picture opens with: the future, drawn faintly.

Recorded, since the picture shall not wait for a training. Other settings have no record.
"""

from __future__ import annotations

import numpy as np

OPENING = {"depth": 20, "scale": 1.0, "rate": 0.02, "zero": False, "seed": 0}
STEPS = (1, 3, 5, 8, 11, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90)
#: Mean loss of the last five batches at these steps: plain, norm, residual, both.
LOSSES = (
    (2.32, 2.30, 2.31, 2.30, 2.30, 2.30, 2.30, 2.31, 2.31, 2.31, 2.30, 2.31, 2.30, 2.30, 2.30, 2.31, 2.31,
     2.30, 2.30, 2.30, 2.30),
    (2.36, 2.33, 2.37, 2.37, 2.32, 2.29, 2.20, 2.02, 2.07, 1.98, 1.87, 1.57, 1.46, 1.47, 1.50, 1.39, 1.43,
     1.22, 1.19, 1.25, 1.39),
    (5.46, 3.44, 2.96, 2.27, 2.27, 2.25, 2.05, 1.97, 1.99, 1.94, 1.76, 1.54, 1.17, 1.05, 1.00, 0.91, 0.85,
     0.99, 0.80, 0.85, 0.81),
    (2.51, 2.39, 2.33, 2.14, 1.88, 1.58, 1.19, 0.88, 0.84, 0.79, 0.84, 0.63, 0.43, 0.44, 0.25, 0.37, 0.49,
     0.35, 0.43, 0.39, 0.46),
)  # fmt: skip


def ahead(state: dict) -> list[tuple[np.ndarray, np.ndarray]]:
    """Steps and losses of each network, if the state is the one that the picture opens with.

    >>> [float(losses[-1]) for _, losses in ahead(OPENING)], ahead(OPENING | {"depth": 50})
    ([2.3, 1.39, 0.81, 0.46], [])
    """
    if any(state[name] != value for name, value in OPENING.items()):
        return []
    return [(np.array(STEPS), np.array(losses)) for losses in LOSSES]
