"""How well networks of several depths learn: kept results over seeds, and the run that makes one of them.

`tools/measure_depth.py` makes them all, in some five minutes.

>>> found = accuracy_by_depth("plain")
>>> found[2].mean > found[50].mean
True
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from cnnlib.experiments.depth import KEEPING, KINDS, deep_cnn
from cnnlib.experiments.starting_networks import study_images
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.nn.training import evaluate, train

FILE = "depth.json"
FROM_ZERO = "residual from zero"
STUDIED = (*KINDS, FROM_ZERO)
DEPTHS = (2, 4, 10, 20, 30, 50)
RATES = (0.005, 0.02, 0.05)
SEEDS = tuple(range(5))
EPOCHS = 3
RATE_DEPTH = 6
ALL_RATES = (0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)


@dataclass(frozen=True)
class Spread:
    """Over seeds: mean, deviation and ends of the validation accuracy, and the mean training loss."""

    mean: float
    deviation: float
    low: float
    high: float
    loss: float


def run(kind, depth, rate, seed, momentum=0.9, epochs=EPOCHS, scale=KEEPING):
    """Train one network on `study_images`; loss of its last epoch (None: no number), validation accuracy.

    Parameters
    ----------
    kind : str
        One of `STUDIED`.
    depth, seed : int
    rate, momentum : float
        Of `SGD`; batches of 32.
    epochs : int
    scale : float
        Of the first weights, in units of He's rule.

    Returns
    -------
    dict
        With ``kind``, ``depth``, ``rate``, ``seed``, ``loss`` and ``accuracy``.

    Examples
    --------
    >>> sorted(run("plain", 2, 0.02, 0, epochs=1))
    ['accuracy', 'depth', 'kind', 'loss', 'rate', 'seed']
    """
    digits, loss = study_images(), CrossEntropyLoss()
    from_zero = kind == FROM_ZERO
    model = deep_cnn("residual" if from_zero else kind, depth, seed, scale=scale, zero_branches=from_zero)
    losses = []
    with np.errstate(all="ignore"):
        optimizer = SGD(rate, momentum=momentum)
        for record in train(model, loss, optimizer, digits.x_train, digits.y_train, epochs=epochs, rng=seed):
            losses = losses if record.epoch == epochs else []
            losses.append(record.loss)
            if not np.isfinite(record.loss):
                break
        accuracy = evaluate(model, loss, digits.x_test, digits.y_test).accuracy
    last = float(np.mean(losses))
    kept = round(last, 4) if np.isfinite(last) else None
    return {
        "kind": kind,
        "depth": depth,
        "rate": rate,
        "seed": seed,
        "loss": kept,
        "accuracy": round(accuracy, 4),
    }


@cache
def _kept():
    return json.loads((files("cnnlib") / "assets" / FILE).read_text(encoding="utf-8"))


def accuracy_by_depth(kind):
    """Validation accuracy of a kind at each depth over five seeds, at the rate with the least training loss.

    Parameters
    ----------
    kind : str
        One of `STUDIED`.

    Returns
    -------
    dict of int to Spread
    """
    found = {}
    for depth in DEPTHS:
        rows = [r for r in _kept()["depths"] if r["kind"] == kind and r["depth"] == depth]
        best = min(RATES, key=lambda rate: _loss([r for r in rows if r["rate"] == rate]))
        found[depth] = _spread([r for r in rows if r["rate"] == best])
    return found


def accuracy_by_rate(kind):
    """Validation accuracy by rate, at `RATE_DEPTH` layers without momentum: a dict of float to Spread."""
    rows = [r for r in _kept()["rates"] if r["kind"] == kind]
    return {rate: _spread([r for r in rows if r["rate"] == rate]) for rate in ALL_RATES}


def _loss(rows):
    """Mean training loss; a run whose loss is no number counts as infinite."""
    return np.mean([np.inf if row["loss"] is None else row["loss"] for row in rows])


def _spread(rows):
    values = [row["accuracy"] for row in rows]
    deviation = float(np.std(values, ddof=1))
    return Spread(float(np.mean(values)), deviation, min(values), max(values), float(_loss(rows)))
