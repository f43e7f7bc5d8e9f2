"""The arithmetic of sizes: what a convolution or a pooling makes of an image's size, and what a unit sees.

A window is a kernel with its stride and padding; a stack of windows is a list of
``(kernel_size, stride, padding)``, first layer first. One axis at a time: rows and columns follow the same
rule.

>>> stack = [(3, 1, 1), (2, 2, 0), (3, 1, 1)]
>>> output_size(28, 3, stride=1, padding=1), receptive_field(stack)[0]
(28, 8)
"""

from typing import NamedTuple

from cnnlib.nn.layers import AvgPool2d, Conv2d, MaxPool2d


class Field(NamedTuple):
    """The receptive field of a layer's units along one axis, in pixels of the input.

    Attributes
    ----------
    size : int
        How many pixels one unit sees.
    jump : int
        How far apart the fields of neighbouring units lie.
    start : int
        First pixel that unit 0 sees; negative where it lies in the padding.
    """

    size: int
    jump: int
    start: int


def output_size(size, kernel_size, stride=1, padding=0):
    """Number of places a window takes along one axis: ``(size + 2*padding - kernel_size) // stride + 1``.

    Parameters
    ----------
    size, kernel_size, stride, padding : int
        In pixels.

    Raises
    ------
    ValueError
        If the window is larger than the padded image, or a number is below its least sensible value.

    Examples
    --------
    >>> output_size(28, 5), output_size(28, 5, padding=2), output_size(28, 5, stride=2, padding=2)
    (24, 28, 14)
    """
    for name, value, least in (
        ("size", size, 1),
        ("kernel_size", kernel_size, 1),
        ("stride", stride, 1),
        ("padding", padding, 0),
    ):
        if value < least:
            raise ValueError(f"{name} must be at least {least}, got {value}")
    if kernel_size > size + 2 * padding:
        most = f"{size + 2 * padding}, the image with its padding"
        raise ValueError(f"kernel_size must be at most {most}, got {kernel_size}")
    return (size + 2 * padding - kernel_size) // stride + 1


def conv2d_parameters(in_channels, out_channels, kernel_size, bias=True):
    """Number of weights of a convolution: ``out * (in * k * k + 1)``; the image's size does not matter.

    Examples
    --------
    >>> conv2d_parameters(1, 8, 3), conv2d_parameters(8, 16, 3)
    (80, 1168)
    """
    return out_channels * (in_channels * kernel_size**2 + bool(bias))


def receptive_field(windows):
    """How many input pixels along one axis a unit behind a stack of windows sees, and where.

    Going one layer deeper widens the field by ``kernel_size - 1`` steps of the present spacing, and the
    stride multiplies the spacing.

    Parameters
    ----------
    windows : iterable of (kernel_size, stride, padding)
        First layer first.

    Returns
    -------
    Field

    Examples
    --------
    >>> receptive_field([(3, 1, 0)] * 3), receptive_field([(3, 1, 1), (2, 2, 0)])
    (Field(size=7, jump=1, start=0), Field(size=4, jump=2, start=-1))
    """
    size, jump, start = 1, 1, 0
    for kernel_size, stride, padding in windows:
        size += (kernel_size - 1) * jump
        start -= padding * jump
        jump *= stride
    return Field(size, jump, start)


def pixels_seen(windows, index, length):
    """First and last input pixel, along one axis, that unit `index` sees inside an image of `length` pixels.

    Followed backwards layer by layer, because a window may reach into the padding of any of them: what lies
    beyond the last unit of a map sees nothing.

    Examples
    --------
    >>> pixels_seen([(3, 1, 1)], 0, 8), pixels_seen([(3, 1, 1), (2, 2, 0)], 3, 8)
    ((0, 1), (5, 7))
    """
    sizes = [length]
    for window in windows:
        sizes.append(output_size(sizes[-1], *window))
    first = last = index
    for (kernel_size, stride, padding), size in reversed(list(zip(windows, sizes[:-1], strict=True))):
        first = max(first * stride - padding, 0)
        last = min(last * stride - padding + kernel_size, size) - 1
    return first, last


def windows_of(layers, axis=0):
    """The windows of a list of layers along an axis (0 vertical, 1 horizontal); other layers have none.

    Examples
    --------
    >>> windows_of([Conv2d(1, 4, 3, padding=1, rng=0), MaxPool2d(2)])
    [(3, 1, 1), (2, 2, 0)]
    """
    windows = []
    for layer in layers:
        if isinstance(layer, Conv2d):
            reach = layer.dilation[axis] * (layer.kernel_size[axis] - 1) + 1
            windows.append((reach, layer.stride[axis], layer.padding[axis]))
        elif isinstance(layer, MaxPool2d | AvgPool2d):
            windows.append((layer.kernel_size[axis], layer.stride[axis], 0))
    return windows


def unit_field(layers, row, column, height, width):
    """Rows and columns of the input that the unit at (row, column) behind `layers` sees.

    Returns
    -------
    (first_row, last_row), (first_column, last_column)

    Examples
    --------
    >>> unit_field([Conv2d(1, 4, 3, rng=0)], 0, 2, 8, 8)
    ((0, 2), (2, 4))
    """
    rows = pixels_seen(windows_of(layers, 0), row, height)
    columns = pixels_seen(windows_of(layers, 1), column, width)
    return rows, columns
