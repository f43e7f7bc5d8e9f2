"""Early stopping: end a training when the validation loss no longer falls, and keep the best weights."""

import numpy as np

from cnnlib.nn.arguments import count, number


class EarlyStopping:
    """Watch one number, best when small, and remember the network at its smallest.

    Source: L. Prechelt, "Early stopping - but when?", in: Neural Networks: Tricks of the Trade, 1998.

    Parameters
    ----------
    patience : int
        How many epochs in a row without a new smallest value end the training.
    min_delta : float
        By how much a value must lie below the smallest so far to count as new.

    Attributes
    ----------
    best, best_epoch : float, int
        The smallest value so far and its epoch, from 1; infinity and 0 before the first.
    waited : int
        Epochs since then.
    best_arrays : dict of arrays
        The network at that time, as ``model.arrays()``.

    Examples
    --------
    >>> from cnnlib.networks import small_cnn
    >>> model, watch = small_cnn(rng=0), EarlyStopping(patience=2)
    >>> [watch.update(loss, model) for loss in (0.9, 0.5, 0.6, 0.7)]
    [False, False, False, True]
    >>> watch.best_epoch
    2
    """

    def __init__(self, patience=5, min_delta=0.0):
        self.patience, self.min_delta = count("patience", patience), number("min_delta", min_delta, 0.0)
        self.reset()

    def reset(self):
        """Forget what was watched: `cnnlib.training.fit` does so when a training begins."""
        self.best, self.best_epoch, self.waited = np.inf, 0, 0
        self.best_arrays = {}

    def update(self, value, model):
        """Take in the value of one more epoch; return whether to stop. NaN counts as no improvement.

        Raises
        ------
        ValueError
            If the network is not shaped as that of the epochs before.
        """
        self._check(model)
        if value < self.best - self.min_delta:
            self.best_epoch += self.waited + 1
            self.best, self.waited = float(value), 0
            self.best_arrays = {name: array.copy() for name, array in model.arrays().items()}
        else:
            self.waited += 1
        return self.finished

    @property
    def finished(self):
        """Whether patience has run out."""
        return self.waited >= self.patience

    def restore(self, model):
        """Put the remembered weights and running averages back into the network, if there are any."""
        self._check(model)
        for name, array in self.best_arrays.items():
            model.arrays()[name][...] = array

    def _check(self, model):
        shapes = {name: array.shape for name, array in model.arrays().items()}
        if self.best_arrays and shapes != {name: array.shape for name, array in self.best_arrays.items()}:
            raise ValueError(
                "model must be the network that was watched before; make a new EarlyStopping for another, or"
                " call reset()"
            )
