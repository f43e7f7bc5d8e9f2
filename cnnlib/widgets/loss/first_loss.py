"""The first loss of 200 fresh networks, against that of a guess without any opinion."""

from __future__ import annotations

from cnnlib.experiments.first_losses import STARTS, first_losses
from cnnlib.runtime.language import marked, say
from cnnlib.viz import Figure, Narrow, Scene
from cnnlib.widgets.base import Choice, LogSlider, Slider, Widget
from cnnlib.widgets.loss.first_loss_picture import NO_OPINION, networks_panel, ruler_panel

PIXELS = {"0 to 1": 1.0, "0 to 16": 16.0, "0 to 255": 255.0}
marked("0 to {number}")
WORDS = ("ours", "He", "Xavier", "zeros")
SLOTS = {"bar": ("start", "scale", "pixels"), "more": ("networks",)}
NARROW = Narrow(("330px", "70px"), (1,), 400, {"networks": (0, 0), "from 0": (1, 0)})


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
        return Scene(
            [networks_panel(losses), ruler_panel(losses)],
            sentence(state, facts),
            facts,
            rows=(1, "70px"),
            height=420,
            figures=[Figure("Mean first loss", told(facts["mean"]), large=True, mark="ring")],
            narrow=NARROW,
        )


def sentence(state: dict, facts: dict) -> str:
    """What such losses mean first, then the numbers."""
    if facts["most"] - facts["least"] < 1e-9 and abs(facts["mean"] - NO_OPINION) < 1e-9:
        count = say("All {networks} networks", networks=state["networks"])
        return say(
            "{count} begin at exactly {mean:.4f} = ln 10: no network has any opinion.",
            count=count,
            mean=facts["mean"],
        )
    numbers = say(
        "{networks} networks begin at {mean} on average, from {least} to "
        "{most}; no opinion at all would be ln 10 = {no_opinion:.3f}.",
        networks=state["networks"],
        mean=told(facts["mean"]),
        least=told(facts["least"]),
        most=told(facts["most"]),
        no_opinion=NO_OPINION,
    )
    if facts["mean"] > 4:
        return say("They begin with strong opinions, and these are wrong. {numbers}", numbers=numbers)
    if facts["spread"] < 0.002:
        return say("They hardly look at the image. {numbers}", numbers=numbers)
    return say("An opinion by chance is worse than none. {numbers}", numbers=numbers)


def told(loss: float) -> str:
    """A loss with as many figures as are of interest.

    >>> told(2.4017), told(184271.5)
    ('2.402', '184,000')
    """
    return f"{loss:.3f}" if loss < 1000 else f"{float(f'{loss:.3g}'):,.0f}"
