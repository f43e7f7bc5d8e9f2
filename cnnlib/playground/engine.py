"""The spiral playground: data, network, training and everything that can be asked of them."""

import numpy as np

from cnnlib.playground.actions import PageActions
from cnnlib.playground.config import Config
from cnnlib.playground.datasets import make_points
from cnnlib.playground.export import to_arrays, to_sequential
from cnnlib.playground.history import RunHistory
from cnnlib.playground.initial import IDENTICAL, initial_parameters
from cnnlib.playground.observe import Observer, complaint
from cnnlib.playground.seedrandom import SeedRandom
from cnnlib.playground.state import restore, to_text
from cnnlib.playground.training import Network, with_ones


class Playground(PageActions):
    """TensorFlow Playground without its page: the same points, weights and losses from the same seed.

    Parameters
    ----------
    config : Config, Mapping or str, optional
        Settings, a mapping of them in the page's or in Python's spelling, or an address of the
        page. See :class:`~cnnlib.playground.Config`.
    **changes
        Settings that replace those of `config`.

    Attributes
    ----------
    config : Config
    epoch : int
        Passes over the training points so far.
    train, test : ndarray, shape (n, 3)
        Columns x, y, label, in the order in which training visits them.
    network : Network

    Notes
    -----
    Losses follow the original's within 1e-9 in float64, except where training itself is chaotic.

    Examples
    --------
    >>> playground = Playground(dataset="spiral", network_shape=[8, 8], seed="0.50025")
    >>> playground.step(147)
    >>> round(playground.test_loss, 3), round(playground.train_loss, 3)
    (0.425, 0.422)
    """

    def __init__(self, config=None, **changes):
        self.config = Config.of(config, **changes)
        self._draw_data()
        self._build()

    @classmethod
    def from_url_hash(cls, text):
        """Open an address of the original page, or only the part behind its ``#``."""
        return cls(Config.from_url_hash(text))

    def to_url_hash(self):
        """Return the settings as an address part that the original page opens too."""
        return self.config.to_url_hash()

    @classmethod
    def from_text(cls, text):
        """Restore a run from a line written by `to_text`, to the last bit; see `cnnlib.playground.state`."""
        return restore(cls, text)

    def to_text(self, weights=True):
        """Return the whole run as one line: settings, epoch and weights. The original page opens it too.

        Without `weights` the line is short, and restoring it trains the epochs again.

        >>> playground = Playground(seed="0.1")
        >>> playground.step(3)
        >>> Playground.from_text(playground.to_text()).train_loss == playground.train_loss
        True
        """
        return to_text(self, weights)

    # ------------------------------------------------------------------ making

    def _draw_data(self):
        self._stream = SeedRandom(self.config.seed)
        self.train, self.test = make_points(
            self._stream,
            self.config.active_dataset,
            noise=self.config.noise,
            percent_train=self.config.perc_train_data,
            n_points=self.config.num_samples,
        )
        self._data_draws = self._stream.draws

    def rebuild(self, skip=0, initial=None):
        """Make the network anew: from the seed's numbers behind the points and `skip` more, or as given."""
        self._draw_data()
        self._stream.skip(skip)
        self._build(initial)

    def _build(self, initial=None):
        """Make a new network: from the running stream, or from given weights and biases."""
        config = self.config
        self.skipped, self.from_elsewhere = self._stream.draws - self._data_draws, initial is not None
        if initial is None:
            initial = initial_parameters(self._stream, config.layer_sizes, config.initialization)
        self.network = Network(
            *initial,
            config.activation,
            config.output_activation,
            ordered=config.initialization in IDENTICAL,
            regularization=config.regularization,
            lr=config.learning_rate,
            rate=config.regularization_rate,
        )
        self.prepare()
        self.drawn = self.network.parameters.flat.copy()
        self.epoch, self.diverged_at, self._shown = 0, None, None
        self.history = RunHistory()
        self.history.record(self.network, 0, kept=True)

    def prepare(self):
        """Lay out the points for the network."""
        self.observer = Observer(self.network, self.config.inputs, self.train, self.test)
        rows = with_ones(self.observer.rows[:, : len(self.train)])
        self.network.prepare(rows, self.train[:, 2], self.config.batch_size)

    # ---------------------------------------------------------------- training

    def step(self, epochs=1):
        """Train for a number of epochs.

        Numbers that overflow are kept as they are, as on the page; see `status`.
        """
        if epochs < 0:
            raise ValueError(f"epochs must be 0 or more, got {epochs}; rewind(epoch) goes back")
        with np.errstate(all="ignore"):
            for _ in range(epochs):
                self.network.epoch()
                self.epoch += 1
                self.history.record(self.network, self.epoch)
                if self.diverged_at is None and not self.network.is_finite():
                    self.diverged_at = self.epoch
        if epochs:
            self._shown = None

    def run(self, epochs, every=1):
        """Train and yield ``(epoch, train_loss, test_loss)`` now and after every `every` epochs.

        >>> [record[0] for record in Playground(seed="0.1").run(10, every=5)]
        [0, 5, 10]
        """
        if every < 1:
            raise ValueError(f"every must be a whole number of at least 1, got {every}")
        yield self.epoch, self.train_loss, self.test_loss
        for done in range(0, epochs, every):
            self.step(min(every, epochs - done))
            yield self.epoch, self.train_loss, self.test_loss

    def rewind(self, epoch=0):
        """Return to the initial weights or to any epoch trained so far, exactly.

        Epochs after it stay available until training or a change by hand goes another way.
        """
        if not 0 <= epoch <= self.history.furthest:
            raise ValueError(f"epoch must be between 0 and {self.history.furthest}, got {epoch}")
        snapshot = self.history.latest_until(epoch)
        snapshot.restore(self.network)
        with np.errstate(all="ignore"):
            for _ in range(epoch - snapshot.epoch):
                self.network.epoch()
        self.config = self.config.replace(learning_rate=self.network.lr)
        self.epoch, self._shown = epoch, None
        if self.diverged_at is not None and self.network.is_finite():
            self.diverged_at = None

    def take(self, snapshot):
        """Go on from a :class:`~cnnlib.playground.history.Snapshot` of the same settings."""
        snapshot.restore(self.network)
        self.epoch, self._shown = snapshot.epoch, None
        self.history.record(self.network, self.epoch, kept=True)
        self.diverged_at = None if self.network.is_finite() else self.epoch

    # ----------------------------------------------------------------- reading

    def evaluate(self):
        """Return (training loss, test loss) of the weights as they are now.

        Each is the mean of 0.5 * (output - label)**2, without any penalty; NaN without points.
        """
        return self.observer.losses()

    def _keep_shown(self):
        if self._shown is None:
            self._shown = self.evaluate()
        return self._shown

    def judge_again(self):
        """Let the losses shown be those of the weights and points as they are; the page waits for a step.

        >>> playground = Playground(seed="0.1")
        >>> before = playground.train_loss
        >>> playground.set_weight(0, 0, 0, 2.0)
        >>> playground.train_loss == before
        True
        >>> playground.judge_again()
        >>> playground.train_loss == before
        False
        """
        self._shown = None

    @property
    def train_loss(self):
        """Training loss as the page shows it: after the last epoch, unmoved by changes by hand."""
        return self._keep_shown()[0]

    @property
    def test_loss(self):
        """Test loss as the page shows it: after the last epoch, unmoved by changes by hand."""
        return self._keep_shown()[1]

    @property
    def weights(self):
        """Weights, one array [destination, source] a layer of links (copies)."""
        return self.network.parameters.weights

    @property
    def biases(self):
        """Biases, one array [destination] a layer, the output's last (copies)."""
        return self.network.parameters.biases

    @property
    def dead(self):
        """Which links L1 has removed, one boolean array [destination, source] a layer."""
        dead = self.network.parameters.like(self.network.dead)
        return [matrix[:, :-1] != 0 for matrix in dead.matrices]

    @property
    def dead_links(self):
        """Number of dead links."""
        return int(self.network.dead.sum())

    def predict(self, xy):
        """Return the network's outputs, shape (n,), at points `xy`, shape (n, 2)."""
        return self.observer.outputs(xy)

    def node_maps(self, size=100):
        """Return every node's output over the square from -6 to 6.

        Returns
        -------
        list of ndarray, shape (nodes, size, size)
            One a layer of hidden nodes, then the output; indexed [node, y, x] from low to high, in
            float32. The arrays are reused by the next call.
        """
        return self.observer.node_maps(size)

    def to_arrays(self):
        """Return data, weights and biases as a dict of arrays; see `cnnlib.playground.export`."""
        return to_arrays(self)

    def to_sequential(self):
        """Return the network as a ``cnnlib`` Sequential; see `cnnlib.playground.export`."""
        return to_sequential(self)

    def gradients(self):
        """Return the gradients of the training loss by weights and biases, as lists like theirs."""
        found = self.observer.gradients()
        return found.weights, found.biases

    @property
    def status(self):
        """What is wrong with the run, in a sentence; an empty text when nothing is."""
        return complaint(self.network, self.config, self.diverged_at, self.evaluate())
