"""What is right in notebook 08."""

from functools import cache

import numpy as np

from cnnlib.experiments.signals import distinct_filters, layer_signals
from cnnlib.experiments.starting_networks import STARTS, deep_network, starting_network, study_images
from cnnlib.nn.layers import Conv2d
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.training import fit


@cache
def different(start):
    """How many filters of the first and second layer differ after eight epochs from a start."""
    digits, model = study_images(np.float64), starting_network(start)
    how = {"epochs": 8, "rng": 0, "progress": False}
    fit(model, CrossEntropyLoss(), SGD(0.01, momentum=0.9), digits.x_train, digits.y_train, **how)
    return tuple(distinct_filters(model[place].params["weight"]) for place in (0, 3))


def different_filters():
    """Different first filters after training from equal weights."""
    return different(STARTS[0])[0]


def who_breaks_symmetry():
    """Which layer's filters part when only the last layer is random: the place of the choice."""
    first, second = different(STARTS[3])
    return [(False, False), (False, True), (True, True)].index((first > 1, second > 1))


@cache
def spreads_at(scale, activation="ReLU"):
    """Spreads of the last hidden layer's sums and of the first one's gradient, six layers deep, untrained."""
    digits = study_images()
    signals = layer_signals(
        deep_network(6, scale, activation, 0),
        CrossEntropyLoss(),
        digits.x_train[:100],
        digits.y_train[:100],
        Conv2d,
    )
    return float(signals[-1].activation.std()), float(signals[0].gradient.std())


def power_of_six():
    """How large the signal is after six layers at scale 0.3, against scale 1."""
    return spreads_at(0.3)[0] / spreads_at(1.0)[0]


def tanh_at_a_large_scale():
    """What grows at scale 10 behind tanh, outputs or gradients: the place of the choice."""
    (plain, low), (large, high) = spreads_at(1.0, "tanh"), spreads_at(10.0, "tanh")
    if np.tanh(large) > 10 * np.tanh(plain):
        return 0
    return 2 if high > 10 * low else 1


def scales_that_kill(dead_at):
    """Which scales leave most units dead, from the cell below: the place of the choice."""
    low, high = min(dead_at), max(dead_at)
    middle = min(dead_at.values())
    kills = dead_at[low] > 2 * middle + 3, dead_at[high] > 2 * middle + 3
    return [(True, False), (False, True), (True, True), (False, False)].index(kills)


def he_deviation(fan_in):
    """Standard deviation of He's rule."""
    return float(np.sqrt(2 / fan_in))


def fan_in(channels, size):
    """Inputs of one unit of a convolution."""
    return channels * size * size


def after_layers(factor, layers):
    """What is left of a signal after some layers, each multiplying by a factor."""
    return float(factor**layers)
