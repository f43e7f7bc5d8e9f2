"""Whose fault is it: the pixels and weights behind one unit, and the sum behind one weight's gradient."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cnnlib.runtime.language import marked, say
from cnnlib.viz import Scene
from cnnlib.widgets.backpropagation.blame_loss import LOSS
from cnnlib.widgets.backpropagation.blame_scenes import (
    loss_scene,
    picture_of_loss,
    picture_of_unit,
    unit_scene,
)
from cnnlib.widgets.backpropagation.blame_weight import weight_at, weight_scene
from cnnlib.widgets.base import BadValue, Choice, Slider, Widget
from cnnlib.widgets.forward_pass.network_layout import LayerOutput
from cnnlib.widgets.forward_pass.network_xray import default
from cnnlib.widgets.forward_pass.opened_network import OpenedNetwork

UNIT, WEIGHT = "a unit", "a weight"
GRADIENT, VALUES = marked("gradient", "values")
ASKED = "what", "image", "layer", "channel", "row", "column"  # what a picture of the way is computed from
MISREAD = 407  # of the course's images: a 5 read as a 3, so that there is a loss to blame for


class BlameMicroscope(Widget):
    """Click a unit: its gradient by all before it. Or the loss's; or pick a weight: the sum behind its own.

    For a unit or the loss, a chain of maps, one a layer, shows how much each number of them would move it,
    down to the pixels; Play runs the gradient backwards, column by column. The same maps can show their
    values, and beneath them stands large what acts between two of them: a kernel, a gate, the winner of a
    pooling. For a weight of a convolution, the two maps whose products add up to its gradient are shown,
    for the loss of the chosen image.

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

    title = "Which pixels would raise this number?"
    speed = "1 step a second"
    back: int | None = None  # columns that the gradient has reached while it runs backwards; None: all
    pointed = ""  # the layer that the pointer rests on
    kept: tuple = ((), None)  # what was computed last, and for which values
    slots: Mapping[str, tuple[str, ...]] = {
        "head": ("what",),
        "bar": ("image", "layer", "channel", "shown"),
        "handle": ("row", "column"),
        "more": ("acts", "input_map"),
    }

    def __init__(self, model=None, images=None, *, class_names=None, **options) -> None:
        self.opened = OpenedNetwork(model, images, class_names, default, rows=2)
        self.specimen, self.model, self.outputs = (
            self.opened.specimen,
            self.opened.model,
            self.opened.outputs,
        )
        self.first = MISREAD if model is None and images is None else 0
        self.controls = self.all_controls()
        super().__init__(**options)

    def all_controls(self) -> tuple:
        """The controls, with the ranges of this network and these images."""
        names = list(self.outputs)[1:]
        shapes = [self.outputs[name].shape for name in names]
        deepest = [name for name in names if len(self.outputs[name].shape) == 3]
        most = max(shape[0] for shape in shapes) - 1
        self.middle = (
            [(n + k) // 2 for k, n in enumerate(self.outputs[deepest[-1]].shape[1:])] if deepest else [0, 0]
        )
        layer = names[-1] if self.first else (deepest or names)[-1]
        first = self.first_values({"what": UNIT, "layer": layer})
        inputs = [self.kernels_of(conv).shape[1] for conv in self.opened.convolutions()]
        kinds = (UNIT,)
        if inputs and self.specimen.labels is not None:
            kinds = (UNIT, WEIGHT, LOSS)
        sides = [side for conv in self.opened.convolutions() for side in self.kernels_of(conv).shape[2:]]
        rows, columns = (max([s[i] for s in shapes if len(s) == 3] + sides + [1]) - 1 for i in (1, 2))
        return (
            Choice("what", kinds, picker="segments", label="Blame for"),
            Slider(
                "image",
                0,
                max(1, len(self.specimen.images) - 1),
                self.first,
                integer=True,
                label="Test image",
            ),
            Choice("layer", names, layer, label="Layer"),
            Slider("channel", 0, most, first["channel"], integer=True, label="Map or class"),
            Slider("row", 0, max(rows, 1), first["row"], integer=True, label="Row"),
            Slider("column", 0, max(columns, 1), first["column"], integer=True, label="Column"),
            Choice("shown", (GRADIENT, VALUES), picker="segments", label="Maps show"),
            Choice("acts", names, (deepest or names)[-1], label="What acts: that of"),
            Slider("input_map", 0, max([*inputs, 2]) - 1, 0, integer=True, label="Input map (of a weight)"),
        )

    def first_values(self, state: dict) -> dict:
        """Of each layer a unit in the middle of a map, of a convolution's kernels such a weight."""
        places = {"channel": 3, "row": self.middle[0], "column": self.middle[1]}
        ranges = self.limits(state)
        return {name: min(place, ranges[name][1]) for name, place in places.items()}

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
        first = int(state["what"] == UNIT)  # a unit is there; the loss has first to move the scores
        for self.back in range(first, columns if state["what"] != WEIGHT else 0):
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
        if event["kind"] in ("hover", "leave"):
            self.pointed = name
            return None
        if kind == "acts":
            return {"acts": name}
        row, column = int(event["row"]), int(event["col"])
        if kind == "weight":
            return weight_at(self.kernels_of(self.convolution(self.state)).shape, row, column)
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
        picture, _ = self.picture(self.state)
        outputs, followed = picture.outputs, picture.followed
        output, index = next((o, f) for o, f in zip(outputs, followed, strict=True) if o.name == name)
        if not output.maps:
            found = output.unit_at(row, column)
            return None if found is None else self.choice(name, (found[0], 0, 0))
        return self.choice(name, (index, row, column))

    def choice(self, name: str, unit: tuple) -> dict:
        return {"what": UNIT, "layer": name, "channel": unit[0], "row": unit[1], "column": unit[2]}

    def kernels_of(self, conv: LayerOutput) -> np.ndarray:
        """The kernels of a convolution, (F, C, kH, kW)."""
        return self.model[conv.place - 1].params["weight"]

    def convolution(self, state: dict) -> LayerOutput:
        """The chosen convolution, or the last one before the chosen layer, or the first."""
        every, place = self.opened.convolutions(), self.outputs[state["layer"]].place
        return ([conv for conv in every if conv.place <= place] or every)[-1]

    def picture(self, state: dict) -> tuple:
        """The picture of the way back, and what else its scene needs; computed once for a number."""
        asked = tuple(state[name] for name in ASKED)
        if self.kept[0] != asked:
            make = picture_of_loss if state["what"] == LOSS else picture_of_unit
            self.kept = asked, make(self.opened, state, self.specimen.images[state["image"]][None])
        return self.kept[1]

    def compute(self, state: dict) -> Scene:
        if state["what"] == WEIGHT:
            x, label = (part[[state["image"]]] for part in (self.specimen.images, self.specimen.labels))
            return weight_scene(self.model, self.convolution(state), x, label, state)
        picture, more = self.picture(state)
        picture.back, picture.forwards = self.back, state["shown"] == VALUES
        picture.acting = self.pointed or state["acts"]
        scene = unit_scene if state["what"] == UNIT else loss_scene
        return scene(self.opened, state, picture, more)
