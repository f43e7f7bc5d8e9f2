"""The same layers a second way: functions that return their own backward.

A layer is a function ``layer(x) -> y, backward``; the function ``backward(dy) -> dx, grads`` remembers what
it needs by closing over it. There are no classes, and the only thing kept is the ``backward`` itself: two
passes at once do not disturb each other. `chain` of layers is again a layer.

The mathematics is that of `cnnlib.nn.functional`, so the numbers equal those of the layers to the bit. The
design is that of the library thinc (https://thinc.ai), told in small.

>>> import numpy as np
>>> network = chain(linear(np.full((2, 3), 0.5), np.zeros(3)), relu, linear(np.ones((3, 1)), np.zeros(1)))
>>> y, backward = network(np.array([[1.0, 2.0]]))
>>> y
array([[4.5]])
>>> dx, grads = backward(np.ones((1, 1)))
>>> dx, [grad.shape for grad in grads]
(array([[1.5, 1.5]]), [(2, 3), (3,), (3, 1), (1,)])
"""

from cnnlib.nn import functional as F


def chain(*layers):
    """Put layers one behind the other; the backward replays their backwards in the reverse order."""

    def layer(x):
        steps = []
        for part in layers:
            x, step = part(x)
            steps.append(step)

        def backward(dy):
            grads = []
            for step in reversed(steps):
                dy, its_grads = step(dy)
                grads = its_grads + grads
            return dy, grads

        return x, backward

    return layer


def conv2d(weight, bias, stride=1, padding=0):
    """A convolution with the given weights; gradients in the order weight, bias."""

    def layer(x):
        y, cache = F.conv2d_forward(x, weight, bias, stride, padding)

        def backward(dy):
            dx, dw, db = F.conv2d_backward(dy, cache)
            return dx, [dw, db]

        return y, backward

    return layer


def linear(weight, bias):
    """A linear layer ``x @ weight + bias``; gradients in the order weight, bias."""

    def layer(x):
        y, cache = F.linear_forward(x, weight, bias)

        def backward(dy):
            dx, dw, db = F.linear_backward(dy, cache)
            return dx, [dw, db]

        return y, backward

    return layer


def relu(x):
    """``max(x, 0)``."""
    y, cache = F.relu_forward(x)
    return y, lambda dy: (F.relu_backward(dy, cache), [])


def maxpool2d(kernel_size):
    """The largest value of each window."""

    def layer(x):
        y, cache = F.maxpool2d_forward(x, kernel_size)
        return y, lambda dy: (F.maxpool2d_backward(dy, cache), [])

    return layer


def flatten(x):
    """``(N, C, H, W)`` to ``(N, C*H*W)``."""
    y, cache = F.flatten_forward(x)
    return y, lambda dy: (F.flatten_backward(dy, cache), [])
