"""Are bad minima common? Thirty networks of one width trained at once, from thirty seeds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cnnlib.data import load_digits
from cnnlib.experiments.ensemble import NetworkEnsemble, train_ensemble
from cnnlib.networks import small_cnn
from cnnlib.nn.optim import SGD
from cnnlib.runtime.language import marked, say, say_many
from cnnlib.viz import Figure, Narrow, Scene
from cnnlib.widgets.base import Choice, Widget
from cnnlib.widgets.minima.seed_swarm import PAGE, PHONE, WIDTHS, swarm_panel

SEEDS, EPOCHS = 30, 6
LOST = 5.0  # the loss that stands for none
NARROW = Narrow(("340px",), (1,), 340, {"narrow": (0, 0)}, only=("narrow",), below=740)


class Training:
    """Thirty networks of a width, and how far they are trained: it goes on where it was left."""

    def __init__(self, width: int) -> None:
        self.ensemble = NetworkEnsemble([small_cnn(seed, width=width) for seed in range(SEEDS)])
        self.steps, self.done = 0, False
        self._run: Iterator | None = None
        self._found: tuple[int, np.ndarray] | None = None

    def steps_to_come(self):
        """One ``yield`` a step of all thirty, from the present one on."""
        if self._run is None:
            digits, how = load_digits(), {"epochs": EPOCHS, "rng": 0}
            optimizer = SGD(0.05, momentum=0.9)
            self._run = train_ensemble(self.ensemble, optimizer, digits.x_train, digits.y_train, **how)
        for record in self._run:
            self.steps, self.done = record.step, record.last_of_epoch and record.epoch == EPOCHS
            yield

    def losses(self) -> np.ndarray:
        """The loss of each network after the steps that are done; found once."""
        if self._found is None or self._found[0] != self.steps:
            digits = load_digits()
            loss, _ = self.ensemble.evaluate(digits.x_train[:360], digits.y_train[:360])
            self._found = self.steps, np.nan_to_num(loss, nan=LOST, posinf=LOST)
        return self._found[1]


class SeedHistogram(Widget):
    """Thirty seeds of one width: a swarm of dots while they train, beside the widths done before.

    It opens after `opening` steps. A width that was not tried is an empty box; a click on it chooses it.
    One that is left before its end is paler, and goes on from there when it is chosen again.

    Facts: ``width``, ``steps``, ``median``, ``best``, ``worst`` (losses on 360 training images), ``ratio``
    (ninth decile over first), ``stuck`` (networks with a loss above 1), ``finished`` (widths trained to the
    end).

    >>> SeedHistogram(width="1", opening=0).text.rpartition(' wait')[0]
    'No step yet: 30 networks with 1 filter in the first layer and 2 in the second'
    """

    title = "Are bad minima common?"
    controls = (Choice("width", WIDTHS, default="4", label="Filters in the first layer", picker="segments"),)
    speed = "25 steps a second"
    restarts = ("width",)

    def __init__(self, *, opening: int = 60, **options):
        self.trainings: dict[int, Training] = {}
        self.finished: dict[int, np.ndarray] = {}
        self.width, self.opening = 0, opening
        super().__init__(**options)
        self.advance(opening)

    def reset(self):
        self.width = int(self._initial["width"])  # that one begins afresh
        super().reset()
        self.advance(self.opening)

    def begin(self):
        """A width that is new, or begun afresh; another goes on where it was left."""
        width = int(self.state["width"])
        if width != self.width and self.width:
            self.trainings[self.width].ensemble.release()
        if width == self.width or width not in self.trainings:
            self.trainings[width] = Training(width)
        self.width = width

    def train(self):
        """One ``yield`` a step of all thirty."""
        now = self.trainings[self.width]
        for _ in now.steps_to_come():
            if now.done:
                self.finished[self.width] = now.losses()
            yield

    def unfinished(self) -> dict[int, np.ndarray]:
        """The losses of the widths that were left before their end."""
        begun = {width: found for width, found in self.trainings.items() if found.steps}
        return {width: found.losses() for width, found in begun.items() if width not in self.finished}

    def losses(self) -> np.ndarray:
        """The losses of the width that is chosen."""
        return self.trainings[self.width].losses()

    def compute(self, state):
        losses, steps = self.losses(), self.trainings[self.width].steps
        deciles = np.quantile(losses, [0.1, 0.9])
        facts = {
            "width": self.width,
            "steps": steps,
            "median": float(np.median(losses)),
            "best": float(losses.min()),
            "worst": float(losses.max()),
            "stuck": int((losses > 1).sum()),
            "ratio": float(deciles[1] / deciles[0]),
            "finished": len(self.finished),
        }
        unfinished = self.unfinished()
        known = {**self.finished, **unfinished, self.width: losses}
        panels = [swarm_panel(known, set(unfinished), self.width, steps, look) for look in (PAGE, PHONE)]
        figures = [
            Figure("Median loss", f"{facts['median']:.2f}", large=True),
            Figure("Lowest", f"{facts['best']:.{2 if facts['best'] > 0.1 else 3}f}"),
            Figure("Highest", f"{facts['worst']:.2f}"),
        ]
        return Scene(panels, self.sentence(facts), facts, height=432, figures=figures, narrow=NARROW)

    def event(self, event):
        """A width that was not tried is clicked on."""
        name, _, width = event["name"].partition(" ")
        return {"width": width} if name == "width" and event["kind"] == "click" else None

    def sentence(self, facts):
        networks = say_many(
            "{seeds} networks with {number} filter in the first layer and {second} in the second",
            "{seeds} networks with {number} filters in the first layer and {second} in the second",
            facts["width"],
            seeds=SEEDS,
            second=2 * facts["width"],
        )
        if not facts["steps"]:
            return say(
                "No step yet: {networks} wait, their median loss {median:.2f}.",
                networks=networks,
                median=facts["median"],
            )
        return say_many(
            "After {number} step {stuck}. These {networks} differ by their seeds alone, and the worst has "
            "{times:.1f} times the loss of the best.",
            "After {number} steps {stuck}. These {networks} differ by their seeds alone, and the worst has "
            "{times:.1f} times the loss of the best.",
            facts["steps"],
            networks=networks,
            stuck=above_1(facts["stuck"]),
            times=facts["worst"] / facts["best"],
        )


def above_1(stuck: int) -> str:
    """How many are above a loss of 1, in words.

    >>> above_1(0), above_1(1), above_1(7)
    ('none is above 1', 'one is above 1', '7 are above 1')
    """
    few = marked("none is above 1", "one is above 1")
    return few[stuck] if stuck < len(few) else say("{stuck} are above 1", stuck=stuck)
