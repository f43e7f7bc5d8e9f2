"""Learning rates that change on the way, on a real network."""

from __future__ import annotations

import numpy as np

from cnnlib.runtime.language import say, say_many, word
from cnnlib.viz import Figure, Narrow, Scene
from cnnlib.widgets.base import Button, Choice, LogSlider, Slider, Widget
from cnnlib.widgets.learning_rate.range_test import range_panel, turns
from cnnlib.widgets.learning_rate.rate_sweep import WINDOW, means
from cnnlib.widgets.learning_rate.schedule_runs import (
    NETWORKS,
    RANGE_TEST,
    RUNS,
    Row,
    rates_of,
    row_of,
    trained,
)
from cnnlib.widgets.learning_rate.schedule_table import NAMES, SLIM, WIDE, ScheduleTable

SHOWS = ("schedules", RANGE_TEST)
SLOTS = {"head": ("shows",), "bar": ("rate", "epochs", "all"), "more": ("momentum",), "handle": ("schedule",)}


class ScheduleExplorer(Widget):
    """Six networks trained with a rate that changes on the way; each move of a control trains them anew.

    A row of the table is a schedule. The chosen one is trained at once, the others when they are chosen, or
    all with a button; those trained at the same settings stay. With ``shows="range test"`` the rate grows
    instead, and the loss is drawn over it.

    Facts: ``accuracy`` (mean on the validation images), ``worst``, ``best``, ``loss`` (mean of the last 20
    steps), ``rate``, ``epochs``, ``steps``; of a schedule also ``gain`` (accuracy minus that of the constant
    rate, both rounded as they are shown; nan where this is not known); of a range test ``fastest``, the rate
    at which the loss falls fastest (nan where it does not fall clearly).

    >>> ScheduleExplorer(epochs=1, rate=0.01).facts["steps"]
    36
    """

    title = "When should the rate fall?"
    controls = (
        Choice("shows", SHOWS, label="What is shown", picker="segments"),
        Choice("schedule", RUNS, "cosine", label="Schedule", picker="segments", words=NAMES),
        LogSlider("rate", 0.005, 5, 0.8, label="Highest rate"),
        Slider("momentum", 0, 0.95, 0, step=0.05, label="Momentum"),
        Slider("epochs", 1, 8, 4, integer=True, label="Epochs"),
        Button("all", label="Train the others"),
    )
    slots = SLOTS

    def begin(self):
        """Nothing is trained yet."""
        self.tried = {}

    def changed(self, before, after):
        if after["shows"] == SHOWS[0]:
            self.tried.setdefault(settings(after), set()).add(after["schedule"])

    def press(self, name):
        """Train every schedule at the present settings."""
        self.tried.setdefault(settings(self.state), set()).update(RUNS)

    def event(self, event):
        """A click on a row chooses its schedule."""
        if event.get("name") == "rows" and event.get("kind") == "click" and event.get("row") is not None:
            return {"schedule": RUNS[int(event["row"])]}

    def compute(self, state):
        testing = state["shows"] == RANGE_TEST
        losses, shares = trained(RANGE_TEST if testing else state["schedule"], *settings(state))
        facts = self.facts_of(state, losses, shares)
        if testing:
            return self.range_scene(state, losses, facts)
        rows = self.rows(state)
        constant = rows.get("constant")
        mine = rows[state["schedule"]].percent
        facts["gain"] = (mine - constant.percent) / 100 if constant else float("nan")
        plans = {"table": WIDE, "table narrow": SLIM}
        table = [state["schedule"], state["rate"], len(losses)]
        untrained = any(run not in self.tried.get(settings(state), ()) for run in RUNS)
        return Scene(
            [ScheduleTable(rows, *table, plan).panel(name) for name, plan in plans.items()],
            self.sentence(state, facts, rows),
            facts,
            height=WIDE.height + 6,
            figures=[self.figure(state, facts)],
            narrow=Narrow((1,), (1,), SLIM.height + 6, {"table narrow": (0, 0)}, only=("table narrow",)),
            idle=() if untrained else ("all",),
        )

    def rows(self, state) -> dict[str, Row]:
        """The schedules that are trained at these settings, or recorded."""
        tried = {state["schedule"], *self.tried.get(settings(state), ())}
        found = {run: row_of(run, settings(state), run in tried) for run in RUNS}
        return {run: row for run, row in found.items() if row is not None}

    def range_scene(self, state, losses, facts):
        """The range test alone, large."""
        rates = rates_of(RANGE_TEST, state["rate"], len(losses))
        _, fall, climb = turns(losses)
        facts["fastest"] = float("nan") if fall is None else float(rates[fall])
        words = ["–" if place is None else f"{rates[place]:.2g}" for place in (fall, climb)]
        return Scene(
            [range_panel(losses, rates)],
            self.range_sentence(state, facts),
            facts,
            height=WIDE.height + 6,
            title=word("How high may the rate be?"),
            figures=[Figure("Falls fastest at rate", words[0], large=True), Figure("Climbs from", words[1])],
            idle=("all",),
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

    def figure(self, state, facts) -> Figure:
        """What the schedule gains over a constant rate; where that is not known, the images right."""
        if state["schedule"] == "constant" or np.isnan(facts["gain"]):
            return Figure("Images right", f"{100 * facts['accuracy']:.1f} %", large=True)
        label = say("{name} against constant", name=name_of(state["schedule"]))
        return Figure(label, f"{100 * facts['gain']:+.1f}", "points", large=True)

    def sentence(self, state, facts, rows):
        """What the comparison says first, then the numbers of the chosen schedule."""
        return say_many(
            "{meaning} After {number} epoch {accuracy:.1f} % of the validation images are right on average, "
            "from {worst:.1f} to {best:.1f} %; the loss is {loss}.",
            "{meaning} After {number} epochs {accuracy:.1f} % of the validation images are right on average, "
            "from {worst:.1f} to {best:.1f} %; the loss is {loss}.",
            state["epochs"],
            meaning=meaning(state, facts, rows),
            accuracy=100 * facts["accuracy"],
            worst=100 * facts["worst"],
            best=100 * facts["best"],
            loss=f"{facts['loss']:.3f}" if np.isfinite(facts["loss"]) else word("no number any more"),
        )

    def range_sentence(self, state, facts):
        how = {"steps": facts["steps"], "rate": state["rate"] / 10000.0, "rate2": state["rate"]}
        if np.isnan(facts["fastest"]):
            return say(
                "A range test of {steps} steps, from {rate:.2g} to {rate2:.2g}: the loss has not fallen "
                "clearly yet. Try a higher last rate or more epochs.",
                **how,
            )
        return say(
            "A range test of {steps} steps, from {rate:.2g} to {rate2:.2g}: take the rate at which the "
            "loss falls fastest, {fastest:.2g}.",
            fastest=facts["fastest"],
            **how,
        )


def settings(state: dict) -> tuple[float, float, int]:
    """All but the schedule."""
    return state["rate"], state["momentum"], state["epochs"]


def name_of(schedule: str) -> str:
    """A schedule's name in its row."""
    return word(NAMES[RUNS.index(schedule)])


def meaning(state: dict, facts: dict, rows: dict[str, Row]) -> str:
    """What the chosen row says beside that of the constant rate."""
    row, constant, name = rows[state["schedule"]], rows.get("constant"), name_of(state["schedule"])
    if state["schedule"] == "constant":
        if row.failed:
            return say(
                "With the constant rate {failed} of {all} networks fail.", failed=row.failed, all=NETWORKS
            )
        return say("The constant rate works for all {all} networks.", all=NETWORKS)
    if constant is None:
        return say("Train the constant rate too, to see what {name} is good for.", name=name)
    counts = {"name": name, "lost": constant.failed, "failed": row.failed, "all": NETWORKS}
    if constant.failed and not row.failed:
        return say(
            "With the constant rate {lost} of {all} networks fail, with {name} none: high at first does no "
            "harm if the rate falls.",
            **counts,
        )
    if row.failed:
        return say("With {name} {failed} of {all} networks fail, with the constant rate {lost}.", **counts)
    spread = max(row.shares.std(), constant.shares.std())
    if abs(facts["gain"]) < spread:
        return say("Here {name} and constant hardly differ: the networks of one row differ more.", name=name)
    if facts["gain"] > 0:
        return say(
            "Here {name} beats the constant rate by more than the networks of one row differ.", name=name
        )
    return say("Here {name} falls behind the constant rate.", name=name)
