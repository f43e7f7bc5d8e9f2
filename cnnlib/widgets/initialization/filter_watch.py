"""First weights that are all alike, zero or random, and what training makes of the filters."""

from __future__ import annotations

import numpy as np

from cnnlib.experiments.signals import distinct_filters
from cnnlib.experiments.starting_networks import STARTS, starting_network, study_images
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.nn.training import evaluate, train
from cnnlib.runtime.language import say, say_many
from cnnlib.viz import (
    Axis,
    Figure,
    Heatmap,
    Line,
    Narrow,
    Note,
    Panel,
    Points,
    Reference,
    Scene,
    Text,
    mosaic,
)
from cnnlib.widgets.base import Choice, LogSlider, Widget
from cnnlib.widgets.base.decades import LOG_AXIS, loss_axis

ACROSS = 4  # filters in a row
WORDS = ("identical", "zero", "random (He)", "identical, last layer random")
SLOTS = {"bar": ("start",), "more": ("rate",)}
NARROW = Narrow(("218px", "218px", "230px"), (1,), 666, {"filters": (0, 0), "random": (1, 0), "loss": (2, 0)})


class FilterWatch(Widget):
    """The eight first filters of the small CNN while it trains, from four kinds of first weights.

    Facts: ``distinct`` (different filters among the eight), ``distinct_second`` (among the sixteen),
    ``loss``, ``accuracy`` (validation images), ``steps``. With ``trained=True`` the training is run before
    the widget appears.

    >>> FilterWatch().text  # of ten equal scores rounding picks one  # doctest: +ELLIPSIS
    'Before the first step the 8 filters are of 1 kind; ... % of the validation images are right, loss 2.30.'
    """

    title = "Do the filters become different?"
    slots = SLOTS
    speed = "100 steps a second"  # as fast as it goes is over before it is seen
    controls = (
        Choice("start", STARTS, label="First weights", picker="segments", words=WORDS),
        LogSlider("rate", 1e-3, 0.1, 0.01, label="Learning rate"),
    )
    restarts = ("start", "rate")
    epochs = 8

    def __init__(self, *, trained=False, **options):
        super().__init__(**options)
        if trained:
            self.advance(self.epochs * 45)

    def begin(self):
        self.model, self.curve, self.spread = starting_network(self.state["start"]), [], []

    def train(self):
        """One ``yield`` a step."""
        digits, optimizer = study_images(np.float64), SGD(self.state["rate"], momentum=0.9)
        x, y = digits.x_train, digits.y_train
        run = train(self.model, CrossEntropyLoss(), optimizer, x, y, epochs=self.epochs, rng=0)
        for record in run:
            self.curve.append(record.loss)
            yield

    def compute(self, state):
        digits, weights = study_images(np.float64), self.model[0].params["weight"]
        result = evaluate(self.model, CrossEntropyLoss(), digits.x_test, digits.y_test)
        facts = {
            "distinct": distinct_filters(weights),
            "loss": result.loss,
            "accuracy": result.accuracy,
            "distinct_second": distinct_filters(self.model[3].params["weight"]),
            "steps": len(self.curve),
        }
        figures = [
            Figure("Kinds of filters", str(facts["distinct"]), "among 8", large=True),
            Figure("Digits read", f"{100 * facts['accuracy']:.1f}", "%", large=True),
        ]
        return Scene(
            [*filter_panels(weights[:, 0], state["start"]), self.loss_panel(facts["loss"])],
            self.sentence(facts),
            facts,
            columns=(1, 1, 1),
            height=232,
            figures=figures,
            narrow=NARROW,
        )

    def loss_panel(self, loss: float) -> Panel:
        """The loss of each batch; before the first step that of the validation images, as a dot."""
        last = self.epochs * 45
        losses = np.clip(self.curve, 0.00101, 99)
        marks = [
            Reference("2.30 = guessing", y=np.log(10), at="end"),
            Line(np.arange(1, len(losses) + 1), losses, color="ink", width=1.5),
        ]
        if not self.curve:
            marks.append(Points(0, loss, color="ink", outline="paper", size=5))
            marks.append(Note(0.06 * last, 0.8, "Press Play: the loss begins here.", (2, 0.95 * loss), 240))
        axes = Axis(0, last, "step", whole=True), loss_axis(losses)
        look = {"subtitle": LOG_AXIS[1], "at": (0, 2), "name": "loss"}
        return Panel(marks, *axes, title="Loss of each batch", **look)

    def sentence(self, facts):
        when = (
            say_many("After {number} step", "After {number} steps", facts["steps"])
            if facts["steps"]
            else "Before the first step"
        )
        return say_many(
            "{when} the 8 filters are of {number} kind; {accuracy:.1f} % of the validation "
            "images are right, loss {loss:.2f}.",
            "{when} the 8 filters are of {number} kinds; {accuracy:.1f} % of the validation "
            "images are right, loss {loss:.2f}.",
            facts["distinct"],
            when=when,
            accuracy=100 * facts["accuracy"],
            loss=facts["loss"],
        )


def filter_panels(filters: np.ndarray, start: str) -> list[Panel]:
    """The eight first filters, and beside them eight random ones, all on one scale."""
    drawn = starting_network(STARTS[2])[0].params["weight"][:, 0]
    reach = max(float(np.abs(drawn).max()), float(np.abs(filters).max()))
    title = "Before the first step" if start == STARTS[2] else "To compare with: random"
    words = "blue plus, orange minus"
    if np.ptp(filters) == 0:
        words = say("every weight is {weight:.2g}", weight=filters.flat[0])
    look = {"title": title, "at": (0, 1), "name": "random"}
    return [
        grid_panel(filters, reach, title="First filters", subtitle=words, name="filters"),
        grid_panel(drawn, reach, **look),
    ]


def grid_panel(filters: np.ndarray, reach: float, **look) -> Panel:
    """Numbered filters as grids of their weights, each cell with a thin border; "=" between equal ones."""
    count, high, wide = filters.shape
    names = tuple(say("filter {i}", i=i) for i in range(count))
    table = mosaic(filters, ACROSS)
    marks = [
        Heatmap(
            table, cmap="diverging", vmin=-reach, vmax=reach, tile=(high, wide, 1), tile_names=names,
            means="weight",
        ),
    ]  # fmt: skip
    row, column = np.divmod(np.arange(count), ACROSS)
    left, top = column * (wide + 1) - 0.5, row * (high + 1) - 0.5
    for i in range(wide + 1):
        marks.append(borders(left + i, left + i, top, top + high))
    for i in range(high + 1):
        marks.append(borders(left, left + wide, top + i, top + i))
    words = [str(i) for i in range(count)]  # in the gap beneath each row
    marks.append(Text(left + wide / 2, top + high + 0.5, words, color="muted", size=11))
    for i in np.flatnonzero(column[1:] > column[:-1]):
        if distinct_filters(filters[i : i + 2, None]) == 1:
            marks.append(Text(left[i] + wide + 0.5, top[i] + high / 2, "=", bold=True, size=14))
    x = Axis(-0.5, table.shape[1] + 0.7, visible=False)  # as far from the next panel as to be seen apart
    y = Axis(table.shape[0] + 0.5, -0.5, visible=False)
    return Panel(marks, x, y, equal=True, grid=False, **look)


def borders(x0: np.ndarray, x1: np.ndarray, y0: np.ndarray, y1: np.ndarray) -> Line:
    """Thin lines from (x0, y0) to (x1, y1), one for each filter."""
    gaps = np.full(len(x0), np.nan)
    x, y = (np.stack([start, end, gaps], axis=1).ravel() for start, end in ((x0, x1), (y0, y1)))
    return Line(x, y, color="muted", width=1, alpha=0.35)
