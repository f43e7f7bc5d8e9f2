"""A network while it trains: loss, accuracy, first-layer filters, and the images it still gets wrong."""

from __future__ import annotations

import copy
import math
from array import array
from dataclasses import dataclass

import numpy as np

from cnnlib.data import Split, load_digits
from cnnlib.experiments.examiner import Examiner, Judgement
from cnnlib.networks import small_cnn
from cnnlib.nn.layers import Conv2d
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.nn.training import train
from cnnlib.viz import Axis, Heatmap, Line, Panel, Points, Region, Scene, Text, image_panel, mosaic
from cnnlib.widgets.base import Challenge, LogSlider, Slider, Widget

_WRONG_ROWS, _WRONG_COLUMNS = 3, 4
_MOST_POINTS = 500  # of the loss curve
ENOUGH = 300  # images judged, for a share that says something
FIRST_HORIZON = 20_000  # images seen at the right end of the axes, at first


@dataclass
class EpochEnd:
    """Everything needed to go on training from the end of an epoch, exactly as if nothing had come after."""

    step: int
    weights: dict
    optimizer: object
    rng: dict
    accuracy: float
    seen: int
    losses: array  # of the batches of this epoch


class TrainingView(Widget):
    """Train a network live, and rewind it to the end of any epoch, or to its first weights.

    Parameters
    ----------
    split : Split, optional
        Images to train and to test on; by default the bundled digits.
    judged : str
        What the second half of the split is called: validation images are those that settings are chosen by.
    make_model : callable, optional
        ``make_model(rng=…) -> Sequential``; by default `cnnlib.networks.small_cnn`.
    make_optimizer : callable, optional
        ``make_optimizer(lr=…) -> Optimizer``; by default SGD with momentum 0.9.
    batch_size, epochs, seed : int
        Samples a step, epochs at most, and the seed of first weights and order of samples.
    probe : int
        Test images that are judged by, at most. While it plays, a few at a time: see
        `cnnlib.experiments.examiner`.
    **options
        As for `Widget`: `challenge`, `show`, and values of controls.

    Facts: ``steps``, ``seen`` (training images so far), ``epochs`` (completed), ``rate``; ``judged`` (test
    images that the following are about), ``loss``, ``accuracy``, ``wrong``.

    >>> view = TrainingView()
    >>> view.advance(45)
    45
    >>> view.facts["epochs"], view.facts["accuracy"] > 0.5
    (1, True)
    """

    title = "A small network learns to read digits"
    speed = "100 steps a second"  # as fast as it goes is over before it is seen
    controls = (
        LogSlider("rate", 1e-4, 1, 0.03, label="Learning rate"),
        Slider("epoch", 0, 10_000, 0, integer=True, label="Rewind to epoch"),
    )
    volatile = ("epoch",)
    at_end = "All epochs are done. Rewind to an earlier one to train from there, perhaps at another rate."
    challenge = Challenge(
        "more than 95 % of the test images right",
        lambda facts: facts["accuracy"] > 0.95 and facts["judged"] >= ENOUGH,
    )

    def __init__(
        self,
        split: Split | None = None,
        *,
        make_model=small_cnn,
        make_optimizer=lambda lr: SGD(lr=lr, momentum=0.9),
        judged: str = "test images",
        batch_size: int = 32,
        epochs: int = 30,
        seed: int = 0,
        probe: int = 2000,
        **options,
    ) -> None:
        self.split = load_digits() if split is None else split
        self.make_model, self.make_optimizer = make_model, make_optimizer
        self.batch_size, self.epochs, self.seed, self.probe = batch_size, epochs, seed, probe
        self.epoch_steps = math.ceil(len(self.split.x_train) / batch_size)
        self.judged = judged
        self.examiner = Examiner(self.split.x_test[:probe], self.split.y_test[:probe])
        super().__init__(**options)

    # Training and rewinding.

    def begin(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        self.model = self.make_model(rng=self.rng)
        self.optimizer = self.make_optimizer(lr=self.state["rate"])
        self.losses = array("d")
        self.course: list[tuple[int, float]] = []  # training images seen, share right, while it played
        self.current = False  # whether all that is judged by was judged with the present weights
        self.snapshots: list[EpochEnd] = []
        self.remember()

    def remember(self) -> None:
        """Keep a snapshot of the end of an epoch."""
        weights = {name: values.copy() for name, values in self.model.arrays().items()}
        rng = copy.deepcopy(self.rng.bit_generator.state)
        accuracy = self.judge_all().accuracy
        optimizer = copy.deepcopy(self.optimizer)
        losses = self.losses[self.snapshots[-1].step :] if self.snapshots else self.losses[:]
        self.snapshots.append(
            EpochEnd(len(self.losses), weights, optimizer, rng, accuracy, self.seen(), losses)
        )
        self.put(epoch=len(self.snapshots) - 1)

    def restore(self, epoch: int) -> None:
        """Put the network back to the end of an epoch; later ones stay until training goes on."""
        self.challenge_reached = False
        snapshot = self.snapshots[epoch]
        for name, values in self.model.arrays().items():
            values[...] = snapshot.weights[name]
        self.optimizer = copy.deepcopy(snapshot.optimizer)
        self.rng.bit_generator.state = copy.deepcopy(snapshot.rng)
        self.losses = array("d", (loss for kept in self.snapshots[: epoch + 1] for loss in kept.losses))
        self.current = False
        self.live.forget_run()

    def train(self):
        """One ``yield`` a step, from the present epoch on."""
        del self.snapshots[self.state["epoch"] + 1 :]
        self.course = [point for point in self.course if point[0] <= self.seen()]
        while len(self.snapshots) <= self.epochs:
            records = train(
                self.model,
                CrossEntropyLoss(),
                self.optimizer,
                self.split.x_train,
                self.split.y_train,
                batch_size=self.batch_size,
                rng=self.rng,
                schedule=lambda step: self._state["rate"],
            )
            for record in quiet(records):
                self.losses.append(record.loss)
                self.current = False
                self.watch()
                if record.last_of_epoch:
                    self.remember()
                yield record

    def changed(self, before: dict, after: dict) -> None:
        if after["epoch"] != before["epoch"]:
            self.restore(after["epoch"])

    def rewind(self) -> None:
        self.put(epoch=0)
        self.restore(0)

    def limits(self, state: dict) -> dict:
        return {"epoch": (0, len(self.snapshots) - 1)}

    # The picture.

    def seen(self) -> int:
        """Training images that the network has learned from, each counted as often as it was used."""
        epochs, steps = divmod(len(self.losses), self.epoch_steps)
        return epochs * len(self.split.x_train) + steps * self.batch_size

    def watch(self) -> None:
        """While it plays: judge a few images now and then; a point of the curve once there are enough."""
        if self.live.loop.running and self.examiner.learned(self.model, self.batch_size):
            found = self.examiner.judgement()
            if found.count >= min(ENOUGH, len(self.examiner.x)):
                self.course.append((self.seen(), found.accuracy))

    def judge_all(self) -> Judgement:
        """Judge all, unless that was done with these weights."""
        if not self.current:
            self.examiner.judge_all(self.model)
            self.current = True
        return self.examiner.judgement()

    def compute(self, state: dict) -> Scene:
        found = self.examiner.judgement() if self.live.loop.running else self.judge_all()
        steps = len(self.losses)
        facts = {
            "steps": steps,
            "seen": self.seen(),
            "epochs": steps // self.epoch_steps,
            "judged": found.count,
            "loss": found.loss,
            "accuracy": found.accuracy,
            "wrong": len(found.wrong),
            "rate": state["rate"],
        }
        panels = [
            self.loss_panel(),
            self.accuracy_panel(found.accuracy),
            self.filter_panel(),
            self.wrong_panel(found),
        ]
        return Scene(panels, self.sentence(facts), facts, rows=(1, 1), columns=(10, 6, 7), height=400)

    def sentence(self, facts: dict) -> str:
        steps, epochs, seen = facts["steps"], facts["epochs"], facts["seen"]
        which = "last " if facts["judged"] < len(self.examiner.x) else ""
        shown = " that it was shown" if which else ""
        share = f"{100 * facts['accuracy']:.1f} %"
        right = f"{share} of the {which}{facts['judged']:,} {self.judged}{shown} are right"
        if steps == 0:
            return f"Before the first step the loss on the {self.judged} is {facts['loss']:.2f} and {right}."
        if facts["judged"] and not math.isfinite(facts["loss"]):
            return f"After {steps:,} steps the loss is no number any more: the steps were too large. Rewind."
        words = (
            f"After {steps:,} step{'s' * (steps != 1)} ({seen:,} images, {epochs} epoch{'s' * (epochs != 1)})"
        )
        if facts["judged"]:
            words += f" the loss on the {self.judged} is {facts['loss']:.2f} and {right}"
        return (
            f"{words}. These were all epochs: rewind to train anew." if epochs >= self.epochs else f"{words}."
        )

    def loss_panel(self) -> Panel:
        """The loss of each batch, or its mean over 2, 4, 8, … batches once there are very many."""
        block = 1
        while len(self.losses) > _MOST_POINTS * block:
            block *= 2
        whole = len(self.losses) // block * block
        losses = np.frombuffer(self.losses)[:whole].reshape(-1, block)
        with np.errstate(all="ignore"):
            means = np.clip(np.nan_to_num(losses.mean(axis=1), nan=np.inf), 1e-3, 1e3)
        steps = block * (np.arange(len(means)) + 1) - (block - 1) / 2
        images = steps * len(self.split.x_train) / self.epoch_steps
        x, y = self.images_axis(), Axis(1e-3, 10, "loss", log=True)
        title = "Loss of each batch" if block == 1 else f"Loss, mean of {block} batches"
        return Panel([Line(images, means, width=1.5)], x, y, title=title)

    def accuracy_panel(self, accuracy: float) -> Panel:
        """The share right at the end of each epoch (points), while it played (line), and now."""
        seen = self.seen()
        kept = [snapshot for snapshot in self.snapshots if snapshot.seen <= seen]
        kept = kept[:: 1 + len(kept) // _MOST_POINTS]
        ends = [(snapshot.seen, snapshot.accuracy) for snapshot in kept] + [(seen, accuracy)]
        between = [point for point in self.course if point[0] <= seen]
        curve = sorted([*between[:: 1 + len(between) // _MOST_POINTS], *ends])
        (x, y), (ends_x, ends_y) = np.array(curve).T, np.array(ends).T
        marks = [
            Region(y0=95, color="green", alpha=0.15),
            Line(x, 100 * y, color="orange"),
            Points(ends_x, 100 * ends_y, color="orange", size=2.5),
        ]
        title = f"{self.judged.capitalize()} right"
        x_axis = self.images_axis()
        return Panel(marks, x_axis, Axis(0, 100, "%"), title=title, at=(1, 0))

    def images_axis(self) -> Axis:
        ticks = np.linspace(0, self.horizon(), 5)
        return Axis(0, self.horizon(), "images seen", ticks=ticks, names=[f"{tick:,.0f}" for tick in ticks])

    def horizon(self) -> int:
        """Right end of the axes: doubles as the run grows, so that they seldom change."""
        end = min(5 * len(self.split.x_train), FIRST_HORIZON)
        while end < self.seen():
            end *= 2
        return end

    def filter_panel(self) -> Panel:
        """The first layer's filters, each averaged over its input channels, on one scale about zero."""
        layer = next((layer for layer in self.model if isinstance(layer, Conv2d)), None)
        if layer is None:
            return Panel(
                [], Axis(0, 1, visible=False), Axis(0, 1, visible=False), title="No filters", at=(0, 1, 2, 1)
            )
        filters = np.nan_to_num(layer.params["weight"].mean(axis=1), posinf=0, neginf=0)
        reach = max(0.5, math.ceil(2 * float(np.abs(filters).max())) / 2)
        columns = math.ceil(math.sqrt(len(filters) / 2))
        return image_panel(
            mosaic(filters, columns),
            title=f"First-layer filters (±{reach:g})",
            at=(0, 1, 2, 1),
            cmap="diverging",
            vmin=-reach,
            vmax=reach,
            tile=(*filters.shape[1:], 1),
            means="weight",
            tile_names=[f"filter {i}" for i in range(len(filters))],
        )

    def wrong_panel(self, found: Judgement) -> Panel:
        """Some of the test images that are still wrong, with the true and the guessed class beneath."""
        height, width = self.split.x_test.shape[2:]
        label = height * 0.35
        shown = found.wrong[: _WRONG_ROWS * _WRONG_COLUMNS]
        names = self.split.class_names
        marks, step_x, step_y = [], width * 1.15, height + label + 0.1 * height
        for place, index in enumerate(shown):
            row, column = divmod(place, _WRONG_COLUMNS)
            left, top = column * step_x, row * step_y
            image = self.split.x_test[index].mean(axis=0)
            extent = (left, left + width, top, top + height)
            marks.append(Heatmap(image, extent, cmap="ink", vmin=0, vmax=1, hover=False))
            words = f"{names[self.split.y_test[index]]} → {names[found.guesses[place]]}"
            marks.append(Text(left + width / 2, top + height + label / 2, words, size=11))
        if len(shown) == 0:
            marks.append(Text(2 * step_x, 1.5 * step_y, "none is wrong", size=13))
        x = Axis(0, _WRONG_COLUMNS * step_x - 0.15 * width, visible=False)
        y = Axis(_WRONG_ROWS * step_y, 0, visible=False)
        title = f"{len(found.wrong):,} wrong (true → guess)"
        return Panel(marks, x, y, title=title, at=(0, 2, 2, 1), equal=True, grid=False)


def quiet(records):
    """The same records, without NumPy's warnings when a too large rate overflows: the picture says it."""
    while True:
        with np.errstate(all="ignore"):
            record = next(records, None)
        if record is None:
            return
        yield record
