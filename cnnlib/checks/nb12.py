"""Exercises of notebook 12: the backward of dropout, and a step with decoupled weight decay."""

import numpy as np

from cnnlib.checks import cases
from cnnlib.checks.exercise import Exercise, Misconception, register

BETA1, BETA2, EPS = 0.9, 0.999, 1e-8


def dropout_backward(dy, kept, p):
    """The same numbers are dropped, the others multiplied as on the way forwards."""
    return dy * kept / (1 - p)


def dropout_cases(rng):
    """Gradients, what was kept, and the probability of a zero."""
    yield np.array([1.0, 2.0]), np.array([True, False]), 0.5
    yield np.array([3.0]), np.array([True]), 0.75
    for number in range(30):
        shape = tuple(rng.integers(1, 5, 1 + number % 3))
        p = float(rng.choice([0.0, 0.1, 0.25, 0.5, 0.8, 0.9]))
        yield cases.gradient(rng, shape), rng.random(shape) >= p, p
    yield cases.gradient(rng, (4, 6)), np.zeros((4, 6), bool), 0.9
    yield cases.gradient(rng, (3, 4)), np.arange(12).reshape(3, 4) % 5 == 2, 0.95
    yield cases.gradient(rng, (2, 3, 4, 4)), np.ones((2, 3, 4, 4), bool), 0.3


register(
    Exercise(
        name="12.dropout_backward",
        signature="dropout_backward(dy, kept, p) -> dx",
        inputs=("dy", "kept", "p"),
        outputs=("dx",),
        oracle=dropout_backward,
        cases=dropout_cases,
        hints=(
            "Forwards each number is multiplied by a factor. Which factor has a number that was dropped, and"
            " which one that was kept?",
            "y = x * factor: then the gradient is multiplied by the same factor. kept is True where a number"
            " was kept; p is the probability that it is dropped.",
        ),
        misconceptions=(
            Misconception(
                "factor forgotten",
                "What was kept was multiplied by 1 / (1 - p) on the way forwards, and so is its gradient.",
                lambda dy, kept, p: dy * kept,
            ),
            Misconception(
                "everything passes",
                "A number that was dropped did not reach the output: no gradient comes back to it.",
                lambda dy, kept, p: dy / (1 - p),
                (lambda dy, kept, p: dy,),
            ),
            Misconception(
                "divided by p",
                "p is the probability of being dropped; the share that is kept is 1 - p.",
                lambda dy, kept, p: dy * kept / max(p, 1e-12),
            ),
            Misconception(
                "multiplied by what is kept",
                "It was multiplied by 1 - p, where the way forwards divides by it.",
                lambda dy, kept, p: dy * kept * (1 - p),
            ),
            Misconception(
                "the kept ones dropped",
                "The gradient passes where numbers were dropped, and is stopped where they were kept.",
                lambda dy, kept, p: dy * ~np.asarray(kept, bool) / (1 - p),
            ),
            Misconception(
                "divided by the share that was kept",
                "It was divided by the share that chance kept this time; the way forwards divides by 1 - p.",
                lambda dy, kept, p: dy * kept / max(np.mean(kept), 1e-12),
            ),
            Misconception(
                "drawn again",
                "Other numbers were dropped than on the way forwards: backwards nothing is drawn.",
                lambda dy, kept, p: dy * np.roll(kept, 1) / (1 - p),
                (lambda dy, kept, p: dy * np.asarray(kept)[::-1] / (1 - p),),
            ),
        ),
    )
)


def adam_part(w, dw, mean, square, t, lr):
    """Adam's step and what it remembers."""
    mean = BETA1 * mean + (1 - BETA1) * dw
    square = BETA2 * square + (1 - BETA2) * dw**2
    step = lr * mean / (1 - BETA1**t) / (np.sqrt(square / (1 - BETA2**t)) + EPS)
    return step, mean, square


def adamw_step(w, dw, mean, square, t, lr, decay):
    """Decay by itself, then Adam's step by the gradient alone."""
    step, mean, square = adam_part(w, dw, mean, square, t, lr)
    return w * (1 - lr * decay) - step, mean, square


def l2_step(w, dw, mean, square, t, lr, decay):
    """The penalty joins the gradient."""
    step, mean, square = adam_part(w, dw + decay * w, mean, square, t, lr)
    return w - step, mean, square


def adamw_cases(rng):
    """A first step, then later ones; gradients of all sizes, some weights without any."""
    yield np.array([1.0]), np.array([5.0]), np.zeros(1), np.zeros(1), 1, 0.01, 0.5
    yield np.array([1.0, -2.0]), np.array([0.0, 1.0]), np.zeros(2), np.zeros(2), 1, 0.1, 0.5
    for number in range(30):
        shape = tuple(rng.integers(1, 5, 1 + number % 2))
        t, lr = int(rng.integers(1, 40)), float(10 ** rng.uniform(-2, -0.5))
        decay, dw = float(rng.uniform(0.1, 2)), cases.gradient(rng, shape)
        mean, square = 0.3 * cases.gradient(rng, shape), cases.gradient(rng, shape) ** 2
        yield rng.normal(size=shape), dw, mean, square, t, lr, decay


def unstacked(function, *arguments):
    """Call an answer; its three results may come as one array."""
    value = function(*arguments)
    stacked = isinstance(value, np.ndarray) and value.shape == (3, *arguments[0].shape)
    return tuple(value) if stacked else value


def told(function):
    """A wrong answer that changes the new weights alone."""

    def answer(w, dw, mean, square, t, lr, decay):
        step, mean, square = adam_part(w, dw, mean, square, t, lr)
        return function(w, step, lr, decay), mean, square

    return answer


def uncorrected(w, dw, mean, square, t, lr, decay):
    """Without the correction for the start at zero."""
    _, mean, square = adam_part(w, dw, mean, square, t, lr)
    return w * (1 - lr * decay) - lr * mean / (np.sqrt(square) + EPS), mean, square


def counted_from_zero(w, dw, mean, square, t, lr, decay):
    """The correction of the step after this one."""
    step, mean, square = adam_part(w, dw, mean, square, t + 1, lr)
    return w * (1 - lr * decay) - step, mean, square


def divided(w, dw, mean, square, t, lr, decay):
    """The decay divided by the root, as Adam's step is."""
    step, mean, square = adam_part(w, dw, mean, square, t, lr)
    root = np.sqrt(square / (1 - BETA2**t)) + EPS
    return w - lr * decay * w / root - step, mean, square


def both(w, dw, mean, square, t, lr, decay):
    """In the gradient and by itself."""
    new, mean, square = l2_step(w, dw, mean, square, t, lr, decay)
    return new - lr * decay * w, mean, square


register(
    Exercise(
        name="12.adamw_step",
        signature="adamw_step(w, dw, mean, square, t, lr, decay) -> new w, new mean, new square",
        inputs=("w", "dw", "mean", "square", "t", "lr", "decay"),
        outputs=("new w", "new mean", "new square"),
        oracle=adamw_step,
        cases=adamw_cases,
        run=unstacked,
        hints=(
            "mean and square know of the gradient alone: no decay in them. Where, then, does the weight lose"
            " its share?",
            "Two things are taken from w: lr * decay * w, and Adam's step. Neither is divided by what belongs"
            " to the other.",
        ),
        misconceptions=(
            Misconception(
                "decay in the gradient",
                "The decay was added to the gradient: that is L2 under Adam, where the root divides it too.",
                l2_step,
            ),
            Misconception(
                "decay in both places", "The weight decays twice: by itself, and within the gradient.", both
            ),
            Misconception(
                "decay divided by the root",
                "The decay was divided by the root of square; it takes the same share of each weight.",
                divided,
            ),
            Misconception(
                "rate forgotten",
                "Each step takes the share decay of the weight; it is lr * decay.",
                told(lambda w, step, lr, decay: w * (1 - decay) - step),
            ),
            Misconception(
                "no decay", "This is Adam without any decay.", told(lambda w, step, lr, decay: w - step)
            ),
            Misconception(
                "decay of the stepped weight",
                "The share was taken from the weight after Adam's step; it is a share of the old weight.",
                told(lambda w, step, lr, decay: (w - step) * (1 - lr * decay)),
            ),
            Misconception(
                "away from zero",
                "The decay has the other sign: weights grow.",
                told(lambda w, step, lr, decay: w * (1 + lr * decay) - step),
            ),
            Misconception(
                "all pulled alike",
                "Each weight is pulled by the same amount: that is L1. Decay takes a share of the weight.",
                told(lambda w, step, lr, decay: w - lr * decay * np.sign(w) - step),
            ),
            Misconception(
                "no correction of the start",
                "mean and square begin at zero; without the division by 1 - beta**t the first steps differ.",
                uncorrected,
            ),
            Misconception(
                "steps counted from 0",
                "t is 1 at the first step; the correction was that of another step.",
                counted_from_zero,
            ),
        ),
    )
)
