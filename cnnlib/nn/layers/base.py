"""What every layer is."""

import numpy as np


class Memory:
    """What a layer keeps from a forward pass for the backward pass that follows.

    Attributes
    ----------
    shape : tuple of int
        Shape of the output: that of the gradient which ``backward`` expects.
    cache : object
        What the layer's ``_backward`` needs.
    """

    def __init__(self, shape, cache):
        self.shape, self.cache = shape, cache


class Layer:
    """The base class of the layers.

    A layer of one's own writes ``_forward(x, training) -> y, cache`` and ``_backward(dy, cache) -> dx``,
    puts its weights into ``params`` and, in ``_backward``, their gradients into ``grads``.

    Attributes
    ----------
    params, grads : dict of arrays
        The weights, and their gradients after a ``backward``, of equal names and shapes.
    buffers : dict of arrays
        What is saved with the weights but not trained, such as running averages.
    """

    def __init__(self):
        self.params = {}
        self.grads = {}
        self.buffers = {}
        self.memory = None

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
        self.memory = Memory(y.shape, cache)
        return y

    def infer(self, x):
        """Return the output for `x` outside training; remember nothing, and leave what is remembered."""
        if type(self).forward is not Layer.forward or "forward" in vars(self):
            return self.forward(x)  # a subclass that replaces the whole method
        return self._forward(x, False)[0]

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
        return self._backward(dy, self.recall(dy))

    def recall(self, dy):
        """Return the cache of the last ``forward``, if the gradient `dy` fits its output."""
        if self.memory is None:
            raise RuntimeError(f"{type(self).__name__}.backward: call forward(x) first")
        if np.shape(dy) != self.memory.shape:
            raise ValueError(
                f"dy must have shape {self.memory.shape}, that of the last forward's output,"
                f" got {np.shape(dy)}"
            )
        return self.memory.cache

    def walk(self):
        """Yield this layer and, if it is made of others, all of them too."""
        yield self

    def config(self):
        """The arguments that make this layer again, as plain numbers and strings."""
        return {}

    def __getstate__(self):
        """What copies and pickles hold: everything but what was remembered, which can be large."""
        return {**vars(self), "memory": None}

    def __repr__(self):
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.config().items())
        return f"{type(self).__name__}({arguments})"
