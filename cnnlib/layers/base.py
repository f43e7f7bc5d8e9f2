"""What every layer is, and the checks of layers' arguments."""

import numpy as np


class Layer:
    """Common ground of the layers.

    A layer of one's own writes ``_forward(x, training) -> y, cache`` and ``_backward(dy, cache) -> dx``,
    puts its weights into ``params`` and, in ``_backward``, their gradients into ``grads``.
    """

    def __init__(self):
        self.params = {}
        self.grads = {}
        self.buffers = {}  # arrays that are saved with the weights but not trained
        self._remembered = None

    def forward(self, x, training=False):
        """Return the output for `x` and remember what ``backward`` needs.

        Parameters
        ----------
        x : array
            A batch; the first axis counts the samples.
        training : bool
            Whether layers that behave differently in training (Dropout, BatchNorm2d) do so.
        """
        y, cache = self._forward(x, training)
        self._remembered = y.shape, cache
        return y

    def backward(self, dy):
        """Return the gradient by the input of the last ``forward`` and fill ``grads``.

        Parameters
        ----------
        dy : array
            Gradient of the loss by the output, of the output's shape.

        Raises
        ------
        RuntimeError
            If there was no ``forward`` before.
        ValueError
            If the shape of `dy` is not that of the last output.
        """
        return self._backward(*self._recall(dy))

    def _recall(self, dy):
        """The gradient `dy`, if it fits the last ``forward``, and what that left behind."""
        if self._remembered is None:
            raise RuntimeError(
                f"{type(self).__name__}.backward: call forward(x) first, of this very layer if it stands in"
                " a Sequential with fast=True"
            )
        shape, cache = self._remembered
        if np.shape(dy) != shape:
            raise ValueError(
                f"dy must have shape {shape}, that of the last forward's output, got {np.shape(dy)}"
            )
        return dy, cache

    def config(self):
        """The arguments that make this layer again, as plain numbers and strings."""
        return {}

    def __repr__(self):
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.config().items())
        return f"{type(self).__name__}({arguments})"


def count(name, value):
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{name} must be a whole number of at least 1, got {value!r}")
    return int(value)
