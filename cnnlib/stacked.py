"""Layers for many copies of one network at once: the copies are one more axis in front.

Each class mirrors a layer of `cnnlib.layers` with an axis E for the copies: images are (E, C, H, W, N),
vectors (E, D, N), with the batch last, so that elementwise work runs over long rows. A weight array is
that of the layer with E in front. Where all copies get the same images, E is 1 in the images and NumPy's
matmul repeats them for every copy.

A convolution lays the pixels under its kernel out as the rows of one matrix for each copy ("im2col"), and is
then one matrix product a copy: with small networks the time goes into the number of calls, and this makes
few. `cnnlib.functional` explains the same mathematics at leisure; the tests hold that both agree.
"""

import itertools

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from cnnlib import layers
from cnnlib.functional._arrays import output_size


class Stacked:
    """A layer for many copies: ``forward(x)`` and ``backward(dy)``, as in `cnnlib.layers.Layer`.

    Results lie in buffers that the next call uses again: fresh memory would cost as much as the arithmetic.
    """

    first = False  # whether nothing lies before it, so that nobody needs the gradient of its input

    def __init__(self, layer, params):
        self.layer, self.params, self.grads = layer, params, {}
        self._buffers, self._views = {}, {}

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
    with the matrix product, and so does its gradient.
    """

    def forward(self, x):
        weight = self.params["weight"]
        self._in = x.shape
        self._columns, places = self._lay_out(x)
        table = self._buffer("table", (*weight.shape[:2], self._columns.shape[1]), x.dtype)
        inputs = weight[0, 0].size
        table[:, :, :inputs] = weight.reshape(*weight.shape[:2], inputs)
        if "bias" in self.params:
            table[:, :, inputs] = self.params["bias"]
        y = self._buffer("y", (*weight.shape[:2], self._columns.shape[2]), x.dtype)
        np.matmul(table, self._columns, out=y)
        return y.reshape(*weight.shape[:2], *places, x.shape[-1])

    def _lay_out(self, x):
        """All windows as columns, (E, C*kH*kW + 1, Ho*Wo*N), and how many there are down and across."""
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
        places = output_size(padded.shape[2:4], (kh, kw), (sh, sw))
        rows = c * kh * kw + ("bias" in self.params)
        columns = np.ones((e, rows, places[0] * places[1] * n), x.dtype)
        pixels = columns[:, : c * kh * kw].reshape(e, c, kh, kw, *places, n)
        windows = sliding_window_view(padded, (kh, kw), axis=(2, 3))[:, :, ::sh, ::sw]
        inside = padded[:, :, ph : ph + h, pw : pw + w]
        return inside, windows.transpose(0, 1, 5, 6, 2, 3, 4), pixels, columns, places

    def backward(self, dy):
        weight = self.params["weight"]
        inputs = weight[0, 0].size
        flat = np.ascontiguousarray(dy).reshape(*weight.shape[:2], -1)
        both = self._buffer("gradients", (*weight.shape[:2], self._columns.shape[1]), dy.dtype)
        np.matmul(flat, self._columns.swapaxes(1, 2), out=both)
        self.grads["weight"] = both[:, :, :inputs].reshape(weight.shape)
        if "bias" in self.params:
            self.grads["bias"] = both[:, :, inputs]
        if self.first:
            return None
        shape = (len(weight), weight.shape[2], *self.layer.kernel_size, *dy.shape[2:])
        columns = self._buffer("d_columns", (len(weight), inputs, flat.shape[2]), dy.dtype)
        np.matmul(weight.reshape(*weight.shape[:2], inputs).swapaxes(1, 2), flat, out=columns)
        return self._gather(columns.reshape(shape))

    def _gather(self, columns):
        """Add every window's gradient to the pixels it was taken from."""
        (sh, sw), (ph, pw) = self.layer.stride, self.layer.padding
        (e, c, kh, kw, rows, places, n), (h, w) = columns.shape, self._in[2:4]
        dx = self._buffer("dx", (e, c, h + 2 * ph, w + 2 * pw, n), columns.dtype)
        dx[...] = 0
        for i in range(kh):
            for j in range(kw):
                pixels = dx[:, :, i : i + sh * rows : sh, j : j + sw * places : sw][:, :, :rows, :places]
                pixels += columns[:, :, i, j]
        return dx[:, :, ph : ph + h, pw : pw + w]


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
    """``max(x, 0)``, in place: what comes before does not need its output again."""

    def forward(self, x):
        self._y = np.maximum(x, 0, out=x)
        return self._y

    def backward(self, dy):
        dy *= self._y > 0
        return dy


class Tanh(Stacked):
    """Hyperbolic tangent, in place."""

    def forward(self, x):
        self._y = np.tanh(x, out=x)
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
    """The largest value of each window; ties go to the first in row order."""

    def forward(self, x):
        self._in = x
        corners = self._corners(x)
        y = self._buffer("y", corners[0].shape, x.dtype)
        np.maximum(corners[0], corners[-1], out=y)
        for corner in corners[1:-1]:
            np.maximum(y, corner, out=y)
        self._largest = self._buffer("largest", y.shape, y.dtype)
        self._largest[...] = y  # a layer that works in place may change y
        return y

    def backward(self, dy):
        dx = self._buffer("dx", self._in.shape, dy.dtype)
        if overlap := any(s < k for s, k in zip(self.layer.stride, self.layer.kernel_size, strict=True)):
            dx[...] = 0
        rest = dy.copy()  # the gradient of windows whose maximum has not been met yet
        for corner, d_corner in zip(self._corners(self._in), self._corners(dx), strict=True):
            if overlap:
                here = rest * (corner == self._largest)
                d_corner += here
                rest -= here
            else:
                np.multiply(rest, corner == self._largest, out=d_corner)
                rest -= d_corner
        return dx

    def _corners(self, x):
        (kh, kw), (sh, sw) = self.layer.kernel_size, self.layer.stride
        rows, places = output_size(x.shape[2:4], (kh, kw), (sh, sw))
        return [x[:, :, i::sh, j::sw][:, :, :rows, :places] for i in range(kh) for j in range(kw)]


KINDS = {
    layers.Conv2d: Conv2d, layers.Linear: Linear, layers.ReLU: ReLU, layers.Tanh: Tanh,
    layers.Flatten: Flatten, layers.MaxPool2d: MaxPool2d,
}  # fmt: skip


class Block:
    """Some neighbouring copies and the layers that work on them; weights are views into the ensemble's."""

    def __init__(self, ensemble, where):
        self.where, self.size = where, where.stop - where.start
        self.params = {name: value[where] for name, value in ensemble.params.items()}
        self.layers = []
        for i, layer in enumerate(ensemble._template.layers):
            own = {name: self.params[f"{i}.{name}"] for name in layer.params}
            self.layers.append(KINDS[type(layer)](layer, own))
        self._places = {id(layer): i for i, layer in enumerate(self.layers)}
        self._pool_before_relu()
        next(layer for layer in self.layers if layer.params).first = True

    def _pool_before_relu(self):
        """Where a maximum follows a ReLU, take it first: the result is the same and ReLU has less to do."""
        for i, (a, b) in enumerate(itertools.pairwise(self.layers)):
            if type(a) is ReLU and type(b) is MaxPool2d:
                self.layers[i], self.layers[i + 1] = b, a

    def forward(self, x):
        if not self.layers[0].params:  # a layer without weights works in place, on an array of its own
            x = np.repeat(x, self.size, axis=0)
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def gradients(self, x, y):
        loss, accuracy, dy = cross_entropy(self.forward(x), y)
        for layer in reversed(self.layers):
            dy = layer.backward(dy)
            if getattr(layer, "first", False):
                break
        grads = {
            f"{self._places[id(layer)]}.{name}": grad
            for layer in self.layers
            for name, grad in layer.grads.items()
        }
        return loss, accuracy, grads

    def step(self, optimizer, lr, x, y):
        loss, accuracy, grads = self.gradients(x, y)
        optimizer.steps += 1
        for name, value in self.params.items():
            grad = grads[name]
            if optimizer.weight_decay:
                grad = grad + value.dtype.type(optimizer.weight_decay) * value
            state = optimizer.state.setdefault(name, {})
            for slot in optimizer.slots:
                state.setdefault(slot, np.zeros_like(value))
            shape = (-1,) + (1,) * (value.ndim - 1)
            optimizer._update(value, grad, state, lr[self.where].astype(value.dtype).reshape(shape))
        return loss, accuracy

    def set_aside(self, optimizer, gone):
        if gone.any():
            for name, value in self.params.items():
                value[gone] = 0
                for array in optimizer.state.get(name, {}).values():
                    array[gone] = 0


def cross_entropy(logits, y):
    """Mean loss, share of right guesses, and gradient by the logits (E, K, N), which are used up."""
    n = np.arange(len(y))
    accuracy = (logits.argmax(axis=1) == y).mean(axis=1)
    logits -= logits.max(axis=1, keepdims=True)
    right = logits[:, y, n]
    p = np.exp(logits, out=logits)
    total = p.sum(axis=1, keepdims=True)
    loss = (np.log(total[:, 0]) - right).mean(axis=1)
    p /= total
    p[:, y, n] -= 1
    p /= len(y)
    return loss, accuracy, p
