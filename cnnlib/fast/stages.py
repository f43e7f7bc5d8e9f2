"""The stages of a fast network: each does the work of one layer or of a few neighbours, on buffers that stay.

(The convolution is in `cnnlib.fast.convolution`.)

A stage owns the buffer `x` that its predecessor writes its output into, and the buffer `dy` that its
successor writes its gradient into. `out` and `dx` are the neighbours' `x` and `dy`, connected once by
`Program`. All of them lie batch-last in memory: (H, W, C, N) for images, (D, N) for rows of features.
"""

from functools import partial
from operator import setitem

import numpy as np

from cnnlib.fast.aligned import empty, zeros
from cnnlib.fast.memory import with_weights
from cnnlib.nn import functional as F
from cnnlib.nn.functional._arrays import bits


class Stage:
    """The base class: an input buffer, links to the neighbours, and copies of the layers whose work it does.

    The copies keep the sizes that the layers had when the stage was made.
    """

    out = dx = None
    layers = ()

    def __init__(self, shape, n, dtype):
        self.x = empty(memory_shape(shape, n), dtype)

    def make_dy(self, n, dtype):
        self.dy = empty(memory_shape(self.out_shape, n), dtype)

    def prepare(self):
        """Called once, when the neighbours are known."""

    def walk(self):
        """Yield this stage and, if it is made of others, all of them too."""
        yield self

    def begin(self, columns):
        """Do beforehand what some columns of the buffer `x`, a list of slices, allow; see `Dense`."""

    def finish(self, columns, training):
        """Do the rest of `forward`, when the other columns are there too."""
        self.forward(training)

    def begin_back(self):
        """Do of `backward` what is for all samples together, see `Dense`."""
        self.backward()

    def finish_back(self, columns):
        """Do the rest of `backward` for some samples, a slice."""

    def input_gradient(self):
        """The gradient by the input of the first stage, after `backward`."""
        return self.dx

    def gradients(self):
        """The gradients of the last backward: a list of (layer, {name: new array})."""
        return []

    def logical_input(self):
        """The input of the last forward, as the layers see it."""
        return as_logical(self.x)

    def weights(self):
        """Copies of the weights that the last forward worked with."""
        return {}

    def readable(self, x, stages):
        """What the first layer's readable forward gives for the whole batch: output and cache.

        `stages` are this one and its twins, which had the other parts of the batch.
        """
        return with_weights(self.layers[0], self.weights(), {})._forward(x, False)


def copying(target, source):
    """A prepared call that copies; writing into ``target[...]`` starts sooner than ``np.copyto``."""
    return partial(setitem, target, ..., source)


def run(calls):
    """Run through prepared calls: functions together with their arguments."""
    for call in calls:
        call()


def memory_shape(shape, n):
    """The shape in memory of n samples: of images (C, H, W) or features (D,)."""
    return (*shape[1:], shape[0], n) if len(shape) == 3 else (*shape, n)


def as_logical(memory):
    """The buffer as layers see it: (N, C, H, W) or (N, D)."""
    return memory.transpose(3, 2, 0, 1) if memory.ndim == 4 else memory.T


class Dense(Stage):
    """A fully connected layer, perhaps with ReLU."""

    def __init__(self, layer, shape, n, dtype, relu):
        super().__init__(shape, n, dtype)
        self.layer, self.relu, self.out_shape = layer, relu, (layer.out_features,)
        self.weight = empty((layer.in_features, layer.out_features), dtype)
        self.bias = empty((layer.out_features, 1), dtype) if "bias" in layer.params else None
        self.passes = empty((layer.out_features, n), bool)
        self.zero, self.ones = zeros(self.passes.shape, dtype), np.ones(n, dtype)

    def prepare(self):
        self.d = empty(self.dy.shape, self.dy.dtype) if self.relu else self.dy
        self.bits = bits(self.dy), bits(self.d)

    def forward(self, training):
        self.weight[...] = self.layer.params["weight"]
        self.weight.T.dot(self.x, self.out)
        self._add_and_clip()

    def begin(self, columns):
        self.weight[...] = self.layer.params["weight"]
        self._multiply(columns)

    def finish(self, columns, training):
        self._multiply(columns)
        self._add_and_clip()

    def _multiply(self, columns):
        """The products of some samples, a list of slices."""
        for some in columns:
            np.matmul(self.weight.T, self.x[:, some], self.out[:, some])

    def _add_and_clip(self):
        out = self.out
        if self.bias is not None:
            self.bias[:, 0] = self.layer.params["bias"]
            np.add(out, self.bias, out)
        if self.relu:
            np.maximum(out, self.zero, out=out)

    def backward(self):
        self.begin_back()
        if self.dx is not None:
            self.weight.dot(self.d, self.dx)

    def begin_back(self):
        if self.relu:
            np.greater(self.out, self.zero, self.passes)
            np.multiply(self.bits[0], self.passes, self.bits[1])

    def finish_back(self, columns):
        np.matmul(self.weight, self.d[:, columns], self.dx[:, columns])

    def input_gradient(self):
        return self.weight @ self.d if self.dx is None else self.dx

    def weights(self):
        copies = {"weight": self.weight.copy()}
        return copies if self.bias is None else copies | {"bias": self.bias[:, 0].copy()}

    def gradients(self):
        found = {"weight": self.x.dot(self.d.T)}
        if self.bias is not None:
            found["bias"] = self.d.dot(self.ones)
        return [(self.layer, found)]


class Flat(Stage):
    """Images to rows of features, in the order channel, row, column."""

    def __init__(self, shape, n, dtype):
        super().__init__(shape, n, dtype)
        self.out_shape = (int(np.prod(shape)),)
        self.order = (*shape, n)

    def prepare(self):
        self.images = self.x.transpose(2, 0, 1, 3)
        self.rows, self.d_rows = self.out.reshape(self.order), self.dy.reshape(self.order)
        self.d_images = None if self.dx is None else self.dx.transpose(2, 0, 1, 3)

    def forward(self, training):
        self.rows[...] = self.images

    def backward(self):
        if self.d_images is not None:
            self.d_images[...] = self.d_rows


class Activation(Stage):
    """ReLU, Tanh or Sigmoid by itself."""

    def __init__(self, kind, shape, n, dtype):
        super().__init__(shape, n, dtype)
        self.kind, self.out_shape = kind, shape
        self.zero = zeros(self.x.shape, self.x.dtype) if kind == "ReLU" else None

    def forward(self, training):
        if self.kind == "ReLU":
            np.maximum(self.x, self.zero, out=self.out)
        elif self.kind == "Tanh":
            np.tanh(self.x, out=self.out)
        else:
            self.out[...] = F.sigmoid_forward(self.x)[0]

    def backward(self):
        if self.dx is None:
            return
        y = self.out
        if self.kind == "ReLU":
            np.multiply(bits(self.dy), y > 0, out=bits(self.dx))
            return
        slope = y * y if self.kind == "Tanh" else 1 - y
        if self.kind == "Tanh":
            np.subtract(1, slope, out=slope)
        else:
            slope *= y
        np.multiply(self.dy, slope, out=self.dx)


class Dropping(Stage):
    """Dropout; the factors of the whole batch are drawn beforehand, this stage gets its share of them."""

    def __init__(self, layer, shape, n, dtype):
        super().__init__(shape, n, dtype)
        self.layer, self.out_shape, self.factors = layer, shape, None

    def forward(self, training):
        if self.factors is None:
            self.out[...] = self.x
        else:
            np.multiply(self.x, self.factors, out=self.out)

    def readable(self, x, stages):
        if self.factors is None:
            return x, None
        factors = np.concatenate([as_logical(stage.factors) for stage in stages])
        return x * factors, factors

    def backward(self):
        if self.dx is None:
            return
        if self.factors is None:
            self.dx[...] = self.dy
        else:
            np.multiply(self.dy, self.factors, out=self.dx)


class Readable(Stage):
    """Any other layer of the library, by its own readable functions, between two buffers."""

    def __init__(self, layer, shape, n, dtype):
        super().__init__(shape, n, dtype)
        self.layer = layer
        self.out_shape = layer._forward(np.zeros((1, *shape), dtype), False)[0].shape[1:]

    def forward(self, training):
        y, self.cache = self.layer._forward(as_logical(self.x), training)
        as_logical(self.out)[...] = y

    def readable(self, x, stages):
        if len(stages) == 1:  # its own cache: batch normalization would count the batch twice
            return as_logical(self.out), self.cache
        return self.layers[0]._forward(x, False)

    def backward(self):
        dx = self.layer._backward(as_logical(self.dy), self.cache)
        if self.dx is not None:
            as_logical(self.dx)[...] = dx

    def gradients(self):
        return [(self.layer, dict(self.layer.grads))] if self.layer.params else []
