"""Comparisons: the same training with one thing changed, over several seeds, so that a difference counts."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.nn.training import evaluate, train
from cnnlib.runtime.progress_bar import progress_bar

CHOICE = 0  # seed of the choice among the training images


class Variant(NamedTuple):
    """One way to train.

    Attributes
    ----------
    make_model : callable
        ``make_model(rng) -> Sequential``
    weight_decay : float
    augment : callable or None
        As for `cnnlib.nn.training.train`.
    images : int or None
        How many of the training images are used; None for all. The choice is random, always the same, and
        a smaller one is part of a larger one. (The first images of the digits are by few writers.)
    loss : callable
        ``loss() -> Loss`` to train with; judged is by the plain cross-entropy.
    optimizer : callable or None
        ``optimizer(lr) -> Optimizer``; None for SGD with momentum 0.9 and the weight decay above.
    """

    make_model: Callable
    weight_decay: float = 0.0
    augment: Callable | None = None
    images: int | None = None
    loss: Callable = CrossEntropyLoss
    optimizer: Callable | None = None


class Comparison(NamedTuple):
    """Results of a comparison: one row a variant, one column a seed.

    Attributes
    ----------
    names : tuple of str
    parameters : tuple of int
        Trained weights of each variant.
    train, test : array, shape (variants, seeds)
        Share of right answers on the training images that were used, and on the test images.
    train_loss, test_loss : array, shape (variants, seeds)
    judged : str
        What the second half of the split is called: ``"test"`` or ``"validation"``.
    """

    names: tuple
    parameters: tuple
    train: np.ndarray
    test: np.ndarray
    train_loss: np.ndarray
    test_loss: np.ndarray
    judged: str = "test"

    def mean(self, name):
        """Mean test accuracy of a variant over the seeds."""
        return float(self.test[self.names.index(name)].mean())

    def __str__(self):
        head = f"{self.judged} %", f"{self.judged} loss"
        lines = [f"{'':<28}{'weights':>8}{'training %':>12}{head[0]:>16}{head[1]:>17}"]
        for i, name in enumerate(self.names):
            spread = f"{100 * self.test[i].mean():.1f} ± {100 * self.test[i].std(ddof=1):.1f}"
            lines.append(
                f"{name:<28}{self.parameters[i]:>8,}{100 * self.train[i].mean():>12.1f}{spread:>16}"
                f"{self.test_loss[i].mean():>17.3f}"
            )
        return "\n".join(lines)

    def against(self, name):
        """How the others differ from one variant, seed by seed: a table of mean and standard deviation.

        The same seed means the same images, first weights and order: what differs is the one thing changed.
        """
        base, (right, loss) = self.names.index(name), (100 * self.test, self.test_loss)
        lines = [f"{'difference to ' + name:<28}{'right, points':>16}{'loss':>18}"]
        for i, other in enumerate(self.names):
            if i != base:
                cells = []
                for values, form in ((right, ".1f"), (loss, ".2f")):
                    gap = values[i] - values[base]
                    cells.append(f"{gap.mean():+z{form}} ± {gap.std(ddof=1):{form}}")
                lines.append(f"{other:<28}{cells[0]:>16}{cells[1]:>18}")
        return "\n".join(lines)


def compare(
    variants,
    split,
    *,
    steps,
    seeds=(0, 1, 2),
    lr=0.05,
    batch_size=32,
    judged="test",
    redraw=False,
    progress=True,
):
    """Train every variant with every seed for the same number of steps; the rate stays the same throughout.

    Parameters
    ----------
    variants : dict of str to Variant
    split : Split
        Images to train and to test on.
    steps : int
        Steps of SGD with momentum 0.9.
    seeds : sequence of int
        At least two; each gives the first weights and the order of the images.
    lr : float
    batch_size : int
    judged : str
        What the second half of the split is called in the table: ``"validation"`` after ``hold_back``.
    redraw : bool
        Whether each seed also chooses images of its own, where a variant uses a part of them.
    progress : bool
        Whether a bar is shown meanwhile.

    Returns
    -------
    Comparison

    Examples
    --------
    >>> from cnnlib import load_digits
    >>> from cnnlib.networks import logistic_regression
    >>> plain = {"logistic regression": Variant(lambda rng: logistic_regression(64, rng))}
    >>> study = compare(plain, load_digits(), steps=90, seeds=(0, 1), progress=False)
    >>> study.test.shape, study.mean("logistic regression") > 0.8
    ((1, 2), True)
    """
    if len(seeds) < 2:
        raise ValueError(f"seeds must hold at least two, for a spread, got {seeds}")
    results, parameters, total = [], [], len(variants) * len(seeds) * steps
    with progress_bar(progress, total=total, unit="step", leave=False) as bar:
        for name, variant in variants.items():
            bar.set_postfix_str(name, refresh=False)
            runs = [_run(variant, split, steps, seed, lr, batch_size, redraw, bar) for seed in seeds]
            parameters.append(runs[0][0])
            results.append([run[1:] for run in runs])
    columns = np.moveaxis(np.array(results), 2, 0)
    return Comparison(tuple(variants), tuple(parameters), *columns, judged=judged)


def _run(variant, split, steps, seed, lr, batch_size, redraw, bar):
    """Train once; return the weights' number, then what was measured on training and test images."""
    rng, loss = np.random.default_rng(seed), CrossEntropyLoss()
    choice = np.random.default_rng(seed if redraw else CHOICE)
    chosen = choice.permutation(len(split.x_train))[: variant.images]
    x, y = split.x_train[chosen], split.y_train[chosen]
    model = variant.make_model(rng)
    decay, make = variant.weight_decay, variant.optimizer
    optimizer = make(lr) if make else SGD(lr, momentum=0.9, weight_decay=decay)
    how = {"batch_size": batch_size, "epochs": steps, "rng": rng, "augment": variant.augment}
    records = train(model, variant.loss(), optimizer, x, y, **how)
    for _ in zip(range(steps), records, strict=False):
        bar.update()
    known, unknown = evaluate(model, loss, x, y), evaluate(model, loss, split.x_test, split.y_test)
    return model.num_parameters, known.accuracy, unknown.accuracy, known.loss, unknown.loss
