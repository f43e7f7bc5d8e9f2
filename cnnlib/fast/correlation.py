"""The convolution of `cnnlib.nn.functional` on buffers that stay, a few rows of the image at a time.

The readable convolution lays the kH rows under the kernel side by side, "stacked", in a new array. Here the
stack, (rows, W, kH*C, N), is a buffer that stays, and holds only as many rows as remain in the processor's
cache between being filled and being multiplied. A window of kW pixels in it is one matrix (kW*kH*C, N), and a
single product with the kernel, (F, kW*kH*C), makes a pixel of all F outputs.

The bias rides along: each pixel of the stack has one more channel that is always 1, and the kernel has the
bias as that channel's first weight and zeros as the others. So the product adds the bias, and the product
that gives the kernel's gradient gives the bias's too, without a call of its own for either.

Nothing is computed here at once. Everything is prepared as a list of calls, NumPy functions together with the
views they work on, and a step runs through the list.
"""

from functools import partial as call

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cnnlib.fast.aligned import zeros
from cnnlib.fast.stages import copying
from cnnlib.runtime import threads

CACHE = 1024 * 1024  # bytes that a scratch array should not exceed: a second-level cache
SMALL = 100**3  # multiply-adds up to which OpenBLAS has kernels that skip the packing of small matrices


class Scratch:
    """Memory whose contents last until the next request; it grows to the largest one."""

    def __init__(self, dtype):
        self.dtype = np.dtype(dtype)
        self.memory, self.nothing = {}, zeros(0, self.dtype)

    def take(self, shape, name, dtype=None):
        """An array of a shape; every request under the same name gets the same memory, zeros at first."""
        size = int(np.prod(shape))
        if name not in self.memory or self.memory[name].size < size:
            self.memory[name] = zeros(size, dtype or self.dtype)
        return self.memory[name][:size].reshape(shape)

    def zeros(self, shape):
        """An array of zeros, to be read only."""
        size = int(np.prod(shape))
        if self.nothing.size < size:
            self.nothing = zeros(size, self.dtype)
        return self.nothing[:size].reshape(shape)


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
    biased : bool
        Whether each pixel of the stack has the channel of ones.

    Attributes
    ----------
    weight : array (F, kW, kH, C)
        To be filled with the kernels.
    bias : array (F,)
        To be filled with the biases; only if biased.
    """

    def __init__(self, source, kernel, stride, places, filters, biased):
        self.source, self.stride, self.places, self.biased = source, stride, places, biased
        (self.kh, self.kw), (self.c, self.n) = kernel, source.shape[2:]
        self.channels = self.kh * self.c + biased
        self.depth = self.kw * self.channels
        kernels = zeros((filters, self.kw, self.channels), source.dtype)
        self.weight, self.bias = self.split(kernels.transpose(1, 2, 0))
        self.weight = self.weight.transpose(3, 0, 1, 2)
        self.parts = _parts(filters, self.depth * self.n)
        self.kernel = kernels.reshape(self.parts, filters // self.parts, self.depth)
        self.width = (places[1] - 1) * stride[1] + self.kw
        self.row_bytes = self.width * self.channels * self.n * source.dtype.itemsize
        self.scratch, self.kept = Scratch(source.dtype), False

    def split(self, rows):
        """Of an array (kW, channels, F): its weights, (kW, kH, C, F), and its biases, (F,), as views."""
        weight = rows[:, : self.kh * self.c].reshape(self.kw, self.kh, self.c, rows.shape[2])
        return weight, rows[0, -1] if self.biased else None

    def rows_at_once(self):
        """How many rows of outputs fit into the cache together with their stacked inputs."""
        return int(max(1, min(self.places[0], CACHE // self.row_bytes)))

    def block(self, first, last):
        """Prepare the output rows from `first` to before `last`: the call that stacks, and the windows.

        If these are all the rows there are, the stack is still good in the backward pass.
        """
        rows, (down, right), (row, pixel, *inner) = last - first, self.stride, self.source.strides
        self.kept = rows == self.places[0]
        stack = self.scratch.take((rows, self.width, self.channels, self.n), "stack")
        if self.biased:
            stack[:, :, -1] = 1
        shape = (rows, self.width, self.kh, self.c, self.n)
        origin = as_strided(self.source[first * down :], shape, (down * row, pixel, row, *inner))
        target = stack[:, :, : self.kh * self.c].reshape(shape)
        step, wide, image, item = stack.strides
        windows = as_strided(
            stack, (rows, self.places[1], self.depth, self.n), (step, right * wide, image, item)
        )
        return copying(target, origin), windows

    def calls(self, windows, y):
        """Prepare the product of some windows, (…, kW*kH*C, N), into the places (…, F, N) they go to."""
        return [_product(self.kernel, windows, y)]


def _product(kernel, windows, y):
    """Prepare y = kernel by windows: (parts, F/parts, D) by (…, D, N) into (…, F, N)."""
    shape = (*y.shape[:-2], *kernel.shape[:2], y.shape[-1])
    strides = (*y.strides[:-2], y.strides[-2] * kernel.shape[1], *y.strides[-2:])
    return call(np.matmul, kernel, windows[..., None, :, :], out=as_strided(y, shape, strides))


def _parts(filters, multiply_adds_each):
    """Into how many groups to divide the kernels so that each product is one of the small ones."""
    for parts in range(1, filters + 1):
        if filters % parts == 0 and filters // parts * multiply_adds_each <= SMALL:
            return parts if filters // parts >= 4 else 1
    return 1


class TurnedCorrelation:
    """Slide the turned kernels over the gradient of the outputs, one row of them at a time.

    The kW pixels under a row of the kernel lie in memory as one matrix, (kW*F, N): nothing has to be stacked.
    Each row gives a product (C, kW*F) by (kW*F, N) for all pixels of the input that it meets; these are added
    up. Rows of outputs that do not exist are not multiplied.

    Parameters
    ----------
    source : array (R, W + kW - 1, F, N)
        The gradient of the outputs, with zeros left, right and, where the convolution steps wide, between.
    kernel : (int, int)
    top : int
        kH - 1 less the padding: how many rows of zeros a turned kernel would meet first.
    down : int
        The convolution's step from row to row.
    dx : array (H, W, C, N)
        Where the gradient by the input goes.
    scratch : Scratch

    Attributes
    ----------
    weight : array (F, C, kH, kW)
        To be filled with the kernels, as they are.
    """

    def __init__(self, source, kernel, top, down, dx, scratch):
        self.source, self.top, self.down, self.dx, self.scratch = source, top, down, dx, scratch
        (kh, kw), (filters, n), channels = kernel, source.shape[2:], dx.shape[2]
        rows = zeros((kh, channels, kw, filters), source.dtype)
        self.weight = rows[::-1, :, ::-1].transpose(3, 1, 0, 2)
        parts = _parts(channels, kw * filters * n)
        self.kernels = rows.reshape(kh, parts, channels // parts, kw * filters)
        shape = (len(source), dx.shape[1], kw * filters, n)
        self.windows = as_strided(source, shape, source.strides)

    def calls(self):
        """Prepare the whole gradient, in blocks of rows of dx that stay in the cache."""
        rows = max(1, CACHE // self.dx[0].nbytes)
        blocks = [(a, min(a + rows, len(self.dx))) for a in range(0, len(self.dx), rows)]
        return [prepared for block in blocks for prepared in self._block(*block)]

    def _block(self, first, last):
        """The calls for the rows of dx from `first` to before `last`; the row that meets most goes first."""
        met = [(i, *self._met(i, first, last, slice(0, len(self.source)))) for i in range(len(self.kernels))]
        met.sort(key=lambda one: -len(one[2]))
        i, rows, into = met[0]
        calls = [] if len(into) == last - first else [call(self.dx[first:last].fill, 0)]
        calls += [_product(self.kernels[i], self.windows[rows], into)] if len(into) else []
        for i, rows, into in met[1:]:
            if len(into):
                product = self.scratch.take(into.shape, "product")
                calls += [
                    _product(self.kernels[i], self.windows[rows], product),
                    call(np.add, into, product, into),
                ]
        return calls

    def _met(self, i, first, last, block):
        """Which rows of a block of the source row i of the kernel meets, and the rows of dx these belong to.

        Row r of the source is met at row ``top + down * r - i`` of dx.
        """
        begin, end = (-((self.top - i - row) // self.down) for row in (first, last))
        begin, end = max(block.start, begin), min(block.stop, end)
        count = max(0, end - begin)
        into = self.dx[self.top + self.down * begin - i :: self.down][:count] if count else self.dx[:0]
        return slice(begin, begin + count), into


class TurnedTogether(TurnedCorrelation):
    """The same with all rows of the kernel at a time, so that a product has kH times as many rows.

    The rows of the source are taken in blocks whose products, (rows, W, kH, C, N), stay in the cache; each
    product is added where it belongs. Those that belong nowhere, above and below, are made in vain.
    """

    def calls(self):
        """Prepare the whole gradient."""
        (width, channels, n), kh = self.dx.shape[1:], len(self.kernels)
        rows = max(1, CACHE // (width * kh * channels * n * self.dx.itemsize))
        calls = [call(self.dx.fill, 0)]
        for first in range(0, len(self.source), rows):
            block = slice(first, min(first + rows, len(self.source)))
            windows = self.windows[block]
            products = self.scratch.take((len(windows), width, kh, channels, n), "product")
            flat = products.reshape(len(windows), width, kh * channels, n)
            calls.append(call(np.matmul, self.kernels.reshape(kh * channels, -1), windows, flat))
            for i in range(kh):
                met, into = self._met(i, 0, len(self.dx), block)
                own = products[met.start - first : met.stop - first, :, i]
                calls += [call(np.add, into, own, into)] if len(into) else []
        return calls


def turned_correlation(source, kernel, top, down, dx, scratch):
    """The way that is the faster for these sizes: OpenBLAS' kernels for AVX2 are slow with odd few rows.

    By number of channels of dx, all rows of the kernel together took 0.5 (3), 0.65 (6) and 0.75 (15) of the
    time; with 8 and 12, as many as before or more.
    """
    channels = dx.shape[2]
    together = threads.has_avx2_kernels() and kernel[0] > 1 and (channels % 4 != 0 or channels < 8)
    kind = TurnedTogether if together else TurnedCorrelation
    return kind(source, kernel, top, down, dx, scratch)
