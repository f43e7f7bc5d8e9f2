"""What the X-ray says about a unit, in words."""

from __future__ import annotations

from collections.abc import Sequence

from cnnlib.experiments.dissect import Terms
from cnnlib.runtime.language import say, word
from cnnlib.widgets.forward_pass.network_layout import LayerOutput
from cnnlib.widgets.forward_pass.scores_panel import percent


def kernel_title(output: LayerOutput, unit: tuple, shown: int, inputs: int) -> str:
    """What the middle matrix of a sum is: of a kernel over several maps its weights for one of them."""
    if len(output.shape) == 1:
        return say("weights to {name} {unit}", name=output.name, unit=unit[0])
    if inputs == 1:
        return say("kernel {unit}", unit=unit[0])
    return say("kernel {unit}, from input map {shown}", unit=unit[0], shown=shown)


def sum_words(terms: Terms) -> str:
    total, bias = round(float(terms.total), 2), round(float(terms.bias), 2)  # as in the picture; they add up
    return say(
        "{size} products add up to {total:.2f}, plus the bias {bias:.2f} makes {total2:.2f}.",
        size=terms.inputs.size,
        total=total - bias,
        bias=bias,
        total2=total,
    )


def single_words(kind: str, before: float, after: float) -> str:
    """A sentence on a layer that works number by number."""
    if kind == "ReLU":
        return say("max(0, {before:.2f}) = {after:.2f}.", before=before, after=after)
    if kind == "normalization":
        return say(
            "{before:.2f}, moved and scaled by the map's running mean and deviation, is {after:.2f}.",
            before=before,
            after=after,
        )
    return say("{kind} of {before:.2f} is {after:.2f}.", kind=kind, before=before, after=after)


def answer_words(names: Sequence[str], facts: dict) -> str:
    """What the network makes of the image, and whether that is so.

    >>> answer_words("0123456789", {"guess": 3, "confidence": 0.84, "label": 5, "right": 0})
    "The network's answer is 3 (84 % sure). That is wrong: it is 5."
    """
    sure = percent(facts["confidence"])
    answer = say("The network's answer is {answer} ({sure} sure).", answer=names[facts["guess"]], sure=sure)
    if facts["label"] < 0:
        return answer
    if facts["right"]:
        return f"{answer} {word('That is right.')}"
    return f"{answer} {say('That is wrong: it is {true}.', true=names[facts['label']])}"


def framed_words(name: str, value: float) -> str:
    """Which number is framed, and what it is."""
    return say("{name} is framed: {value:.2f}.", name=name, value=value)


def seen(field: tuple) -> str:
    (top, bottom), (left, right) = field
    return say(
        "It sees rows {top} to {bottom} and columns {left} to {right} of the image.",
        top=top,
        bottom=bottom,
        left=left,
        right=right,
    )
