"""Five backward passes with a planted fault each, to be found with the gradient check.

Every fault is one that people make. Each function has the contract of its sound counterpart in
`cnnlib.functional`, so that it can be handed to a layer: ``ReLU(backward=relu_backward_gate_on_gradient)``.

>>> for name in BUGS:
...     print(name)
unflipped kernel
lost batch mean
pool gradient to every pixel
forgotten bias
gate on the gradient
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cnnlib import functional as F
from cnnlib.layers import Conv2d, MaxPool2d, ReLU
from cnnlib.losses import CrossEntropyLoss
from cnnlib.networks import small_cnn
from cnnlib.optim import SGD
from cnnlib.training import train


def conv2d_forward_open(x, w, b, stride=1, padding=0):
    """`conv2d_forward` with a cache that can be taken apart: (the true cache, x, w, b, stride, padding)."""
    y, cache = F.conv2d_forward(x, w, b, stride, padding)
    return y, (cache, x, w, b, stride, padding)


def conv2d_backward_unflipped(dy, cache):
    """Wrong: sends the gradient back through the kernel as it stands, not turned by half a turn."""
    true_cache, x, w, b, stride, padding = cache
    _, dw, db = F.conv2d_backward(dy, true_cache)
    _, wrong_cache = F.conv2d_forward(x, np.ascontiguousarray(w[:, :, ::-1, ::-1]), b, stride, padding)
    return F.conv2d_backward(dy, wrong_cache)[0], dw, db


def conv2d_backward_forgotten_bias(dy, cache):
    """Wrong: leaves the gradient of the bias at zero."""
    dx, dw, db = F.conv2d_backward(dy, cache)
    return dx, dw, None if db is None else np.zeros_like(db)


def maxpool2d_forward_open(x, kernel_size, stride=None):
    """`maxpool2d_forward` with a cache that can be taken apart: (shape of x, kernel_size, stride)."""
    return F.maxpool2d_forward(x, kernel_size, stride)[0], (x, kernel_size, stride)


def maxpool2d_backward_everywhere(dy, cache):
    """Wrong: hands the whole gradient to every pixel of the window, not to the winner alone."""
    x, kernel_size, stride = cache
    _, mean_cache = F.avgpool2d_forward(x, kernel_size, stride)
    return F.avgpool2d_backward(dy, mean_cache) * np.prod(kernel_size, dtype=dy.dtype)


def relu_backward_gate_on_gradient(dy, cache):
    """Wrong: opens the gate where the arriving gradient is positive, not where the input was."""
    return dy * (dy > 0)


class CrossEntropyWithoutMean(CrossEntropyLoss):
    """Wrong: the gradient of the sum over the batch, beside a loss that is the mean."""

    def backward(self):
        return super().backward() * self._batch

    def forward(self, outputs, targets):
        self._batch = np.asarray(outputs).dtype.type(len(outputs))
        return super().forward(outputs, targets)


@dataclass(frozen=True)
class Bug:
    """A planted fault.

    Attributes
    ----------
    name : str
    kind : str
        Where it sits: ``"conv2d"``, ``"maxpool2d"``, ``"relu"`` or ``"loss"``.
    functions : dict
        The arguments that put it into a layer: ``Conv2d(…, **bug.functions)``.
    loss : callable
        Makes the loss.
    """

    name: str
    kind: str
    functions: dict
    loss: Callable = CrossEntropyLoss

    def into(self, kind):
        """The functions for a layer of a kind: the fault's own, or none."""
        return self.functions if kind == self.kind else {}


BUGS = {
    bug.name: bug
    for bug in (
        Bug("unflipped kernel", "conv2d",
            {"forward": conv2d_forward_open, "backward": conv2d_backward_unflipped}),
        Bug("lost batch mean", "loss", {}, CrossEntropyWithoutMean),
        Bug("pool gradient to every pixel", "maxpool2d",
            {"forward": maxpool2d_forward_open, "backward": maxpool2d_backward_everywhere}),
        Bug("forgotten bias", "conv2d", {"backward": conv2d_backward_forgotten_bias}),
        Bug("gate on the gradient", "relu", {"backward": relu_backward_gate_on_gradient}),
    )
}  # fmt: skip
SOUND = Bug("none", "", {})


def layer_of(kind, bug, rng, dtype=np.float64):
    """A small layer of a kind with a fault in it, and an input for it: what a gradient check needs.

    Examples
    --------
    >>> layer, x = layer_of("relu", BUGS["gate on the gradient"], np.random.default_rng(0))
    >>> bool(np.any(layer.backward(layer.forward(x) * 0 - 1)))
    False
    """
    functions = bug.into(kind)
    if kind == "conv2d":
        layer = Conv2d(1, 1, 3, padding=1, rng=rng, dtype=dtype, **functions)
        layer.params["bias"][:] = 0.5
        return layer, rng.normal(size=(1, 1, 6, 6)).astype(dtype)
    if kind == "maxpool2d":
        return MaxPool2d(2, **functions), rng.permutation(36).reshape(1, 1, 6, 6).astype(dtype)
    if kind == "relu":
        x = rng.uniform(0.2, 1, (1, 1, 6, 6)) * rng.choice([-1, 1], (1, 1, 6, 6))
        return ReLU(**functions), x.astype(dtype)
    raise ValueError(f"kind must be 'conv2d', 'maxpool2d' or 'relu', got {kind!r}")


def network_with(bug, rng):
    """The course's small digit network, untrained, with a fault in every layer of its kind.

    Examples
    --------
    >>> network_with(SOUND, np.random.default_rng(0)).num_parameters
    1898
    """
    model = small_cnn(rng)
    for layer in model:
        own = bug.into(type(layer).__name__.lower())
        if own:
            layer._functions = own.get("forward", layer._functions[0]), own["backward"]
    return model


def learning_curve(bug, x, y, lr=0.1, steps=200, batch_size=32, seed=0):
    """Train the network with a fault by plain gradient descent, from the same weights on the same batches.

    Parameters
    ----------
    bug : Bug
    x, y : arrays
        Images and labels.
    lr : float
        Learning rate.
    steps, batch_size, seed : int

    Returns
    -------
    losses : array (steps,)
        Of each batch before the step; NaN or infinite once it has diverged.
    model : Sequential
        After the last step.
    """
    rng = np.random.default_rng(seed)
    model, losses = network_with(bug, rng), np.full(steps, np.nan)
    epochs = -(-steps * batch_size // len(x)) + 1
    run = train(model, bug.loss(), SGD(lr), x, y, batch_size=batch_size, epochs=epochs, rng=rng)
    with np.errstate(all="ignore"):
        for step, record in zip(range(steps), run, strict=False):
            losses[step] = record.loss
            if not np.isfinite(record.loss):
                break
    return losses, model
