"""Exercises of notebook 02, the loss."""

import numpy as np

from cnnlib.checks.exercise import Exercise, Misconception, register
from cnnlib.nn.functional import log_softmax, softmax


def logit_cases(rng):
    """Scores and labels: one image and two classes first, then more; very large scores last."""
    yield np.array([[0.0, 0.0]]), np.array([0])
    yield np.array([[1.0, 3.0]]), np.array([0])
    yield np.array([[1.0, 3.0], [2.0, -1.0]]), np.array([1, 0])
    for number in range(40):
        rows, classes = rng.integers(1, 3 + number // 6), rng.integers(2, 4 + number // 6)
        yield rng.normal(scale=1 + number / 8, size=(rows, classes)), rng.integers(0, classes, rows)
    for size in (500.0, 1000.0, 3000.0):
        yield rng.normal(size=(3, 4)) + np.array([size, 0, -size, size]), np.array([0, 3, 1])


def cross_entropy(logits, labels):
    """Mean of minus the log probability of the true class."""
    return -log_softmax(logits)[np.arange(len(labels)), labels].mean()


def cross_entropy_gradient(logits, labels, over=None):
    """Probabilities minus one-hot labels, over the size of the batch."""
    gradient = softmax(logits)
    gradient[np.arange(len(labels)), labels] -= 1
    return gradient / (len(labels) if over is None else over)


def naive_softmax(logits, axis=-1):
    """The quotient as it is written."""
    powers = np.exp(logits)
    return powers / powers.sum(axis=axis, keepdims=True)


def softmax_without_keepdims(logits):
    """Maxima and sums of the rows, laid along the rows."""
    powers = np.exp(logits - logits.max(axis=1))
    return powers / powers.sum(axis=1)


def picked(values, labels):
    """The entry of the true class in every row."""
    return values[np.arange(len(labels)), labels]


register(
    Exercise(
        name="02.softmax",
        signature="softmax(logits) -> probabilities",
        inputs=("logits",),
        outputs=("probabilities",),
        oracle=softmax,
        cases=lambda rng: ((logits,) for logits, _ in logit_cases(rng)),
        hints=(
            "Every row must sum to 1, every number lie between 0 and 1, also for scores of a thousand.",
            "Adding the same number to every score of a row changes nothing in the quotient. Which "
            "number makes "
            "the largest power harmless?",
        ),
        misconceptions=(
            Misconception("overflow", "Large scores overflow: exp(1000) is infinite.", naive_softmax),
            Misconception(
                "over the whole batch",
                "The whole batch sums to 1, but every image should, on its own.",
                lambda logits: softmax(logits.ravel()).reshape(logits.shape),
            ),
            Misconception(
                "over the images",
                "The columns sum to 1: the sum ran over the images, not over the classes.",
                lambda logits: softmax(logits, axis=0),
            ),
            Misconception(
                "sums along the wrong axis",
                "Each row's maximum and sum met a column: keepdims=True keeps them standing upright.",
                softmax_without_keepdims,
            ),
            Misconception(
                "no exponential",
                "The scores were divided by their sum without exp; negative scores come out negative.",
                lambda logits: logits / logits.sum(axis=1, keepdims=True),
            ),
            Misconception("logarithm", "These are logarithms of probabilities.", log_softmax),
        ),
    )
)

register(
    Exercise(
        name="02.cross_entropy",
        signature="cross_entropy(logits, labels) -> loss",
        inputs=("logits", "labels"),
        outputs=("loss",),
        oracle=cross_entropy,
        cases=logit_cases,
        hints=(
            "For one image the loss asks a single probability: that of the true class. What is it for scores "
            "that are all equal?",
            "log(exp(a) / sum(exp)) can be taken apart before any number is computed; then nothing "
            "overflows and "
            "no log of zero is left. The batch counts by its mean.",
        ),
        misconceptions=(
            Misconception(
                "sum instead of mean",
                "The losses of the batch were added up; their mean is asked for.",
                lambda logits, labels: cross_entropy(logits, labels) * len(labels),
            ),
            Misconception(
                "sign forgotten",
                "The loss is negative: a logarithm of a probability is, so the sign is turned.",
                lambda logits, labels: -cross_entropy(logits, labels),
            ),
            Misconception(
                "overflow",
                "With scores in the hundreds exp overflows, or a probability rounds to 0 and its "
                "logarithm is gone.",
                lambda logits, labels: -np.log(picked(naive_softmax(logits), labels)).mean(),
            ),
            Misconception(
                "every label for every image",
                "An index such as [:, labels] picks the scores of all labels for each image; pairs need "
                "np.arange(N) beside the labels.",
                lambda logits, labels: -log_softmax(logits)[:, labels].mean(),
            ),
            Misconception(
                "no softmax",
                "The scores were taken for probabilities.",
                lambda logits, labels: -np.log(np.abs(picked(logits, labels)) + 1e-12).mean(),
            ),
            Misconception(
                "probability instead of its logarithm",
                "It is one minus the probability of the true class; the logarithm is missing.",
                lambda logits, labels: 1 - picked(softmax(logits), labels).mean(),
            ),
            Misconception(
                "logarithm to base 2",
                "The logarithm has another base than e.",
                lambda logits, labels: cross_entropy(logits, labels) / np.log(2),
            ),
            Misconception(
                "mean over the classes too",
                "It was divided by the number of classes as well as by the number of images.",
                lambda logits, labels: cross_entropy(logits, labels) / logits.shape[1],
            ),
        ),
    )
)

register(
    Exercise(
        name="02.cross_entropy_gradient",
        signature="cross_entropy_gradient(logits, labels) -> dlogits",
        inputs=("logits", "labels"),
        outputs=("dlogits",),
        oracle=cross_entropy_gradient,
        cases=logit_cases,
        hints=(
            "Look at one row of the gradient: which score should rise, which should fall, and what "
            "does the row "
            "sum to?",
            "Compare the probabilities with the row they should have been (1 for the true class, "
            "else 0). The "
            "loss was a mean over the batch; that mean has a factor.",
        ),
        misconceptions=(
            Misconception(
                "mean of the batch lost",
                "The gradient is that of the summed loss: the factor of the mean over the batch is missing.",
                lambda logits, labels: cross_entropy_gradient(logits, labels, over=1),
            ),
            Misconception(
                "uphill",
                "The sign is turned: a step against this gradient would make the true class less likely.",
                lambda logits, labels: -cross_entropy_gradient(logits, labels),
            ),
            Misconception(
                "labels not subtracted",
                "These are the probabilities; that one class was the true one has not entered yet.",
                lambda logits, labels: softmax(logits) / len(labels),
            ),
            Misconception(
                "true class only",
                "Only the true class gets a gradient, but every other score also lowers its probability.",
                lambda logits, labels: (
                    cross_entropy_gradient(logits, labels) * np.eye(logits.shape[1])[labels]
                ),
            ),
            Misconception(
                "scores instead of probabilities",
                "The labels were subtracted from the scores, not from the probabilities.",
                lambda logits, labels: (logits - np.eye(logits.shape[1])[labels]) / len(labels),
            ),
            Misconception(
                "mean over everything",
                "It was divided by the number of images times the number of classes.",
                lambda logits, labels: cross_entropy_gradient(logits, labels, over=logits.size),
            ),
        ),
    )
)
