"""What stands above and beneath the columns of a network's picture: names, sizes, scales of colours."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from cnnlib.nn.layers import AvgPool2d, BatchNorm2d, Conv2d, Linear, MaxPool2d, ReLU, Sigmoid, Tanh
from cnnlib.runtime.language import marked, say
from cnnlib.viz import ColorScale, Line, Mark, Note, Text
from cnnlib.widgets.forward_pass.network_layout import LayerOutput
from cnnlib.widgets.forward_pass.network_picture import SCALE, Column, NetworkPicture

WORD = {"convolution": "conv", "pooling": "pool", "normalization": "norm"}
DOES = {
    Conv2d: ("looks for", "patterns"),
    ReLU: ("keeps the", "positive"),
    Tanh: ("squeezes to", "−1 … 1"),
    Sigmoid: ("squeezes to", "0 … 1"),
    BatchNorm2d: ("shifts and", "scales"),
    Linear: ("adds up", "everything"),
}
ALONE = marked(
    "patterns", "positive", "scales", "everything", "combines", "largest", "mean"
)  # as the catalogue knows them
PER_COLUMN = 60.0  # pixels that those words take
WIDE = 730.0  # pixels of the panel from which on they have them
LEGEND = 120.0  # pixels that the words about the lines take
LINES = marked("lines: the strongest", "links into each map;", "blue adds,", "orange takes away")
FREE = 70.0  # pixels above the image in which there is room for words
SCALE_ROOM = 78.0  # pixels from a scale's middle to the line beside its words


def headings(picture: NetworkPicture, chosen: str) -> list[Mark]:
    """What every column is, and how many maps of which size."""
    top = picture.middle - picture.room.depth / 2
    first = picture.outputs[0].shape[0] < 3
    tops = [
        picture.middle - picture.room.image / 2 if first and not c.output.place else top
        for c in picture.columns
    ]
    names = [short_name(c.output) for c in picture.columns]
    # What follows a convolution stands close to it and has its number: "conv 1", "ReLU", "pool".
    names = [name if c.into else name.split()[0] for name, c in zip(names, picture.columns, strict=True)]
    if len(names) > 7:
        names = [name.split()[0] for name in names]
    sizes = [size_words(c.output) for c in picture.columns]
    x, y = [c.x for c in picture.columns], np.array(tops)
    is_chosen = [c.output.name == chosen for c in picture.columns]
    marks: list[Mark] = [Text(x, y - 13, sizes, color="muted", size=10.5)]
    for color, wanted in (("ink", False), ("you", True)):
        keep = [i for i, one in enumerate(is_chosen) if one == wanted]
        if keep:
            spots = [x[i] for i in keep], [y[i] - 27 for i in keep], [names[i] for i in keep]
            marks.append(Text(*spots, color=color, bold=True, size=12))
    return marks


def small_words(picture: NetworkPicture, reaches: dict[str, tuple]) -> list[Mark]:
    """What each layer does, what the lines are, and where the scales have zero; in one mark."""
    if picture.room.beneath < SCALE:
        return []
    spots = [*captions(picture), *about_links(picture), *about_scales(picture, reaches)]
    if not spots:
        return []
    return [Text(*zip(*spots, strict=True), color="muted", size=12, needs=WIDE)]


def captions(picture: NetworkPicture) -> list[tuple]:
    """Places and words of what each layer does, in two lines beneath its column."""
    apart = [(b.x - a.x) * picture.room.least for a, b in pairwise(picture.columns)]
    if min(apart, default=0.0) < PER_COLUMN:
        return []
    level = picture.room.top + picture.room.depth + 8
    words = [(column.x, words_of(picture, i)) for i, column in enumerate(picture.columns)]
    return [(x, level + 14 * k, line) for x, two in words for k, line in enumerate(two) if line]


def about_links(picture: NetworkPicture) -> list[tuple]:
    """Places and words of what the lines between the columns are, beneath the image."""
    first = picture.columns[0]
    if first.wide < LEGEND:
        return []
    level = picture.middle + picture.drawn(first.output, pitch=first.pitch).size[1] / 2 + 24
    return [(first.x, level + 16 * k, line) for k, line in enumerate(LINES)]


def about_scales(picture: NetworkPicture, reaches: dict[str, tuple]) -> list[tuple]:
    """Places and words beneath the scales: zero is in the middle, however far away both ends are."""
    return [(middle_of(group), level_of(picture) + 13, "0") for group in groups_of(picture, reaches)]


def words_of(picture: NetworkPicture, place: int) -> tuple[str, str]:
    """What the layer before a column does, in two short lines; nothing for the input."""
    output = picture.columns[place].output
    if not output.place:
        return "", ""
    layer = picture.model[output.place - 1]
    if isinstance(layer, MaxPool2d | AvgPool2d):
        first = "largest" if isinstance(layer, MaxPool2d) else "mean"
        return first, say("of {count}", count=int(np.prod(layer.kernel_size)))
    earlier = [c for c in picture.columns[1:place] if isinstance(picture.model[c.output.place - 1], Conv2d)]
    if isinstance(layer, Conv2d) and earlier:
        return "combines", "patterns"
    return DOES.get(type(layer), ("", ""))


def scales(picture: NetworkPicture, reaches: dict[str, tuple]) -> list[Mark]:
    """A scale beneath the columns that it is valid for; above a sum, which has numbers, there is none."""
    if picture.room.beneath < SCALE:
        return []
    level, lines = level_of(picture), []
    marks: list[Mark] = []
    for group in groups_of(picture, reaches):
        x = middle_of(group)
        marks.append(ColorScale(x, level, *reaches[group[0].output.name]))
        if len(group) > 1:
            lines += brackets(picture, group, x, level)
    if lines:
        marks.append(Line(*np.array(lines).T, "grid", 1))
    return marks


def groups_of(picture: NetworkPicture, reaches: dict[str, tuple]) -> list[list[Column]]:
    """Columns beside one another that have one scale."""
    groups: list[list[Column]] = []
    for column in picture.columns[1:]:
        last = groups[-1][-1].output.name if groups else ""
        if not groups or column.into or reaches[last] != reaches[column.output.name]:
            groups.append([])
        groups[-1].append(column)
    return groups


def middle_of(group: list[Column]) -> float:
    return (group[0].x + group[-1].x) / 2


def level_of(picture: NetworkPicture) -> float:
    """Where the scales stand, in pixels from the top."""
    return picture.room.top + picture.room.depth + 41


def brackets(picture: NetworkPicture, group: list[Column], x: float, level: float) -> list[tuple]:
    """Points of a line along all columns of a scale at `x`, with a gap for the scale."""
    points = []
    for column, side in ((group[0], -1), (group[-1], 1)):
        end = column.x + side * column.wide / 2 / picture.room.least
        inner = x + side * SCALE_ROOM / picture.room.least
        if side * (end - inner) > 0:
            points += [(end, level - 5), (end, level), (inner, level), (np.nan, np.nan)]
    return points


def short_name(output: LayerOutput) -> str:
    """The name as it stands above a column."""
    word, _, number = output.name.partition(" ")
    return f"{WORD.get(word, word)} {number}".strip()


def size_words(output: LayerOutput) -> str:
    """The maps' size, "28×28"; below a convolution how many there are where not all are shown, "4 of 20"."""
    if len(output.shape) == 1:
        return f"{output.shape[0]}"
    size = "×".join(map(str, output.shape[1:]))
    hidden = len(output.maps) < output.shape[0]
    return (
        say("{maps} of {shape}", maps=len(output.maps), shape=output.shape[0])
        if hidden and output.name.startswith("conv")
        else size
    )


def first_move(picture: NetworkPicture, output: LayerOutput, unit: tuple) -> list[Note]:
    """Where to begin: words in the free corner above the image, while a number of the first map is framed."""
    image, *others = picture.columns
    free = (picture.room.depth - image.pitch) / 2  # pixels above the image
    if not others or output is not others[0].output or unit[0] not in output.maps[:1] or free < FREE:
        return []
    column, (_, high, _) = others[0], output.shape
    cell = (column.pitch - picture.room.gap) / high
    y = float(picture.rows(column, unit[:1])[0] + (unit[1] + 0.5 - high / 2) * cell)
    room = picture.room.least + 8
    x, edge = image.x + 40 / room, column.x - (column.wide / 2 + 3) / room
    look = {"color": "ink", "align": "right", "needs": 760}
    return [Note(x, y + 12, "click any number", to=(edge, y), **look)]
