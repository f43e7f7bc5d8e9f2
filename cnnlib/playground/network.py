"""The playground's network, trained fast: every array allocated once, every call bound beforehand.

Such networks have a hundred weights and batches of ten, so the time goes into calls, not into
arithmetic. Four measures follow from that.

* Activations are stored (nodes + 1, samples) with a last row of ones, and each bias is the last
  column of its weights: one product does weights and biases, forward and backward.
* All parameters lie in one flat array, their gradients in another: one subtraction updates all.
* The gradients of all layers are made by one product (see `JointPass`).
* The calls of a whole epoch are prepared as a list of functions without arguments.
"""

from functools import partial
from itertools import pairwise

import numpy as np

_ONE, _ZERO = np.ones(()), np.zeros(())  # a call takes these faster than it takes Python numbers


def _sigmoid_calls(z):
    return [
        partial(np.negative, z, z),
        partial(np.exp, z, z),
        partial(np.add, z, _ONE, z),
        partial(np.reciprocal, z, z),
    ]


# name: calls that turn total inputs into outputs, in place
_OUTPUT_CALLS = {
    "tanh": lambda z: [partial(np.tanh, z, z)],
    "relu": lambda z: [partial(np.maximum, z, _ZERO, out=z)],
    "sigmoid": _sigmoid_calls,
    "linear": lambda z: [],
}
# name: calls that write the derivative into t, given the outputs a (relu: the sign of an output is 0 or 1)
_DERIVATIVE_CALLS = {
    "tanh": lambda a, t: [partial(np.multiply, a, a, t), partial(np.subtract, _ONE, t, t)],
    "relu": lambda a, t: [partial(np.sign, a, t)],
    "sigmoid": lambda a, t: [partial(np.subtract, _ONE, a, t), partial(np.multiply, t, a, t)],
    "linear": lambda a, t: [],
}


class Parameters:
    """One flat array of all weights and biases, seen as one matrix a layer.

    ``matrices[k]`` has shape (destinations, sources + 1): weights, then the bias as last column.
    """

    def __init__(self, layer_sizes, dtype=np.float64):
        shapes = [(n_out, n_in + 1) for n_in, n_out in pairwise(layer_sizes)]
        self.flat = np.zeros(sum(rows * columns for rows, columns in shapes), dtype)
        self.matrices, start = [], 0
        for rows, columns in shapes:
            self.matrices.append(self.flat[start : start + rows * columns].reshape(rows, columns))
            start += rows * columns

    def like(self, flat, dtype=np.float64):
        """Return `Parameters` of the same shapes that hold a copy of `flat`."""
        other = Parameters([self.matrices[0].shape[1] - 1, *(m.shape[0] for m in self.matrices)], dtype)
        other.flat[:] = flat
        return other

    @property
    def weights(self):
        """Copies of the weights, one array [destination, source] a layer."""
        return [m[:, :-1].copy() for m in self.matrices]

    @property
    def biases(self):
        """Copies of the biases, one array [destination] a layer."""
        return [m[:, -1].copy() for m in self.matrices]


class Pass:
    """Buffers and prepared calls for forward and backward passes over a fixed number of samples.

    Parameters
    ----------
    parameters, gradients : Parameters
        Read by the passes, and written by the backward one (the sum over the samples).
    activations : list of str
        One a layer.
    samples : tuple of int
        Number of samples, as the last axes of every buffer.
    """

    def __init__(self, parameters, activations, samples, gradients=None):
        self.parameters, self.activations, self.gradients = parameters, activations, gradients
        sizes = [m.shape[-2] for m in parameters.matrices]
        rows = [n + 1 for n in sizes[:-1]] + [sizes[-1]]
        ends = np.cumsum([0, *rows]) * int(np.prod(samples))
        self._ends, needed = ends, 1 if gradients is None else 3  # outputs; derivatives and deltas
        self._flat = [np.ones(ends[-1], parameters.flat.dtype) for _ in range(needed)]
        self._sizes, self.samples = sizes, samples
        if gradients is not None:
            self.t, self.d = (self._layers(flat) for flat in self._flat[1:])
            self.deltas = [d[:n] for d, n in zip(self.d, sizes, strict=True)]
        self._write_to(self._flat[0])

    def _layers(self, flat):
        """One flat array of numbers as one array a layer, (nodes + 1, *samples)."""
        return [flat[i:j].reshape(-1, *self.samples) for i, j in pairwise(self._ends)]

    def _write_to(self, flat):
        """Keep the activations of the calls to come in this array."""
        self._flat[0], self.a = flat, self._layers(flat)
        self.nodes = [a[:n] for a, n in zip(self.a, self._sizes, strict=True)]  # without the row of ones
        self.outputs = self.a[-1][0]

    def forward(self, x):
        """Return the calls that fill ``nodes`` from the inputs `x`, shape (features + 1, *samples)."""
        calls, source = [], x
        for matrix, nodes, a, name in zip(
            self.parameters.matrices, self.nodes, self.a, self.activations, strict=True
        ):
            calls += [self._product(matrix, source, nodes), *_OUTPUT_CALLS[name](nodes)]
            source = a
        return calls

    def _product(self, matrix, source, out):
        return partial(matrix.dot, source, out)

    def _product_back(self, matrix, delta, out):
        return partial(matrix.T.dot, delta, out)

    def _outer_sum(self, delta, source, out):
        return partial(delta.dot, source.T, out)

    def _outer_sums(self, x):
        """The calls that make the gradients out of the deltas and the sources of all layers."""
        layers = zip(self.deltas, [x, *self.a], self.gradients.matrices, strict=False)
        return [self._outer_sum(*layer) for layer in layers]

    def _derivatives(self):
        """Neighbouring layers of one activation share their calls."""
        calls, first = [], 0
        for k, name in enumerate(self.activations):
            if k + 1 == len(self.activations) or self.activations[k + 1] != name:
                part = slice(self._ends[first], self._ends[k + 1])
                calls += _DERIVATIVE_CALLS[name](self._flat[0][part], self._flat[1][part])
                first = k + 1
        return calls

    def _errors(self, y, factor):
        """The calls that subtract the labels from the outputs and multiply by a factor."""
        labels, error = y[np.newaxis], self.d[-1]  # of the outputs' shape: broadcasting would cost more
        return [
            partial(np.subtract, self.a[-1], labels, error),
            partial(np.multiply, error, self._scale(factor), error),
        ]

    def _scale(self, factor):
        return factor[0, 0, ...]  # an array still, without axes: it will be read when its number has changed

    def _backward(self, x, y, factor):
        """The calls that fill the gradients, after those of ``forward(x)``."""
        calls = [*self._derivatives(), *self._errors(y, factor)]
        if self.activations[-1] != "linear":
            calls.append(partial(np.multiply, self.d[-1], self.t[-1], self.d[-1]))
        for k in range(len(self.a) - 1, 0, -1):
            calls.append(self._product_back(self.parameters.matrices[k], self.deltas[k], self.d[k - 1]))
            if self.activations[k - 1] != "linear":
                calls.append(partial(np.multiply, self.d[k - 1], self.t[k - 1], self.d[k - 1]))
        return calls + self._outer_sums(x)

    def both_ways(self, x, y, factor):
        """Return the calls that run a batch forwards and back.

        Parameters
        ----------
        x : ndarray, shape (features + 1, *samples)
            Inputs, with a last row of ones; copied.
        y : ndarray, shape samples
            Labels; copied.
        factor : ndarray, shape (1, 2) or (networks, 1)
            What the gradients, sums over the samples, are multiplied by, read anew each time; shape (1, 2)
            for a single network holds it twice.
        """
        x, y = x.copy(), y.copy()
        return self.forward(x) + self._backward(x, y, factor)


class JointPass(Pass):
    """The same passes with a single product for the gradients of all layers.

    All deltas times all sources: the gradients are the blocks on the diagonal of that matrix, and
    the rest is not used. In a small network computing the rest takes less time than a call for each layer.
    """

    LIMIT = 32_000  # multiply-adds of such a product up to which it pays: measured

    def __init__(self, parameters, activations, samples, gradients):
        super().__init__(parameters, activations, samples, gradients)
        (n,), inputs = samples, parameters.matrices[0].shape[1]
        self._all_deltas = self._flat[2].reshape(-1, n)
        sources = inputs + len(self._all_deltas) - self._sizes[-1]
        self._products = np.zeros((len(self._all_deltas), sources))
        numbers, down, right = np.arange(self._products.size).reshape(self._products.shape), 0, 0
        blocks = []
        for matrix in parameters.matrices:
            rows, columns = matrix.shape
            blocks.append(numbers[down : down + rows, right : right + columns].ravel())
            down, right = down + rows + 1, right + columns
        self._blocks = np.concatenate(blocks)

    @classmethod
    def pays(cls, parameters, samples):
        """Whether this pass is the faster one for networks of these sizes."""
        rows, columns = np.sum([m.shape for m in parameters.matrices], axis=0)
        return (rows + len(parameters.matrices)) * columns * np.prod(samples) <= cls.LIMIT

    def both_ways(self, x, y, factor):
        """As above. Inputs, activations and labels lie in one matrix, so that all sources are one, too."""
        rows = np.concatenate([x, self._flat[0].reshape(-1, *self.samples), -y[np.newaxis]])
        self._write_to(rows[len(x) : -1].reshape(-1))
        self._all_sources, self._outputs_and_labels = rows[: self._products.shape[1]], rows[-2:]
        return self.forward(rows[: len(x)]) + self._backward(rows[: len(x)], y, factor)

    def _errors(self, y, factor):
        return [partial(factor.dot, self._outputs_and_labels, self.d[-1])]

    def _outer_sums(self, x):
        products, gradients = self._products, self.gradients.flat
        return [
            partial(self._all_deltas.dot, self._all_sources.T, products),
            partial(products.take, self._blocks, None, gradients, "clip"),
        ]


def _stack_first(buffer):
    return buffer.transpose(1, 0, 2)


class StackedPass(Pass):
    """The same passes over a stack of sample blocks: buffers (nodes, blocks, samples).

    Each block may have a network of its own: matrices (blocks, destinations, sources + 1).
    """

    def _scale(self, factor):
        return factor

    def _product(self, matrix, source, out):
        return partial(np.matmul, matrix, _stack_first(source), _stack_first(out))

    def _product_back(self, matrix, delta, out):
        return partial(np.matmul, matrix.transpose(0, 2, 1), _stack_first(delta), _stack_first(out))

    def _outer_sum(self, delta, source, out):
        return partial(np.matmul, _stack_first(delta), source.transpose(1, 2, 0), out)


class OrderedPass(Pass):
    """The same passes with every sum in one fixed order, for networks with identical nodes.

    Two hidden nodes that start with equal weights stay equal for ever when both are computed by the
    same operations in the same order. A matrix product of a numerical library does not promise
    that: its rows may differ in the last bit, and training can magnify that difference without
    bound. So the sums are written out here, elementwise; slower, and needed for such networks only.
    """

    def _product(self, matrix, source, out):
        def product():
            out[:] = matrix[:, -1:]
            for s in range(matrix.shape[1] - 1):
                np.add(out, matrix[:, s : s + 1] * source[s], out)

        return product

    def _product_back(self, matrix, delta, out):
        def product():
            out[:] = 0.0
            for d in range(matrix.shape[0]):
                np.add(out, matrix[d, :, None] * delta[d], out)

        return product

    def _outer_sum(self, delta, source, out):
        def outer_sum():
            for d in range(delta.shape[0]):
                np.add.reduce(np.multiply(source, delta[d], order="C"), 1, out=out[d])

        return outer_sum
