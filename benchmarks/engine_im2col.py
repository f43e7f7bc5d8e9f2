"""Convolutional layers in the manner of the CS231n course: the textbook way to vectorise them in NumPy.

Images stay (N, C, H, W). Index arrays, made once for a shape, gather all windows into the columns of one
large matrix ("im2col"), one product with the flattened kernels does the convolution, and the gradient of the
columns is scattered back with `np.add.at` ("col2im"). Written for comparison alone.
"""

import numpy as np


def window_indices(channels, size, places):
    """Which channel, row and column each entry of the matrix of columns comes from."""
    channel, down, right = (
        a.reshape(-1, 1) for a in np.meshgrid(range(channels), range(size), range(size), indexing="ij")
    )
    row, column = (a.reshape(1, -1) for a in np.meshgrid(range(places[0]), range(places[1]), indexing="ij"))
    return channel, down + row, right + column


class Conv:
    def __init__(self, w, b, padding):
        self.w, self.b, self.padding, self.indices = w, b, padding, None

    def forward(self, x):
        p, size = self.padding, self.w.shape[2]
        self.padded = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        self.places = tuple(side - size + 1 for side in self.padded.shape[2:])
        if self.indices is None:
            self.indices = window_indices(x.shape[1], size, self.places)
        columns = self.padded[:, *self.indices]
        self.columns = columns.transpose(1, 2, 0).reshape(columns.shape[1], -1)
        y = self.w.reshape(len(self.w), -1) @ self.columns + self.b[:, None]
        return y.reshape(len(self.w), *self.places, len(x)).transpose(3, 0, 1, 2)

    def backward(self, dy, input_gradient):
        rows = dy.transpose(1, 2, 3, 0).reshape(len(self.w), -1)
        self.grads = [(rows @ self.columns.T).reshape(self.w.shape), dy.sum(axis=(0, 2, 3))]
        if not input_gradient:
            return None
        d_columns = self.w.reshape(len(self.w), -1).T @ rows
        d_columns = d_columns.reshape(len(d_columns), -1, len(dy)).transpose(2, 0, 1)
        d_padded = np.zeros_like(self.padded)
        np.add.at(d_padded, (slice(None), *self.indices), d_columns)
        p = self.padding
        return d_padded[:, :, p : d_padded.shape[2] - p, p : d_padded.shape[3] - p]


class Pool:
    def forward(self, x):
        n, c, h, w = x.shape
        self.x = x[:, :, : h // 2 * 2, : w // 2 * 2]
        self.tiles = self.x.reshape(n, c, h // 2, 2, w // 2, 2)
        self.y = self.tiles.max(axis=3).max(axis=4)
        self.shape = x.shape
        return self.y

    def backward(self, dy, input_gradient):
        winners = self.tiles == self.y[:, :, :, None, :, None]
        d_tiles = winners * dy[:, :, :, None, :, None]
        d_tiles /= winners.sum(axis=(3, 5), keepdims=True)
        dx = np.zeros(self.shape, dy.dtype)
        dx[:, :, : self.x.shape[2], : self.x.shape[3]] = d_tiles.reshape(self.x.shape)
        return dx


class Relu:
    def forward(self, x):
        self.x = x
        return np.maximum(0, x)

    def backward(self, dy, input_gradient):
        return dy * (self.x > 0)


class Flatten:
    def forward(self, x):
        self.shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, dy, input_gradient):
        return dy.reshape(self.shape)


class Affine:
    def __init__(self, w, b):
        self.w, self.b = w, b

    def forward(self, x):
        self.x = x
        return x @ self.w + self.b

    def backward(self, dy, input_gradient):
        self.grads = [self.x.T @ dy, dy.sum(axis=0)]
        return dy @ self.w.T if input_gradient else None
