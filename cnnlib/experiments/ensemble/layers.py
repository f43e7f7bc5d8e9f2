"""Layers for many copies of one network at once: the copies are one more axis in front.

Each class mirrors a layer of `cnnlib.nn.layers` with an axis E for the copies: images are (E, C, H, W, N),
vectors (E, D, N), with the batch last, so that elementwise work runs over long rows. A weight array is
that of the layer with E in front. Where all copies get the same images, E is 1 in the images and NumPy's
matmul repeats them for every copy.

A convolution lays the pixels under its kernel out as the rows of one matrix for each copy ("im2col"), and is
then one matrix product a copy: with small networks the time goes into the number of calls, and this makes
few. `cnnlib.nn.functional` explains the same mathematics at leisure; the tests hold that both agree.
"""

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from cnnlib.nn import layers
from cnnlib.nn.functional._arrays import bits, output_size

#: Copies whose columns of gradients are made at once: as many as stay in the cache until they are added up.
PART = 4


class Stacked:
    """A layer for many copies: ``forward(x)`` and ``backward(dy)``, as in `cnnlib.nn.layers.Layer`.

    Results lie in buffers that the next call uses again: fresh memory would cost as much as the arithmetic.
    """

    first = False  # whether nothing lies before it, so that the gradient of its input is not needed

    def __init__(self, layer, params):
        self.layer, self.params = layer, params
        self.release()

    def release(self):
        """Forget all that passes have left: buffers, gradients, and what a pass back would need."""
        for name in [name for name in vars(self) if name.startswith("_")]:
            delattr(self, name)
        self.grads, self._buffers, self._views = {}, {}, {}

    def forward(self, x):
        raise NotImplementedError

    def backward(self, dy):
        raise NotImplementedError

    def _buffer(self, name, shape, dtype, fill=0):
        """An array of this name and shape, the same at every call; `fill` holds at the first."""
        key = name, shape, dtype
        if key not in self._buffers:
            self._buffers[key] = np.full(shape, fill, dtype)
        return self._buffers[key]


class Conv2d(Stacked):
    """E convolutions side by side; weight (E, F, C, kH, kW), bias (E, F).

    The bias is one more column of the weights and meets a row of ones beneath the pixels, so that it comes
    with the matrix product, and so does its gradient. Where all copies see the same images, those are laid
    out once.

    The columns may stand in any order. With a `window`, that of a pooling behind it, all top left pixels of
    the windows come first, then all top right ones, and so on, (E, F, 2, 2, Ho/2, Wo/2, N): pooling then
    compares whole rows of memory, and pixels that it would leave over are not computed.
    """

    window = None

    def forward(self, x):
        weight = self.params["weight"]
        self._in = x.shape
        self._columns, places = self._lay_out(x)
        (copies, filters), inputs, (rows, pixels) = (
            weight.shape[:2],
            weight[0, 0].size,
            self._columns.shape[1:],
        )
        table = self._buffer("table", (copies, filters, rows), x.dtype)
        table[:, :, :inputs] = weight.reshape(copies, filters, inputs)
        if "bias" in self.params:
            table[:, :, inputs] = self.params["bias"]
        y = self._buffer("y", (copies, filters, pixels), x.dtype)
        np.matmul(table, self._columns, out=y)
        return y.reshape(copies, filters, *places)

    def _lay_out(self, x):
        """All windows as columns, (E, C*kH*kW + 1, Ho*Wo*N), and the sizes of the axes of their places."""
        if x.shape not in self._views:
            self._views[x.shape] = self._make_views(x)
        inside, windows, pixels, columns, places = self._views[x.shape]
        inside[...] = x
        pixels[...] = windows
        return columns, places

    def _make_views(self, x):
        """Buffers of one input shape, and the views of them that copying an input into columns takes."""
        (kh, kw), (sh, sw), (ph, pw) = self.layer.kernel_size, self.layer.stride, self.layer.padding
        e, c, h, w, n = x.shape
        padded = np.zeros((e, c, h + 2 * ph, w + 2 * pw, n), x.dtype)
        rows, across = output_size(padded.shape[2:4], (kh, kw), (sh, sw))
        windows = sliding_window_view(padded, (kh, kw), axis=(2, 3))[:, :, ::sh, ::sw]
        windows, places = windows.transpose(0, 1, 5, 6, 2, 3, 4), (rows, across, n)
        if self.window:
            down, right = self.window
            rows, across = rows // down, across // right
            windows = windows[..., : rows * down, : across * right, :]
            windows = windows.reshape(*windows.shape[:4], rows, down, across, right, n)
            windows, places = windows.transpose(0, 1, 2, 3, 5, 7, 4, 6, 8), (down, right, rows, across, n)
        depth = c * kh * kw
        columns = np.ones((e, depth + ("bias" in self.params), math.prod(places)), x.dtype)
        inside, pixels = padded[:, :, ph : ph + h, pw : pw + w], columns[:, :depth].reshape(windows.shape)
        return inside, windows, pixels, columns, places

    def backward(self, dy):
        weight = self.params["weight"]
        (copies, filters), inputs, (rows, pixels) = (
            weight.shape[:2],
            weight[0, 0].size,
            self._columns.shape[1:],
        )
        flat = np.ascontiguousarray(dy).reshape(copies, filters, pixels)
        both = self._buffer("gradients", (copies, filters, rows), dy.dtype)
        np.matmul(flat, self._columns.swapaxes(1, 2), out=both)
        self.grads["weight"] = both[:, :, :inputs].reshape(weight.shape)
        if "bias" in self.params:
            self.grads["bias"] = both[:, :, inputs]
        if self.first:
            return None
        dx, parts = self._gathering(dy.shape, dy.dtype)
        turned = weight.reshape(copies, filters, inputs).swapaxes(1, 2)
        dx[...] = 0
        for part, columns, pairs in parts:
            np.matmul(turned[part], flat[part], out=columns)
            for pixels, windows in pairs:
                np.add(pixels, windows, out=pixels)
        return dx

    def _gathering(self, shape, dtype):
        """The gradient of the input, and which views of the columns to add to which of its pixels.

        Columns are made for a few copies at a time, so that they are still in the cache when they are added
        to the pixels that they were taken from. What lies on the frame is left out.
        """
        if (shape, dtype) in self._views:
            return self._views[shape, dtype]
        (kh, kw), (sh, sw), (ph, pw) = self.layer.kernel_size, self.layer.stride, self.layer.padding
        (copies, _, rows, across, n), (c, h, w) = shape, self._in[1:4]
        dx, parts = np.empty((copies, c, h, w, n), dtype), []
        room = np.empty((min(PART, copies), c, kh, kw, rows, across, n), dtype)
        for start in range(0, copies, PART):
            part, pairs = slice(start, start + PART), []
            columns = room[: len(dx[part])]
            for i, j in np.ndindex(kh, kw):
                down, row = _inside(i - ph, sh, rows, h)
                right, place = _inside(j - pw, sw, across, w)
                pairs.append((dx[part, :, down, right], columns[:, :, i, j, row, place]))
            parts.append((part, columns.reshape(len(columns), c * kh * kw, -1), pairs))
        self._views[shape, dtype] = dx, parts
        return dx, parts


def _inside(first, step, count, size):
    """Of the places ``first + step * i`` for i below `count`, those from 0 to below `size`; and their i."""
    start, stop = max(0, -(first // step)), min(count, (size - 1 - first) // step + 1)
    if start >= stop:
        return slice(0), slice(0)
    return slice(first + step * start, first + step * (stop - 1) + 1, step), slice(start, stop)


class Linear(Stacked):
    """E matrices side by side; weight (E, D, M), bias (E, M), x (E, D, N), y (E, M, N)."""

    def forward(self, x):
        self._x = x
        y = self.params["weight"].swapaxes(1, 2) @ x
        if "bias" in self.params:
            y += self.params["bias"][:, :, None]
        return y

    def backward(self, dy):
        self.grads["weight"] = self._x @ dy.swapaxes(1, 2)
        if "bias" in self.params:
            self.grads["bias"] = dy.sum(axis=2)
        return None if self.first else self.params["weight"] @ dy


class ReLU(Stacked):
    """``max(x, 0)``."""

    def forward(self, x):
        self._y = np.maximum(x, 0, out=self._buffer("y", x.shape, x.dtype))
        return self._y

    def backward(self, dy):
        np.multiply(bits(dy), self._y > 0, out=bits(dy))
        return dy


class Tanh(Stacked):
    """Hyperbolic tangent."""

    def forward(self, x):
        self._y = np.tanh(x, out=self._buffer("y", x.shape, x.dtype))
        return self._y

    def backward(self, dy):
        dy *= 1 - self._y * self._y
        return dy


class Flatten(Stacked):
    """(E, C, H, W, N) to (E, C*H*W, N): no number moves."""

    def forward(self, x):
        self._in = x.shape
        return np.ascontiguousarray(x).reshape(x.shape[0], -1, x.shape[-1])

    def backward(self, dy):
        return dy.reshape(-1, *self._in[1:])


class MaxPool2d(Stacked):
    """The largest value of each window, of which the first in row order gets the gradient.

    With `relu`, a ReLU goes with it. It makes no difference whether that comes before the maximum or after
    it; after it there is less to do, and in the backward pass one mask serves both.
    """

    relu = False

    def forward(self, x):
        self._in = x
        corners = self._corners(x)
        y = self._y = self._buffer("y", corners[0].shape, x.dtype)
        np.maximum(corners[0], corners[-1], out=y)
        for corner in corners[1:-1]:
            np.maximum(y, corner, out=y)
        if self.relu:  # an array of zeros, as NumPy has no fast loop for an array and one number
            np.maximum(y, self._buffer("zero", y.shape, y.dtype), out=y)
        return y

    def backward(self, dy):
        dx = self._buffer("dx", self._in.shape, dy.dtype)
        if overlap := any(s < k for s, k in zip(self.layer.stride, self.layer.kernel_size, strict=True)):
            dx[...] = 0
        rest, here = (self._buffer(name, dy.shape, bool) for name in ("rest", "here"))
        if self.relu:  # `rest` marks the windows whose maximum is still to be met
            np.greater(self._y, self._buffer("zero", dy.shape, dy.dtype), out=rest)
        else:
            rest[...] = True
        *others, (_, d_last) = zip(self._corners(self._in), self._corners(dx), strict=True)
        for corner, d_corner in [*others, (None, d_last)]:
            if corner is None:
                here = rest
            else:
                np.logical_and(np.equal(corner, self._y, out=here), rest, out=here)
                np.not_equal(rest, here, out=rest)
            if overlap:
                d_corner += (bits(dy) * here).view(dy.dtype)
            else:
                np.multiply(bits(dy), here, out=bits(d_corner))
        return dx

    def _corners(self, x):
        """The first pixels of all windows, the second ones, and so on; see `Conv2d.window`."""
        if x.ndim == 7:
            return [x[:, :, i, j] for i, j in np.ndindex(x.shape[2:4])]
        (kh, kw), (sh, sw) = self.layer.kernel_size, self.layer.stride
        rows, places = output_size(x.shape[2:4], (kh, kw), (sh, sw))
        return [x[:, :, i::sh, j::sw][:, :, :rows, :places] for i in range(kh) for j in range(kw)]


KINDS = {
    layers.Conv2d: Conv2d,
    layers.Linear: Linear,
    layers.ReLU: ReLU,
    layers.Tanh: Tanh,
    layers.Flatten: Flatten,
    layers.MaxPool2d: MaxPool2d,
}
