"""The gradient of a convolution's kernels on buffers that stay: window times output gradient, added up.

There are two ways to multiply. `PlaceGradient` takes the windows of the forward pass, (kW*kH*C, N), place by
place, by the gradient there, (N, F): a product adds up over N images, and the many products are added up
afterwards. `RowGradient` takes a whole row of places at once: a product adds up over their columns and
images, which leaves little to add up and few products to begin. It needs the gradient in the order (rows, F,
columns, N), a copy that pays where there are few filters and a small batch: measured.

OpenBLAS with its kernels for AVX2 multiplies small matrices at a fraction of its speed where their sides
are not those of its own blocks. There `RowGradient` takes a band of several rows of places together: of the
products of all of these with all rows of the image under them, those that belong together are taken. That
is more arithmetic, and done three times as fast on the first layer of a LeNet.
"""

from functools import partial as call
from math import prod

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cnnlib.fast.aligned import empty
from cnnlib.fast.correlation import CACHE
from cnnlib.fast.pooling import quarters
from cnnlib.fast.stages import copying
from cnnlib.runtime import threads

DEEP = 100  # numbers in a window from which on it pays to turn the output gradient over before multiplying
WINDOW = 25  # numbers in a window from which on it can pay to go row by row
# and filters and images up to which it does: with OpenBLAS' kernels for AVX2, and with others
FEW = {True: (8, 64), False: (16, 32)}
TALL, BLOCK = 12, 8  # rows that a product's result should have, and columns of it that BLAS makes at once


def kernel_gradient(correlation, filters, scratch):
    """The way to multiply that is the faster for these sizes."""
    most_filters, most_images = FEW[threads.has_avx2_kernels()]
    by_row = (
        correlation.stride[1] == 1
        and filters <= most_filters
        and correlation.n <= most_images
        and correlation.kw * correlation.kh * correlation.c >= WINDOW
    )
    return (RowGradient if by_row else PlaceGradient)(correlation, filters, scratch)


def boxes(shape, limit):
    """Cut an array's leading axes into boxes of at most `limit` places each: tuples of slices.

    >>> list(boxes((2, 3), 3))
    [(slice(0, 1, None), slice(0, 3, None)), (slice(1, 2, None), slice(0, 3, None))]
    """
    if not shape:
        yield ()
        return
    step = max(1, limit // prod(shape[1:]))
    for first in range(0, shape[0], step):
        last = min(first + step, shape[0])
        for rest in boxes(shape[1:], max(1, limit // (last - first))):
            yield (slice(first, last), *rest)


class KernelGradient:
    """The base class: a sum of window times output gradient, in blocks that stay in the cache.

    Parameters
    ----------
    correlation : Correlation
        The forward one, whose windows are used.
    filters : int
        F.
    scratch : Scratch
    size : int
        How many numbers there are to sum up.
    """

    def __init__(self, correlation, filters, scratch, size):
        self.correlation, self.filters, self.scratch = correlation, filters, scratch
        self.sums, self.begun = empty(size, correlation.source.dtype), False

    def calls(self, pieces, first, last, d):
        """Prepare the sum over the rows of outputs from `first` to before `last`.

        `pieces` are a few of these rows each: the call that stacks their windows, the windows, (…, kW*kH*C,
        N), and the output gradients, (…, F, N). `d` holds all of these gradients.
        """
        raise NotImplementedError

    def _adding(self, terms):
        """The calls that add the rows of `terms` up, and to what was there before."""
        row = self.scratch.take(self.sums.shape, "row") if self.begun else self.sums
        calls = [call(np.ones(len(terms), terms.dtype).dot, terms, row)]  # faster than a sum
        calls += [call(np.add, self.sums, row, self.sums)] if self.begun else []
        self.begun = True
        return calls

    def result(self):
        """The gradients of the kernels and of the biases (or None): new arrays."""
        return self.weight.copy(), None if self.bias is None else self.bias.copy()


class PlaceGradient(KernelGradient):
    """A product for each place of the kernel: its sum runs over the images."""

    def __init__(self, correlation, filters, scratch):
        super().__init__(correlation, filters, scratch, correlation.depth * filters)
        self.places = int(max(1, CACHE // self.sums.nbytes))  # whose products fit into the cache
        rows = self.sums.reshape(correlation.kw, correlation.channels, filters)
        weight, self.bias = correlation.split(rows)
        self.weight = weight.transpose(3, 2, 1, 0)

    def calls(self, pieces, first, last, d):
        calls = []
        for fill, windows, dy in pieces:
            calls += [] if self.correlation.kept else [fill]
            for box in boxes(windows.shape[:-2], self.places):
                calls += self._tile(windows[box], dy[box])
        return calls

    def _tile(self, windows, dy):
        """The calls for some places."""
        shape = (*windows.shape[:-2], self.correlation.depth, self.filters)
        products = self.scratch.take(shape, "products")
        return self._products(windows, dy, products) + self._adding(products.reshape(-1, self.sums.size))

    def _products(self, windows, dy, out):
        """The calls that multiply windows, (…, kW*kH*C, N), by gradients, (…, F, N), turned over."""
        turned = dy.swapaxes(-1, -2)
        if self.correlation.depth < DEEP:
            return [call(np.matmul, windows, turned, out)]
        rows = self.scratch.take(turned.shape, "turned")
        return [copying(rows, turned), call(np.matmul, windows, rows, out)]


class RowGradient(KernelGradient):
    """A product for each row of places and column of the kernel: its sum runs over columns and images.

    With the image in the order (H, C, W, N) the kH rows under the kernel are one matrix, (kH*C, W*N), and a
    step to the right in the kernel is one of N numbers. The bias has a sum of its own.
    """

    def __init__(self, correlation, filters, scratch):
        kw, kh, c = correlation.kw, correlation.kh, correlation.c
        self.weights = kw * filters * kh * c
        super().__init__(correlation, filters, scratch, self.weights + filters * correlation.biased)
        self.weight = self.sums[: self.weights].reshape(kw, filters, kh, c).transpose(1, 3, 2, 0)
        self.bias = self.sums[self.weights :] if correlation.biased else None

    def calls(self, pieces, first, last, d):
        rows, columns, n = last - first, self.correlation.places[1], self.correlation.n
        lines = self.scratch.take((rows, self.filters, columns, n), "lines")
        target = lines.transpose(0, 2, 1, 3)
        terms = self.scratch.take((rows, self.sums.size), "terms")
        kernels = terms[:, : self.weights].reshape(rows, self.correlation.kw, self.filters, -1)
        calls = [copying(target if d.ndim == 4 else quarters(target), d)]
        calls += self._products(first, lines.reshape(rows, self.filters, columns * n), kernels)
        if self.correlation.biased:
            flat, ones = lines.reshape(rows * self.filters, columns * n), np.ones(columns * n, d.dtype)
            biases = self.scratch.take((rows * self.filters,), "biases")
            calls.append(call(flat.dot, ones, biases))  # all at once, and then to their places: faster
            calls.append(copying(terms[:, self.weights :], biases.reshape(rows, self.filters)))
        return calls + self._adding(terms)

    def _products(self, first, lines, kernels):
        """The calls that multiply `lines`, (rows, F, columns*N), into (rows, kW, F, kH*C)."""
        calls, image = self._laid_out(first, len(lines))
        band = self._band()
        whole = len(lines) // band * band
        for a, b, rows in (0, whole, band), (whole, len(lines), len(lines) - whole):
            if a < b:
                below = image[a * self.correlation.stride[0] :]
                calls += self._bands(rows, below, lines[a:b], kernels[a:b])
        return calls

    def _bands(self, band, image, lines, kernels):
        """The calls for some whole bands of so many rows of places, the first at the top of the image."""
        its, (_, kw, filters, depth), number = self.correlation, kernels.shape, len(lines) // band
        down, (row, _, pixel, item) = its.stride[0], image.strides
        under = ((band - 1) * down + its.kh) * its.c
        shape = (number, kw, under, lines.shape[2])
        windows = as_strided(image, shape, (band * down * row, pixel, row // its.c, item)).swapaxes(-1, -2)
        lines = lines.reshape(number, 1, band * filters, -1)
        if band == 1:
            return [call(np.matmul, lines, windows, kernels)]
        met = self.scratch.take((number, kw, band * filters, under), "met")
        each, column, line, item = met.strides
        shape = number, band, kw, filters, depth
        own = as_strided(met, shape, (each, filters * line + down * its.c * item, column, line, item))
        return [call(np.matmul, lines, windows, met), copying(kernels.reshape(shape), own)]

    def _band(self):
        """How many rows of places to multiply at once: as many as fill the columns that BLAS makes anyway."""
        its, least = self.correlation, -(-TALL // self.filters)
        if not threads.has_avx2_kernels():
            return 1

        def columns(rows):
            return ((rows - 1) * its.stride[0] + its.kh) * its.c

        whole = -(-columns(least) // BLOCK) * BLOCK
        return max(rows for rows in range(least, least + BLOCK + 1) if columns(rows) <= whole)

    def _laid_out(self, first, rows):
        """The calls that lay out the image under some rows of places, and it: (H, C, W, N)."""
        its, down = self.correlation, self.correlation.stride[0]
        image = its.source[first * down :][: (rows - 1) * down + its.kh].transpose(0, 2, 1, 3)
        if its.c == 1:
            return [], image
        laid = self.scratch.take(image.shape, "laid")
        return [copying(laid, image)], laid
