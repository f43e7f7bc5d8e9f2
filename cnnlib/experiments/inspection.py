"""What did a trained network learn? Maps and counts as plain arrays; nothing is drawn here."""

from typing import NamedTuple

import numpy as np

from cnnlib.nn.functional import softmax


def confusion_matrix(labels, guesses, num_classes=None):
    """Count how often images of each class were taken for each class.

    Parameters
    ----------
    labels, guesses : array of int, shape (N,)
    num_classes : int, optional
        One more than the largest number that occurs, when not given.

    Returns
    -------
    array of int, shape (K, K)
        Row: true class; column: guess. The diagonal counts the right ones.

    Examples
    --------
    >>> confusion_matrix([0, 0, 1, 2], [0, 1, 1, 1])
    array([[1, 1, 0],
           [0, 1, 0],
           [0, 1, 0]])
    """
    labels, guesses = _labels("labels", labels), _labels("guesses", guesses)
    if labels.shape != guesses.shape:
        raise ValueError(f"guesses must have the shape of labels, {labels.shape}, got {guesses.shape}")
    largest = max(labels.max(initial=0), guesses.max(initial=0))
    k = largest + 1 if num_classes is None else num_classes
    if largest >= k:
        raise ValueError(
            f"num_classes must be above every label and guess, the largest is {largest}, got {k}"
        )
    return np.bincount(labels * k + guesses, minlength=k * k).reshape(k, k)


class Mistakes(NamedTuple):
    """Wrong guesses, the most confident first: arrays of equal length."""

    index: np.ndarray  # place of the image
    label: np.ndarray  # what it is
    guess: np.ndarray  # what it was taken for
    confidence: np.ndarray  # the probability given to the guess


def worst_mistakes(model, x, y, count=None):
    """Find the images that a network gets wrong, the most confidently wrong first.

    Parameters
    ----------
    model : Sequential
    x : array, shape (N, C, H, W)
    y : array of int, shape (N,)
        Labels.
    count : int, optional
        How many at most; all, when not given.

    Returns
    -------
    Mistakes

    Examples
    --------
    >>> from cnnlib import load_digits
    >>> from cnnlib.networks import load_digits_cnn
    >>> digits = load_digits()
    >>> wrong = worst_mistakes(load_digits_cnn(), digits.x_test, digits.y_test, count=3)
    >>> bool((wrong.label != wrong.guess).all()), bool((np.diff(wrong.confidence) <= 0).all())
    (True, True)
    """
    p, y = model.predict_proba(x), _labels("y", y)
    if len(y) != len(p):
        raise ValueError(f"y must hold {len(p)} labels, one an image, got {len(y)}")
    guess = p.argmax(axis=1)
    confidence = p[np.arange(len(p)), guess]
    wrong = np.flatnonzero(guess != y)
    wrong = wrong[np.argsort(-confidence[wrong], kind="stable")][:count]
    return Mistakes(wrong, y[wrong], guess[wrong], confidence[wrong])


def saliency(model, x, target=None):
    """How much each pixel matters to a class: the size of the gradient of its logit by the pixel.

    ``|d logit[n, target[n]] / d x[n, c, i, j]|``, the largest over the channels. It answers for tiny changes
    of single pixels only. Source: Simonyan, Vedaldi and Zisserman, "Deep inside convolutional networks",
    2014, arXiv:1312.6034.

    Parameters
    ----------
    model : Sequential
        Not changed.
    x : array, shape (N, C, H, W)
    target : int or array of int, shape (N,), optional
        The class asked about; each image's own guess, when not given.

    Returns
    -------
    array, shape (N, H, W)

    Examples
    --------
    >>> from cnnlib import load_digits, small_cnn
    >>> saliency(small_cnn(rng=0), load_digits().x_test[:5]).shape
    (5, 8, 8)
    """
    probe = model.copy()  # the network itself keeps what it remembers
    logits = probe.forward(x)
    dy = np.zeros_like(logits)
    dy[np.arange(len(x)), _targets(target, logits)] = 1
    return np.abs(probe.backward(dy)).max(axis=1)


def occlusion(model, x, size=3, stride=1, fill=0.0, target=None, logit=False):
    """How much the probability of a class, or its logit, falls when a square of the image is covered.

    Each value is ``p(target | whole image) - p(target | square covered)``: positive where the covered part
    spoke for the class. Source: Zeiler and Fergus, "Visualizing and understanding convolutional networks",
    2014, arXiv:1311.2901.

    Parameters
    ----------
    model : Sequential
    x : array, shape (N, C, H, W)
    size, stride : int
        Side of the square and its step, in pixels.
    fill : float
        Value that covers; 0 is the paper of the digits.
    target : int or array of int, shape (N,), optional
        The class asked about; each image's own guess, when not given.
    logit : bool
        Whether to measure the fall of the logit: a probability that is 0 cannot fall.

    Returns
    -------
    array, shape (N, Ho, Wo), ``Ho = (H - size) // stride + 1``

    Examples
    --------
    >>> from cnnlib import load_digits, small_cnn
    >>> occlusion(small_cnn(rng=0), load_digits().x_test[:5], size=3).shape
    (5, 6, 6)
    """
    x = np.asarray(x)
    n, _, height, width = x.shape
    if not 1 <= size <= min(height, width) or stride < 1:
        raise ValueError(
            f"size must be from 1 to {min(height, width)} and stride at least 1, got {size}, {stride}"
        )
    logits = model.forward(x)
    target = _targets(target, logits)
    images = np.arange(n)
    measure = (lambda scores: scores) if logit else softmax
    whole = measure(logits)[images, target]
    rows, columns = range(0, height - size + 1, stride), range(0, width - size + 1, stride)
    falls = np.empty((n, len(rows), len(columns)), x.dtype)
    for i, top in enumerate(rows):
        for j, left in enumerate(columns):
            covered = x.copy()
            covered[:, :, top : top + size, left : left + size] = fill
            falls[:, i, j] = whole - measure(model.forward(covered))[images, target]
    return falls


def _targets(target, logits):
    if target is None:
        return logits.argmax(axis=1)
    target = np.broadcast_to(np.asarray(target), len(logits))
    if not np.issubdtype(target.dtype, np.integer) or target.min() < 0 or target.max() >= logits.shape[1]:
        raise ValueError(f"target must be classes from 0 to {logits.shape[1] - 1}, got {target}")
    return target


def _labels(name, values):
    values = np.asarray(values)
    if (
        values.ndim != 1
        or (values.size and not np.issubdtype(values.dtype, np.integer))
        or (values < 0).any()
    ):
        raise ValueError(
            f"{name} must be a list of whole numbers from 0, got {values.dtype} of shape {values.shape}"
        )
    return values.astype(np.intp)
