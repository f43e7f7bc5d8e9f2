"""Checks of settings: each returns the setting as a plain Python value, or says what it should have been.

NumPy's numbers are taken wherever Python's are, and become Python's: what a layer or an optimizer keeps can
so be written into files as it is.
"""

import math
import numbers
import operator

import numpy as np

FLOATS = (np.dtype(np.float32), np.dtype(np.float64))


def count(name, value, least=1):
    """Return `value` as an int if it is a whole number of at least `least`; True and 3.0 are none.

    >>> count("epochs", np.int64(3))
    3
    """
    try:
        whole = None if isinstance(value, bool | np.bool_) or np.ndim(value) else operator.index(value)
    except (TypeError, ValueError):
        whole = None
    if whole is None or whole < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}")
    return whole


def number(name, value, low=-math.inf, below=math.inf):
    """Return `value` as a float if it is a finite number of at least `low` and below `below`.

    >>> number("momentum", np.float32(0.5), 0.0, 1.0)
    0.5
    """
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must be a number, got {value!r}")
    if not (low <= value < below and math.isfinite(value)):
        limits = [f"at least {low}"] * (low > -math.inf) + [f"below {below}"] * (below < math.inf)
        kind = "a number" if below < math.inf else "a finite number"
        raise ValueError(f"{name} must be {kind}{' of ' * bool(limits)}{' and '.join(limits)}, got {value}")
    return float(value)


def share(name, value):
    """Return `value` as a float if it is from 0 to 1, both included.

    >>> share("momentum", 1)
    1.0
    """
    value = number(name, value)
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must be a number from 0 to 1, got {value}")
    return value


def positive(name, value):
    """Return `value` as a float if it is a finite number above 0.

    >>> positive("lr", 1)
    1.0
    """
    value = number(name, value)
    if value <= 0:
        raise ValueError(f"{name} must be a finite number above 0, got {value}")
    return value


def float_type(value, name="dtype"):
    """Return a dtype if it is float32 or float64, the two that everything here computes in.

    >>> float_type("float32")
    dtype('float32')
    """
    try:
        dtype = None if value is None else np.dtype(value)
    except TypeError:
        dtype = None
    if dtype is None or dtype not in FLOATS:  # NumPy takes None for float64
        raise TypeError(f"{name} must be float32 or float64, got {value!r}")
    return dtype.newbyteorder("=")
