"""How far a network's confidence can be believed: reliability, calibration error, temperature.

The *confidence* of a guess is the largest of its probabilities. A network is *calibrated* if, of all guesses
with a confidence of 0.8, eight in ten are right. Source: C. Guo, G. Pleiss, Y. Sun, K. Weinberger, "On
calibration of modern neural networks", 2017, arXiv:1706.04599.
"""

from typing import NamedTuple

import numpy as np

from cnnlib.nn.arguments import count
from cnnlib.nn.functional import softmax
from cnnlib.nn.losses import check_labels

#: Ends of the search for a temperature.
COLDEST, HOTTEST = 0.01, 100.0


class Reliability(NamedTuple):
    """Guesses sorted into bins by their confidence.

    Attributes
    ----------
    edges : array, shape (bins + 1,)
        Bin i holds the confidences above ``edges[i]`` up to ``edges[i + 1]``.
    counts : array of int, shape (bins,)
        Guesses in each bin.
    confidence, accuracy : array, shape (bins,)
        Mean confidence and share of right guesses in each bin; NaN where a bin is empty.
    """

    edges: np.ndarray
    counts: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray


def reliability_bins(probabilities, labels, bins=10):
    """Sort guesses by their confidence into bins of equal width.

    Parameters
    ----------
    probabilities : array, shape (N, K)
        As ``model.predict_proba`` gives them.
    labels : array of int, shape (N,)
        What the images really show.
    bins : int
        Number of bins from 0 to 1.

    Returns
    -------
    Reliability

    Raises
    ------
    TypeError, ValueError
        If shapes or labels do not fit, or a number is no probability.

    Examples
    --------
    >>> p = np.array([[0.95, 0.05], [0.85, 0.15], [0.1, 0.9]])
    >>> found = reliability_bins(p, [0, 1, 1], bins=2)
    >>> found.counts, found.confidence.round(2), found.accuracy.round(2)
    (array([0, 3]), array([nan, 0.9]), array([ nan, 0.67]))
    """
    probabilities, labels = _check(probabilities, labels, "probabilities")
    if not ((probabilities >= 0) & (probabilities <= 1 + 1e-6)).all():
        raise ValueError(
            f"probabilities must lie between 0 and 1, got {probabilities.min():g} to {probabilities.max():g}"
        )
    bins = count("bins", bins)
    sure = np.minimum(probabilities.max(axis=1).astype(float), 1.0)
    right = (probabilities.argmax(axis=1) == labels).astype(float)
    edges = np.linspace(0, 1, bins + 1)
    place = np.clip(np.searchsorted(edges, sure, side="left") - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    filled = np.where(counts, counts, np.nan)
    means = [np.bincount(place, weights, minlength=bins) / filled for weights in (sure, right)]
    return Reliability(edges, counts, *means)


def expected_calibration_error(probabilities, labels, bins=10):
    """Mean distance between confidence and accuracy, over bins of confidence.

    ``ECE = sum over bins b of (n_b / N) * |accuracy_b - confidence_b|``: 0 is perfect, and with few images
    chance alone gives a few hundredths.

    Parameters
    ----------
    probabilities, labels, bins
        As for `reliability_bins`.

    Returns
    -------
    float
        Between 0 and 1.

    Examples
    --------
    >>> p = np.array([[0.9, 0.1]] * 4)
    >>> round(expected_calibration_error(p, [0, 0, 0, 1]), 3)  # 90 % sure, 75 % right
    0.15
    """
    found = reliability_bins(probabilities, labels, bins)
    gaps = np.nan_to_num(np.abs(found.accuracy - found.confidence))
    return float(gaps @ found.counts / found.counts.sum())


def fit_temperature(logits, labels):
    """Return the temperature T for which ``softmax(logits / T)`` has the lowest cross-entropy.

    One number for all images and classes: it changes no guess, only how sure the guesses are. Its slope by
    ``1 / T``, the mean of (expected logit - logit of the label), only grows, so that halving finds its zero.

    Parameters
    ----------
    logits : array, shape (N, K)
        Outputs of the network before softmax, on images that it was *not* trained on.
    labels : array of int, shape (N,)

    Returns
    -------
    float
        Above 1 if the network is too sure, below 1 if it is too modest; at most 100, at least 0.01.

    Examples
    --------
    >>> logits = np.array([[4.0, 0.0]] * 4)  # always 98 % sure
    >>> T = fit_temperature(logits, [0, 0, 0, 1])  # three in four are right
    >>> softmax(logits / T)[0].round(3)
    array([0.75, 0.25])
    """
    logits, labels = _check(logits, labels, "logits")
    logits = logits.astype(float) - logits.max(axis=1, keepdims=True)
    wanted = logits[np.arange(len(labels)), labels]
    low, high = np.log(1 / HOTTEST), np.log(1 / COLDEST)
    for _ in range(60):
        middle = (low + high) / 2
        p = softmax(logits * np.exp(middle))
        if ((p * logits).sum(axis=1) - wanted).mean() < 0:
            low = middle
        else:
            high = middle
    return float(np.exp(-(low + high) / 2))


def _check(numbers, labels, name):
    numbers = np.asarray(numbers)
    if numbers.ndim != 2 or not numbers.size:
        raise ValueError(f"{name} must have shape (N, K), at least one row, got {numbers.shape}")
    if numbers.dtype.kind != "f" or not np.isfinite(numbers).all():
        raise ValueError(f"{name} must be finite floats, got {numbers.dtype}")
    labels = check_labels(labels, numbers.shape[1])
    if len(labels) != len(numbers):
        raise ValueError(f"labels must be {len(numbers)} in number, one a row, got {len(labels)}")
    return numbers, labels
