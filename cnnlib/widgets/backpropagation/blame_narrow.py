"""The blame microscope's picture for a narrow page: the layers beneath one another."""

from __future__ import annotations

from cnnlib.runtime.language import say
from cnnlib.viz import Axis, Maps, Mark, Narrow, Panel, Text
from cnnlib.widgets.backpropagation.blame_picture import BlamePicture, single
from cnnlib.widgets.backpropagation.blame_rules import rule
from cnnlib.widgets.backpropagation.blame_way import framed
from cnnlib.widgets.forward_pass.network_headings import short_name

BETWEEN = 104.0  # pixels between two layers


def narrow(picture: BlamePicture) -> tuple[Panel, Narrow]:
    """From top to bottom: values at the left, what acts between, the gradient at the right."""
    marks: list[Mark] = [
        Text([0], [10], "values, forwards ↓", color="muted", align="left", bold=True, size=12),
        Text([1], [10], "gradient, backwards ↑", align="right", bold=True, size=12),
    ]
    for i, (output, index) in enumerate(zip(picture.outputs, picture.followed, strict=True)):
        y = 78.0 + i * BETWEEN
        value = picture.values[output.place][0]
        title = short_name(output)
        if output.maps and output.place:
            title = say("{layer}, map {index}", layer=title, index=index)
        marks.append(Text([0], [y - 46], title, align="left", bold=True, size=12))
        look = {"y": y, "pitch": 74.0, "emits": f"one:{output.name}", "boxes": framed(output, picture.way[i])}
        marks.append(single(output, value, index, x=0.16, **look, **picture.colors(output, value, False)))
        found = rule(picture, i) if i and picture.reached(output) and output.maps else None
        if found is not None:
            name, z, extra = found
            marks.append(Text([0.5], [y - 50 - 34], name, bold=True, size=11))
            marks.append(
                Maps(z, tile=(*z.shape, 1), x=0.5, y=y - 50, pitch=44.0, framed=False, means=name, **extra)
            )
        if picture.come(output):
            gradient = picture.gradients[output.place][0]
            marks.append(
                single(output, gradient, index, x=0.82, **look, **picture.colors(output, gradient, True))
            )
    height = 78.0 + (len(picture.outputs) - 1) * BETWEEN + 50
    if picture.loss is not None:
        words = f"loss {picture.loss[0]} = {picture.loss[1]}"
        marks.append(Text([0.5], [height + 4], words, bold=True, size=14))
        height += 24
    down = Axis(height, 0, visible=False)
    panel = Panel(marks, Axis(0, 1, visible=False), down, grid=False, name="down")
    return panel, Narrow((f"{height:.0f}px",), (1,), height, at={"down": (0, 0)}, only=("down",))
