"""A network while it trains: loss, accuracy, first-layer filters, and the images it still gets wrong."""

from __future__ import annotations

import copy
import math
from array import array
from dataclasses import dataclass

import numpy as np

from cnnlib.data import Split, load_digits
from cnnlib.networks import small_cnn
from cnnlib.nn.functional import softmax
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.nn.training import Position, train
from cnnlib.viz import Anchor, Figure, Narrow, Panel, Scene, Strip
from cnnlib.widgets.base import Challenge, Choice, LogSlider, Slider, Widget
from cnnlib.widgets.start_here import training_picture as picture


@dataclass
class Snapshot:
    """Everything needed to go on training from a step, exactly as if nothing had come after."""

    position: Position
    weights: dict
    optimizer: object
    rng: dict
    loss: float
    accuracy: float

    @property
    def step(self) -> int:
        return self.position.step


class TrainingView(Widget):
    """Train a network live, and rewind it to any step that was kept: many at first, then fewer and fewer.

    Parameters
    ----------
    split : Split, optional
        Images to train and to test on; by default the bundled digits.
    make_model : callable, optional
        ``make_model(rng=…) -> Sequential``; by default `cnnlib.networks.small_cnn`.
    make_optimizer : callable, optional
        ``make_optimizer(lr=…) -> Optimizer``; by default SGD with momentum 0.9.
    batch_size, epochs, seed : int
        Samples a step, epochs at most, and the seed of first weights and order of samples.
    probe : int
        Test images that each picture is computed on, at most.
    goal : float
        Share of the test images to get right, for the challenge and as a line in the picture.
    **options
        As for `Widget`: `challenge`, `show`, and values of controls.

    Facts: ``steps``, ``epochs`` (completed), ``rate``; ``loss``, ``accuracy``, ``wrong`` on the test images.

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
        Slider("step", 0, 1_000_000, 0, integer=True, label="Rewind to step"),
        Choice("scale", ("linear", "log"), label="Scale of the loss", picker="segments"),
    )
    slots = {"bar": ("rate", "speed"), "handle": ("step",), "anchored": ("scale",)}
    volatile = ("step",)

    def __init__(
        self,
        split: Split | None = None,
        *,
        make_model=small_cnn,
        make_optimizer=lambda lr: SGD(lr=lr, momentum=0.9),
        batch_size: int = 32,
        epochs: int = 30,
        seed: int = 0,
        probe: int = 1000,
        goal: float = 0.95,
        **options,
    ) -> None:
        self.split = load_digits() if split is None else split
        self.make_model, self.make_optimizer = make_model, make_optimizer
        self.batch_size, self.epochs, self.seed, self.probe = batch_size, epochs, seed, probe
        self.goal_share = goal
        self.epoch_steps = math.ceil(len(self.split.x_train) / batch_size)
        self.challenge = Challenge(
            f"more than {100 * goal:g} % of the test images right",
            lambda facts: facts["accuracy"] > goal,
            lambda facts: (f"now {100 * facts['accuracy']:.1f} %", facts["accuracy"] / goal),
        )
        super().__init__(**options)

    # Training and rewinding.

    def begin(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        self.model = self.make_model(rng=self.rng)
        self.optimizer = self.make_optimizer(lr=self.state["rate"])
        self.position = Position()
        self.losses = array("d")  # of every step, also of those after the one rewound to
        self.snapshots: list[Snapshot] = []
        self.places: list[int | None] = [None] * picture.PLACES
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
        """Keep a snapshot of the present step."""
        weights = {name: values.copy() for name, values in self.model.arrays().items()}
        rng = copy.deepcopy(self.rng.bit_generator.state)
        loss, accuracy, _ = self.examine()
        place, optimizer = copy.deepcopy(self.position), copy.deepcopy(self.optimizer)
        self.snapshots.append(Snapshot(place, weights, optimizer, rng, loss, accuracy))

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
        self.put(step=self.steps)
        self.live.forget_run()

    def train(self):
        """One ``yield`` a step, from the present one on."""
        del self.losses[self.steps :]
        self.snapshots = [kept for kept in self.snapshots if kept.step <= self.steps]
        if self.position.epoch > self.epochs:
            return
        records = train(
            self.model, CrossEntropyLoss(), self.optimizer, self.split.x_train, self.split.y_train,
            batch_size=self.batch_size, epochs=self.epochs, rng=self.rng, position=self.position,
            schedule=lambda step: self._state["rate"],
        )  # fmt: skip
        for record in quiet(records):
            self.losses.append(record.loss)
            self.put(step=self.steps)
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
        """A wrong image was clicked: its scores are said; a second click leaves it."""
        if event["name"] == "wrong" and event["kind"] == "click":
            shown = [index for index in self.places if index is not None]
            if event["index"] < len(shown):
                index = shown[event["index"]]
                self.chosen = None if self.chosen == index else index

    # The picture.

    def examine(self) -> tuple[float, float, np.ndarray]:
        """Loss, accuracy and the outputs on the test images."""
        x, y = self.split.x_test[: self.probe], self.split.y_test[: self.probe]
        with np.errstate(all="ignore"):
            outputs = self.model.forward(x)
            loss = float(CrossEntropyLoss().forward(outputs, y)) if np.isfinite(outputs).all() else math.nan
        return loss, float(np.mean(outputs.argmax(axis=1) == y)), outputs

    def keep_places(self, wrong: np.ndarray) -> None:
        """Wrong images stay where they are while they are wrong; others fill the gaps."""
        still = set(wrong.tolist())
        self.places = [index if index in still else None for index in self.places]
        others = iter(index for index in wrong.tolist() if index not in set(self.places))
        self.places = [next(others, None) if index is None else index for index in self.places]

    def compute(self, state: dict) -> Scene:
        loss, accuracy, outputs = self.examine()
        guesses = outputs.argmax(axis=1)
        wrong = np.flatnonzero(guesses != self.split.y_test[: self.probe])
        self.keep_places(wrong)
        facts = {
            "steps": self.steps, "epochs": self.steps // self.epoch_steps, "loss": loss, "accuracy": accuracy,
            "wrong": len(wrong), "rate": state["rate"],
        }  # fmt: skip
        with np.errstate(all="ignore"):
            shares = softmax(outputs)
        curves = picture.Curves(self, loss, accuracy)
        loss_panel = curves.loss(state["scale"] == "log")
        panels = [
            loss_panel,
            curves.accuracy(),
            picture.filter_panel(self.first_filters(), self.start),
            picture.wrong_panel(self.split, self.places, shares, len(wrong), self.chosen),
        ]
        lost = not math.isfinite(loss)
        return Scene(
            panels, self.sentence(facts, shares), facts, **FRAME, title="How does a network learn to read?",
            figures=self.figures(facts, len(guesses)),
            anchors=[Anchor("scale", "loss", *self.corner(loss_panel), dx=2, dy=-18, align="right")],
            strip=Strip(LOST) if lost else None,
        )  # fmt: skip

    @staticmethod
    def corner(panel: Panel) -> tuple[float, float]:
        """The upper right corner of a plot."""
        return panel.x.high, panel.y.high

    @staticmethod
    def figures(facts: dict, tested: int) -> list[Figure]:
        """The numbers that matter."""
        loss = f"{facts['loss']:.2f}" if math.isfinite(facts["loss"]) else "none"
        return [
            Figure("Test images right", f"{100 * facts['accuracy']:.1f} %", large=True),
            Figure("Test loss", loss, mark="solid"),
            Figure("Still wrong", str(facts["wrong"]), f"/ {tested:,}"),
        ]

    def sentence(self, facts: dict, shares: np.ndarray) -> str:
        steps, epochs = facts["steps"], facts["epochs"]
        right = f"{100 * facts['accuracy']:.1f} % of the {len(shares)} test images are right"
        if not math.isfinite(facts["loss"]):
            return f"After {steps} steps the loss is no number any more: the steps were too large. Rewind."
        when = f"After {steps} step{'s' * (steps != 1)} ({epochs} epoch{'s' * (epochs != 1)})"
        if steps == 0:
            when = "Before the first step"
        return f"{when} the loss is {facts['loss']:.2f} and {right}.{self.chosen_words(shares)}"

    def chosen_words(self, shares: np.ndarray) -> str:
        """What the network makes of the image that was clicked."""
        if self.chosen is None:
            return ""
        names, share = self.split.class_names, shares[self.chosen]
        best = ", ".join(f"{names[k]} with {100 * share[k]:.0f} %" for k in np.argsort(-share)[:4])
        true = names[self.split.y_test[self.chosen]]
        return f" Test image {self.chosen} is a {true}; the network says {best}."


LOST = "The loss is no number any more: the steps were too large. Drag the cursor back and lower the rate."
FRAME = {
    "rows": ("166px", "78px", "186px"),
    "columns": (10.6, 7),
    "height": 430,
    "narrow": Narrow(
        ("250px", "180px", "166px", "270px"), (1,), 866,
        {"loss": (0, 0), "accuracy": (1, 0), "filters": (2, 0), "wrong": (3, 0)},
    ),
}  # fmt: skip


def quiet(records):
    """The same records, without NumPy's warnings when a too large rate overflows: the picture says it."""
    while True:
        with np.errstate(all="ignore"):
            record = next(records, None)
        if record is None:
            return
        yield record
