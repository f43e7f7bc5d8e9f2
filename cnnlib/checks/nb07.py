"""Exercises of notebook 07, minima: two choices of numbers on the curve `Wells`."""

import numpy as np

from cnnlib.checks.exercise import Exercise, Misconception, Misfit, register
from cnnlib.experiments.error_curves import Wells, descend
from cnnlib.runtime.language import say

CURVE = Wells()
STEPS = 300
ESCAPE_START = -0.8
REST = 2e-3  # how far from a place of slope 0 a weight may be that has come to rest there
SEEN = ("stays on the map", "comes to rest", "rests in a minimum", "that minimum is the lowest")


def as_numbers(choice, names):
    """Read a choice as finite numbers, one for each name."""
    try:
        texts = isinstance(choice, (str, bytes, set, dict)) or any(
            isinstance(v, (str, bytes)) for v in choice
        )
        values = [] if texts else [float(value) for value in choice]
    except (TypeError, ValueError):
        values = []
    if len(values) != len(names) or not np.isfinite(values).all():
        raise Misfit(
            say(
                "It is {choice!r}, expected {names} numbers: {names2}.",
                choice=choice,
                names=len(names),
                names2=", ".join(names),
            )
        )
    return values


def seen(path):
    """Describe where a descent on the curve ends, by zeros and ones in the order of `SEEN`.

    A weight rests where the slope is 0, however short or long its steps are. Coming to rest is -1 where the
    weight still goes to and fro, and 0 where it is still on its way.
    """
    if not np.isfinite(path).all() or abs(path[-1]) > 3 * CURVE.high:
        return 0, 0, 0, 0
    minima, maxima = CURVE.stationary()
    moves, places = np.diff(path[-60:]), np.concatenate([minima, maxima])
    still = np.abs(moves[-3:]).max() < 1e-3
    if not still or np.abs(places - path[-1]).min() > REST:
        return 1, (-1 if (moves[1:] * moves[:-1] < 0).any() else 0), 0, 0
    at_minimum = CURVE.curvature(path[-1]) > 0
    lowest = abs(path[-1] - CURVE.global_minimum()) < 1e-2
    return 1, 1, int(at_minimum), int(at_minimum and lowest)


def fall(answer):
    """Descend from the chosen start with the chosen rate."""
    start, rate = as_numbers(answer(), ("start", "rate"))
    if not CURVE.low <= start <= CURVE.high or rate <= 0:
        raise Misfit(
            say(
                "The start is to lie from {low:g} to {high:g} and the rate above 0.",
                low=CURVE.low,
                high=CURVE.high,
            )
        )
    return seen(descend(CURVE, start, rate, STEPS))


register(
    Exercise(
        name="07.false_minimum",
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
            Misconception(
                "lowest minimum", "It ends in the lowest minimum.", (2.5, 0.1), ((0.9, 0.05), (3, 0.2))
            ),
            Misconception(
                "too slow",
                "It has not arrived after 300 steps: the rate is small.",
                (-2.5, 1e-4),
                ((-2.5, 1e-6), (-2.5, 1e-12), (-1.0, 1e-3), (-1.2, 1e-7), (0.4, 1e-5), (-0.9, 1e-9)),
            ),
            Misconception(
                "to and fro",
                "It jumps to and fro over the bottom and never rests: the rate is large for this curvature.",
                (-2.5, 0.5),
                ((-1.7, 1.0), (-1.5, 0.9)),
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
        name="07.momentum_escape",
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
            Misconception(
                "too little momentum",
                "It stops in the false minimum.",
                (0.02, 0.1),
                ((0.05, 0.0), (0.02, 0.5)),
            ),
            Misconception(
                "too slow",
                "It has not arrived after 300 steps.",
                (1e-5, 0.5),
                ((1e-6, 0.0), (1e-9, 0.99), (1e-4, 0.9)),
            ),
            Misconception(
                "never comes to rest", "It still swings after 300 steps: nothing brakes it.", (0.3, 0.999)
            ),
            Misconception("off the map", "It leaves the map.", (100.0, 0.9), ((50.0, 0.0),)),
        ),
    )
)
