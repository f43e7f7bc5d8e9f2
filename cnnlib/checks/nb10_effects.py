"""Exercise of notebook 10, spirals: what a map is made of."""

import numpy as np

from cnnlib.checks.exercise import Exercise, Misconception, Misfit, register
from cnnlib.playground import main_effects
from cnnlib.runtime.language import say


def effect_cases(rng):
    """Small maps first; sums, products and noise."""
    yield (np.array([[0.0, 1.0], [0.0, 1.0]]),)
    yield (np.array([[0.0, 1.0], [2.0, 3.0]]),)
    yield (np.array([[1.0, -1.0], [-1.0, 1.0]]),)
    for number in range(30):
        rows, columns = rng.integers(2, 4 + number // 4, 2)
        x, y = rng.normal(size=columns), rng.normal(size=(rows, 1))
        yield (x + rng.uniform(0, 2) * y + rng.uniform(0, 2) * rng.normal(size=(rows, columns)),)
    for number in range(10):  # high above zero, large, narrow; a row and a column that stand out
        rows, columns = 2 + number % 3, 5 - number % 4
        z = rng.normal(size=(rows, columns))
        z[number % rows] += 3.0
        z[:, number % columns] -= 5.0
        yield ((1.0, 200.0, 0.01)[number % 3] * (z + (0.0, 8.0)[number % 2]),)


def shares(function, z):
    """Two numbers as an array."""
    value = function(z)
    try:
        return None if value is None else np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:  # a dictionary, a generator, arrays of two lengths
        raise Misfit(
            say("It returned a {kind} that is not two numbers.", kind=type(value).__name__)
        ) from error


def straight_lines(z):
    """Only straight lines count."""
    rows, columns = z.shape
    x, y = np.arange(columns) - (columns - 1) / 2, np.arange(rows) - (rows - 1) / 2
    slope_x, slope_y = (z.mean(0) @ x) / (x @ x), (z.mean(1) @ y) / (y @ y)
    return np.array([(slope_x * x).var(), (slope_y * y).var()]) / z.var()


register(
    Exercise(
        name="10.main_effects",
        signature="main_effects(z) -> share of x, share of y",
        inputs=("z",),
        outputs=("shares",),
        oracle=lambda z: main_effects(z),
        cases=effect_cases,
        run=shares,
        unit=lambda z: 1.0,
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
                "made to sum to one",
                "The two shares are made to sum to 1; what belongs to neither coordinate alone is missing.",
                lambda z: main_effects(z) / main_effects(z).sum(),
            ),
            Misconception(
                "another divisor",
                "The variances are divided by n - 1 (ddof=1) in places; the parts then no longer add up.",
                lambda z: np.array([z.mean(0).var(ddof=1), z.mean(1).var(ddof=1)]) / z.var(),
                (
                    lambda z: np.array([z.mean(0).var(ddof=1), z.mean(1).var(ddof=1)]) / z.var(ddof=1),
                    lambda z: np.array([z.mean(0).var(), z.mean(1).var()]) / z.var(ddof=1),
                ),
            ),
            Misconception(
                "one row, one column",
                "Only one row and one column are looked at; it is the means of all of them that count.",
                lambda z: np.array([z[len(z) // 2].var(), z[:, z.shape[1] // 2].var()]) / z.var(),
                (lambda z: np.array([z[0].var(), z[:, 0].var()]) / z.var(),),
            ),
            Misconception(
                "squares not centred",
                "The squares are taken from 0, not from the mean: a map that lies high counts as explained.",
                lambda z: np.array([(z.mean(0) ** 2).mean(), (z.mean(1) ** 2).mean()]) / (z**2).mean(),
            ),
            Misconception(
                "ranges",
                "These are shares of the range, largest minus smallest; the variance was asked for.",
                lambda z: np.array([np.ptp(z.mean(0)), np.ptp(z.mean(1))]) / np.ptp(z),
            ),
            Misconception(
                "medians",
                "The median of a column is not its mean; the shares are of means.",
                lambda z: np.array([np.median(z, axis=0).var(), np.median(z, axis=1).var()]) / z.var(),
            ),
            Misconception(
                "the rest for the second",
                "The second share is what the first leaves over; it has a share of its own.",
                lambda z: np.array([main_effects(z)[0], 1 - main_effects(z)[0]]),
            ),
            Misconception(
                "straight lines only",
                "Only a straight slope is counted; any function of one coordinate is allowed.",
                straight_lines,
            ),
        ),
    )
)
