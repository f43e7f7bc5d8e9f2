"""What is right in notebook 12."""

import numpy as np

from cnnlib.nn.functional import dropout_forward
from cnnlib.nn.optim import Adam, Parameter

REMEDIES = ("nothing", "dropout", "weight decay", "label smoothing", "augmentation", "more data")


def by_heart(made_up):
    """Per cent of the made-up labels right after the last epoch, from the cell below."""
    return 100 * float(made_up.train[:, -1].mean())


def way_of_the_curve(noisy):
    """Whether the validation share stays at its top, falls again, or never rises: the place of the choice."""
    share = noisy.validation.mean(axis=0)
    if share.max() < 0.2:
        return 2
    return 1 if share.max() - share[-1] > 0.02 else 0


def pulled_most():
    """Which of two weights Adam with L2 brings nearer to zero: the place of the choice."""
    rule, w, dw = Adam(0.01, weight_decay=0.1), np.array([1.0, 1.0]), np.array([10.0, 0.1])
    for step in range(1000):
        rule.step([Parameter("w", w, dw * (-1) ** step)])
    first, second = np.abs(w)
    return 2 if abs(first - second) < 0.05 else int(second < first)


def one_that_is_kept():
    """What dropout with p = 0.5 makes of a one that it keeps."""
    return float(dropout_forward(np.ones(1000), 0.5, np.random.default_rng(0))[0].max())


def order_of_remedies(study):
    """The remedies by their mean accuracy, the best first, from the cell below."""
    return sorted(REMEDIES, key=lambda name: -study.mean(name))


def sure_on_average(p):
    """Mean confidence on the validation images, per cent, from the cell above."""
    return 100 * float(p.max(axis=1).mean())


def side_of_smoothing(temperatures):
    """Whether the network trained with label smoothing is too sure, right or too modest: the place."""
    fitted = temperatures["label smoothing"]
    return 0 if min(fitted) > 1.05 else 2 if max(fitted) < 0.95 else 1


def gap(train, unseen):
    """Training share minus validation share."""
    return train - unseen


def kept_factor(p):
    """What dropout multiplies by what it keeps."""
    return 1 / (1 - p)


def decay_share(lr, decay):
    """The share that decoupled decay takes in a step, per cent."""
    return 100 * lr * decay


def ece_of_two(a, b):
    """Calibration error of two halves, 90 % sure and a % right, 60 % sure and b % right."""
    return (abs(90 - a) + abs(60 - b)) / 2


def wanted_probability(eps, classes):
    """What label smoothing wants for the label."""
    return 1 - eps + eps / classes
