"""A trained network with all its maps in view; every number opens up into the sum that made it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnnlib.data import load_mnist_sample
from cnnlib.data.pictures import centred
from cnnlib.experiments.dissect import activations, unit_terms
from cnnlib.networks import load_mnist_cnn
from cnnlib.nn.functional import softmax
from cnnlib.nn.layers import AvgPool2d, Conv2d, Linear, MaxPool2d
from cnnlib.runtime.language import say, word
from cnnlib.viz import Figure, Panel, Scene
from cnnlib.widgets.base import Button, Choice, Grid, Slider, Toggle, Widget
from cnnlib.widgets.forward_pass.network_picture import COLUMNS
from cnnlib.widgets.forward_pass.opened_network import OpenedNetwork
from cnnlib.widgets.forward_pass.scores_panel import percent
from cnnlib.widgets.forward_pass.unit_detail import sum_rows
from cnnlib.widgets.forward_pass.weightless_detail import curve_panel
from cnnlib.widgets.forward_pass.xray_overview import BLOCKS, OWN, SHARED, Overview
from cnnlib.widgets.forward_pass.xray_sheet import chooser, sheet, stroke, thumbnails
from cnnlib.widgets.forward_pass.xray_sum import pool_of, sum_of
from cnnlib.widgets.forward_pass.xray_words import answer_words, framed_words, seen, single_words, sum_words

IMAGE, DRAWING = "test image", "your drawing"
DETAIL = 282.0  # pixels of height of the detail
UNIT = ("layer", "channel", "row", "column", "input_map")  # what says which sum is shown
LARGEST_SHEET = 28  # pixels along a side that can be drawn on


def default():
    """The network and images that are opened where none are given."""
    return load_mnist_cnn(), load_mnist_sample()


class NetworkXRay(Widget):
    """All maps of a trained network for one image; click any unit to see its arithmetic.

    Parameters
    ----------
    model : Sequential, optional
        A network of one's own, within the sizes that `cnnlib.experiments.specimen` takes; by default the
        course's network for MNIST's digits of 28x28.
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

    >>> NetworkXRay(layer="pooling 1", channel=0, row=5, column=7).text.split(". ")[0]
    'Pooling 1, map 0, row 5, column 7: the largest of 4 numbers is 2.11'
    """

    title = "Where does every number of the network come from? Click one."
    slots: Mapping[str, tuple[str, ...]] = {
        "bar": ("source", "first", "opened", "clear"),
        "handle": ("row", "column", "input_map"),
        "more": ("image", "layer", "channel", "scale", "ink"),
    }

    def __init__(self, model=None, images=None, *, class_names=None, prepare=None, **options) -> None:
        self.opened, self.pen = OpenedNetwork(model, images, class_names, default), None
        self.specimen, self.model = self.opened.specimen, self.opened.model
        self.outputs, self.height, self.width = (self.opened.outputs, self.opened.height, self.opened.width)
        mnists = self.specimen.shape == (1, 28, 28)
        self.prepare = prepare if prepare is not None else centred if mnists else None
        self.firsts, pictures = thumbnails(self.specimen.images)
        self.thumbnails = {"first": pictures}
        self.controls = self.all_controls()
        if {*UNIT, "source"} & set(options):
            options.setdefault("opened", True)
        options.setdefault("show", [c.name for c in self.controls if c.name != "drawing"])
        super().__init__(**options)

    def all_controls(self) -> tuple:
        """The controls, with the ranges of this network and these images."""
        names, shapes = list(self.outputs), [output.shape for output in self.outputs.values()]
        most = max(shape[0] for shape in shapes)
        controls = [
            Choice("source", (IMAGE,), picker="segments", label="Show"),
            Slider(
                "image",
                0,
                max(1, len(self.specimen.images) - 1),
                0,
                integer=True,
                label="Number of the image",
            ),
            chooser(self.firsts),
            Choice("layer", names, names[1], label="Layer"),
            Slider("channel", 0, most - 1, 0, integer=True, label="Map"),
            Slider("row", 0, self.height - 1, 3 * self.height // 8, integer=True, label="Row"),
            Slider("column", 0, self.width - 1, 3 * self.width // 8, integer=True, label="Column"),
            Slider("input_map", 0, most - 1, 0, integer=True, label="Input map to show"),
            Toggle("opened", False, label="Show the sum"),
            Choice("scale", (BLOCKS, SHARED, OWN), label="Colour scale"),
        ]
        if self.can_draw:
            controls[0] = Choice(
                "source", (IMAGE, DRAWING), picker="segments", words=("image", "drawing"), label="Show"
            )
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

    def changed(self, before: dict, after: dict) -> None:
        """Another number was chosen: its sum is shown. A thumbnail and the image's number go together."""
        if after["image"] != before["image"]:
            self.put(first=self.firsts[min(after["image"], len(self.firsts) - 1)])
        elif after["first"] != before["first"]:
            self.put(image=self.firsts.index(after["first"]), source=IMAGE)
            after = {**after, "source": before["source"]}
        if not after["opened"] and any(after[name] != before[name] for name in (*UNIT, "source")):
            self.put(opened=True)

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
        if event["name"] == "part":
            return self.part_at(int(event["row"]))
        output = self.opened.laid_out(self.state)[event["name"]]
        if output.place == 0 and self.state["source"] == DRAWING:
            return {
                "drawing": self.inked(event),
                "layer": "input",
                "row": int(event["row"]),
                "column": int(event["col"]),
            }
        unit = output.unit_at(int(event["row"]), int(event["col"]))
        if unit is None:
            return None
        channel, row, column = unit if len(unit) == 3 else (unit[0], 0, 0)
        return {"layer": output.name, "channel": channel, "row": row, "column": column, "opened": True}

    def part_at(self, row: int) -> dict | None:
        """The map before whose part of the sum stands in a row."""
        state = self.state
        output = self.outputs[state["layer"]]
        below = self.opened.before(output)
        if below is None:
            return None
        terms = unit_terms(
            self.model[output.place - 1],
            activations(self.model, self.shown_image(state)[0])[output.place - 1],
            output.clip(state["channel"], state["row"], state["column"]),
        )
        window = terms.inputs.shape if terms.inputs.ndim == 3 else (*below.shape, 1, 1)[:3]
        rows = sum_rows(terms, window)
        number = rows[row][2] if row < len(rows) else -1
        return {"input_map": number} if 0 <= number < below.shape[0] else None

    def inked(self, event: dict) -> list:
        """The drawing after the pen has moved, or been set down, at a place."""
        end = np.array([event["y"], event["x"]], float)
        start = self.pen if event["kind"] == "drag" and self.pen is not None else end
        self.pen = end
        return stroke(self.state["drawing"], start, end).tolist()

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
        overview = Overview(self.opened, self.model, values, state, output, unit, field)
        scores = overview.scores(p, label, self.specimen.class_names)
        below, words, facts["terms"] = self.arithmetic(state, values, output, unit)
        below = below if state["opened"] else []
        name, sees = self.opened.name_of(output, unit), [seen(field)] if output.place else []
        if facts["ink"] == 0:
            text = word("The drawing is empty: draw a digit on the input with the mouse.")
        elif state["opened"]:
            text = " ".join([f"{name}: {words}", *sees])
        else:
            answer = answer_words(self.specimen.class_names, facts)
            text = " ".join([answer, framed_words(name, facts["value"]), *sees])
        small = overview.narrow()
        return Scene(
            [overview.wide(), small.panel, scores, *below],
            text,
            facts,
            rows=(f"{overview.room.height:.0f}px", f"{DETAIL if below else 1:.0f}px"),
            columns=(1,) * COLUMNS,
            height=overview.room.height + (DETAIL if below else 1),
            arrows=("column", "row"),
            narrow=small.grid([panel.name for panel in below]),
            figures=self.figures(facts, overview.shares),
            idle=("clear",) if state["source"] == IMAGE else (),
            pictures=self.thumbnails,
        )

    def figures(self, facts: dict, shares: bool) -> list[Figure]:
        """What it is and what the network makes of it; how sure it is only where no bar says it."""
        names = self.specimen.class_names
        true = [] if facts["label"] < 0 else [Figure("True", str(names[facts["label"]]))]
        sure = "" if shares else say("{percent} sure", percent=percent(facts["confidence"]))
        return [*true, Figure("Guess", str(names[facts["guess"]]), sure, large=True)]

    def arithmetic(self, state, values, output, unit) -> tuple[list[Panel], str, int]:
        """The panels with the numbers behind a unit, a sentence on them, and the number of terms."""
        if output.place == 0:
            words = say("the pixel is {values:.2f}.", values=values[0][0, *unit])
            return self.sheets(values[0][0, unit[0]], unit, state), words, 0
        layer = self.model[output.place - 1]
        before = values[output.place - 1]
        terms = unit_terms(layer, before, unit)
        if isinstance(layer, Conv2d | Linear):
            return (
                sum_of(self.opened, state["input_map"], values, output, unit, terms),
                sum_words(terms),
                terms.inputs.size,
            )
        if isinstance(layer, MaxPool2d | AvgPool2d):
            largest = isinstance(layer, MaxPool2d)
            panels = pool_of(self.opened, values, output, unit, terms)
            words = say(
                "the largest of {size} numbers is {total:.2f}."
                if largest
                else "the mean of {size} numbers is {total:.2f}.",
                size=terms.inputs.size,
                total=terms.total,
            )
            return panels, words, terms.inputs.size
        kind, number = output.name.split()[0], float(terms.inputs[0])
        panels = [curve_panel(kind, number, terms.total, (1, 0, 1, 24))]
        return panels, single_words(kind, number, terms.total), 1

    def sheets(self, pixels: np.ndarray, unit: tuple, state: dict) -> list[Panel]:
        """The input large, to read or to draw on; beside the sheet what the network gets, if it differs."""
        if state["source"] != DRAWING:
            return [sheet(pixels, unit, "input, large", (1, 0, 1, 16))]
        if self.prepare is None:
            return [sheet(pixels, unit, "draw here", (1, 0, 1, 16))]
        return [
            sheet(np.array(state["drawing"]), unit, "draw here", (1, 0, 1, 16)),
            sheet(pixels, None, "centred and scaled, as the network gets it", (1, 16, 1, 24), emits=""),
        ]
