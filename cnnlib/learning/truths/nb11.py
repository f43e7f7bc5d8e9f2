"""What is right in notebook 11."""

import re

import numpy as np

from cnnlib.networks.recipes import accuracy_table
from cnnlib.nn.optim import SGD, Parameter

DIGITS = (0, 1, 6, 8)


def unseen_right(unseen):
    """Per cent of the unseen images right after twenty were learned by heart, from the cell below."""
    return 100 * unseen.accuracy


def longest_in_the_corner(student, validation):
    """Which of the digits 0, 1, 6 and 8 the network trained above the card misses most: the place."""
    images, labels = validation
    missed = student.predict(images) != labels
    return int(np.argmax([missed[labels == digit].mean() for digit in DIGITS]))


def spread_of_seeds(shares):
    """Standard deviation of the seeds, in points of accuracy, from the cell below."""
    return float(100 * np.std(shares, ddof=1))


def what_decides_a_seven(reader, images):
    """Where covering costs most of a seven's probability, over sixty test sevens: the place of the choice."""
    sevens = images.x_test[images.y_test == 7][:60]
    size = images.x_test.shape[-1]
    patch = max(2, size // 4)
    corners = range(0, size - patch + 1, max(1, patch // 2))
    places = [(row, column) for row in corners for column in corners]
    chances = []
    for row, column in places:
        covered = sevens.copy()
        covered[..., row : row + patch, column : column + patch] = 0
        chances.append(reader.predict_proba(covered)[:, 7])
    rows = np.array([places[i][0] + patch / 2 for i in np.argmin(chances, axis=0)])
    low = float((rows > size / 2).mean())
    return 1 if low > 0.8 else 0 if low < 0.2 else 2


def random_filters(control):
    """Per cent right with frozen random filters, from the cell below."""
    return 100 * control.mean("frozen random filters")


def fewest_mistakes():
    """Which row of the accuracy table has the smallest mean error: its place."""
    return int(np.argmin([float(mean) for mean in re.findall(r"\*\*([\d.]+) ±", accuracy_table())]))


def what_must_be_kept():
    """How much a file must hold for a training to go on as without a break: the place of the choice."""
    files = (set(), {"velocity"}, {"velocity", "step", "generator"})
    return next(place for place, kept in enumerate(files) if _end(kept) == _end(None))


def _end(kept):
    """The weight after six steps, broken off after three unless `kept` is None; then so much is kept."""
    rng, rule, w, before = np.random.default_rng(0), SGD(0.1, momentum=0.9), np.array([1.0]), 0
    for step in range(6):
        if kept is not None and step == 3:
            rng = rng if "generator" in kept else np.random.default_rng(0)
            rule = rule if "velocity" in kept else SGD(0.1, momentum=0.9)
            before = before if "step" in kept else step
        rule.lr = 0.1 / (1 + step - before)
        rule.step([Parameter("w", w, w + rng.normal(size=1))])
    return float(w[0])


def points_per_image(images):
    """What one image more or less is in points of accuracy."""
    return 100 / images


def confused(a, b):
    """Accuracy of a confusion matrix of two classes with a and b on the diagonal, 10 images each."""
    return 100 * (a + b) / 20


def baseline(share):
    """Accuracy of always saying the most frequent class."""
    return share
