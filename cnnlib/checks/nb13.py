"""Exercises of notebook 13, where next: a new operation for the tape, and the walk backwards itself."""

import numpy as np

from cnnlib.checks import cases
from cnnlib.checks.exercise import Exercise, Misconception, register
from cnnlib.checks.handing import hand_over


def sigmoid(x):
    """``1 / (1 + exp(-x))`` without overflow."""
    return np.exp(-np.logaddexp(0.0, -x))


def softplus_cases(rng):
    """A gradient and an input; single numbers first, then arrays, then numbers that overflow exp."""
    yield np.array([1.0]), np.array([0.0])
    yield np.array([2.0, -1.0]), np.array([1.0, -1.0])
    for number in range(30):
        shape = tuple(rng.integers(1, 4, 1 + number % 4))
        yield rng.normal(size=shape), 3 * rng.normal(size=shape)
    yield np.array([1.0, 1.0]), np.array([1000.0, -1000.0])
    yield np.array([-0.25, 40.0]), np.array([800.0, -800.0])
    yield cases.gradient(rng, (3, 4)), np.linspace(6, 12, 12).reshape(3, 4)  # nearly flat, not quite
    yield cases.gradient(rng, (3, 4)), np.linspace(-10, -4, 12).reshape(3, 4)
    yield cases.gradient(rng, (3, 4)), np.linspace(-16, -8, 12).reshape(3, 4)
    for number in range(12):  # far from zero on one side, on both, near it; gradients far from 1
        shape = (3, 2, 2)[: 1 + number % 3]
        x = rng.normal(size=shape) * (1e-3, 30, 300)[number % 3] + (0, 40, -40)[number // 3 % 3]
        yield cases.gradient(rng, shape), x


def naive_quotient(dy, x):
    """Overflows where exp does."""
    with np.errstate(all="ignore"):
        return dy * (np.exp(x) / (1 + np.exp(x)))


def slope_beyond(limit):
    """Beyond a limit the slope 1, without the gradient."""
    return lambda dy, x: np.where(x > limit, 1.0, dy * sigmoid(x))


register(
    Exercise(
        name="13.softplus_backward",
        signature="softplus_backward(dy, x) -> dx",
        inputs=("dy", "x"),
        outputs=("dx",),
        oracle=lambda dy, x: dy * sigmoid(x),
        cases=softplus_cases,
        hints=(
            "Differentiate log(1 + exp(x)): the outer function first, then the inner one. You know it.",
            "The slope is exp(x) / (1 + exp(x)), which is the sigmoid. Divide both halves by exp(x), or use"
            " functional.sigmoid_forward, so that a large x does no harm; then multiply by dy.",
        ),
        misconceptions=(
            Misconception(
                "upstream gradient forgotten",
                "This is the slope alone; the gradient that arrives has no effect.",
                lambda dy, x: sigmoid(x) + 0 * dy,
            ),
            Misconception(
                "slope of the sigmoid",
                "This is the slope of the sigmoid, s (1 - s); the sigmoid itself is what is wanted.",
                lambda dy, x: dy * sigmoid(x) * (1 - sigmoid(x)),
            ),
            Misconception(
                "gate of ReLU",
                "This is ReLU's gate; softplus is its smooth relative and has no kink.",
                lambda dy, x: dy * (x > 0),
            ),
            Misconception(
                "inner slope forgotten",
                "The outer function is differentiated, the inner one is not: a factor exp(x) is missing.",
                lambda dy, x: dy * sigmoid(-x),
            ),
            Misconception(
                "value for slope",
                "The gradient is multiplied with the value of softplus, not with its slope.",
                lambda dy, x: dy * np.logaddexp(0.0, x),
            ),
            Misconception(
                "gradient lost where x is large",
                "Far from zero the slope is handed back without the gradient that arrives.",
                lambda dy, x: np.where(x > 20, 1.0, dy * sigmoid(x)),
                tuple(slope_beyond(limit) for limit in (10, 30, 35, 50, 100, 500, 700)),
            ),
            Misconception(
                "x cut to a limit",
                "x was cut to a limit so small that the slope is not yet 0 or 1 there.",
                lambda dy, x: dy * sigmoid(np.clip(x, -5, 5)),
                (
                    lambda dy, x: dy * sigmoid(np.clip(x, -10, 10)),
                    lambda dy, x: dy * sigmoid(np.clip(x, -1, 1)),
                ),
            ),
            Misconception(
                "exponential alone",
                "This is exp(x), the inner slope; the outer one, 1 / (1 + exp(x)), belongs before it.",
                lambda dy, x: dy * np.exp(x),
            ),
            Misconception(
                "hyperbolic tangent",
                "The slope runs from -1 to 1: that is tanh. Softplus never falls: no slope is below 0.",
                lambda dy, x: dy * np.tanh(x),
            ),
            Misconception(
                "added",
                "The slope is added to the gradient that arrives; along a chain slopes are multiplied.",
                lambda dy, x: dy + sigmoid(x),
            ),
            Misconception(
                "softplus itself",
                "This is the way forwards, log(1 + exp(x)); its slope was asked for.",
                lambda dy, x: np.logaddexp(0.0, x),
            ),
            Misconception(
                "sigmoid of the gradient",
                "The sigmoid was taken of the gradient; it is taken of x.",
                lambda dy, x: sigmoid(dy) * x,
                (lambda dy, x: sigmoid(dy * x), lambda dy, x: sigmoid(dy)),
            ),
            Misconception(
                "overflow",
                "Right for small numbers; a large x overflows exp and becomes NaN.",
                naive_quotient,
            ),
        ),
    )
)


def replay(run, slopes, dy):
    """Call the learner's chain on steps ``dy -> dy * slope + shift``; what comes out at the front.

    dy is an array; each step makes a new one, as the backward functions of layers do. Equal slopes and shifts
    are the same function.
    """
    made = {tuple(row): lambda dy, row=row: dy * row[0] + row[1] for row in slopes.tolist()}
    return hand_over(run, ("steps", "dy"), [made[tuple(row)] for row in slopes.tolist()], dy)


def chain_cases(rng):
    """Slopes and shifts, first step first, and a gradient; shifts make the order matter."""
    yield np.array([[2.0, 0.0]]), np.array([1.0, -0.75])
    yield np.array([[2.0, 1.0], [3.0, 0.0]]), np.array([1.0, -0.75])
    yield np.array([[2.0, 1.0], [3.0, 0.0], [2.0, 1.0]]), np.array([1.0, -0.75])
    for number in range(30):
        shape = (2,) if number % 2 else tuple(rng.integers(1, 4, 1 + number % 3))
        yield rng.normal(size=(int(rng.integers(2, 6)), 2)), cases.gradient(rng, shape)
    for number in range(6):  # a slope of 0, or one far from 1, among the steps; many of them
        slopes = rng.normal(size=(4 + 5 * number, 2)) * np.where(
            rng.random((4 + 5 * number, 1)) < 0.3, 5, 0.5
        )
        slopes[number % len(slopes), 0] = 0.0
        yield slopes, rng.normal(size=(2, 3))


def last_to_first(steps, dy):
    """The right walk."""
    for step in reversed(steps):
        dy = step(dy)
    return dy


def first_to_last(steps, dy):
    """Forgets to turn round."""
    for step in steps:
        dy = step(dy)
    return dy


def product_of_answers(steps, dy):
    """Every step gets the first gradient."""
    result = 1.0
    for step in steps:
        result *= step(dy)
    return result


def without_the_first(steps, dy):
    """Stops one step too early."""
    for step in reversed(steps[1:]):
        dy = step(dy)
    return dy


def times_what_arrived(steps, dy):
    """Multiplies once more."""
    for step in reversed(steps):
        dy = dy * step(dy)
    return dy


register(
    Exercise(
        name="13.replay",
        signature="replay(steps, dy) -> dx, steps being functions dy -> dx, first layer first",
        inputs=("slope and shift of each step", "dy"),
        outputs=("dx",),
        oracle=last_to_first,
        cases=chain_cases,
        run=replay,
        hints=(
            "The last layer was the last to act. Who hears of the error first?",
            "Go through the steps in the reverse order, and give each what the one before it returned.",
        ),
        misconceptions=(
            Misconception("wrong way round", "It walks from the first layer to the last.", first_to_last),
            Misconception(
                "no handing on",
                "Every step gets the same gradient; each must get what the step behind it returned.",
                product_of_answers,
            ),
            Misconception(
                "last step only", "Only the last layer's step was called.", lambda steps, dy: steps[-1](dy)
            ),
            Misconception(
                "first layer left out", "The first layer's step was not called.", without_the_first
            ),
            Misconception(
                "last layer left out",
                "The last layer's step was not called.",
                lambda steps, dy: last_to_first(steps[:-1], dy),
            ),
            Misconception(
                "first step only", "Only the first layer's step was called.", lambda steps, dy: steps[0](dy)
            ),
            Misconception(
                "answers added",
                "The answers of all steps were added up; one step's answer is the next one's gradient.",
                lambda steps, dy: sum(step(dy) for step in steps),
                (lambda steps, dy: dy + sum(step(dy) for step in steps),),
            ),
            Misconception(
                "multiplied with what arrived",
                "What a step gives back is multiplied with what it was given; the step has done that itself.",
                times_what_arrived,
            ),
            Misconception(
                "there and back",
                "The steps were called from the first to the last and back again.",
                lambda steps, dy: last_to_first(steps, first_to_last(steps, dy)),
            ),
            Misconception(
                "called twice",
                "Every step was called twice in a row.",
                lambda steps, dy: last_to_first([step for step in steps for _ in (0, 1)], dy),
            ),
            Misconception(
                "begun with one",
                "It begins with 1 whatever gradient arrives.",
                lambda steps, dy: last_to_first(steps, np.ones_like(dy)),
            ),
            Misconception("nothing done", "The gradient comes back as it was.", lambda steps, dy: dy),
        ),
    )
)
