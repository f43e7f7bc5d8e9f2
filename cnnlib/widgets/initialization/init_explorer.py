"""The size of the first weights: the signals of each layer, and how training goes from there."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from cnnlib.experiments.ensemble import NetworkEnsemble, train_ensemble
from cnnlib.experiments.signals import dead_units, layer_signals
from cnnlib.experiments.starting_networks import ACTIVATIONS, deep_network, study_images
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.runtime.language import say, say_many
from cnnlib.viz import Axis, Cursor, Figure, Line, Note, Panel, Points, Reference, Scene, Text
from cnnlib.widgets.base import Choice, LogSlider, Slider, Widget
from cnnlib.widgets.base.decades import LOG_AXIS, log_axis
from cnnlib.widgets.initialization.signal_picture import histograms, signal_panel

LOW, HIGH = 0.1, 10.0
XAVIER = float(np.sqrt(0.5))  # its standard deviation over He's, where fan_in equals fan_out
SCALES = np.geomspace(LOW, HIGH, 13)
EPOCHS = 3
STEPS = EPOCHS * 45
SLOTS = {"head": ("activation",), "bar": ("scale", "depth", "rate"), "more": ("seed",)}


@lru_cache(maxsize=128)
def first_signals(depth: int, scale: float, activation: str, seed: int) -> tuple:
    """Shares by size (bins, layers) and spreads (layers,) of activations and gradients, and dead units."""
    digits, model = study_images(), deep_network(depth, scale, activation, seed)
    x, y = digits.x_train[:100], digits.y_train[:100]
    signals = layer_signals(model, CrossEntropyLoss(), x, y, ACTIVATIONS[activation])
    pictures = [histograms([getattr(s, kind) for s in signals]) for kind in ("activation", "gradient")]
    return (*pictures, dead_units(model, x))


def fresh_networks(depth: int, activation: str, seed: int) -> NetworkEnsemble:
    """Thirteen networks that differ in nothing but the scale of their first weights."""
    return NetworkEnsemble([deep_network(depth, scale, activation, seed) for scale in SCALES])


def training(networks: NetworkEnsemble, rate: float, seed: int):
    """The training of all of them, a record a step."""
    digits, optimizer = study_images(), SGD(rate, momentum=0.9)
    return train_ensemble(networks, optimizer, digits.x_train, digits.y_train, epochs=EPOCHS, rng=seed)


def losses_of(networks: NetworkEnsemble) -> np.ndarray:
    """Their losses on some training images, inf for one that has overflown."""
    digits = study_images()
    loss, _ = networks.evaluate(digits.x_train[:360], digits.y_train[:360])
    return np.where(np.isfinite(loss), loss, np.inf)


@lru_cache(maxsize=64)
def first_losses(depth: int, activation: str, seed: int) -> np.ndarray:
    """Their losses before training."""
    return losses_of(fresh_networks(depth, activation, seed))


@lru_cache(maxsize=8)
def trained_networks(depth: int, activation: str, rate: float, seed: int) -> NetworkEnsemble:
    """Networks at the end of their training; nobody trains them further."""
    networks = fresh_networks(depth, activation, seed)
    for _ in training(networks, rate, seed):
        pass
    return networks


def nearest_to(scale: float) -> int:
    """Which of the thirteen scales is the nearest."""
    return int(np.argmin(np.abs(np.log(SCALES / scale))))


def learned_from(losses: np.ndarray) -> dict:
    """How many of the thirteen scales have learned, and the least and the largest of them; 0 if none has."""
    scales = SCALES[losses < 1]
    least, largest = (scales[0], scales[-1]) if len(scales) else (0, 0)
    return {"learning": len(scales), "least_scale": float(least), "largest_scale": float(largest)}


class InitExplorer(Widget):
    """Activations and gradients of a fresh network, layer by layer, and how networks of all scales train.

    The scale multiplies the standard deviation of He's rule; Xavier's rule is scale 0.71 here. Play trains
    thirteen networks of scales from 0.1 to 10 at once. Facts: ``scale``, ``act_first``, ``act_last``,
    ``grad_first``, ``grad_last`` (standard deviations in the first and last hidden layer, before training),
    ``dead`` and ``units`` (ReLU units), ``steps``, ``loss`` and ``start_loss``, ``best_scale``, ``learning``
    (networks with a loss below 1), ``least_scale`` and ``largest_scale`` (of those; 0 if there is none). Loss
    and dead units are those of the network of the scale nearest to the slider, as far as it is trained. With
    ``trained=True`` the training is run before the widget appears.

    >>> InitExplorer(depth=4, scale=1).facts["units"]
    32
    """

    title = "How large should the first weights be?"
    slots = SLOTS
    speed = "100 steps a second"  # as fast as it goes is over before it is seen
    controls = (
        LogSlider("scale", LOW, HIGH, 1, label="Scale (He is 1)"),
        Slider("depth", 2, 10, 6, integer=True, label="Hidden layers"),
        Choice("activation", tuple(ACTIVATIONS), label="Activation", picker="segments"),
        LogSlider("rate", 0.002, 0.2, 0.02, label="Learning rate"),
        Slider("seed", 0, 20, 0, integer=True, label="Seed"),
    )
    restarts = ("depth", "activation", "rate", "seed")

    def __init__(self, *, trained=False, **options):
        super().__init__(**options)
        if trained:
            s = self.state
            self.ensemble = trained_networks(s["depth"], s["activation"], s["rate"], s["seed"])
            self.steps = STEPS
            self.refresh()

    def begin(self):
        s = self.state
        self.ensemble = fresh_networks(s["depth"], s["activation"], s["seed"])
        self.steps, self.start_losses = 0, first_losses(s["depth"], s["activation"], s["seed"])

    def train(self):
        """One ``yield`` a step of all scales."""
        if self.steps < STEPS:
            for record in training(self.ensemble, self.state["rate"], self.state["seed"]):
                self.steps = record.step
                yield

    def compute(self, state):
        key = state["depth"], state["scale"], state["activation"], state["seed"]
        activations, gradients, (dead, units) = first_signals(*key)
        losses = losses_of(self.ensemble) if self.steps else self.start_losses
        nearest = nearest_to(state["scale"])
        if self.steps and not self.ensemble.diverged_at[nearest]:
            dead, _ = dead_units(self.ensemble.model(nearest), study_images().x_train[:360])
        facts = {
            "scale": state["scale"],
            "act_first": float(activations[1][0]),
            "act_last": float(activations[1][-1]),
            "grad_first": float(gradients[1][0]),
            "grad_last": float(gradients[1][-1]),
            "dead": dead,
            "units": units,
            "steps": self.steps,
            "loss": float(losses[nearest]),
            "start_loss": float(self.start_losses[nearest]),
            "best_scale": float(SCALES[np.argmin(losses)]),
            **learned_from(losses),
        }
        panels = [
            signal_panel(
                *activations, "Activations →", say("dot: typical size; {words}", words=LOG_AXIS[1]), 0
            ),
            signal_panel(*gradients, "← Gradients", say("dot: typical size; {words}", words=LOG_AXIS[1]), 1),
            self.loss_panel(losses, nearest),
        ]
        return Scene(
            panels,
            self.sentence(state, facts),
            facts,
            columns=(4, 4, 5),
            height=370,
            figures=self.figures(facts),
        )

    @staticmethod
    def figures(facts: dict) -> list[Figure]:
        """By how much the signal changes on its way, forwards and backwards, and the loss."""
        return [
            Figure("Signal, forwards", _ratio(facts["act_last"], facts["act_first"]), large=True),
            Figure("Gradient, backwards", _ratio(facts["grad_first"], facts["grad_last"]), large=True),
            Figure("Loss here", _large_or_small(facts["loss"])),
        ]

    def loss_panel(self, losses, nearest):
        """Loss of all thirteen scales, before and now; the upright line is the scale of the slider."""
        drawn = np.clip(losses, 0.0101, 99)
        left = {"color": "muted", "align": "left", "baseline": "bottom"}
        marks = [
            Reference("", x=XAVIER, dash="dotted"),
            Reference("", x=1, dash="dashed"),
            Text(0.93 * XAVIER, 0.016, "Xavier's rule", color="muted", align="right"),
            Text(1.09, 0.016, "He's rule", color="muted", align="left"),
            Reference("", y=np.log(10)),
            Text(LOW, np.log(10), "2.30 = guessing", size=11, shift=(0, -8), **left),
            *self.before(),
            Line(SCALES, drawn, color="ink"),
            Points(SCALES, drawn, color="ink", size=4),
            Cursor(self.state["scale"], sets={"x": "scale"}, text=f"{self.state['scale']:.2g}"),
            Points(SCALES[nearest], drawn[nearest], color="ink", outline="paper", size=7),
        ]
        if not self.steps:
            words = "Press Play: thirteen networks train at once, and the line falls where they learn."
            place = 0.12 if 1.2 < self.state["scale"] < 7 else 1.5  # beside the line that is dragged
            marks.append(Note(place, 0.9, words, (1, 0.85 * drawn[nearest_to(1)]), 130))
        x, y = Axis(LOW / 1.15, HIGH * 1.15, "scale", log=True), log_axis(0.01, 250)[0]
        when = say("after {steps} steps", steps=self.steps) if self.steps else "before training"
        now = say("{when}: drag the line; log axis: each line × 10", when=when)
        return Panel(marks, x, y, title="Loss by scale", subtitle=now, at=(0, 2), name="loss")

    def before(self) -> list:
        """The losses before training, once there are others: dashed, and named at the right."""
        losses = np.clip(self.start_losses, 0.0101, 99)
        if not self.steps:
            return []
        words = Text(SCALES[-1], losses[-1], "before training", color="muted", align="right", shift=(-4, -12))
        return [Line(SCALES, losses, color="muted", dash="dashed", width=1.5), words]

    def sentence(self, state, facts):
        signal = say(
            "Scale {scale:.2g}: from the first to the last of {depth} hidden layers the "
            "activations go from {size} to {size2}, the gradients back to the first from "
            "{size3} to {size4}.",
            scale=state["scale"],
            depth=state["depth"],
            size=_size(facts["act_first"]),
            size2=_size(facts["act_last"]),
            size3=_size(facts["grad_last"]),
            size4=_size(facts["grad_first"]),
        )
        if not self.steps:
            return say("{signal} Nothing is trained yet.", signal=signal)
        loss = f"{facts['loss']:.2f}" if np.isfinite(facts["loss"]) else "no number any more"
        dead = (
            say(", {dead} of {units} ReLU units are dead", dead=facts["dead"], units=facts["units"])
            if facts["units"] and np.isfinite(facts["loss"])
            else ""
        )
        return say_many(
            "{signal} After {number} step the loss near this scale is {loss}{dead}; "
            "{learning} of {scales} scales have learned.",
            "{signal} After {number} steps the loss near this scale is {loss}{dead}; "
            "{learning} of {scales} scales have learned.",
            self.steps,
            signal=signal,
            loss=loss,
            dead=dead,
            learning=facts["learning"],
            scales=len(SCALES),
        )


def _size(value: float) -> str:
    return f"{value:.2g}" if np.isfinite(value) else "beyond measure"


def _large_or_small(loss: float) -> str:
    """A loss in few signs."""
    if not np.isfinite(loss):
        return "overflow"
    return f"{loss:.2f}" if loss < 100 else f"{loss:,.0f}" if loss < 10_000 else f"{loss:.0e}"


def _ratio(end: float, start: float) -> str:
    """How many times as large, in words."""
    if not np.isfinite([end, start]).all():
        return "overflow"
    return f"× {end / start:.2g}" if start else "no signal"
