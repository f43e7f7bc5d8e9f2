"""Arrays that begin where a line of the processor's cache begins.

NumPy begins an array at any multiple of 16 bytes. A processor with AVX-512 reads 64 bytes at once, which is a
line of its cache: in an array that begins elsewhere each such read touches two lines.
"""

import numpy as np

LINE = 64  # bytes


def empty(shape, dtype):
    """An array whose contents are not set, as of ``np.empty``.

    >>> empty((3, 5), np.float32).ctypes.data % LINE
    0
    """
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = np.empty(size + LINE, np.uint8)
    first = -memory.ctypes.data % LINE
    return memory[first : first + size].view(dtype).reshape(shape)


def zeros(shape, dtype):
    """An array of zeros, as of ``np.zeros``.

    >>> zeros((2, 3), np.float32)
    array([[0., 0., 0.],
           [0., 0., 0.]], dtype=float32)
    """
    array = empty(shape, dtype)
    array.fill(0)
    return array
