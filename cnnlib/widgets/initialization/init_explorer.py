"""The size of the first weights: the signals of each layer, and how training goes from there."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from cnnlib.experiments.ensemble import NetworkEnsemble, train_ensemble
from cnnlib.experiments.signals import dead_units, layer_signals
from cnnlib.experiments.starting_networks import ACTIVATIONS, deep_network, study_images
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.runtime.language import localised, say, say_many, word
from cnnlib.runtime.powers import SUPERSCRIPTS
from cnnlib.viz import Figure, Narrow, Scene
from cnnlib.widgets.base import Choice, LogSlider, Slider, Widget
from cnnlib.widgets.initialization.loss_by_scale import (
    FAR,
    HIGH,
    LEARNED,
    LOW,
    SCALES,
    LossByScale,
    signals_kept,
)
from cnnlib.widgets.initialization.signal_picture import histograms, signal_panel

EPOCHS = 3
STEPS = EPOCHS * 45
OPENING = 30  # steps that are done when it appears: the line has begun to fall
PLACES = {"loss": (0, 0), "activations": (1, 0), "gradients": (2, 0)}
PHONE = Narrow(("320px", "185px", "205px"), (1,), 710, PLACES)
SLOTS = {"head": ("activation",), "bar": ("scale", "depth"), "more": ("rate", "seed")}


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


@lru_cache(maxsize=2)
def trained_networks(depth: int, activation: str, rate: float, seed: int) -> NetworkEnsemble:
    """Networks at the end of their training; nobody trains them further."""
    networks = fresh_networks(depth, activation, seed)
    for _ in training(networks, rate, seed):
        pass
    networks.release()
    return networks


def nearest_to(scale: float) -> int:
    """Which of the thirteen scales is the nearest."""
    return int(np.argmin(np.abs(np.log(SCALES / scale))))


def learned_from(losses: np.ndarray) -> dict:
    """How many of the thirteen scales have learned, and the least and the largest of them; 0 if none has."""
    scales = SCALES[losses < LEARNED]
    least, largest = (scales[0], scales[-1]) if len(scales) else (0, 0)
    return {"learning": len(scales), "least_scale": float(least), "largest_scale": float(largest)}


class InitExplorer(Widget):
    """Activations and gradients of a fresh network, layer by layer, and how networks of all scales train.

    The scale multiplies the standard deviation of He's rule; Xavier's rule is scale 0.71 here. Play trains
    thirteen networks of scales from 0.1 to 10 at once. Facts: ``scale``, ``act_first``, ``act_last``,
    ``grad_first``, ``grad_last`` (standard deviations in the first and last hidden layer, before training),
    ``dead`` and ``units`` (ReLU units), ``steps``, ``loss`` and ``start_loss``, ``best_scale``, ``learning``
    (networks with a loss below 1), ``least_scale`` and ``largest_scale`` (of those; 0 if there is none). Loss
    and dead units are those of the network of the scale nearest to the slider, as far as it is trained. It
    opens after `opening` steps; with ``trained=True`` the training is run to its end before it appears.

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

    def __init__(self, *, trained=False, opening=OPENING, **options):
        super().__init__(**options)
        self.opening = 0 if trained else opening
        if trained:
            s = self.state
            self.ensemble = trained_networks(s["depth"], s["activation"], s["rate"], s["seed"])
            self.steps = STEPS
            self.refresh()
        self.advance(self.opening)

    def reset(self):
        super().reset()
        self.advance(self.opening)

    def begin(self):
        s = self.state
        self.ensemble = fresh_networks(s["depth"], s["activation"], s["seed"])
        self.steps, self.start_losses = 0, first_losses(s["depth"], s["activation"], s["seed"])
        self.found: dict[int, np.ndarray] = {}
        self.found_dead: dict[tuple[int, int], int] = {}

    def train(self):
        """One ``yield`` a step of all scales."""
        if self.steps < STEPS:
            for record in training(self.ensemble, self.state["rate"], self.state["seed"]):
                self.steps = record.step
                yield

    def losses(self) -> np.ndarray:
        """The losses after the steps that are done; found once."""
        if self.steps not in self.found:
            self.found = {self.steps: losses_of(self.ensemble) if self.steps else self.start_losses}
            if self.steps == STEPS:
                self.ensemble.release()
        return self.found[self.steps]

    def dead_of(self, nearest: int) -> int:
        """Dead units of a trained network; found once."""
        key = self.steps, nearest
        if key not in self.found_dead:
            self.found_dead[key], _ = dead_units(self.ensemble.model(nearest), study_images().x_train[:360])
        return self.found_dead[key]

    def compute(self, state):
        key = state["depth"], state["scale"], state["activation"], state["seed"]
        activations, gradients, (dead, units) = first_signals(*key)
        losses = self.losses()
        nearest = nearest_to(state["scale"])
        if self.steps and not self.ensemble.diverged_at[nearest]:
            dead = self.dead_of(nearest)
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
        kept = signals_kept(state["depth"], state["activation"], state["seed"])
        large = LossByScale(self.start_losses, losses, kept, self.steps, STEPS)
        panels = [
            large.panel(state["scale"], nearest),
            signal_panel(*activations, times(facts["act_last"], facts["act_first"]), 0),
            signal_panel(*gradients, times(facts["grad_first"], facts["grad_last"]), 1, back=True),
        ]
        unit = say("of {scales} scales", scales=len(SCALES))
        return Scene(
            panels,
            self.sentence(state, facts),
            facts,
            rows=(1, 1.1),
            columns=(1, "min(420px, 45%)"),
            height=420,
            figures=[Figure("Have learned (loss below 1)", str(facts["learning"]), unit, large=True)],
            narrow=PHONE,
        )

    def sentence(self, state, facts):
        signal = say(
            "Scale {scale:.2g}: {fate}. On its way through {depth} hidden layers it goes from {size} to "
            "{size2}, and the gradient back from {size3} to {size4}.",
            scale=state["scale"],
            fate=fate(facts["act_last"], facts["act_first"]),
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
            say_many(
                ", {number} of {units} ReLU units is dead",
                ", {number} of {units} ReLU units are dead",
                facts["dead"],
                units=facts["units"],
            )
            if facts["dead"] and np.isfinite(facts["loss"])
            else ""
        )
        return say_many(
            "{signal} After {number} step the loss near this scale is {loss}{dead}.",
            "{signal} After {number} steps the loss near this scale is {loss}{dead}.",
            self.steps,
            signal=signal,
            loss=loss,
            dead=dead,
        )


def _size(value: float) -> str:
    return f"{value:.2g}" if np.isfinite(value) else "beyond measure"


def times(end: float, start: float) -> str:
    """How many times as large, in words."""
    if not np.isfinite([end, start]).all():
        return word("overflow")
    if not start:
        return word("no signal")
    share = end / start
    if 0.001 < share < 1000:
        return f"×\u00a0{localised(f'{share:.2g}')}"
    return f"×\u00a010{str(round(np.log10(share))).translate(SUPERSCRIPTS)}"


def fate(last: float, first: float) -> str:
    """What becomes of the signal on its way.

    >>> fate(0.001, 1), fate(0.2, 1), fate(1, 1)
    ('the signal dies', 'the signal becomes smaller', 'the signal keeps its size')
    """
    share = last / first if first and np.isfinite([last, first]).all() else np.inf
    fates = (
        (1 / FAR, "the signal dies"),
        (1 / 3, "the signal becomes smaller"),
        (3, "the signal keeps its size"),
        (FAR, "the signal becomes larger"),
    )
    return word(next((said for most, said in fates if share < most), "the signal explodes"))
