"""The convolution of `cnnlib.functional` on buffers that stay, a few rows of the image at a time.

The readable convolution multiplies once for each row of the kernel and adds the kH results. Here the kH
rows under the kernel are first laid side by side, "stacked", in a small scratch array (rows, W, kH, C, N).
There a window of kW pixels is one matrix (kW*kH*C, N), and a single product with the kernel, (F, kW*kH*C),
makes a pixel of all F outputs. The scratch array is small enough to stay in the processor's cache between
being filled and being multiplied.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided

CACHE = 256 * 1024  # bytes that a scratch array should not exceed: a good part of a second-level cache
SMALL = 100**3  # multiply-adds up to which OpenBLAS has kernels that skip the packing of small matrices


class Scratch:
    """Memory that is only good until the next asker fills it; it grows to the largest request."""

    def __init__(self, dtype):
        self.dtype = np.dtype(dtype)
        self.memory = {}

    def take(self, shape, name):
        """An array of a shape; the same memory for everybody who asks under the same name."""
        size = int(np.prod(shape))
        if name not in self.memory or self.memory[name].size < size:
            self.memory[name] = np.empty(size, self.dtype)
        return self.memory[name][:size].reshape(shape)


class Correlation:
    """Slide kernels over one padded buffer (H, W, C, N), giving (rows, columns, F, N).

    Parameters
    ----------
    source : array (H, W, C, N)
        The padded images; zeros around them included.
    kernel, stride, places : (int, int)
        Size of the kernel, its step, and how many outputs there are, vertically and horizontally.
    filters : int
        F.
    scratch : Scratch
    """

    def __init__(self, source, kernel, stride, places, filters, scratch):
        self.source, self.stride, self.places = source, stride, places
        (kh, kw), (self.c, self.n) = kernel, source.shape[2:]
        self.weight = np.empty((filters, kw, kh, self.c), source.dtype)
        self.depth = kh * kw * self.c
        self.parts = _parts(filters, self.depth * self.n)
        self.kernel = self.weight.reshape(self.parts, filters // self.parts, self.depth)
        width = (places[1] - 1) * stride[1] + kw
        self.row_bytes = width * kh * self.c * self.n * source.dtype.itemsize
        self.stack_shape = (width, kh, self.c, self.n)
        self.scratch, self.kept = scratch, False

    def rows_at_once(self):
        """How many rows of outputs fit into the cache together with their stacked inputs."""
        return int(max(1, min(self.places[0], CACHE // self.row_bytes)))

    def block(self, first, last):
        """Views for the output rows from `first` to before `last`: where from, the stack, its windows.

        If these are all the rows there are, the stack has memory of its own and is kept until the backward
        pass.
        """
        rows, (width, kh, c, n), (down, right) = last - first, self.stack_shape, self.stride
        s, source = self.source.strides, self.source[first * down :]
        origin = as_strided(source, (rows, *self.stack_shape), (down * s[0], s[1], s[0], *s[2:]))
        self.kept = rows == self.places[0]
        stack = (Scratch(source.dtype) if self.kept else self.scratch).take(
            (rows, *self.stack_shape), "stack"
        )
        item = stack.itemsize
        pixel = kh * c * n * item
        windows = as_strided(
            stack,
            (rows, self.places[1], self.depth, n),
            (width * pixel, right * pixel, n * item, item),
        )
        return origin, stack, windows

    def bind(self, block, y):
        """Prepare one product: the windows of a block, and the rows of y they go to, (…, F, N)."""
        windows = block[2]
        shape = (*y.shape[:2], self.parts, y.shape[2] // self.parts, self.n)
        strides = (*y.strides[:2], y.strides[2] * shape[3], *y.strides[2:])
        return (*block[:2], windows[:, :, None], as_strided(y, shape, strides))

    def run(self, products):
        """Do prepared products."""
        for origin, stack, windows, y in products:
            np.copyto(stack, origin)
            np.matmul(self.kernel, windows, out=y)


def _parts(filters, multiply_adds_each):
    """Into how many groups to divide the kernels so that each product is one of the small ones."""
    for parts in range(1, filters + 1):
        if filters % parts == 0 and filters // parts * multiply_adds_each <= SMALL:
            return parts if filters // parts >= 4 else 1
    return 1


class KernelGradient:
    """Sum of window times output gradient over all places, in blocks that stay in the cache.

    Parameters
    ----------
    correlation : Correlation
        The forward one, whose windows are used.
    filters : int
        F.
    """

    def __init__(self, correlation, filters):
        self.correlation = correlation
        one = correlation.depth * filters * correlation.source.itemsize
        self.columns = int(max(1, min(correlation.places[1], 2 * CACHE // one)))
        self.rows = int(max(1, 2 * CACHE // (one * self.columns)))
        shape = (1, self.columns, correlation.depth, filters)
        self.single = False
        self.total = np.empty(shape, correlation.source.dtype)

    def bind(self, block, dy):
        """Prepare the products of one block with its output gradient (rows, columns, F, N)."""
        origin, stack, windows = block
        turned, tiles = dy.swapaxes(2, 3), []
        self.single = windows.shape[:2] == self.correlation.places and self.columns == windows.shape[1]
        if self.single:  # one product of each place; they are added up in `result`
            self.total = np.empty((*windows.shape[:2], *self.total.shape[2:]), self.total.dtype)
            return origin, stack, [(windows, turned, self.total, None, None)]
        for first in range(0, windows.shape[1], self.columns):
            w, d = windows[:, first : first + self.columns], turned[:, first : first + self.columns]
            products = self.correlation.scratch.take((*w.shape[:2], *self.total.shape[2:]), "products")
            row = self.correlation.scratch.take(products.shape[1:], "row") if len(products) > 1 else None
            tiles.append((w, d, products, row, self.total[0, : w.shape[1]]))
        return origin, stack, tiles

    def clear(self):
        if not self.single:
            self.total.fill(0)

    def run(self, blocks):
        """Add prepared blocks to the total."""
        for origin, stack, tiles in blocks:
            if not self.correlation.kept:
                np.copyto(stack, origin)
            for windows, dy, products, row, total in tiles:
                np.matmul(windows, dy, out=products)
                if row is not None:
                    np.add.reduce(products, axis=0, out=row)
                if total is not None:
                    np.add(total, products[0] if row is None else row, out=total)

    def result(self, shape):
        """The gradient, a new array of the shape of w."""
        f, c, kh, kw = shape
        total = np.add.reduce(self.total, axis=(0, 1)).reshape(kw, kh, c, f)
        return np.ascontiguousarray(total.transpose(3, 2, 1, 0))
