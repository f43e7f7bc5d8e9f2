"""The first loss of 200 fresh networks, against that of a guess without any opinion."""

from __future__ import annotations

import numpy as np

from cnnlib.experiments.first_losses import STARTS, first_losses
from cnnlib.runtime.language import marked, say
from cnnlib.viz import Axis, Bars, Figure, Narrow, Note, Panel, Reference, Region, Scene
from cnnlib.widgets.base import Choice, LogSlider, Slider, Widget

PIXELS = {"0 to 1": 1.0, "0 to 16": 16.0, "0 to 255": 255.0}
marked("0 to {number}")
WORDS = ("ours", "He", "Xavier", "zeros")
SLOTS = {"bar": ("start", "scale", "pixels"), "more": ("networks",)}
NARROW = Narrow(("300px", "110px"), (1,), 410, {"close": (0, 0), "all": (1, 0)})
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
        Choice("start", STARTS, label="First weights", picker="segments", words=WORDS),
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
        close = window_of(losses, top)
        return Scene(
            [close_panel(losses, *close), all_panel(losses, top, close)],
            sentence(state, facts),
            facts,
            rows=(1, "104px"),
            height=430,
            figures=[Figure("Mean first loss", f"{facts['mean']:.3f}", large=True)],
            narrow=NARROW,
        )


def nice_top(value: float) -> float:
    """The next of 4, 10, 40, 100, … above a value."""
    top = 4.0
    while top <= value:
        top *= 2.5 if f"{top:.0e}"[0] == "4" else 4
    return top


def window_of(losses: np.ndarray, top: float) -> tuple[float, float]:
    """What is seen close up: all losses with their bars in the strip below, between two ticks."""
    bars, _ = histogram(losses, 0.0, top)
    held = bars.x[bars.height > 0]
    half = bars.width / 1.8
    low, high = max(0.0, held.min() - half), held.max() + half
    step = tick_step(high - low)
    return step * np.floor(low / step + 1e-6), step * np.ceil(high / step - 1e-6)


def tick_step(span: float) -> float:
    """A round number that goes into `span` about five times.

    >>> tick_step(0.6), tick_step(0.1), tick_step(30.0)
    (0.1, 0.02, 5.0)
    """
    power = 10.0 ** np.floor(np.log10(span / 4))
    return float(f"{power * max(part for part in (1, 2, 5) if part * power <= span / 4):.6g}")


def histogram(losses: np.ndarray, low: float, high: float) -> tuple[Bars, int]:
    """How many begin where, in bars of a fortieth of the range, one centred on ln 10; and the most."""
    width = (high - low) / 40
    first, last = (np.floor((end - NO_OPINION) / width + 0.5) for end in (low, high))
    edges = NO_OPINION + width * (np.arange(first, last + 2) - 0.5)
    counts, _ = np.histogram(losses, bins=edges)
    return Bars(edges[:-1] + width / 2, counts, width=width * 0.9, color="muted"), max(counts.max(), 1)


def close_panel(losses: np.ndarray, low: float, high: float) -> Panel:
    """All losses, as large as they can be."""
    bars, most = histogram(losses, low, high)
    marks = [bars]
    if low < NO_OPINION < high:
        marks.append(Reference("ln 10 = 2.303: no opinion", x=NO_OPINION, color="ink", dash="dashed"))
        if high < 4 and high - NO_OPINION > 0.3 * (high - low):  # where there is room for words
            words = "Right of the line: worse than giving all ten the same."
            x, near = (NO_OPINION + share * (high - NO_OPINION) for share in (0.6, 0.45))
            bar = int(np.argmin(np.abs(bars.x - near)))
            to = float(bars.x[bar]), float(bars.height[bar]) + 0.02 * most
            marks.append(Note(x, 0.75 * most, words, to, 190, needs=500))
    step = tick_step(high - low)
    ticks = [round(step * i, 6) for i in range(round(low / step), round(high / step) + 1)]
    axes = Axis(low, high, "first loss", ticks=ticks), Axis(0, 1.15 * most, whole=True)
    how = say(
        "how many begin at which loss, from {least:.3f} to {most:.3f}", least=losses.min(), most=losses.max()
    )
    title = "Where the networks begin"
    return Panel(marks, *axes, title=title, subtitle=how, name="close")


def all_panel(losses: np.ndarray, top: float, window: tuple[float, float]) -> Panel:
    """The same losses on an axis from 0 on, and what of it is seen close up."""
    bars, most = histogram(losses, 0.0, top)
    low, high = max(0.0, window[0]), min(top, window[1])
    marks = [bars, Region(low, high, color="muted", alpha=0.12)]
    marks.append(Reference("", x=NO_OPINION, color="ink", dash="dashed"))
    axes = Axis(0, top), Axis(0, 1.3 * most, ticks=())
    how = "shaded: what is seen above; far right of the dashed line: a fault"
    return Panel(marks, *axes, title="The same from 0 on", subtitle=how, at=(1, 0), grid=False, name="all")


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
