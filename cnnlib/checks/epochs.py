"""What can be said of one epoch of a training loop, whatever random order it takes."""

import numpy as np

from cnnlib.checks.exercise import Misfit
from cnnlib.checks.handing import hand_over
from cnnlib.fast import Sequential
from cnnlib.nn.layers import Dropout, Linear
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.runtime.language import say

SAID = (
    "steps taken",
    "every forward in training",
    "how often each image was seen",
    "images in each batch",
    "the same order from the same rng",
    "another order from another rng",
    "another order in the next epoch",
    "images meet others in their batches",
    "neighbours are parted",
    "labels belong to their images",
    "weights, minus those of the same batches trained rightly",
)

RATE = 0.5
TOLD = {
    SAID[3]: "The batches do not have batch_size images each, all but one.",
    SAID[4]: "The order does not come from rng alone: another generator, or np.random, has a part in it.",
    SAID[
        5
    ]: "The order is the same for every rng: rng is not used, or a generator with a seed of its own is.",
    SAID[6]: "Two epochs with one rng have the same order: draw from rng itself, not from a copy of it.",
    SAID[7]: "The batches come in a new order, but each holds the same images every time.",
    SAID[8]: "Most images still come next to their neighbours in the file: the order is hardly shuffled.",
}


class Spy:
    """A network that notes what it is asked for; it learns like any other."""

    def __init__(self, features):
        rng = np.random.default_rng(0)
        layers = [Linear(features, 3, rng=rng, dtype=np.float64), Dropout(0.4, rng=1)]
        self.network = Sequential([*layers, Linear(3, 2, rng=rng, dtype=np.float64)])
        self.seen, self.training, self.used = [], [], set()

    def forward(self, x, training=False):
        self.seen.append(np.array(x, copy=True))
        self.training.append(training)
        return self.network.forward(x, training=training)

    def backward(self, *arguments, **options):
        self.used.add(len(self.seen) - 1)
        return self.network.backward(*arguments, **options)

    def __getattr__(self, name):
        if name == "network":  # not there yet, while a copy is made
            raise AttributeError(name)
        return getattr(self.network, name)


class Listener(CrossEntropyLoss):
    """A loss that notes which labels it is given."""

    def __init__(self):
        super().__init__()
        self.heard, self.used = [], set()

    def backward(self):
        self.used.add(len(self.heard) - 1)
        return super().backward()

    def forward(self, logits, labels):
        self.heard.append(np.array(labels, copy=True))
        return super().forward(logits, labels)


def leave_out_looks(model, loss):
    """Forget guesses, and losses of guesses, that no backward followed, where all others belong together."""
    learnt = [n for n, training in enumerate(model.training) if training or n in model.used]
    heard = [n for n in range(len(loss.heard)) if n in loss.used]
    if len(learnt) == len(heard) > 0:
        model.seen, model.training = ([items[n] for n in learnt] for items in (model.seen, model.training))
        loss.heard = [loss.heard[n] for n in heard]


def one_epoch(function, x, y, batch_size, rng):
    """Let a loop train a small network: network, optimizer and loss after it, images in the order seen."""
    model, optimizer, loss = Spy(x.shape[1]), SGD(RATE), Listener()
    settings = {name: vars(optimizer)[name] for name in ("lr", "momentum", "weight_decay", "nesterov")}
    names = (None, None, None, "x", "y", "batch_size", None)
    try:
        hand_over(function, names, model, loss, optimizer, x.copy(), y.copy(), batch_size, rng)
    except (RuntimeError, ValueError) as error:
        if isinstance(error, ValueError) and "has no gradient yet" not in str(error):
            raise
        raise Misfit(say("A step was taken out of turn: {error}.", error=error)) from error
    if not model.seen:
        raise Misfit("No batch went through the network that was handed over.")
    if changed := [name for name, value in settings.items() if vars(optimizer)[name] != value]:
        raise Misfit(
            say(
                "The optimizer was changed: {changed}; set it up before the epoch begins.",
                changed=", ".join(changed),
            )
        )
    leave_out_looks(model, loss)
    if len(loss.heard) != len(model.seen):
        raise Misfit(
            say(
                "{seen} batches went through the network, {heard} into the loss.",
                seen=len(model.seen),
                heard=len(loss.heard),
            )
        )
    rows = np.concatenate([np.atleast_2d(batch) for batch in model.seen])
    if rows.shape[1:] != x.shape[1:]:
        raise Misfit(
            say(
                "Images of shape {shape} went through the network, expected {shape2}.",
                shape=rows.shape[1:],
                shape2=x.shape[1:],
            )
        )
    order = np.abs(rows[:, None] - x).sum(axis=2).argmin(axis=1)
    if not np.allclose(rows, x[order], rtol=1e-5, atol=1e-6):
        raise Misfit("The network was shown other numbers than those of the images.")
    return model, optimizer, loss, order


def said_of_orders(function, x, y, batch_size):
    """What can be said of the orders that several generators gave, by zeros and ones as in `SAID`.

    Where images are few, chance may give the same order, batches or neighbours twice: then nothing is said.
    """
    if len(x) % 3 != 0:  # a third of the cases says enough
        return (1.0,) * 5
    order = {}
    for name, seed in zip("abcdef", (3, 3, 0, 1, 2, 4), strict=True):
        rng = np.random.default_rng(seed)
        order[name] = one_epoch(function, x, y, batch_size, rng)[3]
        if name == "a":
            following = one_epoch(function, x, y, batch_size, rng)[3]
    several = [order[name] for name in "acdef"]
    few = len(x) < 6 or len({len(one) for one in several}) > 1
    cuts = range(0, len(x), batch_size)
    batches = {frozenset(frozenset(one[cut : cut + batch_size].tolist()) for cut in cuts) for one in several}
    steady = np.mean([np.abs(np.diff(one)) == 1 for one in several]) if not few else 0
    return (
        float(np.array_equal(order["a"], order["b"])),
        float(len(x) < 4 or len({tuple(one) for one in several}) > 1),
        float(len(x) < 6 or not np.array_equal(order["a"], following)),
        float(few or batch_size == 1 or batch_size >= len(x) or len(batches) > 1),
        float(few or steady < 0.7),
    )


def run_epoch(function, x, y, batch_size):
    """What can be said of an epoch whatever order ``rng`` gave it, by the names of `SAID`."""
    model, optimizer, loss, order = one_epoch(function, x, y, batch_size, np.random.default_rng(3))
    labels = np.concatenate([np.atleast_1d(heard) for heard in loss.heard])
    together = labels.shape == order.shape and bool((labels == y[order]).all())
    again, sound = Spy(x.shape[1]), SGD(RATE)
    for images, named in zip(model.seen, loss.heard, strict=True):
        step = CrossEntropyLoss()
        step.forward(again.forward(images, training=True), named)
        again.backward(step.backward())
        sound.step(again.parameters())
    after, wanted = (
        np.concatenate([value.ravel() for _, value, _ in net.network.parameters()]) for net in (model, again)
    )
    times = np.bincount(order, minlength=len(x)).astype(float)
    sizes = np.sort([len(np.atleast_2d(batch)) for batch in model.seen])[::-1].astype(float)
    orders = said_of_orders(function, x, y, batch_size)
    steps, training = float(optimizer.steps), float(all(model.training))
    return steps, training, times, sizes, *orders, float(together), after - wanted
