"""The course's networks: how they are built, how they are trained, and one that comes trained."""

from cnnlib.networks.architectures import (
    FrozenConvolutions,
    add_dropout,
    compact_cnn,
    digits_cnn,
    lenet5,
    logistic_regression,
    mlp,
    mnist_cnn,
    small_cnn,
    two_conv,
)
from cnnlib.networks.pretrained import load_digits_cnn, load_mnist_cnn

__all__ = [
    "FrozenConvolutions",
    "add_dropout",
    "compact_cnn",
    "digits_cnn",
    "lenet5",
    "load_digits_cnn",
    "load_mnist_cnn",
    "logistic_regression",
    "mlp",
    "mnist_cnn",
    "small_cnn",
    "two_conv",
]
