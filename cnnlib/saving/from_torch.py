"""From PyTorch: a network trained there, as a `Sequential` of the course's layers with the same weights.

Taken are `torch.nn.Sequential`, nested too, and the layers that the course has, as long as they do what the
course's do. What cannot be taken is named, with its place. PyTorch itself is only needed to have such a
network: nothing of it is loaded here.
"""

import numpy as np

from cnnlib.fast import Sequential
from cnnlib.nn import layers as layer_classes

WITHOUT_OPTIONS = ("ReLU", "Tanh", "Sigmoid")


def from_torch(module):
    """Make the same network here, with copies of the weights.

    Parameters
    ----------
    module : torch.nn.Sequential
        Of Conv2d, Linear, MaxPool2d, AvgPool2d, BatchNorm2d, ReLU, Tanh, Sigmoid, Flatten, Dropout and
        Identity, in float32 or float64, on any device. It is not changed.

    Returns
    -------
    Sequential

    Raises
    ------
    TypeError
        If it is no `torch.nn.Sequential`, or holds a layer that the course does not have.
    ValueError
        If a layer has an option that the course's does not have, such as groups or dilation.
    """
    if not _is(module, "Sequential"):
        raise TypeError(
            f"module: got {type(module).__name__}, expected a torch.nn.Sequential; of a network with"
            " a forward() of its own only you know the order of the layers: put them into one"
        )
    layers = [layer for place, child in _flat(module) if (layer := _layer(place, child)) is not None]
    if not layers:
        raise ValueError("module: holds no layers")
    return Sequential(layers)


def _is(module, name):
    """Whether `module` is PyTorch's own class of that name, and no subclass, which may do anything."""
    kind = type(module)
    return kind.__name__ == name and kind.__module__.startswith("torch.nn.modules.")


def _flat(module, prefix=""):
    """Yield place and layer of a Sequential, nested ones opened."""
    for name, child in module.named_children():
        if _is(child, "Sequential"):
            yield from _flat(child, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", child


def _layer(place, child):
    """Make the layer at a place; None for what does nothing."""
    kind = type(child).__name__
    makers = {
        "Conv2d": _conv2d,
        "Linear": _linear,
        "BatchNorm2d": _batch_norm,
        "MaxPool2d": _pool,
        "AvgPool2d": _pool,
        "Flatten": _flatten,
        "Dropout": lambda child, refuse: layer_classes.Dropout(child.p),
    }
    if not _is(child, kind) or kind not in (*makers, *WITHOUT_OPTIONS, "Identity"):
        raise TypeError(
            f"module: layer {place} is {kind}, which the course does not have; it has"
            f" {', '.join(sorted((*makers, *WITHOUT_OPTIONS)))}"
        )

    def refuse(**options):
        """Raise if the layer has an option of another value than the one given, the only one here."""
        for name, only in options.items():
            if getattr(child, name) not in (only, (only, only)):
                raise ValueError(
                    f"module: layer {place} is {kind} with {name}={getattr(child, name)!r}; the course's has"
                    f" {name}={only!r} alone"
                )

    if kind == "Identity":
        return None
    return getattr(layer_classes, kind)() if kind in WITHOUT_OPTIONS else makers[kind](child, refuse)


def _array(tensor):
    return None if tensor is None else tensor.detach().cpu().numpy().copy()


def _fill(layer, arrays):
    """Copy arrays into a layer's parameters and running averages by name."""
    for name, array in arrays.items():
        if array is not None:
            kept = layer.params if name in layer.params else layer.buffers
            kept[name][...] = array
    return layer


def _dtype(tensor):
    name = str(tensor.dtype).removeprefix("torch.")
    if name not in ("float32", "float64"):
        raise ValueError(
            f"module: weights are {name}, expected float32 or float64: call module.float() first"
        )
    return np.dtype(name)


def _conv2d(child, refuse):
    refuse(dilation=1, groups=1, padding_mode="zeros", transposed=False)
    padding = child.padding
    if isinstance(padding, str):
        sizes = child.kernel_size
        if padding == "same" and any(size % 2 == 0 for size in sizes):
            refuse(padding=0)
        padding = tuple(size // 2 for size in sizes) if padding == "same" else 0
    layer = layer_classes.Conv2d(
        child.in_channels,
        child.out_channels,
        child.kernel_size,
        stride=child.stride,
        padding=padding,
        bias=child.bias is not None,
        dtype=_dtype(child.weight),
    )
    return _fill(layer, {"weight": _array(child.weight), "bias": _array(child.bias)})


def _linear(child, refuse):
    layer = layer_classes.Linear(
        child.in_features, child.out_features, bias=child.bias is not None, dtype=_dtype(child.weight)
    )
    return _fill(layer, {"weight": _array(child.weight).T, "bias": _array(child.bias)})


def _batch_norm(child, refuse):
    refuse(affine=True, track_running_stats=True)
    if child.momentum is None:
        refuse(momentum=0.1)
    layer = layer_classes.BatchNorm2d(
        child.num_features, eps=child.eps, momentum=child.momentum, dtype=_dtype(child.weight)
    )
    names = ("weight", "bias", "running_mean", "running_var")
    return _fill(layer, {name: _array(getattr(child, name)) for name in names})


def _pool(child, refuse):
    refuse(padding=0, ceil_mode=False)
    if type(child).__name__ == "MaxPool2d":
        refuse(dilation=1, return_indices=False)
    else:
        refuse(divisor_override=None)
    return getattr(layer_classes, type(child).__name__)(child.kernel_size, stride=child.stride)


def _flatten(child, refuse):
    refuse(start_dim=1, end_dim=-1)
    return layer_classes.Flatten()
