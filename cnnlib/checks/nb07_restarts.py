"""Exercise of notebook 07, minima: random restarts."""

import numpy as np

from cnnlib.checks.comparing import SLACK
from cnnlib.checks.exercise import Exercise, Misconception, register
from cnnlib.experiments.error_curves import Wells, descend


class ShownWells(Wells):
    """Wells that a report can show as the line that makes them, and compare."""

    def __repr__(self):
        lists = (f"{name}={getattr(self, name).tolist()}" for name in ("centers", "depths", "widths"))
        return f"Wells({', '.join(lists)}, floor={self.floor})"

    def __eq__(self, other):
        return repr(self) == repr(other)

    __hash__ = None


def restart_cases(rng):
    """Curves with three wells each, several starts, a rate, a number of steps; few starts first."""
    for number in range(30):
        centers = np.sort(rng.uniform(-2.5, 2.5, 3)) + np.array([-0.3, 0.0, 0.3])
        depths, widths = rng.uniform(0.3, 1.2, 3), rng.uniform(0.2, 0.4, 3)
        wells = (np.round(values, 2) for values in (centers, depths, widths))
        curve = ShownWells(*wells, floor=float((1, 0, -3, 40)[number % 4]))
        starts = np.round(rng.uniform(-3, 3, 1 + number // 4), 2)
        steps = int(rng.integers(1, 9) if number % 5 == 2 else rng.integers(40, 90))
        yield curve, starts, (0.02, 0.05, 0.01)[number % 3], steps
    for number in range(12):  # long steps that jump over the bottom, starts beyond the part that is drawn
        centers = np.array([-1.5, 0.2, 1.7]) + np.round(rng.uniform(-0.2, 0.2, 3), 2)
        curve = ShownWells(centers, np.round(rng.uniform(0.5, 1.2, 3), 2), (0.3, 0.35, 0.4))
        starts = np.round(rng.uniform(-1, 1, 1 + number // 3) * (3 if number % 2 else 6), 2)
        starts[0] = starts[0] if number % 2 else 4.5
        yield curve, starts, (0.3, 0.4)[number % 2], 2 + number % 4


def growth(curve, starts, rate, steps):
    """The size of a weight, times what a small difference on the way grows to until the best end.

    Ends whose errors 32 bits cannot tell apart are all the best one.
    """
    way = descend(curve, starts, rate, steps)
    factors, errors = np.abs(1 - rate * curve.curvature(way[:-1]))[::-1], curve.error(way[-1])
    tied = way[-1][errors < errors.min() + SLACK * np.abs(errors).max()]
    grown = np.abs(way).max() * max(1, np.cumprod(factors[:, np.argmin(errors)]).max())
    return float(grown + np.ptp(tied) / SLACK)


def ends(curve, starts, rate, steps):
    """Where descents from all starts end."""
    return descend(curve, starts, rate, steps)[-1]


def best_end(curve, starts, rate, steps):
    """The end with the smallest error."""
    last = ends(curve, starts, rate, steps)
    return last[np.argmin(curve.error(last))]


def below(curve, last, best):
    """The end with the smallest error below a number; 0 if there is none."""
    errors = curve.error(last)
    return last[np.argmin(errors)] if errors.min() < best else 0.0


register(
    Exercise(
        name="07.best_of_restarts",
        signature="best_of_restarts(curve, starts, rate, steps) -> the final weight with the smallest error",
        inputs=("curve", "starts", "rate", "steps"),
        outputs=("w",),
        oracle=best_end,
        cases=restart_cases,
        unit=growth,
        hints=(
            "Each start gives one final weight. What decides which of them is the best?",
            "Run gradient descent from every start (curve.gradient(w) is the slope), then compare "
            "curve.error at the ends and return the weight, not its error.",
        ),
        misconceptions=(
            Misconception(
                "best start",
                "It starts from the point with the smallest error; the lowest start need not run lowest.",
                lambda c, s, r, n: ends(c, s[np.argmin(c.error(s))], r, n),
            ),
            Misconception(
                "smallest weight",
                "It returns the smallest weight, not the weight with the smallest error.",
                lambda c, s, r, n: ends(c, s, r, n).min(),
            ),
            Misconception(
                "error instead of weight",
                "It returns the smallest error, not the weight that has it.",
                lambda c, s, r, n: c.error(ends(c, s, r, n)).min(),
            ),
            Misconception(
                "last restart", "It returns the last restart's end.", lambda c, s, r, n: ends(c, s, r, n)[-1]
            ),
            Misconception(
                "start instead of end",
                "It returns the start of the best descent, not where it ended.",
                lambda c, s, r, n: s[np.argmin(c.error(ends(c, s, r, n)))],
            ),
            Misconception(
                "one step too few",
                "It is a step behind: count how often the weight is moved.",
                lambda c, s, r, n: best_end(c, s, r, n - 1),
            ),
            Misconception(
                "one step too many",
                "It is a step ahead: count how often the weight is moved.",
                lambda c, s, r, n: best_end(c, s, r, n + 1),
            ),
            Misconception(
                "first restart", "It returns the first restart's end.", lambda c, s, r, n: ends(c, s, r, n)[0]
            ),
            Misconception(
                "largest error",
                "It returns the end with the largest error.",
                lambda c, s, r, n: ends(c, s, r, n)[np.argmax(c.error(ends(c, s, r, n)))],
            ),
            Misconception(
                "mean of the ends",
                "It returns the mean of the ends, where no descent has been.",
                lambda c, s, r, n: ends(c, s, r, n).mean(),
            ),
            Misconception(
                "the true minimum",
                "It returns the lowest place of the curve, even if no start has run there (yet).",
                lambda c, s, r, n: c.global_minimum(),
            ),
            Misconception(
                "smallest slope",
                "It returns the end with the smallest slope: the flattest place need not be the lowest.",
                lambda c, s, r, n: ends(c, s, r, n)[np.argmin(np.abs(c.gradient(ends(c, s, r, n))))],
            ),
            Misconception(
                "search begun at a number",
                "The best error so far begins at a number of its own; an error need not lie below 1 or 0.",
                lambda c, s, r, n: below(c, ends(c, s, r, n), 1.0),
                (
                    lambda c, s, r, n: below(c, ends(c, s, r, n), 0.0),
                    lambda c, s, r, n: below(c, ends(c, s, r, n), 10.0),
                ),
            ),
            Misconception(
                "a rate of its own",
                "The rate that is handed over has no effect.",
                lambda c, s, r, n: best_end(c, s, 0.02, n),
                (lambda c, s, r, n: best_end(c, s, 0.01, n), lambda c, s, r, n: best_end(c, s, 0.1, n)),
            ),
        ),
    )
)
