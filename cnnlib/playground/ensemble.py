"""Many playground networks trained at once, each by exactly the rules that it would follow alone."""

import numpy as np

from cnnlib.playground.config import Config
from cnnlib.playground.engine import Playground
from cnnlib.playground.features import feature_rows
from cnnlib.playground.history import Snapshot
from cnnlib.playground.initial import IDENTICAL
from cnnlib.playground.network import Parameters, StackedPass
from cnnlib.playground.training import Trainer, with_ones

_SHARED = ("activation", "regularization", "layer_sizes", "output_activation", "batch_size")


class StackedParameters:
    """Parameters of several networks of one shape: ``matrices[k]`` (networks, destinations, sources + 1)."""

    def __init__(self, flat, layer_sizes):
        self.flat, self._sizes, self.matrices = flat, layer_sizes, []
        start = 0
        for matrix in Parameters(layer_sizes).matrices:
            part = flat[:, start : start + matrix.size]
            self.matrices.append(part.reshape(len(flat), *matrix.shape))
            start += matrix.size

    def like(self, flat):
        """Return stacked parameters of the same shapes that hold a copy of `flat`."""
        return StackedParameters(np.broadcast_to(flat, self.flat.shape).copy(), self._sizes)


class StackedTrainer(Trainer):
    """Training of several networks by shared calls."""

    def make_pass(self, samples, gradients=None):
        """Buffers for passes over samples of shape (networks, samples)."""
        return StackedPass(self.parameters, self.activations, samples, gradients)


class Ensemble:
    """Playgrounds that differ in seed, data, rates or first weights, trained in one computation.

    Parameters
    ----------
    config : Config, Mapping or str
        Settings of all of them, as for :class:`~cnnlib.playground.Playground`.
    seeds : sequence of str, optional
        One network a seed.
    variants : sequence of Mapping, optional
        Instead of `seeds`: the settings that differ, one mapping a network. Activation,
        regularization, batch size and sizes of layers and of the training part must be shared.

    Attributes
    ----------
    epoch : int
    configs : list of Config

    Examples
    --------
    >>> ensemble = Ensemble({"dataset": "gauss"}, seeds=["0.1", "0.2", "0.3"])
    >>> ensemble.step(50)
    >>> bool((ensemble.test_loss < 0.01).all())
    True
    """

    def __init__(self, config=None, *, seeds=None, variants=None):
        if (seeds is None) == (variants is None):
            raise ValueError("give either seeds or variants")
        base = Config.of(config)
        variants = [{"seed": seed} for seed in seeds] if variants is None else variants
        self.configs = [Config.of(base, **variant) for variant in variants]
        members = [Playground(each) for each in self.configs]
        self._check(members)
        self.epoch, self._inputs = 0, [each.inputs for each in self.configs]
        self.train, self.test = (np.stack([getattr(m, part) for m in members]) for part in ("train", "test"))
        first = members[0].network
        flat = np.stack([m.network.parameters.flat for m in members])
        self.trainer = StackedTrainer(
            StackedParameters(flat, self.configs[0].layer_sizes),
            first.activations,
            first.regularization,
            np.array([[each.learning_rate] for each in self.configs], dtype=np.float64),
            np.array([[each.regularization_rate] for each in self.configs], dtype=np.float64),
        )
        self._prepare(np.stack([m.observer.rows for m in members], axis=1))

    def _check(self, members):
        if not members:
            raise ValueError("an ensemble needs at least one network, got none")
        for name in _SHARED:
            values = {getattr(each, name) for each in self.configs}
            if len(values) > 1:
                raise ValueError(f"networks of an ensemble must share {name}, got {sorted(map(str, values))}")
        sizes = {(len(m.train), len(m.test)) for m in members}
        if len(sizes) > 1:
            raise ValueError(f"networks of an ensemble must have equally many points, got {sorted(sizes)}")
        if any(each.initialization in IDENTICAL for each in self.configs):
            raise ValueError(
                "networks whose hidden nodes start identical must be trained alone, by Playground"
            )

    def _prepare(self, rows):
        labels, n = np.concatenate([self.train, self.test], axis=1)[..., 2].copy(), self.train.shape[1]
        rows = np.concatenate([rows, np.ones((1, *rows.shape[1:]))])
        self.trainer.prepare(rows[..., :n], labels[:, :n], self.configs[0].batch_size)
        self._labels, self._points = labels, self.trainer.make_pass(labels.shape)
        self._forward = self._points.forward(rows)

    def __len__(self):
        return len(self.configs)

    def turn(self, degrees):
        """Turn all points about the origin, counter-clockwise; the networks stay as they are.

        >>> ensemble = Ensemble({"dataset": "gauss"}, seeds=["0.1"])
        >>> before = ensemble.train.copy()
        >>> ensemble.turn(90)
        >>> bool(np.allclose(ensemble.train[..., 1], before[..., 0]))
        True
        """
        angle = np.radians(degrees)
        matrix = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        for part in (self.train, self.test):
            part[..., :2] = part[..., :2] @ matrix
        points = np.concatenate([self.train, self.test], axis=1)[..., :2]
        rows = [feature_rows(names, xy, exact=True) for names, xy in zip(self._inputs, points, strict=True)]
        self._prepare(np.stack(rows, axis=1))

    def step(self, epochs=1):
        """Train all networks for a number of epochs; one that diverges does not touch the others."""
        with np.errstate(all="ignore"):
            for _ in range(epochs):
                self.trainer.epoch()
        self.epoch += epochs

    def evaluate(self):
        """Return (training losses, test losses), each of shape (networks,); NaN without points."""
        n = self.train.shape[1]
        with np.errstate(all="ignore"):
            for call in self._forward:
                call()
            errors = 0.5 * (self._points.outputs - self._labels) ** 2
            return errors[:, :n].sum(1) / n, errors[:, n:].sum(1) / self.test.shape[1]

    @property
    def train_loss(self):
        """Training losses, shape (networks,)."""
        return self.evaluate()[0]

    @property
    def test_loss(self):
        """Test losses, shape (networks,)."""
        return self.evaluate()[1]

    @property
    def outputs(self):
        """Outputs at every point of `train` and then of `test`, shape (networks, points)."""
        self.evaluate()
        return self._points.outputs.copy()

    @property
    def weights(self):
        """Weights, one array [network, destination, source] a layer of links (copies)."""
        return [m[..., :-1].copy() for m in self.trainer.parameters.matrices]

    @property
    def biases(self):
        """Biases, one array [network, destination] a layer (copies)."""
        return [m[..., -1].copy() for m in self.trainer.parameters.matrices]

    @property
    def dead_links(self):
        """Number of dead links of each network."""
        return self.trainer.dead.sum(axis=1)

    def predict(self, xy):
        """Return the outputs of all networks at points `xy` of shape (n, 2), shape (networks, n)."""
        rows = np.stack([with_ones(feature_rows(names, xy)) for names in self._inputs], axis=1)
        forward = self.trainer.make_pass(rows.shape[1:])
        with np.errstate(all="ignore"):
            for call in forward.forward(rows):
                call()
        return forward.outputs.copy()

    def playground(self, index):
        """Return one network as a :class:`~cnnlib.playground.Playground` in its present state."""
        trainer, alone = self.trainer, Playground(self.configs[index])
        state = Snapshot(
            self.epoch,
            trainer.parameters.flat[index].copy(),
            trainer.dead[index].copy(),
            trainer.leftover[index].copy(),
            trainer.leftover_count,
            alone.network.lr,
        )
        alone.take(state)
        return alone
