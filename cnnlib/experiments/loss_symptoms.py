"""Loss curves that tell what is the matter: short real trainings, one healthy, the others with one fault."""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import numpy as np

from cnnlib.data import load_digits
from cnnlib.experiments.memorising import memorise
from cnnlib.networks import add_dropout, small_cnn
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.nn.training import evaluate, train_step

BATCH, EPOCHS, RATE = 32, 4, 0.05
#: Steps from one look at the validation images to the next.
LOOK = 6


class Curve(NamedTuple):
    """The losses of a run.

    Attributes
    ----------
    steps, train : array
        Steps done and the loss of each batch (or mean of an epoch).
    seen, validation : array
        Steps at which the validation images were looked at, and their loss.
    """

    steps: np.ndarray
    train: np.ndarray
    seen: np.ndarray
    validation: np.ndarray


class Symptom(NamedTuple):
    """What a loss curve looks like, where to look, and the run that shows it.

    Attributes
    ----------
    seen : str
        What the curve does.
    look : str
        What is likely the matter, and what to do about it.
    run : callable
        ``run() -> Curve``, a training with just that.
    top, bottom : float
        Losses at the upper and lower edge of a picture.
    """

    seen: str
    look: str
    run: Callable
    top: float = 3.2
    bottom: float = 0.0


def run_with(*, rate=RATE, weights=1.0, brightness=1.0, dropout=0.0, order="shuffled"):
    """Train the small network on the 8x8 digits for four epochs, with one thing changed.

    Parameters
    ----------
    rate : float
        Of SGD with momentum 0.9.
    weights, brightness : float
        What the first weights, and all pixels, are multiplied by.
    dropout : float
    order : str
        ``"shuffled"``; ``"sorted"`` by their labels, in every epoch; or ``"labels moved"``: labels in a new
        order and images not.

    Returns
    -------
    Curve

    Examples
    --------
    >>> curve = run_with()
    >>> bool(curve.train[0] > 2), bool(curve.train[-9:].mean() < 0.3)
    (True, True)
    """
    split, rng, loss = load_digits().hold_back(300), np.random.default_rng(0), CrossEntropyLoss()
    x, y = split.x_train * np.float32(brightness), split.y_train
    unseen = split.x_test * np.float32(brightness)
    model = small_cnn(0)
    model = add_dropout(model, p=dropout, rng=1) if dropout else model
    for array in model.arrays().values():
        array *= np.float32(weights)
    optimizer, losses, looks = SGD(rate, momentum=0.9), [], []
    labels = rng.permutation(y) if order == "labels moved" else y
    for _ in range(EPOCHS):
        places = np.argsort(y, kind="stable") if order == "sorted" else rng.permutation(len(x))
        for start in range(0, len(x), BATCH):
            batch = places[start : start + BATCH]
            losses.append(train_step(model, loss, optimizer, x[batch], labels[batch])[0])
            if len(losses) % LOOK == 0:
                looks.append(evaluate(model, loss, unseen, split.y_test).loss)
    steps = np.arange(1, len(losses) + 1)
    return Curve(steps, np.array(losses), steps[LOOK - 1 :: LOOK], np.array(looks))


def by_heart():
    """Two hundred images, a fifth of the labels drawn at random, for 60 epochs; means of three seeds."""
    curves, epochs = memorise(200, 0.2), np.arange(61)
    return Curve(epochs, curves.train_loss.mean(axis=0), epochs, curves.validation_loss.mean(axis=0))


SYMPTOMS = {
    "healthy": Symptom(
        "Falls fast, then slower; both curves stay together.",
        "Nowhere. Go on as long as the validation loss falls.",
        run_with,
    ),
    "flat": Symptom(
        "Stays at 2.30, the logarithm of ten; hardly any weight has a gradient.",
        "Nothing arrives at the weights. Are they all zero, or all units dead? Does the optimizer step, with"
        " this network's parameters? Print the size of each gradient.",
        lambda: run_with(weights=0.0),
        2.6,
        2.0,
    ),
    "labels moved": Symptom(
        "Stays around 2.30, though the gradients are not small.",
        "Images and labels do not belong together: both must be put in the new order. Look at a batch.",
        lambda: run_with(order="labels moved"),
        2.6,
        2.0,
    ),
    "creeps": Symptom(
        "Falls, but creeps.", "The rate is too low. Try ten times as much.", lambda: run_with(rate=1e-3)
    ),
    "restless": Symptom(
        "Falls, then leaps up again and again.",
        "The rate is too high, or the batch too small. Halve the rate, or let it fall.",
        lambda: run_with(rate=0.2),
    ),
    "thrown": Symptom(
        "Is thrown far up in the first steps and then stays above 2.30, or is no number any more.",
        "The rate is far too high: units are dead or weights infinite. Begin afresh with a hundredth of it.",
        lambda: run_with(rate=3.0),
        20,
    ),
    "starts high": Symptom(
        "Begins far above 2.30.",
        "The first guesses are sure of themselves: pixels are not between 0 and 1, or the first weights are"
        " too large.",
        lambda: run_with(rate=0.005, brightness=16),
        16,
    ),
    "teeth": Symptom(
        "Repeats a pattern in every epoch, and hardly falls.",
        "The images are not shuffled: a batch holds one or two classes alone.",
        lambda: run_with(order="sorted", rate=0.002),
        3.2,
        1.5,
    ),
    "apart": Symptom(
        "The training loss falls on and on; the validation loss turns and climbs.",
        "Images are learned by heart: here 200 images, in 60 epochs. Take more images, distort them a"
        " little, or stop at the lowest point.",
        by_heart,
        2.5,
    ),
    "below": Symptom(
        "The validation loss lies below the training loss.",
        "Often nothing. Dropout and distorted images make it harder to be right in training than afterwards."
        " And where the training loss is a mean over an epoch, it counts the beginning of the epoch too."
        " Otherwise: are training images among the validation images?",
        lambda: run_with(dropout=0.5),
    ),
}


@cache
def symptom_curves():
    """Run all of them: a mapping of the names in `SYMPTOMS` to a `Curve`, in a few seconds."""
    return {name: symptom.run() for name, symptom in SYMPTOMS.items()}
