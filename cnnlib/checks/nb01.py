"""Exercises of notebook 01, the forward pass."""

import sys

import numpy as np

from cnnlib.checks.exercise import Exercise, Misconception, Misfit, register
from cnnlib.nn import functional


def only_y(function, *arguments):
    """Call a forward function and keep y; a cache may come with it or not."""
    value = function(*arguments)
    return value[0] if isinstance(value, tuple) and len(value) == 2 else value


def conv_cases(rng):
    """Images, kernels and biases: one number first, then more of everything, strides and padding last."""
    yield np.array([[[[2.0]]]]), np.array([[[[3.0]]]]), np.array([1.0]), 1, 0
    yield np.arange(4.0).reshape(1, 1, 2, 2), np.array([[[[1.0, 0], [0, 2]]]]), np.array([0.0]), 1, 0
    image = np.arange(9.0).reshape(1, 1, 3, 3)
    yield image, np.array([[[[1.0, 2], [3, 4]]]]), np.array([0.0]), 1, 0
    yield image, np.array([[[[1.0, 2], [3, 4]]]]), np.array([1.0]), 1, 1
    yield np.array([[[[2.0]], [[5.0]]]]), np.array([[[[1.0]], [[10.0]]]]), np.array([0.0]), 1, 0
    yield np.array([[[[2.0]]], [[[3.0]]]]), np.array([[[[1.0]]], [[[10.0]]]]), np.array([0.0, 1.0]), 1, 0
    yield np.arange(16.0).reshape(1, 1, 4, 4), np.ones((1, 1, 2, 2)), np.array([0.0]), 2, 0
    for number in range(40):
        n, c, f = rng.integers(1, 2 + number // 10, 3)
        kh, kw = rng.integers(1, 4, 2)
        stride, padding = rng.integers(1, 2 + number // 15), rng.integers(0, 1 + number // 15)
        h, w = np.add((kh, kw), rng.integers(0, 2 + number // 8, 2))
        x, kernels = rng.normal(size=(n, c, h, w)), rng.normal(size=(f, c, kh, kw))
        yield x, kernels, rng.normal(size=f), int(stride), int(padding)


def conv(x, w, b, stride, padding, flip=False, axes="ncijpq,fcpq->nfij"):
    """Convolution by windows, with places to go wrong in."""
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))[:, :, ::stride, ::stride]
    return np.einsum(axes, windows, w[:, :, ::-1, ::-1] if flip else w) + b[:, None, None]


def first_channel_only(x, w, b, stride, padding):
    """The sum over the channels forgotten."""
    return conv(x[:, :1], w[:, :1], b, stride, padding)


def stride_from_the_full_output(x, w, b, stride, padding):
    """Neighbouring windows, as many as the stride asks for."""
    y = conv(x, w, b, stride, padding)
    return conv(x, w, b, 1, padding)[:, :, : y.shape[2], : y.shape[3]]


def padded_with_the_edge(x, w, b, stride, padding):
    """Pixels of the edge repeated instead of zeros."""
    sides = [(0, 0), (0, 0), (padding, padding), (padding, padding)]
    return conv(np.pad(x, sides, mode="edge"), w, b, stride, 0)


CONV_MISCONCEPTIONS = (
    Misconception(
        "kernel flipped",
        "The kernel was turned by 180 degrees, as in the convolution of mathematics; networks do not "
        "turn it.",
        lambda x, w, b, stride, padding: conv(x, w, b, stride, padding, flip=True),
    ),
    Misconception(
        "bias forgotten",
        "The results are all too small or too large by a number of their own per kernel.",
        lambda x, w, b, stride, padding: conv(x, w, 0 * b, stride, padding),
    ),
    Misconception(
        "first channel only", "Only the first channel of the image seems to count.", first_channel_only
    ),
    Misconception(
        "padding ignored",
        "The result has the size, or the edge, of an image that was not padded.",
        lambda x, w, b, stride, padding: conv(x, w, b, stride, 0),
    ),
    Misconception(
        "stride ignored",
        "The windows are neighbours although the stride is larger than 1.",
        stride_from_the_full_output,
    ),
    Misconception(
        "edge repeated",
        "The frame around the image repeats its edge; padding here means zeros.",
        padded_with_the_edge,
    ),
    Misconception(
        "rows and columns swapped",
        "The kernel was laid on with its rows and columns swapped.",
        lambda x, w, b, stride, padding: conv(x, np.swapaxes(w, 2, 3), b, stride, padding),
    ),
)

EVERY_AXIS_PADDED = Misconception(
    "every axis padded",
    "Zeros were added along all four axes, as images and channels too; only rows and columns get a frame.",
    lambda x, w, b, stride, padding: conv(np.pad(x, padding), w, b, stride, 0),
)

register(
    Exercise(
        name="01.conv2d_forward",
        signature="conv2d_loops(x, w, b, stride, padding) -> y",
        inputs=("x", "w", "b", "stride", "padding"),
        outputs=("y",),
        oracle=functional.conv2d_forward,
        cases=conv_cases,
        run=only_y,
        hints=(
            "Take one number of the result, y[0, 0, 0, 0], and write down by hand which products are in it.",
            "Three things are summed over (channel, row and column of the window), one is added at the end. "
            "Where does the window of y[n, f, i, j] begin in the padded image when the stride is 2?",
        ),
        misconceptions=(*CONV_MISCONCEPTIONS, EVERY_AXIS_PADDED),
    )
)


def lines_run(function, arguments):
    """Count the lines of the function's own file that one call runs."""
    home, count = getattr(getattr(function, "__code__", None), "co_filename", None), 0

    def watch(frame, event, argument):
        nonlocal count
        if frame.f_code.co_filename != home:
            return None
        count += event == "line"
        return watch

    before = sys.gettrace()
    sys.settrace(watch)
    try:
        function(*arguments)
    finally:
        sys.settrace(before)
    return count


def without_loops(function, x, *arguments):
    """The result, once it is known that a larger image takes no more lines of Python."""
    larger = np.pad(x, [(0, 1), (0, 0), (0, 8), (0, 8)])
    y = only_y(function, x.copy(), *arguments)
    if y is not None and lines_run(function, (larger, *arguments)) > lines_run(
        function, (x.copy(), *arguments)
    ):
        raise Misfit(
            "It runs more lines of Python on a larger batch of larger images: "
            "there is a loop over images or pixels."
        )
    return y


register(
    Exercise(
        name="01.conv2d_vectorized",
        signature="conv2d_fast(x, w, b, stride, padding) -> y, without a loop over images or pixels",
        inputs=("x", "w", "b", "stride", "padding"),
        outputs=("y",),
        oracle=functional.conv2d_forward,
        cases=conv_cases,
        run=without_loops,
        hints=(
            "A view of x with two axes more shows every window at once; NumPy has a function that makes it.",
            "Name the axes of the windows (image, channel, row, column, its own two) and of the kernels. "
            "Which are summed? einsum takes these letters. A loop over the window alone is fine.",
        ),
        misconceptions=CONV_MISCONCEPTIONS,
    )
)


def size_cases(rng):
    """Sizes of images, kernels, strides and paddings; small ones first."""
    yield 5, 3, 1, 0
    yield 3, 3, 1, 0
    yield 4, 2, 2, 0
    yield 5, 2, 2, 0
    yield 5, 3, 1, 1
    for number in range(60):
        kernel, stride, padding = rng.integers(1, 8), rng.integers(1, 5), rng.integers(0, 4)
        yield int(kernel + rng.integers(0, 5 + number)), int(kernel), int(stride), int(padding)


def output_size(size, kernel_size, stride, padding):
    """How many windows fit."""
    return (size + 2 * padding - kernel_size) // stride + 1


register(
    Exercise(
        name="01.output_size",
        signature="output_size(size, kernel_size, stride, padding) -> int",
        inputs=("size", "kernel_size", "stride", "padding"),
        outputs=("size",),
        oracle=output_size,
        cases=size_cases,
        hints=(
            "Count by hand: 5 pixels, a window of 3, steps of 1. Then the same with steps of 2.",
            "How far can the window move before its far end meets the end of the padded image, and how many "
            "whole steps is that? Do not forget where it stands before the first step.",
        ),
        misconceptions=(
            Misconception(
                "fence posts",
                "It counts the steps between the windows, one fewer than there are windows.",
                lambda size, kernel, stride, padding: (size + 2 * padding - kernel) // stride,
            ),
            Misconception(
                "padding on one side",
                "The padding is counted once, but it is on both sides.",
                lambda size, kernel, stride, padding: (size + padding - kernel) // stride + 1,
            ),
            Misconception(
                "kernel ignored",
                "It only divides the size by the stride; the window has a width of its own.",
                lambda size, kernel, stride, padding: (size + 2 * padding) // stride,
            ),
            Misconception(
                "rounded up",
                "A window that hangs over the edge is counted; only whole windows are.",
                lambda size, kernel, stride, padding: -(-(size + 2 * padding - kernel) // stride) + 1,
            ),
            Misconception(
                "not a whole number",
                "The result is a fraction where the steps do not come out even; no half window exists.",
                lambda size, kernel, stride, padding: (size + 2 * padding - kernel) / stride + 1,
            ),
            Misconception(
                "stride ignored",
                "It gives the size for steps of 1, whatever the stride.",
                lambda size, kernel, stride, padding: size + 2 * padding - kernel + 1,
            ),
        ),
    )
)
