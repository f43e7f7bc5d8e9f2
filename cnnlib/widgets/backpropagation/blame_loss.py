"""Blame from the loss: its gradient by every number of the network, column by column from the right."""

from __future__ import annotations

import numpy as np

from cnnlib.experiments.dissect import FullPass
from cnnlib.nn.layers import AvgPool2d, Conv2d, Linear, MaxPool2d, ReLU
from cnnlib.runtime.language import say, word
from cnnlib.widgets.backpropagation.blame_picture import BlamePicture
from cnnlib.widgets.backpropagation.loss_words import boxed
from cnnlib.widgets.backpropagation.signed_numbers import signed
from cnnlib.widgets.forward_pass.network_headings import short_name

LOSS = "the loss"
RULES = {
    Linear: "The weights share it out: each number gets its weights times p − label.",
    MaxPool2d: "Pooling hands it to the winner of each window alone.",
    AvgPool2d: "Each window takes its part.",
    ReLU: "The gate lets it through where the value was above zero.",
    Conv2d: "The kernel fans it out over its window, and the parts of all maps add up.",
}

FORWARDS = {
    MaxPool2d: "The largest number of each window goes on.",
    AvgPool2d: "The mean of each window goes on.",
    ReLU: "What is above zero goes on; all else becomes zero.",
    Conv2d: "Each number is a window times the kernel, added up over all maps.",
}


def loss_words(loss: float) -> tuple[str, str]:
    """A loss and whose logarithm it is.

    >>> loss_words(4.7467)
    ('4.75', '−ln 0.00868')
    """
    return boxed(loss), f"−ln {np.exp(-loss):.3g}"


def strongest(gradient: np.ndarray) -> tuple[int]:
    """The output whose score the loss minds most."""
    return (int(np.abs(gradient).argmax()),)


def sentence(picture: BlamePicture, seen: FullPass, names: tuple[str, str], back: int | None) -> str:
    """What the step has done; at rest, how the loss would move with the framed number of the last maps."""
    label, guess = names
    if back == 0:
        return say(
            "True: {label}, guess: {guess}. The loss is {loss:.3g}. Press Play to send it back.",
            label=label,
            guess=guess,
            loss=seen.loss,
        )
    if back is not None and back < len(picture.outputs):
        return step_words(picture, back)
    number = next(i for i in reversed(range(len(picture.outputs))) if picture.outputs[i].maps)
    output, place = picture.outputs[number], picture.way[number]
    if place is None:
        return say(
            "True: {label}, guess: {guess}. No number of {layer} moves the loss.",
            label=label,
            guess=guess,
            layer=short_name(output),
        )
    slope = float(picture.gradients[output.place][0][place])
    facts = {"label": label, "guess": guess, "layer": short_name(output), "much": signed(abs(slope))[1:]}
    if slope > 0:
        return say(
            "True: {label}, guess: {guess}. If the framed number of {layer} grew a little, the loss"
            " would rise {much} times as much.",
            **facts,
        )
    return say(
        "True: {label}, guess: {guess}. If the framed number of {layer} grew a little, the loss"
        " would fall {much} times as much.",
        **facts,
    )


def step_words(picture: BlamePicture, back: int) -> str:
    """What acts between the column reached last and the one to its right."""
    here = len(picture.outputs) - back
    if back == 1:
        return "Backwards, scores: probability minus label. More of a wrong score raises the loss: blue."
    layer = picture.model[picture.outputs[here + 1].place - 1]
    return say("Backwards, {layer}. {rule}", layer=short_name(picture.outputs[here]), rule=rule_words(layer))


def rule_words(layer, forwards: bool = False) -> str:
    """What a layer does with the gradient that comes to it, or with the values."""
    rules = FORWARDS if forwards else RULES
    words = next((said for kind, said in rules.items() if isinstance(layer, kind)), "The layer passes it on.")
    return word(words)
