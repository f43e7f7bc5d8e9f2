"""A network while it trains: a wall of images with its guesses, accuracy, loss, first-layer filters."""

from __future__ import annotations

import copy
import math
from array import array

import numpy as np

from cnnlib.data import Split, load_mnist_sample
from cnnlib.experiments.examiner import Examiner, Judgement
from cnnlib.networks import mnist_cnn
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.nn.training import Position, train
from cnnlib.viz import Scene, Strip
from cnnlib.widgets.base import Choice, LogSlider, Slider, Widget
from cnnlib.widgets.start_here import training_picture as picture
from cnnlib.widgets.start_here import training_words as words
from cnnlib.widgets.start_here.training_steps import Snapshot, quiet
from cnnlib.widgets.start_here.training_words import ENOUGH
from cnnlib.widgets.start_here.wall import Wall, wall_panel

HELD_BACK = 2000  # of the bundled images, for validation
SHOWN = ("sample", "wrong")  # on the wall: always the same images, or those that are wrong
EARLY = (1, 2, 3, 4, 6, 8, 11, 16, 23, 32, 45, 64)  # steps after which it is judged anew: much has changed
SLOWLY = 8  # steps a second at first, and one more with each step
FEW = 500  # images that take no time worth mention: all are judged at once


class TrainingView(Widget):
    """Train a network live, and rewind it to any step that was kept: many at first, then fewer and fewer.

    Parameters
    ----------
    split : Split, optional
        Images to train and to judge by; by default MNIST's sample, 2,000 images of it held back.
    judged : str, optional
        What the second half of the split is called; of a split that was given, by default test images.
    make_model : callable
        ``make_model(rng=…) -> Sequential``, for images of this size.
    make_optimizer : callable, optional
        ``make_optimizer(lr=…) -> Optimizer``; by default SGD with momentum 0.9.
    batch_size, epochs, seed : int
        Samples a step, epochs at most, and the seed of first weights and order of samples.
    probe : int
        Test images that are judged by, at most. While it plays, a few at a time: see
        `cnnlib.experiments.examiner`.
    goal : float
        Share of the test images to get right, below 1, for the challenge and as a line in the picture. It
        counts once there are `ENOUGH` answers, and so many that twenty of them may be wrong.
    **options
        As for `Widget`: `challenge`, `show`, and values of controls.

    Facts: ``steps``, ``seen`` (training images so far), ``epochs`` (completed), ``rate``; ``judged`` (test
    images that the following are about), ``loss``, ``accuracy``, ``wrong``.

    >>> view = TrainingView()
    >>> view.advance(45)
    45
    >>> view.facts["seen"], view.facts["accuracy"] > 0.5
    (1440, True)
    """

    title = "A small network learns to read digits"
    speed = "100 steps a second"  # as fast as it goes is over before it is seen
    controls = (
        LogSlider("rate", 1e-4, 1, 0.03, label="Learning rate"),
        Slider("step", 0, 1_000_000, 0, integer=True, label="Rewind to step"),
        Choice("wall", SHOWN, label="Images shown", picker="segments", words=("a sample", "still wrong")),
        Choice("scale", ("linear", "log"), label="Scale of the loss", picker="segments"),
    )
    slots = {"bar": ("rate", "wall"), "more": ("scale",), "handle": ("step",)}
    volatile = ("step",)
    at_end = "All epochs are done. Rewind to an earlier step to train from there, perhaps at another rate."

    def __init__(
        self,
        split: Split | None = None,
        *,
        make_model=mnist_cnn,
        make_optimizer=lambda lr: SGD(lr=lr, momentum=0.9),
        judged: str | None = None,
        batch_size: int = 32,
        epochs: int = 30,
        seed: int = 0,
        probe: int = 2000,
        goal: float = 0.95,
        **options,
    ) -> None:
        self.split = load_mnist_sample().hold_back(HELD_BACK) if split is None else split
        self.make_model, self.make_optimizer = make_model, make_optimizer
        self.batch_size, self.epochs, self.seed, self.probe = batch_size, epochs, seed, probe
        self.epoch_steps = math.ceil(len(self.split.x_train) / batch_size)
        self.judged = judged or ("validation images" if split is None else "test images")
        self.goal_share = goal
        x, y = self.split.x_test[:probe], self.split.y_test[:probe]
        watched = Wall(y, len(self.split.class_names)).sample
        part = len(x) if len(x) <= FEW else 100
        self.examiner = Examiner(x, y, part=part, always=watched[watched >= 0])
        self.challenge = words.goal_challenge(self)
        super().__init__(**options)

    # Training and rewinding.

    def begin(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        self.model = self.make_model(rng=self.rng)
        self.optimizer = self.make_optimizer(lr=self.state["rate"])
        self.position = Position()
        self.losses = array("d")  # of every step, also of those after the one rewound to
        self.course: list[tuple[int, float, float]] = []  # step, loss and share right, also of later ones
        self.current = False  # whether all that is judged by was judged with the present weights
        self.snapshots: list[Snapshot] = []
        self.wall = Wall(self.examiner.y, len(self.split.class_names), self.examiner.x)
        self.chosen: int | None = None
        self.start = self.first_filters()
        self.remember()

    @property
    def steps(self) -> int:
        """Steps taken on the way to the present weights."""
        return self.position.step

    def first_filters(self) -> np.ndarray | None:
        """The first layer's filters, each averaged over its input channels."""
        layer = picture.first_convolution(self.model)
        return None if layer is None else layer.params["weight"].mean(axis=1).copy()

    def remember(self) -> None:
        """Keep a snapshot of the present step; judge all at the end of an epoch, or when there is time."""
        weights = {name: values.copy() for name, values in self.model.arrays().items()}
        rng = copy.deepcopy(self.rng.bit_generator.state)
        place, optimizer = copy.deepcopy(self.position), copy.deepcopy(self.optimizer)
        self.snapshots.append(Snapshot(place, weights, optimizer, rng))
        few = len(self.examiner.x) <= FEW
        if few or not self.live.loop.running or self.steps % self.epoch_steps == 0:
            self.note(self.judge_all())

    def due(self) -> bool:
        """Whether the present step is kept: the first few, eight of the first epoch, then ever fewer."""
        gap = max(1, self.epoch_steps * min(8, 2 ** ((self.steps - 1) // self.epoch_steps)) // 8)
        within = (self.steps - 1) % self.epoch_steps + 1
        return self.steps in (1, 2, 4) or within == self.epoch_steps or within % gap == 0

    def kept_beside(self, step: int, later: bool) -> Snapshot:
        """The snapshot of `step`, or else the next one before it, or after it if `later`."""
        if later:
            return next((kept for kept in self.snapshots if kept.step >= step), self.snapshots[-1])
        return next(kept for kept in reversed(self.snapshots) if kept.step <= step)

    def restore(self, snapshot: Snapshot) -> None:
        """Put the network back to a snapshot; later ones stay until training goes on."""
        for name, values in self.model.arrays().items():
            values[...] = snapshot.weights[name]
        self.optimizer = copy.deepcopy(snapshot.optimizer)
        self.rng.bit_generator.state = copy.deepcopy(snapshot.rng)
        self.position = copy.deepcopy(snapshot.position)
        self.challenge_reached = self.current = False
        self.judge_all()
        self.put(step=self.steps)
        self.live.forget_run()

    def train(self):
        """One ``yield`` a step, from the present one on."""
        del self.losses[self.steps :]
        self.snapshots = [kept for kept in self.snapshots if kept.step <= self.steps]
        self.course = [point for point in self.course if point[0] <= self.steps]
        if self.position.epoch > self.epochs:
            return
        records = train(
            self.model,
            CrossEntropyLoss(),
            self.optimizer,
            self.split.x_train,
            self.split.y_train,
            batch_size=self.batch_size,
            epochs=self.epochs,
            rng=self.rng,
            position=self.position,
            schedule=lambda step: self._state["rate"],
        )
        for record in quiet(records):
            self.losses.append(record.loss)
            self.put(step=self.steps)
            self.current = False
            self.watch()
            if self.due():
                self.remember()
            yield record

    def changed(self, before: dict, after: dict) -> None:
        if after["step"] != before["step"]:
            self.restore(self.kept_beside(after["step"], later=after["step"] > before["step"]))

    def rewind(self) -> None:
        self.restore(self.snapshots[0])

    def limits(self, state: dict) -> dict:
        return {"step": (0, max(self.steps, self.snapshots[-1].step))}

    def event(self, event: dict) -> None:
        """An image was clicked: its scores are said; a second click leaves it."""
        if event["name"].startswith("wall ") and event["kind"] == "click":
            _, _, shown = self.wall.seen(self.state["wall"])[int(event["name"].split()[1])]
            if event["index"] < len(shown):
                index = int(shown[event["index"]])
                self.chosen = None if self.chosen == index else index

    # The picture.

    def seen(self, steps: int) -> int:
        """Training images learned from after some steps, each counted as often as it was used."""
        epochs, rest = divmod(steps, self.epoch_steps)
        return epochs * len(self.split.x_train) + rest * self.batch_size

    def pace(self, speed: float) -> float:
        """The first steps change most: they are taken slowly, so that each is seen."""
        return min(speed, SLOWLY + self.steps)

    def watch(self) -> None:
        """While it plays: judge a few images now and then; a point of the curves once there are enough."""
        if not self.live.loop.running:
            return
        judged = self.examiner.learned(self.model, self.batch_size)
        if self.steps in EARLY:
            self.examiner.look(self.model, ENOUGH)
        if judged or self.steps in EARLY:
            found = self.examiner.judgement()
            if found.count >= min(ENOUGH, self.examiner.window):
                self.note(found)

    def note(self, found: Judgement) -> None:
        """A point of the curves, one for each step."""
        if self.course and self.course[-1][0] == self.steps:
            del self.course[-1]
        self.course.append((self.steps, found.loss, found.accuracy))

    def judge_all(self) -> Judgement:
        """Judge all, unless that was done with these weights."""
        if not self.current:
            self.examiner.judge_all(self.model)
            self.current = True
        return self.examiner.judgement()

    def compute(self, state: dict) -> Scene:
        found = self.examiner.judgement() if self.live.loop.running else self.judge_all()
        if state["wall"] == "wrong":
            self.wall.keep(self.examiner.guesses, found.wrong)
        facts = self.all_facts(found)
        curves = picture.Curves(self, found)
        panels = [
            wall_panel(self, found),
            curves.accuracy(),
            curves.loss(state["scale"] == "log"),
            picture.filter_panel(self.first_filters(), self.start),
        ]
        return Scene(
            panels,
            words.sentence(self, facts) + words.chosen(self),
            facts,
            **picture.FRAME,
            title=words.title(self.split.class_names),
            figures=words.figures(self, facts),
            strip=None if math.isfinite(found.loss) else Strip(words.LOST),
        )

    def all_facts(self, found: Judgement) -> dict:
        return {
            "steps": self.steps,
            "seen": self.seen(self.steps),
            "epochs": self.steps // self.epoch_steps,
            "judged": found.count,
            "loss": found.loss,
            "accuracy": found.accuracy,
            "wrong": len(found.wrong),
            "rate": self.state["rate"],
        }

    @property
    def kind(self) -> str:
        """Such as ``"test"``, of test images."""
        return self.judged.removesuffix(" images")
