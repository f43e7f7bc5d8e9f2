"""Sequential: a list of layers, run forwards one after the other and backwards in the reverse order."""

import copy
import json

import numpy as np

from cnnlib import layers as layer_classes
from cnnlib import storage
from cnnlib.fast import Door, held
from cnnlib.functional import softmax
from cnnlib.layers import Conv2d, Layer, Linear
from cnnlib.optim import Parameter


class Sequential:
    """A network in which each layer's output is the next one's input.

    Parameters
    ----------
    layers : list of Layer
        From input to output. Each layer object may stand in the list once, because a layer remembers
        one forward at a time.
    fast : bool
        Let the network run on the kept buffers of `cnnlib.fast` wherever it can: the same numbers up to
        rounding, several times faster. A single layer's own ``backward`` then needs that layer's own
        ``forward`` before it. False always calls the layers one after the other.

    Examples
    --------
    >>> from cnnlib.layers import Linear, ReLU
    >>> model = Sequential([Linear(64, 16, rng=0), ReLU(), Linear(16, 10, rng=1)])
    >>> model.forward(np.zeros((5, 64), np.float32)).shape, model.num_parameters
    ((5, 10), 1210)
    """

    def __init__(self, layers, fast=True):
        self.layers = list(layers)
        self._door = Door() if fast else None
        if not self.layers:
            raise ValueError("layers must hold at least one layer, got an empty list")
        for i, layer in enumerate(self.layers):
            if not isinstance(layer, Layer):
                raise TypeError(f"layers must hold Layers alone, got {layer!r} at place {i}")
            if any(layer is other for other in self.layers[:i]):
                raise ValueError(
                    f"layers: {layer!r} stands twice (again at place {i}); a layer remembers one forward,"
                    " make a new one"
                )

    def forward(self, x, training=False):
        """Return the outputs (logits) for a batch `x`; ``training`` is handed to every layer."""
        y = self._door.forward(self.layers, x, training) if self._door else None
        if y is not None:
            return y
        with held(self.layers, x):
            for layer in self.layers:
                x = layer.forward(x, training=training)
        return x

    def backward(self, dy, input_gradient=True):
        """Fill every layer's ``grads`` after a `forward`; return the gradient by the input.

        Parameters
        ----------
        dy : array
            Gradient by the outputs, of their shape.
        input_gradient : bool
            Whether the gradient by the input is wanted; training has no use for it, and leaving it out
            (None is returned) saves time.
        """
        if self._door and self._door.last:
            return self._door.backward(self.layers, dy, input_gradient)
        first, *others = self.layers
        with held(self.layers, dy):
            for layer in reversed(others):
                dy = layer.backward(dy)
            if not input_gradient and type(first) in (Conv2d, Linear):
                return first.backward_weights(dy)
            dy = first.backward(dy)
        return dy if input_gradient else None

    def parameters(self):
        """List every weight array with its gradient (None before a backward), named ``0.weight``, ..."""
        return [
            Parameter(f"{i}.{name}", value, layer.grads.get(name))
            for i, layer in enumerate(self.layers)
            for name, value in layer.params.items()
        ]

    @property
    def num_parameters(self):
        """Number of trained values."""
        return sum(value.size for _, value, _ in self.parameters())

    def predict_proba(self, x, batch_size=500):
        """Return the softmax of the outputs, shape (N, K), computed in batches outside training."""
        return softmax(self._outputs(x, batch_size))

    def predict(self, x, batch_size=500):
        """Return the label with the largest output for each sample, shape (N,), int."""
        return self._outputs(x, batch_size).argmax(axis=1)

    def _outputs(self, x, batch_size):
        y = self._door.predict(self.layers, x) if self._door else None
        if y is not None:
            return y
        parts = [self.forward(x[i : i + batch_size]) for i in range(0, max(len(x), 1), batch_size)]
        return np.concatenate(parts)

    def copy(self):
        """Return an independent copy: to probe a network without touching what it remembers."""
        return copy.deepcopy(self)

    def arrays(self):
        """Return every array that makes up the trained network, by name: weights and running averages."""
        return {
            f"{i}.{name}": value
            for i, layer in enumerate(self.layers)
            for name, value in {**layer.params, **layer.buffers}.items()
        }

    def save(self, path):
        """Write the network to an ``.npz`` file: arrays by name, and the architecture as JSON. No pickle.

        Parameters
        ----------
        path : str or path
            Where to; ``.npz`` is not added.
        """
        names = [type(layer).__name__ for layer in self.layers]
        unknown = [name for name in names if name not in layer_classes.__all__]
        if unknown:
            raise ValueError(f"layers: cannot save {unknown}, expected the layers of cnnlib.layers")
        rows = [[name, layer.config()] for name, layer in zip(names, self.layers, strict=True)]
        storage.write(path, json.dumps(rows), self.arrays())

    def summary(self, input_shape):
        """Return a table of the layers: output shape for one sample, and number of parameters.

        Parameters
        ----------
        input_shape : tuple of int
            Shape of one sample, such as (1, 8, 8).
        """
        dtype = next((value.dtype for _, value, _ in self.parameters()), np.dtype(np.float32))
        x = np.zeros((1, *input_shape), dtype)
        lines = [
            f"{'layer':<14}{'output shape':<20}{'parameters':>10}",
            f"{'input':<14}{input_shape!s:<20}{0:>10,}",
        ]
        for layer in self.copy().layers:
            x = layer.forward(x)
            size = sum(value.size for value in layer.params.values())
            lines.append(f"{type(layer).__name__:<14}{x.shape[1:]!s:<20}{size:>10,}")
        return "\n".join([*lines, f"{'total':<34}{self.num_parameters:>10,}"])

    def __iter__(self):
        return iter(self.layers)

    def __len__(self):
        return len(self.layers)

    def __getitem__(self, i):
        return self.layers[i]

    def __repr__(self):
        return "Sequential([\n" + "".join(f"    {layer!r},\n" for layer in self.layers) + "])"


class _Load:
    """``Sequential.load(path)`` makes a network; ``model.load(path)`` fills one that is there."""

    def __get__(self, model, cls):
        def load(path):
            """Read a network that ``save`` wrote.

            On the class, ``Sequential.load(path)`` makes the network from the file. On a network,
            ``model.load(path)`` fills its arrays and returns it.

            Raises
            ------
            ValueError
                If the file holds no network, or one whose arrays differ from this network's in name or
                shape; then nothing is changed.
            """
            text, arrays = storage.read(path)
            target = cls(_build(text, arrays)) if model is None else model
            storage.fill(target.arrays(), arrays)
            return target

        return load


Sequential.load = _Load()


def _build(text, arrays):
    """Make the layers that the JSON `text` describes; weights come from the file, so none can be larger."""
    try:
        return [
            _layer(name, dict(config), arrays.get(f"{i}.weight"))
            for i, (name, config) in enumerate(json.loads(text))
        ]
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise ValueError(f"path: the file describes a network that cannot be built ({error!r})") from error


def _layer(name, config, weight):
    if name not in layer_classes.__all__ or name == "Layer":
        raise ValueError(f"unknown layer {name!r}")
    if name in ("Conv2d", "Linear"):
        config["init"] = lambda shape, rng: weight
    if name == "BatchNorm2d" and np.shape(weight) != (config["num_features"],):
        raise ValueError(f"{config} does not fit weights of shape {np.shape(weight)}")
    return getattr(layer_classes, name)(**config)
