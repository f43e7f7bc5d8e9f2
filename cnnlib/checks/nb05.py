"""Exercises of notebook 05, gradient descent. One call is one step; what is compared is a walk of several."""

import numpy as np

from cnnlib.checks import cases
from cnnlib.checks.exercise import Exercise, Misconception, Misfit, register
from cnnlib.checks.handing import COPY, hand_over, kept, same
from cnnlib.runtime.language import say


def sgd_cases(rng):
    """A weight, its gradient, a rate; scalars as arrays of one number first."""
    yield np.array([3.0]), np.array([2.0]), 0.1
    yield np.array([1.0, -1.0]), np.array([0.5, 0.0]), 1.0
    for number in range(40):
        shape = tuple(rng.integers(1, 4, 1 + number % 4))
        yield rng.normal(size=shape), rng.normal(size=shape), float(10 ** rng.uniform(-4, 1))
    for number in range(12):
        shape = tuple(rng.integers(2, 5, 1 + number % 4))
        yield rng.normal(size=shape), cases.gradient(rng, shape), float(10 ** rng.uniform(-2, 1))
    for size, rate in ((1e-9, 1000.0), (1e-7, 20.0), (1e4, 1.0), (1e5, 1e-6), (1.0, 0.0)):
        yield size * rate * rng.normal(size=4), size * rng.normal(size=4), rate


register(
    Exercise(
        name="05.sgd",
        signature="sgd_step(w, dw, lr) -> new w",
        inputs=("w", "dw", "lr"),
        outputs=("w",),
        oracle=lambda w, dw, lr: w - lr * dw,
        cases=sgd_cases,
        hints=(
            "The gradient points uphill, and the rate says how much of it is walked.",
            "New weight = old weight minus rate times gradient, in a new array; nothing else enters.",
        ),
        misconceptions=(
            Misconception("uphill", "It walks with the gradient: uphill.", lambda w, dw, lr: w + lr * dw),
            Misconception("rate forgotten", "The rate has no effect.", lambda w, dw, lr: w - dw),
            Misconception(
                "rate scales the weight",
                "The rate is multiplied with the weight as well, which shrinks the weight.",
                lambda w, dw, lr: lr * (w - dw),
            ),
            Misconception(
                "step without start",
                "This is the step alone; it starts from nowhere.",
                lambda w, dw, lr: -lr * dw,
            ),
            Misconception(
                "sign of the gradient only",
                "Every weight moves by the same amount: only the sign of its gradient is used.",
                lambda w, dw, lr: w - lr * np.sign(dw),
            ),
            Misconception(
                "divided by the size",
                "The step is divided by the number of weights; each weight takes its own gradient whole.",
                lambda w, dw, lr: w - lr * dw / dw.size,
                (lambda w, dw, lr: w - lr * dw / len(dw), lambda w, dw, lr: w - lr * dw.mean()),
            ),
            Misconception(
                "gradient cut off",
                "Large gradients are cut to a limit; here a gradient ten times as large is a step ten times "
                "as long.",
                lambda w, dw, lr: w - lr * np.clip(dw, -1, 1),
                (lambda w, dw, lr: w - lr * np.clip(dw, -5, 5),),
            ),
            Misconception(
                "weight shrunk as well",
                "The weights shrink a little at every step: that is weight decay, another rule.",
                lambda w, dw, lr: w - lr * (dw + 0.01 * w),
                (lambda w, dw, lr: w * (1 - lr) - lr * dw,),
            ),
            Misconception(
                "step in proportion to the weight",
                "The step is multiplied with the weight; a weight of 0 would never move.",
                lambda w, dw, lr: w * (1 - lr * dw),
            ),
            Misconception(
                "rate divides",
                "The gradient is divided by the rate; a larger rate makes a longer step, not a shorter one.",
                lambda w, dw, lr: w - dw / lr,
            ),
            Misconception(
                "gradient squared",
                "The gradient enters without its sign (squared, or as a size): the step has no direction.",
                lambda w, dw, lr: w - lr * dw**2,
                (lambda w, dw, lr: w - lr * np.abs(dw),),
            ),
            Misconception(
                "gradient of length one",
                "The gradient was brought to length one; its size should count.",
                lambda w, dw, lr: w - lr * dw / max(np.linalg.norm(dw), 1e-12),
            ),
        ),
    )
)


def one_step(step, w, dw, velocity, lr, momentum):
    """The new w and the new velocity. w and velocity may be changed if they are also what is returned."""
    before = kept((w, velocity))
    results = hand_over(step, (None, "dw", None, None, None), w, dw, velocity, lr, momentum)
    if isinstance(results, (tuple, list)) and len(results) != 2:
        raise Misfit(
            say(
                "It returned {results} values, expected two arrays: new w, new velocity.",
                results=len(results),
            )
        )
    if not isinstance(results, (tuple, list, np.ndarray)) or len(results) != 2:
        raise Misfit(
            say("It returned {kind}, expected two arrays: new w, new velocity.", kind=type(results).__name__)
        )
    for name, old, given in zip(("w", "velocity"), before, (w, velocity), strict=True):
        if not same(old, given) and not any(np.shares_memory(given, result) for result in results):
            raise Misfit(say("{name} was changed without being returned, {copy}.", name=name, copy=COPY))
    for name, result in zip(("w", "velocity"), results, strict=True):
        if np.shape(result) != dw.shape:
            raise Misfit(
                say(
                    "The new {name} has the shape {result}, expected {shape}.",
                    name=name,
                    result=np.shape(result),
                    shape=dw.shape,
                )
            )
    return [np.asarray(result) for result in results]


def walk(step, w, gradients, lr, momentum):
    """Take one step for each gradient; the weights on the way, one row a step.

    Then walk again in turn with a second array, which starts elsewhere and has its gradients in the opposite
    order, as the arrays of a network take their steps in turn. A momentum may be a tuple, one for each step.
    """
    paths, seconds = [], gradients[::-1].copy()
    momenta = momentum if isinstance(momentum, tuple) else (momentum,) * len(gradients)
    for starts in ((w,), (w, w[::-1] + 1)):
        states = [(start.copy(), np.zeros_like(start)) for start in starts]
        path = [[] for _ in states]
        for *pair, now in zip(gradients, seconds, momenta, strict=True):
            for number, (dw, state) in enumerate(zip(pair, states, strict=False)):
                states[number] = one_step(step, state[0], dw, state[1], lr, now)
                path[number].append(np.array(states[number][0], copy=True))
        paths += map(np.array, path)
    return tuple(paths)


def momentum_cases(rng):
    """Start, gradients of several steps, rate, momentum. The first steps start at rest."""
    yield np.array([1.0]), np.array([[1.0], [1.0]]), 0.1, 0.5
    yield np.array([0.0, 1.0]), np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]), 0.1, 0.9
    for number in range(30):
        size, steps = rng.integers(1, 4), rng.integers(2, 4 + number // 5)
        momentum = float(rng.choice([0.0, 0.5, 0.9, 0.99]))
        rate = float(10 ** rng.uniform(-3, 0))
        yield rng.normal(size=size), rng.normal(size=(steps, size)), rate, momentum
    for number in range(8):
        shape = (2, 3, 2, 2)[: 1 + number % 4]
        yield rng.normal(size=shape), cases.gradient(rng, (3, *shape)), 0.01, 0.8
    for size, rate, momentum in ((1e-9, 1000.0, 0.5), (1e-5, 30.0, 0.9), (1e4, 3.0, 0.999), (1.0, 0.1, 1.0)):
        yield size * rate * rng.normal(size=3), size * rng.normal(size=(5, 3)), rate, momentum
    for momenta in ((0.0, 0.9, 0.9, 0.0), (0.5, 0.0, 0.0, 0.9, 0.99)):  # raised, or lowered, on the way
        yield rng.normal(size=2), rng.normal(size=(len(momenta), 2)), 0.1, momenta


def momentum_step(w, dw, velocity, lr, momentum):
    """As PyTorch has it: the velocity collects gradients, the rate comes last."""
    velocity = momentum * velocity + dw
    return w - lr * velocity, velocity


def nesterov_step(w, dw, velocity, lr, momentum):
    """Nesterov's variant."""
    velocity = momentum * velocity + dw
    return w - lr * (dw + momentum * velocity), velocity


def averaged_step(w, dw, velocity, lr, momentum):
    """The velocity as a running mean."""
    velocity = momentum * velocity + (1 - momentum) * dw
    return w - lr * velocity, velocity


register(
    Exercise(
        name="05.momentum",
        signature="momentum_step(w, dw, velocity, lr, momentum) -> new w, new velocity",
        inputs=("start", "gradients of the steps", "lr", "momentum"),
        outputs=(
            "weights after each step",
            "weights after each step, when a second array takes its steps in turn",
            "weights of the second array",
        ),
        told=dict.fromkeys(
            (
                "weights after each step, when a second array takes its steps in turn",
                "weights of the second array",
            ),
            "Right for one array alone. A network has many, and each has a velocity of its own, which is "
            "handed over and returned: nothing may be kept outside of the function.",
        ),
        oracle=momentum_step,
        cases=momentum_cases,
        run=walk,
        hints=(
            "With a momentum of 0 it must be SGD. With 0.9 and the same gradient "
            "twice, how long "
            "is the second step beside the first?",
            "The velocity keeps its old self times momentum and takes the new gradient in; the "
            "weight moves by the "
            "velocity. Return both, so that the next step knows the velocity.",
        ),
        misconceptions=(
            Misconception(
                "rate counted twice",
                "The rate is in the velocity and in the step as well; it belongs to one of them.",
                lambda w, dw, velocity, lr, momentum: (
                    w - lr * (momentum * velocity + lr * dw),
                    momentum * velocity + lr * dw,
                ),
            ),
            Misconception(
                "momentum on the weight",
                "The weight is multiplied by momentum; it is the velocity that fades.",
                lambda w, dw, velocity, lr, momentum: (momentum * w - lr * dw, momentum * w - lr * dw),
                (lambda w, dw, velocity, lr, momentum: (momentum * w - lr * (velocity + dw), velocity + dw),),
            ),
            Misconception(
                "one gradient remembered",
                "The velocity returned is this gradient alone; it should hold all gradients so far.",
                lambda w, dw, velocity, lr, momentum: (w - lr * (momentum * velocity + dw), dw),
            ),
            Misconception(
                "momentum twice",
                "Momentum fades the velocity twice in one step.",
                lambda w, dw, velocity, lr, momentum: (
                    w - lr * (momentum**2 * velocity + dw),
                    momentum**2 * velocity + dw,
                ),
            ),
            Misconception(
                "results in the other order",
                "Two arrays come back in the wrong order: first the new w, then the new velocity.",
                lambda w, dw, velocity, lr, momentum: momentum_step(w, dw, velocity, lr, momentum)[::-1],
            ),
            Misconception(
                "forgets at a rate of momentum",
                "The velocity keeps 1 - momentum of itself: with 0.9 it would forget almost all.",
                lambda w, dw, velocity, lr, momentum: momentum_step(w, dw, velocity, lr, 1 - momentum),
            ),
            Misconception(
                "no memory",
                "Every step forgets the ones before: the velocity is not handed on.",
                lambda w, dw, velocity, lr, momentum: (w - lr * dw, velocity),
            ),
            Misconception(
                "running mean",
                "The gradient enters with the factor 1 - momentum, a running mean; here it enters whole.",
                averaged_step,
            ),
            Misconception(
                "old velocity used",
                "The weight moves by the velocity from before this gradient came in.",
                lambda w, dw, velocity, lr, momentum: (w - lr * velocity, momentum * velocity + dw),
            ),
            Misconception(
                "Nesterov",
                "This is Nesterov's variant, which looks one step ahead; plain momentum does not.",
                nesterov_step,
            ),
            Misconception(
                "momentum on the gradient",
                "The factor momentum is on the new gradient; it belongs to the old velocity.",
                lambda w, dw, velocity, lr, momentum: (
                    w - lr * (velocity + momentum * dw),
                    velocity + momentum * dw,
                ),
            ),
            Misconception(
                "momentum never fades",
                "The old velocity is kept whole, so the steps grow without end.",
                lambda w, dw, velocity, lr, momentum: (w - lr * (velocity + dw), velocity + dw),
            ),
            Misconception(
                "uphill",
                "It walks uphill: the velocity is added where it should be taken away.",
                lambda w, dw, velocity, lr, momentum: (
                    w + lr * (momentum * velocity + dw),
                    momentum * velocity + dw,
                ),
            ),
        ),
    )
)
