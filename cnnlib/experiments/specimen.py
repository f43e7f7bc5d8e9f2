"""What is put under the microscope: a network and images that fit it, checked once, with their names.

The widgets that open a network take any `Sequential` of the course's layers within the sizes below; what does
not fit is told in a sentence before anything is drawn.
"""

from dataclasses import dataclass

import numpy as np

from cnnlib import nn
from cnnlib.data import Split
from cnnlib.nn import layers as layer_classes

MOST_LAYERS = 40
MOST_WEIGHTS = 5_000_000
MOST_PIXELS = 64  # along either side of an image
MOST_CLASSES = 100


@dataclass(frozen=True)
class Specimen:
    """A network of one's own and images for it.

    Attributes
    ----------
    model : Sequential
        A copy: the original is not touched, and may be trained on.
    images : array of float, shape (N, C, H, W)
    labels : array of int, shape (N,), or None
        None where the classes of the images are not known.
    class_names : tuple of str
        One for each output of the network.
    """

    model: nn.Sequential
    images: np.ndarray
    labels: np.ndarray | None
    class_names: tuple

    @property
    def shape(self):
        """Of one image: (C, H, W)."""
        return self.images.shape[1:]

    def label(self, index):
        """The class of an image, -1 where it is not known."""
        return -1 if self.labels is None else int(self.labels[index])


def specimen(model, images, class_names=None):
    """Check a network and images for it.

    Parameters
    ----------
    model : Sequential
        Of the layers of `cnnlib.nn.layers`: at most 40 of them and 5,000,000 weights, ending in one number
        for each of 2 to 100 classes.
    images : Split, array or pair of arrays
        A `Split` (its test images are meant), images (N, C, H, W) of at most 64 x 64 pixels, or a pair of
        images and their labels (N,).
    class_names : sequence of str, optional
        What the outputs stand for; by default those of the `Split`, or numbers.

    Returns
    -------
    Specimen

    Raises
    ------
    TypeError, ValueError
        If something does not fit; the message says what, and what is expected.

    Examples
    --------
    >>> from cnnlib import load_digits, small_cnn
    >>> found = specimen(small_cnn(rng=0), load_digits())
    >>> found.shape, found.label(0), found.class_names[9]
    ((1, 8, 8), 1, '9')
    >>> specimen(small_cnn(rng=0), np.zeros((5, 3, 8, 8)))
    Traceback (most recent call last):
    ValueError: images: the network does not take images of shape (3, 8, 8): ...
    """
    _check_model(model)
    if isinstance(images, Split):
        class_names = images.class_names if class_names is None else class_names
        images, labels = images.x_test, images.y_test
    elif isinstance(images, tuple | list) and len(images) == 2 and np.ndim(images[0]) == 4:
        images, labels = images
    else:
        labels = None
    images = _checked_images(images, model)
    classes = _outputs_for(model, images[:1])
    names = tuple(map(str, range(classes) if class_names is None else class_names))
    if len(names) != classes:
        raise ValueError(f"class_names: got {len(names)} names, expected {classes}, one an output")
    return Specimen(model.copy(), images, _checked_labels(labels, len(images), classes), names)


def _check_model(model):
    if not isinstance(model, nn.Sequential):
        raise TypeError(
            f"model: got {type(model).__name__}, expected a Sequential (saving.from_torch makes one of a"
            " network of PyTorch's)"
        )
    known = [getattr(layer_classes, name) for name in layer_classes.__all__ if name != "Layer"]
    odd = [type(layer).__name__ for layer in model if type(layer) not in known]
    if odd:
        raise TypeError(f"model: holds {', '.join(odd)}, expected layers of cnnlib.nn.layers alone")
    if len(model) > MOST_LAYERS or model.num_parameters > MOST_WEIGHTS:
        raise ValueError(
            f"model: has {len(model)} layers and {model.num_parameters:,} weights, expected at most"
            f" {MOST_LAYERS} and {MOST_WEIGHTS:,}"
        )


def _checked_images(images, model):
    images = np.asarray(images)
    if images.ndim != 4 or not images.size:
        raise ValueError(f"images: got shape {images.shape}, expected (N, C, H, W), at least one image")
    if not np.issubdtype(images.dtype, np.floating):
        raise TypeError(f"images: got {images.dtype}, expected float32 in [0, 1] (bytes divided by 255)")
    if max(images.shape[2:]) > MOST_PIXELS:
        raise ValueError(
            f"images: are {images.shape[2]}x{images.shape[3]}, expected at most {MOST_PIXELS}x{MOST_PIXELS}"
        )
    if not np.isfinite(images).all():
        raise ValueError("images: hold values that are NaN or infinite, expected finite ones")
    dtype = next((value.dtype for _, value, _ in model.parameters()), np.dtype(np.float32))
    return images.astype(dtype, copy=False)


def _outputs_for(model, image):
    """Number of outputs for one image, after a trial."""
    try:
        outputs = model.infer(image)
    except (ValueError, TypeError, IndexError) as error:
        raise ValueError(
            f"images: the network does not take images of shape {image.shape[1:]}: {error}"
        ) from error
    if outputs.ndim != 2 or not 2 <= outputs.shape[1] <= MOST_CLASSES:
        raise ValueError(
            f"model: its outputs for one image have shape {outputs.shape[1:]}, expected (K,) with K from 2 to"
            f" {MOST_CLASSES}, one number a class"
        )
    return outputs.shape[1]


def _checked_labels(labels, count, classes):
    if labels is None:
        return None
    labels = np.asarray(labels)
    if labels.shape != (count,) or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"labels: got {labels.dtype} of shape {labels.shape}, expected ({count},) of int")
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"labels: hold {labels.min()} to {labels.max()}, expected 0 to {classes - 1}")
    return labels.astype(np.intp)
