"""Which layers the fast network knows, and what of them its programs are built upon."""

from cnnlib.nn import functional as F
from cnnlib.nn.layers import (
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    Flatten,
    LayerNorm,
    Linear,
    MaxPool2d,
    ReLU,
    Residual,
    Sigmoid,
    Tanh,
)

# Of each class of layers: its functions, where it could have others; and its sizes
KINDS = {
    Conv2d: ((F.conv2d_forward, F.conv2d_backward), ("kernel_size", "stride", "padding", "dilation")),
    ConvTranspose2d: (
        (F.conv_transpose2d_forward, F.conv_transpose2d_backward),
        ("kernel_size", "stride", "padding"),
    ),
    Linear: ((F.linear_forward, F.linear_backward), ()),
    MaxPool2d: (MaxPool2d.pair, ("kernel_size", "stride")),
    AvgPool2d: (AvgPool2d.pair, ("kernel_size", "stride")),
    **{kind: (kind.pair, ()) for kind in (ReLU, Tanh, Sigmoid, Flatten)},
    Dropout: (None, ()),
    BatchNorm2d: (None, ()),
    LayerNorm: (None, ("normalized_shape",)),
    Residual: (None, ()),
}
MULTIPLIERS = frozenset((Conv2d, ConvTranspose2d, Linear))


class Unsupported(Exception):
    """This network, or this input, is for the readable passes."""


def signature(layers, dtype):
    """Everything about the layers that a program is built upon; raises `Unsupported` for others."""
    found, multiplies, rest = [], False, list(layers)
    while rest:
        layer = rest.pop()
        kind, state = type(layer), layer.__dict__
        if kind not in KINDS:
            raise Unsupported(f"a layer of class {kind.__name__}")
        pair, sizes = KINDS[kind]
        if pair is not None and (state["forward_function"], state["backward_function"]) != pair:
            raise Unsupported("functions other than the library's")
        if "forward" in state or "backward" in state or "_forward" in state or "_backward" in state:
            raise Unsupported("a layer whose methods were replaced")
        found.append(id(layer))
        for name in sizes:
            found.append(state[name])
        multiplies = multiplies or kind in MULTIPLIERS
        if kind is Residual:
            found += len(layer.layers), len(layer.shortcut)
            rest += layer.layers + layer.shortcut
            continue
        for name, value in state["params"].items():
            if value.dtype != dtype:
                raise Unsupported("weights and inputs of different precision")
            found += name, value.shape
    if not multiplies:
        raise Unsupported("nothing to gain without a product: copying into buffers would cost more")
    return tuple(found)
