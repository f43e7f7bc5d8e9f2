"""Many learning rates at once on a real network."""

from __future__ import annotations

from functools import cached_property, lru_cache

import numpy as np

from cnnlib.data import load_digits
from cnnlib.experiments.curvature import largest_curvature
from cnnlib.experiments.ensemble import NetworkEnsemble, train_ensemble
from cnnlib.networks import small_cnn
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD, Adam
from cnnlib.runtime.language import marked, say, say_many, word
from cnnlib.viz import Figure, Narrow, Scene
from cnnlib.widgets.base import Choice, LogSlider, Slider, Widget
from cnnlib.widgets.learning_rate.sweep_picture import EARLY, GUESSING, WINDOW, SweepPicture, alike, best_of

OPTIMIZERS = {"SGD": lambda: SGD(1.0), "Momentum": lambda: SGD(1.0, momentum=0.9), "Adam": lambda: Adam(1.0)}
LOW, HIGH = 1e-4, 10.0
#: Said at the end of a run whose best rate lies beyond the line of 2 / curvature, not before: it is a riddle.
(BEYOND,) = marked(
    "The best rate lies beyond the dashed line: this holds at the start, and the curvature changes."
)
SLOTS = {"head": ("optimizer",), "bar": ("step",), "more": ("seed",), "handle": ("rate",)}


@lru_cache(maxsize=16)
def starting_curvature(seed: int) -> float:
    """Largest curvature of the loss of 360 training images at the first weights of a seed."""
    digits = load_digits()
    x, y = digits.x_train[:360], digits.y_train[:360]
    return largest_curvature(small_cnn(seed), CrossEntropyLoss(), x, y, rng=0).value


class RateSweep(Widget):
    """Networks with the same first weights trained on the same batches, each with a rate of its own.

    It opens after `opening` steps. Play trains all of them at once; the step slider then goes back and forth
    through what was recorded, and the rate slider picks out one network. What another optimizer had reached
    before stays as a thin line. A network is *lost* when its loss is no longer finite, or no better
    than guessing after it had been thrown far up. While its loss is above half of the first it *jumps*
    if it had been thrown up, and *crawls* if not. In the first 20 steps nothing of this is said.

    Facts: ``steps``, ``best_rate``, ``best_loss``, ``loss`` (of the chosen network), ``chosen`` (its rate),
    ``limit`` (2 / largest curvature at the start), ``border`` (smallest rate from which on all are lost; inf
    if none), ``lost``, ``crawling``, ``jumping`` (numbers of networks). Losses are means of the last 20
    batches.

    >>> RateSweep(copies=4, opening=0).text
    'No step yet: 4 networks with the same weights wait, their rates from 0.0001 to 10.'
    """

    title = "Which rate learns fastest?"
    speed = "100 steps a second"  # as fast as it goes is over before it is seen
    controls = (
        Choice("optimizer", tuple(OPTIMIZERS), label="Optimizer", picker="segments"),
        Slider("seed", 0, 20, 0, integer=True, label="Seed"),
        LogSlider("rate", LOW, HIGH, 0.3, label="Show the network with rate"),
        Slider("step", 0, 10_000, 0, integer=True, label="Step (drag to rewind)"),
    )
    slots = SLOTS
    restarts = ("optimizer", "seed")
    volatile = ("step",)

    def __init__(
        self, *, copies: int = 24, epochs: int = 6, batch_size: int = 32, opening: int = 90, **options
    ) -> None:
        self.rates = np.geomspace(LOW, HIGH, copies)
        self.epochs, self.batch_size, self.opening = epochs, batch_size, opening
        self.losses, self.earlier, self.begun = np.empty((0, copies)), None, ""
        super().__init__(**options)
        self.advance(opening)

    def begin(self):
        """No step yet; a run that was there, of this optimizer or another, is kept to compare with."""
        if len(self.losses):
            self.earlier = self.begun, self.losses
        self.losses = np.empty((0, len(self.rates)))
        self.begun = self._state["optimizer"]
        self.put(step=0)

    def reset(self):
        super().reset()
        self.earlier = None
        self.advance(self.opening)

    def limits(self, state):
        return {"step": (0, len(self.losses))}

    def rewind(self):
        self.put(step=0)

    @cached_property
    def epoch(self) -> int:
        """Steps of one epoch."""
        return -(-len(load_digits().x_train) // self.batch_size)

    @property
    def horizon(self) -> int:
        """Steps of the whole training."""
        return self.epochs * self.epoch

    @property
    def drawn(self) -> int:
        """Steps that fill a curve: all that are recorded, and at least an epoch."""
        return max(1, min(self.epoch, self.horizon), len(self.losses))

    def train(self):
        """One ``yield`` a step of all networks: what was recorded is played again, then training goes on."""
        run = self.training()
        while self._state["step"] < len(self.losses) or self.recorded(run):
            self.put(step=self._state["step"] + 1)
            yield

    def recorded(self, run) -> bool:
        """Train one step further than the record; False at the end."""
        for record in run:
            if record.step > len(self.losses):
                self.losses = np.vstack([self.losses, record.loss])
                return True
        return False

    def training(self):
        """The steps of all networks from the first on; none if all are recorded."""
        digits, state = load_digits(), self.state
        if len(self.losses) < self.horizon:
            yield from train_ensemble(
                NetworkEnsemble(small_cnn(state["seed"]), len(self.rates)),
                OPTIMIZERS[state["optimizer"]](),
                digits.x_train,
                digits.y_train,
                lr=self.rates,
                epochs=self.epochs,
                batch_size=self.batch_size,
                rng=state["seed"],
            )

    def event(self, event):
        """A click on a column, or a drag over them, chooses that network."""
        if event.get("name") == "rates" and event.get("x") is not None:
            column = SweepPicture(self.rates, 0, 1.0, 1).column_at(event["x"])
            return {"rate": float(np.clip(self.rates[column], LOW, HIGH))}

    def compute(self, state):
        losses = self.losses[: state["step"]]
        limit = 2 / starting_curvature(state["seed"])
        chosen = int(np.argmin(np.abs(np.log(self.rates / state["rate"]))))
        if not len(losses):
            low, high = self.rates[[0, -1]]
            text = say(
                "No step yet: {rates} networks with the same weights wait, their rates from "
                "{low:g} to {high:g}.",
                rates=len(self.rates),
                low=low,
                high=high,
            )
            facts = {"steps": 0, "limit": limit, "lost": 0, "crawling": 0, "jumping": 0, "border": np.inf}
            return self.scene_of(losses, None, [], facts, chosen, text)
        recent = means(losses[-WINDOW:])
        fates = [fate(losses[:, i], recent[i]) for i in range(len(self.rates))]
        if len(losses) <= WINDOW:
            fates = [EARLY] * len(fates)
        facts = self.facts_of(recent, fates, chosen, limit, len(losses))
        return self.scene_of(losses, recent, fates, facts, chosen, self.sentence(facts))

    def scene_of(self, losses, recent, fates, facts, chosen, text):
        picture = SweepPicture(self.rates, chosen, facts["limit"], self.drawn)
        return Scene(
            picture.panels(self.losses, len(losses), recent, fates, self.before()),
            text,
            facts,
            height=450,
            arrows=("rate", "step"),
            figures=[
                Figure(
                    "Lowest loss",
                    f"{facts['best_loss']:.2f}" if facts["steps"] else "–",
                    mark="ring" if fates and not alike(fates) else "",
                    large=True,
                )
            ],
            narrow=Narrow((1,), (1,), 420, {"strips narrow": (0, 0)}, only=("strips narrow",)),
        )

    def before(self) -> tuple[str, np.ndarray] | None:
        """The run before this one in words, and where each of its networks ended."""
        if self.earlier is None:
            return None
        name, losses = self.earlier
        words = say_many("{name}, {number} step", "{name}, {number} steps", len(losses), name=name)
        return words, means(losses[-WINDOW:])

    def facts_of(self, recent, fates, chosen, limit, steps):
        best = best_of(recent)
        lost = np.array([f == "lost" for f in fates])
        from_here = np.logical_and.accumulate(lost[::-1])[::-1]
        border = float(self.rates[np.argmax(from_here)]) if from_here.any() else np.inf
        return {
            "steps": steps,
            "best_rate": float(self.rates[best]),
            "best_loss": float(recent[best]),
            "chosen": float(self.rates[chosen]),
            "loss": float(recent[chosen]),
            "limit": limit,
            "border": border,
            "lost": int(lost.sum()),
            "crawling": fates.count("crawls"),
            "jumping": fates.count("jumps"),
        }

    def too_early(self, facts):
        """No verdict yet: one at first thrown up may still be the best."""
        return say(
            "After {steps} it is too early to say which rates are too small or too large.",
            steps=say_many("{number} step", "{number} steps", facts["steps"]),
        )

    def so_far(self, facts):
        """What the rates have in common first, then how many of which there are."""
        fates = say("lost: {lost}", lost=facts["lost"])
        if np.isfinite(facts["border"]):
            fates = say("lost: {lost}, from {border:.2g} on", lost=facts["lost"], border=facts["border"])
        return say(
            "{meaning} After {steps}: crawling: {crawling}, jumping: {jumping}, {fates}.",
            meaning=self.meaning(facts),
            steps=say_many("{number} step", "{number} steps", facts["steps"]),
            crawling=facts["crawling"],
            jumping=facts["jumping"],
            fates=fates,
        )

    def sentence(self, facts):
        """What becomes of the rates, and the loss of the chosen one."""
        said = self.too_early(facts) if facts["steps"] <= WINDOW else self.so_far(facts)
        if facts["steps"] == self.horizon and facts["best_rate"] > facts["limit"]:
            said += " " + say(BEYOND)
        if facts["chosen"] == facts["best_rate"]:
            return said
        loss = f"{facts['loss']:.2f}" if np.isfinite(facts["loss"]) else word("no number any more")
        return f"{said} " + say("At rate {chosen:.2g} the loss is {loss}.", chosen=facts["chosen"], loss=loss)

    def meaning(self, facts) -> str:
        """In words what the picture says of rates that are too small and too large."""
        learning = len(self.rates) - facts["crawling"] - facts["jumping"] - facts["lost"]
        counts = {"learning": learning, "all": len(self.rates)}
        if facts["crawling"] == len(self.rates):
            return word("The first steps show no difference yet.")
        if facts["crawling"] and facts["lost"]:
            return say(
                "With too small a rate training crawls, with too large a one it is lost: {learning} of {all} "
                "learn.",
                **counts,
            )
        if facts["crawling"]:
            return say("The small rates crawl, and none is lost: {learning} of {all} learn.", **counts)
        return say("No rate crawls any more: {learning} of {all} learn.", **counts)


def means(rows: np.ndarray) -> np.ndarray:
    """Means over the first axis; not finite where a value is not, and no warning of it."""
    with np.errstate(all="ignore"):
        return rows.mean(axis=0)


def fate(losses: np.ndarray, recent: float) -> str:
    """What became of a network: it learns, crawls, jumps about, or is lost."""
    if not np.isfinite(recent):
        return "lost"
    thrown = losses.max() > 1.15 * losses[0]
    if thrown and recent > 0.9 * GUESSING:
        return "lost"
    slow = "jumps" if thrown else "crawls"
    return slow if recent > losses[0] / 2 else "learns"
