"""The network and the images that a widget shows if it is given none."""

from __future__ import annotations

from cnnlib.data import Split, load_mnist_sample
from cnnlib.networks import load_digits_cnn, load_mnist_cnn

SMALL = 8  # pixels of a side of the bundled digits; those of MNIST have 28


def network_and_images(model, split: Split | None) -> tuple:
    """Both as given; else the bundled images of MNIST, and the network trained on images of that size."""
    split = load_mnist_sample() if split is None else split
    if model is None:
        model = load_digits_cnn() if split.x_test.shape[-1] == SMALL else load_mnist_cnn()
    return model, split
