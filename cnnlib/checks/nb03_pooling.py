"""Exercise of notebook 03, backpropagation: max-pooling."""

import numpy as np

from cnnlib.checks import cases
from cnnlib.checks.comparing import largest
from cnnlib.checks.exercise import Exercise, Misconception, register
from cnnlib.nn import functional, naive


def pool_cases(rng):
    """One window first; then several, ties, overlapping windows, pixels in no window."""
    yield np.array([[[[5.0]]]]), (np.array([[[[1.0, 4.0], [3.0, 2.0]]]]), 2, 2)
    yield np.array([[[[7.0, -3.0]]]]), (np.array([[[[1.0, 4.0, 8.0, 2.0], [3.0, 2.0, 6.0, 5.0]]]]), 2, 2)
    yield np.array([[[[5.0]]]]), (np.zeros((1, 1, 2, 2)), 2, 2)
    yield np.array([[[[5.0, 3.0]]]]), (np.array([[[[1.0, 4.0, 0.0], [3.0, 2.0, 0.0]]]]), 2, 1)
    yield np.array([[[[5.0, 3.0]]]]), (np.array([[[[1.0, 0.0, 4.0], [3.0, 2.0, 0.0]]]]), 2, 1)
    for number in range(40):
        size = int(rng.integers(2, 4))
        stride = int(rng.integers(1, size + 1)) if number > 15 else size
        n, c = rng.integers(1, 2 + number // 12, 2)
        x = rng.normal(size=(n, c, *(size + rng.integers(0, 3 + number // 10, 2))))
        if number % 4 == 3:
            x = np.maximum(x, 0)  # ties, as behind a ReLU
        shape = functional.maxpool2d_forward(x, size, stride)[0].shape
        yield rng.normal(size=shape), (x, size, stride)
    for number in range(16):  # ties everywhere, all-negative maps, gaps between the windows
        size, stride = 1 + number % 3, 1 + number % 4
        kind = (cases.tied, cases.negative)[number % 3 == 2]
        x = kind(rng, (1 + number % 2, 1 + number % 3, *(size + rng.integers(0, 5, 2))))
        yield with_gradient(rng, x, size, stride)
    for size, stride in ((2, 2), (4, 2), (5, 3), (6, 7)):
        shape = (1, 2, *(size + rng.integers(1, 1 + 2 * stride, 2)))
        yield with_gradient(rng, 1e7 * cases.negative(rng, shape), size, stride)
        yield with_gradient(rng, np.minimum(rng.normal(size=shape), 0), size, stride)  # zero wins
        yield with_gradient(rng, 1 + 1e-6 * rng.normal(size=shape), size, stride)  # ties but for a hair


def with_gradient(rng, x, size, stride):
    """A case: images, and a gradient for each of their windows."""
    return cases.gradient(rng, functional.maxpool2d_forward(x, size, stride)[0].shape), (x, size, stride)


def maxpool_backward(dy, cache, share):
    """Give each window's gradient to its places by weights ``share(window)``; overlapping windows add up."""
    x, size, stride = cache
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dy.shape):
        place = (n, c, slice(i * stride, i * stride + size), slice(j * stride, j * stride + size))
        dx[place] += share(x[place]) * dy[n, c, i, j]
    return dx


def first_winner(window):
    """One at the first maximum in reading order, else 0."""
    weights = np.zeros(window.size)
    weights[window.argmax()] = 1
    return weights.reshape(window.shape)


def first_in_its_column(window):
    """One at the first maximum when read column by column."""
    return first_winner(window.T).T


def last_winner(window):
    """One at the last maximum in reading order."""
    return first_winner(window[::-1, ::-1])[::-1, ::-1]


def better_than_zero(window):
    """One at the maximum, if it is above the zero that the search began with."""
    return first_winner(window) * (window.max() > 0)


def winners_of_the_first_map(dy, cache):
    """The places of the first image's first channel for all."""
    x, size, stride = cache
    return maxpool_backward(dy, (np.broadcast_to(x[:1, :1], x.shape).copy(), size, stride), first_winner)


def overwritten(dy, cache):
    """Overlapping windows overwrite instead of adding up."""
    x, size, stride = cache
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dy.shape):
        window = x[n, c, i * stride : i * stride + size, j * stride : j * stride + size]
        row, column = np.unravel_index(window.argmax(), window.shape)
        dx[n, c, i * stride + row, j * stride + column] = dy[n, c, i, j]
    return dx


def stride_is_size(dy, cache):
    """Windows laid side by side whatever the stride."""
    x, size, _ = cache
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dy.shape):
        place = (n, c, slice(i * size, i * size + size), slice(j * size, j * size + size))
        if x[place].shape == (size, size):
            dx[place] += first_winner(x[place]) * dy[n, c, i, j]
    return dx


register(
    Exercise(
        name="03.maxpool2d_backward",
        signature="maxpool2d_backward(dy, (x, kernel_size, stride)) -> dx",
        inputs=("dy", "cache"),
        parts={"cache": ("x", "kernel_size", "stride")},
        outputs=("dx",),
        oracle=naive.maxpool2d_backward,
        cases=pool_cases,
        unit=lambda dy, cache: largest(dy),
        hints=(
            "Change one pixel of a window a little: for which pixel does the maximum change?",
            "dx begins as zeros of the shape of x. Each number of dy belongs to one window; find "
            "that window's "
            "winner (of equals, the first in reading order). A pixel may win in several windows.",
        ),
        misconceptions=(
            Misconception(
                "to every pixel",
                "Every pixel of the window got the whole gradient; only the winner made the maximum.",
                lambda dy, cache: maxpool_backward(dy, cache, np.ones_like),
            ),
            Misconception(
                "shared equally",
                "The gradient was shared out as for an average; the losers of a window changed nothing.",
                lambda dy, cache: maxpool_backward(dy, cache, lambda w: np.full(w.shape, 1 / w.size)),
            ),
            Misconception(
                "to every tied pixel",
                "Where several pixels tie (zeros behind a ReLU do), each got the gradient; one of "
                "them should: the first.",
                lambda dy, cache: maxpool_backward(dy, cache, lambda w: (w == w.max()) * 1.0),
            ),
            Misconception(
                "shared among the tied",
                "Where several pixels tie, they shared the gradient; the first of them should get all of it.",
                lambda dy, cache: maxpool_backward(
                    dy, cache, lambda w: (w == w.max()) / (w == w.max()).sum()
                ),
            ),
            Misconception(
                "first in column order",
                "Of tied pixels the one further left got the gradient; reading order goes along the rows.",
                lambda dy, cache: maxpool_backward(dy, cache, first_in_its_column),
            ),
            Misconception(
                "last of the tied",
                "Of tied pixels the last got the gradient, as with >= in a search; it is the first, with >.",
                lambda dy, cache: maxpool_backward(dy, cache, last_winner),
            ),
            Misconception(
                "search begun at zero",
                "Windows with negative numbers only have no winner: the search for the maximum began at 0.",
                lambda dy, cache: maxpool_backward(dy, cache, better_than_zero),
            ),
            Misconception(
                "winners of the first map",
                "All maps use the winners of the first one; every image and channel has its own.",
                winners_of_the_first_map,
            ),
            Misconception(
                "overwritten",
                "Where windows overlap, a pixel may win twice: the later gradient replaced the earlier one.",
                overwritten,
            ),
            Misconception(
                "times the value",
                "The gradient was multiplied by the maximum; the slope of a maximum by its winner is 1.",
                lambda dy, cache: maxpool_backward(dy, cache, lambda w: first_winner(w) * w.max()),
            ),
            Misconception(
                "stride ignored",
                "The windows were laid side by side although the stride is smaller than the window.",
                stride_is_size,
            ),
            Misconception(
                "smallest pixel",
                "The gradient went to the smallest pixel of the window.",
                lambda dy, cache: maxpool_backward(dy, cache, lambda w: first_winner(-w)),
            ),
        ),
    )
)
