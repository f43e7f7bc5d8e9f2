"""ONNX: the trained network as one file that other programs run (browsers, phones, other languages).

The file is written with the package ``onnx``, which is loaded only here: ``pip install onnx``.
"""

import os
from pathlib import Path

import numpy as np

from cnnlib.nn import layers as layer_classes
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

OPSET, FORMAT = 17, 8  # of 2022: read by every program of the last years
PLAIN = {ReLU: "Relu", Tanh: "Tanh", Sigmoid: "Sigmoid", Flatten: "Flatten"}


def to_onnx(model, path, input_shape):
    """Write a network to an ``.onnx`` file, for inference: Dropout is left out, the batch size is free.

    Parameters
    ----------
    model : Sequential
        Made of the layers of `cnnlib.nn.layers`.
    path : str or path
        Where to; a file that is there is replaced in one go.
    input_shape : tuple of int
        Shape of one sample, such as (1, 28, 28).

    Raises
    ------
    ImportError
        If the package ``onnx`` is not installed.
    TypeError
        If a layer has no counterpart.
    """
    try:
        import onnx
        from onnx import helper
    except ImportError as error:
        raise ImportError(
            "to_onnx needs the package onnx, which is not installed: pip install onnx"
        ) from error
    nodes, arrays = [], {}
    last = _append(helper.make_node, model.layers, "", "images", nodes, arrays)
    dtype = next((value.dtype for _, value, _ in model.parameters()), np.dtype(np.float32))
    kind = helper.np_dtype_to_tensor_dtype(dtype)
    outputs = model.infer(np.zeros((1, *input_shape), dtype))
    graph = helper.make_graph(
        [*nodes, helper.make_node("Identity", [last], ["logits"])],
        "cnnlib",
        [helper.make_tensor_value_info("images", kind, ["N", *input_shape])],
        [helper.make_tensor_value_info("logits", kind, ["N", *outputs.shape[1:]])],
        [onnx.numpy_helper.from_array(np.array(array, order="C"), name) for name, array in arrays.items()],
    )
    whole = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=FORMAT, producer_name="cnnlib"
    )
    onnx.checker.check_model(whole, full_check=True)
    beside = Path(path).with_name(f"{Path(path).name}.{os.getpid()}.part")
    beside.write_bytes(whole.SerializeToString())
    os.replace(beside, path)


def _append(make_node, layers, prefix, last, nodes, arrays, first=0):
    """Append the nodes and arrays of some layers, numbered from `first`; return the name of their output."""
    for i, layer in enumerate(layers, start=first):
        name = f"{prefix}{i}"
        if isinstance(layer, Dropout):
            continue
        if isinstance(layer, Residual):
            y = _append(make_node, layer.layers, f"{name}.", last, nodes, arrays)
            past = _append(make_node, layer.shortcut, f"{name}.", last, nodes, arrays, len(layer.layers))
            operator, inputs, options = "Add", [y, past], {}
        else:
            operator, named, options = _operator(name, layer)
            named = {key: array for key, array in named.items() if array is not None}
            arrays |= named
            inputs = [last, *named]
        last = f"{name}.output"
        nodes.append(make_node(operator, inputs, [last], name=f"{name}.{operator}", **options))
    return last


def _operator(prefix, layer):
    """Name the ONNX operator of a layer, its arrays in the operator's order, and its options."""
    arrays = {f"{prefix}.{name}": layer.params.get(name) for name in ("weight", "bias")}
    match layer:
        case Conv2d():
            pads = [*layer.padding, *layer.padding]
            return (
                "Conv",
                arrays,
                {
                    "kernel_shape": layer.kernel_size,
                    "strides": layer.stride,
                    "pads": pads,
                    "dilations": layer.dilation,
                },
            )
        case ConvTranspose2d():
            pads = [*layer.padding, *layer.padding]
            options = {"kernel_shape": layer.kernel_size, "strides": layer.stride, "pads": pads}
            return "ConvTranspose", arrays, options
        case LayerNorm():
            return "LayerNormalization", arrays, {"axis": 1, "epsilon": layer.eps}
        case Linear():
            return "Gemm", arrays, {}
        case BatchNorm2d():
            arrays |= {f"{prefix}.{name}": layer.buffers[name] for name in ("running_mean", "running_var")}
            return "BatchNormalization", arrays, {"epsilon": layer.eps}
        case MaxPool2d() | AvgPool2d():
            operator = "MaxPool" if isinstance(layer, MaxPool2d) else "AveragePool"
            return operator, {}, {"kernel_shape": layer.kernel_size, "strides": layer.stride}
        case _ if type(layer) in PLAIN:
            return PLAIN[type(layer)], {}, {}
    raise TypeError(f"model must be made of {', '.join(layer_classes.__all__)}, got {layer!r}")
