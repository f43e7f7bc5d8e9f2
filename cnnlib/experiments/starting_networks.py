"""Networks before training: deep ones with weights of a chosen size, small ones with equal weights."""

from functools import cache

import numpy as np

from cnnlib.data import Split, load_mnist_sample
from cnnlib.fast import Sequential
from cnnlib.networks import mnist_cnn
from cnnlib.nn.initializers import he
from cnnlib.nn.layers import Conv2d, Flatten, Linear, ReLU, Tanh

ACTIVATIONS = {"ReLU": ReLU, "tanh": Tanh}
STARTS = ("all identical", "all zero", "random (He)", "identical filters, random last layer")
EQUAL = 0.02  # of weights that start equal: with larger ones the first steps are so long that all units die


@cache
def study_images(dtype=np.float32) -> Split:
    """1,440 digits of 28x28 to learn from, 45 batches of 32, and 1,000 to validate on: no test images.

    For the networks of `starting_network` take float64: filters of equal weights are rounded differently, and
    the difference grows with each step. From float32's rounding it grows to some per cent in eight epochs.

    >>> study_images()
    Split(1440 training and 1000 test images of shape (1, 28, 28), 10 classes)
    """
    parts = load_mnist_sample().hold_back(1000)
    x, judged = parts.x_train[:1440].astype(dtype), parts.x_test.astype(dtype)
    return Split(x, parts.y_train[:1440], judged, parts.y_test, parts.class_names)


def deep_network(depth: int, scale: float, activation: str, seed: int) -> Sequential:
    """`depth` convolutions of 8 filters, their first weights `scale` times as large as He's rule has them."""
    rng = np.random.default_rng(seed)

    def rule(shape, rng):
        return scale * he(shape, rng)

    layers = [Conv2d(1, 8, 4, stride=4, init=rule, rng=rng), ACTIVATIONS[activation]()]
    for _ in range(depth - 1):
        layers += [Conv2d(8, 8, 3, padding=1, init=rule, rng=rng), ACTIVATIONS[activation]()]
    return Sequential([*layers, Flatten(), Linear(392, 10, rng=rng)])


def starting_network(start: str, seed: int = 0) -> Sequential:
    """The small CNN for digits of 28x28 with its weights set in one of four ways; biases are zero."""
    model = mnist_cnn(seed, dtype=np.float64)
    if start in STARTS[:2]:
        for name, value, _ in model.parameters():
            value[...] = EQUAL if start == STARTS[0] and name.endswith("weight") else 0
    if start == STARTS[3]:
        for place in (0, 3):
            model[place].params["weight"][...] = EQUAL
    return model
