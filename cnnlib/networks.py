"""Networks that the course uses in more than one place."""

import numpy as np

from cnnlib.layers import Conv2d, Flatten, Linear, MaxPool2d, ReLU
from cnnlib.model import Sequential


def small_cnn(rng=None, dtype=np.float32):
    """A small convolutional network for the bundled 8x8 digits: 1,898 weights, a second or two to train.

    Two rounds of convolution (3x3, padded), ReLU and 2x2 max-pooling, with 8 and 16 filters, then one linear
    layer from the 16 maps of 2x2 to the ten classes.

    Parameters
    ----------
    rng : numpy.random.Generator, int or None
        Source of the first weights.
    dtype : dtype
        float32 or float64.

    Returns
    -------
    Sequential

    Examples
    --------
    >>> small_cnn(rng=0).forward(np.zeros((5, 1, 8, 8), np.float32)).shape
    (5, 10)
    """
    rng = np.random.default_rng(rng)
    return Sequential(
        [
            Conv2d(1, 8, 3, padding=1, rng=rng, dtype=dtype),
            ReLU(),
            MaxPool2d(2),
            Conv2d(8, 16, 3, padding=1, rng=rng, dtype=dtype),
            ReLU(),
            MaxPool2d(2),
            Flatten(),
            Linear(64, 10, rng=rng, dtype=dtype),
        ]
    )
