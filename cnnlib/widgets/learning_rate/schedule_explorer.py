"""Learning rates that change on the way, on a real network."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, lru_cache

import numpy as np

from cnnlib.data import load_digits
from cnnlib.experiments.ensemble import NetworkEnsemble, train_ensemble
from cnnlib.networks import small_cnn
from cnnlib.nn import schedules
from cnnlib.nn.optim import SGD
from cnnlib.runtime.language import say, say_many, word
from cnnlib.viz import Axis, Figure, Line, Narrow, Note, Panel, Points, Reference, Scene
from cnnlib.widgets.base import Choice, LogSlider, Slider, Widget
from cnnlib.widgets.base.decades import loss_axis
from cnnlib.widgets.learning_rate.rate_sweep import WINDOW, means

SCHEDULES = ("constant", "step", "cosine", "warm-up and cosine", "one cycle", "range test")
WORDS = ("constant", "step", "cosine", "warm-up", "one cycle", "range test")
NETWORKS = 6
HELD_BACK = 300  # training images to validate on: schedules are chosen here
SLOTS = {"bar": ("schedule", "rate", "epochs"), "more": ("momentum",)}
RUNS = SCHEDULES[:-1]  # those that train to an end


def schedule_of(name: str, rate: float, total: int):
    """The schedule of a name for `total` steps with the highest rate `rate`."""
    if name == "step":
        return schedules.step_decay(rate, max(1, 2 * total // 3))
    if name == "cosine":
        return schedules.cosine(rate, total)
    if name == "warm-up and cosine":
        warm = max(1, total // 10)
        return schedules.warm_up(schedules.cosine(rate, max(1, total - warm)), warm)
    if name == "one cycle":
        return schedules.one_cycle(rate, total)
    if name == "range test":
        return schedules.range_test(rate / 1e4, rate, total)
    return schedules.constant(rate)


@lru_cache(maxsize=64)
def trained(name: str, rate: float, momentum: float, epochs: int) -> tuple[np.ndarray, np.ndarray]:
    """Losses (steps, networks) and shares right (networks,) of six networks under one schedule."""
    digits = load_digits().hold_back(HELD_BACK)
    total = epochs * -(-len(digits.x_train) // 32)
    ensemble = NetworkEnsemble([small_cnn(seed) for seed in range(NETWORKS)])
    run = train_ensemble(
        ensemble,
        SGD(1.0, momentum=momentum),
        digits.x_train,
        digits.y_train,
        epochs=epochs,
        rng=0,
        schedule=schedule_of(name, rate, total),
    )
    losses = np.array([record.loss for record in run])
    return losses, np.nan_to_num(ensemble.evaluate(digits.x_test, digits.y_test)[1], nan=0.1)


class ScheduleExplorer(Widget):
    """Six networks trained with a rate that changes on the way; each move of a control trains them anew.

    Facts: ``accuracy`` (mean on the validation images), ``worst``, ``best``, ``loss`` (mean of the last 20
    steps), ``rate``, ``epochs``, ``steps``; of a range test also ``fastest``, the rate at which the loss
    falls fastest (nan where it hardly falls). Schedules that were tried at the same settings stay beside
    the present one.

    >>> ScheduleExplorer(epochs=1, rate=0.01).facts["steps"]
    36
    """

    title = "When should the rate fall?"
    controls = (
        Choice("schedule", SCHEDULES, "cosine", label="Schedule", picker="thumbnails", words=WORDS),
        LogSlider("rate", 0.005, 5, 0.3, label="Highest rate"),
        Slider("momentum", 0, 0.95, 0, step=0.05, label="Momentum"),
        Slider("epochs", 1, 8, 4, integer=True, label="Epochs"),
    )
    slots = SLOTS

    def __init__(self, **options):
        self.tried = {}
        super().__init__(**options)

    def changed(self, before, after):
        self.tried.setdefault(settings(after), set()).add(after["schedule"])

    def compute(self, state):
        key = settings(state)
        losses, accuracy = trained(state["schedule"], *key)
        facts = self.facts_of(state, losses, accuracy)
        rates = rates_of(state["schedule"], state["rate"], len(losses))
        testing = state["schedule"] == "range test"
        if testing:
            fall = turns(losses)[1]
            facts["fastest"] = float("nan") if fall is None else float(rates[fall])
        panels = [self.range_panel(losses, rates)] if testing else self.run_panels(losses, rates, state)
        places = {"rates": (0, 0), "loss": (1, 0), "right": (2, 0)}
        return Scene(
            panels,
            self.sentence(state, facts),
            facts,
            rows=(1,) if testing else (2, 3),
            columns=(1,) if testing else (1, "350px"),
            height=420,
            figures=self.figures(losses, rates, facts, testing),
            pictures={"schedule": pictures()},
            narrow=None if testing else Narrow((2, 3, 3), (1,), 560, places),
        )

    @staticmethod
    def facts_of(state, losses, accuracy):
        return {
            "accuracy": float(accuracy.mean()),
            "worst": float(accuracy.min()),
            "best": float(accuracy.max()),
            "loss": float(means(losses[-WINDOW:]).mean()),
            "steps": len(losses),
            "rate": state["rate"],
            "epochs": state["epochs"],
        }

    def figures(self, losses, rates, facts, testing):
        """How many validation images are right; of a range test, where the loss falls and climbs."""
        if testing:
            _, fall, climb = turns(losses)
            words = ["–" if place is None else f"{rates[place]:.2g}" for place in (fall, climb)]
            return [Figure("Falls fastest at rate", words[0], large=True), Figure("Climbs from", words[1])]
        spread = say("{worst:.0f} to {best:.0f} %", worst=100 * facts["worst"], best=100 * facts["best"])
        right = Figure("Images right", f"{100 * facts['accuracy']:.1f} %", large=True)
        return [right, Figure("Six networks", spread)]

    def run_panels(self, losses, rates, state):
        """Rate and loss over the steps, and the images right, beside those of the schedules tried before."""
        key, now = settings(state), state["schedule"]
        names = [name for name in RUNS if name == now or name in self.tried.get(key, ())]
        before = [name for name in names if name != now]
        steps, pale = np.arange(len(losses)), {"color": "muted", "dash": "dashed", "width": 1.5}
        earlier = [Line(steps, rates_of(name, state["rate"], len(steps)), **pale) for name in before]
        lines = [Line(steps + 1, smooth(trained(name, *key)[0]), **pale) for name in before]
        words = word("tried before")
        lines = [replace(line, label="" if i else words) for i, line in enumerate(lines)]
        return [
            self.rate_panel([*earlier, Line(steps, rates, color="ink", width=2.5)], state["rate"]),
            self.loss_panel(
                [*lines, Line(steps + 1, smooth(losses), color="ink", width=2.5, label="this schedule")]
            ),
            self.accuracy_panel({name: trained(name, *key)[1] for name in names}, now),
        ]

    def rate_panel(self, lines, highest):
        """The rate at each step, on a linear axis: a cosine looks like one."""
        ticks = (0, highest / 2, highest)
        y = Axis(0, 1.15 * highest, ticks=ticks, names=[f"{tick:.2g}" for tick in ticks])
        x = Axis(0, len(lines[-1].x), whole=True)
        return Panel(lines, x, y, title="Rate", subtitle="at each step", name="rates", group="steps")

    def loss_panel(self, lines):
        """The loss at each step."""
        axes = (
            Axis(0, len(lines[-1].x), "step", whole=True),
            loss_axis(np.concatenate([line.y for line in lines])),
        )
        how = say("mean of six networks and {steps} steps; log axis: each line × 10", steps=WINDOW)
        legend = "upper right" if len(lines) > 1 else ""
        look = {"at": (1, 0), "name": "loss", "legend": legend, "group": "steps"}
        return Panel(lines, *axes, title="Loss", subtitle=how, **look)

    def accuracy_panel(self, right, now):
        """A dot for each network of each schedule that was tried: validation images right, in per cent."""
        marks = []
        for name, shares in right.items():
            place, color = RUNS.index(name), "ink" if name == now else "muted"
            x, mean = place + np.linspace(-0.16, 0.16, NETWORKS), 100 * shares.mean()
            marks.append(Line([place - 0.36, place + 0.36], [mean] * 2, color=color, width=1.5))
            marks.append(Points(x, 100 * shares, size=5 if name == now else 4, color=color))
        low = 100 * min(shares.min() for shares in right.values())
        bottom = next(level for level in (90, 80, 50, 0) if low >= level)
        if len(right) < 2:
            words = "Choose another schedule: its six networks stand beside these."
            marks.append(
                Note(4.4, bottom + 0.35 * (100 - bottom), words, align="right", width=120, needs=240)
            )
        x = Axis(-0.5, 4.5, ticks=range(5), names=WORDS[:5])
        y = Axis(bottom, 100)
        title, how = "Validation images right", "%, a dot a network"
        return Panel(marks, x, y, title=title, subtitle=how, at=(0, 1, 2, 1), name="right")

    def range_panel(self, losses, rates):
        """The loss at each rate of a range test, and where it falls fastest and climbs."""
        curve, fall, climb = turns(losses)
        marks = [
            Line(rates, np.where(curve < 5, curve, np.nan), color="ink", width=2.5),
            Note(rates[0] * 1.1, 2.75, "2.30 = guessing"),
            Line(rates[[0, -1]], [np.log(10)] * 2, color="muted", dash="dotted", width=1),
        ]
        if fall is not None:
            here = float(rates[fall]), float(curve[fall])
            marks.append(Points(*here, color="ink", size=6, outline="paper"))
            words = "falls fastest: take this rate"
            marks.append(Note(here[0] / 8, 1.0, words, here, width=120))
        if climb is not None:
            words, place = "climbs from here on: too high", float(rates[climb])
            marks.append(Reference(words, x=place, color="ink", dash="dashed"))
        x = Axis(rates[0], rates[-1], "rate at that step; log axis: each line × 10", log=True)
        how = "the rate grows at every step; mean of six networks"
        return Panel(marks, x, Axis(0, 4, whole=True), title="Loss", subtitle=how, name="loss")

    def sentence(self, state, facts):
        if state["schedule"] == "range test":
            how = {"steps": facts["steps"], "rate": state["rate"] / 10000.0, "rate2": state["rate"]}
            if np.isnan(facts["fastest"]):
                return say(
                    "A range test of {steps} steps, from {rate:.2g} to {rate2:.2g}: the loss hardly falls. "
                    "Try a higher last rate or more epochs.",
                    **how,
                )
            return say(
                "A range test of {steps} steps, from {rate:.2g} to {rate2:.2g}: take the rate at which the "
                "loss falls fastest, {fastest:.2g}.",
                fastest=facts["fastest"],
                **how,
            )
        loss = f"{facts['loss']:.3f}" if np.isfinite(facts["loss"]) else "no number any more"
        return say_many(
            "After {number} epoch six networks have {accuracy:.1f} % of the validation "
            "images right on average, from {worst:.1f} % to {best:.1f} %; the loss is "
            "{loss}.",
            "After {number} epochs six networks have {accuracy:.1f} % of the validation "
            "images right on average, from {worst:.1f} % to {best:.1f} %; the loss is "
            "{loss}.",
            state["epochs"],
            accuracy=100 * facts["accuracy"],
            worst=100 * facts["worst"],
            best=100 * facts["best"],
            loss=loss,
        )


def settings(state: dict) -> tuple[float, float, int]:
    """All but the schedule."""
    return state["rate"], state["momentum"], state["epochs"]


def rates_of(name: str, rate: float, total: int) -> np.ndarray:
    """The rate at each of `total` steps."""
    schedule = schedule_of(name, rate, total)
    return np.array([schedule(step) for step in range(total)])


@cache
def pictures() -> tuple[Panel, ...]:
    """The shape of each schedule, small."""
    bare = Axis(0, 99, visible=False), Axis(-0.1, 1.15, visible=False)
    shapes = (rates_of(name, 1.0, 100) for name in SCHEDULES)
    return tuple(Panel([Line(np.arange(100), y, color="ink", width=2.5)], *bare, grid=False) for y in shapes)


def turns(losses: np.ndarray) -> tuple[np.ndarray, int | None, int | None]:
    """The smoothed loss of a range test, the step where it falls fastest and that from which it climbs."""
    curve = smooth(losses, 15)
    known = np.where(np.isfinite(curve), curve, np.inf)
    lowest = int(np.argmin(known))
    fall = int(np.argmin(known[10:lowest] - known[: lowest - 10])) + 5 if lowest > 20 else None
    return curve, fall, lowest if lowest < len(curve) - 1 else None


def smooth(losses: np.ndarray, width: int = WINDOW) -> np.ndarray:
    """Mean loss of the networks over the last `width` steps, within what is drawn."""
    return np.clip(running_mean(means(losses.T), width), 0.0101, 99)


def running_mean(values: np.ndarray, width: int) -> np.ndarray:
    """Mean over the last `width` values, fewer at the beginning; not finite from an overflow on.

    >>> running_mean(np.array([1.0, 3.0, 5.0]), 2)
    array([1., 2., 4.])
    """
    return np.array([values[max(0, i + 1 - width) : i + 1].mean() for i in range(len(values))])
