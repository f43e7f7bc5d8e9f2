"""Exercises of notebook 03, backpropagation: each takes ``(dy, cache)``, as the library's functions do."""

import numpy as np

from cnnlib.checks.exercise import Exercise, Misconception, register
from cnnlib.checks.nb01 import conv_cases
from cnnlib.nn import functional, naive


def relu_cases(rng):
    """Upstream gradients and inputs of ReLU, in every rank; the zero of the input among them."""
    yield np.array([5.0]), np.array([2.0])
    yield np.array([5.0]), np.array([-2.0])
    yield np.array([1.0, -2.0, 3.0]), np.array([-1.0, 4.0, 0.0])
    yield np.array([[1.0, -1.0], [-2.0, 2.0]]), np.array([[-3.0, -4.0], [5.0, 6.0]])
    for number in range(40):
        shape = tuple(rng.integers(1, 4 + number // 10, 1 + number % 4))
        yield rng.normal(size=shape), rng.normal(size=shape)


register(
    Exercise(
        name="03.relu_backward",
        signature="relu_backward(dy, x) -> dx",
        inputs=("dy", "x"),
        outputs=("dx",),
        oracle=lambda dy, x: np.where(x > 0, dy, 0.0),
        cases=relu_cases,
        hints=(
            "ReLU is a gate. What decided on the way forwards whether a number got through?",
            "Where x was above zero, y changed as x did; where it was not, y did not change at all. "
            "What does that "
            "make of dy at each place, and of a negative dy?",
        ),
        misconceptions=(
            Misconception(
                "gate on the gradient's sign",
                "The gate looks at dy. What was let through on the way forwards was decided by x.",
                lambda dy, x: np.maximum(dy, 0),
            ),
            Misconception(
                "gate on both signs",
                "The gate asks x and dy; a negative gradient must get through as well.",
                lambda dy, x: np.where((x > 0) & (dy > 0), dy, 0),
            ),
            Misconception(
                "slope instead of gradient",
                "This is the slope of ReLU, 0 or 1; the gradient that arrives from above is not in it.",
                lambda dy, x: (x > 0) * 1.0,
            ),
            Misconception(
                "gate turned round",
                "It lets through what should be stopped and stops what should get through.",
                lambda dy, x: np.where(x > 0, 0, dy),
            ),
            Misconception(
                "times the input",
                "The gradient is multiplied by ReLU of x; the slope is 1 there, however large x is.",
                lambda dy, x: dy * np.maximum(x, 0),
            ),
            Misconception(
                "zero counted as open",
                "It differs where x is exactly 0; the course (as PyTorch) takes the slope there as 0.",
                lambda dy, x: np.where(x >= 0, dy, 0),
            ),
        ),
    )
)


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


def conv_backward_cases(rng):
    """The cases of the forward pass, with a gradient for each result."""
    for x, w, b, stride, padding in conv_cases(rng):
        shape = functional.conv2d_forward(x, w, b, stride, padding)[0].shape
        yield rng.integers(-3, 4, shape).astype(float), (x, w, b, stride, padding)


def conv_backward(dy, cache):
    """The library's, on a cache of plain arguments."""
    x, w, b, stride, padding = cache
    return functional.conv2d_backward(dy, functional.conv2d_forward(x, w, b, stride, padding)[1])


def with_w(change):
    """A backward that uses a changed kernel for dx."""

    def backward(dy, cache):
        x, w, b, stride, padding = cache
        _, dw, db = conv_backward(dy, cache)
        return conv_backward(dy, (x, change(w), b, stride, padding))[0], dw, db

    return backward


def scaled(x_factor=None, w_factor=None, b_factor=None):
    """A backward whose results are multiplied by factors that depend on dy."""

    def backward(dy, cache):
        results = conv_backward(dy, cache)
        factors = (x_factor, w_factor, b_factor)
        return tuple(r if f is None else r * f(dy) for r, f in zip(results, factors, strict=True))

    return backward


def one_over_batch(dy):
    """The mean over the batch, taken a second time."""
    return 1 / len(dy)


def bias_over_images_only(dy, cache):
    """db of the last place instead of all places."""
    dx, dw, _ = conv_backward(dy, cache)
    return dx, dw, dy[:, :, -1, -1].sum(axis=0)


def last_image_only(dy, cache):
    """dw overwritten image by image."""
    x, w, b, stride, padding = cache
    dx, _, db = conv_backward(dy, cache)
    return dx, conv_backward(dy[-1:], (x[-1:], w, b, stride, padding))[1], db


def cut_by_minus_padding(dy, cache):
    """The frame cut off with ``padding:-padding``, which is nothing at all without a frame."""
    dx, dw, db = conv_backward(dy, cache)
    padding = cache[4]
    framed = np.pad(dx, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    return framed[:, :, padding:-padding, padding:-padding], dw, db


register(
    Exercise(
        name="03.conv2d_backward",
        signature="conv2d_backward(dy, (x, w, b, stride, padding)) -> dx, dw, db",
        inputs=("dy", "cache"),
        parts={"cache": ("x", "w", "b", "stride", "padding")},
        outputs=("dx", "dw", "db"),
        oracle=conv_backward,
        cases=conv_backward_cases,
        hints=(
            "Every product x * w of the forward pass sends something back twice: to its x and to its "
            "w. Write the "
            "forward loops again and ask at the innermost line what.",
            "For each y[n, f, i, j]: the window of x gets dy * w, the kernel gets dy * window, the "
            "bias gets dy; all "
            "of it is added up. Work on the padded image and cut its frame off at the end.",
        ),
        misconceptions=(
            Misconception(
                "kernel not turned",
                "dx comes from the kernel the wrong way round: on the way back it is laid on turned "
                "by 180 degrees.",
                with_w(lambda w: w[:, :, ::-1, ::-1]),
            ),
            Misconception(
                "bias forgotten",
                "The bias gets no gradient, but it was added to every number of its map.",
                scaled(b_factor=lambda dy: 0),
            ),
            Misconception(
                "bias from one place",
                "db looks at one place of the map; the bias was added at every place.",
                bias_over_images_only,
            ),
            Misconception(
                "batch mean taken twice",
                "dw and db are divided by the size of the batch; the loss has done that already.",
                scaled(w_factor=one_over_batch, b_factor=one_over_batch),
            ),
            Misconception(
                "last image only",
                "dw comes from one image; the gradients of all images of the batch add up.",
                last_image_only,
            ),
            Misconception(
                "cut to nothing",
                "A slice such as padding:-padding is empty when the padding is 0: -0 is 0, the beginning.",
                cut_by_minus_padding,
            ),
            Misconception(
                "input forgotten",
                "dx is zero, so nothing would reach the layers before.",
                scaled(x_factor=lambda dy: 0),
            ),
        ),
    )
)
