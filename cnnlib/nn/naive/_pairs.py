"""A size for both axes."""

import numpy as np


def pair(value):
    """Return (value, value) for a number, and a pair as it is."""
    return (value, value) if np.ndim(value) == 0 else tuple(value)
