"""Sweeps: every control of a widget over its whole range, its ends and nonsense, in random order.

nbval runs a widget's default state alone, so a fault that needs another value passes it. A sweep finds it.
"""

import json
import math

from hypothesis import strategies as st

from cnnlib.viz import Scene
from cnnlib.widgets.base import Button, Choice, Grid, LogSlider, Slider, TextField, Toggle
from cnnlib.widgets.base.packer import Packer

NONSENSE = st.sampled_from(
    ["", " ", "abc", "1e999", "--3", "½", None, math.nan, math.inf, -1e300, 10**400, [], {}, b"1", (1, 2)]
)


def values(control):
    """A strategy for right values of a control, its ends and default among them."""
    if isinstance(control, Slider):
        ends = st.sampled_from([control.low, control.high, control.default])
        if control.integer:
            return ends | st.integers(math.ceil(control.low), math.floor(control.high))
        if isinstance(control, LogSlider):
            logs = st.floats(math.log(control.low), math.log(control.high))
            return ends | logs.map(lambda x: min(max(math.exp(x), control.low), control.high))
        return ends | st.floats(control.low, control.high)
    if isinstance(control, Choice):
        return st.sampled_from(control.options)
    if isinstance(control, Toggle):
        return st.booleans()
    if isinstance(control, TextField):
        return st.from_regex(r"[A-Za-z0-9._+-]{1,40}", fullmatch=True)
    if isinstance(control, Grid):
        rows, columns = control.shape
        cell = st.sampled_from([control.low, 0, control.high]) | st.floats(control.low, control.high)
        row = st.lists(cell, min_size=columns, max_size=columns).map(tuple)
        return st.lists(row, min_size=rows, max_size=rows).map(tuple)
    raise TypeError(f"no values for {control}")


def moves(widget):
    """A strategy for one move: ("set", name, value), ("press", name) or a word of the toolbar."""
    options = []
    for control in widget.controls:
        if isinstance(control, Button):
            options.append(st.tuples(st.just("press"), st.just(control.name)))
        else:
            options.append(st.tuples(st.just("set"), st.just(control.name), values(control)))
            options.append(st.tuples(st.just("set"), st.just(control.name), NONSENSE))
    words = ["reset"] + (["step", "rewind"] if widget.playable else [])
    return st.one_of(*options, st.tuples(st.sampled_from(words)))


def make(widget, move):
    """Make one move as the page would, and hold the widget to what it promises."""
    kind, *rest = move
    before = widget.state
    if kind == "set":
        name, value = rest
        widget.live.receive({"type": "state", "id": 1, "values": {name: value}})
    elif kind == "press":
        widget.live.receive({"type": "press", "id": 1, "name": rest[0]})
    else:
        widget.live.receive({"type": kind})
    if widget.failure is not None:
        raise AssertionError(f"{move} from {before} failed: {widget.failure!r}") from widget.failure
    sound(widget, move)


def sound(widget, move=None):
    """A scene that travels, a sentence, finite facts by name, and values that their controls accept."""
    assert isinstance(widget.scene, Scene)
    head, buffers = Packer().pack(widget.scene)
    json.dumps(head, allow_nan=False)
    assert all(isinstance(buffer, bytes) for buffer in buffers)
    assert isinstance(widget.text, str) and len(widget.text.split()) >= 3, (move, widget.text)
    assert "Traceback" not in widget.message
    for name, value in widget.state.items():
        assert widget._controls[name].clean(value) == value
