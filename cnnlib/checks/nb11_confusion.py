"""Exercise of notebook 11: the confusion matrix."""

import numpy as np

from cnnlib.checks import cases
from cnnlib.checks.exercise import Exercise, Misconception, register


def count_pairs(labels, guesses, num_classes):
    """Row: true class, column: guess."""
    return np.bincount(labels * num_classes + guesses, minlength=num_classes**2).reshape(num_classes, -1)


def confusion_cases(rng):
    """Labels, guesses, number of classes; some classes never occur."""
    yield np.array([0, 0, 1]), np.array([0, 1, 1]), 2
    yield np.array([2, 2, 2]), np.array([0, 0, 1]), 4
    for number in range(30):
        k = int(rng.integers(2, 6))
        yield (*rng.integers(0, k, (2, 3 + number)), k)
    for number in range(10):
        k = 3 + number % 8
        yield cases.labels_with_gaps(rng, 20 + number, k), cases.labels_with_gaps(rng, 20 + number, k), k
    yield (*rng.integers(0, 30, (2, 80)), 30)  # more cells than a byte can number
    yield rng.integers(0, 2, 700), np.zeros(700, int), 2  # more of a pair than a byte can count
    yield np.ones(40_001, int), np.full(40_001, 2), 3


def _shares(labels, guesses, num_classes):
    counts = count_pairs(labels, guesses, num_classes)
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


def _last_only(labels, guesses, num_classes):
    matrix = np.zeros((num_classes, num_classes), int)
    matrix[labels, guesses] += 1
    return matrix


def as_many_as_occur(labels, guesses, num_classes):
    """A square for the classes that occur, in a square as large as asked for."""
    present = np.unique(np.concatenate([labels, guesses]))
    matrix = np.zeros((num_classes, num_classes), int)
    number = np.searchsorted(present, labels), np.searchsorted(present, guesses)
    np.add.at(matrix, number, 1)
    return matrix


def both_ways(labels, guesses, num_classes):
    """Each pair in both of its places."""
    matrix = count_pairs(labels, guesses, num_classes)
    return matrix + matrix.T


register(
    Exercise(
        name="11.confusion_matrix",
        signature="confusion_matrix(labels, guesses, num_classes) -> matrix",
        inputs=("labels", "guesses", "num_classes"),
        outputs=("matrix",),
        oracle=count_pairs,
        cases=confusion_cases,
        hints=(
            "Start from a square of zeros and walk through both lists together, one image at a time.",
            "Each image adds one at row label and column guess. `matrix[labels, guesses] += 1` in one go"
            " counts a pair once however often it occurs: use a loop, np.add.at or np.bincount.",
        ),
        misconceptions=(
            Misconception(
                "rows and columns swapped",
                "Rows and columns are swapped: the true class is the row.",
                lambda labels, guesses, k: count_pairs(guesses, labels, k),
            ),
            Misconception(
                "each pair once",
                "Each pair is counted once at most: an indexed += does not add up repeats.",
                _last_only,
            ),
            Misconception("shares", "These are shares of each row; counts were asked for.", _shares),
            Misconception(
                "mistakes only",
                "Right guesses are missing from the diagonal.",
                lambda labels, guesses, k: count_pairs(labels, guesses, k) * (1 - np.eye(k, dtype=int)),
            ),
            Misconception(
                "classes counted that occur",
                "Rows and columns are those of the classes that occur; a class that does not has its zeros.",
                as_many_as_occur,
                (
                    lambda labels, guesses, k: as_many_as_occur(labels, guesses, len(np.unique(labels))),
                    lambda labels, guesses, k: count_pairs(labels, guesses, 1 + max(*labels, *guesses)),
                ),
            ),
            Misconception(
                "counted in bytes",
                "Large counts begin anew: a uint8 holds numbers up to 255, an int8 up to 127, an int16 up "
                "to 32,767.",
                lambda labels, guesses, k: count_pairs(labels, guesses, k).astype(np.uint8),
                (
                    lambda labels, guesses, k: count_pairs(labels, guesses, k).astype(np.int8),
                    lambda labels, guesses, k: count_pairs(labels, guesses, k).astype(np.int16),
                ),
            ),
            Misconception(
                "both ways added",
                "A mistake is counted at (label, guess) and at (guess, label); only the first is meant.",
                lambda labels, guesses, k: (
                    count_pairs(labels, guesses, k) * np.eye(k, dtype=int)
                    + both_ways(labels, guesses, k) * (1 - np.eye(k, dtype=int))
                ),
                (both_ways,),
            ),
            Misconception(
                "one image missing",
                "An image is left out, the last or the first.",
                lambda labels, guesses, k: count_pairs(labels[:-1], guesses[:-1], k),
                (lambda labels, guesses, k: count_pairs(labels[1:], guesses[1:], k),),
            ),
            Misconception(
                "shares of all",
                "These are shares of all images; counts were asked for.",
                lambda labels, guesses, k: count_pairs(labels, guesses, k) / len(labels),
            ),
            Misconception(
                "shares of each column",
                "These are shares of each column; counts were asked for.",
                lambda labels, guesses, k: (
                    count_pairs(labels, guesses, k)
                    / np.maximum(count_pairs(labels, guesses, k).sum(axis=0), 1)
                ),
            ),
            Misconception(
                "guesses alone",
                "Each row counts all guesses, whatever the label.",
                lambda labels, guesses, k: np.tile(np.bincount(guesses, minlength=k), (k, 1)),
            ),
            Misconception(
                "diagonal only",
                "Only right guesses are counted.",
                lambda labels, guesses, k: count_pairs(labels, guesses, k) * np.eye(k, dtype=int),
            ),
        ),
    )
)
