"""Descent on an error surface of two weights, drawn on a map of the error."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from cnnlib.experiments.error_curves import METHODS, descend
from cnnlib.experiments.error_surfaces import Bowl, Ripples, Rosenbrock, Saddle, Surface
from cnnlib.viz import Arrows, Axis, Handle, Heatmap, Line, Panel, Points, Scene
from cnnlib.widgets.base import Choice, LogSlider, Slider, Widget

SURFACES = ("bowl", "Rosenbrock's valley", "saddle", "ripples")
COLORS = dict(zip(METHODS, ("blue", "orange", "green", "vermilion", "purple"), strict=True))
SHAPES = dict(zip(METHODS, ("circle", "square", "triangle", "diamond", "cross"), strict=True))
DASHES = dict(zip(METHODS, ("solid", "dashed", "dotted", "solid", "dashed"), strict=True))
_FLOOR = 1e-10  # errors are drawn on a log axis down to here
_FAR = 1e3  # a weight beyond this has left for good


@lru_cache(maxsize=64)
def surface_of(name: str, condition: float, angle: float) -> Surface:
    """The surface of a state."""
    if name == SURFACES[0]:
        return Bowl(condition, 1.0, angle)
    return {SURFACES[1]: Rosenbrock, SURFACES[2]: Saddle, SURFACES[3]: Ripples}[name]()


@lru_cache(maxsize=64)
def map_marks(surface: Surface) -> tuple:
    """The surface as bands of the root of its error, which keeps valleys visible, and contour lines."""
    from contourpy import LineType, contour_generator  # loaded here: in a browser it takes a moment

    x, y, z = surface.grid(101)
    shade = np.sqrt(z - z.min())
    levels = np.linspace(0, shade.max(), 14)
    generator = contour_generator(x, y, shade, line_type=LineType.ChunkCombinedNan)
    lines = [generator.lines(level)[0][0] for level in levels[1:-1]]
    points = [part for line in lines if line is not None for part in (line, [[np.nan, np.nan]])]
    half = (x[1] - x[0]) / 2, (y[1] - y[0]) / 2
    extent = (x[0] - half[0], x[-1] + half[0], y[0] - half[1], y[-1] + half[1])
    outline = np.concatenate(points).T
    return (
        Heatmap(levels[np.digitize(shade, levels[1:-1])], extent, cmap="cividis", alpha=0.55, hover=False),
        Line(outline[0], outline[1], color="muted", width=0.8),
        Points(*surface.minima.T, color="green", shape="cross", size=7, label="minimum"),
    )


def map_axes(surface: Surface) -> tuple[Axis, Axis]:
    low, high = surface.low, surface.high
    return Axis(low[0], high[0], "weight 1"), Axis(low[1], high[1], "weight 2")


def visible(path: np.ndarray) -> np.ndarray:
    """The path up to where it has left the map for good."""
    gone = ~(np.abs(path) < _FAR).all(axis=1)
    return path[: int(np.argmax(gone))] if gone.any() else path


def excess(surface: Surface, path: np.ndarray) -> np.ndarray:
    """Error above the smallest, along a path; inf where it overflowed."""
    with np.errstate(over="ignore", invalid="ignore"):
        errors = surface.error(path) - float(surface.error(surface.minima[0]))
    return np.where(np.isfinite(errors), np.maximum(errors, 0), np.inf)


def error_panel(curves, steps: int, at=(0, 1)) -> Panel:
    """Error against steps; `curves` are (errors, color, dash, label)."""
    marks = []
    for errors, color, dash, label in curves:
        drawn = np.where(np.isfinite(errors), np.clip(errors, _FLOOR, None), np.nan)
        marks.append(Line(np.arange(len(errors)), drawn, color=color, dash=dash, label=label))
    x = Axis(0, max(10, steps), "step", whole=True)
    y = Axis(_FLOOR, 100, "error above the minimum", log=True)
    legend = "lower left" if len(marks) > 1 else ""
    return Panel(marks, x, y, title="Error at each step", at=at, legend=legend)


class ContourExplorer(Widget):
    """A map of an error of two weights, a start that can be dragged, the path, and the steepest way down.

    Facts: ``error`` (above the smallest), ``weight_1``, ``weight_2``, ``steps``, ``rate``, ``condition``
    and ``limit`` (2 / largest curvature) at the nearest minimum, ``aside`` (degrees between the steepest
    way down and the way to the minimum, at the start), ``slope`` (length of the gradient), ``diverged``.

    >>> ContourExplorer(condition=1, rate=1, steps=1).text[:47]
    'After 1 step the error is 0 at (0.000, 0.000). '
    """

    title = "Gradient descent on two weights"
    controls = (
        Choice("surface", SURFACES, label="Error surface"),
        LogSlider("condition", 1, 100, 10, label="Condition number", help="of the bowl"),
        Slider("angle", 0, 90, 30, step=1, label="Angle", unit="degrees", help="of the bowl"),
        Slider("start_1", -3, 3, -2.5, step=0.01, label="Start, weight 1"),
        Slider("start_2", -3, 3, 2.0, step=0.01, label="Start, weight 2"),
        LogSlider("rate", 1e-3, 10, 1.0, label="Learning rate"),
        Slider("steps", 0, 200, 20, integer=True, label="Steps"),
        Choice("optimizer", METHODS, label="Optimizer"),
    )
    advances = "steps"

    def limits(self, state):
        surface = surface_of(state["surface"], 1.0, 0.0)
        return {f"start_{i + 1}": (float(surface.low[i]), float(surface.high[i])) for i in range(2)}

    def compute(self, state):
        surface = surface_of(state["surface"], state["condition"], state["angle"])
        start = np.array([state["start_1"], state["start_2"]])
        path = descend(surface, start, state["rate"], state["steps"], state["optimizer"])
        facts = self.facts_of(surface, path, state)
        curve = (excess(surface, path), "orange", "solid", "")
        panels = [self.map_panel(surface, path, state), error_panel([curve], state["steps"])]
        return Scene(panels, self.sentence(state, facts), facts, columns=(1, 1), height=400)

    def facts_of(self, surface, path, state):
        start, end = path[0], path[-1]
        goal = surface.minima[np.argmin(((surface.minima - start) ** 2).sum(1))]
        curvatures = surface.curvatures(goal)
        errors = excess(surface, path)
        return {
            "error": float(errors[-1]),
            "weight_1": float(end[0]),
            "weight_2": float(end[1]),
            "steps": state["steps"],
            "rate": state["rate"],
            "condition": float(curvatures[1] / curvatures[0]),
            "limit": float(2 / curvatures[1]),
            "aside": degrees(-surface.gradient(start), goal - start),
            "slope": float(np.linalg.norm(surface.gradient(start))),
            "diverged": int(not (np.abs(end) < _FAR).all()),
        }

    def map_panel(self, surface, path, state):
        seen = visible(path)
        way = -surface.gradient(path[0])
        length = np.linalg.norm(way)
        way = way / length if length > 1e-9 else way * 0
        marks = [
            *map_marks(surface),
            Line(seen[:, 0], seen[:, 1], color="vermilion", width=1.4),
            Points(seen[:, 0], seen[:, 1], color="orange", size=3, outline="ink", label="steps"),
            Arrows([path[0, 0]], [path[0, 1]], [way[0]], [way[1]], color="ink", label="steepest way down"),
            Handle(path[0, 0], path[0, 1], sets={"x": "start_1", "y": "start_2"}, label="start (drag it)"),
        ]
        return Panel(marks, *map_axes(surface), title="Map of the error", equal=True, legend="lower left")

    def sentence(self, state, facts):
        steps = f"After {state['steps']} step{'s' if state['steps'] != 1 else ''}"
        if facts["diverged"]:
            return f"{steps} the path has left the map: the error grows without bound. It diverges."
        aside = facts["aside"]
        if facts["slope"] < 1e-9:
            way = "At the start the gradient is zero: there is no way down to follow"
        elif aside < 0.5:
            way = "At the start the steepest way down points straight at the minimum"
        else:
            way = f"At the start the steepest way down points {aside:.0f} degrees past the minimum"
        place = f"({facts['weight_1']:.3f}, {facts['weight_2']:.3f})".replace("-0.000", "0.000")
        return f"{steps} the error is {facts['error']:.3g} at {place}. {way}."


def degrees(a: np.ndarray, b: np.ndarray) -> float:
    """Angle between two directions, in degrees; 0 if one has no length.

    >>> round(degrees(np.array([1.0, 0.0]), np.array([1.0, 1.0])))
    45
    """
    lengths = np.linalg.norm(a) * np.linalg.norm(b)
    return float(np.degrees(np.arccos(np.clip(a @ b / lengths, -1, 1)))) if lengths > 1e-12 else 0.0
