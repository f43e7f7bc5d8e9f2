"""Sweep a widget as the page would: every control over its whole range, nonsense, buttons, at random.

A notebook runs a widget's default state alone, so a fault at another value passes unseen. A sweep finds it.
"""

import json
import math
import warnings

import numpy as np

from cnnlib.viz import Scene
from cnnlib.widgets.base import Button, Choice, Grid, LogSlider, TextField, Toggle
from cnnlib.widgets.base.packer import Packer

NONSENSE = ["", " ", "abc", "1e999", "--3", "½", b"1", None, [], {}, (1, 2)]
NONSENSE += [math.nan, math.inf, -1e300, 10**400]
BETWEEN = 6  # values tried between the ends of a slider
WRONG = 4  # kinds of nonsense tried on a control


def sweep(widget, seed=0, rounds=1):
    """Make every move of `moves`, `rounds` times, in random order; return the texts seen.

    After each move the widget must be sound; a value that its control takes must give no message, and any
    other a sentence, with the control's value unchanged.
    """
    rng, texts = np.random.default_rng(seed), []
    every = [move for _ in range(rounds) for move in moves(widget, rng)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for place in rng.permutation(len(every)):
            make(widget, *every[place])
            texts.append(widget.text)
    return texts


def moves(widget, rng):
    """A list of moves: ("state", name, value), ("press", name), and the words of the toolbar."""
    found = [("reset",), *([("step",), ("rewind",)] if widget.playable else [])]
    for control in widget.controls:
        if isinstance(control, Button):
            found.append(("press", control.name))
        else:
            wrong = [NONSENSE[i] for i in rng.permutation(len(NONSENSE))[:WRONG]]
            found += [("state", control.name, value) for value in [*values_of(control, rng), *wrong]]
    return found


def values_of(control, rng):
    """Values in a control's range: the ends and some between; all options; grids of both."""
    if isinstance(control, Choice):
        return list(control.options)
    if isinstance(control, Toggle):
        return [True, False]
    if isinstance(control, TextField):
        return ["0.50000", "0.3", "hello", "7", "A.b_c+d-e"]
    low, high = control.low, control.high
    if isinstance(control, Grid):
        numbers = (np.full(control.shape, low), np.full(control.shape, high), np.zeros(control.shape))
        between = rng.uniform(low, high, control.shape)
        return [np.clip(grid, low, high).tolist() for grid in (*numbers, between, between.round())]
    if isinstance(control, LogSlider):
        between = np.exp(rng.uniform(np.log(low), np.log(high), BETWEEN))
    else:
        between = rng.uniform(low, high, BETWEEN)
    values = [low, high, control.default, *np.clip(between, low, high).tolist()]
    return [round(value) if control.integer else value for value in values]


def make(widget, kind, name=None, value=None):
    """Make one move as the page would, and hold the widget to what it promises."""
    before, ranges, options = widget.state, widget.limits(widget.state), widget.options(widget.state)
    message = {"type": kind, "id": 1}
    if kind == "press":
        message["name"] = name
    elif kind == "state":
        message["values"] = {name: value}
    widget.live.receive(message)
    if widget.failure is not None:
        raise AssertionError(f"{kind} {name} {value!r} failed: {widget.failure!r}") from widget.failure
    assert_sound(widget)
    if kind == "state" and widget.message:
        assert widget.message.endswith("."), (name, value, widget.message)
        assert widget.state[name] == before[name], (name, value, widget.message)
        low, high = ranges.get(name, (-math.inf, math.inf))
        offered = value in options.get(name, (value,))
        assert not (offered and takes(widget._controls[name], value, low, high)), (
            name,
            value,
            widget.message,
        )


def takes(control, value, low, high):
    """Whether a control takes a value between the limits of the moment; texts and grids may lack one."""
    try:
        clean = control.clean(value)
    except ValueError:
        return False
    return not isinstance(control, TextField | Grid) and (
        not isinstance(clean, float | int) or low <= clean <= high
    )


def assert_sound(widget):
    """A scene that can be sent, a sentence without a broken number, finite axes, right facts and state."""
    assert widget.failure is None and isinstance(widget.scene, Scene)
    head, buffers = Packer().pack(widget.scene)
    json.dumps(head, allow_nan=False)
    assert all(isinstance(buffer, bytes) for buffer in buffers)
    text = widget.text
    assert text.endswith((".", ")", "?")) and 3 <= len(text.split()) and len(text) < 600, text
    assert "nan" not in text.lower().split() and "Traceback" not in widget.message, text
    for name, value in widget.facts.items():
        assert isinstance(value, float | int), (name, value)
    for panel in widget.scene.panels:
        assert np.isfinite([panel.x.low, panel.x.high, panel.y.low, panel.y.high]).all()
    for name, value in widget.state.items():
        assert widget._controls[name].clean(value) == value, (name, value)


def assert_refuses(widget, **values):
    """A wrong value is answered with a sentence and changes nothing."""
    before = widget.state
    widget.set_state(**values)
    assert widget.message.endswith(".") and widget.state == before and widget.failure is None
