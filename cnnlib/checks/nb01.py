"""Exercises of notebook 01, the forward pass: sizes, and convolution with loops."""

import numpy as np

from cnnlib.checks import cases
from cnnlib.checks.exercise import Exercise, Misconception, register
from cnnlib.nn import functional


def size_cases(rng):
    """Sizes of images, kernels, strides and paddings; small ones first."""
    yield 5, 3, 1, 0
    yield 3, 3, 1, 0
    yield 4, 2, 2, 0
    yield 5, 2, 2, 0
    yield 5, 3, 1, 1
    yield 1, 3, 1, 1  # the kernel is larger than the image without its frame
    yield 6, 2, 5, 0
    for number in range(60):
        kernel, stride, padding = rng.integers(1, 8), rng.integers(1, 5), rng.integers(0, 4)
        yield int(kernel + rng.integers(0, 5 + number)), int(kernel), int(stride), int(padding)
    for padding in (6, 9, 15):
        yield int(rng.integers(1, 9)), int(rng.integers(1, 9)), 1, padding
    for number in range(20):  # far apart: thousands of pixels, wide steps, at most 900 windows
        kernel, stride, padding = (int(value) for value in rng.integers((1, 1, 0), (30, 40, 12)))
        room = int(rng.integers(0, 10 ** (1 + number // 5)))
        yield kernel + min(room, 850 * stride), kernel, stride, padding


def output_size(size, kernel_size, stride, padding):
    """How many windows fit."""
    return (size + 2 * padding - kernel_size) // stride + 1


register(
    Exercise(
        name="01.output_size",
        signature="output_size(size, kernel_size, stride, padding) -> int",
        inputs=("size", "kernel_size", "stride", "padding"),
        outputs=("places",),
        oracle=output_size,
        cases=size_cases,
        whole=("places",),
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
                (lambda size, kernel, stride, padding: size // stride,),
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
            Misconception(
                "padding ignored",
                "It gives the size without a frame; padding makes the image larger before windows are laid.",
                lambda size, kernel, stride, padding: (size - kernel) // stride + 1,
            ),
            Misconception(
                "one added before dividing",
                "The 1 is added before the division; the first window does not depend on the stride.",
                lambda size, kernel, stride, padding: (size + 2 * padding - kernel + 1) // stride,
            ),
            Misconception(
                "rounded to the nearest",
                "The steps are rounded to the nearest whole number; a step begun cannot be taken.",
                lambda size, kernel, stride, padding: round((size + 2 * padding - kernel) / stride) + 1,
            ),
            Misconception(
                "frame of half a kernel",
                "The size comes out as if the frame were half a kernel wide; padding says how wide it is.",
                lambda size, kernel, stride, padding: -(-size // stride),
            ),
            Misconception(
                "a float",
                "The number is right but a float; as a size in np.zeros it would raise an error.",
                lambda size, kernel, stride, padding: float(output_size(size, kernel, stride, padding)),
            ),
        ),
    )
)


def conv2d_forward(*arguments):
    """The library's y, without its cache."""
    return functional.conv2d_forward(*arguments)[0]


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
    for number in range(12):  # negative or uneven images, wide frames and strides, small images in them
        n, c, f = (int(count) for count in rng.integers(2, 4, 3))
        size, window = rng.integers(2, 6, 2), rng.integers(1, 4, 2)
        x = (cases.negative, cases.uneven_images)[number % 2](rng, (n, c, *size))
        kernels, bias = rng.normal(size=(f, c, *window)), 10 * rng.normal(size=f)
        yield x, kernels, bias, 1 + number % 4, 3 - number % 3
    for window, padding in (((4, 5), 1), ((6, 2), 4), ((3, 8), 5), ((7, 9), 0), ((11, 6), 2)):
        x = rng.normal(size=(2, 2, *np.add(window, rng.integers(0, 3, 2))))
        yield x, rng.normal(size=(2, 2, *window)), rng.normal(size=2), 1 + padding % 3, padding


def conv(x, w, b, stride, padding, flip=False, axes="ncijpq,fcpq->nfij"):
    """Convolution by windows, with places to go wrong in."""
    x = framed(x, padding, padding)
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))[:, :, ::stride, ::stride]
    return np.einsum(axes, windows, w[:, :, ::-1, ::-1] if flip else w) + b[:, None, None]


def framed(x, before, after, mode="constant"):
    """Images with a frame, wider on one side if asked."""
    return np.pad(x, [(0, 0), (0, 0), (before, after), (before, after)], mode=mode)


def first_channel_only(x, w, b, stride, padding):
    """The sum over the channels forgotten."""
    return conv(x[:, :1], w[:, :1], b, stride, padding)


def stride_from_the_full_output(x, w, b, stride, padding):
    """Neighbouring windows, as many as the stride asks for."""
    y = conv(x, w, b, stride, padding)
    return conv(x, w, b, 1, padding)[:, :, : y.shape[2], : y.shape[3]]


def padding_counted_once(x, w, b, stride, padding):
    """The right numbers, but only as many as ``size + padding`` allows."""
    rows, columns = (output_size(x.shape[a] - padding, w.shape[a], stride, padding) for a in (2, 3))
    return conv(x, w, b, stride, padding)[:, :, : max(rows, 0), : max(columns, 0)]


def height_for_both(x, w, b, stride, padding):
    """As many columns as rows."""
    y = conv(x, w, b, stride, padding)
    square = np.zeros((*y.shape[:3], y.shape[2]))
    shared = min(y.shape[2:])
    square[..., :shared] = y[..., :shared]
    return square


def every_axis_padded(x, w, b, stride, padding):
    """Zeros as images and channels too; the loops run over what was there before."""
    return conv(np.pad(x, padding)[: len(x), : x.shape[1]], w, b, stride, 0)


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
        (lambda x, w, b, stride, padding: conv(x, w, b, 1, padding),),
    ),
    Misconception(
        "edge repeated",
        "The frame around the image repeats its edge; padding here means zeros.",
        lambda x, w, b, stride, padding: conv(framed(x, padding, padding, "edge"), w, b, stride, 0),
    ),
    Misconception(
        "rows and columns swapped",
        "The kernel was laid on with its rows and columns swapped.",
        lambda x, w, b, stride, padding: conv(x, np.swapaxes(w, 2, 3), b, stride, padding),
    ),
    Misconception(
        "every axis padded",
        "Zeros were added along all four axes, as images and channels too; only rows and columns get them.",
        lambda x, w, b, stride, padding: conv(np.pad(x, padding), w, b, stride, 0),
        (
            every_axis_padded,
            lambda x, w, b, stride, padding: conv(np.pad(x, padding)[:, : x.shape[1]], w, b, stride, 0),
            lambda x, w, b, stride, padding: conv(np.pad(x, padding)[: len(x)], w, b, stride, 0),
        ),
    ),
    Misconception(
        "padding on one side",
        "There is room for one frame only; rows and columns get it on both sides: size + 2 * padding.",
        padding_counted_once,
        (
            lambda x, w, b, stride, padding: conv(framed(x, padding, 0), w, b, stride, 0),
            lambda x, w, b, stride, padding: conv(framed(x, 0, padding), w, b, stride, 0),
        ),
    ),
    Misconception(
        "bias added too often",
        "The bias is in the sum more than once; it is added at the end, once for each output.",
        lambda x, w, b, stride, padding: conv(x, w, b * w[0].size, stride, padding),
        (lambda x, w, b, stride, padding: conv(x, w, b * len(w[0]), stride, padding),),
    ),
    Misconception(
        "first kernel only",
        "All maps are made with the first kernel.",
        lambda x, w, b, stride, padding: conv(x, np.repeat(w[:1], len(w), axis=0), b, stride, padding),
    ),
    Misconception(
        "first image only",
        "Every image of the batch gives what the first one gives.",
        lambda x, w, b, stride, padding: conv(np.repeat(x[:1], len(x), axis=0), w, b, stride, padding),
    ),
    Misconception(
        "height for both",
        "There are as many columns as rows; an image or a kernel need not be square.",
        height_for_both,
    ),
    Misconception(
        "negative results cut off",
        "Negative results are missing: that is ReLU's work, the layer after this one.",
        lambda x, w, b, stride, padding: np.maximum(conv(x, w, b, stride, padding), 0),
    ),
    Misconception(
        "mean instead of sum",
        "The products of a window were averaged; they are added up.",
        lambda x, w, b, stride, padding: conv(x, w / w[0].size, b, stride, padding),
    ),
    Misconception(
        "whole numbers only",
        "The fractions are cut off: y is an array of whole numbers. np.zeros without a type keeps them.",
        lambda x, w, b, stride, padding: conv(x, w, b, stride, padding).astype(int),
    ),
)

register(
    Exercise(
        name="01.conv2d_forward",
        signature="conv2d_loops(x, w, b, stride, padding) -> y",
        inputs=("x", "w", "b", "stride", "padding"),
        outputs=("y",),
        oracle=conv2d_forward,
        cases=conv_cases,
        hints=(
            "Take one number of the result, y[0, 0, 0, 0], and write down by hand which products are in it.",
            "Three things are summed over (channel, row and column of the window), one is added at the end. "
            "Where does the window of y[n, f, i, j] begin in the padded image when the stride is 2?",
        ),
        misconceptions=CONV_MISCONCEPTIONS,
    )
)
