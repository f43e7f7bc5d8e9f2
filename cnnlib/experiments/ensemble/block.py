"""A block of an ensemble: some neighbouring copies, with the layers that work on all of them at once."""

import itertools

import numpy as np

from cnnlib.experiments.ensemble import layers


class Block:
    """Some neighbouring copies and the layers that work on them; weights are views into the ensemble's."""

    def __init__(self, ensemble, where):
        self.where, self.size = where, where.stop - where.start
        self.params = {name: value[where] for name, value in ensemble.params.items()}
        self.layers = []
        for i, layer in enumerate(ensemble._template.layers):
            own = {name: self.params[f"{i}.{name}"] for name in layer.params}
            self.layers.append(layers.KINDS[type(layer)](layer, own))
        self._places = {id(layer): i for i, layer in enumerate(self.layers)}
        next(layer for layer in self.layers if layer.params).first = True
        self._join()

    def _join(self):
        """Let a ReLU go with the pooling behind it, and a first convolution order its pixels for it."""
        for a, b in itertools.pairwise(list(self.layers)):
            if type(a) is layers.ReLU and type(b) is layers.MaxPool2d:
                self.layers.remove(a)
                b.relu = True
        for a, b in itertools.pairwise(self.layers):
            apart = type(b) is layers.MaxPool2d and b.layer.kernel_size == b.layer.stride
            # the dx of a first layer, for which the order matters, is not needed
            if apart and type(a) is layers.Conv2d and a.first:
                a.window = b.layer.kernel_size

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def gradients(self, x, y):
        loss, accuracy, dy = cross_entropy(self.forward(x), y)
        for layer in reversed(self.layers):
            dy = layer.backward(dy)
            if getattr(layer, "first", False):
                break
        grads = {
            f"{self._places[id(layer)]}.{name}": grad
            for layer in self.layers
            for name, grad in layer.grads.items()
        }
        return loss, accuracy, grads

    def step(self, optimizer, lr, x, y):
        loss, accuracy, grads = self.gradients(x, y)
        optimizer.steps += 1
        for name, value in self.params.items():
            grad = grads[name]
            if optimizer.weight_decay:
                grad = grad + value.dtype.type(optimizer.weight_decay) * value
            state = optimizer.state.setdefault(name, {})
            for slot in optimizer.slots:
                state.setdefault(slot, np.zeros_like(value))
            shape = (-1,) + (1,) * (value.ndim - 1)
            optimizer.update(value, grad, state, lr[self.where].astype(value.dtype).reshape(shape))
        return loss, accuracy

    def set_aside(self, gone):
        """Put the weights of copies that have diverged to zero, after every step anew."""
        if gone.any():
            for value in self.params.values():
                value[gone] = 0


def cross_entropy(logits, y):
    """Mean loss, share of right guesses, and gradient by the logits (E, K, N), which are used up."""
    n = np.arange(len(y))
    accuracy = (logits.argmax(axis=1) == y).mean(axis=1)
    logits -= logits.max(axis=1, keepdims=True)
    right = logits[:, y, n]
    p = np.exp(logits, out=logits)
    total = p.sum(axis=1, keepdims=True)
    loss = (np.log(total[:, 0]) - right).mean(axis=1)
    p /= total
    p[:, y, n] -= 1
    p /= len(y)
    return loss, accuracy, p
