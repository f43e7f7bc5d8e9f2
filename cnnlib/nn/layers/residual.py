"""Residual: some layers with a way past them."""

from collections.abc import MutableMapping

import numpy as np

from cnnlib.nn.layers.base import Layer


class Joined(MutableMapping):
    """The weights (or gradients, or buffers) of several layers as one dict, by ``place.name``; a view.

    >>> from cnnlib.nn.layers.activations import ReLU
    >>> layer = ReLU()
    >>> layer.params["scale"] = np.ones(1)
    >>> list(Joined([layer], "params"))
    ['0.scale']
    """

    def __init__(self, layers, kind):
        self._layers, self._kind = layers, kind

    def _find(self, name):
        place, _, own = name.partition(".")
        if not place.isdecimal() or int(place) >= len(self._layers) or not own:
            raise KeyError(name)
        return getattr(self._layers[int(place)], self._kind), own

    def __getitem__(self, name):
        values, own = self._find(name)
        return values[own]

    def __setitem__(self, name, value):
        values, own = self._find(name)
        values[own] = value

    def __delitem__(self, name):
        values, own = self._find(name)
        del values[own]

    def __iter__(self):
        for place, layer in enumerate(self._layers):
            for name in getattr(layer, self._kind):
                yield f"{place}.{name}"

    def __len__(self):
        return sum(1 for _ in self)


class Residual(Layer):
    """``y = x + f(x)``: some layers, and the input past them.

    The gradient goes both ways back and is added up, ``dx = dy + f.backward(dy)``: however small the second
    part becomes, the first arrives whole. Source: He, Zhang, Ren and Sun, "Deep residual learning for image
    recognition", 2016, arXiv:1512.03385.

    Parameters
    ----------
    layers : list of Layer
        f, from input to output; its output must have the shape of the input (or of the shortcut's output).
    shortcut : list of Layer, optional
        What the input goes through on its way past, such as a 1x1 convolution where f changes the number of
        channels. Nothing when not given.

    Examples
    --------
    >>> from cnnlib.nn.layers.weighted import Linear
    >>> layer = Residual([Linear(3, 3, init="zeros", rng=0)])
    >>> layer.forward(np.ones((1, 3), np.float32)), sorted(layer.params)
    (array([[1., 1., 1.]], dtype=float32), ['0.bias', '0.weight'])
    """

    def __init__(self, layers, shortcut=()):
        super().__init__()
        self.layers, self.shortcut = list(layers), list(shortcut)
        every = [*self.layers, *self.shortcut]
        if not self.layers:
            raise ValueError("layers must hold at least one layer, got an empty list")
        for name, given in (("layers", self.layers), ("shortcut", self.shortcut)):
            for layer in given:
                if not isinstance(layer, Layer):
                    raise TypeError(f"{name} must hold Layers alone, got {layer!r}")
        if len({id(layer) for layer in every}) < len(every):
            raise ValueError("layers and shortcut must hold each layer once, got one of them twice")
        self.params, self.grads, self.buffers = (
            Joined(every, kind) for kind in ("params", "grads", "buffers")
        )

    def _forward(self, x, training):
        y, caches = _through(self.layers, x, training)
        past, past_caches = _through(self.shortcut, np.asarray(x), training)
        if past.shape != y.shape:
            raise ValueError(
                f"layers must keep the shape {past.shape} of what goes past them, got an output of {y.shape}"
            )
        return y + past, (caches, past_caches)

    def _backward(self, dy, cache):
        return _back(self.layers, dy, cache[0]) + _back(self.shortcut, dy, cache[1])

    def walk(self):
        yield self
        for layer in (*self.layers, *self.shortcut):
            yield from layer.walk()

    def config(self):
        return {
            name: [[type(layer).__name__, layer.config()] for layer in layers]
            for name, layers in (("layers", self.layers), ("shortcut", self.shortcut))
            if layers
        }

    def __repr__(self):
        past = f", shortcut={self.shortcut!r}" if self.shortcut else ""
        return f"Residual({self.layers!r}{past})"


def _through(layers, x, training):
    """Run some layers one after the other; their output, and the cache of each."""
    caches = []
    for layer in layers:
        x, cache = layer._forward(x, training)
        caches.append(cache)
    return x, caches


def _back(layers, dy, caches):
    for layer, cache in zip(reversed(layers), reversed(caches), strict=True):
        dy = layer._backward(dy, cache)
    return dy
