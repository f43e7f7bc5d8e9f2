"""What is right in notebook 00."""

from functools import cache

import numpy as np

from cnnlib.data import load_mnist_sample
from cnnlib.networks import mnist_cnn
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.training import fit


def right_untrained(before):
    """Per cent right before any training, as the cell below the card finds it."""
    return 100 * before.accuracy


@cache
def images_to_95(few=5_000, many=20_000):
    """When 95 % of the images are read: place of "fewer than 5,000", "5,000 to 20,000", "all, or more"."""
    enough = [share_after(0.03, seen, judged=10_000) > 0.95 for seen in (few, many)]
    return [[True, True], [False, True], [False, False]].index(enough)


@cache
def rates_that_learn():
    """Which of the three rates read most digits after a pass over 10,000 images: the place of the choice."""
    learns = [share_after(rate) > 0.8 for rate in (0.0001, 0.03, 1.0)]
    return [[False, True, False], [False, True, True], [True, True, False], [True, True, True]].index(learns)


@cache
def share_after(rate, seen=10_000, judged=1_000):
    """Share of test images that the network of notebook 00 reads when it has seen some thousand images."""
    mnist, model, images = load_mnist_sample(), mnist_cnn(rng=0), min(seen, 10_000)
    how = {"batch_size": 64, "epochs": seen // images, "rng": 0, "progress": False}
    fit(
        model,
        CrossEntropyLoss(),
        SGD(rate, momentum=0.9),
        mnist.x_train[:images],
        mnist.y_train[:images],
        **how,
    )
    return float(np.mean(model.predict(mnist.x_test[:judged]) == mnist.y_test[:judged]))


def die_loss(classes):
    """First loss of a network without an opinion."""
    return float(np.log(classes))


def steps_per_epoch(images, batch):
    """Steps of one pass over all images."""
    return -(-images // batch)
