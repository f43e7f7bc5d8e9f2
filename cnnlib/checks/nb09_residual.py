"""Exercise of notebook 09, depth: backwards through a residual block, layer by layer."""

import numpy as np

from cnnlib.checks import cases
from cnnlib.checks.exercise import Exercise, Misconception, register


class Times:
    """A layer ``x @ w``; where w changes nothing, its backward hands on the very array that it got."""

    def __init__(self, w):
        self.w, self.nothing = w, np.array_equal(w, np.eye(len(w)))

    def backward(self, dy):
        return dy if self.nothing else np.asarray(dy) @ self.w.T


def with_two_layers(function, dy, w, v):
    """Call an answer with the layers of f(x) = (x @ w) @ v."""
    return function(dy, [Times(w), Times(v)])


def through(dy, layers):
    """What the layers make of a gradient, from the last to the first."""
    for layer in reversed(layers):
        dy = layer.backward(dy)
    return dy


def through_in_order(dy, layers):
    """From the first to the last, as on the way forwards."""
    return through(dy, layers[::-1])


def past_each_layer(dy, layers):
    """As if each layer had a way past of its own."""
    for layer in reversed(layers):
        dy = dy + layer.backward(dy)
    return dy


def residual_backward(dy, layers):
    """Both shares of x."""
    return dy + through(dy, layers)


def residual_cases(rng):
    """One number first; layers of zeros, some that undo the way past; then several of any kind."""
    one, two = np.eye(1), np.eye(2)
    yield np.array([[3.0]]), 2 * one, one
    yield np.array([[3.0]]), 2 * one, 5 * one
    yield np.array([[3.0, -1.0]]), np.zeros((2, 2)), two
    yield np.array([[3.0, -1.0]]), -two, two
    yield np.array([[3.0, -1.0]]), two, two
    for number in range(24):
        n, d = int(rng.integers(1, 4)), int(rng.integers(1, 5))
        dy = rng.normal(size=(n, d)) if number % 2 else cases.gradient(rng, (n, d))
        yield dy, rng.normal(size=(d, d)) * 10 ** rng.uniform(-2, 1), rng.normal(size=(d, d))


register(
    Exercise(
        name="09.residual_backward",
        signature="residual_backward(dy, layers) -> dx, where layer.backward(d) is the backward of a layer",
        inputs=("dy", "w", "v, where f(x) is (x @ w) @ v"),
        outputs=("dx",),
        oracle=residual_backward,
        cases=residual_cases,
        run=with_two_layers,
        unit=lambda dy, w, v: float(np.abs(dy).max() * max(1, np.abs(w).max()) * max(1, np.abs(v).max())),
        hints=(
            "y = x + f(x): x is used twice. What does a number get that is used twice? And in which order do"
            " the layers of f get their gradients?",
            "One share comes past the block, untouched. For the other begin with dy, and let each layer's"
            " backward change it, from the last layer to the first. Add the two shares.",
        ),
        misconceptions=(
            Misconception(
                "way past forgotten",
                "Only the share through f is there; x also went past f, and that way hands dy on as it is.",
                through,
            ),
            Misconception(
                "branch forgotten",
                "Only the share that went past is there; x also went through f.",
                lambda dy, layers: dy.copy(),
            ),
            Misconception(
                "layers in the order of the way forwards",
                "The layers got their gradients from the first to the last; backwards the last comes first.",
                lambda dy, layers: dy + through_in_order(dy, layers),
            ),
            Misconception(
                "the last layer alone",
                "Only one layer's backward was asked; f has several, one after the other.",
                lambda dy, layers: dy + layers[-1].backward(dy),
                (lambda dy, layers: dy + layers[0].backward(dy),),
            ),
            Misconception(
                "a way past each layer",
                "The gradient was let past every layer; the block has one way past, around all its layers.",
                past_each_layer,
            ),
            Misconception(
                "every layer gets dy",
                "Each layer got dy itself; a layer gets what the layer behind it has made of dy.",
                lambda dy, layers: dy + sum(layer.backward(dy) for layer in layers),
            ),
            Misconception(
                "way past counted twice",
                "The share that went past was added twice.",
                lambda dy, layers: 2 * dy + through(dy, layers),
            ),
            Misconception(
                "mean of the two ways",
                "The two shares were averaged; where a number is used twice, its shares add up.",
                lambda dy, layers: (dy + through(dy, layers)) / 2,
            ),
            Misconception(
                "product of the two ways",
                "The two shares were multiplied; ways side by side add up, only steps in a row multiply.",
                lambda dy, layers: dy * through(dy, layers),
            ),
            Misconception(
                "branch of the sum",
                "The sum went through the branch once more; the branch gets dy alone.",
                lambda dy, layers: through(dy + through(dy, layers), layers),
            ),
            Misconception(
                "branch subtracted",
                "The share through f was taken off; f(x) was added, so its share is added.",
                lambda dy, layers: dy - through(dy, layers),
            ),
        ),
    )
)
