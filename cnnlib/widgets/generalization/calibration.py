"""Calibration: how sure a network is beside how often it is right, and one number that mends much of it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from cnnlib.experiments.memorising import WAYS, validation_logits
from cnnlib.nn.functional import log_softmax, softmax
from cnnlib.runtime.language import marked, say
from cnnlib.training.calibration import Reliability, expected_calibration_error, reliability_bins
from cnnlib.viz import (
    Axis,
    Bars,
    Cursor,
    Figure,
    Line,
    Narrow,
    Note,
    Panel,
    Points,
    Reference,
    Region,
    Scene,
    Text,
)
from cnnlib.widgets.base import Challenge, Choice, LogSlider, Slider, Widget

COLD, HOT, JUDGED = 0.25, 4.0, 1000
ASKED = 10  # bins with which the error is to become small
FEW = 5  # guesses in a bin below which its share says nothing
TICKS = (0, 0.5, 1)
TEMPERATURES = np.geomspace(COLD, HOT, 49)
SLOTS = {"bar": ("way",), "handle": ("temperature",), "more": ("bins", "seed")}
NARROW = Narrow((20, 8, 12), (1,), 760, {"reliability": (0, 0), "counts": (1, 0), "ece": (2, 0)})


def judged(way: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits and labels of the second thousand of validation images; the first is there to fit on."""
    logits, labels = validation_logits(way, seed)
    return logits[JUDGED:].astype(float), labels[JUDGED:]


@lru_cache(maxsize=64)
def errors_of(way: str, seed: int, bins: int) -> np.ndarray:
    """The calibration error (a share) at each of `TEMPERATURES`."""
    logits, labels = judged(way, seed)
    return np.array([expected_calibration_error(softmax(logits / t), labels, bins) for t in TEMPERATURES])


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> float:
    return -float(log_softmax(logits)[np.arange(len(labels)), labels].mean())


def reached_words(facts: dict) -> str:
    """The error now, and why it does not count if it does not."""
    if not facts["long"]:
        return say("now {ece:.1f} %, another network", ece=facts["ece"])
    if facts["bins"] != ASKED:
        return say("now {ece:.1f} %, counts with {bins} bins", ece=facts["ece"], bins=ASKED)
    return say("now {ece:.1f} %", ece=facts["ece"])


marked("trained long", "8 epochs only", "a fifth wrong labels", "label smoothing", "weight decay")


class CalibrationExplorer(Widget):
    """A reliability diagram of networks trained in five ways, with a temperature by which logits are divided.

    Judged on 1,000 validation images. Facts: ``ece`` (expected calibration error, per cent), ``sure`` (mean
    confidence, per cent), ``right`` (per cent), ``loss`` (cross-entropy), ``temperature``, ``bins``,
    ``long`` (1 if trained long).

    >>> CalibrationExplorer(temperature=4).text.split(":")[0]
    'At temperature 4.00 the network is 48 % sure on average and 76 % right'
    """

    title = "How far can its confidence be believed?"
    slots = SLOTS
    controls = (
        Choice("way", tuple(WAYS), label="Trained on 100 images", picker="segments"),
        LogSlider("temperature", COLD, HOT, 1.0, label="Temperature"),
        Slider("bins", 4, 20, ASKED, integer=True, label="Bins"),
        Slider("seed", 0, 4, 0, integer=True, label="Seed"),
    )
    challenge = Challenge(
        "trained long: error below 3 %",
        lambda facts: facts["long"] and facts["bins"] == ASKED and facts["ece"] < 3,
        lambda facts: (
            reached_words(facts),
            min(1.0, 3 / max(facts["ece"], 0.1)) * (1 if facts["long"] and facts["bins"] == ASKED else 0.5),
        ),
    )

    def compute(self, state: dict) -> Scene:
        way, seed, bins, temperature = state["way"], state["seed"], state["bins"], state["temperature"]
        logits, labels = judged(way, seed)
        p = softmax(logits / temperature)
        found = reliability_bins(p, labels, bins)
        facts = {
            "ece": 100 * expected_calibration_error(p, labels, bins),
            "sure": 100 * float(p.max(axis=1).mean()),
            "right": 100 * float((p.argmax(axis=1) == labels).mean()),
            "loss": cross_entropy(logits / temperature, labels),
            "temperature": temperature,
            "long": float(way == "trained long"),
            "bins": bins,
        }
        errors = 100 * errors_of(way, seed, bins)
        panels = [
            reliability_panel(found),
            counts_panel(found),
            error_panel(errors, facts["ece"], temperature),
        ]
        return Scene(
            panels,
            sentence(facts, bins),
            facts,
            rows=(1, "104px"),
            columns=(1.5, 1),
            height=436,
            figures=figures(facts),
            narrow=NARROW,
        )


def figures(facts: dict) -> list[Figure]:
    return [
        Figure("Calibration error", f"{facts['ece']:.1f} %", large=True),
        Figure("Sure, on average", f"{facts['sure']:.0f} %"),
        Figure("Right", f"{facts['right']:.0f} %"),
    ]


def reliability_panel(found: Reliability) -> Panel:
    """Share of right guesses in each bin of confidence; a dot is as high as the bin is sure on average."""
    middle, width = (found.edges[1:] + found.edges[:-1]) / 2, found.edges[1]
    full = found.counts >= FEW
    marks = [
        Bars(middle[full], found.accuracy[full], width=0.86 * width, color="muted", alpha=0.45),
        Line([0, 1], [0, 1], color="ink", dash="dotted", width=1.5),
        *worst_words(found),
    ]
    if found.edges[np.argmax(full)] > 0.25:  # room to the left of the bars
        words = "on the line: as sure as it is right"
        marks.append(Note(0.02, 0.5, words, (0.2, 0.21), width=120, needs=420))
    for x, sure, right in zip(middle[full], found.confidence[full], found.accuracy[full], strict=True):
        color = "neg" if sure > right else "pos"
        edges = {"x0": x - 0.43 * width, "x1": x + 0.43 * width, "y0": right, "y1": sure}
        marks.append(Region(**edges, color=color, alpha=0.4))
        marks.append(Region(**edges, color=color, filled=False, width=1.5))
    marks.append(Points(found.confidence[full], found.confidence[full], color="ink", size=3.5))
    names = [f"{100 * tick:.0f}" for tick in TICKS]
    axes = Axis(0, 1, ticks=TICKS, names=[""] * 3), Axis(0, 1, "actually right (%)", ticks=TICKS, names=names)
    title, how = "Reliability", "orange: too sure; blue: too modest"
    return Panel(marks, *axes, title=title, subtitle=how, at=(0, 0), group="sure", name="reliability")


def worst_words(found: Reliability) -> list[Text]:
    """Beside the bin that adds most to the error: how sure it is, and how often right."""
    gaps = np.where(found.counts < FEW, 0, np.nan_to_num(found.confidence - found.accuracy))
    worst = int(np.argmax(np.abs(gaps) * found.counts))
    sure, right = (float(values[worst]) for values in (found.confidence, found.accuracy))
    if abs(gaps[worst]) < 0.01 or found.edges[worst] < 0.3:
        return []
    words = say("{sure:.0f} % sure, {right:.0f} % right", sure=100 * sure, right=100 * right)
    look = {"align": "right", "baseline": "top", "bold": True, "shift": (-4, 2)}
    color = "neg-text" if gaps[worst] > 0 else "pos-text"
    return [Text(found.edges[worst] + 0.05 * found.edges[1], max(sure, right), [words], color=color, **look)]


def counts_panel(found: Reliability) -> Panel:
    """How many of the guesses each bin holds."""
    middle, width = (found.edges[1:] + found.edges[:-1]) / 2, found.edges[1]
    shares = 100 * found.counts / found.counts.sum()
    top = max(50.0, 1.1 * float(shares.max()))
    names = [f"{100 * tick:.0f}" for tick in TICKS]
    axes = Axis(0, 1, "how sure it is (%)", ticks=TICKS, names=names), Axis(0, top, ticks=(0, 50))
    marks = [Bars(middle, shares, width=0.86 * width, color="ink")]
    title, how = "Guesses", "how many there are, % of all"
    return Panel(marks, *axes, title=title, subtitle=how, at=(1, 0), group="sure", name="counts")


def error_panel(values: np.ndarray, here: float, temperature: float) -> Panel:
    """The calibration error over all temperatures, with the one chosen."""
    marks = [
        Reference("1: as trained", x=1.0, at="start"),
        Line(TEMPERATURES, values, color="ink", width=2.5),
        Points(temperature, here, color="ink", size=5, outline="paper"),
        Cursor(temperature, sets={"x": "temperature"}, text=f"{temperature:.2f}"),
    ]
    ticks = (0.25, 0.5, 1, 2, 4)
    x = Axis(COLD, HOT, "temperature", log=True, ticks=ticks, names=[f"{t:g}" for t in ticks])
    top = 1.12 * max(float(values.max()), 1e-3)
    y = Axis(0, top, ticks=np.arange(0, top, 10))
    look = {"color": "muted", "baseline": "top"}
    marks.append(Text([COLD], [top], ["← surer answers"], align="left", shift=(6, 5), **look))
    marks.append(Text([HOT], [top], ["softer answers →"], align="right", shift=(-6, 5), **look))
    look = {"title": "Calibration error (%)", "subtitle": "drag the line", "at": (0, 1, 2, 1), "name": "ece"}
    return Panel(marks, x, y, **look)


def sentence(facts: dict, bins: int) -> str:
    gap = facts["sure"] - facts["right"]
    side = "too sure" if gap > 2 else "too modest" if gap < -2 else "about as sure as it is right"
    return say(
        "At temperature {temperature:.2f} the network is {sure:.0f} % sure on average "
        "and {right:.0f} % right: {side}. The error over {bins} bins is {ece:.1f} %, "
        "the cross-entropy {loss:.3f}. No guess changes with the temperature.",
        temperature=facts["temperature"],
        sure=facts["sure"],
        right=facts["right"],
        side=side,
        bins=bins,
        ece=facts["ece"],
        loss=facts["loss"],
    )
