"""The gradients that a suspect computes, part by part, beside the measured ones."""

from __future__ import annotations

from functools import cache

import numpy as np

from cnnlib.experiments.planted_faults import BUGS, SOUND, Backwards, layer_of
from cnnlib.nn.gradcheck import numerical_gradient, relative_error
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.widgets.backpropagation.suspect_panels import GOOD, LETTERS

PARTS = {
    "conv: input": ("conv2d", "x"),
    "conv: kernel": ("conv2d", "weight"),
    "conv: bias": ("conv2d", "bias"),
    "pool: input": ("maxpool2d", "x"),
    "ReLU: input": ("relu", "x"),
    "loss: scores": ("loss", "scores"),
}


@cache
def failing_parts(suspect: str) -> tuple[str, ...]:
    """The parts at which a suspect of the course fails; none of any other.

    >>> failing_parts("B"), failing_parts("sound")
    (('conv: kernel',), ())
    """
    if suspect not in LETTERS:
        return ()
    results = measured_once(LETTERS[suspect])
    return tuple(part for part, pair in results.items() if relative_error(*pair) > GOOD)


@cache
def measured_once(name: str) -> dict:
    """The gradients of a suspect of the course, which are always the same, or of the sound one."""
    return measured_of(BUGS.get(name, SOUND))


def measured_of(suspect: Backwards) -> dict:
    """Of every part: the gradient that a suspect computes, and the measured one."""
    return {part: measure(suspect, *where) for part, where in PARTS.items()}


def measure(suspect: Backwards, kind: str, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The gradient that a suspect computes for one array, and the measured one."""
    rng = np.random.default_rng(7)
    if kind == "loss":
        return measure_loss(rng)
    layer, x = layer_of(kind, suspect, rng)
    r = rng.normal(size=layer.forward(x).shape)
    dx = layer.backward(r)
    array, claimed = (x, dx) if name == "x" else (layer.params[name], layer.grads[name])
    claimed = np.array(claimed, np.float64)
    measured = numerical_gradient(lambda _: float((r * layer.forward(x)).sum()), array)
    return claimed, measured


def measure_loss(rng) -> tuple[np.ndarray, np.ndarray]:
    scores, labels, loss = rng.normal(size=(6, 10)), rng.integers(0, 10, 6), CrossEntropyLoss()
    loss.forward(scores, labels)
    return loss.backward(), numerical_gradient(lambda z: loss.forward(z, labels), scores)
