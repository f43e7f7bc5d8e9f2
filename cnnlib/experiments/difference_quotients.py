"""How well a difference quotient measures a slope: truncation, rounding, kinks.

The slope of f at x is measured as ``(f(x + e) - f(x - e)) / 2e``. A large e leaves out the curve between the
two points (truncation, of the order of e²); a small e subtracts two nearly equal numbers of few digits
(rounding, of the order of the number's precision divided by e). The best e lies between.

>>> f = FUNCTIONS["cubic"]
>>> round(float(quotient(f, 1.0, 0.1, np.float64)), 6)
3.01
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Function:
    """A function of one number with its true slope; `formula` is for the eye."""

    f: Callable
    slope: Callable
    formula: str


FUNCTIONS = {
    "cubic": Function(lambda x: x**3, lambda x: 3 * x**2, "x³"),
    "exponential": Function(np.exp, np.exp, "exp(x)"),
    "logistic loss": Function(
        lambda x: np.log1p(np.exp(-x)), lambda x: -1 / (1 + np.exp(x)), "log(1 + exp(−x))"
    ),
    "ReLU": Function(lambda x: np.maximum(x, x.dtype.type(0)), lambda x: np.float64(x > 0), "max(0, x)"),
}


def quotient(function, x, epsilon, dtype, one_sided=False):
    """Measure the slope of a function by a difference quotient, all of it computed in one precision.

    Parameters
    ----------
    function : Function
    x : float
    epsilon : float or array
        Half the distance of the two points (the whole distance if one-sided).
    dtype : float32 or float64
    one_sided : bool
        ``(f(x + e) - f(x)) / e`` instead.

    Returns
    -------
    array of `dtype`, of the shape of `epsilon`
    """
    x, epsilon = np.asarray(x, dtype), np.asarray(epsilon, dtype)
    with np.errstate(all="ignore"):
        if one_sided:
            return (function.f(x + epsilon) - function.f(x)) / epsilon
        return (function.f(x + epsilon) - function.f(x - epsilon)) / (2 * epsilon)


def quotient_error(function, x, epsilon, dtype, one_sided=False):
    """Relative error of `quotient`, against the true slope in float64 (absolute where that is 0).

    >>> far, near, nearest = quotient_error(FUNCTIONS["cubic"], 1.0, [1e-1, 1e-5, 1e-13], np.float64)
    >>> bool(near < far and near < nearest)
    True
    """
    true = float(function.slope(np.float64(x)))
    measured = quotient(function, x, epsilon, dtype, one_sided).astype(np.float64)
    return np.abs(measured - true) / (abs(true) or 1.0)
