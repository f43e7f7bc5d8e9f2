"""The first loss of 200 fresh networks, against that of a guess without any opinion."""

from __future__ import annotations

import numpy as np

from cnnlib.experiments.first_losses import STARTS, first_losses
from cnnlib.runtime.language import marked, say
from cnnlib.viz import Axis, Bars, Figure, Note, Panel, Reference, Scene
from cnnlib.widgets.base import Choice, LogSlider, Slider, Widget

PIXELS = {"0 to 1": 1.0, "0 to 16": 16.0, "0 to 255": 255.0}
marked("the course's", "zeros", "0 to {number}")
SLOTS = {"settings": ("start", "scale", "pixels"), "more": ("networks",)}
NO_OPINION = float(np.log(10))


class FirstLoss(Widget):
    """Histogram of the loss before the first step; scale of the weights, rule and range of pixels vary.

    Facts: ``mean``, ``spread`` (standard deviation), ``least``, ``most``, ``no_opinion`` (ln 10).

    >>> FirstLoss(start="zeros").text
    'All 200 networks begin at exactly 2.3026 = ln 10: no network has any opinion.'
    """

    title = "How wrong is a network that has not learned yet?"
    slots = SLOTS
    controls = (
        Choice("start", STARTS, label="First weights", picker="segments"),
        LogSlider("scale", 0.03, 10, 1, label="Weights times"),
        Choice("pixels", tuple(PIXELS), label="Range of the pixels", picker="segments"),
        Slider("networks", 10, 200, 200, step=10, integer=True, label="Networks"),
    )

    def compute(self, state: dict) -> Scene:
        losses = first_losses(state["start"], state["scale"], PIXELS[state["pixels"]], state["networks"])
        facts = {
            "mean": float(losses.mean()),
            "spread": float(losses.std()),
            "least": float(losses.min()),
            "most": float(losses.max()),
            "no_opinion": NO_OPINION,
        }
        top = nice_top(facts["most"])
        mean = facts["mean"]
        near = max(1.1 * (facts["most"] - mean), 1.1 * (mean - facts["least"]), 0.03)  # none is left out
        panels = [
            histogram(losses, 0.0, top, "All networks", (0, 0)),
            histogram(losses, mean - near, mean + near, "The same, close up", (0, 1)),
        ]
        figures = [
            Figure("Mean first loss", f"{mean:.3f}", large=True),
            Figure("No opinion", f"{NO_OPINION:.3f}", "= ln 10", mark="dashed"),
            Figure("From", f"{facts['least']:.3f}"),
            Figure("to", f"{facts['most']:.3f}"),
        ]
        return Scene(panels, sentence(state, facts), facts, columns=(1, 1), height=340, figures=figures)


def nice_top(value: float) -> float:
    """The next of 4, 10, 40, 100, … above a value."""
    top = 4.0
    while top <= value:
        top *= 2.5 if f"{top:.0e}"[0] == "4" else 4
    return top


def histogram(losses: np.ndarray, low: float, high: float, title: str, at: tuple) -> Panel:
    """How many networks begin where: bars of a fortieth of the range, one of them centred on ln 10."""
    width = (high - low) / 40
    first, last = (np.floor((end - NO_OPINION) / width + 0.5) for end in (low, high))
    edges = NO_OPINION + width * (np.arange(first, last + 2) - 0.5)
    counts, _ = np.histogram(losses, bins=edges)
    marks = [Bars(edges[:-1] + width / 2, counts, width=width * 0.9, color="muted")]
    peak = max(counts.max(), 1)
    if low < NO_OPINION < high:
        marks.append(Reference("ln 10", x=NO_OPINION, color="ink", dash="dashed"))
        if at == (0, 0):
            left = NO_OPINION > 0.4 * high  # where there is room for words
            words = "Right of the line: worse than giving all ten the same. Far right of it: a fault."
            place = (NO_OPINION - 0.08 * high, "right") if left else (NO_OPINION + 0.45 * high, "left")
            spot = NO_OPINION + 0.06 * high, (1.14 if left else 0.5) * peak
            marks.append(Note(place[0], 1.1 * peak, words, spot, 150, align=place[1]))
    y = Axis(0, 1.3 * peak, whole=True)
    words = "how many begin at which loss"
    return Panel(marks, Axis(low, high, "first loss"), y, title=title, subtitle=words, at=at, name=title)


def sentence(state: dict, facts: dict) -> str:
    if facts["most"] - facts["least"] < 1e-9 and abs(facts["mean"] - NO_OPINION) < 1e-9:
        count = say("All {networks} networks", networks=state["networks"])
        return say(
            "{count} begin at exactly {mean:.4f} = ln 10: no network has any opinion.",
            count=count,
            mean=facts["mean"],
        )
    words = say(
        "{networks} networks begin at {mean:.3f} on average, from {least:.3f} to "
        "{most:.3f}; no opinion at all would be ln 10 = {no_opinion:.3f}.",
        networks=state["networks"],
        mean=facts["mean"],
        least=facts["least"],
        most=facts["most"],
        no_opinion=NO_OPINION,
    )
    if facts["mean"] > 4:
        return say("{words} They begin with strong opinions, and these are wrong.", words=words)
    if facts["spread"] < 0.002:
        return say("{words} They hardly look at the image.", words=words)
    return words
