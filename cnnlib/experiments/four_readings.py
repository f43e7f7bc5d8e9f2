"""Four readings of one sum: how the gradient goes back through a convolution to the pixels.

Every product of a weight and a pixel sends the gradient of its output, times the weight, back to its pixel.
The readings make the same products and add the same numbers; they differ in the order.

================== ==================================== ===========================================
reading            one step                             known as
================== ==================================== ===========================================
scatter            an output, to all pixels it saw      the loop of a transposed convolution
gather             a pixel, from all outputs it was in  correlation with the turned kernel
matrix             a row of the transposed matrix       im2col, transposed
weight_by_weight   a weight, to every place it met      the shortest loop where images are large
================== ==================================== ===========================================

Source: Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016, arXiv:1603.07285.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Geometry:
    """How a square kernel moves over a square image.

    Parameters
    ----------
    size : int
        Rows, and columns, of the image.
    kernel, stride, padding, dilation : int
        As in `cnnlib.nn.functional.conv2d_forward`.

    >>> Geometry(5, 3, stride=2, padding=1).outputs
    3
    """

    size: int
    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    @property
    def reach(self) -> int:
        """Rows that a window spans."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def framed(self) -> int:
        """Rows of the image with its frame of zeros."""
        return self.size + 2 * self.padding

    @property
    def outputs(self) -> int:
        """Rows of the output."""
        return (self.framed - self.reach) // self.stride + 1

    def window(self, i: int, j: int) -> tuple[slice, slice]:
        """Rows and columns of the framed image that output (i, j) sees."""
        return tuple(slice(n * self.stride, n * self.stride + self.reach, self.dilation) for n in (i, j))

    def met(self, p: int, q: int) -> tuple[slice, slice]:
        """Rows and columns of the framed image that weight (p, q) meets."""
        starts = p * self.dilation, q * self.dilation
        return tuple(slice(n, n + self.stride * (self.outputs - 1) + 1, self.stride) for n in starts)

    def cut(self, framed: np.ndarray) -> np.ndarray:
        """The image without its frame."""
        inner = slice(self.padding, self.padding + self.size)
        return framed[..., inner, inner]


def scatter(dy: np.ndarray, w: np.ndarray, g: Geometry, steps: int | None = None) -> np.ndarray:
    """Output by output: each lays its kernel, times its gradient, on the window that it saw.

    Parameters
    ----------
    dy : array (F, Ho, Wo)
    w : array (F, C, k, k)
    g : Geometry
    steps : int, optional
        How many outputs; by default all.

    Returns
    -------
    array (C, H + 2 * padding, W + 2 * padding)
        With its frame, for `Geometry.cut`.

    >>> scatter(np.array([[[1.0, 2.0], [0, 0]]]), np.ones((1, 1, 2, 2)), Geometry(3, 2))[0]
    array([[1., 3., 2.],
           [1., 3., 2.],
           [0., 0., 0.]])
    """
    framed = np.zeros((w.shape[1], g.framed, g.framed), dy.dtype)
    for f, i, j in list(np.ndindex(dy.shape))[:steps]:
        framed[(slice(None), *g.window(i, j))] += dy[f, i, j] * w[f]
    return framed


def spread(dy: np.ndarray, g: Geometry) -> np.ndarray:
    """Lay dy out for `gather`: ``stride - 1`` zeros between its numbers, and a frame of zeros around them.

    >>> spread(np.array([[[1.0, 2.0], [3.0, 4.0]]]), Geometry(3, 1, stride=2))[0]
    array([[1., 0., 2.],
           [0., 0., 0.],
           [3., 0., 4.]])
    """
    side = g.framed + g.reach - 1
    full = np.zeros((len(dy), side, side), dy.dtype)
    full[:, g.reach - 1 :: g.stride, g.reach - 1 :: g.stride][:, : dy.shape[1], : dy.shape[2]] = dy
    inner = slice(g.padding, g.padding + g.size + g.reach - 1)
    return full[:, inner, inner]


def gather(dy: np.ndarray, w: np.ndarray, g: Geometry, steps: int | None = None) -> np.ndarray:
    """Pixel by pixel: the kernel, turned by half a turn, over the spread gradient; an array (C, H, W)."""
    wide, turned = spread(dy, g), w[:, :, ::-1, ::-1]
    dx = np.zeros((w.shape[1], g.size, g.size), dy.dtype)
    for c, r, s in list(np.ndindex(dx.shape))[:steps]:
        window = wide[:, r : r + g.reach : g.dilation, s : s + g.reach : g.dilation]
        dx[c, r, s] = (window * turned[:, c]).sum()
    return dx


def im2col(image: np.ndarray, g: Geometry, outside: float = 0) -> np.ndarray:
    """All windows of one image (H, W), each as a row: (Ho * Wo, k * k); `outside` stands in the frame.

    >>> im2col(np.arange(9).reshape(3, 3), Geometry(3, 2))[0]
    array([0, 1, 3, 4])
    """
    framed = np.pad(image, g.padding, constant_values=outside)
    return np.array([framed[g.window(i, j)].ravel() for i, j in np.ndindex(g.outputs, g.outputs)])


def as_matrix(w: np.ndarray, g: Geometry) -> np.ndarray:
    """The whole convolution as one matrix: a row an output, a column a pixel, almost all of it zeros.

    `im2col` of the pixels' numbers says in which column of its row each weight stands.

    >>> as_matrix(np.array([[[[1.0, 2.0]] * 2]]), Geometry(2, 2))
    array([[1., 2., 1., 2.]])
    """
    pixels = im2col(np.arange(g.size**2).reshape(g.size, g.size), g, outside=-1)
    matrix = np.zeros((len(w), len(pixels), w.shape[1], g.size**2), w.dtype)
    for f, row, c in np.ndindex(matrix.shape[:3]):
        inside = pixels[row] >= 0
        matrix[f, row, c, pixels[row][inside]] = w[f, c].ravel()[inside]
    return matrix.reshape(len(w) * len(pixels), -1)


def by_matrix(dy: np.ndarray, w: np.ndarray, g: Geometry, steps: int | None = None) -> np.ndarray:
    """Row by row of the transposed matrix: each times all of dy is one pixel's gradient; (C, H, W)."""
    dx = np.zeros(w.shape[1] * g.size**2, dy.dtype)
    dx[:steps] = as_matrix(w, g).T[:steps] @ dy.ravel()
    return dx.reshape(w.shape[1], g.size, g.size)


def weight_by_weight(dy: np.ndarray, w: np.ndarray, g: Geometry, steps: int | None = None) -> np.ndarray:
    """Weight by weight: a copy of dy, times the weight, its numbers a stride apart; framed as `scatter`'s.

    As `scatter`, it computes the forward pass of a transposed convolution whose input is dy.
    """
    framed = np.zeros((w.shape[1], g.framed, g.framed), dy.dtype)
    for f, p, q in list(np.ndindex(len(w), *w.shape[2:]))[:steps]:
        framed[(slice(None), *g.met(p, q))] += w[f, :, p, q, None, None] * dy[f]
    return framed


def shares(w: np.ndarray, g: Geometry) -> np.ndarray:
    """How many products each pixel gets a share from: (C, H, W)."""
    return g.cut(scatter(np.ones((len(w), g.outputs, g.outputs)), np.ones(w.shape), g))
