"""What is right in notebook 13."""

import numpy as np

from cnnlib.autodiff import closures
from cnnlib.autodiff.tape import Tensor


def overwritten_gate():
    """What a network computes whose two ReLUs share one memory: the place of the choice."""
    x = np.array([[-1.0, 2.0]])
    first = x > 0
    h = np.maximum(x, 0) @ np.array([[1.0, -1.0], [1.0, -1.0]])
    second = h > 0
    right = ((np.ones_like(h) * second) @ np.array([[1.0, -1.0], [1.0, -1.0]]).T) * first
    shared = ((np.ones_like(h) * second) @ np.array([[1.0, -1.0], [1.0, -1.0]]).T) * second
    return 1 if right.shape == shared.shape and not np.array_equal(right, shared) else 0


def what_chain_remembers():
    """What the backward of `chain` carries along: the place of the choice."""
    _, backward = closures.chain(closures.relu, closures.flatten)(np.ones((1, 1, 2, 2)))
    kept = dict(
        zip(backward.__code__.co_freevars, (c.cell_contents for c in backward.__closure__), strict=True)
    )
    steps = next(iter(kept.values()))
    return 0 if len(kept) == 1 and all(map(callable, steps)) else 1


def used_twice():
    """What a tensor used twice gets: the place of the choice."""
    d = Tensor(3.0)
    (d * d).backward()
    shares = float(d.grad) / 3.0
    return {1.0: 0, 2.0: 1}.get(shares, 2)


def fastest(times):
    """Which of the three designs is the fastest, if one is by a third: the place of the choice."""
    ordered = [times[name] for name in ("layers_step", "closures_step", "tape_step")]
    return 3 if max(ordered) / min(ordered) < 1.5 else int(np.argmin(ordered))


def reported(complaints):
    """How many of four mistakes were reported: the place of the choice."""
    return {0: 0, 1: 1, 4: 3}.get(len(complaints), 2)


def product_gradient(a, b):
    """Gradient of (a·b)·a by a."""
    x, y = Tensor(float(a)), Tensor(float(b))
    (x * y * x).backward()
    return float(x.grad)


def backwards_made(layers, calls):
    """How many backwards a chain makes in some calls."""
    return layers * calls


def softplus_slope(x):
    """Slope of ln(1 + e^x)."""
    return float(1 / (1 + np.exp(-x)))
