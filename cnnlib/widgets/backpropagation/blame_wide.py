"""The picture of blame where there is width for it: forwards above, what acts in between, backwards below."""

from __future__ import annotations

from cnnlib.viz import Axis, Panel
from cnnlib.widgets.backpropagation.blame_forward import forward_row
from cnnlib.widgets.backpropagation.blame_lane import BOTTOM, TOP, lane
from cnnlib.widgets.backpropagation.blame_picture import BlamePicture
from cnnlib.widgets.backpropagation.blame_rules import rules

HEIGHT = BOTTOM


def wide(picture: BlamePicture) -> Panel:
    """Both rows, and the rules between the columns."""
    marks = [*lane(picture), *forward_row(picture, TOP), *rules(picture)]
    x, y = Axis(0, 1, visible=False), Axis(HEIGHT, 0, visible=False)
    return Panel(marks, x, y, grid=False, name="blame")
