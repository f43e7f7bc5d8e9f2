"""Many copies of one network trained at once: the same batches, but other rates or other first weights.

All copies stand side by side in arrays with one more axis, so one NumPy call works on several networks and
the cost of calling is shared. Copies are cut into blocks small enough for the processor's cache; each block
trains on its own, blocks in two threads with one BLAS thread each. No number of one copy ever meets a number
of another, so a copy that overflows leaves the others exactly as they would have been.
"""

import copy
import itertools
from dataclasses import dataclass

import numpy as np

from cnnlib.experiments.ensemble import layers
from cnnlib.experiments.ensemble.block import Block, cross_entropy
from cnnlib.nn.functional._arrays import as_images
from cnnlib.nn.losses import check_labels
from cnnlib.nn.training import batches
from cnnlib.runtime import threads

#: Copies that share one call: their arrays then fit into a processor's second-level cache.
BLOCK = 12


@dataclass(frozen=True, slots=True)
class EnsembleRecord:
    """What one step did to every copy; arrays have the shape (copies,).

    Attributes
    ----------
    step, epoch : int
        Number of steps done, and epoch the step belongs to, both from 1.
    loss, accuracy : array
        Of the batch, before the weights changed; NaN for a copy that has diverged.
    lr : array
        Learning rate of each copy in this step.
    last_of_epoch : bool
        Whether every sample has now been seen `epoch` times.
    """

    step: int
    epoch: int
    loss: np.ndarray
    accuracy: np.ndarray
    lr: np.ndarray
    last_of_epoch: bool


class NetworkEnsemble:
    """Copies of one network, or networks of one architecture, trained and tried out side by side.

    The loss is that of `cnnlib.nn.losses.CrossEntropyLoss`. A copy whose loss is no longer finite
    has diverged: it is set aside (weights zero, no more steps), its losses read NaN from then on.

    Parameters
    ----------
    models : Sequential or list of Sequential
        One network to copy, or several alike in everything but their weights. Layers: Conv2d, Linear,
        ReLU, Tanh, MaxPool2d, Flatten.
    copies : int, optional
        Number of copies of a single network.

    Attributes
    ----------
    params : dict of array
        Weights by name as in ``model.parameters()``, with an axis of the copies in front.
    diverged_at : array of int, shape (copies,)
        Number of the step whose loss was no longer finite; 0 for copies that have not diverged.

    Examples
    --------
    >>> from cnnlib.networks import small_cnn
    >>> ensemble = NetworkEnsemble(small_cnn(rng=0), copies=3)
    >>> ensemble.forward(np.zeros((5, 1, 8, 8), np.float32)).shape
    (3, 5, 10)
    """

    def __init__(self, models, copies=None):
        models = [models] * _copies(copies) if hasattr(models, "layers") else list(models)
        self._check(models)
        self._template = models[0].copy()
        arrays = [{name: value for name, value, _ in model.parameters()} for model in models]
        self.params = {name: np.stack([each[name] for each in arrays]) for name in arrays[0]}
        self.copies = len(models)
        self.diverged_at = np.zeros(self.copies, int)
        count = min(self.copies, _workers() * -(-self.copies // (_workers() * BLOCK)))
        edges = np.linspace(0, self.copies, count + 1).astype(int)
        self._blocks = [Block(self, slice(a, b)) for a, b in itertools.pairwise(edges)]

    @staticmethod
    def _check(models):
        if not models:
            raise ValueError("models must hold at least one network, got an empty list")
        for i, layer in enumerate(models[0].layers):
            if type(layer) not in layers.KINDS:
                known = ", ".join(kind.__name__ for kind in layers.KINDS)
                raise TypeError(f"models must be made of {known}, got {layer!r} at place {i}")
            if getattr(layer, "dilation", (1, 1)) != (1, 1):
                raise ValueError(
                    f"models must have convolutions without dilation, got {layer!r} at place {i}"
                )
        for i, model in enumerate(models):
            if repr(model) != repr(models[0]):
                raise ValueError(f"models must be alike but for their weights, got at place {i} {model!r}")

    def forward(self, x):
        """Outputs (logits) of every copy for the same images: shape (copies, N, K)."""
        x = _memory(x, self.dtype)
        outputs = self._map(lambda block: block.forward(x).swapaxes(1, 2), self._blocks)
        return np.concatenate(outputs)

    def evaluate(self, x, y, batch_size=32):
        """Mean loss and share of right guesses of every copy over a data set.

        Returns
        -------
        loss, accuracy : arrays of float64, shape (copies,); NaN for copies that have diverged
        """
        memory, y = _memory(x, self.dtype), _labels(x, y)

        def over_all(block):
            sums = np.zeros((2, block.size))
            for start in range(0, len(y), batch_size):
                rows = slice(start, start + batch_size)
                loss, accuracy, _ = cross_entropy(block.forward(memory[..., rows]), y[rows])
                sums += len(y[rows]) * np.stack([loss, accuracy])
            return sums / len(y)

        loss, accuracy = np.concatenate(self._map(over_all, self._blocks), axis=1)
        gone = self.diverged_at > 0
        return np.where(gone, np.nan, loss), np.where(gone, np.nan, accuracy)

    def release(self):
        """Give back the memory of the passes, which the next one makes anew: for networks that are kept."""
        for block in self._blocks:
            for layer in block.layers:
                layer.release()

    def gradients(self, x, y):
        """Gradients of the mean loss by every weight array, by name, shaped as `params`."""
        memory, y = _memory(x, self.dtype), _labels(x, y)
        parts = self._map(lambda block: block.gradients(memory, y)[2], self._blocks)
        return {name: np.concatenate([part[name] for part in parts]) for name in self.params}

    def step(self, optimizers, lr, x, y, number):
        """Train every copy on one batch; see `train_ensemble`, which calls this."""
        memory, y = _memory(x, self.dtype), _labels(x, y)
        alive = [block for block in self._blocks if (self.diverged_at[block.where] == 0).any()]
        results = np.full((2, self.copies), np.nan)

        def work(block):
            results[:, block.where] = block.step(optimizers[block.where.start], lr, memory, y)

        self._map(work, alive)
        new = ~np.isfinite(results[0]) & (self.diverged_at == 0)
        self.diverged_at[new] = number
        for block in alive:
            block.set_aside(self.diverged_at[block.where] > 0)
        results[:, self.diverged_at > 0] = np.nan
        return results

    def optimizers(self, optimizer):
        """One independent optimizer a block, made after the pattern of `optimizer`."""
        return {block.where.start: copy.deepcopy(optimizer) for block in self._blocks}

    def model(self, i):
        """Return copy `i` as a network of its own."""
        if self.diverged_at[i]:
            raise ValueError(f"i must be a copy that still has weights, got {i}, which diverged")
        model = self._template.copy()
        for name, value, _ in model.parameters():
            value[...] = self.params[name][i]
        return model

    @property
    def dtype(self):
        return next(iter(self.params.values())).dtype

    def _map(self, work, those):
        def quietly(block):
            with np.errstate(all="ignore"):  # overflow is a result here: see `diverged_at`
                return work(block)

        workers = max(1, min(_workers(), len(those)))
        with threads.single_threaded():
            shares = threads.run_all(
                [lambda i=i: [quietly(each) for each in those[i::workers]] for i in range(workers)]
            )
        return [shares[i % workers][i // workers] for i in range(len(those))]


def train_ensemble(ensemble, optimizer, x, y, *, lr=None, batch_size=32, epochs=1, rng=None, schedule=None):
    """Train all copies on the same batches; a generator that yields one record a step.

    Copy i goes through exactly the batches that `cnnlib.train` would give a single network with the
    same `rng`, so its weights agree with that network's up to rounding.

    Parameters
    ----------
    ensemble : NetworkEnsemble
        Changed in place.
    optimizer : Optimizer
        Pattern for the optimizer of every copy; itself unchanged.
    x, y : arrays
        Images (N, C, H, W) and integer labels (N,).
    lr : array of shape (copies,), optional
        Learning rate of each copy; that of `optimizer` for all if not given.
    batch_size, epochs, rng
        As for `train`.
    schedule : callable, optional
        ``f(step) -> factor`` that multiplies every copy's rate, counted from step 0.

    Yields
    ------
    EnsembleRecord

    Examples
    --------
    >>> from cnnlib.data import load_digits
    >>> from cnnlib.networks import small_cnn
    >>> from cnnlib.nn.optim import SGD
    >>> digits, ensemble = load_digits(), NetworkEnsemble(small_cnn(rng=0), copies=2)
    >>> run = train_ensemble(ensemble, SGD(1.0), digits.x_train, digits.y_train, lr=[0.01, 0.3], rng=0)
    >>> *_, last = run
    >>> bool(last.loss[1] < last.loss[0])
    True
    """
    y = _labels(x, y)
    rates = np.full(ensemble.copies, optimizer.lr) if lr is None else np.asarray(lr, np.float64)
    if rates.shape != (ensemble.copies,) or not (np.isfinite(rates) & (rates >= 0)).all():
        raise ValueError(f"lr must be {ensemble.copies} finite rates, none below 0, one a copy, got {lr}")
    for name, value in (("batch_size", batch_size), ("epochs", epochs)):
        if not isinstance(value, int | np.integer) or value < 1:
            raise ValueError(f"{name} must be a whole number of at least 1, got {value!r}")
    rng = np.random.default_rng(rng)
    return _steps(ensemble, ensemble.optimizers(optimizer), x, y, rates, batch_size, epochs, rng, schedule)


def _steps(ensemble, optimizers, x, y, rates, batch_size, epochs, rng, schedule):
    step = 0
    for epoch in range(1, epochs + 1):
        seen = 0
        for batch in batches(len(x), batch_size, rng):
            lr = rates if schedule is None else rates * schedule(step)
            step, seen = step + 1, seen + len(batch)
            loss, accuracy = ensemble.step(optimizers, lr, x[batch], y[batch], step)
            yield EnsembleRecord(step, epoch, loss, accuracy, lr, seen == len(x))


def _memory(x, dtype):
    """Images (N, C, H, W) as (1, C, H, W, N): one set for all copies, batch last."""
    return np.ascontiguousarray(as_images(x).transpose(1, 2, 3, 0), dtype)[None]


def _labels(x, y):
    y = check_labels(y, np.max(y, initial=0) + 1, "y")
    if len(y) != len(x):
        raise ValueError(f"y must hold {len(x)} labels, one a sample, got {len(y)}")
    return y


def _copies(copies):
    if isinstance(copies, bool) or not isinstance(copies, int | np.integer) or copies < 1:
        raise ValueError(f"copies must be a whole number of at least 1, got {copies!r}")
    return int(copies)


def _workers():
    return min(2, threads.cores())
