"""Schedules of the learning rate, and what six networks learn under each."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from cnnlib.data import load_digits
from cnnlib.experiments.ensemble import NetworkEnsemble, train_ensemble
from cnnlib.networks import small_cnn
from cnnlib.nn import schedules
from cnnlib.nn.optim import SGD
from cnnlib.widgets.learning_rate.first_schedules import recorded
from cnnlib.widgets.learning_rate.rate_sweep import WINDOW, means

RUNS = ("constant", "step", "cosine", "warm-up and cosine", "one cycle")  # those that train to an end
RANGE_TEST = "range test"
NETWORKS = 6
HELD_BACK = 300  # training images to validate on: schedules are chosen here
FAILED = 0.5  # of the images right: a network below it has failed


class Row(NamedTuple):
    """What came of one schedule: the mean loss at some steps, and the share right of each network."""

    steps: np.ndarray
    curve: np.ndarray
    shares: np.ndarray

    @property
    def percent(self) -> float:
        """The mean share in per cent, rounded as it is shown."""
        return float(f"{100 * self.shares.mean():.1f}")

    @property
    def failed(self) -> int:
        """How many networks read less than half of the images."""
        return int((self.shares < FAILED).sum())


def schedule_of(name: str, rate: float, total: int):
    """The schedule of a name for `total` steps with the highest rate `rate`."""
    if name == "step":
        return schedules.step_decay(rate, max(1, 2 * total // 3))
    if name == "cosine":
        return schedules.cosine(rate, total)
    if name == "warm-up and cosine":
        warm = max(1, total // 10)
        return schedules.warm_up(schedules.cosine(rate, max(1, total - warm)), warm)
    if name == "one cycle":
        return schedules.one_cycle(rate, total)
    if name == RANGE_TEST:
        return schedules.range_test(rate / 1e4, rate, total)
    return schedules.constant(rate)


def steps_of(epochs: int) -> int:
    """Steps of so many epochs."""
    return epochs * -(-(len(load_digits().x_train) - HELD_BACK) // 32)


@lru_cache(maxsize=64)
def rates_of(name: str, rate: float, total: int) -> np.ndarray:
    """The rate at each of `total` steps."""
    schedule = schedule_of(name, rate, total)
    return np.array([schedule(step) for step in range(total)])


@lru_cache(maxsize=64)
def trained(name: str, rate: float, momentum: float, epochs: int) -> tuple[np.ndarray, np.ndarray]:
    """Losses (steps, networks) and shares right (networks,) of six networks under one schedule."""
    digits = load_digits().hold_back(HELD_BACK)
    ensemble = NetworkEnsemble([small_cnn(seed) for seed in range(NETWORKS)])
    run = train_ensemble(
        ensemble,
        SGD(1.0, momentum=momentum),
        digits.x_train,
        digits.y_train,
        epochs=epochs,
        rng=0,
        schedule=schedule_of(name, rate, steps_of(epochs)),
    )
    losses = np.array([record.loss for record in run])
    return losses, np.nan_to_num(ensemble.evaluate(digits.x_test, digits.y_test)[1], nan=0.1)


_rows: dict[tuple, tuple[np.ndarray, Row]] = {}


def row_of(name: str, settings: tuple[float, float, int], train: bool) -> Row | None:
    """What came of a schedule: trained if it has to be, recorded if it is, otherwise None."""
    if not train:
        found = recorded(name, settings)
        return None if found is None else Row(*found)
    losses, shares = trained(name, *settings)
    kept, row = _rows.get((name, settings), (None, None))
    if kept is not losses:
        row = Row(np.arange(len(losses)) + 1, smooth(losses), shares)
        _rows[name, settings] = losses, row
    return row


def smooth(losses: np.ndarray, width: int = WINDOW) -> np.ndarray:
    """Mean loss of the networks over the last `width` steps, within what is drawn."""
    return np.clip(running_mean(means(losses.T), width), 0.0101, 99)


def running_mean(values: np.ndarray, width: int) -> np.ndarray:
    """Mean over the last `width` values, fewer at the beginning; not finite from an overflow on.

    >>> running_mean(np.array([1.0, 3.0, 5.0]), 2)
    array([1., 2., 4.])
    """
    return np.array([values[max(0, i + 1 - width) : i + 1].mean() for i in range(len(values))])
