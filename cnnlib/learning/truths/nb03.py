"""What is right in notebook 03."""

import numpy as np

from cnnlib.experiments.difference_quotients import FUNCTIONS, quotient_error
from cnnlib.nn import functional as F


def passes_for_all(network):
    """Forward passes that nudging every weight up and down takes."""
    return 2 * network.num_parameters


def slope_by_x(w=2.5, x=2.0, b=-1.0, t=0.5):
    """dE/dx of half the squared error of w x + b."""
    return (w * x + b - t) * w


def best_step():
    """Which of the four steps measures best in float64: the place of the choice."""
    errors = [
        quotient_error(FUNCTIONS["cubic"], 1.3, step, np.float64) for step in (1e-2, 1e-5, 1e-10, 1e-14)
    ]
    return int(np.argmin(errors))


def second_of_dx():
    """The second number of dX for X = (1, 2), W of two rows and two columns, and dY = (2, -1)."""
    _, cache = F.linear_forward(np.array([[1.0, 2]]), np.array([[3.0, 0], [1, -1]]), np.zeros(2))
    return float(F.linear_backward(np.array([[2.0, -1]]), cache)[0][0, 1])


def who_gets_a_tie():
    """Who gets the gradient of a window 6, 6, 1, 0: the place of the choice."""
    _, switches = F.maxpool2d_forward(np.array([[6.0, 6], [1, 0]])[None, None], 2)
    first, second = F.maxpool2d_backward(np.array([[[[10.0]]]]), switches)[0, 0, 0]
    return [(10, 0), (0, 10), (5, 5), (10, 10)].index((first, second))


def what_disagrees(at_the_kink):
    """Which gradients of the fresh network do not agree: the place of the choice."""
    off = {name for name, error in at_the_kink.items() if error > 1e-3}
    if "x" in off and not any(name.endswith("weight") for name in off):
        return 0
    return 1 if off and all(name.endswith("weight") for name in off) else 2


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


def first_of_two(a, c):
    """dx of the first of two inputs, when 2 and -1 arrive at the two outputs."""
    return 2 * a - c
