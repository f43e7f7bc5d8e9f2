"""Layers for many copies of one network at once: the copies are one more axis in front.

Each class mirrors a layer of `cnnlib.layers` with an axis E for the copies: images are (E, C, H, W, N),
vectors (E, D, N), with the batch last, so that elementwise work runs over long rows. A weight array is
that of the layer with E in front. Where all copies get the same images, E is 1 in the images and NumPy's
matmul repeats them for every copy.

A convolution lays the pixels under its kernel out as the rows of one matrix for each copy ("im2col"), and is
then one matrix product a copy: with small networks the time goes into the number of calls, and this makes
few. `cnnlib.functional` explains the same mathematics at leisure; the tests hold that both agree.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from cnnlib import layers
from cnnlib.functional._arrays import output_size


class Stacked:
    """A layer for many copies: ``forward(x)`` and ``backward(dy)``, as in `cnnlib.layers.Layer`."""

    def __init__(self, layer, params):
        self.layer, self.params, self.grads = layer, params, {}

    def forward(self, x):
        raise NotImplementedError

    def backward(self, dy):
        raise NotImplementedError


class Conv2d(Stacked):
    """E convolutions side by side; weight (E, F, C, kH, kW), bias (E, F)."""

    first = False  # whether nothing lies before it, so that nobody needs the gradient of its input

    def forward(self, x):
        weight, bias = self.params["weight"], self.params.get("bias")
        copies, filters = weight.shape[:2]
        self._in = x.shape
        self._columns, (rows, places) = self._lay_out(x)
        y = weight.reshape(copies, filters, -1) @ self._columns
        if bias is not None:
            y += bias[:, :, None]
        return y.reshape(copies, filters, rows, places, x.shape[-1])

    def _lay_out(self, x):
        """All windows as columns, (E, C*kH*kW, Ho*Wo*N), and how many there are down and across."""
        (kh, kw), (sh, sw), (ph, pw) = self.layer.kernel_size, self.layer.stride, self.layer.padding
        e, c, h, w, n = x.shape
        padded = np.zeros((e, c, h + 2 * ph, w + 2 * pw, n), x.dtype)
        padded[:, :, ph : ph + h, pw : pw + w] = x
        places = output_size(padded.shape[2:4], (kh, kw), (sh, sw))
        windows = sliding_window_view(padded, (kh, kw), axis=(2, 3))[:, :, ::sh, ::sw]
        columns = np.empty((e, c, kh, kw, *places, n), x.dtype)
        columns[...] = windows.transpose(0, 1, 5, 6, 2, 3, 4)
        return columns.reshape(e, c * kh * kw, -1), places

    def backward(self, dy):
        weight = self.params["weight"]
        copies, filters = weight.shape[:2]
        flat = np.ascontiguousarray(dy).reshape(copies, filters, -1)
        self.grads["weight"] = (flat @ self._columns.swapaxes(1, 2)).reshape(weight.shape)
        if "bias" in self.params:
            self.grads["bias"] = flat.sum(axis=2)
        if self.first:
            return None
        columns = weight.reshape(copies, filters, -1).swapaxes(1, 2) @ flat
        return self._gather(columns.reshape(copies, weight.shape[2], *self.layer.kernel_size, *dy.shape[2:]))

    def _gather(self, columns):
        """Add every window's gradient to the pixels it was taken from."""
        (sh, sw), (ph, pw) = self.layer.stride, self.layer.padding
        (e, c, kh, kw, rows, places, n), (h, w) = columns.shape, self._in[2:4]
        dx = np.zeros((e, c, h + 2 * ph, w + 2 * pw, n), columns.dtype)
        for i in range(kh):
            for j in range(kw):
                dx[:, :, i : i + sh * rows : sh, j : j + sw * places : sw][:, :, :rows, :places] += columns[
                    :, :, i, j
                ]
        return dx[:, :, ph : ph + h, pw : pw + w]


class Linear(Stacked):
    """E matrices side by side; weight (E, D, M), bias (E, M), x (E, D, N), y (E, M, N)."""

    first = False

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
        y = np.maximum(corners[0], corners[1]) if len(corners) > 1 else corners[0].copy()
        for corner in corners[2:]:
            np.maximum(y, corner, out=y)
        self._y = y
        return y

    def backward(self, dy):
        dx = np.zeros_like(self._in)
        waiting = None  # windows whose maximum has not been met yet
        for corner, d_corner in zip(self._corners(self._in), self._corners(dx), strict=True):
            here = corner == self._y
            if waiting is None:
                waiting = ~here
            else:
                here &= waiting
                waiting ^= here
            if self._overlap:
                d_corner += dy * here
            else:
                np.multiply(dy, here, out=d_corner)
        return dx

    @property
    def _overlap(self):
        return any(s < k for s, k in zip(self.layer.stride, self.layer.kernel_size, strict=True))

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
        next(layer for layer in self.layers if layer.params).first = True

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
            f"{i}.{name}": grad for i, layer in enumerate(self.layers) for name, grad in layer.grads.items()
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
