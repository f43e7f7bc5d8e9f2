"""Exercises of notebook 03, backpropagation: ReLU."""

import numpy as np

from cnnlib.checks import cases
from cnnlib.checks.comparing import largest
from cnnlib.checks.exercise import Exercise, Misconception, register


def relu_cases(rng):
    """Upstream gradients and inputs of ReLU, in every rank; the zero of the input among them."""
    yield np.array([5.0]), np.array([2.0])
    yield np.array([5.0]), np.array([-2.0])
    yield np.array([1.0, -2.0, 3.0]), np.array([-1.0, 4.0, 0.0])
    yield np.array([[1.0, -1.0], [-2.0, 2.0]]), np.array([[-3.0, -4.0], [5.0, 6.0]])
    for number in range(40):
        shape = tuple(rng.integers(1, 4 + number // 10, 1 + number % 4))
        yield rng.normal(size=shape), rng.normal(size=shape)
    yield rng.normal(size=12), 1e-30 * rng.normal(size=12)
    yield rng.normal(size=12), 1e6 * rng.normal(size=12)
    for number, kind in enumerate((cases.tiny, cases.negative, cases.tied, cases.tiny, cases.tied)):
        shape = (2, 3, 4)[: 1 + number % 3]
        yield cases.gradient(rng, shape), kind(rng, shape)
    yield cases.gradient(rng, (3, 4)), np.maximum(rng.normal(size=(3, 4)), 0)  # behind another ReLU


def gate_at(limit):
    """ReLU's gate, opening at another number."""
    return lambda dy, x: np.where(x > limit, dy, 0)


register(
    Exercise(
        name="03.relu_backward",
        signature="relu_backward(dy, x) -> dx",
        inputs=("dy", "x"),
        outputs=("dx",),
        oracle=lambda dy, x: np.where(x > 0, dy, 0.0),
        cases=relu_cases,
        unit=lambda dy, x: largest(dy),
        hints=(
            "ReLU is a gate. What decided on the way forwards whether a number got through?",
            "Where x was above zero, y changed as x did; where it was not, y did not change at all. "
            "What does that "
            "make of dy at each place, and of a negative dy?",
        ),
        misconceptions=(
            Misconception(
                "gate on the gradient's sign",
                "The gate looks at dy. What was let through on the way forwards was decided by x.",
                lambda dy, x: np.maximum(dy, 0),
            ),
            Misconception(
                "gate on both signs",
                "The gate asks x and dy; a negative gradient must get through as well.",
                lambda dy, x: np.where((x > 0) & (dy > 0), dy, 0),
            ),
            Misconception(
                "slope instead of gradient",
                "This is the slope of ReLU, 0 or 1; the gradient that arrives from above is not in it.",
                lambda dy, x: (x > 0) * 1.0,
            ),
            Misconception(
                "no gate",
                "Everything gets through; where x was below zero y did not move, so nothing goes back.",
                lambda dy, x: 1.0 * dy,
            ),
            Misconception(
                "gate at another number",
                "The gate opens at some number above zero; however small a positive x is, it got through.",
                lambda dy, x: np.where(x > 1, dy, 0),
                tuple(gate_at(limit) for limit in (0.1, 1e-3, 1e-6, 1e-7, 1e-8)),
            ),
            Misconception(
                "a small slope below zero",
                "A little gets through where x is negative: that is Leaky ReLU. ReLU has slope 0 there.",
                lambda dy, x: np.where(x > 0, dy, 0.01 * dy),
                (lambda dy, x: np.where(x > 0, dy, 0.1 * dy), lambda dy, x: np.where(x > 0, dy, 0.2 * dy)),
            ),
            Misconception(
                "sign instead of gate",
                "Where x is negative the gradient comes back with the other sign; nothing should come back.",
                lambda dy, x: dy * np.sign(x),
            ),
            Misconception(
                "size of the gradient",
                "Negative gradients come back positive; a gradient keeps its sign.",
                lambda dy, x: np.where(x > 0, np.abs(dy), 0),
            ),
            Misconception(
                "ReLU of the input",
                "This is the way forwards again, max(x, 0); the gradient that arrives has no part in it.",
                lambda dy, x: np.maximum(x, 0),
            ),
            Misconception(
                "divided by the batch",
                "It is divided by the size of the batch; the loss has done that already.",
                lambda dy, x: np.where(x > 0, dy, 0) / len(x),
            ),
            Misconception(
                "gate turned round",
                "It lets through what should be stopped and stops what should get through.",
                lambda dy, x: np.where(x > 0, 0, dy),
            ),
            Misconception(
                "times the input",
                "The gradient is multiplied by ReLU of x; the slope is 1 there, however large x is.",
                lambda dy, x: dy * np.maximum(x, 0),
            ),
            Misconception(
                "zero counted as open",
                "It differs where x is exactly 0; the course (as PyTorch) takes the slope there as 0.",
                lambda dy, x: np.where(x >= 0, dy, 0),
            ),
        ),
    )
)
