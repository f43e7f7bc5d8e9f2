"""The present stage of an update, large: the maps on their way, or the loss as a curve."""

from __future__ import annotations

import numpy as np

from cnnlib.runtime.language import say
from cnnlib.viz import Arrows, Axis, Line, Mark, Panel, Points, Reference, Text
from cnnlib.widgets.backpropagation.update_flow import BACKWARD, DEEP, LOSS, STAGES, UpdateFlow
from cnnlib.widgets.forward_pass.network_headings import short_name

LARGE, MOST_WIDE = 138.0, 560.0  # pixels of a map, and of all beside one another
ROWS = 118.0, 322.0  # middles of the two rows of maps
WORDS = ("values, left to right", "blue: the loss rises with it, orange: it falls")
AT = (0, 1, 1, 2)  # beside the flow


def large_panel(flow: UpdateFlow) -> Panel:
    """Before the step is taken: what the present stage does."""
    return curve(flow) if flow.stage == LOSS else lane(flow, flow.stage == BACKWARD)


def lane(flow: UpdateFlow, back: bool) -> Panel:
    """A map of each layer in two rows, from left to right, and arrows the way that they are reached."""
    outputs, across = flow.outputs, -(-len(flow.outputs) // 2)
    places = [((i % across + 0.5) / across, ROWS[i // across]) for i in range(len(outputs))]
    pitch = min(LARGE, MOST_WIDE / across)
    needs = across * (pitch + 26)  # pixels of width: where there are fewer the maps are smaller
    x, y = np.array(places).T
    marks: list[Mark] = [
        Text(x, y - pitch / 2 - 14, [short_name(output) for output in outputs], bold=True, size=12)
    ]
    half = 0.5 / across
    for i in range(len(places) - 1):
        if (i + 1) % across:
            start = x[i] + half + (0.012 if back else -0.012)
            marks.append(Arrows([start], [y[i]], [-0.024 if back else 0.024], [0], "ink", 2.5))
    for i, (place_x, place_y) in enumerate(places):
        show = flow.picture.gradient if back else flow.picture.value
        marks += show(i, place_x, place_y, pitch, needs)
    plain = {"title": STAGES[flow.stage], "subtitle": WORDS[back], "grid": False, "name": "large"}
    return Panel(marks, Axis(0, 1, visible=False), Axis(DEEP + 1, -1, visible=False), at=AT, **plain)


def curve(flow: UpdateFlow) -> Panel:
    """The loss by the share that the right class has, and where this image is."""
    share = np.linspace(0.002, 1, 200)
    here, loss, count = float(flow.p[flow.label]), flow.value, len(flow.p)
    top, said = max(4.0, 1.15 * loss), say("loss {loss:.3g}", loss=loss)
    beside = {"align": "left", "shift": (12, -10)} if here < 0.8 else {"align": "right", "shift": (8, -36)}
    marks: list[Mark] = [
        Line(share, -np.log(share), "ink", 2),
        Line([here, here], [0, loss], "you", 1.5, "dashed"),
        Points([here], [loss], "you", 7, outline="paper"),
        Text([here], [loss], said, bold=True, size=14, **beside),
        Reference(say("{loss:.2f} = guessing", loss=np.log(count)), y=float(np.log(count))),
    ]
    x = Axis(0, 1, say("share of the right class, {name}", name=flow.names[flow.label]))
    how = "minus the logarithm of the share"
    return Panel(marks, x, Axis(0, top), title=STAGES[LOSS], subtitle=how, at=AT, name="large")
