"""Exercises of notebook 02, the loss: softmax."""

import numpy as np

from cnnlib.checks import cases
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
    yield from odd_logits(rng)


def odd_logits(rng):
    """Rows far apart or all negative, ties, classes that never occur, and one batch of 600 images."""
    yield np.array([[-900.0, -901.0]]), np.array([1])
    yield np.array([[0.5, 0.0], [-800.0, -802.0]]), np.array([0, 1])
    for number in range(12):
        rows, classes = 2 + number // 2, 3 + number % 4
        yield cases.uneven_rows(rng, rows, classes), cases.labels_with_gaps(rng, rows, classes)
        yield 50 * cases.negative(rng, (rows, classes)), np.full(rows, classes - 1)
        yield cases.tied(rng, (rows, classes)), cases.labels_with_gaps(rng, rows, classes)
    yield rng.normal(size=(600, 3)), cases.labels_with_gaps(rng, 600, 3)
    for classes in (2, 5, 13, 30):  # the largest score stands in each place once, too large even for 80 bits
        yield rng.normal(size=(4, classes)), classes - 1 - rng.integers(0, 2, 4)
        for height in (900.0, 20_000.0):
            scores = rng.normal(size=(classes, classes)) + height * np.eye(classes)
            yield scores, rng.permutation(classes)


def naive_softmax(logits, axis=-1):
    """The quotient as it is written."""
    powers = np.exp(logits)
    return powers / powers.sum(axis=axis, keepdims=True)


def softmax_without_keepdims(logits):
    """Maxima and sums of the rows, laid along the rows."""
    powers = np.exp(logits - logits.max(axis=1))
    return powers / powers.sum(axis=1)


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
            Misconception(
                "largest of the whole batch",
                "The largest score of the whole batch was subtracted; a row far below it underflows to "
                "0 / 0. Each row has its own.",
                lambda logits: naive_softmax(logits - logits.max()),
            ),
            Misconception(
                "zero instead of a negative maximum",
                "A maximum below zero was taken as 0, or by its size; a row far below zero then "
                "underflows to 0 / 0.",
                lambda logits: naive_softmax(logits - np.maximum(0, logits.max(axis=1, keepdims=True))),
                (lambda logits: naive_softmax(logits - np.abs(logits).max(axis=1, keepdims=True)),),
            ),
            Misconception(
                "largest of each column",
                "The largest score of each class was subtracted; the shift must be one number for a row.",
                lambda logits: naive_softmax(logits - logits.max(axis=0)),
            ),
            Misconception(
                "smallest, middle or first subtracted",
                "The smallest, the mean or the first score was subtracted; the largest power may overflow.",
                lambda logits: naive_softmax(logits - logits.min(axis=1, keepdims=True)),
                (
                    lambda logits: naive_softmax(logits - logits.mean(axis=1, keepdims=True)),
                    lambda logits: naive_softmax(logits - logits[:, :1]),
                ),
            ),
            Misconception(
                "scores cut off",
                "Large scores were cut to a limit; then two scores above it count as equal.",
                lambda logits: naive_softmax(np.clip(logits, -500, 500)),
                (lambda logits: naive_softmax(np.minimum(logits, 700)),),
            ),
            Misconception(
                "divided by the maximum",
                "The scores were divided by their maximum; that changes the quotient, subtracting does not.",
                lambda logits: naive_softmax(logits / np.abs(logits).max(axis=1, keepdims=True)),
                (lambda logits: naive_softmax(logits / logits.max(axis=1, keepdims=True)),),
            ),
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
