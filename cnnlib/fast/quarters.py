"""Windows of 2x2 pixels, laid out so that what pooling compares lies side by side."""


def quarters(array):
    """Rows and columns, (R, C, …), by whether they are even or odd, (2, 2, R/2, C/2, …): a view.

    The first axis tells left from right in each window of 2x2, the second above from below. What pooling
    compares so lies side by side as two whole blocks of memory.

    >>> import numpy as np
    >>> quarters(np.arange(8).reshape(2, 4))[0, 1]  # left, below
    array([[4, 6]])
    """
    rows, columns, *inner = array.shape
    split = array.reshape(rows // 2, 2, columns // 2, 2, *inner)
    return split.transpose(3, 1, 0, 2, *range(4, split.ndim))


def row_of_quarters(windows):
    """The same for a single row: (1, C, …) to (2, 1, C/2, …)."""
    split = windows.reshape(1, windows.shape[1] // 2, 2, *windows.shape[2:])
    return split.transpose(2, 0, 1, *range(3, split.ndim))
