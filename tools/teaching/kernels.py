"""Small sums with kernels, to be done by hand: numbers from a seed, solutions by `cnnlib.nn.functional`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cnnlib.nn import functional as F


@dataclass(frozen=True)
class Given:
    """A table of numbers with its name."""

    name: str
    table: np.ndarray


@dataclass(frozen=True)
class Sum:
    """A task: what is to be done, from which tables, and what comes out."""

    text: str
    given: tuple[Given, ...]
    result: Given
    note: str = ""


def sums(seed: int = 0) -> list[Sum]:
    """Return the six tasks of the sheet, whole numbers throughout.

    >>> [task.result.table.shape for task in sums(0)]
    [(2, 2), (2, 2), (2, 2), (4, 4), (3, 3), (4, 4)]
    """
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 4, (4, 4)).astype(float)
    w = rng.integers(-1, 2, (3, 3)).astype(float)
    w[1, 1] = 2.0  # a kernel that is not all zero, and not its own half turn's sum
    bias = float(rng.integers(1, 4))
    dy = rng.integers(-2, 3, (2, 2)).astype(float)
    return [*_forwards(x, w, bias), *_backwards(x, w, dy)]


def _forwards(x: np.ndarray, w: np.ndarray, bias: float) -> list[Sum]:
    image, kernel = Given("image x", x), Given("kernel w", w)
    y, _ = F.conv2d_forward(*_four(x, w), np.zeros(1))
    strided, _ = F.conv2d_forward(*_four(x, w), np.array([bias]), stride=2, padding=1)
    gated, _ = F.relu_forward(x - x.mean().round())
    pooled, _ = F.maxpool2d_forward(gated[None, None], 2)
    return [
        Sum("Lay the kernel on each window, multiply, add up.", (image, kernel), Given("output y", y[0, 0])),
        Sum(
            f"The same with a frame of zeros (padding 1), stride 2 and the bias {bias:.0f}.",
            (image, kernel),
            Given("output y", strided[0, 0]),
            "Windows begin at rows and columns 0 and 2 of the padded image.",
        ),
        Sum(
            "First ReLU, then max-pooling with windows of 2 × 2.",
            (Given("map z", x - x.mean().round()),),
            Given("output", pooled[0, 0]),
        ),
    ]


def _backwards(x: np.ndarray, w: np.ndarray, dy: np.ndarray) -> list[Sum]:
    image, kernel, arriving = Given("image x", x), Given("kernel w", w), Given("arriving dy", dy)
    _, switches = F.maxpool2d_forward(x[None, None], 2)
    unpooled = F.maxpool2d_backward(dy[None, None], switches)
    _, cache = F.conv2d_forward(*_four(x, w), np.zeros(1))
    dx, dw, db = F.conv2d_backward(dy[None, None], cache)
    return [
        Sum(
            "Backwards through max-pooling, windows of 2 × 2: who gets what arrives?",
            (image, arriving),
            Given("dx", unpooled[0, 0]),
            "Among equals the first in reading order wins.",
        ),
        Sum(
            "Backwards through the first task: the kernel’s gradient. And the bias’s?",
            (image, arriving),
            Given("dw", dw[0, 0]),
            f"db = {db[0]:g}: the sum of what arrives.",
        ),
        Sum(
            "Backwards through the first task: the image’s gradient.",
            (kernel, arriving),
            Given("dx", dx[0, 0]),
            "Each output lays the kernel, times what arrives, on its window; what overlaps adds up.",
        ),
    ]


def _four(x: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """An image and a kernel as (N, C, H, W) and (F, C, kH, kW)."""
    return x[None, None], w[None, None]
