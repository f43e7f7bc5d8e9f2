"""Networks that come trained with the course."""

from importlib import resources

from cnnlib.saving import load


def load_digits_cnn():
    """A small convolutional network trained on the bundled digits; 97.8 % right on the 360 test images.

    Two convolutions of 8 and 16 channels, each with ReLU and 2x2 max-pooling, then one linear layer: 1,898
    weights. Made by ``python -m tools.train_digits_cnn``.

    Returns
    -------
    Sequential

    Examples
    --------
    >>> load_digits_cnn().num_parameters
    1898
    """
    return _load("digits_cnn.npz")


def load_mnist_cnn():
    """A small convolutional network trained on MNIST; 99.3 % right on the 10,000 test images.

    `cnnlib.networks.mnist_cnn`, 11,274 weights. Made by ``python -m tools.train_mnist_cnn``.

    Returns
    -------
    Sequential

    Examples
    --------
    >>> load_mnist_cnn().num_parameters
    11274
    """
    return _load("mnist_cnn.npz")


def _load(name):
    with resources.as_file(resources.files("cnnlib") / "assets" / name) as path:
        return load(path)
