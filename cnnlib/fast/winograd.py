"""The gradients of a convolution with fewer multiplications: Winograd's, along the columns of the image.

Take r = kH numbers w under each other in a kernel and n = 6 rows d of the image. The m = n - r + 1 sums
``y[j] = sum_p d[j + p] * w[p]`` are the middle coefficients of a product of polynomials, and that product is
known from its values at n points. In matrices:

    y = A.T @ ((G @ w) * (B @ d))

A (n, m) and G (n, r) evaluate polynomials at the points, B (n, n) interpolates, transposed. So n products
instead of m * r: of 3 rows 6 for 12, of 5 rows 6 for 10. For images each number of d is a whole row of
pixels, (W, C, N), and each product in the middle one of matrices: the kernel's row, over all kW and C, by
the windows of a row. The three transforms are products of matrices too, with the rows as very long lines.

The gradient by the input is such a convolution, of the padded gradient with the turned kernel. That of the
kernels is the same form turned round: ``G.T`` times the sum, over all places and images, of
``(B @ d) * (A @ dy)``.

The numbers from 1/24 to 8 in the matrices cost some digits: relative to the largest number of a result its
error is about 2e-6 in float32 and 4e-15 in float64, five times that of the direct sum. A number that is
infinite makes NaN of its block of rows. The forward pass stays with direct sums: what is exactly zero, or
equal, there must be so for ReLU and max-pooling to choose as they do everywhere else. Sources: Winograd,
"Arithmetic complexity of computations", 1980; Lavin and Gray, "Fast algorithms for convolutional neural
networks", CVPR 2016, arXiv:1509.09308.
"""

from functools import partial as call

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cnnlib.fast.aligned import empty
from cnnlib.fast.correlation import CACHE
from cnnlib.fast.kernel_gradient import KernelGradient
from cnnlib.fast.stages import copying

ROOTS = np.array([0.0, 1.0, -1.0, 2.0, -2.0])  # and infinity
POINTS = len(ROOTS) + 1


def matrices(height, dtype):
    """A (n, m), B (n, n) and G (n, height) for kernels of that many rows.

    >>> a, b, g = matrices(3, np.float64)
    >>> b[0]
    array([ 4.,  0., -5.,  0.,  1.,  0.])
    >>> d, w = np.arange(6.0) ** 2, np.array([1.0, -2.0, 1.0])
    >>> np.round(a.T @ ((g @ w) * (b @ d)), 9)  # second differences
    array([2., 2., 2., 2.])
    """
    others = [np.delete(ROOTS, i) for i in range(POINTS - 1)]
    b = np.zeros((POINTS, POINTS))
    b[:-1, :-1] = [np.poly(roots)[::-1] for roots in others]
    b[-1] = np.poly(ROOTS)[::-1]
    a, g = (_powers(size) for size in (POINTS + 1 - height, height))
    g[:-1] /= [[np.prod(point - roots)] for point, roots in zip(ROOTS, others, strict=True)]
    return a.astype(dtype), b.astype(dtype), g.astype(dtype)


def _powers(size):
    """What evaluates a polynomial of `size` coefficients at all points; at infinity the last one counts."""
    powers = np.vander(ROOTS, size, increasing=True)
    return np.concatenate([powers, np.eye(size)[-1:]])


def blocks_of(rows, height):
    """How many blocks of m rows cover some rows of outputs, and how many rows of inputs those meet.

    >>> blocks_of(14, 3)
    (4, 18)
    """
    step = POINTS + 1 - height
    return -(-rows // step), -(-rows // step) * step + height - 1


class Transform:
    """What is shared: the matrices for kernels of some height, and the transform of rows by one of them."""

    def __init__(self, height, scratch):
        self.a, self.b, self.g = matrices(height, scratch.dtype)
        self.step, self.scratch = self.a.shape[1], scratch

    def transforming(self, matrix, rows, first, count, name):
        """The call that transforms some blocks of rows (W, C, N) each, and where to: (count, n, W, C, N)."""
        size = matrix.shape[1]
        transformed = self.scratch.take((count, POINTS, *rows.shape[1:]), name)
        lines = as_lines(rows[first * self.step :], count, size, self.step)
        return call(np.matmul, matrix, lines, transformed.reshape(count, POINTS, -1)), transformed


class TurnedWinograd(Transform):
    """Slide the turned kernels over the gradient of the outputs, as `TurnedCorrelation` does.

    Parameters
    ----------
    source : array (R, W + kW - 1, F, N)
        The gradient of the outputs between zeros, as many rows as `blocks_of` says for dx.
    kernel : (int, int)
    dx : array (H, W, C, N)
        Where the gradient by the input goes.
    scratch : Scratch

    Attributes
    ----------
    weight : array (F, C, kH, kW)
        To be filled with the kernels, as they are.
    """

    def __init__(self, source, kernel, dx, scratch):
        (kh, kw), channels, filters = kernel, dx.shape[2], source.shape[2]
        super().__init__(kh, scratch)
        self.source, self.dx = source, dx
        self.turned = empty((kh, channels, kw, filters), dx.dtype)
        self.weight = self.turned[::-1, :, ::-1].transpose(3, 1, 0, 2)
        self.kernels = empty((POINTS, 1, channels, kw * filters), dx.dtype)
        width = max(source[0].size, dx[0].size) * POINTS * dx.itemsize
        self.rows = int(max(1, CACHE // width)) * self.step

    def calls(self):
        """Prepare the whole gradient, a few blocks at a time."""
        turned, kernels = self.turned.reshape(len(self.turned), -1), self.kernels.reshape(POINTS, -1)
        calls = [call(np.matmul, self.g, turned, kernels)]
        for first in range(0, len(self.dx), self.rows):
            calls += self._block(first // self.step, self.dx[first : first + self.rows])
        return calls

    def _block(self, first, dx):
        count = -(-len(dx) // self.step)
        transform, rows = self.transforming(self.b, self.source, first, count, "transformed")
        shape = (count, POINTS, dx.shape[1], self.kernels.shape[3], dx.shape[3])
        windows = as_strided(rows, shape, rows.strides)
        products = self.scratch.take((count, POINTS, *dx.shape[1:]), "products")
        multiply = call(np.matmul, self.kernels, windows, out=products)
        return [transform, multiply, *self._collecting(products.reshape(count, POINTS, -1), dx)]

    def _collecting(self, products, dx):
        """The calls that make rows of dx of the products; the last block may have fewer rows."""
        if not dx[:1].flags.c_contiguous:
            rows = self.scratch.take(dx.shape, "rows")
            return [*self._collecting(products, rows), copying(dx, rows)]
        whole, rest = divmod(len(dx), self.step)
        lines = as_lines(dx, whole, self.step, self.step)
        calls = [call(np.matmul, self.a.T, products[:whole], lines)] if whole else []
        if rest:
            lines = as_lines(dx[whole * self.step :], 1, rest, rest)
            calls.append(call(np.matmul, self.a.T[:rest], products[whole:], lines))
        return calls


class WinogradGradient(KernelGradient):
    """The gradient of the kernels: one product for each point, block and column of the kernel.

    Its sum runs over the columns and images, for which both sides are laid out in the order (channels,
    columns, N). The bias is the sum over the rows of ``A @ dy`` at the point 1, which adds them up.

    Parameters
    ----------
    correlation, filters, scratch
        As in `KernelGradient`.
    d : array (blocks * m, columns, F, N)
        The gradient of the outputs; rows beyond them are zero.
    """

    def __init__(self, correlation, filters, scratch, d):
        its = correlation
        self.d, self.shape = d, (POINTS, its.kw, filters, its.c)
        self.weights = int(np.prod(self.shape))
        super().__init__(its, filters, scratch, self.weights + filters * its.biased)
        self.bias = self.sums[self.weights :] if its.biased else None
        self.transform = Transform(its.kh, scratch)

    def calls(self, pieces, first, last, d):
        its, take, step = self.correlation, self.scratch.take, self.transform.step
        begin, count = first // step, -(-(last - first) // step)
        columns, filters, n = self.d.shape[1:]
        fill, rows = self.transform.transforming(self.transform.b, its.source, begin, count, "transformed")
        evaluate, slopes = self.transform.transforming(self.transform.a, self.d, begin, count, "products")
        laid = take((count, POINTS, its.c, rows.shape[2], n), "laid")
        lines = take((count, POINTS, filters, columns, n), "lines")
        terms = take((count, self.sums.size), "terms")
        block, point, channel, pixel, item = laid.strides
        windows = as_strided(
            laid, (count, POINTS, its.kw, columns * n, its.c), (block, point, pixel, item, channel)
        )
        flat = lines.reshape(count, POINTS, 1, filters, columns * n)
        calls = [
            fill,
            copying(laid, rows.swapaxes(2, 3)),
            evaluate,
            copying(lines, slopes.swapaxes(2, 3)),
            call(np.matmul, flat, windows, terms[:, : self.weights].reshape(count, *self.shape)),
        ]
        if self.bias is not None:
            ones = np.ones(columns * n, self.d.dtype)
            calls.append(call(np.matmul, flat[:, 1, 0], ones, terms[:, self.weights :]))
        return calls + self._adding(terms)

    def result(self):
        kernels = self.transform.g.T @ self.sums[: self.weights].reshape(POINTS, -1)
        weight = kernels.reshape(-1, *self.shape[1:]).transpose(2, 3, 0, 1)
        return np.ascontiguousarray(weight), None if self.bias is None else self.bias.copy()


def as_lines(rows, count, size, step):
    """Show rows, (H, …), each contiguous, as overlapping groups of `size` lines, `step` apart."""
    row, item = rows.strides[0], rows.itemsize
    return as_strided(rows, (count, size, rows[0].size), (step * row, row, item))
