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
def images_to_95(seen=20_000):
    """Place of "fewer than 20,000", "about 30,000", "all, more than once": when 95 % of the images are read."""
    return int(share_after(0.03, 2 * seen) <= 0.95) if share_after(0.03, seen) <= 0.95 else 0


@cache
def rates_that_learn():
    """Which of the three rates read most digits after one pass over 10,000 images: the place of the choice."""
    learns = [share_after(rate) > 0.8 for rate in (0.0001, 0.03, 1.0)]
    return [[False, True, False], [False, True, True], [True, True, False], [True, True, True]].index(learns)


@cache
def share_after(rate, seen=10_000, judged=1_000):
    """Share of test images that the network of notebook 00 reads when it has seen some thousand images."""
    mnist, model, epochs = load_mnist_sample(), mnist_cnn(rng=0), seen // 10_000
    how = {"batch_size": 64, "epochs": epochs, "rng": 0, "progress": False}
    fit(
        model,
        CrossEntropyLoss(),
        SGD(rate, momentum=0.9),
        mnist.x_train[:10_000],
        mnist.y_train[:10_000],
        **how,
    )
    return float(np.mean(model.predict(mnist.x_test[:judged]) == mnist.y_test[:judged]))


def die_loss(classes):
    """First loss of a network without an opinion."""
    return float(np.log(classes))


def steps_per_epoch(images, batch):
    """Steps of one pass over all images."""
    return -(-images // batch)
