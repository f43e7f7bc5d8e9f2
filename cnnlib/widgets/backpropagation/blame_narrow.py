"""The blame microscope's picture for a narrow page: the pixels first, then the layers beneath one another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cnnlib.runtime.language import in_lines, say
from cnnlib.viz import Arrows, Axis, Maps, Mark, Narrow, Panel, Text
from cnnlib.widgets.backpropagation.blame_chain import boxed, edges
from cnnlib.widgets.backpropagation.blame_picture import BlamePicture, single
from cnnlib.widgets.backpropagation.blame_rules import rule
from cnnlib.widgets.backpropagation.blame_way import GAP, framed
from cnnlib.widgets.backpropagation.blame_words import of_pixel
from cnnlib.widgets.backpropagation.signed_numbers import signed
from cnnlib.widgets.forward_pass.network_headings import short_name

IMAGE = 224.0  # side of the image: eight pixels for one of 28x28
BETWEEN = 104.0  # pixels between two layers
WIDTH = 346.0  # of the panel, for which it is laid out
HEAD = 326.0  # of the image and what comes back to it
MIDDLE = 36.0 + IMAGE / 2
RULE = 0.56  # where what acts between two layers stands, clear of the name at the left
HALF = 0.135  # of the box of the chosen number, of the width
LETTERS = 32  # of a line beside the number at the framed pixel: it fits between two side bars too


def narrow(picture: BlamePicture) -> tuple[Panel, Narrow]:
    """What comes back to the image; then values at the left, what acts between, the gradient at the right."""
    marks: list[Mark] = [
        *pixels(picture),
        Text([0], [HEAD + 12], "values, forwards ↓", color="muted", align="left", bold=True, size=12),
        Text([1], [HEAD + 12], "gradient, backwards ↑", align="right", bold=True, size=12),
    ]
    for i in range(1, len(picture.outputs)):
        marks += layer(picture, i, HEAD + 78 + (i - 0.6) * BETWEEN)
    height = HEAD + 78 + (len(picture.outputs) - 1.6) * BETWEEN + 50
    down = Axis(height, 0, visible=False)
    panel = Panel(marks, Axis(0, 1, visible=False), down, grid=False, name="down")
    return panel, Narrow((f"{height:.0f}px",), (1,), height, at={"down": (0, 0)}, only=("down",), below=700)


def pixels(picture: BlamePicture) -> list[Mark]:
    """The image with what comes back to it, what one pixel does, and the chosen number at the right."""
    x, right, number = IMAGE / 2 / WIDTH, (IMAGE + 74) / WIDTH, picture.chosen
    first, forwards = picture.outputs[0], picture.forwards
    array = (picture.values if forwards else picture.gradients)[0][0]
    notes = tuple(type(note)(part) for note in number.notes for part in note.split(", "))[-2:]
    marks: list[Mark] = [
        Text([0], [6], "the image" if forwards else "every pixel", align="left", bold=True, size=12),
        *boxed(replace(number, notes=notes), right, HALF, MIDDLE),
        Arrows([right - HALF - 0.01], [MIDDLE], [-0.055], [0], color="ink", width=3),
    ]
    if not picture.come(first):
        return [*marks, Text([x], [MIDDLE], "not yet", color="muted", size=11)]
    look = {"x": x, "y": MIDDLE, "pitch": IMAGE + GAP, "needs": WIDTH, "boxes": framed(first, picture.way[0])}
    look |= {"emits": f"one:{first.name}", **picture.colors(first, array, not forwards)}
    marks.append(single(first, array, picture.followed[0], **look))
    if forwards:
        return marks
    marks.append(Text([0], [22], "blue raises it, orange lowers it", align="left", color="muted", size=11))
    if first.shape[0] == 1:
        marks.append(edges(picture.values[0][0][0], x, MIDDLE, IMAGE, WIDTH))
    if picture.way[0] is None:
        return marks
    lines = in_lines(of_pixel(picture), LETTERS)
    levels = MIDDLE + IMAGE / 2 + 18 + 15.0 * np.arange(len(lines))
    marks.append(
        Text(
            [0] * len(lines),
            levels,
            lines,
            color="muted",
            align="left",
            size=11,
            shift=(20 + 8 * len(signed(picture.slope(0))), 0),
        )
    )
    return [*marks, *slope(picture, 0, 0, MIDDLE + IMAGE / 2 + 25, "left")]


def layer(picture: BlamePicture, i: int, y: float) -> list[Mark]:
    """A layer: its values, its gradient, and above them what made it of the layer before."""
    output, index = picture.outputs[i], picture.followed[i]
    title = short_name(output)
    if output.maps:
        title = say("{layer}, map {index}", layer=title, index=index)
    look = {"y": y, "pitch": 74.0, "emits": f"one:{output.name}", "boxes": framed(output, picture.way[i])}
    value = picture.values[output.place][0]
    marks: list[Mark] = [
        Text([0], [y - 46], title, align="left", bold=True, size=12),
        single(output, value, index, x=0.16, **look, **picture.colors(output, value, False)),
    ]
    found = rule(picture, i) if picture.reached(output) and output.maps else None
    if found is not None:
        name, z, extra = found
        marks.append(Text([RULE], [y - 50 - 34], name, bold=True, size=11))
        marks.append(
            Maps(z, tile=(*z.shape, 1), x=RULE, y=y - 50, pitch=44.0, framed=False, means=name, **extra)
        )
    if picture.come(output) and i != picture.last:
        gradient = picture.gradients[output.place][0]
        colors = picture.colors(output, gradient, True)
        marks.append(single(output, gradient, index, x=0.84, **look, **colors))
        if picture.way[i] is not None:
            marks += slope(picture, i, 0.5, y, "center", said=True)
    elif i == picture.last:
        marks.append(Text([0.84], [y], "the chosen number", color="you", size=11))
    return marks


def slope(picture: BlamePicture, i: int, x: float, y: float, align: str, *, said: bool = False) -> list[Mark]:
    """The gradient at the framed place of a column, in the colour of its sign; `said` to be at the frame."""
    value = picture.slope(i)
    look = {"color": "pos-text" if value > 0 else "neg-text", "align": align, "bold": True}
    words = say("frame {slope}", slope=signed(value)) if said else signed(value)
    return [Text([x], [y], words, size=13 if said else 15, **look)] if value else []
