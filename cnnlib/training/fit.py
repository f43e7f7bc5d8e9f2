"""`fit`: the training loop with what surrounds it: bar, history, early stopping, checkpoints."""

from pathlib import Path

import numpy as np

from cnnlib.nn.arguments import count
from cnnlib.nn.training import Position, evaluate, train
from cnnlib.runtime.progress_bar import progress_bar
from cnnlib.training.checkpoint import check_saveable, load_checkpoint, save_checkpoint
from cnnlib.training.history import History


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
        As for `train`. After a schedule the optimizer has its own rate again.
    validation : pair of arrays, optional
        ``(x, y)`` to evaluate on after each epoch.
    early_stopping : EarlyStopping, optional
        Ends the training by the validation loss and puts the best weights back. It starts afresh with each
        call, unless a checkpoint goes on.
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
    batch_size, epochs = count("batch_size", batch_size), count("epochs", epochs)
    save_every = None if save_every is None else count("save_every", save_every)
    if early_stopping is not None:
        if validation is None:
            raise ValueError("validation must be given for early_stopping, got None")
        early_stopping.reset()
    rng, history, position = np.random.default_rng(rng), History(), Position()
    whole, rate = (model, optimizer, rng), optimizer.lr
    if checkpoint is not None:
        check_saveable(*whole)
        if Path(checkpoint).is_file():
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
    if schedule is not None:
        optimizer.lr = rate  # what comes next begins with the rate that was set, not with the schedule's last
    return history


def _end_epoch(model, loss, validation, history, early_stopping):
    if validation is not None:
        history.add_validation(evaluate(model, loss, *validation))
        if early_stopping is not None:
            early_stopping.update(history.validation_loss[-1], model)
