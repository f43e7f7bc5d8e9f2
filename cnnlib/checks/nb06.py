"""Exercises of notebook 06, minima: two choices of numbers on the curve `Wells`, and random restarts."""

import numpy as np

from cnnlib.checks.exercise import Exercise, Misconception, Misfit, register
from cnnlib.experiments.error_curves import Wells, descend

CURVE = Wells()
STEPS = 300
ESCAPE_START = -0.8
SEEN = ("stays on the map", "comes to rest", "rests in a minimum", "that minimum is the lowest")


def as_numbers(choice, names):
    """Read a choice as finite numbers, one for each name."""
    try:
        values = [float(value) for value in choice]
    except (TypeError, ValueError):
        values = []
    if len(values) != len(names) or not np.isfinite(values).all():
        raise Misfit(f"It is {choice!r}, expected {len(names)} numbers: {', '.join(names)}.")
    return values


def seen(path):
    """Describe where a descent on the curve ends, by zeros and ones in the order of `SEEN`.

    Coming to rest is -1 where the weight still goes to and fro, and 0 where it still creeps.
    """
    if not np.isfinite(path).all() or abs(path[-1]) > 3 * CURVE.high:
        return 0, 0, 0, 0
    moves = np.diff(path[-60:])
    if np.abs(moves[-3:]).max() > 1e-5:
        return 1, (-1 if (moves[1:] * moves[:-1] < 0).any() else 0), 0, 0
    at_minimum = CURVE.curvature(path[-1]) > 0
    lowest = abs(path[-1] - CURVE.global_minimum()) < 1e-2
    return 1, 1, int(at_minimum), int(at_minimum and lowest)


def fall(answer):
    """Descend from the chosen start with the chosen rate."""
    start, rate = as_numbers(answer(), ("start", "rate"))
    if not CURVE.low <= start <= CURVE.high or rate <= 0:
        raise Misfit(f"The start is to lie from {CURVE.low:g} to {CURVE.high:g} and the rate above 0.")
    return seen(descend(CURVE, start, rate, STEPS))


register(
    Exercise(
        name="06.false_minimum",
        signature="a pair of numbers: start, rate",
        value=True,
        inputs=(),
        outputs=SEEN,
        oracle=lambda: (-2.5, 0.1),
        cases=lambda rng: [()],
        run=fall,
        hints=(
            "Of the three minima two are false. Which starts run down into one of them?",
            "A start on the slope of a false minimum, and a rate below 2 over the curvature at its bottom.",
        ),
        misconceptions=(
            Misconception("lowest minimum", "It ends in the lowest minimum.", (2.5, 0.1)),
            Misconception("too slow", "It has not arrived after 300 steps: the rate is small.", (-2.5, 1e-4)),
            Misconception(
                "to and fro",
                "It jumps to and fro over the bottom and never rests: the rate is large for this curvature.",
                (-2.5, 0.5),
            ),
            Misconception("off the map", "It leaves the map: the rate is far too large.", (-2.5, 30.0)),
            Misconception(
                "on the hill",
                "It rests on a hilltop, where the slope is 0 too; the least push would end that.",
                (float(CURVE.stationary()[1][0]), 0.01),
            ),
        ),
    )
)


def roll(answer):
    """Descend with the chosen momentum from a start that runs into a false minimum without it."""
    rate, momentum = as_numbers(answer(), ("rate", "momentum"))
    if not 0 <= momentum < 1 or rate <= 0:
        raise Misfit("The momentum is to lie from 0 to below 1 and the rate above 0.")
    return seen(descend(CURVE, ESCAPE_START, rate, STEPS, "Momentum", momentum))


register(
    Exercise(
        name="06.momentum_escape",
        signature=f"a pair of numbers: rate, momentum (the start is {ESCAPE_START})",
        value=True,
        inputs=(),
        outputs=SEEN,
        oracle=lambda: (0.02, 0.9),
        cases=lambda rng: [()],
        run=roll,
        hints=(
            "Without momentum it stops in the first hollow. What must it still have when it gets there?",
            "The velocity forgets at the rate of 1 - momentum. It needs enough to climb the far side of "
            "the hollow, and must lose it again within 300 steps to come to rest.",
        ),
        misconceptions=(
            Misconception("too little momentum", "It stops in the false minimum.", (0.02, 0.1)),
            Misconception("too slow", "It has not arrived after 300 steps.", (1e-5, 0.5)),
            Misconception(
                "never comes to rest", "It still swings after 300 steps: nothing brakes it.", (0.3, 0.999)
            ),
            Misconception("off the map", "It leaves the map.", (100.0, 0.9)),
        ),
    )
)


class ShownWells(Wells):
    """Wells that a report can show as the line that makes them, and compare."""

    def __repr__(self):
        lists = (f"{name}={getattr(self, name).tolist()}" for name in ("centers", "depths", "widths"))
        return f"Wells({', '.join(lists)})"

    def __eq__(self, other):
        return repr(self) == repr(other)

    __hash__ = None


def restart_cases(rng):
    """Curves with three wells each, several starts, a rate, a number of steps; few starts first."""
    for number in range(25):
        centers = np.sort(rng.uniform(-2.5, 2.5, 3)) + np.array([-0.3, 0.0, 0.3])
        depths, widths = rng.uniform(0.3, 1.2, 3), rng.uniform(0.2, 0.4, 3)
        curve = ShownWells(*(np.round(values, 2) for values in (centers, depths, widths)))
        yield curve, np.round(rng.uniform(-3, 3, 2 + number // 4), 2), 0.02, int(rng.integers(50, 200))


def ends(curve, starts, rate, steps):
    """Where plain descents from all starts end."""
    return descend(curve, starts, rate, steps)[-1]


def best_end(curve, starts, rate, steps):
    """The end with the smallest error."""
    last = ends(curve, starts, rate, steps)
    return last[np.argmin(curve.error(last))]


register(
    Exercise(
        name="06.best_of_restarts",
        signature="best_of_restarts(curve, starts, rate, steps) -> the final weight with the smallest error",
        inputs=("curve", "starts", "rate", "steps"),
        outputs=("w",),
        oracle=best_end,
        cases=restart_cases,
        hints=(
            "Each start gives one final weight. What decides which of them is the best?",
            "Run plain gradient descent from every start (curve.gradient(w) is the slope), then compare "
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
        ),
    )
)
