"""Networks of up to fifty layers and more, in four kinds, and what flows through them before training."""

from dataclasses import dataclass

import numpy as np

from cnnlib.experiments.signals import layer_signals
from cnnlib.fast import Sequential
from cnnlib.nn.initializers import he
from cnnlib.nn.layers import BatchNorm2d, Conv2d, Flatten, Linear, ReLU, Residual
from cnnlib.nn.losses import CrossEntropyLoss

KINDS = ("plain", "batch norm", "residual", "residual + batch norm")
CHANNELS = 8
#: Scale of the first weights, in units of He's rule, at which plain signals keep their size on maps of 7x7.
KEEPING = 1.1


def deep_cnn(kind, depth, seed, *, scale=KEEPING, zero_branches=False, norm=BatchNorm2d):
    """A convolution that turns 28x28 into 7x7, `depth` more convolutions, a linear layer to ten classes.

    The first one has windows of 4x4, four pixels apart.

    The convolutions come in blocks of two, each behind a ReLU: ``[ReLU, Conv2d, ReLU, Conv2d]``. With batch
    normalization one stands before each ReLU; in a residual network each block is wrapped in `Residual`.
    Nothing else differs: the same seed gives all four kinds the same first weights.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    depth : int
        Number of convolutions after the first one, even.
    seed : int
        Of the first weights.
    scale : float
        Their standard deviation, in units of He's rule.
    zero_branches : bool
        Whether the last convolution of each residual block begins at zero: the block then passes its input.
    norm : callable
        Makes the normalization from the number of channels.

    Raises
    ------
    ValueError
        If the kind is unknown or the depth is odd or below 2.

    Examples
    --------
    >>> deep_cnn("plain", 4, seed=0).forward(np.zeros((3, 1, 28, 28), np.float32)).shape
    (3, 10)
    >>> len(deep_cnn("residual", 4, seed=0)), len(deep_cnn("plain", 4, seed=0))
    (6, 12)
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    if depth < 2 or depth % 2:
        raise ValueError(f"depth must be an even number from 2 on, got {depth}")
    rng = np.random.default_rng(seed)

    def conv(channels=CHANNELS, size=3, **how):
        return Conv2d(channels, CHANNELS, size, init=lambda s, r: scale * he(s, r), rng=rng, **how)

    def rest():
        return [norm(CHANNELS), ReLU()] if "batch norm" in kind else [ReLU()]

    layers = [conv(1, 4, stride=4)]
    for _ in range(depth // 2):
        block = [*rest(), conv(padding=1), *rest(), conv(padding=1)]
        if "residual" in kind:
            if zero_branches:
                block[-1].params["weight"][...] = 0
            block = [Residual(block)]
        layers += block
    return Sequential([*layers, *rest(), Flatten(), Linear(49 * CHANNELS, 10, rng=rng)])


def block_ends(model):
    """Places in a `deep_cnn` after which a block ends; the first is that before all blocks.

    >>> block_ends(deep_cnn("plain", 4, seed=0)), block_ends(deep_cnn("residual", 4, seed=0))
    ([0, 4, 8], [0, 1, 2])
    """
    residual = [i for i, layer in enumerate(model) if isinstance(layer, Residual)]
    convolutions = [i for i, layer in enumerate(model) if isinstance(layer, Conv2d)]
    return [0, *(residual or convolutions[2::2])]


@dataclass(frozen=True)
class Profile:
    """What there is after each block of a network, before all blocks first; every array of that length.

    Attributes
    ----------
    layers : array of int
        Convolutions passed since the first one: 0, 2, 4, …
    size : array
        Root mean square of the numbers, over images, channels and pixels.
    gradient : array
        Root mean square of the gradient of the loss by the same numbers.
    alike : array
        Mean cosine between what two different images have become: 1 if the network cannot tell them apart.
    """

    layers: np.ndarray
    size: np.ndarray
    gradient: np.ndarray
    alike: np.ndarray


def profile(model, x, y):
    """Send images through a `deep_cnn` as in training, and their loss's gradient back; measure on the way.

    >>> found = profile(deep_cnn("residual", 4, seed=0), np.ones((2, 1, 28, 28)), np.array([0, 1]))
    >>> found.layers, bool(found.alike[0] > 0.999)
    (array([0, 2, 4]), True)
    """
    every = {s.place: s for s in layer_signals(model, CrossEntropyLoss(), x, y, object, training=True)}
    signals = [every[place] for place in block_ends(model)]
    return Profile(
        2 * np.arange(len(signals)),
        np.array([root_mean_square(s.activation) for s in signals]),
        np.array([root_mean_square(s.gradient) for s in signals]),
        np.array([alikeness(s.activation) for s in signals]),
    )


def root_mean_square(values):
    """Square root of the mean of the squares; inf where the numbers have overflown.

    >>> root_mean_square(np.array([3.0, 4.0, 0.0, 0.0]))
    2.5
    """
    with np.errstate(all="ignore"):
        found = float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))
    return found if np.isfinite(found) else np.inf


def alikeness(values):
    """Mean cosine between the rows of different samples, shape (N, ...); NaN where numbers have overflown.

    >>> alikeness(np.array([[1.0, 0.0], [2.0, 0.0]])), alikeness(np.array([[1.0, 0.0], [0.0, 3.0]]))
    (1.0, 0.0)
    """
    rows = values.reshape(len(values), -1).astype(np.float64)
    with np.errstate(all="ignore"):
        rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        total = float(np.square(rows.sum(axis=0)).sum())
    return (total - len(rows)) / (len(rows) * (len(rows) - 1))


def accuracy_among(model, x, y, batch_size):
    """Share of right guesses when each batch is normalised by its own statistics, as in training.

    The network stays as it is. Judging does not do this: it uses the running averages.

    >>> x, y = np.ones((4, 1, 28, 28), np.float32), np.zeros(4)
    >>> accuracy_among(deep_cnn("plain", 2, seed=0), x, y, batch_size=2) in (0, 1)
    True
    """
    model, right = model.copy(), 0
    for start in range(0, len(x), batch_size):
        batch = slice(start, start + batch_size)
        guesses = model.forward(x[batch], training=True).argmax(axis=1)
        right += int((guesses == y[batch]).sum())
    return right / len(x)


def spread_among(model, x, batch_size, rng, times=30):
    """How much the scores of one image move with its company, in training mode.

    The first image of `x` stands in `times` batches, each with other images drawn from the rest.

    Returns
    -------
    float
        Standard deviation of its ten scores over the batches, mean over the scores; 0 if nothing moves.

    >>> x = np.random.default_rng(0).normal(size=(20, 1, 28, 28)).astype(np.float32)
    >>> spread_among(deep_cnn("plain", 2, seed=0), x, batch_size=4, rng=np.random.default_rng(0)) < 1e-5
    True
    """
    model, scores = model.copy(), []
    for _ in range(times):
        company = 1 + rng.choice(len(x) - 1, batch_size - 1, replace=False)
        scores.append(model.forward(x[[0, *company]], training=True)[0])
    return float(np.std(scores, axis=0).mean())
