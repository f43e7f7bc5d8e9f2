"""Questions asked of a network without training it: losses, outputs, maps of its nodes, gradients."""

import numpy as np

from cnnlib.playground.config import FEATURES
from cnnlib.playground.features import feature_rows, grid_points
from cnnlib.playground.network import Pass, StackedPass
from cnnlib.playground.training import with_ones


class Observer:
    """Prepared forward passes over the points of a playground and over its square.

    Parameters
    ----------
    network : Network
    inputs : sequence of str
        Names of its input features.
    train, test : ndarray, shape (n, 3)
        Columns x, y, label.
    """

    def __init__(self, network, inputs, train, test):
        self.network, self.inputs, self.n_train = network, inputs, len(train)
        points = np.vstack([train, test])
        self.rows, self.labels = feature_rows(inputs, points[:, :2], exact=True), points[:, 2].copy()
        self._points, self._grids = self._forward(self.rows), {}

    def _forward(self, rows):
        buffers = Pass(self.network.parameters, self.network.activations, rows.shape[1:])
        return buffers, buffers.forward(with_ones(rows))

    @staticmethod
    def _run(prepared):
        buffers, calls = prepared
        with np.errstate(all="ignore"):
            for call in calls:
                call()
        return buffers

    def losses(self):
        """Mean of 0.5 * (output - label)**2 over training and over test points; NaN without any."""
        outputs = self._run(self._points).outputs
        with np.errstate(all="ignore"):
            errors = 0.5 * (outputs - self.labels) ** 2
            parts = errors[: self.n_train], errors[self.n_train :]
            return tuple(float(part.sum() / part.size) if part.size else float("nan") for part in parts)

    def outputs(self, xy):
        """Outputs at points of shape (n, 2)."""
        return self._run(self._forward(feature_rows(self.inputs, xy))).outputs.copy()

    def node_maps(self, size):
        """Outputs of all nodes on a grid: a float32 array (nodes, y, x) a layer, reused by the next call."""
        if size not in self._grids:
            self._grids[size] = GridPass(self.network, self.inputs, size)
        return self._grids[size].maps()

    def gradients(self):
        """Gradients of the training loss (without penalty) by all parameters, as `Parameters`."""
        found = self.network.parameters.like(0.0)
        if self.n_train:
            rows, labels = with_ones(self.rows[:, : self.n_train]), self.labels[: self.n_train]
            both = Pass(self.network.parameters, self.network.activations, (self.n_train,), found)
            self._run((both, both.both_ways(rows, labels, np.ones((1, 2)))))
            found.flat /= self.n_train
        return found


class GridPass:
    """Prepared forward pass of all nodes over the square, for pictures: in float32.

    The grid is cut into blocks of a few thousand points, which stay in the processor's cache and below the
    size from which numerical libraries start threads.
    """

    block = 2500

    def __init__(self, network, inputs, size):
        self.source, self.size = network.parameters, size
        self.parameters = self.source.like(self.source.flat, np.float32)
        rows = next(r for r in range(size, 0, -1) if size % r == 0 and (r * size <= self.block or r == 1))
        points = with_ones(feature_rows(inputs, grid_points(size))).astype(np.float32)
        points = points.reshape(len(points), size // rows, rows * size)
        self.nodes = StackedPass(self.parameters, network.activations, points.shape[1:])
        self.calls = self.nodes.forward(points)

    def maps(self):
        """Compute and return the maps of the present weights."""
        with np.errstate(all="ignore"):
            self.parameters.flat[:] = self.source.flat
            for call in self.calls:
                call()
        return [layer.reshape(len(layer), self.size, self.size) for layer in self.nodes.nodes]


def feature_maps(size=100):
    """Return all seven features over the square, shape (7, size, size), indexed [feature, y, x].

    >>> feature_maps(3)[0, 0].tolist()
    [-6.0, 0.0, 6.0]
    """
    return feature_rows(FEATURES, grid_points(size)).reshape(len(FEATURES), size, size)


def main_effects(z):
    """Share of a map's variance that each coordinate explains by itself.

    The best guess at a map by a function of x alone is its mean over y; how much that guess varies, as a
    share of the whole variance, is the main effect of x (Saltelli and others, "Global sensitivity
    analysis", 2008, chapter 1). The two shares add up to 1 when the map is a sum f(x) + g(y).

    Parameters
    ----------
    z : array_like, shape (..., y, x)
        Maps on a grid.

    Returns
    -------
    ndarray, shape (..., 2)
        Shares of x and of y; 0 for a constant map.

    Examples
    --------
    >>> main_effects([[0.0, 1.0], [0.0, 1.0]]).tolist()
    [1.0, 0.0]
    """
    z = np.asarray(z, dtype=np.float64)
    parts = np.stack([z.mean(axis=-2).var(axis=-1), z.mean(axis=-1).var(axis=-1)], axis=-1)
    whole = z.var(axis=(-2, -1))[..., None]
    return np.divide(parts, whole, out=np.zeros_like(parts), where=whole > 0)


def complaint(network, config, diverged_at, losses):
    """Name in a sentence what keeps a run from learning; an empty text when nothing does."""
    if diverged_at is not None:
        kind = "NaN (not a number)" if np.isnan(network.parameters.flat).any() else "infinite"
        return (
            f"Diverged: at epoch {diverged_at} weights became {kind}. "
            f"The learning rate {config.learning_rate:g} is too large for this network."
        )
    if not network.n_samples:
        return "There are no training points, so nothing can be learned and the training loss is NaN."
    if not network.batch:
        return f"A batch size of {config.batch_size:g} never fills a batch, so the weights never change."
    if max(losses) > 1e3:
        return "Diverging: the loss is above 1000 and the learning rate is probably too large."
    return ""
