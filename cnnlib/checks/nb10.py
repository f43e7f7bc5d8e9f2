"""Exercises of notebook 10, where next: a new operation for the tape, and the walk backwards itself."""

import numpy as np

from cnnlib.checks.exercise import Exercise, Misconception, register


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


def naive_quotient(dy, x):
    """Overflows where exp does."""
    with np.errstate(all="ignore"):
        return dy * (np.exp(x) / (1 + np.exp(x)))


register(
    Exercise(
        name="10.softplus_backward",
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
                "overflow",
                "Right for small numbers; a large x overflows exp and becomes NaN.",
                naive_quotient,
            ),
        ),
    )
)


def replay(run, slopes):
    """Call the learner's chain on steps ``dy -> dy * slope``; what comes out at the front."""
    return run([lambda dy, s=slope: dy * s[0] + s[1] for slope in slopes], 1.0)


def chain_cases(rng):
    """Slopes and shifts, first step first; shifts make the order matter."""
    yield (np.array([[2.0, 0.0]]),)
    yield (np.array([[2.0, 1.0], [3.0, 0.0]]),)
    for _ in range(30):
        yield (rng.normal(size=(int(rng.integers(2, 6)), 2)),)


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


register(
    Exercise(
        name="10.replay",
        signature="replay(steps, dy) -> dx, steps being functions dy -> dx, first layer first",
        inputs=("slope and shift of each step",),
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
            Misconception("nothing done", "The gradient comes back as it was.", lambda steps, dy: dy),
        ),
    )
)
