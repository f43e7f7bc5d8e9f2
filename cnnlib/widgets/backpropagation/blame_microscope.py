"""Whose fault is it: the pixels and weights behind one unit, and the sum behind one weight's gradient."""

from __future__ import annotations

import numpy as np

from cnnlib.data import load_digits
from cnnlib.experiments.dissect import activations, blame, full_pass, weight_gradient_terms
from cnnlib.experiments.layer_sizes import unit_field
from cnnlib.networks import load_digits_cnn
from cnnlib.nn.layers import Conv2d
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.viz import Axis, Heatmap, Panel, Region, Scene, mosaic
from cnnlib.widgets.base import BadValue, Choice, Slider, Widget
from cnnlib.widgets.forward_pass.network_layout import (
    LayerOutput,
    layer_outputs,
    panel_of,
    reach_of,
    shared_reach,
)
from cnnlib.widgets.forward_pass.network_xray import WIDTHS

UNIT, WEIGHT = "a unit", "a weight"
NAMES = ("convolution 1", "ReLU 1", "pooling 1", "convolution 2", "ReLU 2", "pooling 2", "scores")


class BlameMicroscope(Widget):
    """Click a unit: its gradient by all before it. Or pick a weight: the sum behind its gradient.

    For a unit, the upper row shows the forward maps and the lower row how much each number of them would move
    the unit. For a weight of a convolution, the two maps whose products add up to its gradient are shown, for
    the loss of the chosen image.

    Facts for a unit: ``value``, ``pixels`` (that receive a gradient), ``field`` (pixels in reach of the
    windows), ``weights`` (that receive one), ``switches`` (winners of max-poolings on the way). For a weight:
    ``gradient``, ``terms`` (products that are not zero).

    >>> BlameMicroscope(layer="convolution 1", channel=0, row=3, column=3).text.split(";")[0]
    'Convolution 1, map 0, row 3, column 3: 9 of the 9 pixels in its field receive a gradient'
    """

    title = "Blame microscope"
    controls = (
        Choice("what", (UNIT, WEIGHT), label="Blame for"),
        Slider("image", 0, 359, 0, integer=True, label="Test image"),
        Choice("layer", NAMES, "pooling 2", label="Layer"),
        Slider("channel", 0, 15, 3, integer=True, label="Map"),
        Slider("row", 0, 7, 0, integer=True, label="Row"),
        Slider("column", 0, 7, 0, integer=True, label="Column"),
        Slider("input_map", 0, 7, 0, integer=True, label="Input map (of a weight)"),
    )

    def __init__(self, **options) -> None:
        self.model, self.digits = load_digits_cnn(), load_digits()
        self.outputs = {output.name: output for output in layer_outputs(self.model, (1, 8, 8))}
        super().__init__(**options)

    def limits(self, state: dict) -> dict:
        output = self.outputs[state["layer"]]
        if state["what"] == WEIGHT:
            kernels, inputs, height, width = self.kernel(state).shape
            return {
                "channel": (0, kernels - 1),
                "input_map": (0, inputs - 1),
                "row": (0, height - 1),
                "column": (0, width - 1),
            }
        channels, height, width = output.shape if len(output.shape) == 3 else (*output.shape, 1, 1)
        return {"channel": (0, channels - 1), "row": (0, height - 1), "column": (0, width - 1)}

    def options(self, state: dict) -> dict:
        convolutions = tuple(name for name in NAMES if name.startswith("convolution"))
        return {"layer": convolutions if state["what"] == WEIGHT else NAMES}

    def changed(self, before: dict, after: dict) -> None:
        """Only convolutions have kernels: coming from another layer, the one before it; else a sentence."""
        if after["what"] != WEIGHT or after["layer"].startswith("convolution"):
            return
        if before["what"] == WEIGHT:
            raise BadValue(
                f"Layer: expected convolution 1 or convolution 2 for a weight, received {after['layer']}."
                f" It stays {before['layer']}."
            )
        self.put(layer=self.convolution(after).name)

    def event(self, event: dict) -> dict | None:
        kind, _, name = event["name"].partition(":")
        row, column = int(event["row"]), int(event["col"])
        if kind == "weight":
            down, p = divmod(row, 4)
            right, q = divmod(column, 4)
            return {"row": p, "column": q, "input_map": right, "channel": down} if max(p, q) < 3 else None
        unit = self.outputs[name].unit_at(row, column)
        if unit is None or name == "input":
            return None
        channel, y, x = unit if len(unit) == 3 else (unit[0], 0, 0)
        return {"what": UNIT, "layer": name, "channel": channel, "row": y, "column": x}

    def kernel(self, state: dict) -> np.ndarray:
        """The kernels of the chosen convolution, or of the one before the chosen layer."""
        return self.model[self.convolution(state).place - 1].params["weight"]

    def convolution(self, state: dict) -> LayerOutput:
        return self.outputs["convolution 1" if state["layer"].endswith("1") else "convolution 2"]

    def compute(self, state: dict) -> Scene:
        x = self.digits.x_test[state["image"]][None]
        return self.unit_scene(state, x) if state["what"] == UNIT else self.weight_scene(state, x)

    def unit_scene(self, state: dict, x: np.ndarray) -> Scene:
        output = self.outputs[state["layer"]]
        unit = output.clip(state["channel"], state["row"], state["column"])
        values = activations(self.model, x)
        gradients, weight_gradients = blame(self.model, x, output.place, unit)
        forward, backward = self.rows(output, unit, values, gradients)
        field = ((0, 7), (0, 7))
        if len(unit) == 3:
            field = unit_field(self.model.layers[: output.place], unit[1], unit[2], 8, 8)
        facts = {
            "value": float(values[output.place][(0, *unit)]),
            "pixels": int(np.count_nonzero(gradients[0])),
            "field": (field[0][1] - field[0][0] + 1) * (field[1][1] - field[1][0] + 1),
            "weights": sum(int(np.count_nonzero(g)) for layer in weight_gradients for g in layer.values()),
            "switches": self.switches(output, gradients),
        }
        text = self.unit_sentence(output, unit, facts)
        return Scene(
            [*forward, *backward],
            text,
            facts,
            rows=(1, 1),
            columns=WIDTHS[:8],
            height=560,
            arrows=("column", "row"),
        )

    def rows(self, output: LayerOutput, unit: tuple, values: list, gradients: list) -> tuple[list, list]:
        """Forward maps above, gradients by the chosen unit below; layers behind the unit stay empty."""
        spread = shared_reach([values[s.place] for s in self.outputs.values() if s.place])
        forward, backward = [], []
        for column, other in enumerate(self.outputs.values()):
            colors = {"cmap": "diverging", "vmin": -spread, "vmax": spread}
            if other.place == 0:
                colors = {"cmap": "ink", "vmin": 0, "vmax": 1}
            frame = [other.frame(unit, unit)] if other is output else []
            forward.append(
                panel_of(
                    other,
                    values[other.place][0],
                    *frame,
                    at=(0, column),
                    emits=f"unit:{other.name}",
                    **colors,
                )
            )
            beyond = other.place > output.place
            gradient = np.zeros(other.shape) if beyond else gradients[other.place][0]
            colors = {"cmap": "diverging", "vmin": -reach_of([gradient]), "vmax": reach_of([gradient])}
            backward.append(
                panel_of(
                    other,
                    gradient,
                    *frame,
                    at=(1, column),
                    hidden=beyond,
                    emits=f"unit:{other.name}",
                    **colors,
                )
            )
        return forward, backward

    def switches(self, output: LayerOutput, gradients: list) -> int:
        """How many windows of max-poolings passed a gradient on, each to its winner alone."""
        poolings = [
            s for s in self.outputs.values() if s.name.startswith("pooling") and s.place <= output.place
        ]
        return sum(int(np.count_nonzero(gradients[s.place])) for s in poolings)

    def unit_sentence(self, output: LayerOutput, unit: tuple, facts: dict) -> str:
        name = f"{output.name[0].upper()}{output.name[1:]}"
        where = f"map {unit[0]}, row {unit[1]}, column {unit[2]}" if len(unit) == 3 else f"digit {unit[0]}"
        words = (
            f"{name}, {where}: {facts['pixels']} of the {facts['field']} pixels in its field receive a"
            f" gradient; so do {facts['weights']} weights."
        )
        if not facts["pixels"]:
            words += " A closed ReLU stops all of it: nothing before this unit can move it a little."
        if facts["switches"]:
            words += f" {facts['switches']} pooling windows pass it on, each to its winner alone."
        return words

    def weight_scene(self, state: dict, x: np.ndarray) -> Scene:
        output, label = self.convolution(state), self.digits.y_test[[state["image"]]]
        kernels = self.kernel(state)
        limits = (state["channel"], state["input_map"], state["row"], state["column"])
        index = tuple(min(i, size - 1) for i, size in zip(limits, kernels.shape, strict=True))
        seen = full_pass(self.model, CrossEntropyLoss(), x, label)
        before, after = seen.activations[output.place - 1], seen.gradients[output.place]
        layer = self.model[output.place - 1]
        assert isinstance(layer, Conv2d)
        terms = weight_gradient_terms(layer, before, after, index)
        facts = {"gradient": terms.total, "terms": int(np.count_nonzero(terms.products)), "loss": seen.loss}
        shown = ".2f" if terms.inputs.shape[1] <= 4 else ".1f"
        titles = ("what the weight met", "× gradient that arrived", f"= products, sum {terms.total:.3g}")
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
        picture = mosaic(gradients.reshape(-1, *gradients.shape[2:]), gradients.shape[1])
        names = [f"kernel {k}, input map {m}" for k, m in np.ndindex(gradients.shape[:2])]
        tiles = {"tile": (*gradients.shape[2:], 1), "tile_names": names, "means": "gradient"}
        marks = [Heatmap(picture, cmap="diverging", emits="weight:", **tiles)]
        row, column = index[0] * 4 + index[2], index[1] * 4 + index[3]
        edges = (column - 0.6, column + 0.6, row - 0.6, row + 0.6)
        marks.append(Region(*edges, color="green", filled=False, alpha=1, width=3))
        rows, columns = picture.shape
        x, y = Axis(-0.5, columns - 0.5, visible=False), Axis(rows - 0.5, -0.5, visible=False)
        return Panel(marks, x, y, title="all gradients", at=(0, 3), equal=True, grid=False)

    def weight_sentence(self, output: LayerOutput, index: tuple, facts: dict, terms) -> str:
        f, c, p, q = index
        return (
            f"{output.name[0].upper()}{output.name[1:]}, kernel {f}, input map {c}, row {p}, column {q}: the"
            f" weight is used at {terms.inputs.size} places; {facts['terms']} products are not"
            f" zero, and all add up to its gradient, {facts['gradient']:.3g}."
        )


def square(values: np.ndarray, title: str, at: tuple, numbers: str) -> Panel:
    """A map with its numbers; very small ones are shown in units of the largest power of ten."""
    rows, columns = values.shape
    x, y = Axis(-0.5, columns - 0.5, visible=False), Axis(rows - 0.5, -0.5, visible=False)
    size = np.abs(values).max()
    power = int(np.floor(np.log10(size))) if 0 < size < 0.05 else 0
    heat = Heatmap(values / 10.0**power, cmap="diverging", numbers=numbers)
    return Panel(
        [heat], x, y, title=title + (f" (×1e{power})" if power else ""), at=at, equal=True, grid=False
    )
