"""Exercise of notebook 05, gradient descent: a straight line through points, trained on batches."""

import numpy as np

from cnnlib.checks.exercise import Exercise, Misconception, register


def line_cases(rng):
    """One point and one step first; then two points, two steps, and batches of every size."""
    yield np.array([2.0]), np.array([5.0]), np.array([1.0, 0.0]), 0.1, np.array([[0]])
    yield np.array([2.0, -1.0]), np.array([5.0, 1.0]), np.array([1.0, 0.0]), 0.1, np.array([[0, 1]])
    yield np.array([2.0, -1.0]), np.array([5.0, 1.0]), np.array([1.0, 0.0]), 0.1, np.array([[0], [1]])
    yield np.array([1.0, 3.0, -2.0]), np.array([0.0, 2.0, 2.0]), np.zeros(2), 0.1, np.array([[2, 0], [1, 2]])
    for number in range(40):
        points, steps = int(rng.integers(2, 4 + number // 2)), int(rng.integers(1, 3 + number // 5))
        size = int(rng.integers(1, 1 + min(points, 6)))
        batches = np.array([rng.choice(points, size, replace=False) for _ in range(steps)])
        x, w = rng.normal(size=points), rng.normal(size=2)
        t = 3 * x - 1 + (0.1, 1, 10)[number % 3] * rng.normal(size=points)
        yield x, t, w, float(10 ** rng.uniform(-2, -0.5)), batches


def fit_line(x, t, w, lr, batches):
    """A step for each batch."""
    for batch in batches:
        w = w - lr * gradient(x[batch], t[batch], w)
    return w


def gradient(x, t, w):
    """Of the mean of half the squares."""
    off = w[0] * x + w[1] - t
    return np.array([(off * x).mean(), off.mean()])


def walked(change):
    """Steps whose gradient is ``change(gradient, x, t, w)`` of the batch."""

    def answer(x, t, w, lr, batches):
        for batch in batches:
            w = w - lr * change(gradient(x[batch], t[batch], w), x[batch], t[batch], w)
        return w

    return answer


def on(choose):
    """Every step on ``choose(batches, number of points)``."""
    return lambda x, t, w, lr, batches: fit_line(x, t, w, lr, choose(batches, len(x)))


def from_the_start(x, t, w, lr, batches):
    """All gradients taken at the first w."""
    return w - lr * sum(gradient(x[batch], t[batch], w) for batch in batches)


def as_far_as_all(x, t, w, lr, batches):
    """The sum over the batch, divided by the number of all points."""
    share = batches.shape[1] / len(x)
    return fit_line(x, t, w, lr * share, batches)


register(
    Exercise(
        name="05.fit_line",
        signature="fit_line(x, t, w, lr, batches) -> w",
        inputs=("x", "t", "w", "lr", "batches"),
        outputs=("w",),
        oracle=fit_line,
        cases=line_cases,
        hints=(
            "By hand first: one point, x = 2 and t = 5, and the line w = (1, 0). By how much is it off? If "
            "w[0] grew by a little, by how much would that change, and if w[1] did?",
            "For each batch: the points x[batch] and t[batch]; what the line is off at each; the mean of "
            "off * x and the mean of off; then new w = old w minus lr times these two, and on to the next.",
        ),
        misconceptions=(
            Misconception(
                "uphill",
                "It walks uphill: what is off is the line minus t, and the step goes against the gradient.",
                walked(lambda g, x, t, w: -g),
            ),
            Misconception(
                "sum instead of mean",
                "The gradients of the batch's points are added up; asked for is the gradient of their mean "
                "error.",
                walked(lambda g, x, t, w: g * len(x)),
            ),
            Misconception(
                "divided by the number of all points",
                "The sum over the batch is divided by the number of all points; the mean is over the batch.",
                as_far_as_all,
            ),
            Misconception(
                "the same batch at each step",
                "Every step uses the same batch; each row of batches is for one step.",
                on(lambda batches, n: np.repeat(batches[:1], len(batches), axis=0)),
                (on(lambda batches, n: np.repeat(batches[-1:], len(batches), axis=0)),),
            ),
            Misconception(
                "all points at each step",
                "Every step uses all points; it should use those of its batch alone.",
                on(lambda batches, n: np.tile(np.arange(n), (len(batches), 1))),
            ),
            Misconception(
                "all batches in one step",
                "The gradients are all taken at the first w; each step starts where the last one ended.",
                from_the_start,
                (lambda x, t, w, lr, batches: w - lr * gradient(x[batches.ravel()], t[batches.ravel()], w),),
            ),
            Misconception(
                "one step alone",
                "Only one step is taken: does the return stand inside the loop?",
                on(lambda batches, n: batches[:1]),
            ),
            Misconception(
                "slope and intercept move alike",
                "Both numbers move by the mean of off; the slope is multiplied by x, so it moves by the mean "
                "of off times x.",
                walked(lambda g, x, t, w: np.array([g[1], g[1]])),
            ),
            Misconception(
                "the means apart",
                "The mean of off is multiplied by the mean of x; wanted is the mean of the products off * x.",
                walked(lambda g, x, t, w: np.array([g[1] * x.mean(), g[1]])),
            ),
            Misconception(
                "the intercept stays",
                "Only the slope moves; the intercept has a gradient of its own.",
                walked(lambda g, x, t, w: g * [1, 0]),
            ),
            Misconception(
                "the half forgotten",
                "The gradient is twice too long: the error is half the square.",
                walked(lambda g, x, t, w: 2 * g),
            ),
            Misconception(
                "results in the other order",
                "Slope and intercept come back in the other order.",
                lambda *arguments: fit_line(*arguments)[::-1].copy(),
            ),
        ),
    )
)
