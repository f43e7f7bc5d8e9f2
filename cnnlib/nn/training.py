"""The training loop: `train` yields a record a step.

``train`` knows of no picture and prints nothing: a widget, a progress bar and a test all read the same
records. Whoever stops asking for records has paused the training.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cnnlib.nn.arguments import FLOATS, count


class Record(NamedTuple):
    """What one training step did.

    Attributes
    ----------
    step : int
        Number of steps done, from 1.
    epoch : int
        Epoch that the step belongs to, from 1.
    loss : float
        Loss of the batch before the weights changed.
    accuracy : float or None
        Share of the batch that was classified right before the weights changed; None without labels.
    lr : float
        Learning rate of the step.
    last_of_epoch : bool
        Whether every sample has now been seen `epoch` times.
    """

    step: int
    epoch: int
    loss: float
    accuracy: float | None
    lr: float
    last_of_epoch: bool


class Evaluation(NamedTuple):
    """Mean loss and accuracy over a data set; accuracy is None without integer labels."""

    loss: float
    accuracy: float | None


@dataclass
class Position:
    """Where in its data a training stands; `train` moves it on.

    Attributes
    ----------
    step : int
        Steps done.
    epoch : int
        The epoch under way, from 1.
    seen : int
        Samples of this epoch that have been used.
    samples, batch_size : int
        Size of the data set and of a batch, 0 before the first step: to refuse going on with others.
    shuffle : dict or None
        State of the generator before it drew the order of this epoch; drawing again gives the same order.
    """

    step: int = 0
    epoch: int = 1
    seen: int = 0
    samples: int = 0
    batch_size: int = 0
    shuffle: dict | None = None

    def check(self, samples, batch_size):
        """Refuse data or batches of another size than those the training began with."""
        for name, value in (("samples", samples), ("batch_size", batch_size)):
            before = getattr(self, name)
            if before and before != value:
                raise ValueError(f"{name} must be {before}, as when this training began, got {value}")
            setattr(self, name, value)

    def order(self, rng):
        """Return the order of the samples in this epoch, an array of int; the same again within the epoch."""
        now = rng.bit_generator.state
        if self.shuffle is None:
            self.shuffle = now
            return rng.permutation(self.samples)
        rng.bit_generator.state = self.shuffle
        order = rng.permutation(self.samples)
        rng.bit_generator.state = now
        return order

    def advance(self, batch):
        """Count a step on `batch` samples; return the epoch it belonged to and whether that is now over."""
        epoch = self.epoch
        self.step, self.seen = self.step + 1, self.seen + batch
        over = self.seen >= self.samples
        if over:
            self.epoch, self.seen, self.shuffle = epoch + 1, 0, None
        return epoch, over


def batches(n, batch_size, rng=None):
    """Yield index arrays that together hold each of ``0 .. n-1`` once; the last may be shorter.

    Parameters
    ----------
    n, batch_size : int
        Number of samples, and of samples a batch.
    rng : numpy.random.Generator or None
        Shuffles the order; None keeps it.

    Examples
    --------
    >>> [list(map(int, b)) for b in batches(5, 2)]
    [[0, 1], [2, 3], [4]]
    """
    n, batch_size = count("n", n, least=0), count("batch_size", batch_size)
    order = np.arange(n) if rng is None else rng.permutation(n)
    for start in range(0, n, batch_size):
        yield order[start : start + batch_size]


def train(
    model,
    loss,
    optimizer,
    x,
    y,
    *,
    batch_size=32,
    epochs=1,
    rng=None,
    schedule=None,
    augment=None,
    position=None,
):
    """Train a network; a generator that yields one `Record` a step.

    The arguments are checked at the call, before the first step.

    Parameters
    ----------
    model : Sequential
        Changed in place.
    loss : Loss
        Error function.
    optimizer : Optimizer
        Rule of the steps.
    x : array, shape (N, ...)
        Inputs: float32 or float64, all finite.
    y : array, shape (N, ...)
        Targets: integer labels or what `loss` takes.
    batch_size, epochs : int
        Samples a step, and passes over the data.
    rng : numpy.random.Generator, int or None
        Order of the samples, new in each epoch.
    schedule : callable, optional
        ``schedule(step) -> lr``, called with 0, 1, ... before each step.
    augment : callable, optional
        ``augment(batch, rng) -> batch``, called on each batch of inputs.
    position : Position, optional
        Where to begin, see `cnnlib.training.checkpoint`; moved on with each step.

    Returns
    -------
    generator of Record

    Raises
    ------
    TypeError, ValueError
        If the data do not fit, are not finite, or are none.

    Examples
    --------
    >>> from cnnlib.nn.layers import Linear
    >>> from cnnlib.nn.losses import CrossEntropyLoss
    >>> from cnnlib.nn.model import Sequential
    >>> from cnnlib.nn.optim import SGD
    >>> x, y = np.eye(4, dtype=np.float32), np.arange(4)
    >>> model = Sequential([Linear(4, 4, rng=0)])
    >>> records = list(train(model, CrossEntropyLoss(), SGD(lr=1.0), x, y, batch_size=3, epochs=50, rng=0))
    >>> len(records), records[-1].loss < 0.2
    (100, True)
    """
    x, y = _check_data(x, y)
    batch_size, epochs = count("batch_size", batch_size), count("epochs", epochs)
    rng = np.random.default_rng(rng)
    position = Position() if position is None else position
    position.check(len(x), batch_size)
    return _steps(model, loss, optimizer, x, y, batch_size, epochs, rng, schedule, augment, position)


def _steps(model, loss, optimizer, x, y, batch_size, epochs, rng, schedule, augment, position):
    while position.epoch <= epochs:
        order = position.order(rng)
        for start in range(position.seen, len(x), batch_size):
            batch = order[start : start + batch_size]
            xb, yb = x[batch], y[batch]
            if augment is not None:
                xb = augment(xb, rng)
            if schedule is not None:
                optimizer.lr = schedule(position.step)
            value, accuracy = train_step(model, loss, optimizer, xb, yb)
            epoch, last = position.advance(len(batch))
            yield Record(position.step, epoch, value, accuracy, float(optimizer.lr), last)


def train_step(model, loss, optimizer, x, y):
    """Do one step on one batch: forward, loss, backward, update.

    Returns
    -------
    loss : float
        Before the update.
    accuracy : float or None
        Share of right guesses before the update, for integer labels.
    """
    outputs = model.forward(x, training=True)
    value = loss.forward(outputs, y)
    model.backward(loss.backward(), input_gradient=False)
    optimizer.step(model.parameters())
    return value, _accuracy(outputs, y)


def evaluate(model, loss, x, y, batch_size=500):
    """Mean loss and accuracy of a network over a data set, outside training, batch by batch.

    Parameters
    ----------
    model, loss, x, y
        As for `train`.
    batch_size : int
        Samples held in memory at once; it does not change the result.

    Returns
    -------
    Evaluation
    """
    x, y = _check_data(x, y)
    total, right = 0.0, 0.0
    for batch in batches(len(x), count("batch_size", batch_size)):
        outputs = model.infer(x[batch])
        total += loss.forward(outputs, y[batch]) * len(batch)
        right += (_accuracy(outputs, y[batch]) or 0.0) * len(batch)
    labelled = y.ndim == 1 and np.issubdtype(y.dtype, np.integer)
    return Evaluation(total / len(x), right / len(x) if labelled else None)


def _accuracy(outputs, y):
    if y.ndim != 1 or not np.issubdtype(y.dtype, np.integer):
        return None
    return np.count_nonzero(outputs.argmax(axis=1) == y) / len(y)


def _all_finite(x):
    """Whether no number is NaN or infinite; a finite sum says so several times sooner than a look at each."""
    with np.errstate(over="ignore", invalid="ignore"):
        total = np.add.reduce(x, axis=None)
    return bool(np.isfinite(total) or np.isfinite(x).all())


def _check_data(x, y):
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim < 2:
        raise ValueError(f"x must have shape (N, ...), a batch of at least two axes, got {x.shape}")
    if not len(x):
        raise ValueError(f"x must hold at least one sample, got shape {x.shape}")
    if x.dtype not in FLOATS:
        raise TypeError(f"x must be float32 or float64 (images in [0, 1]), got {x.dtype}")
    if y.ndim == 0 or len(y) != len(x):
        raise ValueError(f"y must hold {len(x)} targets, one a sample, got shape {y.shape}")
    if not _all_finite(x):
        raise ValueError(
            f"x must be finite, got {np.count_nonzero(~np.isfinite(x))} values that are NaN or infinite"
        )
    return x, y
