"""Exercise of notebook 12: the expected calibration error."""

import numpy as np

from cnnlib.checks import cases
from cnnlib.checks.exercise import Exercise, Misconception, register
from cnnlib.nn.functional import softmax
from cnnlib.training.calibration import expected_calibration_error


def calibration_cases(rng):
    """Probabilities, labels and a number of bins; some confidences are 1.

    Others lie on the edge of a bin only where the edge is an exact binary fraction.
    """
    yield np.array([[0.93, 0.07]]), np.array([0]), 10
    yield np.array([[0.93, 0.07], [0.26, 0.74]]), np.array([0, 0]), 10
    yield np.array([[1.0, 0.0], [0.35, 0.65], [0.65, 0.35]]), np.array([1, 1, 1]), 5
    for number in range(40):
        rows, classes = 2 + number, 2 + number % 5
        bins = int(rng.choice([1, 2, 4, 5, 10, 15]))
        p = softmax(rng.normal(size=(rows, classes)) * 3)
        if number % 4 == 0:
            p[0] = np.eye(classes)[rng.integers(classes)]
        sure = p.max(axis=1) * bins
        p = p[(np.abs(sure - sure.round()) > 1e-3) | (p.max(axis=1) == 1)]
        if len(p):
            yield p, cases.labels_with_gaps(rng, len(p), classes), bins
    for number in range(12):
        sure = rng.choice([0.5, 0.625, 0.75, 0.875, 0.7, 0.8, 1.0], 4 + number)
        p = np.stack([sure, 0.7 * (1 - sure), 0.3 * (1 - sure)], axis=1)
        yield np.roll(p, number, axis=1), rng.integers(0, 3, len(p)), (2, 4, 8)[number % 3]


def other_probabilities(p, labels, bins):
    """The rows from the last to the first, each nearer to having no opinion."""
    return 0.83 * p[::-1] + 0.17 / p.shape[1], labels, bins


def gaps(p, labels, bins, sure=None, outer=None):
    """Per bin: how many, and accuracy minus confidence."""
    sure = p.max(axis=1) if sure is None else sure
    right = p.argmax(axis=1) == labels
    place = np.clip(np.ceil(sure * bins).astype(int) - 1, 0, bins - 1) if outer is None else outer(sure)
    filled = [b for b in range(bins) if (place == b).any()]
    counts = np.array([(place == b).sum() for b in filled])
    differences = np.array([right[place == b].mean() - sure[place == b].mean() for b in filled])
    return counts, differences


def unweighted(p, labels, bins):
    return float(np.abs(gaps(p, labels, bins)[1]).mean())


def over_all_bins(p, labels, bins):
    return float(np.abs(gaps(p, labels, bins)[1]).sum() / bins)


def signed(p, labels, bins):
    counts, differences = gaps(p, labels, bins)
    return float(counts @ differences / len(p))


def one_bin(p, labels, bins):
    return abs(signed(p, labels, bins))


def largest_gap(p, labels, bins):
    return float(np.abs(gaps(p, labels, bins)[1]).max())


def of_the_label(p, labels, bins):
    counts, differences = gaps(p, labels, bins, sure=p[np.arange(len(p)), labels])
    return float(counts @ np.abs(differences) / len(p))


def from_the_middle(p, labels, bins):
    sure, right = p.max(axis=1), p.argmax(axis=1) == labels
    place = np.clip(np.ceil(sure * bins).astype(int) - 1, 0, bins - 1)
    middles = (np.arange(bins) + 0.5) / bins
    total = sum(
        (place == b).mean() * abs(right[place == b].mean() - middles[b])
        for b in range(bins)
        if (place == b).any()
    )
    return float(total)


def full_ones_lost(p, labels, bins):
    counts, differences = gaps(p, labels, bins, outer=lambda sure: np.floor(sure * bins).astype(int))
    return float(counts @ np.abs(differences) / len(p)) if len(counts) else 0.0


def upper_bins(p, labels, bins):
    last = bins - 1
    counts, differences = gaps(p, labels, bins, outer=lambda sure: np.minimum(sure * bins, last).astype(int))
    return float(counts @ np.abs(differences) / len(p))


def summed(p, labels, bins):
    counts, differences = gaps(p, labels, bins)
    return float(counts @ np.abs(differences))


def image_by_image(p, labels, bins):
    return float(np.abs((p.argmax(axis=1) == labels) - p.max(axis=1)).mean())


def nothing_empty(p, labels, bins):
    """NaN as soon as one bin is empty."""
    return expected_calibration_error(p, labels, bins) if len(gaps(p, labels, bins)[0]) == bins else np.nan


register(
    Exercise(
        name="12.expected_calibration_error",
        signature="expected_calibration_error(probabilities, labels, bins) -> ece",
        inputs=("probabilities", "labels", "bins"),
        outputs=("ece",),
        oracle=expected_calibration_error,
        cases=calibration_cases,
        other=other_probabilities,
        hints=(
            "Two numbers for each image come first: how sure the network is (the largest probability of its"
            " row), and whether the guess (where that probability stands) is right.",
            "For each bin that is not empty: its share of all images, times the distance between the mean of"
            " the confidences in it and the share of right guesses in it. Then add up.",
        ),
        misconceptions=(
            Misconception(
                "all bins count alike",
                "Every bin has the same weight; a bin should weigh as much as the share of images in it.",
                unweighted,
                (over_all_bins,),
            ),
            Misconception(
                "the gaps may cancel",
                "Bins that are too sure and too modest ones cancel: the size of each gap is asked for.",
                signed,
                (one_bin,),
            ),
            Misconception(
                "the largest gap",
                "This is the largest gap of all bins; their mean is asked for.",
                largest_gap,
            ),
            Misconception(
                "confidence in the true class",
                "The label's probability was taken for the confidence; it is that of the guess, the largest.",
                of_the_label,
            ),
            Misconception(
                "middle of the bin",
                "A bin's confidence was taken to be its middle; it is the mean of the confidences in it.",
                from_the_middle,
            ),
            Misconception(
                "full confidence lost",
                "A guess with a confidence of exactly 1 falls into no bin; it belongs to the last.",
                full_ones_lost,
            ),
            Misconception(
                "never divided by the number of images",
                "The gaps were multiplied by counts; they are to be multiplied by shares of all images.",
                summed,
            ),
            Misconception(
                "edges in the upper bin",
                "A confidence on the edge of two bins was put into the upper one; it belongs to the lower.",
                upper_bins,
            ),
            Misconception(
                "image by image",
                "A single image is either right or not, never 80 %: means are compared within a bin.",
                image_by_image,
            ),
            Misconception(
                "mean of nothing",
                "An empty bin has no mean: its NaN spoils the sum. Leave empty bins out.",
                nothing_empty,
            ),
        ),
    )
)
