"""The way back, the large row of the picture of blame: gradients from the chosen number to the image."""

from __future__ import annotations

from itertools import groupby

import numpy as np

from cnnlib.runtime.language import in_lines, say
from cnnlib.viz import Arrows, ColorScale, Links, Mark, Region, Text
from cnnlib.viz.maps import two_digits
from cnnlib.viz.outlines import outline
from cnnlib.widgets.backpropagation.blame_picture import FULL, IMAGE, LEFT, BlamePicture, Chosen, single
from cnnlib.widgets.backpropagation.blame_way import course, framed, numbers, window_before
from cnnlib.widgets.backpropagation.blame_words import meaning, of_pixel
from cnnlib.widgets.backpropagation.signed_numbers import signed
from cnnlib.widgets.forward_pass.network_headings import short_name
from cnnlib.widgets.forward_pass.network_layout import reach_of
from cnnlib.widgets.forward_pass.network_picture import picture_of

TOP, BOTTOM = 114.0, 456.0  # of the band
MIDDLE = 290.0  # of the maps and of the image
NUMBERS = 360.0
THUMB, THUMBS = 22.0, 418.0  # pitch of a small map, and the middle of their rows
BOX = 42.0  # half the height of the chosen number's box
CAPTION = 418.0  # first of the two lines beneath the image
BROAD = 900.0  # pixels of the panel from which on there is room for some words
AFTER = 200.0  # pixels that the heading takes
SMALL = {"align": "left", "color": "muted", "size": 13}


def lane(picture: BlamePicture) -> list[Mark]:
    """The band with all that stands on it but the rules."""
    return [
        Region(0, 1, TOP, BOTTOM, color="panel", alpha=1),
        Text([0.01], [TOP + 18], "Backwards: the gradient", align="left", bold=True, size=14),
        Text([0.01], [TOP + 18], meaning(picture.chosen.kind), shift=(AFTER, 0), **SMALL),
        *shut(picture),
        *names(picture),
        *gradients(picture),
        *inked(picture),
        *arrows(picture),
        *chosen(picture),
        *course(picture, MIDDLE),
        *numbers(picture, NUMBERS),
        *at_the_frames(picture),
        *scales(picture),
        *thumbs(picture),
        *caption(picture),
    ]


def shut(picture: BlamePicture) -> list[Mark]:
    """What grey means, where there is a gate."""
    if not any(output.name.startswith("ReLU") for output in picture.outputs[: picture.last + 1]):
        return []
    look = {"align": "right", "color": "muted", "size": 12, "shift": (-10, 0)}
    return [Text([1], [TOP + 18], "grey: gate shut", needs=BROAD, **look)]


def columns(picture: BlamePicture) -> list[int]:
    """The columns whose gradient is shown: all that are reached but the chosen number itself."""
    return list(range(min(picture.last, len(picture.outputs))))


def names(picture: BlamePicture) -> list[Mark]:
    """The layer and the map over each gradient."""
    shown, level = [i for i in columns(picture) if i], MIDDLE - picture.pitch / 2
    if not shown:
        return []
    layers = [short_name(picture.outputs[i]) for i in shown]
    maps = [say("map {m}", m=picture.followed[i]) if picture.outputs[i].maps else "" for i in shown]
    if picture.of_loss:
        maps[-1] = "p − label"
    places = picture.x[shown]
    return [
        Text(places, [level - 21] * len(shown), layers, bold=True, size=11),
        Text(places, [level - 8] * len(shown), maps, color="muted", size=11),
    ]


def gradients(picture: BlamePicture) -> list[Mark]:
    marks: list[Mark] = []
    for i in columns(picture):
        output, x = picture.outputs[i], float(picture.x[i])
        size = {"x": x, "y": MIDDLE, "pitch": picture.pitch_of(i), "needs": FULL}
        gradient = picture.gradients[output.place][0]
        colors = picture.colors(output, gradient, True)
        if not picture.come(output):
            marks.append(single(output, 0 * gradient, picture.followed[i], hover=False, **size, **colors))
            marks.append(Text([x], [MIDDLE], "not yet", color="muted", size=11))
            continue
        window = None
        if i + 1 < len(picture.outputs):
            window = window_before(picture.model, output, picture.outputs[i + 1], picture.way[i + 1])
        look = {"boxes": framed(output, picture.way[i], window), "emits": f"one:{output.name}"}
        marks.append(single(output, gradient, picture.followed[i], **size, **look, **colors))
    return marks


def inked(picture: BlamePicture) -> list[Mark]:
    """The outline of a drawing on what comes back to its pixels."""
    first = picture.outputs[0]
    if first.shape[0] != 1 or not picture.come(first) or first.name == picture.output.name:
        return []
    return [edges(picture.values[0][0][0], float(picture.x[0]), MIDDLE, IMAGE, FULL)]


def edges(image: np.ndarray, x: float, y: float, side: float, needs: float) -> Links:
    """The outline of what is drawn in an image whose longer side has so many pixels on the page."""
    rows, cols = image.shape
    right, under = outline(image, -cols / 2, -rows / 2)
    cell, spots = side / max(rows, cols), np.full(len(right) // 3, 1.0)
    ends = {"dx0": right[::3], "dx1": right[1::3], "dy0": under[::3], "dy1": under[1::3]}
    ends = {name: cell * places for name, places in ends.items()}
    return Links(x * spots, y * spots, x * spots, y * spots, color="ink", alpha=0.55, needs=needs, **ends)


def arrows(picture: BlamePicture) -> list[Mark]:
    """A thick arrow into each column that something comes back to."""
    level = MIDDLE - picture.pitch / 2 + 10
    keep = [i for i in columns(picture) if picture.comes(i)]
    if not keep:
        return []
    edge = picture.x[keep] + 0.5 * picture.step / FULL
    edge = np.where(np.array(keep) == 0, (LEFT + IMAGE + 10) / FULL, edge)
    zeros = np.zeros(len(keep))
    return [Arrows(edge + 0.007, zeros + level, zeros - 0.015, zeros, "ink", 3)]


def chosen(picture: BlamePicture) -> list[Mark]:
    """The number whose way back this is, in a frame of its own."""
    x, half = picture.end, picture.half / FULL
    marks: list[Mark] = [
        Region(x - half, x + half, MIDDLE - BOX, MIDDLE + BOX, color="paper", alpha=1),
        *boxed(picture.chosen, x, half, MIDDLE),
    ]
    if picture.last + 1 < len(picture.outputs) - 1:
        spot = (x + 1) / 2 + half / 2
        marks.append(Text([spot], [MIDDLE], "What comes later cannot move it.", color="muted", size=12))
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


def at_the_frames(picture: BlamePicture) -> list[Mark]:
    """What the row of numbers is, beside its right end."""
    if not any(picture.comes(i) for i in columns(picture) if i):
        return []
    return [Text([picture.end], [NUMBERS], "← at the frames", color="muted", size=11, needs=BROAD)]


def scales(picture: BlamePicture) -> list[Mark]:
    """One scale beneath neighbours whose gradients have the same."""
    shown = [i for i in columns(picture) if i and picture.comes(i)]

    def reach(i: int) -> float:
        return float(f"{reach_of([picture.gradients[picture.outputs[i].place][0]]):.2g}")

    least = 96.0 * len(picture.outputs)
    places = [(high, float(picture.x[list(same)].mean())) for high, same in groupby(shown, key=reach)]
    return [ColorScale.both_ways(x, NUMBERS + 22, high, (-18, 0), least) for high, x in places]


def thumbs(picture: BlamePicture) -> list[Mark]:
    """The gradients of all maps of every block's last layer, small: click one to choose its number."""
    marks: list[Mark] = []
    for i in columns(picture):
        output, index = picture.outputs[i], picture.followed[i]
        if len(output.maps) < 2 or not i or not picture.kernels_after(i):
            continue
        array = picture.gradients[output.place][0] if picture.come(output) else np.zeros(output.shape)
        state = np.array([2.0 * (m == index) for m in output.maps])
        look = {"x": float(picture.x[i]), "y": THUMBS, "pitch": THUMB, "emits": f"unit:{output.name}"}
        look |= {"across": -(-len(output.maps) // 2), "state": state}
        reach = reach_of([array])
        marks.append(picture_of(output, array, **look, vmin=-reach, vmax=reach, cmap="diverging"))
        said = say("all {count} maps", count=len(output.maps))
        marks.append(Text([look["x"]], [THUMBS + 31], said, color="muted", size=11))
    return marks


def caption(picture: BlamePicture) -> list[Mark]:
    """What the number at the framed pixel means, and the scale of all pixels."""
    left = (LEFT + 2) / FULL
    if not picture.come(picture.outputs[0]):
        return []
    if picture.way[0] is None:
        words = "No pixel moves it: a shut gate is in every way."
        return [Text([left], [CAPTION + 7], words, align="left", size=12)]
    slope = picture.slope(0)
    color = "pos-text" if slope > 0 else "neg-text"
    look = {"align": "left", "size": 11, "color": "muted"}
    lines = in_lines(of_pixel(picture), 34)
    level = np.arange(len(lines)) * 15.0 + CAPTION
    reach = f"±{two_digits(picture.pixel_reach, picture.pixel_reach)}"
    ends = " ", say("{reach} or more", reach=reach)
    return [
        Text([left], [CAPTION + 7], signed(slope), align="left", bold=True, size=15, color=color),
        Text([left] * len(lines), level, lines, shift=(20 + 8 * len(signed(slope)), 0), **look),
        Text([left], [MIDDLE - IMAGE / 2 - 10], "every pixel", align="left", bold=True, size=12),
        ColorScale(left, MIDDLE - IMAGE / 2 - 10, -1, 1, words=ends, shift=(104, 0), needs=BROAD),
    ]
