"""Networks before training: deep ones with weights of a chosen size, small ones with equal weights."""

import numpy as np

from cnnlib.fast import Sequential
from cnnlib.networks import small_cnn
from cnnlib.nn.initializers import he
from cnnlib.nn.layers import Conv2d, Flatten, Linear, MaxPool2d, ReLU, Tanh

ACTIVATIONS = {"ReLU": ReLU, "tanh": Tanh}
STARTS = ("all identical", "all zero", "random (He)", "identical filters, random last layer")


def deep_network(depth: int, scale: float, activation: str, seed: int) -> Sequential:
    """`depth` convolutions of 8 filters, their first weights `scale` times as large as He's rule has them."""
    rng = np.random.default_rng(seed)

    def rule(shape, rng):
        return scale * he(shape, rng)

    layers = [Conv2d(1, 8, 3, padding=1, init=rule, rng=rng), ACTIVATIONS[activation](), MaxPool2d(2)]
    for _ in range(depth - 1):
        layers += [Conv2d(8, 8, 3, padding=1, init=rule, rng=rng), ACTIVATIONS[activation]()]
    return Sequential([*layers, Flatten(), Linear(128, 10, rng=rng)])


def starting_network(start: str, seed: int = 0) -> Sequential:
    """The small CNN of the course with its weights set in one of four ways; biases are zero."""
    model = small_cnn(seed)
    if start in STARTS[:2]:
        for name, value, _ in model.parameters():
            value[...] = 0.05 if start == STARTS[0] and name.endswith("weight") else 0
    if start == STARTS[3]:
        for place in (0, 3):
            model[place].params["weight"][...] = 0.05
    return model
