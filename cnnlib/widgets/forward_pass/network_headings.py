"""What stands above and beneath the columns of a network's picture: names, sizes, scales of colours."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from cnnlib.nn.layers import AvgPool2d, BatchNorm2d, Conv2d, Linear, MaxPool2d, ReLU, Sigmoid, Tanh
from cnnlib.runtime.language import marked, say
from cnnlib.viz import ColorScale, Mark, Text
from cnnlib.widgets.forward_pass.network_layout import LayerOutput
from cnnlib.widgets.forward_pass.network_picture import SCALE, NetworkPicture

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
    """What each kind of layer does, beneath the first of its columns."""
    apart = [(b.x - a.x) * picture.room.least for a, b in pairwise(picture.columns)]
    if picture.room.beneath < SCALE or min(apart, default=0.0) < PER_COLUMN:
        return []
    said: dict[tuple[str, str], float] = {}
    for i, column in enumerate(picture.columns):
        said.setdefault(words_of(picture, i), column.x)
    said.pop(("", ""), None)
    level, x = picture.room.top + picture.room.depth + 8, list(said.values())
    look = {"color": "muted", "size": 10.5, "needs": WIDE}
    return (
        [Text(x, [level + 13 * k] * len(x), [words[k] for words in said], **look) for k in (0, 1)]
        if x
        else []
    )


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
    level, group = picture.room.top + picture.room.depth + 42, []
    marks: list[Mark] = [Text([0], [level], "lines: the strongest links", "muted", 11, "left", shift=(4, 0))]
    for column, after in zip(picture.columns, [*picture.columns[1:], None], strict=True):
        if column.output.place == 0:
            continue
        group.append(column)
        reach = reaches[column.output.name]
        if after is None or after.into or reaches[after.output.name] != reach:
            x = (group[0].x + group[-1].x) / 2
            marks.append(ColorScale(x, level, *reach))
            group = []
    return marks


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
