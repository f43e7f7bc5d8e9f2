"""Five backward passes of a convolution with a planted fault each, to be found with the gradient check.

Every fault is one that people make. The functions take the caches that learners write for, such as
``(x, w, b, stride, padding)``, and go into layers by
``Conv2d(…, **BUGS["= in place of +="].into("conv2d"))``.

>>> for name in BUGS:
...     print(name)
half turn left out
= in place of +=
padding cut one pixel late
window read from its end
divided by the batch twice
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from cnnlib.data import load_mnist_sample
from cnnlib.networks import mnist_cnn, small_cnn
from cnnlib.nn import functional as F
from cnnlib.nn.layers import Conv2d, MaxPool2d, ReLU
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.nn.training import train


def conv2d_forward_plain_cache(x, w, b, stride=1, padding=0):
    """`conv2d_forward` with a cache to read: (x, w, b, stride, padding), square pairs as one number."""
    return F.conv2d_forward(x, w, b, stride, padding)[0], (x, w, b, _plain(stride), _plain(padding))


def conv2d_backward_sound(dy, cache):
    """The library's gradients, from a cache to read."""
    x, w, b, stride, padding = cache
    return F.conv2d_backward(dy, F.conv2d_forward(x, w, b, stride, padding)[1])


def conv2d_backward_unturned(dy, cache):
    """Wrong: sends the gradient back through the kernel as it stands, not turned by half a turn."""
    x, w, b, stride, padding = cache
    turned = np.ascontiguousarray(w[:, :, ::-1, ::-1])
    return conv2d_backward_sound(dy, (x, turned, b, stride, padding))  # only dx depends on the kernel


def conv2d_backward_overwritten(dy, cache):
    """Wrong: where windows overlap, the last one stays; ``dx[window] = …`` in place of ``+=``.

    Written for all windows at once, one number of the kernel after another: the last window that a pixel lies
    in has it nearest to its top left corner, which therefore comes last.
    """
    x, w, b, stride, padding = cache
    _, dw, db = F.conv2d_backward(dy, F.conv2d_forward(x, w, b, stride, padding)[1], input_gradient=False)
    (down, right), (ph, pw) = np.broadcast_to(stride, 2), np.broadcast_to(padding, 2)
    (height, width), (kh, kw), (rows, columns) = x.shape[2:], w.shape[2:], dy.shape[2:]
    framed = np.zeros((height + 2 * ph, width + 2 * pw, x.shape[1], len(x)), x.dtype)
    blame = dy.transpose(2, 3, 1, 0)  # images last: how the library's passes keep them
    for p, q in reversed(list(np.ndindex(kh, kw))):
        pixels = np.s_[p : p + rows * down : down, q : q + columns * right : right]
        framed[pixels] = np.ascontiguousarray(w[:, :, p, q].T) @ blame
    return framed[ph : ph + height, pw : pw + width].transpose(3, 2, 0, 1), dw, db


def conv2d_backward_cut_late(dy, cache):
    """Wrong: cuts one row and one column too many off at the start, so that dx has moved by one pixel."""
    dx, dw, db = conv2d_backward_sound(dy, cache)
    return np.pad(dx, [(0, 0), (0, 0), (0, 1), (0, 1)])[:, :, 1:, 1:], dw, db


def conv2d_backward_patch_turned(dy, cache):
    """Wrong: the first weight gets what the last one has met."""
    dx, dw, db = conv2d_backward_sound(dy, cache)
    return dx, np.ascontiguousarray(dw[:, :, ::-1, ::-1]), db


def conv2d_backward_mean_twice(dy, cache):
    """Wrong: divides by the size of the batch, which the loss has done already."""
    dx, dw, db = conv2d_backward_sound(dy, cache)
    return dx, dw / dw.dtype.type(len(dy)), None if db is None else db / db.dtype.type(len(dy))


def maxpool2d_forward_plain_cache(x, kernel_size, stride=None):
    """`maxpool2d_forward` with a cache that can be read: (x, kernel_size, stride)."""
    step = kernel_size if stride is None else stride
    return F.maxpool2d_forward(x, kernel_size, stride)[0], (x, _plain(kernel_size), _plain(step))


def relu_forward_plain_cache(x):
    """`relu_forward` with x itself as the cache."""
    return F.relu_forward(x)[0], x


@dataclass(frozen=True)
class Backwards:
    """A set of backward functions, sound or not, that can be put into layers.

    Attributes
    ----------
    name : str
    functions : dict
        By kind of layer (``"conv2d"``, ``"maxpool2d"``, ``"relu"``): what replaces the library's function.
    """

    name: str
    functions: dict

    def into(self, kind):
        """The arguments that put it into a layer of a kind: ``Conv2d(…, **bug.into("conv2d"))``."""
        if kind not in self.functions:
            return {}
        return {"forward": FORWARDS[kind], "backward": self.functions[kind]}


def linear_forward_plain_cache(x, w, b):
    """`linear_forward` with a cache to read: (x, w)."""
    return F.linear_forward(x, w, b)[0], (x, w)


FORWARDS = {
    "linear": linear_forward_plain_cache,
    "conv2d": conv2d_forward_plain_cache,
    "maxpool2d": maxpool2d_forward_plain_cache,
    "relu": relu_forward_plain_cache,
}
BUGS = {
    name: Backwards(name, {"conv2d": function})
    for name, function in {
        "half turn left out": conv2d_backward_unturned,
        "= in place of +=": conv2d_backward_overwritten,
        "padding cut one pixel late": conv2d_backward_cut_late,
        "window read from its end": conv2d_backward_patch_turned,
        "divided by the batch twice": conv2d_backward_mean_twice,
    }.items()
}
SOUND = Backwards("sound", {})


def own(relu_backward=None, maxpool2d_backward=None, conv2d_backward=None, linear_backward=None):
    """Backward functions to be put into layers in the library's place; None leaves the library's.

    Parameters
    ----------
    relu_backward : callable, optional
        ``relu_backward(dy, x) -> dx``.
    maxpool2d_backward : callable, optional
        ``maxpool2d_backward(dy, (x, kernel_size, stride)) -> dx``.
    conv2d_backward : callable, optional
        ``conv2d_backward(dy, (x, w, b, stride, padding)) -> dx, dw, db``.
    linear_backward : callable, optional
        ``linear_backward(dy, x, w) -> dx, dw, db``.

    Examples
    --------
    >>> mine = own(relu_backward=lambda dy, x: dy * (x > 0))
    >>> list(mine.functions)
    ['relu']
    """
    linear = linear_backward and (lambda dy, cache: linear_backward(dy, *cache))
    given = {"relu": relu_backward, "maxpool2d": maxpool2d_backward, "conv2d": conv2d_backward}
    given["linear"] = linear
    return Backwards("your own", {kind: f for kind, f in given.items() if f is not None})


def _plain(pair):
    """A whole number for a square pair, which is easier to calculate with."""
    return pair[0] if np.ndim(pair) and pair[0] == pair[1] else pair


def layer_of(kind, bug, rng, dtype=np.float64):
    """A small layer of a kind with a fault in it, and an input for it: what a gradient check needs.

    Examples
    --------
    >>> layer, x = layer_of("conv2d", BUGS["half turn left out"], np.random.default_rng(0))
    >>> layer.forward(x).shape
    (2, 1, 6, 6)
    """
    functions = bug.into(kind)
    if kind == "conv2d":
        layer = Conv2d(1, 1, 3, padding=1, rng=rng, dtype=dtype, **functions)
        layer.params["bias"][:] = 0.5
        return layer, rng.normal(size=(2, 1, 6, 6)).astype(dtype)
    if kind == "maxpool2d":
        return MaxPool2d(2, **functions), rng.permutation(36).reshape(1, 1, 6, 6).astype(dtype)
    if kind == "relu":
        x = rng.uniform(0.2, 1, (1, 1, 6, 6)) * rng.choice([-1, 1], (1, 1, 6, 6))
        return ReLU(**functions), x.astype(dtype)
    raise ValueError(f"kind must be 'conv2d', 'maxpool2d' or 'relu', got {kind!r}")


def network_with(bug, rng, make_model=small_cnn):
    """A network, untrained, with a fault in every layer of its kind; by default the small one for digits.

    Examples
    --------
    >>> network_with(SOUND, np.random.default_rng(0)).num_parameters
    1898
    """
    model = make_model(rng)
    for layer in model:
        functions = bug.into(type(layer).__name__.lower())
        if functions:
            layer.forward_function = functions["forward"]
            layer.backward_function = functions["backward"]
    return model


def learning_curve(bug, x, y, lr=0.1, steps=200, batch_size=32, seed=0, make_model=small_cnn):
    """Train the network with a fault by SGD, from the same weights on the same batches.

    Parameters
    ----------
    bug : Backwards
    x, y : arrays
        Images and labels.
    lr : float
        Learning rate.
    steps, batch_size, seed : int
    make_model : callable
        ``make_model(rng) -> Sequential``, for images of this size.

    Returns
    -------
    losses : array (steps,)
        Of each batch before the step; NaN or infinite once it has diverged.
    model : Sequential
        After the last step.
    """
    rng = np.random.default_rng(seed)
    model, losses = network_with(bug, rng, make_model), np.full(steps, np.nan)
    epochs = -(-steps * batch_size // len(x)) + 1
    run = train(model, CrossEntropyLoss(), SGD(lr), x, y, batch_size=batch_size, epochs=epochs, rng=rng)
    with np.errstate(all="ignore"):
        for step, record in zip(range(steps), run, strict=False):
            losses[step] = record.loss
            if not np.isfinite(record.loss):
                break
    return losses, model


@lru_cache(maxsize=64)
def curve_on_mnist(name, lr):
    """Losses of the first 100 steps on MNIST's sample with a fault of a name, or sound: computed once.

    >>> curve_on_mnist("sound", 0.1).shape
    (100,)
    """
    mnist, bug = load_mnist_sample(), BUGS.get(name, SOUND)
    losses, _ = learning_curve(bug, mnist.x_train, mnist.y_train, lr, 100, make_model=mnist_cnn)
    losses.flags.writeable = False  # it is handed out again
    return losses
