"""Whose fault is it: the pixels and weights behind one unit, and the sum behind one weight's gradient."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from cnnlib.experiments.dissect import activations, blame, full_pass, weight_gradient_terms
from cnnlib.nn.layers import Conv2d, MaxPool2d
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.runtime.language import say
from cnnlib.viz import Axis, Figure, Heatmap, Panel, Region, Scene, mosaic
from cnnlib.widgets.backpropagation.blame_loss import LOSS, TITLE, loss_words, sentence, strongest
from cnnlib.widgets.backpropagation.blame_picture import HEIGHT, BlamePicture, signed_sum
from cnnlib.widgets.base import BadValue, Choice, Slider, Widget
from cnnlib.widgets.forward_pass.network_layout import LayerOutput
from cnnlib.widgets.forward_pass.network_xray import default
from cnnlib.widgets.forward_pass.opened_network import OpenedNetwork

UNIT, WEIGHT = "a unit", "a weight"
MOST_KERNELS = 128  # kernels, one an input map, whose gradients are shown at once


class BlameMicroscope(Widget):
    """Click a unit: its gradient by all before it. Or the loss's; or pick a weight: the sum behind its own.

    For a unit or the loss, the upper row shows the forward maps and the lower row how much each number of
    them would move it; Play runs the gradient backwards, column by column. For a weight of a convolution,
    the two maps whose products add up to its gradient are shown, for the loss of the chosen image.

    Parameters
    ----------
    model : Sequential, optional
        A network of one's own, within the sizes that `cnnlib.experiments.specimen` takes; by default the
        course's network for MNIST's digits of 28x28.
    images : Split, array (N, C, H, W) or pair (images, labels), optional
        What to show to it; of a `Split` the test images. A weight's gradient needs labels.
    class_names : sequence of str, optional
        What the outputs stand for.
    **options
        As for `Widget`.

    Facts for a unit: ``value``, ``pixels`` (that receive a gradient), ``field`` (pixels in reach of the
    windows), ``weights`` (that receive one), ``switches`` (winners of max-poolings on the way). For the loss:
    ``loss``, ``pixels``, ``weights``, ``switches``. For a weight:
    ``gradient``, ``terms`` (products that are not zero).

    >>> BlameMicroscope(layer="convolution 1", channel=0, row=12, column=12).text.split(";")[0]
    'Convolution 1, map 0, row 12, column 12: 25 of the 25 pixels in its field receive a gradient'
    """

    title = "Which numbers would move this one, and how much?"
    speed = "1 step a second"
    back: int | None = None  # columns that the gradient has reached while it runs backwards; None: all
    slots: Mapping[str, tuple[str, ...]] = {
        "head": ("what",),
        "bar": ("image", "layer", "channel"),
        "handle": ("row", "column"),
        "more": ("input_map",),
    }

    def __init__(self, model=None, images=None, *, class_names=None, **options) -> None:
        self.opened = OpenedNetwork(model, images, class_names, default, rows=2)
        self.specimen, self.model, self.outputs = (
            self.opened.specimen,
            self.opened.model,
            self.opened.outputs,
        )
        self.controls = self.all_controls()
        super().__init__(**options)

    def all_controls(self) -> tuple:
        """The controls, with the ranges of this network and these images."""
        names = list(self.outputs)[1:]
        shapes = [self.outputs[name].shape for name in names]
        deepest = [name for name in names if len(self.outputs[name].shape) == 3]
        most = max(shape[0] for shape in shapes) - 1
        inputs = [self.kernels_of(conv).shape[1] for conv in self.opened.convolutions()]
        kinds = (UNIT,)
        if inputs and self.specimen.labels is not None:
            kinds = (UNIT, WEIGHT, LOSS)
        sides = [side for conv in self.opened.convolutions() for side in self.kernels_of(conv).shape[2:]]
        rows, columns = (max([s[i] for s in shapes if len(s) == 3] + sides + [1]) - 1 for i in (1, 2))
        return (
            Choice("what", kinds, picker="segments", label="Blame for"),
            Slider("image", 0, max(1, len(self.specimen.images) - 1), 0, integer=True, label="Test image"),
            Choice("layer", names, (deepest or names)[-1], label="Layer"),
            Slider("channel", 0, most, min(3, most), integer=True, label="Map"),
            Slider("row", 0, max(rows, 1), 0, integer=True, label="Row"),
            Slider("column", 0, max(columns, 1), 0, integer=True, label="Column"),
            Slider("input_map", 0, max([*inputs, 2]) - 1, 0, integer=True, label="Input map (of a weight)"),
        )

    def limits(self, state: dict) -> dict:
        output = self.outputs[state["layer"]]
        images = {"image": (0, len(self.specimen.images) - 1)}
        if state["what"] == WEIGHT:
            kernels, inputs, height, width = self.kernels_of(self.convolution(state)).shape
            return images | {
                "channel": (0, kernels - 1),
                "input_map": (0, inputs - 1),
                "row": (0, height - 1),
                "column": (0, width - 1),
            }
        channels, height, width = output.shape if len(output.shape) == 3 else (*output.shape, 1, 1)
        return images | {"channel": (0, channels - 1), "row": (0, height - 1), "column": (0, width - 1)}

    def options(self, state: dict) -> dict:
        names = tuple(self.outputs)[1:]
        convolutions = tuple(name for name in names if name.startswith("convolution"))
        return {"layer": convolutions if state["what"] == WEIGHT else names}

    def train(self):
        """Run backward: one column more a step, from the right."""
        state = self.state
        last = self.outputs[state["layer"]].place if state["what"] == UNIT else 10**9
        columns = sum(o.place <= last for o in self.opened.laid_out(state).values())
        for self.back in range(columns if state["what"] != WEIGHT else 0):
            yield
        if self.back is not None:
            self.back = None
            yield

    def rewind(self) -> None:
        self.live.forget_run()
        self.back = 0

    def begin(self) -> None:
        self.back = None

    def changed(self, before: dict, after: dict) -> None:
        """Only convolutions have kernels: coming from another layer, the one before it; else a sentence."""
        if any(after[name] != before[name] for name in after):
            self.live.forget_run()
            self.back = None
        if after["what"] != WEIGHT or after["layer"].startswith("convolution"):
            return
        if before["what"] == WEIGHT:
            raise BadValue(
                say(
                    "Layer: expected {layer} for a weight, received {layer2}. It stays {layer3}.",
                    layer=" or ".join(self.options(after)["layer"]),
                    layer2=after["layer"],
                    layer3=before["layer"],
                )
            )
        self.put(layer=self.convolution(after).name)

    def event(self, event: dict) -> dict | None:
        kind, _, name = event["name"].partition(":")
        row, column = int(event["row"]), int(event["col"])
        if kind == "weight":
            return self.weight_at(row, column)
        if name == "input":
            return None
        if kind == "one":
            return self.unit_of(name, row, column)
        unit = self.opened.laid_out(self.state)[name].unit_at(row, column)
        if unit is None:
            return None
        channel, y, x = unit if len(unit) == 3 else (unit[0], 0, 0)
        return {"what": UNIT, "layer": name, "channel": channel, "row": y, "column": x}

    def unit_of(self, name: str, row: int, column: int) -> dict | None:
        """The unit at a cell of the one map that is shown of a layer."""
        state, outputs = self.state, list(self.opened.laid_out(self.state).values())
        chosen = next(o for o in outputs if o.name == state["layer"])
        unit = chosen.clip(state["channel"], state["row"], state["column"])
        x = self.specimen.images[state["image"]][None]
        gradients, _ = blame(self.model, x, chosen.place, unit)
        followed, _ = BlamePicture(
            self.model, outputs, chosen, unit, activations(self.model, x), gradients
        ).follow()
        output, index = next((o, f) for o, f in zip(outputs, followed, strict=True) if o.name == name)
        if not output.maps:
            found = output.unit_at(row, column)
            return None if found is None else self.choice(name, (found[0], 0, 0))
        return self.choice(name, (index, row, column))

    def choice(self, name: str, unit: tuple) -> dict:
        return {"what": UNIT, "layer": name, "channel": unit[0], "row": unit[1], "column": unit[2]}

    def weight_at(self, row: int, column: int) -> dict | None:
        """The weight under a cell of the picture of all gradients; None in the gaps."""
        kernels, inputs, height, width = self.kernels_of(self.convolution(self.state)).shape
        down, p = divmod(row, height + 1)
        right, q = divmod(column, width + 1)
        if p >= height or q >= width:
            return None
        if kernels * inputs <= MOST_KERNELS:
            return {"row": p, "column": q, "input_map": right, "channel": down}
        place = down * square_side(inputs) + right
        return {"row": p, "column": q, "input_map": place} if place < inputs else None

    def kernels_of(self, conv: LayerOutput) -> np.ndarray:
        """The kernels of a convolution, (F, C, kH, kW)."""
        return self.model[conv.place - 1].params["weight"]

    def convolution(self, state: dict) -> LayerOutput:
        """The chosen convolution, or the last one before the chosen layer, or the first."""
        every, place = self.opened.convolutions(), self.outputs[state["layer"]].place
        return ([conv for conv in every if conv.place <= place] or every)[-1]

    def compute(self, state: dict) -> Scene:
        x = self.specimen.images[state["image"]][None]
        scenes = {UNIT: self.unit_scene, WEIGHT: self.weight_scene, LOSS: self.loss_scene}
        return scenes[state["what"]](state, x)

    def loss_scene(self, state: dict, x: np.ndarray) -> Scene:
        """The gradient of the loss of this image, backwards through all columns."""
        outputs, label = list(self.opened.laid_out(state).values()), self.specimen.labels[[state["image"]]]
        seen, last = full_pass(self.model, CrossEntropyLoss(), x, label), outputs[-1]
        picture = BlamePicture(
            self.model,
            outputs,
            last,
            strongest(seen.gradients[last.place][0]),
            seen.activations,
            seen.gradients,
            back=self.back,
            loss=loss_words(seen.loss),
        )
        names = self.specimen.class_names
        shown = names[int(label[0])], names[int(seen.activations[-1][0].argmax())]
        facts = {
            "loss": seen.loss,
            "pixels": int(np.count_nonzero(np.any(seen.gradients[0][0], axis=0))),
            "weights": sum(int(np.count_nonzero(g)) for w in seen.weight_gradients for g in w.values()),
            "switches": self.switches(last, seen.gradients),
        }
        small, narrow = picture.narrow()
        return Scene(
            [picture.panel(), small],
            sentence(picture, seen, shown, self.back),
            facts,
            title=TITLE,
            height=HEIGHT,
            narrow=narrow,
            idle=("layer", "channel", "row", "column"),
            figures=[
                Figure("true", str(shown[0])),
                Figure("guess", str(shown[1])),
                Figure("loss", f"{seen.loss:.3g}", large=True),
            ],
        )

    def unit_scene(self, state: dict, x: np.ndarray) -> Scene:
        output = self.opened.laid_out(state)[state["layer"]]
        unit = output.clip(state["channel"], state["row"], state["column"])
        values = activations(self.model, x)
        gradients, weight_gradients = blame(self.model, x, output.place, unit)
        field = self.opened.field(output, unit)
        facts = {
            "value": float(values[output.place][(0, *unit)]),
            "pixels": int(np.count_nonzero(np.any(gradients[0][0], axis=0))),  # in any channel
            "field": (field[0][1] - field[0][0] + 1) * (field[1][1] - field[1][0] + 1),
            "weights": sum(int(np.count_nonzero(g)) for layer in weight_gradients for g in layer.values()),
            "switches": self.switches(output, gradients),
        }
        text = self.unit_sentence(output, unit, facts)
        outputs = list(self.opened.laid_out(state).values())
        picture = BlamePicture(self.model, outputs, output, unit, values, gradients, back=self.back)
        small, narrow = picture.narrow()
        return Scene(
            [picture.panel(), small],
            text,
            facts,
            height=HEIGHT,
            arrows=("column", "row"),
            narrow=narrow,
            figures=[
                Figure(
                    "pixels that move it",
                    f"{facts['pixels']}",
                    say("of {field}", field=facts["field"]),
                    large=True,
                ),
                Figure("weights", f"{facts['weights']:,}"),
            ],
        )

    def switches(self, output: LayerOutput, gradients: list) -> int:
        """How many windows of max-poolings passed a gradient on, each to its winner alone."""
        places = [s.place for s in self.opened.every if 0 < s.place <= output.place]
        poolings = [place for place in places if isinstance(self.model[place - 1], MaxPool2d)]
        return sum(int(np.count_nonzero(gradients[place])) for place in poolings)

    def unit_sentence(self, output: LayerOutput, unit: tuple, facts: dict) -> str:
        weights = facts["weights"]
        words = say(
            "{name_of}: {pixels} of the {field} pixels in its field receive a gradient; so {weights}.",
            name_of=self.opened.name_of(output, unit),
            pixels=facts["pixels"],
            field=facts["field"],
            weights="does 1 weight" if weights == 1 else say("do {weights} weights", weights=weights),
        )
        if not facts["pixels"]:
            words += " A closed ReLU stops all of it: nothing before this unit can move it a little."
        if facts["switches"] == 1:
            words += " 1 pooling window passes it on, to its winner alone."
        elif facts["switches"]:
            words += say(
                " {switches} pooling windows pass it on, each to its winner alone.",
                switches=facts["switches"],
            )
        return words

    def weight_scene(self, state: dict, x: np.ndarray) -> Scene:
        output, label = self.convolution(state), self.specimen.labels[[state["image"]]]
        kernels = self.kernels_of(output)
        limits = (state["channel"], state["input_map"], state["row"], state["column"])
        index = tuple(min(i, size - 1) for i, size in zip(limits, kernels.shape, strict=True))
        seen = full_pass(self.model, CrossEntropyLoss(), x, label)
        before, after = seen.activations[output.place - 1], seen.gradients[output.place]
        layer = self.model[output.place - 1]
        assert isinstance(layer, Conv2d)
        terms = weight_gradient_terms(layer, before, after, index)
        facts = {"gradient": terms.total, "terms": int(np.count_nonzero(terms.products)), "loss": seen.loss}
        size = max(terms.inputs.shape[1:])
        shown = ".3f" if size <= 4 else ".1f" if size <= 8 else ""
        titles = (
            "what the weight met",
            "× gradient that arrived",
            say("= products, sum {signed_sum}", signed_sum=signed_sum(terms.total)),
        )
        arrays = (terms.inputs[0], terms.factors[0], terms.products[0])
        panels = [
            square(array, title, (0, i), shown)
            for i, (array, title) in enumerate(zip(arrays, titles, strict=True))
        ]
        gradients = seen.weight_gradients[output.place - 1]["weight"]
        panels.append(self.kernels_panel(gradients, index))
        text = self.weight_sentence(output, index, facts, terms)
        return Scene(panels, text, facts, columns=(1.3, 1.3, 1.3, 1), height=400)

    def kernels_panel(self, gradients: np.ndarray, index: tuple) -> Panel:
        """The gradients of all kernels: one row a kernel, one column an input map; the weight is marked."""
        kernels, inputs, height, width = gradients.shape
        names = [say("kernel {k}, input map {m}", k=k, m=m) for k, m in np.ndindex(kernels, inputs)]
        if kernels * inputs <= MOST_KERNELS:
            picture, (down, right) = mosaic(gradients.reshape(-1, height, width), inputs), index[:2]
            title = "all gradients"
        else:
            side = square_side(inputs)
            picture, (down, right) = mosaic(gradients[index[0]], side), divmod(index[1], side)
            title, names = (
                say("gradients of kernel {index}", index=index[0]),
                names[index[0] * inputs :][:inputs],
            )
        tiles = {"tile": (height, width, 1), "tile_names": names, "means": "gradient"}
        marks = [Heatmap(picture, cmap="diverging", emits="weight:", **tiles)]
        row, column = down * (height + 1) + index[2], right * (width + 1) + index[3]
        edges = (column - 0.6, column + 0.6, row - 0.6, row + 0.6)
        marks.append(Region(*edges, color="green", filled=False, alpha=1, width=3))
        rows, columns = picture.shape
        x, y = Axis(-0.5, columns - 0.5, visible=False), Axis(rows - 0.5, -0.5, visible=False)
        return Panel(marks, x, y, title=title, at=(0, 3), equal=True, grid=False)

    def weight_sentence(self, output: LayerOutput, index: tuple, facts: dict, terms) -> str:
        f, c, p, q = index
        return say(
            "{layer}, kernel {f}, input map {c}, row {p}, column {q}: the weight is "
            "used at {size} places; {terms} products are not zero, and all add up to its "
            "gradient, {signed_sum}.",
            layer=output.name[0].upper() + output.name[1:],
            f=f,
            c=c,
            p=p,
            q=q,
            size=terms.inputs.size,
            terms=facts["terms"],
            signed_sum=signed_sum(facts["gradient"]),
        )


def square_side(count: int) -> int:
    """Columns of a mosaic of `count` pictures that is about square."""
    return math.ceil(math.sqrt(count))


def square(values: np.ndarray, title: str, at: tuple, numbers: str) -> Panel:
    """A map with its numbers; very small ones are shown in units of the largest power of ten."""
    rows, columns = values.shape
    x, y = Axis(-0.5, columns - 0.5, visible=False), Axis(rows - 0.5, -0.5, visible=False)
    size = np.abs(values).max()
    power = int(np.floor(np.log10(size))) if 0 < size < 0.05 else 0
    values = values / 10.0**power + 0.0  # no negative zeros among the numbers shown
    heat = Heatmap(values, cmap="diverging", numbers=numbers)
    return Panel(
        [heat], x, y, title=title + (f" (×1e{power})" if power else ""), at=at, equal=True, grid=False
    )
