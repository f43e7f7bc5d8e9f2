"""What is right in notebook 04."""

from functools import cache

import numpy as np

from cnnlib.data import load_mnist_sample
from cnnlib.experiments.four_readings import Geometry, shares
from cnnlib.experiments.layer_sizes import receptive_field
from cnnlib.experiments.planted_faults import BUGS, curve_on_mnist
from cnnlib.networks import mnist_cnn
from cnnlib.nn import functional as F
from cnnlib.nn.losses import CrossEntropyLoss


def middle_of_the_row():
    """Gradient of the third of five numbers under the kernel (2, 1, -1), when (3, 1, -2) arrives."""
    return float(np.convolve([3, 1, -2], [2, 1, -1])[2])


def pixels_without_a_share():
    """Pixels of 5x5 that lie in no window of 2x2 with stride 3."""
    return int((shares(np.ones((1, 1, 2, 2)), Geometry(5, 2, stride=3)) == 0).sum())


def rows_of_the_transposed():
    """Rows of a transposed convolution of 2x2 with kernel 3 and stride 2."""
    return F.conv_transpose2d_forward(np.ones((1, 1, 2, 2)), np.ones((1, 1, 3, 3)), None, 2)[0].shape[2]


def most_products():
    """Most windows that one pixel of a 5x5 image lies in, kernel 3x3."""
    return int(shares(np.ones((1, 1, 3, 3)), Geometry(5, 3)).max())


def blamed_at_a_corner():
    """How many pixels get blame from a corner unit of a padded 3x3 convolution."""
    x, w, b = np.ones((1, 1, 5, 5)), np.ones((1, 1, 3, 3)), np.zeros(1)
    y, cache = F.conv2d_forward(x, w, b, padding=1)
    dy = np.zeros_like(y)
    dy[0, 0, 0, 0] = 1
    return int((F.conv2d_backward(dy, cache)[0] != 0).sum())


def pixels_in_the_field():
    """Pixels of the image in the field of a unit of the second 5x5 convolution, a pooling between."""
    return receptive_field([(5, 1, 2), (2, 2, 0), (5, 1, 2)])[0] ** 2


def gradients_over_zeros():
    """Gradients of a kernel whose input map is zero everywhere: the place of the choice."""
    x, w, b = np.zeros((1, 1, 5, 5)), np.ones((1, 1, 3, 3)), np.zeros(1)
    y, cache = F.conv2d_forward(x, w, b)
    dw = F.conv2d_backward(np.ones_like(y), cache)[1]
    return 0 if not dw.any() else 1


@cache
def kept_promises():
    """At which rates one image's loss falls by what the gradient promises: the place of the choice."""
    digits, kept = load_mnist_sample(), []
    for rate in (0.001, 0.1):
        model, loss = mnist_cnn(rng=0, dtype=np.float64), CrossEntropyLoss()
        x, y = digits.x_train[:1].astype(np.float64), digits.y_train[:1]
        before = loss.forward(model.forward(x), y)
        model.backward(loss.backward())
        promised = rate * sum((gradient**2).sum() for _, _, gradient in model.parameters())
        for _, value, gradient in model.parameters():
            value[...] -= rate * gradient
        fell = before - loss.forward(model.forward(x), y)
        kept.append(abs(fell / promised - 1) < 0.1)
    return [[True, True], [True, False], [False, True], [False, False]].index(kept)


def faults_that_learn():
    """How many of the five planted faults reach half the loss of guessing in 100 steps at a rate of 0.1."""
    curves = [curve_on_mnist(name, 0.1) for name in BUGS]
    return sum(bool(np.mean(curve[-20:]) < np.log(10) / 2) for curve in curves)


def most_shares(k, s):
    """Most windows that a pixel of a large image lies in."""
    return int(shares(np.ones((1, 1, k, k)), Geometry(4 * k, k, stride=s)).max())


def rows_of_a_transposed(n, k, s, p):
    """Rows that a transposed convolution returns."""
    return F.conv_transpose2d_forward(np.ones((1, 1, n, n)), np.ones((1, 1, k, k)), None, s, p)[0].shape[2]


def middle_of_three(a, b, c, d):
    """Gradient of the middle of three numbers under a kernel (a, b), when (c, d) arrives."""
    return d * a + c * b
