"""Second derivatives of a network's loss: the Hessian times a vector.

The Hessian, the matrix of all second derivatives, has the square of the number of weights as its size and is
never made. Its product with a direction v is the rate at which the gradient changes when the weights move
along v. It is found exactly by one more pass: every number of the forward and backward pass gets a
companion, its derivative along v, here called its tangent. Source: Pearlmutter, "Fast exact multiplication by
the Hessian", Neural Computation 6, 1994.

Differences of two gradients would need no such pass, but fail exactly where a network starts: with biases of
zero, a window of black pixels puts a ReLU on its kink, and the smallest step switches it.
"""

import numpy as np

from cnnlib.nn import functional as F
from cnnlib.nn import layers
from cnnlib.nn.losses import CrossEntropyLoss, HalfSquaredError


class Hessian:
    """The Hessian of the mean loss over a data set, at a network's present weights.

    Where a ReLU or a maximum sits on its kink, its slope is that which the backward pass uses; the sides
    taken by all of them are held fixed, as they are almost everywhere in an infinitely small step.

    Parameters
    ----------
    model : Sequential
        Of Conv2d, Linear, ReLU, Tanh, Flatten and MaxPool2d without overlap. It is copied.
    loss : CrossEntropyLoss or HalfSquaredError
    x, y : arrays
        All of `x` goes through the network at once.

    Attributes
    ----------
    size : int
        Number of weights.

    Examples
    --------
    >>> from cnnlib.nn.layers import Linear
    >>> from cnnlib.fast import Sequential
    >>> model = Sequential([Linear(1, 1, bias=False, rng=0, dtype=np.float64)])
    >>> x = np.array([[1.0], [3.0]])  # E = ((w - y0)**2 + (3 w - y1)**2) / 4: curvature (1 + 9) / 2
    >>> Hessian(model, HalfSquaredError(), x, np.zeros((2, 1))).product(np.ones(1))
    array([5.])
    """

    def __init__(self, model, loss, x, y):
        model = model.copy()
        for i, layer in enumerate(model.layers):
            if type(layer) not in _RULES:
                known = ", ".join(kind.__name__ for kind in _RULES)
                raise TypeError(f"model must be made of {known}, got {layer!r} at place {i}")
        if type(loss) not in _LOSS_TANGENTS:
            raise TypeError(f"loss must be a CrossEntropyLoss or a HalfSquaredError, got {loss!r}")
        self.size = model.num_parameters
        self.dtype = model.parameters()[0].value.dtype
        values = [np.asarray(x)]
        for layer in model.layers:
            values.append(layer.forward(values[-1]))
        self.loss = loss.forward(values[-1], y)
        self._outputs, self._loss_tangent = values[-1], _LOSS_TANGENTS[type(loss)]
        self._rules, dy = [], loss.backward()
        for layer, before, after in zip(model.layers[::-1], values[-2::-1], values[:0:-1], strict=True):
            self._rules.insert(0, _RULES[type(layer)](layer, before, after, dy))
            dy = layer.backward(dy)
        self.gradient = np.concatenate([grad.ravel() for _, _, grad in model.parameters()])

    def product(self, v):
        """The Hessian times `v`.

        Parameters
        ----------
        v : array, shape (weights,)
            A direction, in the order of ``model.parameters()``.

        Returns
        -------
        array, shape (weights,)
        """
        v = np.asarray(v, self.dtype)
        if v.shape != (self.size,):
            raise ValueError(f"v must have shape ({self.size},), got {v.shape}")
        tangent, start = None, 0
        for rule in self._rules:
            direction = {}
            for name, value in rule.layer.params.items():
                direction[name] = v[start : start + value.size].reshape(value.shape)
                start += value.size
            tangent = rule.forwards(tangent, direction)
        tangent, parts = self._loss_tangent(self._outputs, tangent), []
        for rule in reversed(self._rules):
            tangent, of_grads = rule.backwards(tangent)
            parts = [of_grads[name].ravel() for name in rule.layer.params] + parts
        return np.concatenate(parts)


class _Rule:
    """What one layer does to tangents; x and y are its input and output, dy the gradient by y.

    A tangent of None stands for zero: nothing before the first weights depends on any weight.
    """

    def __init__(self, layer, x, y, dy):
        self.layer, self.x, self.y, self.dy = layer, x, y, dy


class _Bilinear(_Rule):
    """Conv2d and Linear: linear in x and in the weights, so a product rule with two terms each way."""

    def __init__(self, layer, x, y, dy):
        super().__init__(layer, x, y, dy)
        self._cache = self._forward(x, layer.params["weight"])[1]

    def _forward(self, x, weight, bias=None):
        if isinstance(self.layer, layers.Linear):
            return F.linear_forward(x, weight, bias)
        return F.conv2d_forward(x, weight, bias, self.layer.stride, self.layer.padding, self.layer.dilation)

    def _backward(self, dy, cache):
        linear = isinstance(self.layer, layers.Linear)
        return (F.linear_backward if linear else F.conv2d_backward)(dy, cache)

    def forwards(self, tangent, direction):
        y, self._turned = self._forward(self.x, direction["weight"], direction.get("bias"))
        self._moved = None
        if tangent is not None:
            more, self._moved = self._forward(tangent, self.layer.params["weight"])
            y = y + more
        return y

    def backwards(self, tangent):
        dx, dw, _ = self._backward(tangent, self._cache)
        if self._moved is None:
            dx = None
        else:
            dx = dx + self._backward(self.dy, self._turned)[0]
            dw = dw + self._backward(self.dy, self._moved)[1]
        axes = 0 if tangent.ndim == 2 else (0, 2, 3)
        return dx, {"weight": dw, "bias": tangent.sum(axis=axes)}


class _ReLU(_Rule):
    def forwards(self, tangent, direction):
        return None if tangent is None else F.relu_backward(tangent, self.y)

    def backwards(self, tangent):
        return None if tangent is None else F.relu_backward(tangent, self.y), {}


class _Tanh(_Rule):
    """The slope 1 - y**2 changes too, by ``-2 y`` times the tangent of y."""

    def forwards(self, tangent, direction):
        self._moved = None if tangent is None else (1 - self.y**2) * tangent
        return self._moved

    def backwards(self, tangent):
        if tangent is None or self._moved is None:
            return None, {}
        return (1 - self.y**2) * tangent - 2 * self.y * self._moved * self.dy, {}


class _Flatten(_Rule):
    def forwards(self, tangent, direction):
        return None if tangent is None else F.flatten_forward(tangent)[0]

    def backwards(self, tangent):
        return None if tangent is None else tangent.reshape(self.x.shape), {}


class _MaxPool2d(_Rule):
    """The winner of each window hands its tangent on; one window holds each pixel, so a mask will do."""

    def __init__(self, layer, x, y, dy):
        super().__init__(layer, x, y, dy)
        if any(s < k for s, k in zip(layer.stride, layer.kernel_size, strict=True)):
            raise TypeError(f"model must pool without overlap, got {layer!r}")
        self._winners = self._spread(np.ones_like(y))

    def _spread(self, dy):
        return F.maxpool2d_backward(dy, F.maxpool2d_forward(self.x, *self._window)[1])

    @property
    def _window(self):
        return self.layer.kernel_size, self.layer.stride

    def forwards(self, tangent, direction):
        if tangent is None:
            return None
        kh, kw = self.layer.kernel_size
        return F.avgpool2d_forward(tangent * self._winners, *self._window)[0] * (kh * kw)

    def backwards(self, tangent):
        return None if tangent is None else self._spread(tangent), {}


def _cross_entropy_tangent(outputs, tangent):
    """Tangent of ``(softmax(outputs) - one_hot) / N``."""
    p = F.softmax(outputs)
    return p * (tangent - (p * tangent).sum(axis=1, keepdims=True)) / len(outputs)


def _squared_error_tangent(outputs, tangent):
    """Tangent of ``(outputs - targets) / N``."""
    return tangent / len(outputs)


_RULES = {
    layers.Conv2d: _Bilinear,
    layers.Linear: _Bilinear,
    layers.ReLU: _ReLU,
    layers.Tanh: _Tanh,
    layers.Flatten: _Flatten,
    layers.MaxPool2d: _MaxPool2d,
}
_LOSS_TANGENTS = {CrossEntropyLoss: _cross_entropy_tangent, HalfSquaredError: _squared_error_tangent}
