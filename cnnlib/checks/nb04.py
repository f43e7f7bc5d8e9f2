"""Exercise of notebook 04, the backward of a convolution: images."""

import numpy as np

from cnnlib.checks import cases
from cnnlib.checks.exercise import Exercise, Misconception, register
from cnnlib.checks.nb01 import conv_cases
from cnnlib.nn import functional


def conv_backward_cases(rng):
    """The cases of the forward pass, with a gradient for each result."""
    for x, w, b, stride, padding in conv_cases(rng):
        shape = functional.conv2d_forward(x, w, b, stride, padding)[0].shape
        yield (
            (rng.integers(-3, 4, shape).astype(float) if x.size < 5 else cases.gradient(rng, shape)),
            (x, w, b, stride, padding),
        )


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


def results(dx=None, dw=None, db=None):
    """A backward one of whose results is ``change(result, dy, cache)``."""

    def backward(dy, cache):
        pairs = zip(conv_backward(dy, cache), (dx, dw, db), strict=True)
        return tuple(right if change is None else change(right, dy, cache) for right, change in pairs)

    return backward


def laid_over(dx, dy, cache):
    """dx of windows that overwrite one another."""
    x, w, _, stride, padding = cache
    whole = np.zeros((*x.shape[:2], *(np.array(x.shape[2:]) + 2 * padding)))
    (kh, kw), (height, width) = w.shape[2:], x.shape[2:]
    for i, j in np.ndindex(dy.shape[2:]):
        place = np.s_[:, :, i * stride : i * stride + kh, j * stride : j * stride + kw]
        whole[place] = np.einsum("nf,fcpq->ncpq", dy[:, :, i, j], w)
    return whole[:, :, padding : padding + height, padding : padding + width]


def with_its_frame(dx, dy, cache):
    """dx as large as the padded image."""
    x, w, b, stride, padding = cache
    sides = [(0, 0), (0, 0), (padding, padding), (padding, padding)]
    return conv_backward(dy, (np.pad(x, sides), w, b, stride, 0))[0]


def of_the_last_place(dw, dy, cache):
    """dw overwritten place by place."""
    only = np.zeros_like(dy)
    only[:, :, -1, -1] = dy[:, :, -1, -1]
    return conv_backward(only, cache)[1]


register(
    Exercise(
        name="04.conv2d_backward",
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
            "of it is added up. Work on the padded image and cut its padding off at the end.",
        ),
        misconceptions=(
            Misconception(
                "kernel the wrong way round",
                "dx comes from the kernel the wrong way round: an output that hands back lays it down as it "
                "stood; only gathering turns it, by 180 degrees.",
                with_w(lambda w: w[:, :, ::-1, ::-1]),
            ),
            Misconception(
                "weights the wrong way round",
                "dw comes out the wrong way round: the first weight met the first pixel of each window.",
                results(dw=lambda dw, dy, cache: dw[:, :, ::-1, ::-1]),
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
                "bias averaged",
                "db is the mean over the places or the images; their gradients add up.",
                results(db=lambda db, dy, cache: dy.mean(axis=(0, 2, 3))),
                (
                    results(db=lambda db, dy, cache: dy.sum(axis=0).mean(axis=(1, 2))),
                    results(db=lambda db, dy, cache: dy.mean(axis=0).sum(axis=(1, 2))),
                ),
            ),
            Misconception(
                "whole numbers only",
                "The fractions of a result are cut off: it was begun as an array of whole numbers.",
                results(db=lambda db, dy, cache: np.trunc(db)),
                (
                    results(dw=lambda dw, dy, cache: np.trunc(dw)),
                    results(db=lambda db, dy, cache: np.trunc(dy).sum(axis=(0, 2, 3))),
                ),
            ),
            Misconception(
                "windows laid over each other",
                "Where windows overlap, a pixel of dx keeps only what came last; all of it adds up (+=).",
                results(dx=laid_over),
            ),
            Misconception(
                "kernel of the last place",
                "dw keeps only what came from the last place; all places of the map add up (+=).",
                results(dw=of_the_last_place),
            ),
            Misconception(
                "frame not cut off",
                "dx is as large as the padded image; the padding is no part of x.",
                results(dx=with_its_frame),
            ),
            Misconception(
                "one bias for all",
                "All biases get the same gradient; each kernel has a map, and a bias, of its own.",
                results(db=lambda db, dy, cache: np.full(len(db), dy.sum())),
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
