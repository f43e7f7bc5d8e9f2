"""Networks that the course uses in more than one place."""

import numpy as np

from cnnlib.fast import Sequential
from cnnlib.nn.layers import AvgPool2d, BatchNorm2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU, Tanh


def small_cnn(rng=None, dtype=np.float32, width=8):
    """A small convolutional network for the bundled 8x8 digits: 1,898 weights, a second or two to train.

    Two rounds of convolution (3x3, padded), ReLU and 2x2 max-pooling, with 8 and 16 filters, then one linear
    layer from the 16 maps of 2x2 to the ten classes.

    Parameters
    ----------
    rng : numpy.random.Generator, int or None
        Source of the first weights.
    dtype : dtype
        float32 or float64.
    width : int
        Filters of the first convolution; the second has twice as many.

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
            Conv2d(1, width, 3, padding=1, rng=rng, dtype=dtype),
            ReLU(),
            MaxPool2d(2),
            Conv2d(width, 2 * width, 3, padding=1, rng=rng, dtype=dtype),
            ReLU(),
            MaxPool2d(2),
            Flatten(),
            Linear(8 * width, 10, rng=rng, dtype=dtype),
        ]
    )


def mnist_cnn(rng=None, dtype=np.float32):
    """A small convolutional network for images of 28x28 pixels: 11,274 weights.

    As `small_cnn`, with windows of 5x5: convolution, ReLU and 2x2 max-pooling twice, with 8 and 16 filters,
    then one linear layer from the 16 maps of 7x7 to the ten classes.

    Examples
    --------
    >>> mnist_cnn(rng=0).num_parameters
    11274
    """
    rng = np.random.default_rng(rng)
    options = {"padding": 2, "rng": rng, "dtype": dtype}
    first, second = Conv2d(1, 8, 5, **options), Conv2d(8, 16, 5, **options)
    end = [Flatten(), Linear(784, 10, rng=rng, dtype=dtype)]
    return Sequential([first, ReLU(), MaxPool2d(2), second, ReLU(), MaxPool2d(2), *end])


def digits_cnn(rng=None):
    """A network for the bundled 8x8 digits with two convolutions before the first pooling: 6,090 weights.

    Padded 3x3 convolutions of 16 and 32 filters at full size, 4x4 pooling in two steps, one linear layer.

    Examples
    --------
    >>> digits_cnn(rng=0).num_parameters
    6090
    """
    rng = np.random.default_rng(rng)
    first, second = Conv2d(1, 16, 3, padding=1, rng=rng), Conv2d(16, 32, 3, padding=1, rng=rng)
    end = [MaxPool2d(2), MaxPool2d(2), Flatten(), Linear(128, 10, rng=rng)]
    return Sequential([first, ReLU(), second, ReLU(), *end])


def lenet5(rng=None):
    """LeNet-5 for images of 28x28 pixels, as it is built today: 61,706 weights.

    Sizes, tanh and average pooling as in LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied
    to document recognition", Proceedings of the IEEE, 1998 (60,000 trained weights there). Three things were
    otherwise in 1998: each map of the second convolution saw only some of the first (here all), pooling had
    a trained factor and bias a map, and the output compared with drawn digits (here ten logits).

    Examples
    --------
    >>> lenet5(rng=0).num_parameters
    61706
    """
    rng = np.random.default_rng(rng)
    options = {"rng": rng, "init": "xavier"}
    return Sequential(
        [
            Conv2d(1, 6, 5, padding=2, **options),
            Tanh(),
            AvgPool2d(2),
            Conv2d(6, 16, 5, **options),
            Tanh(),
            AvgPool2d(2),
            Flatten(),
            Linear(400, 120, **options),
            Tanh(),
            Linear(120, 84, **options),
            Tanh(),
            Linear(84, 10, rng=rng),
        ]
    )


def two_conv(rng=None, shape=(1, 28, 28)):
    """Two 5x5 convolutions with batch normalization: 28,986 weights for images of 28x28 pixels.

    Parameters
    ----------
    rng : numpy.random.Generator, int or None
    shape : tuple of int
        Of an image, (C, H, W); height and width multiples of four.

    Examples
    --------
    >>> two_conv(rng=0).num_parameters, two_conv(rng=0, shape=(3, 32, 32)).num_parameters
    (28986, 34586)
    """
    rng, (channels, height, width) = np.random.default_rng(rng), shape
    blocks = [*_block(channels, 16, 5, 2, rng), MaxPool2d(2), *_block(16, 32, 5, 2, rng), MaxPool2d(2)]
    return Sequential([*blocks, Flatten(), Linear(2 * height * width, 10, rng=rng)])


def compact_cnn(rng=None):
    """Five convolutions with batch normalization for images of 28x28 pixels: 16,926 weights.

    The last maps are averaged whole, so that the linear layer needs 290 weights only. Source of that idea:
    Lin, Chen and Yan, "Network in network", 2014, arXiv:1312.4400.

    Examples
    --------
    >>> compact_cnn(rng=0).num_parameters
    16926
    """
    rng = np.random.default_rng(rng)
    blocks = [*_block(1, 12, 5, 2, rng), MaxPool2d(2)]
    blocks += [*_block(12, 20, 3, 1, rng), *_block(20, 20, 3, 1, rng), MaxPool2d(2)]
    blocks += [*_block(20, 24, 3, 1, rng), *_block(24, 28, 3, 0, rng), AvgPool2d(5)]
    return Sequential([*blocks, Flatten(), Linear(28, 10, rng=rng)])


def _block(in_channels, out_channels, kernel_size, padding, rng):
    """Convolution, batch normalization, ReLU; the normalization's shift takes the place of a bias."""
    conv = Conv2d(in_channels, out_channels, kernel_size, padding=padding, bias=False, rng=rng)
    return conv, BatchNorm2d(out_channels), ReLU()


def mlp(num_parameters, in_features, rng=None, num_classes=10):
    """One hidden layer with ReLU on the bare pixels, as wide as a budget of weights allows.

    Parameters
    ----------
    num_parameters : int
        The budget; the network has at most so many weights and as close to them as whole units go.
    in_features : int
        Pixels of an image.
    rng : numpy.random.Generator, int or None
    num_classes : int

    Examples
    --------
    >>> mlp(6090, in_features=64, rng=0).num_parameters
    6085
    """
    rng, hidden = (
        np.random.default_rng(rng),
        (num_parameters - num_classes) // (in_features + 1 + num_classes),
    )
    if hidden < 1:
        raise ValueError(f"num_parameters must allow one hidden unit, got {num_parameters}")
    first = Linear(in_features, hidden, init="he", rng=rng)
    return Sequential([Flatten(), first, ReLU(), Linear(hidden, num_classes, rng=rng)])


def logistic_regression(in_features, rng=None, num_classes=10):
    """One linear layer on the bare pixels: the least that can be called a classifier.

    Examples
    --------
    >>> logistic_regression(in_features=64, rng=0).num_parameters
    650
    """
    return Sequential([Flatten(), Linear(in_features, num_classes, rng=np.random.default_rng(rng))])


def add_dropout(model, p=0.5, rng=None):
    """The same layers, with Dropout before the last.

    Examples
    --------
    >>> add_dropout(logistic_regression(64, rng=0), p=0.5).layers
    [Flatten(), Dropout(p=0.5), Linear(in_features=64, out_features=10, bias=True, dtype='float32')]
    """
    return Sequential([*model.layers[:-1], Dropout(p, rng=rng), model.layers[-1]])


class FrozenConvolutions(Sequential):
    """A network whose convolutions keep their first, random weights: only the other layers are trained.

    A control. If it is as good as the same network trained whole, the filters have learned nothing useful.

    Examples
    --------
    >>> network = FrozenConvolutions(digits_cnn(rng=0).layers)
    >>> network.num_parameters  # of the linear layer alone
    1290
    """

    def parameters(self):
        """List the weight arrays that are trained: all but those of the convolutions."""
        frozen = {str(i) for i, layer in enumerate(self.layers) if isinstance(layer, Conv2d)}
        return [parameter for parameter in super().parameters() if parameter.name.split(".")[0] not in frozen]
