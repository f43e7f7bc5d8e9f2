"""Exercises of notebook 08, initialization. What is compared is not the numbers but how they are spread."""

import math

import numpy as np

from cnnlib.checks.exercise import Exercise, Misconception, Misfit, register
from cnnlib.nn.initializers import fans
from cnnlib.runtime.language import say

MEASURES = (
    "count",
    "mean over wanted spread",
    "spread over wanted spread",
    "distinct",
    "follows the rng",
    "a second draw from one rng is a new one",
    "spread of every filter alike",
    "fourth powers, over those of normal numbers",
)
TOLD = {MEASURES[-1]: "The spread fits, but the numbers are not spread as normal ones are."}
ENOUGH = 1000  # numbers; small shapes are drawn several times


def measured(initialize, shape, seed):
    """What can be said of random weights, rounded to what chance allows, by the names of `MEASURES`."""
    one = np.random.default_rng(seed)
    first, w = drawn(initialize, shape, one), drawn(initialize, shape, np.random.default_rng(seed))
    second = drawn(initialize, shape, one)
    other = drawn(initialize, shape, np.random.default_rng(seed + 1))
    spread = math.sqrt(2 / fans(shape)[0])
    repeatable = np.array_equal(first, w) and not np.array_equal(w, other)
    fresh = abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.2
    rows = np.moveaxis(w, 0 if len(shape) == 4 else 1, 0)
    rows = rows.reshape(len(rows), -1)
    uneven = rows.shape[1] >= 30 and max(
        rows.std(axis=1).max() / rows.std(), rows.std() / max(rows.std(axis=1).min(), 1e-12)
    )
    numbers = [near(w.mean() / spread, 0.0, w.size), near(w.std() / spread, 1.0, 2 * w.size)]
    return (
        w.size,
        *numbers,
        int(len(np.unique(w)) > 0.9 * w.size),
        int(repeatable),
        int(fresh),
        int(uneven < 1.8),
        near((w**4).mean() / (3 * spread**4), 1.0, w.size / 11) if w.size > 5000 else 1.0,
    )


def as_weights(value, shape):
    """A copy of what came back, as an array."""
    try:
        return np.array(value, copy=True)
    except (TypeError, ValueError) as error:  # weights and biases, lists of uneven lengths
        raise Misfit(
            say(
                "It returned a {kind}, expected one array of shape {shape}.",
                kind=type(value).__name__,
                shape=shape,
            )
        ) from error


def drawn(initialize, shape, rng):
    """A copy of what is drawn; of a small shape several, side by side as more outputs of the layer."""
    draws = []
    for _ in range(math.ceil(ENOUGH / math.prod(shape))):
        w = as_weights(initialize(shape, rng), shape)
        if w.shape != shape or w.dtype.kind != "f":
            raise Misfit(
                say(
                    "The weights have shape {shape} and type {dtype}, expected {shape2} and float.",
                    shape=w.shape,
                    dtype=w.dtype,
                    shape2=shape,
                )
            )
        draws.append(w)
    return np.concatenate(draws, axis=0 if len(shape) == 4 else 1)


def near(value, wanted, count):
    """The wanted value if it is met within what chance needs among so many numbers, else the value."""
    return wanted if abs(value - wanted) < 0.01 + 4.5 / math.sqrt(count) else round(float(value), 2)


def shape_cases(rng):
    """Shapes so large that chance moves the spread by at most three hundredths, and a few small ones."""
    yield (200, 150), 0
    yield (32, 16, 3, 3), 1
    yield (16, 40, 3, 3), 2
    for number in range(20):
        if number % 2:
            shape = tuple(int(size) for size in rng.integers(40, 160, 2))
        else:
            shape = tuple(int(size) for size in (*rng.integers(8, 30, 2), *rng.integers(3, 6, 2)))
        yield shape, int(rng.integers(1000))
    for number, shape in enumerate(
        ((1, 1), (1, 4), (2, 3), (3, 1), (3, 1, 1, 2), (2, 2, 1, 1))
    ):  # few inputs
        yield shape, number


def normal(std):
    """An initialization by normal numbers of the spread ``std(fan_in, fan_out)``."""
    return lambda shape, rng: rng.normal(0.0, std(*fans(shape)), shape)


def channels_only(shape, rng):
    """The window left out of fan_in."""
    return rng.normal(0.0, math.sqrt(2 / (shape[1] if len(shape) == 4 else shape[0])), shape)


register(
    Exercise(
        name="08.he_init",
        signature="he_init(shape, rng) -> weights, shape (F, C, kH, kW) or (in, out)",
        inputs=("shape", "seed of rng"),
        outputs=MEASURES,
        oracle=lambda shape, rng: rng.normal(0.0, math.sqrt(2 / fans(shape)[0]), shape),
        cases=shape_cases,
        run=measured,
        told=TOLD,
        probed=False,
        hints=(
            "How many numbers are added up for one output? That count, and the half which ReLU cuts "
            "off, set the "
            "spread.",
            "The variance is 2 over fan_in, and a spread is a square root. fan_in is C * kH * kW for "
            "a convolution "
            "and the first size for a linear layer. Draw from the rng you are given.",
        ),
        misconceptions=(
            Misconception(
                "variance taken for spread",
                "The variance 2 / fan_in was used as the spread; the square root is missing.",
                normal(lambda fan_in, fan_out: 2 / fan_in),
            ),
            Misconception(
                "half of ReLU forgotten",
                "The spread is that of 1 / fan_in; ReLU cuts half of the signal off, so a 2 belongs there.",
                normal(lambda fan_in, fan_out: math.sqrt(1 / fan_in)),
            ),
            Misconception(
                "fan_out for fan_in",
                "The outputs of the layer were counted, not the inputs that are summed.",
                normal(lambda fan_in, fan_out: math.sqrt(2 / fan_out)),
            ),
            Misconception(
                "linear read as convolution",
                "Right for convolutions; a linear layer's shape is (in, out): its inputs stand first.",
                lambda shape, rng: rng.normal(0.0, math.sqrt(2 / math.prod(shape[1:])), shape),
            ),
            Misconception(
                "Xavier",
                "This is Xavier's rule, with inputs and outputs in the mean; He counts the inputs alone.",
                normal(lambda fan_in, fan_out: math.sqrt(2 / (fan_in + fan_out))),
            ),
            Misconception(
                "window not counted",
                "Only the channels were counted; each channel comes with a whole window of numbers.",
                channels_only,
            ),
            Misconception(
                "not centred",
                "All weights are positive; they should lie around zero.",
                lambda shape, rng: rng.random(shape) * math.sqrt(2 / fans(shape)[0]),
            ),
            Misconception(
                "root of 2 over fan_in",
                "The square root covers the 2 alone; fan_in belongs under it too.",
                normal(lambda fan_in, fan_out: math.sqrt(2) / fan_in),
            ),
            Misconception(
                "multiplied by fan_in",
                "The spread grows with fan_in; the more numbers are added up, the smaller each must be.",
                normal(lambda fan_in, fan_out: math.sqrt(2 * fan_in)),
                (normal(lambda fan_in, fan_out: math.sqrt(fan_in / 2)),),
            ),
            Misconception(
                "whole array counted",
                "All weights of the layer were counted; one output sums over its own inputs only.",
                lambda shape, rng: rng.normal(0.0, math.sqrt(2 / math.prod(shape)), shape),
            ),
            Misconception(
                "first size for fan_in",
                "The first size was taken for fan_in: right for a linear layer, not for a convolution.",
                lambda shape, rng: rng.normal(0.0, math.sqrt(2 / shape[0]), shape),
            ),
            Misconception(
                "limits for spread",
                "The numbers lie between plus and minus the wanted spread; their spread is then smaller.",
                lambda shape, rng: rng.uniform(-1, 1, shape) * math.sqrt(2 / fans(shape)[0]),
            ),
            Misconception(
                "uniform numbers",
                "The spread fits, but all lie evenly between two limits; normal numbers have none.",
                lambda shape, rng: rng.uniform(-1, 1, shape) * math.sqrt(6 / fans(shape)[0]),
            ),
            Misconception(
                "window alone",
                "Only the window was counted; every channel brings one.",
                lambda shape, rng: rng.normal(0.0, math.sqrt(2 / math.prod(shape[2:])), shape),
            ),
            Misconception(
                "small whatever the shape",
                "The spread is the same for every shape.",
                lambda shape, rng: rng.normal(0.0, 0.01, shape),
                (lambda shape, rng: rng.normal(0.0, 0.1, shape), lambda shape, rng: rng.normal(size=shape)),
            ),
            Misconception(
                "both ways added",
                "Inputs and outputs are in the spread with a 4; He counts the inputs, with a 2.",
                normal(lambda fan_in, fan_out: math.sqrt(4 / (fan_in + fan_out))),
            ),
            Misconception(
                "one filter copied",
                "One filter was drawn and copied; equal filters stay equal for ever.",
                lambda shape, rng: np.broadcast_to(
                    rng.normal(0.0, math.sqrt(2 / fans(shape)[0]), (1, *shape[1:])), shape
                ).copy(),
            ),
            Misconception(
                "all the same",
                "All weights are equal, so all filters stay equal for ever.",
                lambda shape, rng: np.full(shape, math.sqrt(2 / fans(shape)[0])),
            ),
            Misconception(
                "own generator",
                "The numbers are the same whatever rng is given: they come from another generator.",
                lambda shape, rng: np.random.default_rng(0).normal(0.0, math.sqrt(2 / fans(shape)[0]), shape),
            ),
        ),
    )
)
