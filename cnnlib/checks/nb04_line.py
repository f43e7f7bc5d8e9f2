"""Exercise of notebook 04, the backward of a convolution: one row of numbers."""

import numpy as np

from cnnlib.checks import cases
from cnnlib.checks.exercise import Exercise, Misconception, register


def line_cases(rng):
    """One product first; then windows that overlap, touch and leave gaps, with and without padding."""
    yield np.array([3.0]), (np.array([2.0]), np.array([5.0]), 1, 0)
    yield np.array([1.0, 4.0]), (np.array([2.0, 7.0]), np.array([3.0]), 1, 0)
    yield np.array([1.0]), (np.array([2.0, 7.0]), np.array([3.0, 5.0]), 1, 0)
    yield np.array([1.0, 4.0]), (np.array([2.0, 7.0, 1.0]), np.array([3.0, 5.0]), 1, 0)
    yield np.array([1.0, 4.0]), (np.array([2.0, 7.0, 1.0]), np.array([3.0]), 2, 0)
    yield np.array([1.0, 4.0]), (np.array([2.0]), np.array([3.0, 5.0]), 1, 1)
    for number in range(60):
        size, stride, padding = 1 + number % 4, 1 + number % 3, (0, 1, 2)[number // 3 % 3]
        x = rng.normal(size=int(rng.integers(max(1, size - 2 * padding), 7 + number // 8)))
        outputs = (len(x) + 2 * padding - size) // stride + 1
        yield cases.gradient(rng, outputs), (x, rng.normal(size=size), stride, padding)
    for size, stride, padding in ((5, 2, 3), (7, 1, 4), (4, 5, 0), (9, 4, 2), (3, 8, 5), (12, 7, 6)):
        x = rng.normal(size=size + 3 * stride - int(rng.integers(stride)))
        outputs = (len(x) + 2 * padding - size) // stride + 1
        yield cases.gradient(rng, outputs), (x, rng.normal(size=size), stride, padding)


def line_backward(dy, cache):
    """Every product hands on crosswise; what is used often adds up."""
    x, w, stride, padding = cache
    framed = np.pad(x, padding)
    dx, dw = np.zeros(len(framed)), np.zeros(len(w))
    for i, arrives in enumerate(dy):
        place = slice(i * stride, i * stride + len(w))
        dx[place] += arrives * w
        dw += arrives * framed[place]
    return dx[padding : padding + len(x)], dw


def with_cache(change):
    """A backward that computes dx with another cache."""

    def backward(dy, cache):
        return line_backward(dy, change(*cache))[0], line_backward(dy, cache)[1]

    return backward


def results(dx=None, dw=None):
    """A backward one of whose results is ``change(result, dy, *cache)``."""

    def backward(dy, cache):
        pairs = zip(line_backward(dy, cache), (dx, dw), strict=True)
        return tuple(right if change is None else change(right, dy, *cache) for right, change in pairs)

    return backward


def laid_over(dx, dy, x, w, stride, padding):
    """dx of windows that overwrite one another."""
    whole = np.zeros(len(x) + 2 * padding)
    for i, arrives in enumerate(dy):
        whole[i * stride : i * stride + len(w)] = arrives * w
    return whole[padding : padding + len(x)]


def without_stride(dx, dy, x, w, stride, padding):
    """dx of windows that stand one place apart."""
    whole = np.zeros(len(x) + 2 * padding)
    for i, arrives in enumerate(dy):
        whole[i : i + len(w)] += arrives * w
    return whole[padding : padding + len(x)]


def with_its_frame(dx, dy, x, w, stride, padding):
    """dx as long as the padded row."""
    return line_backward(dy, (np.pad(x, padding), w, stride, 0))[0]


def cut_at_one_end(dx, dy, x, w, stride, padding):
    """The frame cut off at the end alone: dx begins in the frame."""
    return with_its_frame(dx, dy, x, w, stride, padding)[: len(x)]


def cut_by_minus_padding(dx, dy, x, w, stride, padding):
    """``padding:-padding``, which is nothing at all without a frame."""
    return with_its_frame(dx, dy, x, w, stride, padding)[padding:-padding]


def of_the_last_window(dw, dy, x, w, stride, padding):
    """dw overwritten window by window."""
    last = (len(dy) - 1) * stride
    return dy[-1] * np.pad(x, padding)[last : last + len(w)]


def of_the_bare_row(dw, dy, x, w, stride, padding):
    """dw from windows of the row without its frame: zeros stand at the right end alone."""
    row = np.concatenate([x, np.zeros(2 * padding)])
    return line_backward(dy, (row, w, stride, 0))[1]


register(
    Exercise(
        name="04.conv1d_backward",
        signature="conv1d_backward(dy, (x, w, stride, padding)) -> dx, dw",
        inputs=("dy", "cache"),
        parts={"cache": ("x", "w", "stride", "padding")},
        outputs=("dx", "dw"),
        oracle=line_backward,
        cases=line_cases,
        hints=(
            "Write the window of one output first: at which place of the padded row does it begin, and where "
            "does it end? What does each product in it hand to its two factors?",
            "Pad x; make dx as long as the padded row. For each output i the window begins at i * stride: "
            "dx there grows by dy[i] * w, and dw grows by dy[i] * window. The frame is cut off at the end.",
        ),
        misconceptions=(
            Misconception(
                "kernel turned while scattering",
                "dx comes from the kernel turned round. An output that hands back lays the kernel down as it "
                "stood; the turn belongs to the reading that gathers.",
                with_cache(lambda x, w, stride, padding: (x, w[::-1], stride, padding)),
            ),
            Misconception(
                "windows laid over each other",
                "Where windows overlap, a number of dx keeps only what came last; all shares add up (+=).",
                results(dx=laid_over),
            ),
            Misconception(
                "stride forgotten",
                "The windows of dx stand one place apart. On the way out they stood stride places apart.",
                results(dx=without_stride),
            ),
            Misconception(
                "frame not cut off",
                "dx is as long as the padded row; the padding is no part of x.",
                results(dx=with_its_frame),
            ),
            Misconception(
                "cut at one end",
                "dx has the right length and begins too early: the padding stands at both ends.",
                results(dx=cut_at_one_end),
            ),
            Misconception(
                "cut to nothing",
                "A slice such as padding:-padding is empty when the padding is 0: -0 is 0, the beginning.",
                results(dx=cut_by_minus_padding),
            ),
            Misconception(
                "kernel of the last window",
                "dw keeps only what came from the last output; the shares of all outputs add up (+=).",
                results(dw=of_the_last_window),
            ),
            Misconception(
                "windows of the bare row",
                "dw comes from windows of x without its padding; the windows stood on the padded row.",
                results(dw=of_the_bare_row),
            ),
            Misconception(
                "kernel gradient turned",
                "dw comes out the wrong way round: the first weight met the first number of each window.",
                results(dw=lambda dw, dy, *cache: dw[::-1]),
            ),
            Misconception(
                "mean instead of sum",
                "dw is a mean over the outputs; what is used often adds up its shares.",
                results(dw=lambda dw, dy, *cache: dw / len(dy)),
            ),
            Misconception(
                "the upstream gradient left out",
                "dx and dw are as if every output had sent back 1; what arrives multiplies every share.",
                lambda dy, cache: line_backward(np.ones(len(dy)), cache),
            ),
        ),
    )
)
