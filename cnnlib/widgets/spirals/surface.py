"""Beside the playground's network: one map at large with the points, its colours, the losses over time."""

from __future__ import annotations

from functools import cache
from itertools import chain

import numpy as np

from cnnlib.playground import DATASETS, REG_DATASETS, Config
from cnnlib.playground import Playground as Run
from cnnlib.runtime.language import marked, say, word
from cnnlib.viz import Axis, Cursor, Heatmap, Line, Panel, Points, Reference, Region, Text
from cnnlib.widgets.spirals.node_maps import MOST, PALE, READ, signs

FEW = 30  # wrong points up to which their rings are large
RINGS = {True: (6.2, 5.6, 2.8), False: (4.6, 4.2, 2.2)}  # of few and of many: radii of rim, ring and hole
SMALLEST, HUGE = 0.01, 1e4  # where the axis of the loss ends at the least; where it turns to powers of ten
ROUND = (1, 1.5, 2, 3, 4, 6, 8, 10, 15)  # its ends: a third of it is empty at most
NAMES = marked("training", "test")  # of the curves
BESIDE = 36  # pixels of width of the colours' scale
HIGH = 348  # pixels of height of the map with its title, and of the scale
TICKS = (-6, -3, 0, 3, 6)
SCALE = {"cmap": "diverging", "vmin": -PALE, "vmax": PALE}


def map_panel(run: Run, z: np.ndarray, state: dict, title: str, subtitle: str, at) -> Panel:
    """One node's map over the square, with the points; those on the wrong side are hollow."""
    marks = [
        Heatmap(
            signs(np.clip(z, -1, 1), state["discretize"]),
            (-6, 6, -6, 6),
            **SCALE,
            places=READ["places"],
            smooth=not state["discretize"],
        )
    ]
    drawn = points_of(run, state)
    for points, shape, size in drawn:
        marks += point_marks(points, run.config.problem, size, shape, "paper")
    marks += ring_marks([(wrong_points(run, points), shape) for points, shape, _ in drawn])
    axes = Axis(-6, 6, ticks=TICKS), Axis(-6, 6, visible=False)
    look = {"title": title, "subtitle": subtitle, "equal": True, "grid": False}
    return Panel(marks, *axes, at=at, group="map", name="map", **look)


def within(points: np.ndarray) -> np.ndarray:
    """Those of the points that lie in the square that is drawn."""
    return points[np.abs(points[:, :2]).max(axis=1, initial=0) <= 6]


def wrong_points(run: Run, points: np.ndarray) -> np.ndarray:
    """Those of the points that are on the wrong side; none before the first step, or of numbers."""
    if run.config.problem != "classification" or run.epoch == 0:
        return points[:0]
    return points[np.sign(run.predict(points[:, :2])) != points[:, 2]]


def points_of(run: Run, state: dict) -> list[tuple[np.ndarray, str, float]]:
    """The points that are drawn, with shape and size: those of training, and of the test if asked for."""
    drawn = [(within(run.train), "circle", 3.3)]
    return drawn + [(within(run.test), "square", 3.0)] * state["show_test_data"]


def key_of_rings(run: Run, state: dict) -> str:
    """What hollow points on the output's map are, where there are any; the sentence says how many."""
    hollow = any(len(wrong_points(run, points)) for points, *_ in points_of(run, state))
    return "hollow: on the wrong side" if hollow else "what it answers at each point"


def ring_marks(groups: list[tuple[np.ndarray, str]]) -> list[Points]:
    """Points as thick rings of their colour, with a hole of paper and a rim of ink: no other is hollow."""
    together = np.concatenate([points for points, _ in groups])
    if not len(together):
        return []
    rim, ring, hole = RINGS[len(together) <= FEW]
    wrong = [(points, shape) for points, shape in groups if len(points)]
    rims = [Points(*points[:, :2].T, size=rim, color="ink", shape=shape) for points, shape in wrong]
    holes = [Points(*points[:, :2].T, size=hole, color="paper", shape=shape) for points, shape in wrong]
    rings = (point_marks(points, "classification", ring, shape, "") for points, shape in wrong)
    return [*rims, *chain.from_iterable(rings), *holes]


def point_marks(
    points: np.ndarray, problem: str, size: float, shape: str, outline: str, most: float = 1.3
) -> list[Points]:
    """Points in the colour of their class, or of their number beside the largest; `most` has full colour."""
    look = {"size": size, "shape": shape, "outline": outline}
    if problem == "classification":
        parts = ((points[points[:, 2] * sign > 0], color) for sign, color in ((-1, "neg"), (1, "pos")))
        return [Points(part[:, 0], part[:, 1], color=color, **look) for part, color in parts]
    values = points[:, 2] / (np.abs(points[:, 2]).max(initial=0) or 1.0)
    return [
        Points(points[:, 0], points[:, 1], values=values, cmap="diverging", vmin=-most, vmax=most, **look)
    ]


@cache
def color_bar(at: tuple[int, ...]) -> Panel:
    """What the colours of maps, points and biases mean, upright beside the map and as high as it."""
    bar = 0, 10, -1, 1
    look = {"color": "muted", "size": 11, "align": "left"}
    marks = [
        Heatmap(np.linspace(-1, 1, 80)[:, None], bar, **SCALE, hover=False),
        Region(*bar, color="grid", filled=False, width=1),
        Text(14, 1, "+1", baseline="top", **look),
        Text(14, 0, "0", **look),
        Text(14, -1, "−1", baseline="bottom", **look),
    ]
    axes = Axis(0, BESIDE - 7, visible=False), Axis(-1, 1, visible=False)
    return Panel(marks, *axes, at=at, grid=False, group="map", name="ramp")


def loss_axis(table: np.ndarray) -> Axis:
    """From 0 to a round number just above the largest loss; powers of ten when a run diverges.

    >>> loss_axis(np.array([0.55, 0.31])).high, loss_axis(np.array([0.13])).high
    (0.6, 0.15)
    """
    finite = table[np.isfinite(table)]
    peak = finite.max(initial=0.0)
    if peak > HUGE:
        low, high = np.log10([finite[finite > 0].min(), peak])
        return Axis(10.0 ** np.floor(low), min(10.0 ** np.ceil(high), MOST), log=True)
    size = 10.0 ** np.floor(np.log10(max(peak, SMALLEST)))
    top = next(step * size for step in ROUND if step * size >= peak)
    top = float(f"{top:.2g}")
    return Axis(0, top, ticks=(top / 2, top))  # at 0 the handle would lie on the word


def thinned(table: np.ndarray, first: int, most: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Epochs and losses, at most `most` of them."""
    epochs = np.arange(first, first + len(table))
    if len(table) > most:
        keep = np.unique(np.linspace(0, len(table) - 1, most).round().astype(int))
        return epochs[keep], table[keep]
    return epochs, table


def timeline(losses: list, epoch: int, goal: float | None) -> Panel:
    """Training and test loss against the epoch, the way back as a cursor, the future as a ghost.

    Where a challenge asks for a test loss, that is the `goal`: a line across. Before the first epoch there is
    no way back: quiet ground with a sentence stands where the curves will be.
    """
    table = np.array(losses, dtype=float).reshape(-1, 2)
    y = loss_axis(table)
    drawn = np.where(table <= y.high, table, np.nan)
    end = 50
    while end < len(losses) - 1:
        end *= 2
    past, lived = thinned(drawn[: epoch + 1], 0)
    coming, future = thinned(drawn[epoch:], epoch)
    axes = Axis(0, end, whole=True), y
    asked = [Reference(say("goal {loss:g}", loss=goal), y=goal)] if goal and y.low < goal < y.high else []
    if len(losses) == 1:
        words = Text([end / 2], [y.high / 2], "Press Play: both losses are drawn here.", color="muted")
        return Panel(
            [Region(color="panel", alpha=1.0), *asked, words], *axes, title="Loss", grid=False, name="time"
        )
    marks = [
        *asked,
        Line(coming, future[:, 0], color="muted", dash="dashed", width=1.5, alpha=0.3),
        Line(coming, future[:, 1], color="ink", alpha=0.3),
        Line(past, lived[:, 0], color="muted", dash="dashed", width=2.0, label=word(NAMES[0])),
        Line(past, lived[:, 1], color="ink", width=2.5, label=word(NAMES[1])),
        Points(past[-1:], lived[-1:, 0], color="muted", size=3.5),
        Points(past[-1:], lived[-1:, 1], color="ink", size=4),
        Cursor(epoch, sets={"x": "epoch"}, text=f"{epoch:,}"),
    ]
    return Panel(marks, *axes, title="Loss", subtitle="drag to rewind", legend="ends", name="time")


@cache
def data_pictures() -> dict[str, tuple[Panel, ...]]:
    """What the data sets look like."""
    square = Axis(-6, 6, visible=False)

    def picture(**choice: str) -> Panel:
        run = Run(Config(seed="0.5", **choice))
        marks = point_marks(run.train[:140], run.config.problem, 2.0, "circle", "", most=1.0)
        return Panel(marks, square, square, equal=True, grid=False)

    return {
        "dataset": tuple(picture(dataset=name) for name in DATASETS),
        "reg_dataset": tuple(picture(problem="regression", reg_dataset=name) for name in REG_DATASETS),
    }
