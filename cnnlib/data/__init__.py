"""Real images: bundled, from files in the IDX format, fetched on request; and their distortions."""

from cnnlib.data.augment import Distort, sample
from cnnlib.data.images import ASSETS, Split, load_digits, load_fashion_mnist, load_mnist, load_photo

__all__ = [
    "ASSETS",
    "Distort",
    "Split",
    "load_digits",
    "load_fashion_mnist",
    "load_mnist",
    "load_photo",
    "sample",
]
