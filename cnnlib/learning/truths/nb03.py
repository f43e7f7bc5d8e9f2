"""What is right in notebook 03."""

from functools import cache

import numpy as np

from cnnlib.data import load_digits
from cnnlib.experiments.difference_quotients import FUNCTIONS, quotient_error
from cnnlib.experiments.planted_faults import BUGS, learning_curve
from cnnlib.networks import small_cnn
from cnnlib.nn import functional as F
from cnnlib.nn.losses import CrossEntropyLoss


def passes_for_all(network):
    """Forward passes that nudging every weight up and down takes."""
    return 2 * network.num_parameters


def slope_by_x(w=1.5, x=2.0, b=-1.0, t=0.5):
    """dE/dx of half the squared error of w x + b."""
    return (w * x + b - t) * w


def best_step():
    """Which of the four steps measures best in float64: the place of the choice."""
    errors = [
        quotient_error(FUNCTIONS["cubic"], 1.3, step, np.float64) for step in (1e-2, 1e-5, 1e-10, 1e-14)
    ]
    return int(np.argmin(errors))


def who_gets_a_tie():
    """Who gets the gradient of a window 6, 6, 1, 0: the place of the choice."""
    _, switches = F.maxpool2d_forward(np.array([[6.0, 6], [1, 0]])[None, None], 2)
    first, second = F.maxpool2d_backward(np.array([[[[10.0]]]]), switches)[0, 0, 0]
    return [(10, 0), (0, 10), (5, 5), (10, 10)].index((first, second))


def most_products():
    """How many products the pixel collects that lies in most windows, 3x3 image and 2x2 kernel."""
    dx = np.zeros((3, 3))
    for i, j in np.ndindex(2, 2):
        dx[i : i + 2, j : j + 2] += 1
    return int(dx.max())


def blamed_at_a_corner():
    """How many pixels get blame from a corner unit of a padded 3x3 convolution."""
    x, w, b = np.ones((1, 1, 5, 5)), np.ones((1, 1, 3, 3)), np.zeros(1)
    y, cache = F.conv2d_forward(x, w, b, padding=1)
    dy = np.zeros_like(y)
    dy[0, 0, 0, 0] = 1
    return int((F.conv2d_backward(dy, cache)[0] != 0).sum())


def gradients_over_zeros():
    """Gradients of a kernel whose input map is zero everywhere: the place of the choice."""
    x, w, b = np.zeros((1, 1, 5, 5)), np.ones((1, 1, 3, 3)), np.zeros(1)
    y, cache = F.conv2d_forward(x, w, b)
    dw = F.conv2d_backward(np.ones_like(y), cache)[1]
    return 0 if not dw.any() else 1


def what_disagrees(at_the_kink):
    """Which gradients of the fresh network do not agree: the place of the choice."""
    off = {name for name, error in at_the_kink.items() if error > 1e-3}
    if "x" in off and not any(name.endswith("weight") for name in off):
        return 0
    return 1 if off and all(name.endswith("weight") for name in off) else 2


@cache
def kept_promises():
    """At which rates one image's loss falls by what the gradient promises: the place of the choice."""
    digits, kept = load_digits(), []
    for rate in (0.001, 0.1):
        model, loss = small_cnn(rng=0, dtype=np.float64), CrossEntropyLoss()
        x, y = digits.x_train[:1].astype(np.float64), digits.y_train[:1]
        before = loss.forward(model.forward(x), y)
        model.backward(loss.backward())
        promised = rate * sum((gradient**2).sum() for _, _, gradient in model.parameters())
        for _, value, gradient in model.parameters():
            value[...] -= rate * gradient
        fell = before - loss.forward(model.forward(x), y)
        kept.append(abs(fell / promised - 1) < 0.1)
    return [[True, True], [True, False], [False, True], [False, False]].index(kept)


@cache
def faults_that_learn():
    """How many of the five planted faults still learn, if each may choose its rate."""
    digits = load_digits()
    learn = 0
    for bug in BUGS.values():
        curves = (learning_curve(bug, digits.x_train, digits.y_train, lr=lr)[0] for lr in (0.1, 0.02))
        learn += any(np.mean(curve[-20:]) < 1.0 for curve in curves)
    return learn


def forward_passes(weights):
    """Forward passes that nudging so many weights takes."""
    return 2 * weights


def product_slope(w, x, t):
    """dE/dw of half the squared error of w x."""
    return (w * x - t) * x


def bias_gradient(a, b, c):
    """Gradient of a bias that is in three outputs."""
    return a + b + c


def shape_of_dw(n, d, m):
    """Numbers in the gradient of the weights of a linear layer."""
    return d * m
