"""What stands above and beneath the columns of a network's picture: names, sizes, scales of colours."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from cnnlib.nn.layers import AvgPool2d, BatchNorm2d, Conv2d, Linear, MaxPool2d, ReLU, Sigmoid, Tanh
from cnnlib.runtime.language import marked, say
from cnnlib.viz import ColorScale, Line, Mark, Text
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
PER_COLUMN = 56.0  # pixels that those words take
WIDE = 730.0  # pixels of the panel from which on they have them
LEGEND = 120.0  # pixels that the words about the lines take
LINES = marked("lines: the strongest", "links into each map", "blue adds,", "orange takes away")
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


def captions(picture: NetworkPicture) -> list[Mark]:
    """What each layer does, beneath its column."""
    apart = [(b.x - a.x) * picture.room.least for a, b in pairwise(picture.columns)]
    if picture.room.beneath < SCALE or min(apart, default=0.0) < PER_COLUMN:
        return []
    words = [words_of(picture, i) for i in range(len(picture.columns))]
    said = [(column.x, *two) for column, two in zip(picture.columns, words, strict=True) if any(two)]
    if not said:
        return []
    level, (x, *lines) = picture.room.top + picture.room.depth + 8, zip(*said, strict=True)
    look = {"color": "muted", "size": 10.5, "needs": WIDE}
    return [Text(x, [level + 13 * k] * len(x), line, **look) for k, line in enumerate(lines)]


def about_links(picture: NetworkPicture) -> list[Mark]:
    """What the lines between the columns are, beneath the image."""
    first = picture.columns[0]
    if picture.room.beneath < SCALE or first.wide < LEGEND:
        return []
    lines = LINES
    level = picture.middle + picture.drawn(first.output, pitch=first.pitch).size[1] / 2 + 24
    y = [level + 16 * k for k in range(len(lines))]
    return [Text([first.x] * len(y), y, lines, color="muted", size=11.5, needs=WIDE)]


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
    level, group = picture.room.top + picture.room.depth + 40, []
    marks: list[Mark] = []
    for column, after in zip(picture.columns, [*picture.columns[1:], None], strict=True):
        if column.output.place == 0:
            continue
        group.append(column)
        reach = reaches[column.output.name]
        if after is None or after.into or reaches[after.output.name] != reach:
            marks += scale_of(picture, group, level, reach)
            group = []
    return marks


def scale_of(picture: NetworkPicture, group: list[Column], level: float, reach: tuple) -> list[Mark]:
    """One scale in the middle of the columns that it is valid for, with a line along all of them."""
    x = (group[0].x + group[-1].x) / 2
    ends = [group[0].x - half(picture, group[0]), group[-1].x + half(picture, group[-1])]
    marks: list[Mark] = [ColorScale(x, level, *reach)]
    if len(group) > 1:
        for end, side in zip(ends, (-1, 1), strict=True):
            ends_at = x + side * SCALE_ROOM / picture.room.least
            if side * (end - ends_at) > 0:
                marks.append(Line([end, end, ends_at], [level - 5, level, level], "grid", 1))
    if abs(reach[0] + reach[1]) > 0.01 * reach[1]:
        marks.append(Text([x], [level + 13], "each sign its own scale", "muted", 10.5, needs=WIDE))
    return marks


def half(picture: NetworkPicture, column: Column) -> float:
    """Half a column's width as a share of the picture's."""
    return column.wide / 2 / picture.room.least


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
