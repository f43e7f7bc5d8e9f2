"""Exercises of notebook 09: the training loop, and the confusion matrix."""

import numpy as np

from cnnlib.checks.exercise import Exercise, Misconception, Misfit, register
from cnnlib.fast import Sequential
from cnnlib.nn.layers import Dropout, Linear
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD


def train_epoch(model, loss, optimizer, x, y, batch_size, rng):
    """The loop of `cnnlib.nn.training.train`, bare."""
    order = rng.permutation(len(x))
    for start in range(0, len(x), batch_size):
        batch = order[start : start + batch_size]
        loss.forward(model.forward(x[batch], training=True), y[batch])
        model.backward(loss.backward())
        optimizer.step(model.parameters())


SAID = (
    "steps taken",
    "every forward in training",
    "how often each image was seen",
    "another order from another rng",
    "labels belong to their images",
    "weights, minus those of the same batches trained rightly",
)


class Spy:
    """A network that notes what it is asked for; it learns like any other."""

    def __init__(self, features):
        rng = np.random.default_rng(0)
        layers = [Linear(features, 3, rng=rng, dtype=np.float64), Dropout(0.4, rng=1)]
        self.network = Sequential([*layers, Linear(3, 2, rng=rng, dtype=np.float64)])
        self.seen, self.training = [], []

    def forward(self, x, training=False):
        self.seen.append(np.array(x, copy=True))
        self.training.append(training)
        return self.network.forward(x, training=training)

    def __getattr__(self, name):
        return getattr(self.network, name)


class Listener(CrossEntropyLoss):
    """A loss that notes which labels it is given."""

    def __init__(self):
        super().__init__()
        self.heard = []

    def forward(self, logits, labels):
        self.heard.append(np.array(labels, copy=True))
        return super().forward(logits, labels)


def one_epoch(function, x, y, batch_size, seed):
    """Let a loop train a small network: network, optimizer and loss after it, images in the order seen."""
    model, optimizer, loss = Spy(x.shape[1]), SGD(0.5), Listener()
    try:
        function(model, loss, optimizer, x.copy(), y.copy(), batch_size, np.random.default_rng(seed))
    except RuntimeError as error:
        raise Misfit(f"A step was taken out of turn: {error}.") from error
    if not model.seen:
        raise Misfit("No batch went through the network.")
    if len(loss.heard) != len(model.seen):
        raise Misfit(f"{len(model.seen)} batches went through the network, {len(loss.heard)} into the loss.")
    rows = np.concatenate([np.atleast_2d(batch) for batch in model.seen])
    return model, optimizer, loss, np.abs(rows[:, None] - x).sum(axis=2).argmin(axis=1)


def run_epoch(function, x, y, batch_size):
    """What can be said of an epoch whatever order ``rng`` gave it, by the names of `SAID`."""
    model, optimizer, loss, order = one_epoch(function, x, y, batch_size, seed=3)
    labels = np.concatenate([np.atleast_1d(heard) for heard in loss.heard])
    together = labels.shape == order.shape and bool((labels == y[order]).all())
    orders = {tuple(one_epoch(function, x, y, batch_size, seed)[3]) for seed in range(6)}
    shuffled = len(x) < 4 or len(orders) > 1  # few images may fall into the same order six times
    again, sound = Spy(x.shape[1]), SGD(0.5)
    for images, named in zip(model.seen, loss.heard, strict=True):
        step = CrossEntropyLoss()
        step.forward(again.forward(images, training=True), named)
        again.backward(step.backward())
        sound.step(again.parameters())
    after, wanted = (
        np.concatenate([value.ravel() for _, value, _ in net.network.parameters()]) for net in (model, again)
    )
    times = np.bincount(order, minlength=len(x)).astype(float)
    steps = float(optimizer.steps)
    return steps, float(all(model.training)), times, float(shuffled), float(together), after - wanted


def epoch_cases(rng):
    """Images as vectors, labels, batch size; the last batch is often a short one."""
    yield np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([0, 1]), 1
    yield np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), np.array([0, 1, 0]), 2
    for number in range(22):
        n, features = 4 + number, int(rng.integers(2, 5))
        x = rng.normal(size=(n, features))
        yield x, (x[:, 0] > 0).astype(int), int(rng.integers(2, 5))


def _in_order(model, loss, optimizer, x, y, batch_size, rng):
    for start in range(0, len(x), batch_size):
        batch = slice(start, start + batch_size)
        loss.forward(model.forward(x[batch], training=True), y[batch])
        model.backward(loss.backward())
        optimizer.step(model.parameters())


def _labels_left_behind(model, loss, optimizer, x, y, batch_size, rng):
    train_epoch(model, loss, optimizer, x[rng.permutation(len(x))], y, batch_size, _Same())


class _Same:
    """Stands in for a generator that leaves the order as it is."""

    def permutation(self, n):
        return np.arange(n)


def _without_training(model, loss, optimizer, x, y, batch_size, rng):
    order = rng.permutation(len(x))
    for start in range(0, len(x), batch_size):
        batch = order[start : start + batch_size]
        loss.forward(model.forward(x[batch]), y[batch])
        model.backward(loss.backward())
        optimizer.step(model.parameters())


def _short_batch_lost(model, loss, optimizer, x, y, batch_size, rng):
    order = rng.permutation(len(x))
    for i in range(len(x) // batch_size):
        batch = order[i * batch_size : (i + 1) * batch_size]
        loss.forward(model.forward(x[batch], training=True), y[batch])
        model.backward(loss.backward())
        optimizer.step(model.parameters())


def _one_step(model, loss, optimizer, x, y, batch_size, rng):
    order = rng.permutation(len(x))
    for start in range(0, len(x), batch_size):
        batch = order[start : start + batch_size]
        loss.forward(model.forward(x[batch], training=True), y[batch])
        model.backward(loss.backward())
    optimizer.step(model.parameters())


def _drawn_again(model, loss, optimizer, x, y, batch_size, rng):
    for _ in range(0, len(x), batch_size):
        batch = rng.permutation(len(x))[:batch_size]
        loss.forward(model.forward(x[batch], training=True), y[batch])
        model.backward(loss.backward())
        optimizer.step(model.parameters())


register(
    Exercise(
        name="09.train_epoch",
        signature="train_epoch(model, loss, optimizer, x, y, batch_size, rng) -> None",
        inputs=("x", "y", "batch_size"),
        outputs=SAID,
        oracle=train_epoch,
        cases=epoch_cases,
        run=run_epoch,
        hints=(
            "One call of rng.permutation(len(x)) gives the order of the whole epoch; images and labels are"
            " both picked by it.",
            "For each piece of the order, the short last one too: forward with training=True, loss, backward"
            " of the loss, backward of the network, one step of the optimizer.",
        ),
        misconceptions=(
            Misconception("never shuffled", "The images come in the order of the file.", _in_order),
            Misconception(
                "labels left behind",
                "Images were put in a new order, labels not, or in another: they no longer belong together.",
                _labels_left_behind,
            ),
            Misconception(
                "inference in training",
                "The network was asked as for a guess, with training=False: Dropout does nothing.",
                _without_training,
            ),
            Misconception(
                "short batch lost", "The last images, fewer than a batch, are never used.", _short_batch_lost
            ),
            Misconception(
                "one step an epoch",
                "The optimizer steps once, after the last batch; the other gradients are lost.",
                _one_step,
            ),
            Misconception(
                "drawn again for each batch",
                "A new order is drawn for each batch: some images come twice, others never.",
                _drawn_again,
            ),
        ),
    )
)


def count_pairs(labels, guesses, num_classes):
    """Row: true class, column: guess."""
    return np.bincount(labels * num_classes + guesses, minlength=num_classes**2).reshape(num_classes, -1)


def confusion_cases(rng):
    """Labels, guesses, number of classes; some classes never occur."""
    yield np.array([0, 0, 1]), np.array([0, 1, 1]), 2
    yield np.array([2, 2, 2]), np.array([0, 0, 1]), 4
    for number in range(30):
        k = int(rng.integers(2, 6))
        yield (*rng.integers(0, k, (2, 3 + number)), k)


def _shares(labels, guesses, num_classes):
    counts = count_pairs(labels, guesses, num_classes)
    return counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)


def _last_only(labels, guesses, num_classes):
    matrix = np.zeros((num_classes, num_classes), int)
    matrix[labels, guesses] += 1
    return matrix


register(
    Exercise(
        name="09.confusion_matrix",
        signature="confusion_matrix(labels, guesses, num_classes) -> matrix",
        inputs=("labels", "guesses", "num_classes"),
        outputs=("matrix",),
        oracle=count_pairs,
        cases=confusion_cases,
        hints=(
            "Start from a square of zeros and walk through both lists together, one image at a time.",
            "Each image adds one at row label and column guess. `matrix[labels, guesses] += 1` in one go"
            " counts a pair once however often it occurs: use a loop, np.add.at or np.bincount.",
        ),
        misconceptions=(
            Misconception(
                "rows and columns swapped",
                "Rows and columns are swapped: the true class is the row.",
                lambda labels, guesses, k: count_pairs(guesses, labels, k),
            ),
            Misconception(
                "each pair once",
                "Each pair is counted once at most: an indexed += does not add up repeats.",
                _last_only,
            ),
            Misconception("shares", "These are shares of each row; counts were asked for.", _shares),
            Misconception(
                "mistakes only",
                "Right guesses are missing from the diagonal.",
                lambda labels, guesses, k: count_pairs(labels, guesses, k) * (1 - np.eye(k, dtype=int)),
            ),
            Misconception(
                "diagonal only",
                "Only right guesses are counted.",
                lambda labels, guesses, k: count_pairs(labels, guesses, k) * np.eye(k, dtype=int),
            ),
        ),
    )
)
