"""A playground's network and data for use elsewhere: NumPy arrays, and a model of this package."""

import numpy as np

from cnnlib.fast import Sequential
from cnnlib.nn import layers
from cnnlib.playground.features import feature_rows


def to_arrays(playground):
    """Return data and network as plain arrays.

    Returns
    -------
    dict
        ``train`` and ``test`` of shape (n, 3) with columns x, y, label; ``weights_k`` of shape
        (destinations, sources) and ``biases_k`` for each layer k. ``np.savez(path, **arrays)`` keeps them.

    Examples
    --------
    >>> from cnnlib.playground import Playground
    >>> sorted(to_arrays(Playground(network_shape=[])))
    ['biases_0', 'test', 'train', 'weights_0']
    """
    arrays = {"train": playground.train.copy(), "test": playground.test.copy()}
    for k, (w, b) in enumerate(zip(playground.weights, playground.biases, strict=True)):
        arrays |= {f"weights_{k}": w, f"biases_{k}": b}
    return arrays


def model_inputs(playground, xy):
    """Return what the exported model takes for points `xy` (n, 2): their features, shape (n, features)."""
    return np.ascontiguousarray(feature_rows(playground.config.inputs, xy).T)


def to_sequential(playground):
    """Return the network as a ``cnnlib`` Sequential that gives the same outputs.

    It takes the features of the points, shape (n, features), in float64, and returns shape (n, 1);
    :func:`model_inputs` computes them.
    """
    activations = {"relu": layers.ReLU, "tanh": layers.Tanh, "sigmoid": layers.Sigmoid}
    stack = []
    for w, b, name in zip(playground.weights, playground.biases, playground.network.activations, strict=True):
        linear = layers.Linear(w.shape[1], w.shape[0], dtype=np.float64)
        linear.params["weight"][...] = w.T
        linear.params["bias"][...] = b
        stack.append(linear)
        if name in activations:
            stack.append(activations[name]())
    return Sequential(stack)
