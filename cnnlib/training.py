"""The training loop, once and for all: `train` yields a record a step, `fit` drains it.

``train`` knows of no picture and prints nothing: a widget, a progress bar and a test all read the same
records. Whoever stops asking for records has paused the training.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from cnnlib.bars import progress_bar
from cnnlib.checkpoint import Position, load_checkpoint, save_checkpoint
from cnnlib.history import History


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
        Where to begin, see `cnnlib.checkpoint`; moved on with each step.

    Returns
    -------
    generator of Record

    Raises
    ------
    TypeError, ValueError
        If the data do not fit, are not finite, or are none.

    Examples
    --------
    >>> from cnnlib.layers import Linear
    >>> from cnnlib.losses import CrossEntropyLoss
    >>> from cnnlib.model import Sequential
    >>> from cnnlib.optim import SGD
    >>> x, y = np.eye(4, dtype=np.float32), np.arange(4)
    >>> model = Sequential([Linear(4, 4, rng=0)])
    >>> records = list(train(model, CrossEntropyLoss(), SGD(lr=1.0), x, y, batch_size=3, epochs=50, rng=0))
    >>> len(records), records[-1].loss < 0.2
    (100, True)
    """
    x, y = _check_data(x, y)
    for name, value in (("batch_size", batch_size), ("epochs", epochs)):
        if not isinstance(value, int | np.integer) or value < 1:
            raise ValueError(f"{name} must be a whole number of at least 1, got {value!r}")
    rng = np.random.default_rng(rng)
    position = Position() if position is None else position
    position.check(len(x), int(batch_size))
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
    for batch in batches(len(x), batch_size):
        outputs = model.forward(x[batch])
        total += loss.forward(outputs, y[batch]) * len(batch)
        right += (_accuracy(outputs, y[batch]) or 0.0) * len(batch)
    labelled = y.ndim == 1 and np.issubdtype(y.dtype, np.integer)
    return Evaluation(total / len(x), right / len(x) if labelled else None)


def fit(
    model,
    loss,
    optimizer,
    x,
    y,
    *,
    batch_size=32,
    epochs=1,
    rng=None,
    validation=None,
    schedule=None,
    augment=None,
    early_stopping=None,
    checkpoint=None,
    save_every=None,
    progress=True,
):
    """Train to the end and return the `History`; shows a progress bar.

    Parameters
    ----------
    model, loss, optimizer, x, y, batch_size, epochs, rng, schedule, augment
        As for `train`.
    validation : pair of arrays, optional
        ``(x, y)`` to evaluate on after each epoch.
    early_stopping : EarlyStopping, optional
        Ends the training by the validation loss and puts the best weights back.
    checkpoint : str or path, optional
        A file to keep the state of the training in, after every epoch. Where it is there already, the
        training goes on from it: the same call again after an interruption gives the same result, to the
        bit.
    save_every : int, optional
        Keep it after so many steps too.
    progress : bool
        Whether to show the bar (in a notebook or a terminal).

    Returns
    -------
    History
        Loss and accuracy of each step and of each epoch; ``history.plot()`` draws them.
    """
    if early_stopping is not None and validation is None:
        raise ValueError("validation must be given for early_stopping, got None")
    rng, history, position = np.random.default_rng(rng), History(), Position()
    whole = (model, optimizer, rng)
    if checkpoint is not None and Path(checkpoint).is_file():
        position = load_checkpoint(checkpoint, *whole, history, early_stopping)
    options = {"batch_size": batch_size, "epochs": epochs, "schedule": schedule, "augment": augment}
    steps = train(model, loss, optimizer, x, y, rng=rng, position=position, **options)
    total = epochs * -(-len(x) // batch_size)
    with progress_bar(progress, total=total, initial=position.step, unit="step", leave=False) as bar:
        while not (early_stopping and early_stopping.finished) and (record := next(steps, None)):
            history.add(record)
            bar.update()
            if record.last_of_epoch:
                _end_epoch(model, loss, validation, history, early_stopping)
                bar.set_postfix_str(history.last_line(), refresh=False)
            if checkpoint and (record.last_of_epoch or (save_every and record.step % save_every == 0)):
                save_checkpoint(checkpoint, *whole, position, history, early_stopping)
    if early_stopping is not None:
        early_stopping.restore(model)
    return history


def _end_epoch(model, loss, validation, history, early_stopping):
    if validation is not None:
        history.add_validation(evaluate(model, loss, *validation))
        if early_stopping is not None:
            early_stopping.update(history.validation_loss[-1], model)


def _accuracy(outputs, y):
    if y.ndim != 1 or not np.issubdtype(y.dtype, np.integer):
        return None
    return float((outputs.argmax(axis=1) == y).mean())


def _check_data(x, y):
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim < 2:
        raise ValueError(f"x must have shape (N, ...), a batch of at least two axes, got {x.shape}")
    if not len(x):
        raise ValueError(f"x must hold at least one sample, got shape {x.shape}")
    if not np.issubdtype(x.dtype, np.floating):
        raise TypeError(f"x must be float32 or float64 (images in [0, 1]), got {x.dtype}")
    if y.ndim == 0 or len(y) != len(x):
        raise ValueError(f"y must hold {len(x)} targets, one a sample, got shape {y.shape}")
    if not np.isfinite(x).all():
        raise ValueError(
            f"x must be finite, got {np.count_nonzero(~np.isfinite(x))} values that are NaN or infinite"
        )
    return x, y
