"""What moves at the head of each page, before anything has to be read: a short recorded run of a widget.

A cover shows what its notebook is about and answers none of its predictions. Its controls are left out: the
same widget, with all of them, stands further down or in a neighbouring notebook.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cnnlib import load_digits, load_mnist_sample, widgets
from cnnlib.widgets.learning_rate.schedule_runs import RUNS
from tools.site.live.record import GREYS, Recording

PLACE = (
    '<div class="cnn-cover" style="--cnn-wide: {}px; --cnn-narrow: {}px"><div data-recorded="{}"></div></div>'
)
FRONT = "00_start_here", "front-0.bin"  # the first notebook begins with the front page's run


@dataclass(frozen=True)
class Cover:
    """A widget, what it goes through (states, or steps to take), and the pixels kept free for it.

    `wide` and `narrow` are the heights of its view on a page of 1300 pixels and on a phone of 390.
    """

    make: Callable
    states: list[dict | int]
    wide: int
    narrow: int
    speed: str = "5 steps a second"


def sweep(name: str, values) -> list[dict]:
    """States in which one control takes one value after the other.

    >>> sweep("rate", [0.1, 0.2])
    [{'rate': 0.1}, {'rate': 0.2}]
    """
    return [{name: value} for value in values]


def grid(rows: int, columns: int) -> list[dict]:
    """States in which a place goes through rows and columns."""
    return [{"row": row, "column": column} for row in range(rows) for column in range(columns)]


def ways(name: str, low: float, high: float, count: int) -> list[dict]:
    """A control that goes to and fro in even steps."""
    there = np.linspace(low, high, count).round(6).tolist()
    return sweep(name, [*there, *there[-2:0:-1]])


COVERS = {
    "01_forward_pass": Cover(widgets.KernelSlices, grid(3, 3), 640, 1070),
    "02_loss": Cover(lambda: widgets.ImageGallery(load_digits()), sweep("page", range(1, 9)), 618, 860),
    "03_backpropagation": Cover(
        lambda: widgets.ChainRule(x=-1.5, w=2.0, b=1.0, t=-0.5), sweep("step", range(9)), 605, 788
    ),
    "04_convolution_backward": Cover(widgets.PixelInWindows, grid(3, 3), 426, 993),
    "05_gradient_descent": Cover(
        lambda: widgets.DescentExplorer(rate=0.25, start=-2.6), sweep("steps", range(16)), 567, 925
    ),
    "06_learning_rate": Cover(
        lambda: widgets.ScheduleExplorer(rate=0.3, schedule="constant"),
        sweep("schedule", RUNS),
        683,
        930,
        "1 step a second",
    ),
    "07_minima": Cover(lambda: widgets.BasinMap(start=-2.8), sweep("steps", range(0, 40, 2)), 681, 863),
    "08_initialization": Cover(widgets.InitExplorer, sweep("depth", range(2, 11)), 630, 1219),
    "09_how_deep": Cover(
        lambda: widgets.NormalizationSteps(x0=4.0, x1=-2.0, x2=1.0, x3=-5.0),
        sweep("step", range(8)),
        699,
        1064,
    ),
    "10_spirals": Cover(
        lambda: widgets.Playground(dataset="xor", seed="0.61000", show=()),
        [8] * 8,
        700,
        1258,
        "1 step a second",
    ),
    "11_train_a_cnn": Cover(
        lambda: widgets.ImageGallery(load_mnist_sample()), sweep("page", range(1, 9)), 618, 860
    ),
    "12_generalization": Cover(widgets.AugmentationExplorer, ways("rotate", 0, 40, 9), 603, 824),
    "13_where_next": Cover(lambda: widgets.ChainRule(graph="used twice"), sweep("step", range(8)), 605, 788),
}


def without_controls(spec: dict) -> dict:
    """Return a view's description with nothing to set; its plot of time stays where it stood.

    >>> without_controls({"title": "Run", "slots": {"bar": ("rate",), "output": ("time", "rate")}})["slots"]
    {'output': ('time',)}
    """
    slots = {slot: ("time",) for slot, names in spec["slots"].items() if "time" in names}
    return spec | {"controls": [], "slots": slots, "playable": True, "challenge": ""}


def record(cover: Cover) -> bytes:
    """Record a cover: a frame for each of its states."""
    widget = cover.make()
    recording = Recording(widget, GREYS)
    recording.spec = without_controls(recording.spec)
    frames = []
    for state in cover.states:
        if isinstance(state, int):
            widget.advance(state)
        else:
            widget.set_state(**state)
        frames.append(recording.frame())
    return recording.file(run=frames, speed=cover.speed)


def place_of(notebook: str) -> str:
    """Return the place of a notebook's cover on its page, empty for one that has none.

    >>> place_of("review")
    ''
    """
    if notebook == FRONT[0]:
        return PLACE.format(730, 1340, FRONT[1])
    cover = COVERS.get(notebook)
    return PLACE.format(cover.wide, cover.narrow, f"{notebook}-cover.bin") if cover else ""
