"""Exercise of notebook 09, depth: backwards through a residual block."""

import numpy as np

from cnnlib.checks import cases
from cnnlib.checks.exercise import Exercise, Misconception, register


def with_a_branch(function, dy, w):
    """Call an answer with f(x) = x @ w: its backward is d -> d @ w.T, or d itself where f changes nothing."""
    nothing = np.array_equal(w, np.eye(len(w)))
    return function(dy, lambda d: d if nothing else np.asarray(d) @ w.T)


def residual_cases(rng):
    """One number first; a branch of zeros, one that undoes the way past; then several of any kind."""
    yield np.array([[3.0]]), np.array([[2.0]])
    yield np.array([[3.0, -1.0]]), np.zeros((2, 2))
    yield np.array([[3.0, -1.0]]), -np.eye(2)
    yield np.array([[3.0, -1.0]]), np.eye(2)
    for number in range(24):
        n, d = int(rng.integers(1, 4)), int(rng.integers(1, 5))
        dy = rng.normal(size=(n, d)) if number % 2 else cases.gradient(rng, (n, d))
        yield dy, rng.normal(size=(d, d)) * 10 ** rng.uniform(-2, 1)


register(
    Exercise(
        name="09.residual_backward",
        signature="residual_backward(dy, branch) -> dx, where branch(d) is the backward of f",
        inputs=("dy", "w, where f(x) is x @ w"),
        outputs=("dx",),
        oracle=lambda dy, branch: dy + branch(dy),
        cases=residual_cases,
        run=with_a_branch,
        unit=lambda dy, w: float(np.abs(dy).max() * max(1, np.abs(w).max())),
        hints=(
            "y = x + f(x): x is used twice. What does a number get that is used twice?",
            "One share comes past the block, untouched; the other comes through it: branch(dy). Add them.",
        ),
        misconceptions=(
            Misconception(
                "way past forgotten",
                "Only the share through f is there; x also went past f, and that way hands dy on as it is.",
                lambda dy, branch: branch(dy),
            ),
            Misconception(
                "branch forgotten",
                "Only the share that went past is there; x also went through f.",
                lambda dy, branch: dy.copy(),
            ),
            Misconception(
                "way past counted twice",
                "The share that went past was added twice.",
                lambda dy, branch: 2 * dy + branch(dy),
            ),
            Misconception(
                "mean of the two ways",
                "The two shares were averaged; where a number is used twice, its shares add up.",
                lambda dy, branch: (dy + branch(dy)) / 2,
            ),
            Misconception(
                "product of the two ways",
                "The two shares were multiplied; ways side by side add up, only steps in a row multiply.",
                lambda dy, branch: dy * branch(dy),
            ),
            Misconception(
                "branch of the sum",
                "The sum went through the branch once more; the branch gets dy alone.",
                lambda dy, branch: branch(dy + branch(dy)),
            ),
            Misconception(
                "branch subtracted",
                "The share through f was taken off; f(x) was added, so its share is added.",
                lambda dy, branch: dy - branch(dy),
            ),
        ),
    )
)
