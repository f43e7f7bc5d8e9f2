"""Max-pooling by 2x2, for a convolution or as a stage of its own; average-pooling by windows side by side."""

from functools import partial as call

import numpy as np

from cnnlib.fast.aligned import empty
from cnnlib.fast.stages import Stage, run
from cnnlib.nn.functional._arrays import bits

BLOCK = 512 * 1024  # bytes of the rows that are worked on together: they stay in a second-level cache


def quarters(array):
    """Rows and columns, (R, C, …), by whether they are even or odd, (2, 2, R/2, C/2, …): a view.

    The first axis tells left from right in each window of 2x2, the second above from below. What pooling
    compares so lies side by side as two whole blocks of memory.

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


def pooling(y, out, dy, d, scratch):
    """The calls that pool y, by quarters, into out by 2x2, and those that lead dy back to d.

    In each row the left pixel meets the right one, then the winner above meets the one below; equal ones
    leave the earlier. That is the first of the four in row order, as in PyTorch. (Networks that give NaN are
    run backwards by the readable passes.) Gradients are led as bits, see `bits`: infinite ones too go to the
    winner alone.
    """
    (left, right), (d_left, d_right) = y, d
    winners = scratch.take(left.shape, "winners")
    above, below = winners
    dy, won, d_left, d_right = bits(dy), bits(winners), bits(d_left), bits(d_right)
    d_above, d_below = won
    was_left, was_above = empty(left.shape, bool), empty(out.shape, bool)
    shrink = [
        call(np.greater_equal, left, right, was_left),
        call(np.maximum, left, right, out=winners),
        call(np.greater_equal, above, below, was_above),
        call(np.maximum, above, below, out=out),
    ]
    widen = [
        call(np.multiply, dy, was_above, d_above),
        call(np.subtract, dy, d_above, d_below),
        call(np.multiply, won, was_left, d_left),
        call(np.subtract, won, d_left, d_right),
    ]
    return shrink, widen


class Pooling(Stage):
    """Max-pooling by 2x2 after something else than a convolution."""

    def __init__(self, layer, shape, n, dtype, scratch):
        super().__init__(shape, n, dtype)
        (c, h, w), self.scratch = shape, scratch
        self.out_shape = (c, h // 2, w // 2)

    def prepare(self):
        (_, h, w), self.forward_calls, self.backward_calls = self.out_shape, [], []
        step = max(1, BLOCK // (2 * self.x[0].nbytes))
        for a in range(0, h, step):
            b = min(a + step, h)
            y, d = (quarters(array[2 * a : 2 * b, : 2 * w]) for array in (self.x, self.dx))
            shrink, widen = pooling(y, self.out[a:b], self.dy[a:b], d, self.scratch)
            self.forward_calls += shrink
            self.backward_calls += widen
        for left_over in (self.dx[2 * h :], self.dx[:, 2 * w :]):
            self.backward_calls += [call(left_over.fill, 0)] if left_over.size else []

    def forward(self, training):
        run(self.forward_calls)

    def backward(self):
        run(self.backward_calls)


class Averaging(Stage):
    """Average-pooling by windows (kH, kW) that lie side by side: the stride is the window's size."""

    def __init__(self, layer, shape, n, dtype):
        super().__init__(shape, n, dtype)
        (c, h, w), (kh, kw) = shape, layer.kernel_size
        self.window, self.out_shape = (kh, kw), (c, h // kh, w // kw)
        self.share = self.x.dtype.type(1 / (kh * kw))

    def prepare(self):
        self.windows, self.d_windows = self._split(self.x), self._split(self.dx)
        (_, h, w), (kh, kw) = self.out_shape, self.window
        self.left_over = self.dx[h * kh :], self.dx[:, w * kw :]

    def _split(self, array):
        """Rows and columns by windows: (H, W, C, N) to (h, kH, w, kW, C, N), a view."""
        (_, h, w), (kh, kw) = self.out_shape, self.window
        return array[: h * kh, : w * kw].reshape(h, kh, w, kw, *array.shape[2:])

    def forward(self, training):
        np.add.reduce(self.windows, axis=(1, 3), out=self.out)
        np.multiply(self.out, self.share, out=self.out)

    def backward(self):
        for pixels in self.left_over:
            pixels.fill(0)
        np.multiply(self.dy[:, None, :, None], self.share, out=self.d_windows)
