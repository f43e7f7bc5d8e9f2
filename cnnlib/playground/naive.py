"""The playground's network one sample and one link at a time: what the fast engine must equal.

Plain Python lists and loops, in the order in which the page works, so that each rule of its training
can be read in one place. Hundreds of times slower than :class:`~cnnlib.playground.Network`.
"""

import math


def _relu(z):
    return z if z > 0 or z != z else 0.0


def _sigmoid(z):
    return 1 / (1 + math.exp(-z)) if z > -709 else 0.0


# name: (output from the total input z, derivative from z)
ACTIVATIONS = {
    "tanh": (math.tanh, lambda z: 1 - math.tanh(z) ** 2),
    "relu": (_relu, lambda z: 0.0 if z <= 0 else 1.0),
    "sigmoid": (_sigmoid, lambda z: _sigmoid(z) * (1 - _sigmoid(z))),
    "linear": (lambda z: z, lambda z: 1.0),
}


class NaiveNetwork:
    """A network of loops.

    Parameters
    ----------
    weights : list of array_like, shape (destinations, sources)
    biases : list of array_like, shape (destinations,)
    activation, output_activation : str
        Of the hidden nodes and of the output node.
    regularization : {"none", "L1", "L2"}

    Examples
    --------
    >>> network = NaiveNetwork([[[0.5, -0.5]]], [[0.1]], "tanh", "linear")
    >>> network.forward([1.0, 0.2])
    0.5
    """

    def __init__(self, weights, biases, activation, output_activation, regularization="none"):
        self.weights = [[[float(w) for w in row] for row in layer] for layer in weights]
        self.biases = [[float(b) for b in layer] for layer in biases]
        self.functions = [ACTIVATIONS[activation]] * (len(weights) - 1) + [ACTIVATIONS[output_activation]]
        self.regularization = regularization
        self.dead = [[[False] * len(row) for row in layer] for layer in self.weights]
        self._clear()

    def _clear(self):
        self.sum_w = [[[0.0] * len(row) for row in layer] for layer in self.weights]
        self.sum_b = [[0.0] * len(layer) for layer in self.biases]
        self.count = 0

    def forward(self, inputs):
        """Return the output for one sample and keep every node's total input and output."""
        self.z, self.a = [], [list(inputs)]
        for layer, biases, (output_of, _) in zip(self.weights, self.biases, self.functions, strict=True):
            totals = []
            for row, bias in zip(layer, biases, strict=True):
                total = bias
                for weight, source in zip(row, self.a[-1], strict=True):
                    total += weight * source
                totals.append(total)
            self.z.append(totals)
            self.a.append([output_of(z) for z in totals])
        return self.a[-1][0]

    def backward(self, label):
        """Add the gradients of one sample, for 0.5 * (output - label)**2, to the sums."""
        upstream = [self.a[-1][0] - label]
        for k in range(len(self.weights) - 1, -1, -1):
            derivative = self.functions[k][1]
            delta = [up * derivative(z) for up, z in zip(upstream, self.z[k], strict=True)]
            for d, slope in enumerate(delta):
                self.sum_b[k][d] += slope
                for s, source in enumerate(self.a[k]):
                    if not self.dead[k][d][s]:
                        self.sum_w[k][d][s] += slope * source
            upstream = [
                sum(self.weights[k][d][s] * delta[d] for d in range(len(delta)))
                for s in range(len(self.a[k]))
            ]
        self.count += 1

    def update(self, lr, rate):
        """Step every bias and live link by the mean of the sums, then shrink the links."""
        for k, layer in enumerate(self.weights):
            for d, row in enumerate(layer):
                self.biases[k][d] -= lr * self.sum_b[k][d] / self.count
                for s, old in enumerate(row):
                    if not self.dead[k][d][s]:
                        stepped = old - (lr / self.count) * self.sum_w[k][d][s]
                        row[s] = self._shrunk(k, d, s, old, stepped, lr * rate)
        self._clear()

    def _shrunk(self, k, d, s, old, stepped, penalty):
        if self.regularization == "L2":
            return stepped - penalty * old
        if self.regularization == "L1":
            shrunk = stepped - penalty * ((old > 0) - (old < 0))
            if stepped * shrunk < 0:
                self.dead[k][d][s] = True
                return 0.0
            return shrunk
        return stepped

    def epoch(self, inputs, labels, batch_size, lr, rate=0.0):
        """Visit every sample once; sums of an unfinished last batch stay for the next epoch."""
        for i, (sample, label) in enumerate(zip(inputs, labels, strict=True)):
            self.forward(sample)
            self.backward(label)
            if batch_size and math.fmod(i + 1, batch_size) == 0:
                self.update(lr, rate)

    def loss(self, inputs, labels):
        """Mean of 0.5 * (output - label)**2; NaN without samples."""
        if not len(labels):
            return math.nan
        errors = (0.5 * (self.forward(x) - y) ** 2 for x, y in zip(inputs, labels, strict=True))
        return sum(errors) / len(labels)
