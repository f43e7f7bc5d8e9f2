"""The picture of blame where there is width for it: the image large, and the chain of maps back to it."""

from __future__ import annotations

import numpy as np

from cnnlib.runtime.language import in_lines, marked
from cnnlib.viz import Axis, ColorScale, Links, Mark, Panel, Region, Text
from cnnlib.viz.outlines import outline
from cnnlib.widgets.backpropagation.blame_acting import acting, strip
from cnnlib.widgets.backpropagation.blame_picture import (
    BOXED,
    FULL,
    HERO,
    IMAGE,
    LEFT,
    BlamePicture,
    Chosen,
    single,
)
from cnnlib.widgets.backpropagation.blame_way import course, framed, numbers, window_before
from cnnlib.widgets.backpropagation.blame_words import of_pixel, to_both_sides
from cnnlib.widgets.backpropagation.signed_numbers import signed
from cnnlib.widgets.forward_pass.network_headings import short_name

HEIGHT = 480.0
HEADING, CAPTION = 10.0, HERO + IMAGE / 2 + 46.0  # heights of the words above and beneath the image
KEY = HERO + IMAGE / 2 + 18.0
BOX = 42.0  # half the height of the chosen number's box
BROAD = 900.0  # pixels of the panel from which on there is room for some words
EVERY = 10**6  # rows: a map is one place for a pointer that rests on it
LETTERS = 36  # of a line beside the number at the framed pixel
LATER = marked("What comes later", "cannot move it.")
HOLDS = "Gradient, backwards", "Values, forwards"


def chain(picture: BlamePicture) -> Panel:
    """The image at the left, the two rows of maps, and beneath them what acts between two of them."""
    marks = [
        *image(picture),
        *heading(picture),
        *names(picture),
        *maps(picture),
        *chosen(picture),
        *acting(picture),
        *course(picture),
        *numbers(picture),
        *strip(picture),
    ]
    x, y = Axis(0, 1, visible=False), Axis(HEIGHT, 0, visible=False)
    return Panel(marks, x, y, grid=False, name="blame")


def image(picture: BlamePicture) -> list[Mark]:
    """What comes back to every pixel with the drawing's outline, colours in words; or the image itself."""
    left, first = LEFT / FULL, picture.outputs[0]
    marks: list[Mark] = [one_map(picture, 0)]
    heading = "the image" if picture.forwards else "every pixel"
    marks.append(Text([left], [HEADING], heading, align="left", bold=True, size=13))
    if picture.forwards:
        return marks
    if first.shape[0] == 1:
        marks.append(edges(picture.values[0][0][0], float(picture.x[0]), HERO, IMAGE, FULL))
    marks.append(ColorScale(float(picture.x[0]), KEY, -1, 1, words=to_both_sides(picture.chosen.kind)))
    if not picture.seen(0):
        return [*marks, Text([left], [CAPTION], "not yet", align="left", color="muted", size=12)]
    if picture.way[0] is None:
        words = "No pixel moves it: a shut gate is in every way."
        return [*marks, Text([left], [CAPTION], words, align="left", size=12)]
    slope = picture.slope(0)
    look = {"align": "left", "bold": True, "size": 15, "color": "pos-text" if slope > 0 else "neg-text"}
    lines = in_lines(of_pixel(picture), LETTERS)
    shift, levels = (14.0 + 8 * len(signed(slope)), 0.0), CAPTION + 15.0 * np.arange(len(lines)) - 8.0
    return [
        *marks,
        Text([left], [CAPTION], signed(slope), **look),
        Text([left] * len(lines), levels, lines, align="left", color="muted", size=12, shift=shift),
    ]


def heading(picture: BlamePicture) -> list[Mark]:
    """Which way the chain leads, and what a click does."""
    look = {"align": "left", "size": 13, "bold": True}
    asked = {"align": "right", "color": "muted", "size": 12, "needs": BROAD}
    return [
        Text([BOXED / FULL], [HEADING], HOLDS[picture.forwards], **look),
        Text([1], [HEADING], "click any square to choose another number", **asked),
    ]


def names(picture: BlamePicture) -> list[Mark]:
    """The layer over each map, the chosen one's in its colour."""
    last = len(picture.outputs) if picture.forwards else picture.last
    marks: list[Mark] = []
    for color in ("ink", "muted", "you"):
        keep = [i for i in range(1, min(last, len(picture.outputs))) if color_of(picture, i) == color]
        if keep:
            words = [short_name(picture.outputs[i]) for i in keep]
            look = {"color": color, "bold": True, "size": 12, "align": picture.ends_at[0]}
            marks.append(Text(*picture.over(keep, 0), words, **look))
    return marks


def color_of(picture: BlamePicture, i: int) -> str:
    """Of a layer's name: what comes after the chosen number is pale."""
    return "you" if i == picture.last else "ink" if i < picture.last else "muted"


def maps(picture: BlamePicture) -> list[Mark]:
    """One map a layer: what came back to it, or its values."""
    last = len(picture.outputs) if picture.forwards else min(picture.last, len(picture.outputs))
    return [mark for i in range(1, last) for mark in (one_map(picture, i), *waiting(picture, i))]


def waiting(picture: BlamePicture, i: int) -> list[Mark]:
    if picture.seen(i):
        return []
    return [Text([picture.x[i]], [picture.y[i]], "not yet", color="muted", size=11)]


def one_map(picture: BlamePicture, i: int) -> Mark:
    """The map of a column that is followed; frames are around its number and what the next kernel reads."""
    output, seen = picture.outputs[i], picture.seen(i)
    array = (picture.values if picture.forwards else picture.gradients)[output.place][0]
    look = {"x": float(picture.x[i]), "y": float(picture.y[i]), "pitch": picture.pitch_of(i), "needs": FULL}
    look |= picture.colors(output, array, not picture.forwards)
    if not seen:
        return single(output, 0 * array, picture.followed[i], hover=False, **look)
    window = None
    if i + 1 < len(picture.outputs):
        window = window_before(picture.model, output, picture.outputs[i + 1], picture.way[i + 1])
    look |= {"boxes": framed(output, picture.way[i], window), "emits": f"one:{output.name}", "hovers": EVERY}
    look["opacity"] = None if picture.reached(output) else np.array([0.3])
    return single(output, array, picture.followed[i], **look)


def edges(image: np.ndarray, x: float, y: float, side: float, needs: float) -> Links:
    """The outline of what is drawn in an image whose longer side has so many pixels on the page."""
    rows, cols = image.shape
    right, under = outline(image, -cols / 2, -rows / 2)
    cell, spots = side / max(rows, cols), np.full(len(right) // 3, 1.0)
    ends = {"dx0": right[::3], "dx1": right[1::3], "dy0": under[::3], "dy1": under[1::3]}
    ends = {name: cell * places for name, places in ends.items()}
    return Links(x * spots, y * spots, x * spots, y * spots, color="ink", alpha=0.55, needs=needs, **ends)


def chosen(picture: BlamePicture) -> list[Mark]:
    """The number whose way back this is, in a frame of its own."""
    i = picture.last
    if not picture.boxed(i):
        return []
    x, y = float(picture.x[i]), float(picture.y[i])
    marks = boxed(picture.chosen, x, picture.half / FULL, y)
    if i < len(picture.x) - 1:
        spots = [picture.x[-1]] * 2, [picture.y[-1] - 8, picture.y[-1] + 8]
        marks.append(Text(*spots, LATER, color="muted", size=11))
    return marks


def boxed(number: Chosen, x: float, half: float, y: float) -> list[Mark]:
    """The frame of the chosen number, and what stands in it."""
    lines = len(number.notes)
    top = y - 7.0 * (lines + 1)
    return [
        Text([x], [y - BOX - 11], "chosen", color="you", bold=True, size=11),
        Region(x - half, x + half, y - BOX, y + BOX, color="you", filled=False, width=2),
        Text([x], [top - 5], number.name, bold=True, size=11),
        Text([x], [top + 17], number.value, bold=True, size=20),
        Text([x] * lines, [top + 39 + 14 * i for i in range(lines)], number.notes, color="muted", size=11),
    ]
