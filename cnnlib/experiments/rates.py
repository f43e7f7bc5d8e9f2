"""What a learning rate does to a network: the border it runs along, and the batch that goes with it."""

from __future__ import annotations

import numpy as np

from cnnlib.experiments.curvature import largest_curvature
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.nn.training import train
from cnnlib.training import fit


def border_along(model, x, y, rate: float, steps) -> list[float]:
    """Rate times largest curvature over 2, at some steps of a descent with full batches.

    Above 1 the rate is beyond the border ``2 / curvature`` of the place where the network is (Cohen et al.,
    "Gradient descent on neural networks typically occurs at the edge of stability", 2021).

    Parameters
    ----------
    model : Sequential
        Trained in place, with cross-entropy.
    x, y : arrays (N, …) and (N,)
    rate : float
    steps : sequence of int
        Numbers of steps, from 1 on, in rising order; the descent ends with the last.

    >>> from cnnlib import load_digits, small_cnn
    >>> digits = load_digits()
    >>> start, later = border_along(small_cnn(rng=0), digits.x_train[:90], digits.y_train[:90], 0.1, (1, 60))
    >>> start < later
    True
    """
    found, loss = [], CrossEntropyLoss()
    records = train(model, loss, SGD(rate), x, y, batch_size=len(x), epochs=steps[-1], rng=0)
    for record in records:
        if record.step in steps:
            curvature = largest_curvature(model, CrossEntropyLoss(), x, y, rng=0, tolerance=0.01)
            found.append(rate * curvature.value / 2)
    return found


def shares_right(
    make_model, split, rate: float, *, batch_size: int, epochs: int, seeds: int = 5
) -> np.ndarray:
    """Share of the second half of a split that networks of several seeds read, each after the same epochs.

    Plain stochastic gradient descent, cross-entropy; ``make_model(rng=seed)`` gives a fresh network.

    >>> from cnnlib import load_digits, small_cnn
    >>> shares_right(small_cnn, load_digits(), 0.05, batch_size=16, epochs=1, seeds=2).shape
    (2,)
    """
    shares = []
    for seed in range(seeds):
        model = make_model(rng=seed)
        how = {"batch_size": batch_size, "epochs": epochs, "rng": seed, "progress": False}
        fit(model, CrossEntropyLoss(), SGD(rate), split.x_train, split.y_train, **how)
        shares.append(np.mean(model.predict(split.x_test) == split.y_test))
    return np.array(shares)
