"""Losses of one sample seen from its scores, and the first loss of networks that have learned nothing.

>>> loss, gradient = loss_and_gradient([0.0, 0.0], 0, "cross-entropy")
>>> round(loss, 4), gradient
(0.6931, array([-0.5,  0.5]))
"""

from functools import lru_cache

import numpy as np

from cnnlib.data import load_digits
from cnnlib.networks import small_cnn
from cnnlib.nn.functional import softmax
from cnnlib.nn.initializers import initialize
from cnnlib.nn.losses import CrossEntropyLoss, HalfSquaredError

LOSSES = ("cross-entropy", "half squared error")
STARTS = ("the course's", "he", "xavier", "zeros")
IMAGES = 64


def loss_and_gradient(scores, label, kind):
    """The loss of one sample and its gradient by the scores, softmax included.

    The half squared error compares the probabilities with the one-hot label; its gradient by the scores
    passes through the softmax, ``dz = p * (dp - sum(dp * p))``, and so it carries p as a factor.

    Parameters
    ----------
    scores : array (K,)
    label : int
    kind : {"cross-entropy", "half squared error"}

    Returns
    -------
    loss : float
    gradient : array (K,)
    """
    z, labels = np.asarray(scores, np.float64)[None], np.array([label])
    if kind == "cross-entropy":
        loss = CrossEntropyLoss()
        return loss.forward(z, labels), loss.backward()[0]
    p, loss = softmax(z), HalfSquaredError()
    value, dp = loss.forward(p, labels), loss.backward()
    return value, (p * (dp - (dp * p).sum()))[0]


@lru_cache(maxsize=len(STARTS))
def first_scores(start, networks=200):
    """Scores of fresh networks for the first digits of the training half: (networks, images, 10).

    Parameters
    ----------
    start : str
        ``"the course's"`` (He before ReLU, small for the last layer), or one rule for all layers.
    networks : int
        Their seeds are 0, 1, 2, …
    """
    x, scores = load_digits().x_train[:IMAGES], []
    for seed in range(networks):
        rng = np.random.default_rng(seed)
        model = small_cnn(rng)
        if start != "the course's":
            for _, value, _ in model.parameters():
                value[...] = initialize(start, value.shape, rng) if value.ndim > 1 else 0
        scores.append(model.forward(x))
    return np.stack(scores)


def first_losses(start="the course's", scale=1.0, brightness=1.0, networks=200):
    """The cross-entropy of fresh networks before any training, one number a network.

    Multiplying all weights of the three layers by a factor multiplies the scores by its cube, because ReLU
    and max-pooling pass factors on and all biases are zero; so each network runs only once.

    Parameters
    ----------
    start : str
        As for `first_scores`.
    scale : float
        Factor on every weight.
    brightness : float
        Factor on every pixel: 255 for images that nobody divided by 255.
    networks : int

    Returns
    -------
    array (networks,)

    Examples
    --------
    >>> print(f"{first_losses(networks=20).mean():.1f}, {first_losses('zeros', networks=2)[0]:.4f}")
    2.4, 2.3026
    """
    scores = first_scores(start)[:networks].astype(np.float64) * scale**3 * brightness
    labels = load_digits().y_train[:IMAGES]
    return np.array([CrossEntropyLoss().forward(s, labels) for s in scores])
