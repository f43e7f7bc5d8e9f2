"""Exercise of notebook 01: convolution without a loop over images or pixels."""

import gc
import sys

import numpy as np

from cnnlib.checks.exercise import Exercise, Misfit, register
from cnnlib.checks.nb01 import CONV_MISCONCEPTIONS, conv2d_forward, conv_cases

FEWER, MORE = 3, 21  # images, and places along either axis, by which the two sizes exceed a case's
SMALL = 6  # numbers in the images that are made larger
UNEVEN = 8  # steps by which NumPy's own Python code may differ between sizes


class _Enough(BaseException):
    """Raised in a function that was seen to take more steps than allowed."""


def steps_run(function, arguments, most=10**9):
    """Count the lines and calls of Python that one call takes, in whatever file, up to one more than `most`.

    The whole work is seen: the loop may be in the cell above, in a method, or in a library.
    """
    count = 0

    def watch(frame, event, argument):
        nonlocal count
        count += event in ("line", "call")
        if count > most:
            raise _Enough
        return watch

    before, collects = sys.gettrace(), gc.isenabled()
    gc.disable()  # a collection calls functions of others
    sys.settrace(watch)
    try:
        function(*arguments)
    except _Enough:
        pass
    finally:
        sys.settrace(before)
        if collects:
            gc.enable()
    return count


def enlarged(x, images, pixels):
    """The images in a larger batch, within larger images."""
    return np.pad(x, [(0, images), (0, 0), (0, pixels), (0, pixels)], constant_values=0.5)


def without_loops(function, x, *arguments):
    """The result, once it is known that more and larger images take no more steps of Python.

    Where it does at first, it may try again: places worked out once for a size and kept are no loop over the
    numbers that come later.
    """
    y = function(x, *arguments)
    if y is None or x.size > SMALL:
        return y
    base, larger = (enlarged(x, more, more * arguments[2]) for more in (FEWER, MORE))
    function(base.copy(), *arguments)
    most = steps_run(function, (base + 0.5, *arguments)) + UNEVEN
    if steps_run(function, (larger.copy(), *arguments), most) > most:
        function(larger.copy(), *arguments)
        if steps_run(function, (larger + 0.5, *arguments), most) > most:
            raise Misfit(
                "It takes more steps of Python on a larger batch of larger images: "
                "there is a loop over images or pixels, in it or in a function it calls."
            )
    return y


register(
    Exercise(
        name="01.conv2d_vectorized",
        signature="conv2d_fast(x, w, b, stride, padding) -> y, without a loop over images or pixels",
        inputs=("x", "w", "b", "stride", "padding"),
        outputs=("y",),
        oracle=conv2d_forward,
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
