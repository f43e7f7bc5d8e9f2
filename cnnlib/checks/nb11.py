"""Exercise of notebook 11: the training loop."""

import numpy as np

from cnnlib.checks.epochs import SAID, TOLD, run_epoch
from cnnlib.checks.exercise import Exercise, Misconception, register


def train_epoch(model, loss, optimizer, x, y, batch_size, rng):
    """The loop of `cnnlib.nn.training.train`, bare."""
    order = rng.permutation(len(x))
    for start in range(0, len(x), batch_size):
        batch = order[start : start + batch_size]
        loss.forward(model.forward(x[batch], training=True), y[batch])
        model.backward(loss.backward())
        optimizer.step(model.parameters())


def epoch_cases(rng):
    """Images as vectors, labels, batch size; the last batch is often a short one."""
    yield np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([0, 1]), 1
    yield np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), np.array([0, 1, 0]), 2
    for number in range(18):
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


def loop(batches, *, pick=lambda x, y, batch: (x[batch], y[batch]), before=False):
    """A training loop over the batches that ``batches(n, batch_size, rng)`` gives."""

    def train(model, loss, optimizer, x, y, batch_size, rng):
        for batch in batches(len(x), batch_size, rng):
            images, labels = pick(x, y, batch)
            loss.forward(model.forward(images, training=True), labels)
            dy = loss.backward()
            if before:
                optimizer.step(model.parameters())
            model.backward(dy)
            if not before:
                optimizer.step(model.parameters())

    return train


def cut(order, size):
    """An order in pieces."""
    return [order[start : start + size] for start in range(0, len(order), size)]


def _shuffled_batches(n, size, rng):
    batches = cut(np.arange(n), size)
    return [batches[number] for number in rng.permutation(len(batches))]


def _even_batches(n, size, rng):
    return np.array_split(rng.permutation(n), -(-n // size))


def _begun_anywhere(n, size, rng):
    return cut(np.roll(np.arange(n), rng.integers(n)), size)


def _with_replacement(n, size, rng):
    return cut(rng.integers(n, size=n), size)


def _same_numbers(n, size, rng):
    return cut(np.random.default_rng(0).permutation(n), size)


def _shuffled_in_place(model, loss, optimizer, x, y, batch_size, rng):
    order = rng.permutation(len(x))
    x[:], y[:] = x[order], y[order]
    train_epoch(model, loss, optimizer, x, y, batch_size, rng)


register(
    Exercise(
        name="11.train_epoch",
        signature="train_epoch(model, loss, optimizer, x, y, batch_size, rng) -> None",
        inputs=("x", "y", "batch_size"),
        outputs=SAID,
        oracle=train_epoch,
        cases=epoch_cases,
        run=run_epoch,
        told=TOLD,
        probed=False,
        hints=(
            "One call of rng.permutation(len(x)) gives the order of the whole epoch; images and labels are"
            " both picked by it.",
            "For each piece of the order, the short last one too: forward with training=True, loss, backward"
            " of the loss, backward of the network, one step of the optimizer.",
        ),
        misconceptions=(
            Misconception(
                "never shuffled",
                "The images come in the order of the file.",
                _in_order,
                (loop(lambda n, size, rng: cut(np.arange(n)[::-1], size)),),
            ),
            Misconception(
                "only the batches shuffled",
                "The batches come in a new order, but each holds the same images every time; the images "
                "themselves are to be shuffled.",
                loop(_shuffled_batches),
            ),
            Misconception(
                "begun anywhere",
                "The order is that of the file, begun at another place; neighbours stay neighbours.",
                loop(_begun_anywhere),
            ),
            Misconception(
                "drawn with replacement",
                "Each image is drawn anew from all of them: some come twice, others never.",
                loop(_with_replacement),
            ),
            Misconception(
                "one order for ever",
                "The order is the same whatever rng says: it comes from a generator of its own.",
                loop(_same_numbers),
            ),
            Misconception(
                "batches of even size",
                "The batches were made equally large; only the last one may be smaller than batch_size.",
                loop(_even_batches),
            ),
            Misconception(
                "step before backward",
                "The optimizer steps before the gradients of this batch are known.",
                loop(lambda n, size, rng: cut(rng.permutation(n), size), before=True),
            ),
            Misconception(
                "one batch too many",
                "The images of one batch come twice in an epoch.",
                loop(
                    lambda n, size, rng: (lambda batches: [*batches, batches[0]])(
                        cut(rng.permutation(n), size)
                    )
                ),
            ),
            Misconception(
                "arrays shuffled themselves",
                "x and y are put in a new order where they lie; whoever handed them over finds them changed.",
                _shuffled_in_place,
            ),
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
