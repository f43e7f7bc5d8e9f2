"""Exercise of notebook 09, depth: batch normalization backwards."""

import numpy as np

from cnnlib.checks import cases
from cnnlib.checks.exercise import Exercise, Misconception, register
from cnnlib.checks.handing import other_numbers
from cnnlib.checks.nb09 import AXES, EPS, images, per_channel, shapes


def backward_cases(rng):
    """Upstream gradients, and what the forward kept: x_hat, inv_std and gamma."""
    x = np.array([1.0, 2.0, 3.0, 6.0]).reshape(4, 1, 1, 1)
    yield np.array([1.0, 0.0, 0.0, 0.0]).reshape(4, 1, 1, 1), kept(x, np.ones(1))
    yield np.array([1.0, 0.0, 0.0, 0.0]).reshape(4, 1, 1, 1), kept(x, np.array([2.0]))
    for number, shape in enumerate(shapes(rng)):
        dy = rng.normal(size=shape) if number % 3 else cases.gradient(rng, shape)
        yield dy, kept(images(rng, shape), rng.normal(size=shape[1]))


def of_another_forward(dy, cache):
    """Another gradient, and what a forward keeps of other images: its x_hat has the mean 0."""
    x_hat, _, gamma = cache
    return other_numbers(dy), kept(other_numbers(x_hat), other_numbers(gamma))


def kept(x, gamma):
    """What the forward hands to the backward: (x_hat, inv_std, gamma)."""
    mean, var = x.mean(axis=AXES), x.var(axis=AXES)
    inv_std = 1 / np.sqrt(var + EPS)
    return (x - per_channel(mean)) * per_channel(inv_std), inv_std, gamma


def backward(
    dy, cache, *, axes=AXES, mean_path=True, var_path=True, scale=lambda s, g: s * g, less=0, sign=1
):
    """The right backward, and what becomes of it without one of its parts."""
    x_hat, inv_std, gamma = cache
    count = np.prod([dy.shape[axis] for axis in axes]) - less
    mean = dy.sum(axis=axes, keepdims=True) / count
    along = (dy * x_hat).sum(axis=axes, keepdims=True) / count
    dx = per_channel(scale(inv_std, gamma)) * (dy - mean_path * mean - sign * var_path * x_hat * along)
    return dx, (dy * x_hat).sum(axis=AXES), dy.sum(axis=AXES)


def means_for_sums(dy, cache):
    """dgamma and dbeta as means."""
    dx, dgamma, dbeta = backward(dy, cache)
    count = dy.size // dy.shape[1]
    return dx, dgamma / count, dbeta / count


def exchanged(dy, cache):
    dx, dgamma, dbeta = backward(dy, cache)
    return dx, dbeta, dgamma


def gamma_of_the_output(dy, cache):
    """dgamma with y (beta taken as 0) in place of x_hat."""
    x_hat, _, gamma = cache
    dx, _, dbeta = backward(dy, cache)
    return dx, (dy * x_hat * per_channel(gamma)).sum(axis=AXES), dbeta


def sums_for_means(dy, cache):
    """The two shares are taken off whole, not divided by the count."""
    x_hat, inv_std, gamma = cache
    dx = dy - dy.sum(AXES, keepdims=True) - x_hat * (dy * x_hat).sum(AXES, keepdims=True)
    return (per_channel(gamma * inv_std) * dx, *backward(dy, cache)[1:])


def weights_per_image(dy, cache):
    """dgamma and dbeta summed over the images alone."""
    x_hat, _, _ = cache
    return backward(dy, cache)[0], (dy * x_hat).sum(axis=0), dy.sum(axis=0)


register(
    Exercise(
        name="09.batchnorm_backward",
        signature="batchnorm_backward(dy, (x_hat, inv_std, gamma)) -> dx, dgamma, dbeta",
        inputs=("dy", "cache"),
        parts={"cache": ("x_hat", "inv_std", "gamma")},
        outputs=("dx", "dgamma", "dbeta"),
        oracle=backward,
        cases=backward_cases,
        other=of_another_forward,
        unit=lambda dy, cache: float(np.abs(dy).max() * max(1, np.abs(cache[1] * cache[2]).max())),
        hints=(
            "Three ways lead from x to y: directly, through the mean, and through the variance. What does "
            "each take off dy?",
            "dbeta is the sum of dy, dgamma the sum of dy * x_hat, over axes (0, 2, 3). dx is dy, minus the "
            "mean of dy, minus x_hat times the mean of dy * x_hat; all of it times gamma * inv_std.",
        ),
        told={
            "dx": "Is each of the three ways from x to y there, and each divided by the right count?",
            "dgamma": "gamma multiplied x_hat: it gets the sum of dy * x_hat.",
            "dbeta": "beta was added to every number of its channel: it gets the sum of dy.",
        },
        misconceptions=(
            Misconception(
                "way through the mean forgotten",
                "x moves the mean too, and the mean moves every number: the mean of dy is not taken off.",
                lambda dy, cache: backward(dy, cache, mean_path=False),
            ),
            Misconception(
                "way through the variance forgotten",
                "x moves the variance too: the share along x_hat is not taken off.",
                lambda dy, cache: backward(dy, cache, var_path=False),
            ),
            Misconception(
                "running statistics",
                "Mean and variance were taken for constants, as when judging; in training they depend on x.",
                lambda dy, cache: backward(dy, cache, mean_path=False, var_path=False),
            ),
            Misconception(
                "N - 1",
                "The two shares were divided by the count minus one; both are means over the whole count.",
                lambda dy, cache: backward(dy, cache, less=1),
            ),
            Misconception(
                "gamma forgotten",
                "dx was not multiplied by gamma, which stands between x_hat and y.",
                lambda dy, cache: backward(dy, cache, scale=lambda s, g: s),
            ),
            Misconception(
                "spread forgotten",
                "dx was not divided by the spread (inv_std), which stands between x and x_hat.",
                lambda dy, cache: backward(dy, cache, scale=lambda s, g: g),
            ),
            Misconception(
                "times the spread",
                "dx was multiplied by the spread; forwards x was divided by it, and so is the gradient.",
                lambda dy, cache: backward(dy, cache, scale=lambda s, g: g / s),
            ),
            Misconception(
                "divided by gamma",
                "dx was divided by gamma; forwards gamma multiplied, and so it does backwards.",
                lambda dy, cache: backward(dy, cache, scale=lambda s, g: s / g),
            ),
            Misconception(
                "means over the images alone",
                "The two shares are means over axis 0 alone; a channel's pixels share its mean too.",
                lambda dy, cache: backward(dy, cache, axes=(0,)),
            ),
            Misconception(
                "means over all channels",
                "The two shares are means over all channels; each channel has its own.",
                lambda dy, cache: backward(dy, cache, axes=(0, 1, 2, 3)),
            ),
            Misconception(
                "means over the channels",
                "The two shares are means over each image: that is layer normalization's backward.",
                lambda dy, cache: backward(dy, cache, axes=(1, 2, 3)),
            ),
            Misconception(
                "sums for means",
                "The two shares were taken off as sums: divide each by the number of values in a channel.",
                sums_for_means,
            ),
            Misconception(
                "share along x_hat added",
                "The share along x_hat was added; it is taken off.",
                lambda dy, cache: backward(dy, cache, sign=-1),
            ),
            Misconception(
                "dgamma and dbeta as means",
                "dgamma and dbeta are sums: every number of the channel adds its share.",
                means_for_sums,
            ),
            Misconception(
                "dgamma and dbeta exchanged",
                "dgamma and dbeta stand in each other's place: gamma multiplied x_hat, beta was added.",
                exchanged,
            ),
            Misconception(
                "dgamma of the output",
                "dgamma was made with gamma * x_hat; what gamma multiplied is x_hat alone.",
                gamma_of_the_output,
            ),
            Misconception(
                "summed over the images alone",
                "dgamma and dbeta have one number a channel: sum over rows and columns too, axes (0, 2, 3).",
                weights_per_image,
            ),
        ),
    )
)
