"""Training of one playground network by the page's rules, one whole epoch at a call.

Samples are visited in their fixed order. After every full batch each weight steps by the mean of the
gradients gathered since the last update; samples left over at the end of an epoch wait for the
first update of the next, whose mean then includes them. The penalty (L1 or L2) acts on links alone, is
taken at the weight before the step, and is not divided by the batch size. Under L1 a link whose
weight the penalty would carry across zero becomes zero and is dead from then on.
"""

import math
import operator
from collections import deque
from functools import partial

import numpy as np

from cnnlib.playground.network import JointPass, OrderedPass, Parameters, Pass


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


class Trainer:
    """Prepared training of the network, or networks, whose parameters it is given.

    Parameters
    ----------
    parameters : Parameters
    activations : list of str
        One a layer.
    regularization : {"none", "L1", "L2"}
    lr, rate : float or ndarray
        Learning rate and regularization rate; may change between epochs.
    """

    def __init__(self, parameters, activations, regularization="none", lr=0.03, rate=0.0):
        self.parameters, self.gradients, links = parameters, parameters.like(0.0), parameters.like(1.0)
        for matrix in links.matrices:
            matrix[..., -1] = 0.0
        flat = parameters.flat
        self.activations, self.regularization, self.lr, self.rate = activations, regularization, lr, rate
        self.is_link, self.dead = links.flat == 1.0, np.zeros(flat.shape, dtype=bool)
        self.leftover, self.leftover_count = np.zeros_like(flat), 0
        self._step, self._first_step, self._one = (np.ones(np.shape(lr) or (1, 2)) for _ in range(3))
        self._penalty, self._shrink, self._next = (np.zeros_like(flat) for _ in range(3))
        self._crossed = np.zeros(flat.shape, dtype=bool)
        self.batch, self.n_samples, self._calls = 0, 0, []

    def make_pass(self, samples, gradients=None):
        """Buffers for passes over samples of this shape."""
        return Pass(self.parameters, self.activations, samples, gradients)

    def prepare(self, x, y, batch_size):
        """Lay out the training samples and prepare the calls of an epoch.

        Parameters
        ----------
        x : ndarray, shape (features + 1, ..., samples)
            Inputs, with a last row of ones.
        y : ndarray, shape (..., samples)
        batch_size : float
            Samples between updates; 0 or more than there are samples means no update ever.
        """
        n = self.n_samples = y.shape[-1]
        self.batch = batch_of(batch_size, n)
        self.discard_leftover()
        self._calls = []
        if not self.batch:
            return
        full = self.make_pass((*y.shape[:-1], self.batch), self.gradients)
        for start in range(0, n - self.batch + 1, self.batch):
            part = slice(start, start + self.batch)
            step = self._step if start else self._first_step
            self._calls += full.both_ways(x[..., part], y[..., part], step) + self._updates(start == 0)
        rest = n % self.batch
        if rest:
            short = self.make_pass((*y.shape[:-1], rest), self.gradients)
            self._calls += short.both_ways(x[..., n - rest :], y[..., n - rest :], self._one)
            self._calls.append(partial(self._keep_leftover, rest))

    def epoch(self):
        """Visit every training sample once."""
        self._set_steps()
        deque(map(operator.call, self._calls), 0)

    def is_finite(self):
        """Whether no parameter is infinite or NaN."""
        flat = self.parameters.flat.ravel()
        return math.isfinite(flat.dot(flat)) or bool(np.isfinite(flat).all())  # squares may overflow

    def discard_leftover(self):
        """Forget the gradients of samples left over from the last epoch."""
        self.leftover[...] = 0.0
        self.leftover_count = 0

    def _set_steps(self):
        if self.batch:
            self._step[...] = self.lr / self.batch
            self._first_step[...] = self.lr / (self.batch + self.leftover_count)
        if self.regularization != "none":
            self._penalty[...] = self.lr * self.rate
            self._penalty[~self.is_link | self.dead] = 0.0

    def _take_leftover(self):
        """Add the gradients of the samples left over to those of the first batch."""
        if self.leftover_count:
            self.gradients.flat += self.leftover * (self.lr / (self.batch + self.leftover_count))
            self.discard_leftover()

    def _keep_leftover(self, count):
        self.leftover[...] = np.where(self.dead, 0.0, self.gradients.flat)
        self.leftover_count = count

    def _updates(self, is_first):
        """Calls that turn the gradients, multiplied by the step, into new weights."""
        p, g, shrink = self.parameters.flat, self.gradients.flat, self._shrink
        calls = [self._take_leftover] if is_first else []
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
        p[...] = self._next
        if crossed.any():
            p[crossed] = 0.0
            self.dead |= crossed
            self._penalty[crossed] = 0.0


class Network(Trainer):
    """One playground network and its training.

    Parameters
    ----------
    weights : list of array_like, shape (destinations, sources)
    biases : list of array_like, shape (destinations,)
    activation, output_activation : {"tanh", "relu", "sigmoid", "linear"}
        Of the hidden nodes and of the output node.
    ordered : bool
        Sum in one fixed order, for networks whose hidden nodes start identical.
    **training
        As for :class:`Trainer`.

    Examples
    --------
    >>> network = Network([[[0.5, -0.5]]], [[0.1]], "tanh", "linear")
    >>> network.prepare(with_ones([[1.0, 0.0], [0.2, 1.0]]), np.array([1.0, -1.0]), batch_size=1)
    >>> network.epoch()
    >>> network.parameters.weights[0].round(3).tolist()
    [[0.515, -0.516]]
    """

    def __init__(self, weights, biases, activation, output_activation, *, ordered=False, **training):
        parameters = Parameters([np.shape(weights[0])[1], *(len(b) for b in biases)])
        for matrix, w, b in zip(parameters.matrices, weights, biases, strict=True):
            matrix[:, :-1], matrix[:, -1] = w, b
        self.ordered = ordered
        super().__init__(parameters, [activation] * (len(weights) - 1) + [output_activation], **training)

    def make_pass(self, samples, gradients=None):
        """Buffers for passes over samples of this shape."""
        kind = OrderedPass if self.ordered else Pass
        if not self.ordered and gradients is not None and JointPass.pays(self.parameters, samples):
            kind = JointPass
        return kind(self.parameters, self.activations, samples, gradients)
