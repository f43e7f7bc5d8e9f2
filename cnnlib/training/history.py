"""What a training run looked like: the numbers of every step and epoch, and their plot."""

import itertools

import numpy as np

from cnnlib.runtime.language import word


class History:
    """Losses and accuracies of a run, filled by `cnnlib.training.fit`.

    Attributes
    ----------
    loss, accuracy, lr : list of float
        One value a step, of the batch, before its update (accuracy None without labels).
    epoch_ends : list of int
        Number of steps done at the end of each epoch.
    validation_loss, validation_accuracy : list of float
        One value an epoch, where a validation set was given.

    Examples
    --------
    >>> history = History()
    >>> history.epoch_loss
    []
    """

    def __init__(self):
        self.loss, self.accuracy, self.lr = [], [], []
        self.epoch_ends = []
        self.validation_loss, self.validation_accuracy = [], []

    def add(self, record):
        """Add the `Record` of a step."""
        self.loss.append(record.loss)
        self.accuracy.append(record.accuracy)
        self.lr.append(record.lr)
        if record.last_of_epoch:
            self.epoch_ends.append(record.step)

    def add_validation(self, evaluation):
        """Add the `Evaluation` at the end of an epoch."""
        self.validation_loss.append(evaluation.loss)
        self.validation_accuracy.append(evaluation.accuracy)

    @property
    def epoch_loss(self):
        """Mean training loss of each epoch, over its steps."""
        return self._epoch_means(self.loss)

    @property
    def epoch_accuracy(self):
        """Mean training accuracy of each epoch, over its steps; empty without labels."""
        return [] if None in self.accuracy else self._epoch_means(self.accuracy)

    def _epoch_means(self, values):
        borders = [0, *self.epoch_ends]
        return [float(np.mean(values[a:b])) for a, b in itertools.pairwise(borders)]

    def last_line(self):
        """The newest epoch in words, for a progress bar.

        Examples
        --------
        >>> History().last_line()
        'no epoch finished yet'
        """
        if not self.epoch_ends:
            return "no epoch finished yet"
        parts = [f"loss {self.epoch_loss[-1]:.4f}"]
        if self.validation_loss:
            parts.append(f"validation loss {self.validation_loss[-1]:.4f}")
        accuracies = self.validation_accuracy or self.epoch_accuracy
        if accuracies and accuracies[-1] is not None:
            parts.append(f"accuracy {accuracies[-1]:.1%}")
        return ", ".join(parts)

    def __repr__(self):
        return f"History({len(self.loss)} steps, {len(self.epoch_ends)} epochs: {self.last_line()})"

    def plot(self, axes=None):
        """Draw loss and accuracy against epochs with matplotlib.

        Parameters
        ----------
        axes : pair of matplotlib Axes, optional
            Where to draw; a new figure when not given.

        Returns
        -------
        pair of matplotlib Axes
        """
        import matplotlib.pyplot as plt  # loaded here: the numerics of cnnlib know of no picture

        if axes is None:
            _, axes = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
        epochs = np.arange(1, len(self.epoch_ends) + 1)
        steps_an_epoch = self.epoch_ends[0] if self.epoch_ends else 1
        left, right = axes
        when = np.arange(1, len(self.loss) + 1) / steps_an_epoch
        left.plot(when, self.loss, color="0.75", label=word("each step"))
        _curves(left, epochs, self.epoch_loss, self.validation_loss)
        left.set(ylabel=word("loss"), title=word("Loss"), ylim=(0, None))
        _curves(right, epochs, self.epoch_accuracy, self.validation_accuracy)
        right.set(ylabel=word("share right"), title=word("Accuracy"), ylim=(None, 1.005))
        for ax in axes:
            ax.set_xlabel(word("epoch"))
            ax.xaxis.get_major_locator().set_params(integer=True)  # no half epochs
            if ax.get_legend_handles_labels()[0]:
                ax.legend()
        return axes


def _curves(ax, epochs, training, validation):
    """One marked line each for training and validation; colours of Okabe and Ito's set."""
    if training:
        ax.plot(epochs, training, "o-", color="#0072B2", markersize=4, label=word("training"))
    if validation and None not in validation:
        ax.plot(epochs, validation, "s--", color="#D55E00", markersize=4, label=word("validation"))
