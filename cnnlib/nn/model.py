"""Sequential: a list of layers, run forwards one after the other and backwards in the reverse order."""

import copy

import numpy as np

from cnnlib.nn.arguments import count
from cnnlib.nn.functional import softmax
from cnnlib.nn.layers import Layer
from cnnlib.nn.optim import Parameter


class Sequential:
    """A network in which each layer's output is the next one's input.

    Parameters
    ----------
    layers : list of Layer
        From input to output. Each layer object may stand in the list once, because a layer remembers
        one forward at a time.

    Examples
    --------
    >>> from cnnlib.nn.layers import Linear, ReLU
    >>> model = Sequential([Linear(64, 16, rng=0), ReLU(), Linear(16, 10, rng=1)])
    >>> model.forward(np.zeros((5, 64), np.float32)).shape, model.num_parameters
    ((5, 10), 1210)
    """

    def __init__(self, layers):
        self.layers = list(layers)
        self._memories = None  # what each layer remembered at the end of this network's last forward
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
        x = np.array(x)  # a copy: the gradients stay right when the batch is overwritten before backward
        for layer in self.layers:
            x = layer.forward(x, training=training)
        self._memories = [layer.memory for layer in self.layers]
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

        Raises
        ------
        RuntimeError
            If there was no `forward`, or if since then the list of layers has changed or one of them has
            been run forwards by itself: its gradients would be those of another batch.
        ValueError
            If the shape of `dy` is not that of the last outputs.
        """
        self._check_memories()
        first, *others = self.layers
        for layer in reversed(others):
            dy = layer.backward(dy)
        if input_gradient:
            return first.backward(dy)
        getattr(first, "backward_weights", first.backward)(dy)
        return None

    def _check_memories(self):
        """Refuse a backward that would not be that of this network's last forward."""
        if self._memories is None:
            raise RuntimeError("Sequential.backward: call forward(x) first")
        if [layer.memory for layer in self.layers] != self._memories:
            raise RuntimeError(
                "Sequential.backward: layers were exchanged, or run by themselves, since the last forward;"
                " call forward(x) of the network again"
            )

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

    def infer(self, x):
        """Return the outputs (logits) for a batch outside training; nothing is remembered or forgotten."""
        for layer in self.layers:
            x = layer.infer(x)
        return x

    def predict_proba(self, x, batch_size=500):
        """Return the softmax of the outputs, shape (N, K), computed in batches outside training."""
        return softmax(self._infer_in_batches(x, batch_size))

    def predict(self, x, batch_size=500):
        """Return the label with the largest output for each sample, shape (N,), int."""
        return self._infer_in_batches(x, batch_size).argmax(axis=1)

    def _infer_in_batches(self, x, batch_size):
        starts = range(0, max(len(x), 1), count("batch_size", batch_size))
        return np.concatenate([self.infer(x[i : i + batch_size]) for i in starts])

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
        for layer in self.layers:
            x = layer.infer(x)
            size = sum(value.size for value in layer.params.values())
            lines.append(f"{type(layer).__name__:<14}{x.shape[1:]!s:<20}{size:>10,}")
        return "\n".join([*lines, f"{'total':<34}{self.num_parameters:>10,}"])

    def __getstate__(self):
        """What copies and pickles hold: everything but what the last forward left behind."""
        return {**vars(self), "_memories": None}

    def __iter__(self):
        return iter(self.layers)

    def __len__(self):
        return len(self.layers)

    def __getitem__(self, i):
        return self.layers[i]

    def __repr__(self):
        return "Sequential([\n" + "".join(f"    {layer!r},\n" for layer in self.layers) + "])"
