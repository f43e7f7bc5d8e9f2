"""Exercises of notebook 06, the learning rate."""

import math

from cnnlib.checks.exercise import Exercise, Misconception, register


def cosine(step, steps, lr):
    """From `lr` at step 0 along half a cosine to 0 at the end."""
    return lr * (1 + math.cos(math.pi * step / steps)) / 2


def schedule_cases(rng):
    """Step, number of steps, first rate; beginning, end and middle first."""
    yield 0, 10, 0.1
    yield 10, 10, 0.1
    yield 5, 10, 0.1
    for _ in range(60):
        steps = int(rng.integers(1, 500))
        yield int(rng.integers(0, steps + 1)), steps, float(10 ** rng.uniform(-4, 1))
    for steps in (1, 2, 3, 100_000):  # both ends, and a step from either
        for step in {0, 1, steps - 1, steps}:
            yield step, steps, float(10 ** rng.uniform(-2, 1))


register(
    Exercise(
        name="06.cosine_schedule",
        signature="cosine_schedule(step, steps, lr) -> rate at this step",
        inputs=("step", "steps", "lr"),
        outputs=("rate",),
        oracle=cosine,
        cases=schedule_cases,
        rtol=1e-6,
        unit=lambda step, steps, lr: lr,
        hints=(
            "It must be lr at step 0, half of it in the middle, 0 at the last step. Draw it before "
            "you write it.",
            "A cosine runs from 1 to -1 while its angle runs from 0 to pi. Shift it and scale it to "
            "run from 1 to 0.",
        ),
        misconceptions=(
            Misconception(
                "quarter of a wave",
                "It follows a quarter of a cosine: right at both ends, too high in the middle.",
                lambda step, steps, lr: lr * math.cos(math.pi / 2 * step / steps),
            ),
            Misconception(
                "negative half",
                "The cosine was not lifted: the second half of the rates is negative.",
                lambda step, steps, lr: lr * math.cos(math.pi * step / steps),
            ),
            Misconception(
                "not halved",
                "The cosine was lifted but not halved: the first rate is twice lr.",
                lambda step, steps, lr: lr * (1 + math.cos(math.pi * step / steps)),
            ),
            Misconception(
                "degrees",
                "The cosine takes its angle in radians, not in degrees.",
                lambda step, steps, lr: lr * (1 + math.cos(180 * step / steps)) / 2,
            ),
            Misconception(
                "whole wave",
                "The angle runs round the whole circle: the rate comes back up.",
                lambda step, steps, lr: lr * (1 + math.cos(2 * math.pi * step / steps)) / 2,
            ),
            Misconception(
                "ends a step early",
                "It reaches 0 a step too early: it divides by steps - 1, but the end is at step = steps.",
                lambda step, steps, lr: cosine(step, max(steps - 1, 1), lr),
            ),
            Misconception(
                "a step ahead",
                "It is one step ahead: at step 0 the rate is lr itself.",
                lambda step, steps, lr: cosine(step + 1, steps, lr),
            ),
            Misconception(
                "never at zero",
                "The end of the wave is not reached: it divides by steps + 1.",
                lambda step, steps, lr: cosine(step, steps + 1, lr),
            ),
            Misconception(
                "whole-number division",
                "The share of the way was cut to a whole number: // gives 0 until the last step.",
                lambda step, steps, lr: cosine(step // steps, 1, lr),
            ),
            Misconception(
                "upside down",
                "It rises from 0 to lr; the wave is upside down.",
                lambda step, steps, lr: lr - cosine(step, steps, lr),
                (lambda step, steps, lr: lr * math.sin(math.pi / 2 * step / steps),),
            ),
            Misconception(
                "smallest rate kept",
                "The rate stops at a smallest value above 0; at the last step it is to be 0.",
                lambda step, steps, lr: max(cosine(step, steps, lr), lr / 100),
                (
                    lambda step, steps, lr: 0.99 * cosine(step, steps, lr) + 0.01 * lr,
                    lambda step, steps, lr: max(cosine(step, steps, lr), lr / 10),
                ),
            ),
            Misconception(
                "begins anew",
                "At the last step the rate is lr again: step % steps is 0 there.",
                lambda step, steps, lr: cosine(step % steps, steps, lr),
            ),
            Misconception(
                "straight line",
                "It falls along a straight line.",
                lambda step, steps, lr: lr * (1 - step / steps),
            ),
        ),
    )
)


def boundary_cases(rng):
    """Curvatures of an error curve."""
    yield (2.0,)
    yield (1.0,)
    for _ in range(40):
        yield (float(10 ** rng.uniform(-4, 4)),)
    yield (1e-9,)
    yield (1e9,)


register(
    Exercise(
        name="06.largest_rate",
        signature="largest_rate(curvature) -> rate above which curvature * w**2 / 2 is not descended",
        inputs=("curvature",),
        outputs=("rate",),
        oracle=lambda curvature: 2 / curvature,
        cases=boundary_cases,
        hints=(
            "Write down one step on the curve E = c w**2 / 2: by which factor is w multiplied?",
            "The walk converges while that factor lies between -1 and 1. At which rate does it reach -1?",
        ),
        misconceptions=(
            Misconception(
                "one step to the bottom",
                "At this rate a single step lands on the bottom; there is room above it yet.",
                lambda curvature: 1 / curvature,
            ),
            Misconception(
                "rate of one",
                "A rate of 1 is no border in itself; the curvature sets it.",
                lambda curvature: 1.0,
            ),
            Misconception(
                "steeper, therefore faster",
                "The border grows with the curvature here; on a steeper curve it must fall.",
                lambda curvature: 2 * curvature,
            ),
            Misconception(
                "border of a square root",
                "A square root is in it; the factor 1 - rate * c is linear in the rate.",
                lambda curvature: math.sqrt(2 / curvature),
                (lambda curvature: 2 / math.sqrt(curvature), lambda curvature: 1 / math.sqrt(curvature)),
            ),
            Misconception(
                "curvature squared",
                "The curvature is squared; w is multiplied by 1 - rate * c, with c to the first power.",
                lambda curvature: 2 / curvature**2,
                (lambda curvature: 1 / curvature**2,),
            ),
            Misconception(
                "twice too large",
                "At half of this rate the factor is -1 already: the border counts twice.",
                lambda curvature: 4 / curvature,
            ),
            Misconception(
                "a difference",
                "It is 2 minus the curvature; the rate times the curvature is to be 2.",
                lambda curvature: 2 - curvature,
            ),
            Misconception(
                "a rate below the border",
                "It is a rate that works; the border itself was asked for.",
                lambda curvature: 1.9 / curvature,
                (lambda curvature: 1.99 / curvature, lambda curvature: 1.999 / curvature),
            ),
            Misconception(
                "negative rate",
                "It is negative; a rate is the length of a step downhill.",
                lambda curvature: -2 / curvature,
            ),
            Misconception("curvature itself", "That is the curvature.", lambda curvature: curvature),
            Misconception(
                "curvature of the square",
                "It is the border for E = c w**2, whose second derivative is 2 c.",
                lambda curvature: 1 / (2 * curvature),
            ),
        ),
    )
)
