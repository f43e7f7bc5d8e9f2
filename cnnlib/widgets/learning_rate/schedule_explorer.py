"""Learning rates that change on the way, on a real network."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from cnnlib.data import load_digits
from cnnlib.experiments.ensemble import NetworkEnsemble, train_ensemble
from cnnlib.networks import small_cnn
from cnnlib.nn import schedules
from cnnlib.nn.optim import SGD
from cnnlib.viz import Axis, Line, Panel, Scene
from cnnlib.widgets.base import Choice, LogSlider, Slider, Widget
from cnnlib.widgets.learning_rate.rate_sweep import WINDOW, means

SCHEDULES = ("constant", "step", "cosine", "warm-up and cosine", "one cycle", "range test")
NETWORKS = 6


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
    """Losses (steps, networks) and test accuracies (networks,) of six networks under one schedule."""
    digits = load_digits()
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

    Facts: ``accuracy`` (mean on the test images), ``worst``, ``best``, ``loss`` (mean of the last 20 steps),
    ``rate``, ``epochs``, ``steps``.

    >>> ScheduleExplorer(epochs=1, rate=0.01).facts["steps"]
    45
    """

    title = "Schedules"
    controls = (
        Choice("schedule", SCHEDULES, label="Schedule"),
        LogSlider("rate", 0.005, 5, 0.3, label="Highest rate"),
        Slider("momentum", 0, 0.95, 0, step=0.05, label="Momentum"),
        Slider("epochs", 1, 8, 4, integer=True, label="Epochs"),
    )

    def compute(self, state):
        key = state["rate"], state["momentum"], state["epochs"]
        losses, accuracy = trained(state["schedule"], *key)
        facts = {
            "accuracy": float(accuracy.mean()),
            "worst": float(accuracy.min()),
            "best": float(accuracy.max()),
            "loss": float(means(losses[-WINDOW:]).mean()),
            "steps": len(losses),
            "rate": state["rate"],
            "epochs": state["epochs"],
        }
        rates = [schedule_of(state["schedule"], state["rate"], len(losses))(s) for s in range(len(losses))]
        panels = [self.rate_panel(np.array(rates), state), self.loss_panel(losses, np.array(rates), state)]
        return Scene(panels, self.sentence(state, facts), facts, columns=(2, 3))

    def rate_panel(self, rates, state):
        x = Axis(0, len(rates), "step", whole=True)
        low = max(min(1e-3, float(rates[rates > 0].min())), 1e-6)
        shown = np.clip(rates, low, None)
        return Panel([Line(np.arange(len(rates)), shown)], x, Axis(low, 10, "rate", log=True), title="Rate")

    def loss_panel(self, losses, rates, state):
        testing = state["schedule"] == "range test"
        x = rates if testing else np.arange(1, len(losses) + 1)
        smooth = running_mean(means(losses.T), 9)
        marks = [Line(x, np.clip(smooth, 0.0101, 99), color="blue", label="these six")]
        if testing:
            axis = Axis(float(rates[0]), float(rates[-1]), "rate at that step", log=True)
        else:
            axis = Axis(0, len(losses), "step", whole=True)
            plain = trained("constant", state["rate"], state["momentum"], state["epochs"])[0]
            plain = np.clip(running_mean(means(plain.T), 9), 0.0101, 99)
            marks.insert(0, Line(x, plain, color="orange", dash="dashed", label="constant rate"))
        y = Axis(0.01, 100, "loss, mean of six", log=True)
        if testing:
            y = Axis(0, 5, "loss, mean of six")
        return Panel(marks, axis, y, title="Loss", at=(0, 1), legend="upper right")

    def sentence(self, state, facts):
        if state["schedule"] == "range test":
            return (
                f"A range test of {facts['steps']} steps, from {state['rate'] / 1e4:.2g} to"
                f" {state['rate']:.2g}: look for the rate where the loss falls fastest, well below the one"
                " where it climbs."
            )
        loss = f"{facts['loss']:.3f}" if np.isfinite(facts["loss"]) else "no number any more"
        return (
            f"After {state['epochs']} epoch{'s' * (state['epochs'] != 1)} six networks have"
            f" {100 * facts['accuracy']:.1f} % of the test images right on average,"
            f" from {100 * facts['worst']:.1f} % to {100 * facts['best']:.1f} %; the loss is {loss}."
        )


def running_mean(values: np.ndarray, width: int) -> np.ndarray:
    """Mean over the last `width` values, fewer at the beginning; not finite from an overflow on.

    >>> running_mean(np.array([1.0, 3.0, 5.0]), 2)
    array([1., 2., 4.])
    """
    return np.array([values[max(0, i + 1 - width) : i + 1].mean() for i in range(len(values))])
