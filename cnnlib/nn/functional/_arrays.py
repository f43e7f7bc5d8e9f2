"""What every function here shares: the memory order of image batches, and the checks of arguments.

For the reader and for every caller a batch of images has the logical shape (N, C, H, W). In memory the
numbers lie in the order (H, W, C, N): the same pixel of all N images side by side. Such an array is an
ordinary ndarray, a `transpose` of an (H, W, C, N) one, and NumPy's elementwise functions keep its order.
"""

import numpy as np

from cnnlib.nn.arguments import FLOATS, count


def batch_last(x):
    """Show a logical (N, C, H, W) array in its memory order (H, W, C, N), contiguous.

    Nothing is copied when `x` already lies batch-last in memory; any other order is copied once.
    """
    return np.ascontiguousarray(x.transpose(2, 3, 1, 0))


def logical(memory):
    """Show an (H, W, C, N) array as (N, C, H, W), without a copy.

    >>> logical(np.zeros((8, 9, 3, 5))).shape
    (5, 3, 8, 9)
    """
    return memory.transpose(3, 2, 0, 1)


def as_float(x, name):
    """Return `x` as an ndarray of float32 or float64 in native byte order, or say what came instead."""
    x = np.asarray(x)
    if not x.dtype.isnative:
        x = x.astype(x.dtype.newbyteorder("="))
    if x.dtype not in FLOATS:
        raise TypeError(
            f"{name} must be float32 or float64, got {x.dtype}; convert it first, "
            f"for example {name}.astype(np.float32)"
        )
    return x


def as_images(x, name="x"):
    """Return `x` as a floating-point array of rank 4, (N, C, H, W)."""
    x = np.asarray(x)
    if x.ndim != 4:
        hint = f"; one image needs a batch axis: {name}[None]" if x.ndim == 3 else ""
        raise ValueError(f"{name} must have shape (N, C, H, W), got {x.shape}{hint}")
    return as_float(x, name)


def as_vector(v, name, size, dtype, meaning="one per channel"):
    """Return `v` as an array of shape (size,) and the given dtype."""
    v = as_float(v, name)
    if v.shape != (size,):
        raise ValueError(f"{name} must have shape ({size},), {meaning}, got {v.shape}")
    return v.astype(dtype, copy=False)


def as_gradient(dy, shape, dtype):
    """Return the gradient `dy` of an output of the given shape, in the dtype of the forward pass."""
    dy = np.asarray(dy)
    if dy.shape != shape:
        raise ValueError(f"dy must have the shape of the output, {shape}, got {dy.shape}")
    return as_float(dy, "dy").astype(dtype, copy=False)


def bits(x):
    """Show an array of floats as the whole numbers that its bits are.

    ``bits(dy) * passes`` keeps each number or makes it exactly zero, infinities and NaN too, where
    ``dy * passes`` would give ``inf * 0 = NaN``. It takes as long, and `numpy.where` ten times longer.

    >>> (bits(np.array([np.inf, 2.0])) * np.array([False, True])).view(np.float64)
    array([0., 2.])
    """
    return x.view(np.int32 if x.itemsize == 4 else np.int64)


def as_pair(value, name, least):
    """Read an int, or a pair (vertical, horizontal), of whole numbers not below `least`.

    >>> as_pair(2, "stride", 1), as_pair((1, 3), "stride", 1)
    ((2, 2), (1, 3))
    """
    pair = tuple(value) if np.iterable(value) and np.ndim(value) else (value, value)
    try:
        pair = tuple(count(name, size, least=-(2**62)) for size in pair)
    except ValueError:
        raise TypeError(f"{name} must be an int or a pair of ints, got {value!r}") from None
    if len(pair) != 2:
        raise ValueError(f"{name} must be an int or a pair of ints, got {value!r}")
    if min(pair) < least:
        raise ValueError(f"{name} must be at least {least}, got {value!r}")
    return pair


def output_size(size, kernel, stride, what="kernel_size"):
    """How many places a kernel takes on an image, vertically and horizontally.

    `size` is the height and width of the image, padding included; along each axis the answer is
    ``(size - kernel) // stride + 1``.

    >>> output_size((28, 28), (5, 3), (1, 2))
    (24, 13)
    """
    if kernel[0] > size[0] or kernel[1] > size[1]:
        raise ValueError(
            f"{what} must fit into the image: the kernel is {kernel[0]}x{kernel[1]}, "
            f"the image with its padding {size[0]}x{size[1]}"
        )
    return (size[0] - kernel[0]) // stride[0] + 1, (size[1] - kernel[1]) // stride[1] + 1
