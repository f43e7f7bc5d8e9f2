"""A trained network with all its maps in view; every number opens up into the sum that made it."""

from __future__ import annotations

import numpy as np

from cnnlib.data import load_digits
from cnnlib.experiments.dissect import Terms, activations, unit_terms
from cnnlib.experiments.layer_sizes import unit_field
from cnnlib.networks import load_digits_cnn
from cnnlib.nn.functional import softmax
from cnnlib.nn.layers import MaxPool2d
from cnnlib.viz import Axis, Bars, Heatmap, Panel, Points, Scene
from cnnlib.widgets.base import Button, Choice, Grid, Slider, Widget
from cnnlib.widgets.forward_pass.network_layout import Stage, panel_of, reach_of, shared_reach, stages

SHARED, OWN = "one for all layers", "each layer its own"
IMAGE, DRAWING = "test image", "your drawing"
WIDTHS = (1.2, 1.7, 1.7, 1.4, 0.8, 0.8, 0.7, 0.55, 1.4)
NAMES = (
    "input", "convolution 1", "ReLU 1", "pooling 1", "convolution 2", "ReLU 2", "pooling 2", "scores",
)  # fmt: skip


class NetworkXRay(Widget):
    """All maps of a trained network for one digit; click any unit to see its arithmetic.

    Facts: ``guess``, ``confidence`` (0 to 1), ``label`` (-1 for a drawing), ``right`` (0 or 1), ``value`` of
    the chosen unit, ``terms`` (number of products in it), ``pixels_seen``, ``ink`` (sum of the input).

    >>> NetworkXRay(layer="pooling 1", channel=2, row=1, column=1).text.split(".")[0]
    'Pooling 1, map 2, row 1, column 1: the largest of 4 numbers is 1'
    """

    title = "Network X-ray"
    controls = (
        Choice("source", (IMAGE, DRAWING), label="Show"),
        Slider("image", 0, 359, 0, integer=True, label="Test image"),
        Choice("layer", NAMES, "convolution 1", label="Layer"),
        Slider("channel", 0, 15, 0, integer=True, label="Map"),
        Slider("row", 0, 7, 3, integer=True, label="Row"),
        Slider("column", 0, 7, 3, integer=True, label="Column"),
        Slider("input_map", 0, 15, 0, integer=True, label="Input map to show"),
        Choice("scale", (SHARED, OWN), label="Colour scale"),
        Button("ink", label="Ink or erase the chosen input pixel"),
        Button("clear", label="Clear the drawing"),
        Grid("drawing", ((0.0,) * 8,) * 8, 0, 1, label="Drawing"),
    )

    def __init__(self, **options) -> None:
        self.model, self.digits, self.pen = load_digits_cnn(), load_digits(), None
        self.stages = {stage.name: stage for stage in stages(self.model, (1, 8, 8))}
        options.setdefault("show", [c.name for c in self.controls if c.name != "drawing"])
        super().__init__(**options)

    def limits(self, state: dict) -> dict:
        shape = self.stages[state["layer"]].shape
        channels, height, width = shape if len(shape) == 3 else (*shape, 1, 1)
        deep = self.before(self.stages[state["layer"]])
        return {
            "channel": (0, channels - 1), "row": (0, height - 1), "column": (0, width - 1),
            "input_map": (0, deep.shape[0] - 1 if deep else 0),
        }  # fmt: skip

    def before(self, stage: Stage) -> Stage | None:
        """The stage that a convolution or linear layer reads; None for what works map by map."""
        if stage.name != "scores" and not stage.name.startswith("convolution"):
            return None
        ordered = list(self.stages.values())
        return ordered[ordered.index(stage) - 1]

    def press(self, name: str) -> dict:
        if name == "clear":
            return {"drawing": ((0.0,) * 8,) * 8, "source": DRAWING}
        table = np.array(self.state["drawing"])
        place = min(self.state["row"], 7), min(self.state["column"], 7)
        table[place] = 0.0 if table[place] else 1.0
        return {"drawing": table.tolist(), "source": DRAWING}

    def event(self, event: dict) -> dict | None:
        stage = self.stages[event["name"]]
        if stage.place == 0 and self.state["source"] == DRAWING:
            return {"drawing": self.stroke(event).tolist(), "layer": "input",
                    "row": int(event["row"]), "column": int(event["col"])}  # fmt: skip
        unit = stage.unit_at(int(event["row"]), int(event["col"]))
        if unit is None:
            return None
        channel, row, column = unit if len(unit) == 3 else (unit[0], 0, 0)
        return {"layer": stage.name, "channel": channel, "row": row, "column": column}

    def stroke(self, event: dict) -> np.ndarray:
        """The drawing with ink along the pen's way since the last event of the same stroke."""
        table = np.array(self.state["drawing"])
        end = np.array([event["y"], event["x"]], float)
        start = self.pen if event["kind"] == "drag" and self.pen is not None else end
        self.pen = end
        places = np.stack(np.mgrid[:8, :8], axis=-1)
        for share in np.linspace(0, 1, 8):
            away = np.linalg.norm(places - (start + share * (end - start)), axis=-1)
            table = np.maximum(table, np.clip(1.35 - away, 0, 1))
        return table

    def compute(self, state: dict) -> Scene:
        drawn = state["source"] == DRAWING
        x = self.digits.x_test[state["image"]][None]
        if drawn:
            x = np.array(state["drawing"], np.float32)[None, None]
        label = -1 if drawn else int(self.digits.y_test[state["image"]])
        values = activations(self.model, x)
        stage = self.stages[state["layer"]]
        unit = stage.clip(state["channel"], state["row"], state["column"])
        field = self.field(stage, unit)
        p = softmax(values[-1])[0]
        facts = {
            "guess": int(p.argmax()), "confidence": float(p.max()), "label": label,
            "right": int(p.argmax() == label), "value": float(values[stage.place][(0, *unit)]),
            "pixels_seen": (field[0][1] - field[0][0] + 1) * (field[1][1] - field[1][0] + 1),
            "ink": float(x.sum()),
        }  # fmt: skip
        panels = [*self.overview(state, values, stage, unit, field), probabilities(p, label)]
        below, words, facts["terms"] = self.arithmetic(state, values, stage, unit)
        sees = [seen(field)] if stage.place else []
        text = " ".join([f"{self.name_of(stage, unit)}: {words}", *sees, guess(facts)])
        return Scene([*panels, *below], text, facts, rows=(3, 2), columns=WIDTHS, height=560)

    def field(self, stage: Stage, unit: tuple) -> tuple:
        """Rows and columns of the image that feed a unit; all of it for a score."""
        if len(unit) == 1:
            return (0, 7), (0, 7)
        return unit_field(self.model.layers[: stage.place], unit[1], unit[2], 8, 8)

    def name_of(self, stage: Stage, unit: tuple) -> str:
        if len(unit) == 1:
            return f"Score of the digit {unit[0]}"
        name = stage.name[0].upper() + stage.name[1:]
        return f"{name}, map {unit[0]}, row {unit[1]}, column {unit[2]}"

    def overview(self, state, values, stage, unit, field) -> list[Panel]:
        """One picture a layer; the chosen unit and the pixels that feed it are framed."""
        shared = shared_reach([values[s.place] for s in self.stages.values() if s.place])
        panels = []
        for column, other in enumerate(self.stages.values()):
            array = values[other.place][0]
            reach = shared if state["scale"] == SHARED else reach_of([array])
            colors = {"cmap": "diverging", "vmin": -reach, "vmax": reach}
            marks = []
            if other.place == 0:
                colors = {"cmap": "ink", "vmin": 0, "vmax": 1}
                first, last = ((0, field[0][i], field[1][i]) for i in (0, 1))
                marks.append(other.frame(first, last, "orange"))
            if other is stage:
                marks.append(other.frame(unit, unit))
            panels.append(panel_of(other, array, *marks, at=(0, column), emits=other.name, **colors))
        return panels

    def arithmetic(self, state, values, stage, unit) -> tuple[list[Panel], str, int]:
        """The panels with the numbers behind a unit, a sentence on them, and the number of terms."""
        if stage.place == 0:
            return [self.sheet(values[0][0, 0], unit, state)], f"the pixel is {values[0][(0, *unit)]:.2f}.", 0
        layer = self.model[stage.place - 1]
        terms = unit_terms(layer, values[stage.place - 1], unit)
        if isinstance(layer, MaxPool2d):
            panels = [numbers("window, ◆ the winner", terms.inputs[0], (1, 0, 1, 4), winner=terms.winner)]
            return (
                panels,
                f"the largest of {terms.inputs.size} numbers is {terms.total:.2f}.",
                terms.inputs.size,
            )
        if stage.name.startswith("ReLU"):
            panels = [numbers("before", terms.inputs.reshape(1, 1), (1, 0, 1, 4))]
            return panels, f"max(0, {terms.inputs[0]:.2f}) = {terms.total:.2f}.", 1
        below = self.before(stage)
        window = below.shape if len(unit) == 1 else terms.inputs.shape
        return sum_panels(terms, window, state["input_map"], below.name), sum_words(terms), terms.inputs.size

    def sheet(self, pixels: np.ndarray, unit: tuple, state: dict) -> Panel:
        """The input once more: an image with its numbers, or a sheet large enough to draw on."""
        stage = self.stages["input"]
        title, numbers = ("draw here", "") if state["source"] == DRAWING else ("input, large", ".1f")
        heat = Heatmap(pixels, cmap="ink", vmin=0, vmax=1, numbers=numbers, emits=stage.name)
        x, y = Axis(-0.5, 7.5, visible=False), Axis(7.5, -0.5, visible=False)
        marks, at = [heat, stage.frame(unit, unit)], (1, 0, 1, 4)
        return Panel(marks, x, y, title=title, at=at, equal=True, grid=False)


def sum_panels(terms: Terms, window: tuple, shown: int, source: str) -> list[Panel]:
    """Inputs, weights and products of one input map as numbers, and the sums over all input maps."""
    inputs, factors, products = (a.reshape(window) for a in (terms.inputs, terms.factors, terms.products))
    shown = min(shown, window[0] - 1)
    sums = products.sum(axis=(1, 2))
    bars = Bars(np.arange(len(sums)), sums, color="blue", label="sum of one input map's products")
    bias = Bars([len(sums)], [terms.bias], color="orange", label="bias")
    low, high = min(0, sums.min(), terms.bias), max(0, sums.max(), terms.bias)
    span = (high - low) or 1.0
    ticks = [*range(0, len(sums), 1 + len(sums) // 10), len(sums)]
    names = [*map(str, ticks[:-1]), "bias"]
    x = Axis(-0.6, len(sums) + 0.6, f"map of {source}, and the bias", ticks=ticks, names=names)
    y = Axis(low - 0.1 * span, high + 0.45 * span, "part of the sum")  # room for the legend above the bars
    title = f"all parts add up to {terms.total:.2f}"
    total = Panel([bars, bias], x, y, at=(1, 5, 1, 4), title=title, legend="upper left")
    return [
        numbers(f"{source}, map {shown}", inputs[shown], (1, 0, 1, 2)),
        numbers("× weights", factors[shown], (1, 2, 1, 1)),
        numbers(f"= products, sum {sums[shown]:.2f}", products[shown], (1, 3, 1, 2)),
        total,
    ]


def numbers(title: str, values: np.ndarray, at: tuple, winner: tuple | None = None) -> Panel:
    """A small matrix with its numbers; a diamond marks the winner of a pooling."""
    marks = [Heatmap(values, cmap="diverging", numbers=".2f")]
    if winner is not None:
        place = winner[1] + 0.36, winner[0] - 0.36
        marks.append(Points(*place, color="yellow", shape="diamond", size=7, outline="black"))
    rows, columns = values.shape
    x, y = Axis(-0.5, columns - 0.5, visible=False), Axis(rows - 0.5, -0.5, visible=False)
    return Panel(marks, x, y, title=title, at=at, equal=True, grid=False)


def sum_words(terms: Terms) -> str:
    total, bias = round(float(terms.total), 3), round(float(terms.bias), 3)  # the shown numbers add up
    return (
        f"{terms.inputs.size} products add up to {total - bias:.3f}, plus the bias {bias:.3f}"
        f" makes {total:.3f}."
    )


def probabilities(p: np.ndarray, label: int) -> Panel:
    """Bars of the ten probabilities; the label's is marked."""
    marks = [Bars(np.arange(10), p, color="blue", horizontal=True, label="probability")]
    if label >= 0:
        marks.append(Points(1.06, label, color="green", shape="diamond", size=6, label="label"))
    y = Axis(9.6, -0.6, ticks=range(10), names=[str(i) for i in range(10)])
    return Panel(marks, Axis(0, 1.15, "probability", ticks=(0, 0.5, 1)), y, title="guess", at=(0, 8))


def seen(field: tuple) -> str:
    (top, bottom), (left, right) = field
    return f"It sees rows {top} to {bottom} and columns {left} to {right} of the image."


def guess(facts: dict) -> str:
    if facts["ink"] == 0:
        return "The drawing is empty: draw a digit on the input with the mouse."
    words = f"The guess is {facts['guess']} with a probability of {facts['confidence']:.0%}"
    return f"{words}." if facts["label"] < 0 else f"{words}; the label is {facts['label']}."
