"""What is right in notebook 09."""

from functools import cache

import numpy as np

from cnnlib.experiments.depth import deep_cnn, profile
from cnnlib.experiments.depth_study import accuracy_by_depth, accuracy_by_rate
from cnnlib.experiments.normalization_graph import backward, forward
from cnnlib.experiments.starting_networks import study_images
from cnnlib.nn.losses import CrossEntropyLoss


def accuracy_of_fifty_plain_layers():
    """Validation images that plain networks of fifty layers get right, in per cent."""
    return 100 * accuracy_by_depth("plain")[50].mean


def accuracy_of_fifty_residual_layers():
    """Validation images that normalised residual networks of fifty layers get right, in per cent."""
    return 100 * accuracy_by_depth("residual + batch norm")[50].mean


@cache
def fresh(kind, depth, scale):
    """What flows through a fresh network."""
    digits = study_images()
    return profile(deep_cnn(kind, depth, 0, scale=scale), digits.x_train[:60], digits.y_train[:60])


def gradient_at_the_first_block():
    """Which share of the gradient behind fifty plain layers arrives before them, by He's rule."""
    gradient = fresh("plain", 50, 1.0).gradient
    return float(gradient[0] / gradient[-1])


def numbers_with_a_gradient():
    """Of the four numbers 1, 2, 3, 6, how many get a gradient when the first output alone is blamed."""
    dx = backward(forward([1.0, 2.0, 3.0, 6.0]), [1.0, 0.0, 0.0, 0.0])[-1]["x"]
    return int((np.abs(dx) > 1e-3).sum())


def ten_times_the_weights():
    """What ten times the weights do to the loss and their gradient before a normalization: the place."""
    digits, found = study_images(), []
    for factor in (1, 10):
        model, loss = deep_cnn("batch norm", 6, seed=0), CrossEntropyLoss()
        model[4].params["weight"] *= factor
        value = loss.forward(model.forward(digits.x_train[:64], training=True), digits.y_train[:64])
        model.backward(loss.backward())
        found.append((value, np.abs(model[4].grads["weight"]).mean()))
    same = abs(found[1][0] / found[0][0] - 1) < 0.01
    return [(True, 1), (True, 0), (False, 0)].index((same, round(found[0][1] / found[1][1] / 10)))


def larger_rate():
    """How many times as large a rate the normalised network stands, reaching 80 % on the mean."""
    largest = [
        max(rate for rate, found in accuracy_by_rate(kind).items() if found.mean > 0.8)
        for kind in ("plain", "batch norm")
    ]
    return largest[1] / largest[0]


def sorted_batches(mixed, by_digit):
    """Whether the accuracy changes when batches hold one digit each: the place of the choice."""
    return 0 if abs(by_digit - mixed) < 0.02 else 1 if by_digit < mixed else 2


def signal_of_fifty_residual_layers():
    """What becomes of the signal in a residual network without normalization: the place of the choice."""
    size = fresh("residual", 50, 1.0).size
    growth = size[-1] / size[0]
    return 0 if 0.5 < growth < 2 else 1 if growth < 1 else 2


def high_one(low, high):
    """The higher of two values that a channel holds equally often, normalised."""
    return float(np.sign(high - low))


def numbers_in_a_mean(images, side):
    """Numbers over which batch normalization takes each mean."""
    return images * side * side


def learned_numbers(channels):
    """Weights of a batch normalization: gamma and beta."""
    return 2 * channels


def ways_back(blocks):
    """Ways through residual blocks: through each block or past it."""
    return 2**blocks
