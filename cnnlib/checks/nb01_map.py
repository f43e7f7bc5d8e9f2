"""Exercise of notebook 01, the forward pass: the map of one kernel on one image, with stride and padding."""

import numpy as np

from cnnlib.checks import cases
from cnnlib.checks.exercise import Exercise, Misconception, register
from cnnlib.checks.nb01 import conv, framed, output_size


def map_cases(rng):
    """One product first; then windows, strides, frames, and what is not square."""
    yield np.array([[2.0]]), np.array([[3.0]]), 1, 0
    yield np.arange(4.0).reshape(2, 2), np.array([[1.0, 0], [0, 2]]), 1, 0
    image = np.arange(9.0).reshape(3, 3)
    yield image, np.array([[1.0, 2], [3, 4]]), 1, 0
    yield image, np.array([[1.0, 2], [3, 4]]), 1, 1
    yield np.arange(16.0).reshape(4, 4), np.ones((2, 2)), 2, 0
    yield np.arange(6.0).reshape(2, 3), np.array([[1.0, 2]]), 1, 0
    for number in range(44):
        window = rng.integers(1, 4 + number // 20, 2)
        stride, padding = 1 + number % 3 * (number > 10), number // 12
        size = np.maximum(window - 2 * padding, 1) + rng.integers(0, 2 + number // 8, 2)
        kind = (rng.normal(size=size), cases.negative(rng, size), 100 * rng.normal(size=size))[number % 3]
        yield kind, rng.normal(size=window), int(stride), int(padding)


def on_one_map(function):
    """A convolution of a batch as one of an image and a kernel."""
    return lambda image, kernel, stride, padding: function(
        image[None, None], kernel[None, None], np.zeros(1), stride, padding
    )[0, 0]


def stride_from_the_full_map(image, kernel, stride, padding):
    """Neighbouring windows, as many as the stride asks for."""
    rows, columns = on_one_map(conv)(image, kernel, stride, padding).shape
    return on_one_map(conv)(image, kernel, 1, padding)[:rows, :columns]


def as_many_columns_as_rows(image, kernel, stride, padding):
    """The number of rows for both."""
    y = on_one_map(conv)(image, kernel, stride, padding)
    square = np.zeros((len(y), len(y)))
    shared = min(y.shape)
    square[:, :shared] = y[:, :shared]
    return square


def too_few(image, kernel, stride, padding):
    """The last row and the last column left out."""
    rows, columns = (output_size(image.shape[a], kernel.shape[a], stride, padding) for a in (0, 1))
    return on_one_map(conv)(image, kernel, stride, padding)[: rows - 1, : columns - 1]


register(
    Exercise(
        name="01.conv_map",
        signature="conv_map(image, kernel, stride, padding) -> map",
        inputs=("image", "kernel", "stride", "padding"),
        outputs=("map",),
        oracle=on_one_map(conv),
        cases=map_cases,
        hints=(
            "slide is nearly it. What changes in the number of rows and columns when there is a frame, and "
            "when the window moves by more than one pixel?",
            "Make the frame first and forget that it was ever smaller. In it the window of unit (i, j) "
            "begins in row i times the stride and column j times the stride; exercise 1 has its sizes.",
        ),
        misconceptions=(
            Misconception(
                "kernel flipped",
                "The kernel was turned by 180 degrees; networks do not turn it.",
                on_one_map(lambda *given: conv(*given, flip=True)),
            ),
            Misconception(
                "padding ignored",
                "The map is that of the image without its frame.",
                on_one_map(lambda x, w, b, stride, padding: conv(x, w, b, stride, 0)),
            ),
            Misconception(
                "stride ignored",
                "The windows are neighbours although the stride is larger than 1.",
                stride_from_the_full_map,
                (on_one_map(lambda x, w, b, stride, padding: conv(x, w, b, 1, padding)),),
            ),
            Misconception(
                "padding on one side",
                "The frame is on one side only; padding is put on both sides of rows and columns.",
                on_one_map(lambda x, w, b, s, padding: conv(framed(x, padding, 0), w, b, s, 0)),
                (on_one_map(lambda x, w, b, s, padding: conv(framed(x, 0, padding), w, b, s, 0)),),
            ),
            Misconception(
                "edge repeated",
                "The frame repeats the edge of the image; padding here means zeros.",
                on_one_map(lambda x, w, b, s, padding: conv(framed(x, padding, padding, "edge"), w, b, s, 0)),
            ),
            Misconception(
                "the last row and column missing",
                "One row and one column are missing at the end: between the first window and the last there "
                "are so many steps, and one window more.",
                too_few,
            ),
            Misconception(
                "rows and columns swapped",
                "The kernel was laid on with its rows and columns swapped.",
                on_one_map(lambda x, w, *rest: conv(x, np.swapaxes(w, 2, 3), *rest)),
            ),
            Misconception(
                "as many columns as rows",
                "There are as many columns as rows; an image or a kernel need not be square.",
                as_many_columns_as_rows,
            ),
            Misconception(
                "mean instead of sum",
                "The products of a window were averaged; they are added up.",
                on_one_map(lambda x, w, *rest: conv(x, w / w.size, *rest)),
            ),
            Misconception(
                "whole numbers only",
                "The fractions are cut off: the map is an array of whole numbers.",
                on_one_map(lambda *given: conv(*given).astype(int)),
            ),
        ),
    )
)
