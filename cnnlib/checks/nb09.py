"""Exercise of notebook 09, depth: batch normalization forwards; and the cases that its backward shares."""

import numpy as np

from cnnlib.checks.exercise import Exercise, Misconception, register

EPS = 1e-5
AXES = (0, 2, 3)


def per_channel(v):
    """A vector (C,) beside images (N, C, H, W)."""
    return np.asarray(v)[None, :, None, None]


def shapes(rng):
    """From two numbers in one channel to a few channels of small images; never as many images as channels."""
    yield from ((2, 1, 1, 1), (4, 1, 1, 1), (3, 2, 1, 1), (2, 3, 2, 1), (1, 2, 2, 3))
    for _ in range(24):
        yield tuple(int(size) for size in (rng.integers(2, 5), rng.integers(1, 4), *rng.integers(1, 4, 2)))


def images(rng, shape):
    """Channels of different middles and spreads."""
    channels = (1, shape[1], 1, 1)
    return rng.normal(size=shape) * 10 ** rng.uniform(-0.5, 1, channels) + 5 * rng.normal(size=channels)


def forward_cases(rng):
    """The numbers of the notebook first."""
    yield np.array([1.0, 2.0, 3.0, 6.0]).reshape(4, 1, 1, 1), np.ones(1), np.zeros(1)
    yield np.array([1.0, 2.0, 3.0, 6.0]).reshape(4, 1, 1, 1), np.array([2.0]), np.array([0.5])
    for shape in shapes(rng):
        yield images(rng, shape), rng.normal(size=shape[1]), rng.normal(size=shape[1])
    for number in range(3):  # far from what gamma and beta start with
        gamma, beta = np.array([30.0, -0.02]) * 10.0**-number, np.array([-200.0, 50.0])
        yield images(rng, (3, 2, 2, 2)), gamma, beta
    yield np.full((3, 2, 2, 2), 0.5), np.ones(2), np.array([0.0, 1.0])  # channels without a spread
    yield np.array([0.001, 0.003]).reshape(2, 1, 1, 1), np.ones(1), np.zeros(1)  # eps counts


def forward(x, gamma, beta, axes=AXES, ddof=0, eps=EPS):
    """Normalize over some axes."""
    mean, var = x.mean(axis=axes, keepdims=True), x.var(axis=axes, keepdims=True, ddof=ddof)
    return per_channel(gamma) * (x - mean) / np.sqrt(var + eps) + per_channel(beta)


register(
    Exercise(
        name="09.batchnorm_forward",
        signature="batchnorm_forward(x, gamma, beta) -> y",
        inputs=("x", "gamma", "beta"),
        outputs=("y",),
        oracle=forward,
        cases=forward_cases,
        unit=lambda x, gamma, beta: float(np.abs(x).max() / np.sqrt(x.var(axis=AXES) + EPS).min()),
        hints=(
            "One channel at a time: which numbers share a mean? All images, all rows, all columns.",
            "The mean is x.mean(axis=(0, 2, 3), keepdims=True), and so is the variance, by x.var. "
            "gamma and beta have one number a channel: gamma[:, None, None] stands beside (N, C, H, W).",
        ),
        misconceptions=(
            Misconception(
                "mean not taken off",
                "The numbers were divided by their spread, but their mean is still there.",
                lambda x, g, b: (
                    per_channel(g) * x / np.sqrt(x.var(axis=AXES, keepdims=True) + EPS) + per_channel(b)
                ),
            ),
            Misconception(
                "variance for standard deviation",
                "The numbers were divided by the variance; the spread is its square root.",
                lambda x, g, b: (
                    per_channel(g) * (x - x.mean(AXES, keepdims=True)) / (x.var(AXES, keepdims=True) + EPS)
                    + per_channel(b)
                ),
            ),
            Misconception(
                "N - 1",
                "The variance was divided by the count minus one; batch normalization divides by the count.",
                lambda x, g, b: forward(x, g, b, ddof=1) if x.size > x.shape[1] else x,
            ),
            Misconception(
                "over the images alone",
                "Each pixel has a mean of its own; a channel's pixels share one: sum over axes 0, 2 and 3.",
                lambda x, g, b: forward(x, g, b, axes=(0,)),
            ),
            Misconception(
                "each image by itself",
                "Each image was normalized by itself; in batch normalization the images share a mean.",
                lambda x, g, b: forward(x, g, b, axes=(2, 3)),
            ),
            Misconception(
                "over the channels",
                "Each image was normalized over its channels: that is layer normalization.",
                lambda x, g, b: forward(x, g, b, axes=(1, 2, 3)),
            ),
            Misconception(
                "all channels together",
                "One mean was used for all channels; each channel has its own.",
                lambda x, g, b: forward(x, g, b, axes=(0, 1, 2, 3)),
            ),
            Misconception(
                "eps forgotten",
                "Nothing was added to the variance: a channel whose numbers are all equal divides by zero.",
                lambda x, g, b: forward(x, g, b, eps=0),
            ),
            Misconception(
                "another eps",
                "Another number than 0.00001 was added to the variance.",
                lambda x, g, b: forward(x, g, b, eps=1e-3),
                tuple(
                    lambda x, g, b, eps=eps: forward(x, g, b, eps=eps) for eps in (1e-8, 1e-6, 1e-4, 1e-12)
                ),
            ),
            Misconception(
                "eps outside the root",
                "eps was added to the standard deviation; it belongs to the variance, under the root.",
                lambda x, g, b: (
                    per_channel(g) * (x - x.mean(AXES, keepdims=True)) / (x.std(AXES, keepdims=True) + EPS)
                    + per_channel(b)
                ),
            ),
            Misconception(
                "gamma forgotten",
                "The numbers have mean 0 and spread 1, but were not multiplied by gamma.",
                lambda x, g, b: forward(x, np.ones_like(g), b),
            ),
            Misconception(
                "beta forgotten", "beta was not added.", lambda x, g, b: forward(x, g, np.zeros_like(b))
            ),
            Misconception(
                "gamma times both",
                "gamma multiplies the normalized numbers alone; beta is added afterwards.",
                lambda x, g, b: forward(x, g, g * b),
            ),
            Misconception(
                "gamma and beta exchanged",
                "gamma was added and beta multiplied; it is the other way round.",
                lambda x, g, b: forward(x, b, g),
            ),
        ),
    )
)
