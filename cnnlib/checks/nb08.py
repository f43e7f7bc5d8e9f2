"""Exercises of notebook 08, spirals."""

import numpy as np

from cnnlib.checks.exercise import Exercise, Misconception, register
from cnnlib.playground import main_effects


def l1_cases(rng):
    """Weights, their gradient, both rates; links that cross zero by the data and by the penalty."""
    yield np.array([1.0]), np.array([0.0]), 0.1, 1.0
    yield np.array([-0.05]), np.array([0.0]), 0.1, 1.0
    yield np.array([0.3]), np.array([4.0]), 0.1, 0.5
    yield np.array([0.0, -0.2, 0.2]), np.array([0.0, -3.0, -0.1]), 0.1, 0.1
    for number in range(40):
        shape = tuple(rng.integers(1, 5, 1 + number % 2))
        lr, rate = float(10 ** rng.uniform(-2, 0)), float(10 ** rng.uniform(-2, 0.5))
        yield rng.normal(0, 0.5, shape), rng.normal(size=shape), lr, rate


def l1_update(w, dw, lr, rate):
    """The playground's rule."""
    stepped = w - lr * dw
    shrunk = stepped - lr * rate * np.sign(w)
    return np.where(stepped * shrunk < 0, 0.0, shrunk)


def judged_at_the_new_weight(w, dw, lr, rate):
    """The penalty's sign from the weight after the data's step."""
    stepped = w - lr * dw
    shrunk = stepped - lr * rate * np.sign(stepped)
    return np.where(stepped * shrunk < 0, 0.0, shrunk)


def dead_by_any_crossing(w, dw, lr, rate):
    """The old weight compared with the new one."""
    shrunk = w - lr * dw - lr * rate * np.sign(w)
    return np.where(w * shrunk < 0, 0.0, shrunk)


register(
    Exercise(
        name="08.l1_update",
        signature="l1_update(w, dw, lr, rate) -> new w",
        inputs=("w", "dw", "lr", "rate"),
        outputs=("new w",),
        oracle=l1_update,
        cases=l1_cases,
        hints=(
            "Two steps, one after the other: first the data's, then the penalty's of size lr * rate "
            "towards zero. Look at a weight that is already smaller than that size.",
            "Keep the weight between the two steps. Its product with the final one tells whether the "
            "penalty carried it across zero. The direction of the penalty comes from the old weight.",
        ),
        misconceptions=(
            Misconception(
                "crosses zero freely",
                "The penalty carries small weights across zero to the other side; there they belong to 0.",
                lambda w, dw, lr, rate: w - lr * (dw + rate * np.sign(w)),
            ),
            Misconception(
                "L2 instead of L1",
                "The pull is in proportion to the weight: that is L2. L1 pulls all alike.",
                lambda w, dw, lr, rate: w - lr * dw - lr * rate * w,
            ),
            Misconception(
                "sign of the stepped weight",
                "The direction of the penalty is taken after the data's step; it comes from the old weight.",
                judged_at_the_new_weight,
            ),
            Misconception(
                "any crossing is death",
                "Weights die that the data alone carried across zero; only the penalty's crossing kills.",
                dead_by_any_crossing,
            ),
            Misconception(
                "away from zero",
                "The penalty pushes weights away from zero; it should pull them there.",
                lambda w, dw, lr, rate: l1_update(w, dw, lr, -rate),
            ),
            Misconception(
                "rate not scaled",
                "The penalty has the size of the regularization rate alone; the learning rate scales it too.",
                lambda w, dw, lr, rate: l1_update(w, dw, lr, rate / lr),
            ),
        ),
    )
)


def effect_cases(rng):
    """Small maps first; sums, products and noise."""
    yield (np.array([[0.0, 1.0], [0.0, 1.0]]),)
    yield (np.array([[0.0, 1.0], [2.0, 3.0]]),)
    yield (np.array([[1.0, -1.0], [-1.0, 1.0]]),)
    for number in range(30):
        rows, columns = rng.integers(2, 4 + number // 4, 2)
        x, y = rng.normal(size=columns), rng.normal(size=(rows, 1))
        yield (x + rng.uniform(0, 2) * y + rng.uniform(0, 2) * rng.normal(size=(rows, columns)),)


def shares(function, z):
    """Two numbers as an array."""
    return np.asarray(function(z), dtype=np.float64)


def straight_lines(z):
    """Only straight lines count."""
    rows, columns = z.shape
    x, y = np.arange(columns) - (columns - 1) / 2, np.arange(rows) - (rows - 1) / 2
    slope_x, slope_y = (z.mean(0) @ x) / (x @ x), (z.mean(1) @ y) / (y @ y)
    return np.array([(slope_x * x).var(), (slope_y * y).var()]) / z.var()


register(
    Exercise(
        name="08.main_effects",
        signature="main_effects(z) -> share of x, share of y",
        inputs=("z",),
        outputs=("shares",),
        oracle=lambda z: main_effects(z),
        cases=effect_cases,
        run=shares,
        hints=(
            "z[y, x] is a table. The best guess that knows only the column is the mean of the column.",
            "The variance of the column means, as a share of the variance of the whole table; then the "
            "same for rows.",
        ),
        misconceptions=(
            Misconception(
                "axes swapped",
                "The two shares are in the wrong order: averaging over axis 0 leaves the columns, that is x.",
                lambda z: main_effects(z)[::-1],
            ),
            Misconception(
                "not a share",
                "These are variances, not shares: divide by the variance of the whole map.",
                lambda z: np.array([z.mean(0).var(), z.mean(1).var()]),
            ),
            Misconception(
                "standard deviations",
                "These are shares of the standard deviation; shares that add up are of the variance.",
                lambda z: np.array([z.mean(0).std(), z.mean(1).std()]) / z.std(),
            ),
            Misconception(
                "mean of the variances",
                "The variance within the columns is averaged; wanted is the variance of the columns' means.",
                lambda z: np.array([z.var(axis=0).mean(), z.var(axis=1).mean()]) / z.var(),
            ),
            Misconception(
                "straight lines only",
                "Only a straight slope is counted; any function of one coordinate is allowed.",
                straight_lines,
            ),
        ),
    )
)
