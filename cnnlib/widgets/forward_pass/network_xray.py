"""A trained network with all its maps in view; every number opens up into the sum that made it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cnnlib.data import load_digits
from cnnlib.data.pictures import centred
from cnnlib.experiments.dissect import Terms, activations, unit_terms
from cnnlib.networks import load_digits_cnn
from cnnlib.nn.functional import softmax
from cnnlib.nn.layers import AvgPool2d, Conv2d, Linear, MaxPool2d
from cnnlib.viz import Axis, Bars, Heatmap, Panel, Points, Scene
from cnnlib.widgets.base import Button, Choice, Grid, Slider, Widget
from cnnlib.widgets.forward_pass.network_layout import LayerOutput, panel_of, reach_of, shared_reach, widths
from cnnlib.widgets.forward_pass.opened_network import OpenedNetwork

SHARED, OWN = "one for all layers", "each layer its own"
IMAGE, DRAWING = "test image", "your drawing"
READABLE = 64  # numbers of a matrix that can be read in its cells
LARGEST_SHEET = 28  # pixels along a side that can be drawn on


def default():
    """The network and images that are opened where none are given."""
    return load_digits_cnn(), load_digits()


class NetworkXRay(Widget):
    """All maps of a trained network for one image; click any unit to see its arithmetic.

    Parameters
    ----------
    model : Sequential, optional
        A network of one's own, within the sizes that `cnnlib.experiments.specimen` takes; by default the
        course's small network for 8x8 digits.
    images : Split, array (N, C, H, W) or pair (images, labels), optional
        What to show to it; of a `Split` the test images. Needed with `model`.
    class_names : sequence of str, optional
        What the outputs stand for.
    prepare : callable, optional
        ``prepare(drawing) -> image`` for a drawing of one's own, (H, W) to (H, W); by default images of 28x28
        pixels in grey are centred and scaled as MNIST's are, others are left alone.
    **options
        As for `Widget`.

    Facts: ``guess``, ``confidence`` (0 to 1), ``label`` (-1 for a drawing), ``right`` (0 or 1), ``value`` of
    the chosen unit, ``terms`` (number of products in it), ``pixels_seen``, ``ink`` (sum of the input).

    >>> NetworkXRay(layer="pooling 1", channel=2, row=1, column=1).text.split(".")[0]
    'Pooling 1, map 2, row 1, column 1: the largest of 4 numbers is 1'
    """

    title = "Network X-ray"

    def __init__(self, model=None, images=None, *, class_names=None, prepare=None, **options) -> None:
        self.opened, self.pen = OpenedNetwork(model, images, class_names, default), None
        self.specimen, self.model = self.opened.specimen, self.opened.model
        self.outputs, self.height, self.width = (self.opened.outputs, self.opened.height, self.opened.width)
        mnists = self.specimen.shape == (1, 28, 28)
        self.prepare = prepare if prepare is not None else centred if mnists else None
        self.controls = self.all_controls()
        options.setdefault("show", [c.name for c in self.controls if c.name != "drawing"])
        super().__init__(**options)

    def all_controls(self) -> tuple:
        """The controls, with the ranges of this network and these images."""
        names, shapes = list(self.outputs), [output.shape for output in self.outputs.values()]
        most = max(shape[0] for shape in shapes)
        controls = [
            Choice("source", (IMAGE,), label="Show"),
            Slider("image", 0, max(1, len(self.specimen.images) - 1), 0, integer=True, label="Test image"),
            Choice("layer", names, names[1], label="Layer"),
            Slider("channel", 0, most - 1, 0, integer=True, label="Map"),
            Slider("row", 0, self.height - 1, 3, integer=True, label="Row"),
            Slider("column", 0, self.width - 1, 3, integer=True, label="Column"),
            Slider("input_map", 0, most - 1, 0, integer=True, label="Input map to show"),
            Choice("scale", (SHARED, OWN), label="Colour scale"),
        ]
        if self.can_draw:
            controls[0] = Choice("source", (IMAGE, DRAWING), label="Show")
            controls += [
                Button("ink", label="Ink or erase the chosen input pixel"),
                Button("clear", label="Clear the drawing"),
                Grid("drawing", self.blank(), 0, 1, label="Drawing"),
            ]
        return tuple(controls)

    @property
    def can_draw(self) -> bool:
        """Whether the images are of one channel and small enough to be drawn by hand."""
        return self.specimen.shape[0] == 1 and max(self.height, self.width) <= LARGEST_SHEET

    def blank(self) -> tuple:
        return ((0.0,) * self.width,) * self.height

    def limits(self, state: dict) -> dict:
        shape = self.outputs[state["layer"]].shape
        channels, height, width = shape if len(shape) == 3 else (*shape, 1, 1)
        deep = self.opened.before(self.outputs[state["layer"]])
        return {
            "image": (0, len(self.specimen.images) - 1),
            "channel": (0, channels - 1),
            "row": (0, height - 1),
            "column": (0, width - 1),
            "input_map": (0, deep.shape[0] - 1 if deep else 0),
        }

    def press(self, name: str) -> dict:
        if name == "clear":
            return {"drawing": self.blank(), "source": DRAWING}
        table = np.array(self.state["drawing"])
        place = min(self.state["row"], self.height - 1), min(self.state["column"], self.width - 1)
        table[place] = 0.0 if table[place] else 1.0
        return {"drawing": table.tolist(), "source": DRAWING}

    def event(self, event: dict) -> dict | None:
        output = self.opened.laid_out(self.state)[event["name"]]
        if output.place == 0 and self.state["source"] == DRAWING:
            return {
                "drawing": self.stroke(event).tolist(),
                "layer": "input",
                "row": int(event["row"]),
                "column": int(event["col"]),
            }
        unit = output.unit_at(int(event["row"]), int(event["col"]))
        if unit is None:
            return None
        channel, row, column = unit if len(unit) == 3 else (unit[0], 0, 0)
        return {"layer": output.name, "channel": channel, "row": row, "column": column}

    def stroke(self, event: dict) -> np.ndarray:
        """The drawing with ink along the pen's way since the last event of the same stroke."""
        table = np.array(self.state["drawing"])
        end = np.array([event["y"], event["x"]], float)
        start = self.pen if event["kind"] == "drag" and self.pen is not None else end
        self.pen = end
        places = np.stack(np.mgrid[: self.height, : self.width], axis=-1)
        thick = 1.13 + max(self.height, self.width) / 36  # of half a stroke, in pixels: 1.35 on a sheet of 8
        for share in np.linspace(0, 1, 1 + max(7, int(2 * np.abs(end - start).max()))):
            away = np.linalg.norm(places - (start + share * (end - start)), axis=-1)
            table = np.maximum(table, np.clip(thick - away, 0, 1).round(3))
        return table

    def shown_image(self, state: dict) -> tuple[np.ndarray, int]:
        """The image of a state as a batch of one, prepared if it is a drawing, and its label."""
        if state["source"] == IMAGE:
            return self.specimen.images[state["image"]][None], self.specimen.label(state["image"])
        drawing = np.array(state["drawing"], self.specimen.images.dtype)
        if self.prepare is not None:
            drawing = np.asarray(self.prepare(drawing), drawing.dtype)
        return drawing[None, None], -1

    def compute(self, state: dict) -> Scene:
        x, label = self.shown_image(state)
        values = activations(self.model, x)
        output = self.opened.laid_out(state)[state["layer"]]
        unit = output.clip(state["channel"], state["row"], state["column"])
        field = self.opened.field(output, unit)
        p = softmax(values[-1])[0]
        facts = {
            "guess": int(p.argmax()),
            "confidence": float(p.max()),
            "label": label,
            "right": int(p.argmax() == label),
            "value": float(values[output.place][(0, *unit)]),
            "pixels_seen": (field[0][1] - field[0][0] + 1) * (field[1][1] - field[1][0] + 1),
            "ink": float(x.sum()),
        }
        names = self.specimen.class_names
        guesses = replace(probabilities(p, label, names), at=(0, max(8, len(self.outputs))))
        panels = [*self.overview(state, values, output, unit, field), guesses]
        below, words, facts["terms"] = self.arithmetic(state, values, output, unit)
        sees = [seen(field)] if output.place else []
        text = " ".join([f"{self.opened.name_of(output, unit)}: {words}", *sees, self.guess(facts)])
        shown = widths(list(self.outputs.values()))
        spare = (0.4,) * max(0, 8 - len(shown))  # the panels below need a row of nine
        columns = (*shown, *spare, 1.4)
        return Scene([*panels, *below], text, facts, rows=(3, 2), columns=columns, height=560)

    def overview(self, state, values, output, unit, field) -> list[Panel]:
        """One picture a layer; the chosen unit and the pixels that feed it are framed."""
        shared = shared_reach([values[s.place] for s in self.outputs.values() if s.place])
        panels = []
        for column, other in enumerate(self.opened.laid_out(state).values()):
            array = values[other.place][0]
            reach = shared if state["scale"] == SHARED else reach_of([array])
            colors = {"cmap": "diverging", "vmin": -reach, "vmax": reach}
            marks = []
            if other.place == 0:
                colors = {"cmap": "ink", "vmin": 0, "vmax": 1}
                for channel in other.maps:
                    first, last = ((channel, field[0][i], field[1][i]) for i in (0, 1))
                    marks.append(other.frame(first, last, "orange"))
            if other.name == output.name:
                marks.append(other.frame(unit, unit))
            panels.append(panel_of(other, array, *marks, at=(0, column), emits=other.name, **colors))
        return panels

    def arithmetic(self, state, values, output, unit) -> tuple[list[Panel], str, int]:
        """The panels with the numbers behind a unit, a sentence on them, and the number of terms."""
        if output.place == 0:
            words = f"the pixel is {values[0][(0, *unit)]:.2f}."
            return self.sheets(values[0][0, unit[0]], unit, state), words, 0
        layer = self.model[output.place - 1]
        terms = unit_terms(layer, values[output.place - 1], unit)
        if isinstance(layer, Conv2d | Linear):
            below = self.opened.before(output)
            window = (*below.shape, 1, 1)[:3] if isinstance(layer, Linear) else terms.inputs.shape
            panels = sum_panels(terms, window, state["input_map"], below.name)
            return panels, sum_words(terms), terms.inputs.size
        if isinstance(layer, MaxPool2d):
            panels = [numbers("window, ◆ the winner", terms.inputs[0], (1, 0, 1, 4), winner=terms.winner)]
            words = f"the largest of {terms.inputs.size} numbers is {terms.total:.2f}."
            return panels, words, terms.inputs.size
        if isinstance(layer, AvgPool2d):
            words = f"the mean of {terms.inputs.size} numbers is {terms.total:.2f}."
            return [numbers("window", terms.inputs[0], (1, 0, 1, 4))], words, terms.inputs.size
        panels = [numbers("before", terms.inputs.reshape(1, 1), (1, 0, 1, 4))]
        return panels, single_words(output.name.split()[0], float(terms.inputs[0]), terms.total), 1

    def sheets(self, pixels: np.ndarray, unit: tuple, state: dict) -> list[Panel]:
        """The input large, to read or to draw on; beside the sheet what the network gets, if it differs."""
        if state["source"] != DRAWING:
            return [self.sheet(pixels, unit, "input, large", (1, 0, 1, 4))]
        if self.prepare is None:
            return [self.sheet(pixels, unit, "draw here", (1, 0, 1, 4))]
        return [
            self.sheet(np.array(state["drawing"]), unit, "draw here", (1, 0, 1, 3)),
            self.sheet(pixels, None, "centred and scaled, as the network gets it", (1, 3, 1, 3), emits=""),
        ]

    def sheet(self, pixels, unit, title, at, emits="input") -> Panel:
        """The input once more: an image with its numbers, or a sheet large enough to draw on."""
        numbers = ".1f" if title.startswith("input") and pixels.size <= READABLE else ""
        heat = Heatmap(pixels, cmap="ink", vmin=0, vmax=1, numbers=numbers, emits=emits)
        frames = (
            [] if unit is None else [LayerOutput("input", 0, (1, *pixels.shape)).frame(*[(0, *unit[1:])] * 2)]
        )
        x, y = Axis(-0.5, self.width - 0.5, visible=False), Axis(self.height - 0.5, -0.5, visible=False)
        return Panel([heat, *frames], x, y, title=title, at=at, equal=True, grid=False)

    def guess(self, facts: dict) -> str:
        """What the network makes of the image, in words."""
        if facts["ink"] == 0:
            return "The drawing is empty: draw a digit on the input with the mouse."
        names = self.specimen.class_names
        words = f"The guess is {names[facts['guess']]} with a probability of {facts['confidence']:.0%}"
        return f"{words}." if facts["label"] < 0 else f"{words}; the label is {names[facts['label']]}."


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
    marks = [Heatmap(values, cmap="diverging", numbers=".2f" if values.size <= READABLE else "")]
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


def single_words(kind: str, before: float, after: float) -> str:
    """A sentence on a layer that works number by number."""
    if kind == "ReLU":
        return f"max(0, {before:.2f}) = {after:.2f}."
    if kind == "normalization":
        return f"{before:.2f}, moved and scaled by the map's running mean and deviation, is {after:.2f}."
    return f"{kind} of {before:.2f} is {after:.2f}."


def probabilities(p: np.ndarray, label: int, names: tuple) -> Panel:
    """Bars of the probabilities; the label's is marked. Of more than ten classes the likeliest are shown."""
    shown = np.arange(len(p)) if len(p) <= 10 else np.sort(np.argsort(-p, kind="stable")[:10])
    marks = [Bars(np.arange(len(shown)), p[shown], color="blue", horizontal=True, label="probability")]
    if label in shown:
        place = int(np.flatnonzero(shown == label)[0])
        marks.append(Points(1.06, place, color="green", shape="diamond", size=6, label="label"))
    y = Axis(len(shown) - 0.4, -0.6, ticks=range(len(shown)), names=[names[i] for i in shown])
    return Panel(marks, Axis(0, 1.15, "probability", ticks=(0, 0.5, 1)), y, title="guess")


def seen(field: tuple) -> str:
    (top, bottom), (left, right) = field
    return f"It sees rows {top} to {bottom} and columns {left} to {right} of the image."
