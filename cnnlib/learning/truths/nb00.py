"""What is right in notebook 00."""

from functools import cache

import numpy as np

from cnnlib.data import load_digits
from cnnlib.networks import small_cnn
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.training import fit


def right_untrained(before):
    """Per cent right before any training, as the cell below the card finds it."""
    return 100 * before.accuracy


def epochs_to_95(first):
    """Place of "one", "about five", "about fifty" for the epoch that the notebook finds."""
    return int(np.digitize(first, [2, 25]))


@cache
def rates_that_learn():
    """Which of the three rates read most digits after five epochs: the place of the choice."""
    learns = [share_after(rate) > 0.8 for rate in (0.0001, 0.03, 1.0)]
    return [[False, True, False], [False, True, True], [True, True, False], [True, True, True]].index(learns)


@cache
def share_after(rate, epochs=5):
    """Share of test images that the small network reads after some epochs at a rate."""
    digits, model = load_digits(), small_cnn(rng=0)
    how = {"epochs": epochs, "rng": 0, "progress": False}
    fit(model, CrossEntropyLoss(), SGD(rate, momentum=0.9), digits.x_train, digits.y_train, **how)
    return float(np.mean(model.predict(digits.x_test) == digits.y_test))


def die_loss(classes):
    """First loss of a network without an opinion."""
    return float(np.log(classes))


def steps_per_epoch(images, batch):
    """Steps of one pass over all images."""
    return -(-images // batch)
