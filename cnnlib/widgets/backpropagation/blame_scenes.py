"""The blame microscope for a unit and for the loss: both directions, the facts, and a sentence."""

from __future__ import annotations

import numpy as np

from cnnlib.experiments.dissect import FullPass, activations, blame, full_pass
from cnnlib.nn.layers import MaxPool2d
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.runtime.language import say, word
from cnnlib.viz import Figure, Scene
from cnnlib.widgets.backpropagation.blame_chain import HEIGHT, chain
from cnnlib.widgets.backpropagation.blame_loss import loss_words, sentence, strongest
from cnnlib.widgets.backpropagation.blame_narrow import narrow as narrow_picture
from cnnlib.widgets.backpropagation.blame_picture import LOSS, SCORE, UNIT, BlamePicture, Chosen
from cnnlib.widgets.backpropagation.blame_words import title_of
from cnnlib.widgets.forward_pass.network_headings import short_name
from cnnlib.widgets.forward_pass.network_layout import LayerOutput
from cnnlib.widgets.forward_pass.opened_network import OpenedNetwork


def picture_of_loss(opened: OpenedNetwork, state: dict, x):
    """The way of the loss of this image, and the pass that it was made of."""
    outputs, label = list(opened.laid_out(state).values()), opened.specimen.labels[[state["image"]]]
    seen, last = full_pass(opened.model, CrossEntropyLoss(), x, label), outputs[-1]
    unit, number = strongest(seen.gradients[last.place][0]), of_loss(seen.loss)
    arrays = seen.activations, seen.gradients
    return BlamePicture(opened.model, outputs, last, unit, *arrays, chosen=number), seen


def picture_of_unit(opened: OpenedNetwork, state: dict, x):
    """The way of one unit, and the gradients of the weights behind it."""
    outputs, output = list(opened.laid_out(state).values()), opened.laid_out(state)[state["layer"]]
    unit = output.clip(state["channel"], state["row"], state["column"])
    values = activations(opened.model, x)
    gradients, weight_gradients = blame(opened.model, x, output.place, unit)
    number = chosen(opened, output, unit, float(values[output.place][(0, *unit)]), state["image"])
    arrays = values, gradients
    return (BlamePicture(opened.model, outputs, output, unit, *arrays, chosen=number), weight_gradients)


def loss_scene(opened: OpenedNetwork, state: dict, picture: BlamePicture, seen: FullPass) -> Scene:
    """The gradient of the loss of this image, backwards through all columns."""
    names = opened.specimen.class_names
    label = int(opened.specimen.labels[state["image"]])
    shown = names[label], names[int(seen.activations[-1][0].argmax())]
    facts = {
        "loss": seen.loss,
        "pixels": int(np.count_nonzero(np.any(seen.gradients[0][0], axis=0))),
        "weights": sum(int(np.count_nonzero(g)) for w in seen.weight_gradients for g in w.values()),
        "switches": switches(opened, picture.output, seen.gradients),
    }
    small, narrow = narrow_picture(picture)
    return Scene(
        [chain(picture), small],
        sentence(picture, seen, shown, picture.back),
        facts,
        title=title_of(picture.chosen),
        height=HEIGHT,
        narrow=narrow,
        idle=("layer", "channel", "row", "column"),
        figures=[Figure("True", str(shown[0])), Figure("Guess", str(shown[1]))],
    )


def unit_scene(opened: OpenedNetwork, state: dict, picture: BlamePicture, weight_gradients: list) -> Scene:
    """The gradient of one unit by all before it."""
    output, unit, gradients = picture.output, picture.unit, picture.gradients
    field = opened.field(output, unit)
    facts = {
        "value": float(picture.values[output.place][(0, *unit)]),
        "pixels": int(np.count_nonzero(np.any(gradients[0][0], axis=0))),  # in any channel
        "field": (field[0][1] - field[0][0] + 1) * (field[1][1] - field[1][0] + 1),
        "weights": sum(int(np.count_nonzero(g)) for layer in weight_gradients for g in layer.values()),
        "switches": switches(opened, output, gradients),
    }
    small, narrow = narrow_picture(picture)
    return Scene(
        [chain(picture), small],
        unit_sentence(opened.name_of(output, unit), facts),
        facts,
        title=title_of(picture.chosen),
        height=HEIGHT,
        arrows=("column", "row"),
        narrow=narrow,
        figures=[
            Figure(
                "Pixels that move it",
                f"{facts['pixels']}",
                say("of {field} in reach", field=facts["field"]),
                large=True,
            )
        ],
    )


def chosen(opened: OpenedNetwork, output: LayerOutput, unit: tuple, value: float, image: int) -> Chosen:
    """The chosen number as its box shows it."""
    shown = f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"
    if output.name == "scores":
        names, labels = opened.specimen.class_names, opened.specimen.labels
        notes = () if labels is None else (say("true: {name}", name=names[int(labels[image])]),)
        return Chosen(SCORE, say("score of {name}", name=names[unit[0]]), shown, notes)
    name = short_name(output)
    if len(unit) == 1:
        return Chosen(UNIT, name, shown, (say("number {unit}", unit=unit[0]),))
    place = say("row {row}, col. {column}", row=unit[1], column=unit[2])
    return Chosen(UNIT, name, shown, (say("map {m}", m=unit[0]), place))


def of_loss(loss: float) -> Chosen:
    """The loss as its box shows it."""
    value, logarithm = loss_words(loss)
    return Chosen(LOSS, word("loss"), value, (logarithm,))


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
