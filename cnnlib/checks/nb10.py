"""Exercise of notebook 10, spirals: an update with the penalty L1."""

import numpy as np

from cnnlib.checks import cases
from cnnlib.checks.exercise import Exercise, Misconception, register


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
    for number in range(12):  # many zeros, large gradients, no penalty
        shape = (4, 3)[: 1 + number % 2]
        w = rng.normal(0, 0.5, shape) * rng.integers(0, 2, shape)
        yield w, cases.gradient(rng, shape), 0.03, (0.0, 0.3, 3.0)[number % 3]
    for number in range(6):  # weights near 0 are pulled as any other
        yield cases.tiny(rng, (4,)) * 1e3 ** (number % 3), rng.normal(size=4), 0.1, 0.5
        yield rng.normal(0, 1e-4, 4), rng.normal(0, 1e-3, 4), 0.1, 1e-3


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


def one_sided(w, dw, lr, rate, sign):
    """The rule with another sign for the pull."""
    stepped = w - lr * dw
    shrunk = stepped - lr * rate * sign
    return np.where(stepped * shrunk < 0, 0.0, shrunk)


def crosses(w, dw, lr, rate):
    """Where the penalty carries a weight across zero."""
    stepped = w - lr * dw
    return stepped * (stepped - lr * rate * np.sign(w)) < 0


register(
    Exercise(
        name="10.l1_update",
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
                "zero pulled as well",
                "A weight of exactly 0 is pulled; it has no sign, so no direction to be pulled in.",
                lambda w, dw, lr, rate: one_sided(w, dw, lr, rate, np.where(w >= 0, 1, -1)),
                (lambda w, dw, lr, rate: one_sided(w, dw, lr, rate, np.where(w > 0, 1, -1)),),
            ),
            Misconception(
                "penalty before the data",
                "The penalty comes first and the data after it; then the data may wake what the penalty "
                "has just set to 0.",
                lambda w, dw, lr, rate: l1_update(w, 0, lr, rate) - lr * dw,
            ),
            Misconception(
                "small weights set to zero",
                "Every weight smaller than the pull is set to 0, wherever the data took it.",
                lambda w, dw, lr, rate: np.where(np.abs(w) < lr * rate, 0, w - lr * (dw + rate * np.sign(w))),
                (
                    lambda w, dw, lr, rate: np.where(
                        np.abs(w - lr * dw) < lr * rate, 0, w - lr * (dw + rate * np.sign(w))
                    ),
                ),
            ),
            Misconception(
                "penalty alone",
                "The data's step is missing: only the penalty moves the weights.",
                lambda w, dw, lr, rate: l1_update(w, 0 * dw, lr, rate),
            ),
            Misconception(
                "data alone",
                "The penalty is missing: this is gradient descent alone.",
                lambda w, dw, lr, rate: w - lr * dw,
            ),
            Misconception(
                "sign of the gradient",
                "The pull goes by the sign of the gradient; it goes by the sign of the old weight.",
                lambda w, dw, lr, rate: one_sided(w, dw, lr, rate, np.sign(dw)),
            ),
            Misconception(
                "all or nothing",
                "One weight that crosses zero sets all of them to 0; each weight is judged by itself.",
                lambda w, dw, lr, rate: (
                    0 * w if crosses(w, dw, lr, rate).any() else w - lr * (dw + rate * np.sign(w))
                ),
            ),
            Misconception(
                "stopped where it was",
                "A weight the penalty would carry across zero stays where the data took it; it becomes 0.",
                lambda w, dw, lr, rate: np.where(
                    crosses(w, dw, lr, rate), w - lr * dw, w - lr * (dw + rate * np.sign(w))
                ),
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
