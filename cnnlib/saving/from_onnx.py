"""From ONNX: a file that another program wrote, as a `Sequential` of the course's layers.

The file is read with the package ``onnx``, which is loaded only here: ``pip install onnx``. Taken are graphs
that are one chain of the operators below; what cannot be taken is named.
"""

from pathlib import Path

import numpy as np

from cnnlib.fast import Sequential
from cnnlib.nn import layers as layer_classes

PLAIN = {"Relu": "ReLU", "Tanh": "Tanh", "Sigmoid": "Sigmoid"}
MOST_BYTES = 2**28  # of a file


def from_onnx(path):
    """Make the network that an ``.onnx`` file describes.

    Parameters
    ----------
    path : str or path
        A file with one chain of Conv, Gemm, MatMul, Add (of a bias), BatchNormalization, MaxPool,
        AveragePool, Relu, Tanh, Sigmoid, Flatten, Reshape (to vectors),
        Dropout, Identity, and Softmax at the end (left out: the course's networks end in logits).

    Returns
    -------
    Sequential

    Raises
    ------
    ImportError
        If the package ``onnx`` is not installed.
    FileNotFoundError
        If there is no such file.
    TypeError
        If the graph holds an operator, or is of a form, that the course does not have.
    ValueError
        If the file is no ONNX file, is damaged, or an operator has an option that the course's does not have.
    """
    try:
        import onnx
    except ImportError as error:
        raise ImportError(
            "from_onnx needs the package onnx, which is not installed: pip install onnx"
        ) from error
    path = Path(path)
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"{path.name}: is larger than {MOST_BYTES:,} bytes")
    try:
        whole = onnx.load_from_string(path.read_bytes())
        arrays = {array.name: onnx.numpy_helper.to_array(array) for array in whole.graph.initializer}
    except Exception as error:  # whatever the parser of damaged bytes raises
        raise ValueError(
            f"{path.name}: is no ONNX file with its weights in it, or damaged ({error})"
        ) from error
    return Sequential(_Chain(whole.graph, arrays, path.name, onnx.helper.get_attribute_value).layers())


class _Chain:
    """The nodes of a graph one after the other, each made into a layer."""

    def __init__(self, graph, arrays, name, value_of):
        self.arrays, self.name = arrays, name
        for node in graph.node:  # constants may stand among the nodes
            if node.op_type == "Constant" and node.attribute and node.attribute[0].name == "value":
                from onnx import numpy_helper

                arrays[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
        self.nodes = [node for node in graph.node if node.op_type != "Constant"]
        inputs = [given.name for given in graph.input if given.name not in arrays]
        if len(inputs) != 1 or not self.nodes:
            raise TypeError(
                f"{name}: has {len(inputs)} inputs and {len(self.nodes)} operators, expected one chain"
            )
        self.last, self.value_of = inputs[0], value_of

    def layers(self):
        found = []
        for place, node in enumerate(self.nodes):
            if (
                not node.input
                or node.input[0] != self.last
                or any(n not in self.arrays for n in node.input[1:] if n)
            ):
                if not (node.op_type == "Add" and self.last in node.input):
                    raise TypeError(f"{self.name}: {node.op_type} {place} is no link of one chain")
            self.last = node.output[0]
            layer = self.layer(place, node, found)
            if layer is not None:
                found.append(layer)
        if not found:
            raise TypeError(f"{self.name}: holds no layers")
        return found

    def layer(self, place, node, found):
        """Make the layer of a node; None for what does nothing outside training."""
        kind = node.op_type
        options = {item.name: self.value_of(item) for item in node.attribute}
        weights = [self.arrays[name] for name in node.input if name in self.arrays]
        makers = {
            "Conv": self.conv,
            "Gemm": self.gemm,
            "MatMul": self.matmul,
            "Add": lambda *rest: self.add(found, *rest),
            "BatchNormalization": self.batch_norm,
            "MaxPool": self.pool,
            "AveragePool": self.pool,
            "Flatten": self.flatten,
            "Reshape": self.reshape,
            "Dropout": lambda *_: None,
            "Identity": lambda *_: None,
            "Softmax": self.softmax,
        }
        if kind in PLAIN:
            return getattr(layer_classes, PLAIN[kind])()
        if kind not in makers or node.domain not in ("", "ai.onnx"):
            known = ", ".join(sorted((*makers, *PLAIN)))
            raise TypeError(
                f"{self.name}: operator {place} is {kind}, which the course does not have; it has {known}"
            )
        self.where = f"{self.name}: operator {place}, {kind},"
        try:
            return makers[kind](kind, options, weights, place)
        except (IndexError, KeyError, AttributeError) as error:
            raise ValueError(f"{self.where} lacks something ({error!r})") from error

    def refuse(self, options, **only):
        """Raise if an option has another value than the one given, the only one here."""
        for name, value in only.items():
            found = options.get(name, value)
            found = list(found) if isinstance(found, list | tuple) else found
            if found not in (value, [value] * (len(found) if isinstance(found, list) else 0)):
                raise ValueError(f"{self.where} has {name}={found!r}; the course's has {value!r} alone")

    def padding(self, options, kernel_size):
        """The same padding at both ends of each axis, or a sentence."""
        automatic = options.get("auto_pad", b"NOTSET")
        if automatic in (b"SAME_UPPER", b"SAME_LOWER") and all(k % 2 for k in kernel_size):
            return tuple(k // 2 for k in kernel_size)
        if automatic not in (b"NOTSET", b"VALID"):
            raise ValueError(
                f"{self.where} pads by itself ({automatic.decode()}); the course's states its padding"
            )
        pads = list(options.get("pads", [0] * 4))
        if len(pads) != 4 or pads[:2] != pads[2:]:
            raise ValueError(f"{self.where} has pads={pads}; the course's are the same at both ends")
        return tuple(pads[:2])

    def conv(self, _kind, options, weights, _place):
        weight, bias = weights[0], weights[1] if len(weights) > 1 else None
        if weight.ndim != 4:
            raise ValueError(f"{self.where} has kernels of shape {weight.shape}, expected (F, C, kH, kW)")
        self.refuse(options, group=1, dilations=1)
        layer = layer_classes.Conv2d(
            weight.shape[1],
            weight.shape[0],
            weight.shape[2:],
            stride=tuple(options.get("strides", (1, 1))),
            padding=self.padding(options, weight.shape[2:]),
            bias=bias is not None,
            dtype=self.dtype(weight),
        )
        return self.fill(layer, weight=weight, bias=bias)

    def gemm(self, _kind, options, weights, _place):
        self.refuse(options, alpha=1.0, beta=1.0, transA=0)
        weight = weights[0].T if options.get("transB", 0) else weights[0]
        return self.linear(weight, weights[1] if len(weights) > 1 else None)

    def matmul(self, _kind, _options, weights, _place):
        return self.linear(weights[0], None)

    def linear(self, weight, bias):
        if weight.ndim != 2:
            raise ValueError(f"{self.where} has weights of shape {weight.shape}, expected a matrix")
        layer = layer_classes.Linear(*weight.shape, bias=bias is not None, dtype=self.dtype(weight))
        return self.fill(layer, weight=weight, bias=bias)

    def add(self, found, _kind, _options, weights, _place):
        """A bias added to a product of matrices: that layer is made anew with it."""
        before = found[-1] if found else None
        if not isinstance(before, layer_classes.Linear) or "bias" in before.params or len(weights) != 1:
            raise TypeError(f"{self.where} adds no bias to a product of matrices")
        found[-1] = self.linear(before.params["weight"], weights[0].reshape(-1))

    def batch_norm(self, _kind, options, weights, _place):
        self.refuse(options, training_mode=0)
        scale, shift, mean, variance = weights[:4]
        layer = layer_classes.BatchNorm2d(
            len(scale), eps=options.get("epsilon", 1e-5), dtype=self.dtype(scale)
        )
        return self.fill(layer, weight=scale, bias=shift, running_mean=mean, running_var=variance)

    def pool(self, kind, options, _weights, _place):
        self.refuse(options, ceil_mode=0, dilations=1)
        size = tuple(options["kernel_shape"])
        if len(size) != 2 or any(self.padding(options, size)):
            raise ValueError(f"{self.where} pads or has windows of {len(size)} axes; the course's do not")
        pool = layer_classes.MaxPool2d if kind == "MaxPool" else layer_classes.AvgPool2d
        return pool(size, stride=tuple(options.get("strides", (1, 1))))

    def flatten(self, _kind, options, _weights, _place):
        self.refuse(options, axis=1)
        return layer_classes.Flatten()

    def reshape(self, _kind, _options, weights, _place):
        shape = weights[0].tolist()
        if len(shape) != 2 or shape[1] == 0:
            raise ValueError(f"{self.where} makes shape {shape}, expected vectors, (N, K)")
        return layer_classes.Flatten()

    def softmax(self, _kind, _options, _weights, place):
        if place < len(self.nodes) - 1:
            raise TypeError(f"{self.where} stands within the network; the course's networks end in logits")

    def dtype(self, array):
        if array.dtype not in (np.float32, np.float64):
            raise ValueError(f"{self.where} has weights of {array.dtype}, expected float32 or float64")
        return array.dtype

    def fill(self, layer, **arrays):
        for name, array in arrays.items():
            if array is None:
                continue
            kept = layer.params if name in layer.params else layer.buffers
            if kept[name].shape != array.shape:
                raise ValueError(
                    f"{self.where} has {name} of shape {array.shape}, expected {kept[name].shape}"
                )
            kept[name][...] = array
        return layer
