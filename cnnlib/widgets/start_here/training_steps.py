"""Single steps of `TrainingView`: what is kept of one to go back to it, and what is not said of one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnnlib.nn.training import Position


@dataclass
class Snapshot:
    """Everything needed to go on training from a step, exactly as if nothing had come after."""

    position: Position
    weights: dict
    optimizer: object
    rng: dict

    @property
    def step(self) -> int:
        return self.position.step


def quiet(records):
    """The same records, without NumPy's warnings when a too large rate overflows: the picture says it."""
    while True:
        with np.errstate(all="ignore"):
            record = next(records, None)
        if record is None:
            return
        yield record
