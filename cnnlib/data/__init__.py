"""Real images: bundled, from files in published formats, fetched on request; and their distortions."""

from cnnlib.data.augment import Distort, sample
from cnnlib.data.images import (
    ASSETS,
    Split,
    load_cifar10,
    load_digits,
    load_fashion_mnist,
    load_mnist,
    load_mnist_sample,
    load_photo,
)
from cnnlib.data.pictures import centred, read_digit, read_picture

__all__ = [
    "ASSETS",
    "Distort",
    "Split",
    "centred",
    "load_cifar10",
    "load_digits",
    "load_fashion_mnist",
    "load_mnist",
    "load_mnist_sample",
    "load_photo",
    "read_digit",
    "read_picture",
    "sample",
]
