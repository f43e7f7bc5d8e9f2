"""The blame microscope for a unit and for the loss: both directions, the facts, and a sentence."""

from __future__ import annotations

import numpy as np

from cnnlib.experiments.dissect import activations, blame, full_pass
from cnnlib.nn.layers import MaxPool2d
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.runtime.language import say
from cnnlib.viz import Figure, Scene
from cnnlib.widgets.backpropagation.blame_loss import TITLE, loss_words, sentence, strongest
from cnnlib.widgets.backpropagation.blame_narrow import narrow as narrow_picture
from cnnlib.widgets.backpropagation.blame_picture import HEIGHT, BlamePicture
from cnnlib.widgets.forward_pass.network_layout import LayerOutput
from cnnlib.widgets.forward_pass.opened_network import OpenedNetwork


def loss_scene(opened: OpenedNetwork, state: dict, x: np.ndarray, back: int | None) -> Scene:
    """The gradient of the loss of this image, backwards through all columns."""
    outputs, label = list(opened.laid_out(state).values()), opened.specimen.labels[[state["image"]]]
    seen, last = full_pass(opened.model, CrossEntropyLoss(), x, label), outputs[-1]
    picture = BlamePicture(
        opened.model,
        outputs,
        last,
        strongest(seen.gradients[last.place][0]),
        seen.activations,
        seen.gradients,
        back=back,
        loss=loss_words(seen.loss),
    )
    names = opened.specimen.class_names
    shown = names[int(label[0])], names[int(seen.activations[-1][0].argmax())]
    facts = {
        "loss": seen.loss,
        "pixels": int(np.count_nonzero(np.any(seen.gradients[0][0], axis=0))),
        "weights": sum(int(np.count_nonzero(g)) for w in seen.weight_gradients for g in w.values()),
        "switches": switches(opened, last, seen.gradients),
    }
    small, narrow = narrow_picture(picture)
    return Scene(
        [picture.panel(), small],
        sentence(picture, seen, shown, back),
        facts,
        title=TITLE,
        height=HEIGHT,
        narrow=narrow,
        idle=("layer", "channel", "row", "column"),
        figures=[Figure("True", str(shown[0])), Figure("Guess", str(shown[1]))],
    )


def unit_scene(opened: OpenedNetwork, state: dict, x: np.ndarray, back: int | None) -> Scene:
    """The gradient of one unit by all before it."""
    output = opened.laid_out(state)[state["layer"]]
    unit = output.clip(state["channel"], state["row"], state["column"])
    values = activations(opened.model, x)
    gradients, weight_gradients = blame(opened.model, x, output.place, unit)
    field = opened.field(output, unit)
    facts = {
        "value": float(values[output.place][(0, *unit)]),
        "pixels": int(np.count_nonzero(np.any(gradients[0][0], axis=0))),  # in any channel
        "field": (field[0][1] - field[0][0] + 1) * (field[1][1] - field[1][0] + 1),
        "weights": sum(int(np.count_nonzero(g)) for layer in weight_gradients for g in layer.values()),
        "switches": switches(opened, output, gradients),
    }
    outputs = list(opened.laid_out(state).values())
    picture = BlamePicture(opened.model, outputs, output, unit, values, gradients, back=back)
    small, narrow = narrow_picture(picture)
    return Scene(
        [picture.panel(), small],
        unit_sentence(opened.name_of(output, unit), facts),
        facts,
        height=HEIGHT,
        arrows=("column", "row"),
        narrow=narrow,
        figures=[
            Figure(
                "Pixels that move it",
                f"{facts['pixels']}",
                say("of {field} in reach", field=facts["field"]),
                large=True,
            ),
            Figure("Weights that do", f"{facts['weights']:,}"),
        ],
    )


def switches(opened: OpenedNetwork, output: LayerOutput, gradients: list) -> int:
    """How many windows of max-poolings passed a gradient on, each to its winner alone."""
    places = [s.place for s in opened.every if 0 < s.place <= output.place]
    poolings = [place for place in places if isinstance(opened.model[place - 1], MaxPool2d)]
    return sum(int(np.count_nonzero(gradients[place])) for place in poolings)


def unit_sentence(name: str, facts: dict) -> str:
    """How much moves a unit, and what let it through."""
    weights = facts["weights"]
    words = say(
        "{name_of}: {pixels} of the {field} pixels in its field receive a gradient; so {weights}.",
        name_of=name,
        pixels=facts["pixels"],
        field=facts["field"],
        weights="does 1 weight" if weights == 1 else say("do {weights} weights", weights=weights),
    )
    if not facts["pixels"]:
        words += " A closed ReLU stops all of it: nothing before this unit can move it a little."
    if facts["switches"] == 1:
        words += " In 1 pooling window it goes to the largest number alone."
    elif facts["switches"]:
        words += say(
            " In {switches} pooling windows it goes to the largest number alone.", switches=facts["switches"]
        )
    return words
