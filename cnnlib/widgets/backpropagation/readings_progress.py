"""How far each of the four readings has come: small results in colours alone, and a bar beside each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cnnlib.experiments.four_readings import Geometry
from cnnlib.runtime.language import marked, say, word
from cnnlib.viz import Axis, Heatmap, Mark, Panel, Region, Text
from cnnlib.widgets.backpropagation.readings_panels import REACH, maps_panel, outline
from cnnlib.widgets.backpropagation.readings_picture import BY_WEIGHT, READINGS, ReadingsPicture

UNITS = dict(zip(READINGS, marked("outputs", "pixels", "rows", "weights"), strict=True))
ROOM = 3.6  # cells beside a small result of one map for the words


def steps_of(reading: str, g: Geometry, state: dict) -> int:
    """How many steps a reading takes."""
    counts = {
        "scatter": state["kernels"] * g.outputs**2,
        "gather": state["channels"] * g.size**2,
        "matrix": state["channels"] * g.size**2,
        BY_WEIGHT: state["kernels"] * g.kernel**2,
    }
    return counts[reading]


def small_panels(picture: ReadingsPicture, every: list[np.ndarray], names: tuple[str, ...]) -> list[Panel]:
    """What all four have made, each in its own order, and after how many of its steps."""
    panels = []
    for place, (reading, maps, name) in enumerate(zip(READINGS, every, names, strict=True)):
        chosen = [outline(maps.shape, c) for c in range(len(maps))] if reading == picture.reading else []
        panel = maps_panel(maps, "dx", (1, place), chosen, f"reading:{name}", name=name)
        heat, *around = panel.marks
        rows, columns = heat.z.shape
        room = ROOM * (columns + 1) / 6
        beside = columns - 0.1 + 0.06 * room, rows / 2 + 0.3
        end = columns - 0.5 + room
        words = columns - 0.5, end, -0.5, rows - 0.5  # a click on them counts like one on the map
        touch = Heatmap([[0.0]], words, "diverging", -REACH, REACH, alpha=0, emits=heat.emits, hover=False)
        told = bar(picture, reading, beside, 0.78 * room)
        marks = [replace(heat, numbers=""), *around, *told, touch]
        x = Axis(-0.5, end, visible=False)
        panels.append(replace(panel, marks=marks, x=x, title=word(reading)))
    return panels


def bar(picture: ReadingsPicture, reading: str, corner: tuple[float, float], length: float) -> list[Mark]:
    """The share of its steps that a reading has made, as a bar, with words above it."""
    kernels, channels = picture.w.shape[:2]
    every = steps_of(reading, picture.g, {"kernels": kernels, "channels": channels})
    done = round(picture.step / picture.steps * every)
    left, top = corner
    look = {"y0": top, "y1": top + 0.3, "alpha": 1}
    words = {"color": "muted", "align": "left"}
    return [
        Text([left], [top], [say("{done} of {all}", done=done, all=every)], shift=(0, -25), **words),
        Text([left], [top], [UNITS[reading]], shift=(0, -9), **words),
        Region(left, left + length, color="grid", **look),
        Region(left, left + length * done / every, color="muted", **look),
    ]
