"""What is right in notebook 02."""

from functools import cache

import numpy as np

from cnnlib.data import load_digits
from cnnlib.experiments.first_losses import first_losses, loss_and_gradient
from cnnlib.nn import functional as F


@cache
def learned_from_nine_in_ten():
    """What a linear softmax says first when nine of ten images are ones: the place of the choice."""
    digits = load_digits()
    x, y = digits.x_train.reshape(len(digits.x_train), -1), digits.y_train
    ones, others = np.flatnonzero(y == 1), np.flatnonzero(y != 1)
    pick = np.concatenate([ones[:90], others[:10]])
    weights = np.zeros((x.shape[1] + 1, 10))
    rows = np.hstack([x[pick], np.ones((len(pick), 1))])
    for _ in range(3):
        p = F.softmax(rows @ weights)
        p[np.arange(len(pick)), y[pick]] -= 1
        weights -= 0.1 * rows.T @ p / len(pick)
    said = (np.hstack([x, np.ones((len(x), 1))]) @ weights).argmax(axis=1)
    return 0 if np.mean(said == 1) > 0.99 else 1


def test_pixels():
    """How test pixels lie once the training pixels are normalised: the place of the choice."""
    digits = load_digits()
    own = digits.hold_back(300).x_train
    mean, deviation = own.mean(), own.std()
    normalised = (digits.x_test - mean) / deviation
    off = max(abs(normalised.mean()), abs(normalised.std() - 1))
    return 0 if off < 1e-6 else 1 if off < 0.2 else 2


def sevens_right(said):
    """Sevens that the network without sevens reads right, as the cell below the card counts them."""
    return int((said == 7).sum())


def moved_right(moved_shares):
    """Per cent right on moved digits of the network trained on centred ones, from the cell below."""
    return 100 * moved_shares["centred"]


def half_squared_by_hand():
    """Half squared error of the probabilities 0.7, 0.2 and 0.1 where class 0 is true."""
    return 0.5 * float(np.square([0.7 - 1, 0.2, 0.1]).sum())


def squared_pull():
    """How hard half the squared error pulls at the true class's score, at -6 against 6."""
    return float(abs(loss_and_gradient(np.array([-6.0, 6.0, 0.0]), 0, "half squared error")[1][0]))


@cache
def steps_out(kind="half squared error"):
    """Steps of 1 until the true class has half of the probability, from scores of -6, 6 and 0."""
    z, steps = np.array([-6.0, 6.0, 0.0]), 0
    while F.softmax(z)[0] < 0.5:
        z -= loss_and_gradient(z, 0, kind)[1]
        steps += 1
    return steps


@cache
def where_first_losses_lie():
    """How many of 200 first losses lie above ln 10: the place of the choice, the nearest number."""
    above = int((np.asarray(first_losses()) > np.log(10)).sum())
    return int(np.argmin([abs(above - number) for number in (20, 100, 185)]))


def infinity_by_infinity():
    """What an infinity divided by another is: the place of the choice."""
    with np.errstate(all="ignore"):
        quotient = float(np.float64(np.inf) / np.float64(np.inf))
    return 3 if np.isnan(quotient) else 2 if np.isinf(quotient) else 1 if quotient == 1 else 0


def first_loss(classes):
    """Loss of giving each class the same probability."""
    return float(np.log(classes))


def cross_entropy_of(p):
    """Cross-entropy where the truth gets the probability p (per cent)."""
    return float(-np.log(p / 100))


def gradient_of(p):
    """Gradient of cross-entropy by the true class's score, where it gets p per cent."""
    return p / 100 - 1


def half_squared(a, b):
    """Half squared error of two classes, the first one true, given in per cent."""
    return 0.5 * ((a / 100 - 1) ** 2 + (b / 100) ** 2)
