"""Exercises of notebook 02, the loss: cross-entropy and its gradient."""

import numpy as np

from cnnlib.checks.exercise import Exercise, Misconception, register
from cnnlib.checks.nb02 import logit_cases, naive_softmax
from cnnlib.nn.functional import log_softmax, softmax


def cross_entropy(logits, labels):
    """Mean of minus the log probability of the true class."""
    return -log_softmax(logits)[np.arange(len(labels)), labels].mean()


def cross_entropy_gradient(logits, labels, over=None):
    """Probabilities minus one-hot labels, over the size of the batch."""
    gradient = softmax(logits)
    gradient[np.arange(len(labels)), labels] -= 1
    return gradient / (len(labels) if over is None else over)


def picked(values, labels):
    """The entry of the true class in every row."""
    return values[np.arange(len(labels)), labels]


def shifted_loss(logits, labels, shift):
    """By log-sum-exp, of scores shifted by a number or a column."""
    shifted = logits - shift
    return (np.log(np.exp(shifted).sum(axis=1)) - picked(shifted, labels)).mean()


def at_least_zero(logits):
    """The largest score of each row, 0 for a row of negative ones."""
    return logits.max(axis=1, keepdims=True, initial=0)


def floor_of(least):
    """The loss with probabilities of at least so much."""
    return lambda logits, labels: -np.log(np.maximum(picked(softmax(logits), labels), least)).mean()


def both_sides(logits, labels):
    """A yes-or-no loss for every class."""
    p, one_hot = softmax(logits), np.eye(logits.shape[1])[labels]
    return -np.log(np.where(one_hot > 0, p, 1 - p)).sum(axis=1).mean()


def less_one_hot(probabilities, labels):
    """Probabilities minus one-hot rows, over the batch."""
    return (probabilities - np.eye(probabilities.shape[1])[labels]) / len(labels)


def subtracted_everywhere(logits, labels):
    """One less at all labels in all rows."""
    gradient = softmax(logits)
    gradient[:, labels] -= 1
    return gradient / len(labels)


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
                "largest of the whole batch",
                "The largest score of the whole batch was subtracted; in a row far below it all powers "
                "are 0, and so is their sum.",
                lambda logits, labels: shifted_loss(logits, labels, logits.max()),
            ),
            Misconception(
                "zero instead of a negative maximum",
                "A maximum below zero was taken as 0; in a row far below zero all powers are then 0, and so "
                "is their sum.",
                lambda logits, labels: shifted_loss(logits, labels, at_least_zero(logits)),
            ),
            Misconception(
                "probability kept above a floor",
                "A small number was added before the logarithm, or the probability cut to a floor: a sure "
                "mistake then costs too little.",
                lambda logits, labels: -np.log(picked(softmax(logits), labels) + 1e-12).mean(),
                tuple(floor_of(least) for least in (1e-15, 1e-12, 1e-10, 1e-8, 1e-7, 1e-300)),
            ),
            Misconception(
                "likeliest class",
                "It is the loss for the class the network thinks likeliest; the label has no say.",
                lambda logits, labels: cross_entropy(logits, logits.argmax(axis=1)),
            ),
            Misconception(
                "all classes",
                "The other classes add terms log(1 - p) of their own; here only the true class counts.",
                both_sides,
            ),
            Misconception(
                "logarithm of the mean",
                "The probabilities were averaged before the logarithm; the mean is of the logarithms.",
                lambda logits, labels: -np.log(picked(softmax(logits), labels).mean()),
            ),
            Misconception(
                "over the images",
                "The probabilities sum to 1 over the images; they should over the classes of each image.",
                lambda logits, labels: -picked(log_softmax(logits, axis=0), labels).mean(),
            ),
            Misconception(
                "overflow",
                "With scores in the hundreds exp overflows, or a probability rounds to 0 and its "
                "logarithm is gone.",
                lambda logits, labels: -np.log(picked(naive_softmax(logits), labels)).mean(),
                (
                    lambda logits, labels: -np.log(picked(softmax(logits), labels)).mean(),
                    lambda logits, labels: shifted_loss(logits, labels, 0),
                    lambda logits, labels: shifted_loss(logits, labels, logits[:, :1]),
                    lambda logits, labels: shifted_loss(logits, labels, logits.min(axis=1, keepdims=True)),
                    lambda logits, labels: shifted_loss(logits, labels, picked(logits, labels)[:, None]),
                ),
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
                "largest of the whole batch",
                "The largest score of the whole batch was subtracted; a row far below it becomes 0 / 0.",
                lambda logits, labels: less_one_hot(naive_softmax(logits - logits.max()), labels),
            ),
            Misconception(
                "zero instead of a negative maximum",
                "A maximum below zero was taken as 0; a row far below zero then becomes 0 / 0.",
                lambda logits, labels: less_one_hot(naive_softmax(logits - at_least_zero(logits)), labels),
            ),
            Misconception(
                "overflow",
                "Large scores overflow in exp; subtract the largest of each row first.",
                lambda logits, labels: less_one_hot(naive_softmax(logits), labels),
            ),
            Misconception(
                "every label for every image",
                "An index such as [:, labels] subtracts 1 at the labels of all images in every row; pairs "
                "need np.arange(N) beside the labels.",
                subtracted_everywhere,
            ),
            Misconception(
                "divided twice",
                "It is divided by the size of the batch twice.",
                lambda logits, labels: cross_entropy_gradient(logits, labels, over=len(labels) ** 2),
            ),
            Misconception(
                "mean over the classes",
                "It was divided by the number of classes; the mean is over the images.",
                lambda logits, labels: cross_entropy_gradient(logits, labels, over=logits.shape[1]),
            ),
            Misconception(
                "over the images",
                "The probabilities sum to 1 over the images; they should over the classes of each image.",
                lambda logits, labels: less_one_hot(softmax(logits, axis=0), labels),
            ),
            Misconception(
                "slope of the probability",
                "A factor p (1 - p) is in it; the logarithm of the loss takes that away again.",
                lambda logits, labels: (
                    cross_entropy_gradient(logits, labels) * softmax(logits) * (1 - softmax(logits))
                ),
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
