"""Export: the weights in PyTorch's names and layouts, and the same network as a ``torch.nn.Sequential``.

Two things differ between the libraries. A linear layer here computes ``x @ W + b`` with W of shape (in, out),
PyTorch's computes ``x @ W.T + b`` with W of shape (out, in): W is transposed. And batch normalization counts
its batches there. Images, kernels and the order of pixels after Flatten are the same.

PyTorch is loaded only by `to_torch`; `state_dict` does without.
"""

import numpy as np

from cnnlib.nn import layers as layer_classes
from cnnlib.nn.layers import BatchNorm2d, Linear, Residual


def state_dict(model):
    """Return the trained arrays, named and laid out as in PyTorch's ``nn.Sequential`` of the same layers.

    Parameters
    ----------
    model : Sequential

    Returns
    -------
    dict of arrays
        Copies, by name: ``0.weight``, ``0.bias``, ...

    Examples
    --------
    >>> from cnnlib.networks import small_cnn
    >>> weights = state_dict(small_cnn(rng=0))
    >>> weights["7.weight"].shape  # (64, 10) in cnnlib
    (10, 64)
    """
    return _arrays(model.layers, "")


def _arrays(layers, prefix):
    """The arrays of some layers, named by their places after `prefix`."""
    arrays = {}
    for i, layer in enumerate(layers):
        if isinstance(layer, Residual):
            arrays |= _arrays([*layer.layers, *layer.shortcut], f"{prefix}{i}.")
            continue
        for name, value in {**layer.params, **layer.buffers}.items():
            turned = isinstance(layer, Linear) and name == "weight"
            arrays[f"{prefix}{i}.{name}"] = np.array(value.T if turned else value, order="C")
        if isinstance(layer, BatchNorm2d):
            arrays[f"{prefix}{i}.num_batches_tracked"] = np.array(0)
    return arrays


def to_torch(model):
    """Make the same network in PyTorch, with the same weights, set to inference (``eval``).

    Parameters
    ----------
    model : Sequential
        Made of the layers of `cnnlib.nn.layers`.

    Returns
    -------
    torch.nn.Sequential

    Raises
    ------
    ImportError
        If PyTorch is not installed.
    TypeError
        If a layer has no counterpart.
    """
    try:
        import torch
    except ImportError as error:
        raise ImportError("to_torch needs PyTorch, which is not installed: pip install torch") from error
    network = torch.nn.Sequential(*[_torch_layer(torch, layer) for layer in model.layers])
    network.load_state_dict({name: torch.from_numpy(array) for name, array in state_dict(model).items()})
    return network.eval()


def _torch_layer(torch, layer):
    """Make the PyTorch layer of the same kind and arguments, its weights not yet set."""
    name, options = type(layer).__name__, layer.config()
    if name not in layer_classes.__all__:
        raise TypeError(f"model must be made of the layers of cnnlib.nn.layers, got {layer!r}")
    if isinstance(layer, Residual):
        return _torch_residual(torch, layer)
    if "dtype" in options:
        options["dtype"] = getattr(torch, options["dtype"])
    return getattr(torch.nn, name)(**options)


def _torch_residual(torch, layer):
    """PyTorch has no such module: a Sequential of all inner layers, which goes through them as ours does."""

    class Residual(torch.nn.Sequential):
        def forward(self, x):
            y = past = x
            for i, inner in enumerate(self):
                if i < len(layer.layers):
                    y = inner(y)
                else:
                    past = inner(past)
            return y + past

    return Residual(*[_torch_layer(torch, inner) for inner in (*layer.layers, *layer.shortcut)])
