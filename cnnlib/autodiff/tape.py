"""The same layers a third way: a tape that writes down what was computed, and plays it backwards.

A `Tensor` is an array that knows which tensors it was computed from, and how to hand a gradient on to them.
Any program that uses these functions, with loops and branches, leaves such a trace; ``backward`` walks it
from the end to the beginning. This is what PyTorch's autograd does, without its speed and its thousand
functions; Andrej Karpathy's micrograd tells the same story for single numbers.

The mathematics is that of `cnnlib.nn.functional`, so the numbers equal those of the layers to the bit.

>>> w, x, b, t = Tensor(1.5), Tensor(2.0), Tensor(-1.0), 0.5
>>> d = w * x + b - t
>>> error = d * d * 0.5
>>> error.backward()
>>> float(error.value), float(w.grad), float(x.grad)
(1.125, 3.0, 2.25)
"""

import numpy as np

from cnnlib.nn import functional as F
from cnnlib.nn.losses import CrossEntropyLoss


class Tensor:
    """A value, where it came from, and, after ``backward``, its gradient.

    Parameters
    ----------
    value : array or number
    parents : sequence of Tensor
        What it was computed from.
    pull : callable
        ``pull(gradient of this) -> gradients of the parents``, in their order.
    """

    def __init__(self, value, parents=(), pull=None):
        self.value, self.parents, self.pull = np.asarray(value), parents, pull
        self.grad = None

    def backward(self, gradient=1.0):
        """Give every tensor behind this one its gradient; one used twice gets the sum of both shares."""
        order = _parents_first(self)
        for tensor in order:
            tensor.grad = None
        self.grad = np.asarray(gradient)
        for tensor in reversed(order):
            if tensor.pull is not None:
                for parent, share in zip(tensor.parents, tensor.pull(tensor.grad), strict=True):
                    parent.grad = share if parent.grad is None else parent.grad + share

    def __add__(self, other):
        return Tensor(self.value + as_tensor(other).value, (self, as_tensor(other)), lambda g: (g, g))

    def __mul__(self, other):
        other = as_tensor(other)
        return Tensor(self.value * other.value, (self, other), lambda g: (g * other.value, g * self.value))

    def __sub__(self, other):
        return self + as_tensor(other) * -1.0


def as_tensor(value):
    """The value itself if it is a Tensor, else a Tensor that was computed from nothing."""
    return value if isinstance(value, Tensor) else Tensor(value)


def _parents_first(end):
    """Every tensor behind `end`, each after those it was computed from."""
    order, seen, stack = [], set(), [(end, False)]
    while stack:
        tensor, parents_done = stack.pop()
        if parents_done:
            order.append(tensor)
        elif id(tensor) not in seen:
            seen.add(id(tensor))
            stack.append((tensor, True))
            stack.extend((parent, False) for parent in tensor.parents)
    return order


def conv2d(x, weight, bias, stride=1, padding=0):
    """A convolution, written on the tape."""
    y, cache = F.conv2d_forward(x.value, weight.value, bias.value, stride, padding)
    return Tensor(y, (x, weight, bias), lambda dy: F.conv2d_backward(dy, cache))


def linear(x, weight, bias):
    """``x @ weight + bias``."""
    y, cache = F.linear_forward(x.value, weight.value, bias.value)
    return Tensor(y, (x, weight, bias), lambda dy: F.linear_backward(dy, cache))


def relu(x):
    """``max(x, 0)``."""
    y, cache = F.relu_forward(x.value)
    return Tensor(y, (x,), lambda dy: (F.relu_backward(dy, cache),))


def maxpool2d(x, kernel_size):
    """The largest value of each window."""
    y, cache = F.maxpool2d_forward(x.value, kernel_size)
    return Tensor(y, (x,), lambda dy: (F.maxpool2d_backward(dy, cache),))


def flatten(x):
    """``(N, C, H, W)`` to ``(N, C*H*W)``."""
    y, cache = F.flatten_forward(x.value)
    return Tensor(y, (x,), lambda dy: (F.flatten_backward(dy, cache),))


def cross_entropy(outputs, labels):
    """Mean cross-entropy of logits and integer labels; see `cnnlib.nn.losses.CrossEntropyLoss`."""
    loss = CrossEntropyLoss()
    value = loss.forward(outputs.value, labels)
    return Tensor(value, (outputs,), lambda g: (loss.backward() * g.astype(outputs.value.dtype),))
