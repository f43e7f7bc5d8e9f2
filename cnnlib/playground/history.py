"""What a run must remember to be rewound exactly."""

from typing import NamedTuple

import numpy as np


class Snapshot(NamedTuple):
    """Everything that training changes, at the end of one epoch.

    ``kept`` marks a record that must not be thinned out: the start, and any change by hand, which
    could not be found again by training on from an earlier record.
    """

    epoch: int
    parameters: np.ndarray
    dead: np.ndarray | None
    leftover: np.ndarray | None
    leftover_count: int
    lr: float
    kept: bool = False

    @classmethod
    def of(cls, network, epoch, kept=False):
        """Copy the state of a :class:`~cnnlib.playground.training.Network`."""
        return cls(
            epoch,
            network.parameters.flat.copy(),
            network.dead.copy() if network.regularization == "L1" else None,
            network.leftover.copy() if network.leftover_count else None,
            network.leftover_count,
            network.lr,
            kept,
        )

    def restore(self, network):
        """Write the state back; training goes on from it as it did before."""
        network.parameters.flat[:] = self.parameters
        network.dead[:] = False if self.dead is None else self.dead
        network.leftover[:] = 0.0 if self.leftover is None else self.leftover
        network.leftover_count = self.leftover_count
        network.lr = self.lr


class RunHistory:
    """Snapshots by epoch, thinned to every second, fourth, … when they grow too many.

    Attributes
    ----------
    furthest : int
        The latest epoch that can be shown again.

    Examples
    --------
    >>> history = RunHistory(limit=4)
    >>> history.stride
    1
    """

    def __init__(self, limit=4096):
        self.limit, self.stride, self.furthest, self._snapshots = limit, 1, 0, []

    def __len__(self):
        return len(self._snapshots)

    def record(self, network, epoch, kept=False):
        """Remember the state at `epoch`, in place of an earlier record of it, and forget what came after."""
        records, self.furthest = self._snapshots, epoch
        while records and records[-1].epoch > epoch:
            records.pop()
        if records and records[-1].epoch == epoch:
            kept = records.pop().kept or kept
        elif epoch % self.stride and not kept:
            return
        records.append(Snapshot.of(network, epoch, kept))
        if len(records) > self.limit:
            self.stride *= 2
            self._snapshots = [s for s in records if s.kept or s.epoch % self.stride == 0]

    def latest_until(self, epoch):
        """Return the record of `epoch`, or of the latest epoch before it."""
        return next(s for s in reversed(self._snapshots) if s.epoch <= epoch)
