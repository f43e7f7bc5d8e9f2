"""Learning by heart, measured: small networks on few images, with labels that may be drawn at random.

The images are a part of MNIST at 14x14 pixels, so that a training takes a fraction of a second and can be
repeated with several seeds. Judged is on validation images; the test images are left alone.
"""

from functools import cache, lru_cache, partial
from typing import NamedTuple

import numpy as np

from cnnlib.data import Distort, load_mnist_sample
from cnnlib.data.images import Split
from cnnlib.networks import add_dropout, mlp
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.nn.training import evaluate, train
from cnnlib.training import fit

HIDDEN, PIXELS = 100, 196
RATE, BATCH = 0.1, 50
#: Small distortions that leave a digit of 14x14 pixels readable.
BEND = Distort(shift=0.8, rotate=8, scale=0.1, shear=0.1)


@cache
def few_digits():
    """MNIST at 14x14 pixels: 8,000 images to take training images from, 2,000 to validate on.

    Each pixel is the mean of 2x2 of the original. The second half of the split holds *validation* images:
    they are held back from the training images of the bundled part of MNIST.

    Returns
    -------
    Split

    Examples
    --------
    >>> few_digits()
    Split(8000 training and 2000 test images of shape (1, 14, 14), 10 classes)
    """
    parts = load_mnist_sample().hold_back(2000)
    halves = [x.reshape(-1, 1, 14, 2, 14, 2).mean(axis=(3, 5)) for x in (parts.x_train, parts.x_test)]
    return Split(halves[0], parts.y_train, halves[1], parts.y_test, parts.class_names)


def reader(rng=None, dropout=0.0, hidden=HIDDEN):
    """A network with one hidden layer for `few_digits`; with 100 units it has 20,710 weights.

    Parameters
    ----------
    rng : numpy.random.Generator, int or None
    dropout : float
        Probability with which a hidden unit is switched off in training.
    hidden : int
        Units of the hidden layer.

    Examples
    --------
    >>> reader(0).num_parameters
    20710
    """
    rng = np.random.default_rng(rng)
    model = mlp((PIXELS + 1 + 10) * hidden + 10, PIXELS, rng)
    return add_dropout(model, p=dropout, rng=rng) if dropout else model


def redraw_labels(labels, share, rng, num_classes=10):
    """Draw a share of the labels anew, each class as likely as the others; the images stay.

    One label in ten comes out as it was, by chance. Source of the experiment: C. Zhang, S. Bengio, M. Hardt,
    B. Recht, O. Vinyals, "Understanding deep learning requires rethinking generalization", 2017,
    arXiv:1611.03530.

    Parameters
    ----------
    labels : array of int, shape (N,)
    share : float
        From 0 (none) to 1 (all).
    rng : numpy.random.Generator or int
    num_classes : int

    Returns
    -------
    array of int, shape (N,)
        A copy.

    Examples
    --------
    >>> redraw_labels(np.zeros(8, int), 0.5, 0)
    array([0, 0, 1, 6, 8, 0, 9, 0])
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share must be from 0 to 1, got {share!r}")
    rng, labels = np.random.default_rng(rng), np.array(labels)
    chosen = rng.permutation(len(labels))[: round(share * len(labels))]
    labels[chosen] = rng.integers(0, num_classes, len(chosen))
    return labels


class Curves(NamedTuple):
    """What became of several trainings, epoch by epoch from 0, the first weights: arrays (seeds, epochs + 1).

    ``train`` and ``validation`` are shares of right answers: of the training images by *their* labels,
    redrawn or not, and of the validation images by their true ones. The losses are cross-entropies.
    ``true`` and ``mistaken`` are shares of the training images that get the label they were given: of those
    whose label is what they show, and of those whose label is not (NaN where there are none).
    """

    train: np.ndarray
    validation: np.ndarray
    train_loss: np.ndarray
    validation_loss: np.ndarray
    true: np.ndarray
    mistaken: np.ndarray

    @property
    def best_epoch(self):
        """The epoch with the lowest validation loss, mean of the seeds."""
        return int(self.validation_loss.mean(axis=0).argmin())


@lru_cache(maxsize=32)
def memorise(images=200, share=0.0, epochs=60, seeds=(0, 1, 2), hidden=HIDDEN):
    """Train the reader on few images, with a share of redrawn labels, once for each seed.

    A seed chooses the images, the labels, the first weights and the order.

    Parameters
    ----------
    images : int
    share : float
        Of the labels, drawn anew.
    epochs : int
    seeds : tuple of int
    hidden : int
        Units of the hidden layer.

    Returns
    -------
    Curves

    Examples
    --------
    >>> curves = memorise(50, share=1.0, epochs=40, seeds=(0,))
    >>> bool(curves.train[0, -1] > 0.9), bool(curves.validation[0, -1] < 0.2)
    (True, True)
    """
    runs = [_run(images, share, epochs, seed, hidden) for seed in seeds]
    return Curves(*np.moveaxis(np.array(runs), 2, 0))


def chosen_images(images, share, seed):
    """The training images of a seed and their labels, a share of them drawn anew."""
    split, rng = few_digits(), np.random.default_rng(seed)
    chosen = rng.permutation(len(split.x_train))[:images]
    return split.x_train[chosen], redraw_labels(split.y_train[chosen], share, rng)


def _run(images, share, epochs, seed, hidden):
    split, loss = few_digits(), CrossEntropyLoss()
    x, y = chosen_images(images, share, seed)
    mistaken = y != chosen_images(images, 0.0, seed)[1]
    model = reader(seed, hidden=hidden)

    def judge():
        known = evaluate(model, loss, x, y)
        unknown = evaluate(model, loss, split.x_test[:1000], split.y_test[:1000], batch_size=1000)
        right = model.predict(x) == y
        parts = [right[part].mean() if part.any() else np.nan for part in (~mistaken, mistaken)]
        return known.accuracy, unknown.accuracy, known.loss, unknown.loss, *parts

    found = [judge()]
    for record in train(
        model, loss, SGD(RATE, momentum=0.9), x, y, batch_size=BATCH, epochs=epochs, rng=seed
    ):
        if record.last_of_epoch:
            found.append(judge())
    return found


def train_few(images, share=0.0, seed=0, *, epochs=60, weight_decay=0.0, loss=CrossEntropyLoss, **how):
    """Train the reader once, on the images and labels that `memorise` takes for this seed.

    Parameters
    ----------
    images : int
    share : float
        Of the labels, drawn anew.
    seed, epochs : int
    weight_decay : float
    loss : callable
        ``loss() -> Loss``
    how
        What else `fit` takes, such as ``validation`` and ``early_stopping``.

    Returns
    -------
    Sequential

    Examples
    --------
    >>> model = train_few(50, epochs=40)
    >>> float(evaluate(model, CrossEntropyLoss(), *chosen_images(50, 0.0, 0)).accuracy)
    1.0
    """
    model, rule = reader(seed), SGD(RATE, momentum=0.9, weight_decay=weight_decay)
    how = {"batch_size": BATCH, "epochs": epochs, "rng": seed, "progress": False, **how}
    fit(model, loss(), rule, *chosen_images(images, share, seed), **how)
    return model


#: Ways to train on 100 images, of which it is asked how far their confidence can be believed.
WAYS = {
    "trained long": {"epochs": 100},
    "8 epochs only": {"epochs": 8},
    "a fifth wrong labels": {"epochs": 100, "share": 0.2},
    "label smoothing": {"epochs": 100, "loss": partial(CrossEntropyLoss, label_smoothing=0.2)},
    "weight decay": {"epochs": 100, "weight_decay": 0.01},
}


@lru_cache(maxsize=64)
def validation_logits(way="trained long", seed=0, images=100):
    """Train a reader in one of `WAYS`; return its outputs on the 2,000 validation images, and their labels.

    Returns
    -------
    logits : array, shape (2000, 10)
    labels : array of int, shape (2000,)

    Examples
    --------
    >>> logits, labels = validation_logits("8 epochs only")
    >>> logits.shape, labels.shape
    ((2000, 10), (2000,))
    """
    split = few_digits()
    return train_few(images, seed=seed, **WAYS[way]).infer(split.x_test), split.y_test
