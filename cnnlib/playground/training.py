"""Training of one playground network by the page's rules, one whole epoch at a call.

Samples are visited in their fixed order. After every full batch each weight steps by the mean of the
gradients gathered since the last update; samples left over at the end of an epoch wait for the
first update of the next, whose mean then includes them. The penalty (L1 or L2) acts on links alone, is
taken at the weight before the step, and is not divided by the batch size. Under L1 a link whose
weight the penalty would carry across zero becomes zero and is dead from then on.
"""

import math
from functools import partial

import numpy as np

from cnnlib.playground.network import OrderedPass, Parameters, Pass, has_twins


def batch_of(batch_size, n_samples):
    """Samples between two updates: the page tests ``(i + 1) % batchSize === 0``; 0 for never.

    >>> [batch_of(size, 250) for size in (10, 2.5, 0, 300)]
    [10, 5, 0, 0]
    """
    if not batch_size or math.isnan(batch_size) or math.isinf(batch_size):
        return 0
    hits = (i for i in range(1, n_samples + 1) if math.fmod(i, batch_size) == 0)
    return next(hits, 0)


def with_ones(features):
    """Inputs (features, samples) with a last row of ones for the biases, contiguous."""
    features = np.asarray(features, dtype=np.float64)
    return np.vstack([features, np.ones((1, features.shape[1]))])


class Network:
    """The weights of one playground network, and the calls that train them.

    Parameters
    ----------
    weights : list of array_like, shape (destinations, sources)
    biases : list of array_like, shape (destinations,)
    activation, output_activation : {"tanh", "relu", "sigmoid", "linear"}
        Of the hidden nodes and of the output node.
    regularization : {"none", "L1", "L2"}
    lr, rate : float
        Learning rate and regularization rate; may change at any time.

    Examples
    --------
    >>> network = Network([[[0.5, -0.5]]], [[0.1]], "tanh", "linear")
    >>> network.prepare([[1.0, 0.0], [0.2, 1.0]], [1.0, -1.0], batch_size=1)
    >>> network.epoch()
    >>> network.parameters.weights[0].round(3).tolist()
    [[0.515, -0.516]]
    """

    def __init__(
        self, weights, biases, activation, output_activation, regularization="none", lr=0.03, rate=0.0
    ):
        sizes = [np.shape(weights[0])[1], *(len(b) for b in biases)]
        self.activations = [activation] * (len(weights) - 1) + [output_activation]
        self.regularization = regularization
        self.parameters, self.gradients = Parameters(sizes), Parameters(sizes)
        for matrix, w, b in zip(self.parameters.matrices, weights, biases, strict=True):
            matrix[:, :-1], matrix[:, -1] = w, b
        links = Parameters(sizes)
        for matrix in links.matrices:
            matrix[:, :-1] = 1.0
        self.is_link = links.flat == 1.0
        self.dead = np.zeros(links.flat.size, dtype=bool)
        self.leftover, self.leftover_count = np.zeros(links.flat.size), 0
        self._step, self._first_step = np.zeros(()), np.zeros(())
        self._penalty, self._shrink = np.zeros(links.flat.size), np.zeros(links.flat.size)
        self._next, self._crossed = np.zeros(links.flat.size), np.zeros(links.flat.size, dtype=bool)
        self.batch, self.n_samples, self._calls, self.lr, self.rate = 0, 0, [], lr, rate

    def prepare(self, x, y, batch_size):
        """Lay out the training samples and prepare the calls of an epoch.

        Parameters
        ----------
        x : array_like, shape (features, samples)
        y : array_like, shape (samples,)
        batch_size : float
            Samples between updates; 0 or more than there are samples means no update ever.
        """
        x, y = with_ones(x), np.asarray(y, dtype=np.float64)
        n = self.n_samples = y.size
        self.batch = batch_of(batch_size, n)
        self.discard_leftover()
        self._calls = []
        if not self.batch:
            return
        make_pass = OrderedPass if has_twins(self.parameters.weights, self.parameters.biases) else Pass
        full = make_pass(self.parameters, self.activations, self.batch, self.gradients)
        for start in range(0, n - self.batch + 1, self.batch):
            part = slice(start, start + self.batch)
            inputs, labels = x[:, part].copy(), y[part].copy()
            self._calls += full.forward(inputs) + full.backward(inputs, labels) + self._updates(start == 0)
        rest = n % self.batch
        if rest:
            short = make_pass(self.parameters, self.activations, rest, self.gradients)
            inputs, labels = x[:, n - rest :].copy(), y[n - rest :].copy()
            self._calls += short.forward(inputs) + short.backward(inputs, labels)
            self._calls.append(partial(self._keep_leftover, rest))

    def epoch(self):
        """Visit every training sample once."""
        self._set_steps()
        for call in self._calls:
            call()

    def discard_leftover(self):
        """Forget the gradients of samples left over from the last epoch."""
        self.leftover[:] = 0.0
        self.leftover_count = 0

    def _set_steps(self):
        if self.batch:
            self._step[...] = self.lr / self.batch
            self._first_step[...] = self.lr / (self.batch + self.leftover_count)
        self._penalty[:] = self.lr * self.rate
        self._penalty[~self.is_link | self.dead] = 0.0

    def _keep_leftover(self, count):
        self.leftover[:] = self.gradients.flat
        self.leftover_count = count

    def _updates(self, is_first):
        """Calls that turn the summed gradients into new weights."""
        p, g, shrink = self.parameters.flat, self.gradients.flat, self._shrink
        calls = [partial(np.add, g, self.leftover, g), self.discard_leftover] if is_first else []
        calls.append(partial(np.multiply, g, self._first_step if is_first else self._step, g))
        if self.regularization == "L1":
            return [*calls, self._update_l1]
        if self.regularization == "L2":
            calls.append(partial(np.multiply, p, self._penalty, shrink))
        calls.append(partial(np.subtract, p, g, p))
        if self.regularization == "L2":
            calls.append(partial(np.subtract, p, shrink, p))
        return calls

    def _update_l1(self):
        p, g, shrink, crossed = self.parameters.flat, self.gradients.flat, self._shrink, self._crossed
        g[self.dead] = 0.0
        np.sign(p, shrink)
        np.multiply(shrink, self._penalty, shrink)
        np.subtract(p, g, p)
        np.subtract(p, shrink, self._next)
        np.multiply(p, self._next, shrink)
        np.less(shrink, 0.0, crossed)
        p[:] = self._next
        if crossed.any():
            p[crossed] = 0.0
            self.dead |= crossed
            self._penalty[crossed] = 0.0
