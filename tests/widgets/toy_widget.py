"""A small widget with one control of each kind, and a page that keeps what it is sent: for tests."""

import json

import numpy as np

from cnnlib.data import load_digits
from cnnlib.networks import small_cnn
from cnnlib.viz import Axis, Heatmap, Line, Panel, Scene
from cnnlib.widgets import TrainingView
from cnnlib.widgets.base import Button, Choice, Grid, LogSlider, Slider, Toggle, Widget


class Toy(Widget):
    """One of each control; a plain picture."""

    title = "A toy"
    controls = (
        Slider("start", -2, 2, 0, label="Start"),
        LogSlider("rate", 1e-4, 10, 0.1, label="Rate"),
        Slider("steps", 0, 20, 5, integer=True),
        Choice("rule", ("SGD", "Adam")),
        Toggle("grid"),
        Grid("kernel", ((0.0, 1.0), (2.0, 3.0)), -9, 9),
        Button("shuffle"),
    )
    advances = "steps"

    def compute(self, state):
        w = np.linspace(-2, 2, 50)
        line = Line(w, state["rate"] * (w - state["start"]) ** 2)
        heat = Heatmap(np.array(state["kernel"]))
        axis = Axis(-2, 2, "w")
        text = f"After {state['steps']} steps with rate {state['rate']:g}."
        return Scene([Panel([line, heat], axis, axis)], text, {"steps": state["steps"]})

    def press(self, name):
        return {"start": 1.5}


class FakePage:
    """Stands where the page's model stands, and keeps what is sent."""

    def __init__(self):
        self.frames = []

    def send(self, message, buffers):
        json.dumps(message, allow_nan=False)
        self.frames.append((message, buffers))

    def close(self):
        self.closed = True


def shown(widget):
    widget.live.page = FakePage()
    return widget


def small_view(split=None, **options):
    """A training view of the small network on the 8x8 digits: 45 steps an epoch."""
    return TrainingView(load_digits() if split is None else split, make_model=small_cnn, **options)
