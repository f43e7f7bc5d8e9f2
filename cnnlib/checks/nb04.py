"""Exercises of notebook 04, gradient descent. One call is one step; what is compared is a walk of several."""

import numpy as np

from cnnlib.checks.exercise import Exercise, Misconception, Misfit, register


def sgd_cases(rng):
    """A weight, its gradient, a rate; scalars as arrays of one number first."""
    yield np.array([3.0]), np.array([2.0]), 0.1
    yield np.array([1.0, -1.0]), np.array([0.5, 0.0]), 1.0
    for number in range(40):
        shape = tuple(rng.integers(1, 4, 1 + number % 4))
        yield rng.normal(size=shape), rng.normal(size=shape), float(10 ** rng.uniform(-4, 1))


register(
    Exercise(
        name="04.sgd",
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
                "gradient of length one",
                "The gradient was brought to length one; its size should count.",
                lambda w, dw, lr: w - lr * dw / max(np.linalg.norm(dw), 1e-12),
            ),
        ),
    )
)


def walk(step, w, gradients, lr, momentum):
    """Take one step for each gradient; the weights on the way, one row a step."""
    w, velocity, path = w.copy(), np.zeros_like(w), []
    for dw in gradients:
        results = step(w, dw.copy(), velocity, lr, momentum)
        if not isinstance(results, (tuple, list)) or len(results) != 2:
            raise Misfit(f"It returned {type(results).__name__}, expected two arrays: new w, new velocity.")
        w, velocity = results
        if np.shape(w) != dw.shape:
            raise Misfit(f"The new w has the shape {np.shape(w)}, expected {dw.shape}.")
        path.append(np.array(w, copy=True))
    return np.array(path)


def momentum_cases(rng):
    """Start, gradients of several steps, rate, momentum. The first steps start at rest."""
    yield np.array([1.0]), np.array([[1.0], [1.0]]), 0.1, 0.5
    yield np.array([0.0, 1.0]), np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]), 0.1, 0.9
    for number in range(30):
        size, steps = rng.integers(1, 4), rng.integers(2, 4 + number // 5)
        momentum = float(rng.choice([0.0, 0.5, 0.9, 0.99]))
        rate = float(10 ** rng.uniform(-3, 0))
        yield rng.normal(size=size), rng.normal(size=(steps, size)), rate, momentum


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
        name="04.momentum",
        signature="momentum_step(w, dw, velocity, lr, momentum) -> new w, new velocity",
        inputs=("start", "gradients of the steps", "lr", "momentum"),
        outputs=("weights after each step",),
        oracle=momentum_step,
        cases=momentum_cases,
        run=walk,
        hints=(
            "With a momentum of 0 it must be plain gradient descent. With 0.9 and the same gradient "
            "twice, how long "
            "is the second step beside the first?",
            "The velocity keeps its old self times momentum and takes the new gradient in; the "
            "weight moves by the "
            "velocity. Return both, so that the next step knows the velocity.",
        ),
        misconceptions=(
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
