"""The picture of a descent on one weight: the curve with its path, and the error after each step."""

from __future__ import annotations

import numpy as np

from cnnlib.experiments.error_curves import Curve, Wells
from cnnlib.runtime.language import say
from cnnlib.viz import Axis, Band, Cursor, Handle, Line, Note, Panel, Points, Reference, Text
from cnnlib.widgets.base.decades import decades, down_to, log_axis

LOW, HIGH = -3.0, 3.0
REACHES = (1.0, 2.0, 4.0)  # the curve is drawn so many times as wide, until the path is seen
ARC = np.linspace(0, 1, 13)  # places along the arc of a hop
HOPS = 40  # arcs drawn at most
FOOT = -0.1  # lower end of the axis of the error, as a share of its upper one
FLOOR, CEILING = 1e-4, 100.0  # errors drawn, on a log axis


def top_of(curve: Curve, reach: float = 1.0) -> float:
    """Upper end of the axis of the error."""
    return float(curve.error(np.linspace(reach * LOW, reach * HIGH, 400)).max()) * 1.12


def ticks_of(top: float) -> list[float]:
    """A few round heights, from zero on."""
    step = next(step for step in (0.5, 1, 2, 5, 10, 20, 50, 100, 500) if top / step <= 5 or step == 500)
    return list(np.arange(0, top, step))


def reach_of(path: np.ndarray) -> float:
    """How many times the usual range is drawn, so that a path that grows is seen to grow."""
    farthest = float(np.abs(path[np.abs(path) < 1e6]).max())
    return next((r for r in REACHES if farthest <= 1.1 * r * HIGH), REACHES[-1])


def arcs(w: np.ndarray, heights: np.ndarray, top: float, width: float) -> tuple[np.ndarray, np.ndarray]:
    """Hops from each place to the next as one broken line; the longer a hop, the higher its arc."""
    x, y = [], []
    for a, b, ea, eb in list(zip(w, w[1:], heights, heights[1:], strict=False))[:HOPS]:
        lift = min(0.12 * top, 0.3 * top * abs(b - a) / width)
        x += [*(a + (b - a) * ARC), np.nan]
        y += [*(ea + (eb - ea) * ARC + 4 * lift * ARC * (1 - ARC)), np.nan]
    return np.array(x), np.array(y)


def curve_panel(curve: Curve, path: np.ndarray, step: float | None) -> Panel:
    """The curve, the hops along it, and the start to be dragged; `step` is the first step's length."""
    reach = reach_of(path)
    w, top = np.linspace(reach * LOW, reach * HIGH, 400), top_of(curve, reach)
    seen = path[: int(np.argmax(~(np.abs(path) < 1e6))) or len(path)] if (np.abs(path) >= 1e6).any() else path
    seen = seen[np.isfinite(seen)]
    heights = curve.error(seen)
    best, start = curve.global_minimum(), float(curve.error(path[0]))
    marks = [
        Band(w, np.full(len(w), FOOT * top), curve.error(w), color="ink", alpha=0.07),
        Line(w, curve.error(w), color="ink", width=2.5),
        *floor_marks(curve, best, top),
        Line(*arcs(seen, heights, top, reach * (HIGH - LOW)), color="path", width=1.6),
        Points(seen, heights, color="path", size=3.6),
        *end_marks(seen, heights, top, reach * HIGH),
        *(first_step(path, heights, start, step, top) if step is not None else []),
        *([Note(path[0] + 0.12, start + 0.09 * top, "start: drag me")] if reach == 1 else []),
        Handle(path[0], start, sets={"x": "start"}, size=8),
    ]
    x, y = Axis(reach * LOW, reach * HIGH, "weight"), Axis(FOOT * top, top, ticks=ticks_of(top))
    return Panel(marks, x, y, title="Error", grid=False, name="curve")


def floor_marks(curve: Curve, best: float, top: float) -> list:
    """Words beneath the minima."""
    if isinstance(curve, Wells):
        minima, _ = curve.stationary()
        heights = curve.error(minima)
        names = [
            Text(w, e, n, bold=True, shift=(0, 16)) for w, e, n in zip(minima, heights, "ABC", strict=True)
        ]
        return [*names, Note(best + 0.35, curve.error(best) + 0.02 * top, "the lowest point", tag=True)]
    return [
        Line([best, best], [-0.025 * top, 0.025 * top], color="ink"),
        Text(best, 0, "the lowest point", shift=(0, 13)),
    ]


def end_marks(seen: np.ndarray, heights: np.ndarray, top: float, edge: float) -> list:
    """Where the path stands: a diamond, or a cross at the last place drawn before it left the picture."""
    inside = (np.abs(seen) <= edge) & (heights <= top)
    if inside[-1]:
        return [Points(seen[-1], heights[-1], color="path", shape="diamond", size=6.5, outline="paper")]
    if not inside.any():
        return []
    last = int(np.flatnonzero(inside)[-1])
    return [Points(seen[last], heights[last], color="bad", shape="cross", size=9)]


def first_step(path: np.ndarray, heights: np.ndarray, start: float, step: float, top: float) -> list:
    """The first step as a length beneath the curve, where there is room for it."""
    if len(path) < 2 or len(heights) < 2 or not 0.08 < abs(step) < 1.4 or abs(path[0]) < 1.2:
        return []
    if (path[0] < 0) != (path[1] < 0):
        return []
    a, b, low = float(path[0]), float(path[1]), 0.4 * start
    x, y = [a, a, b, b], [start, low, low, heights[1]]
    words = say("step = rate × slope = {step:.2g}", step=abs(step))
    marks = [Line(x, y, color="muted", width=1, dash="dotted")]
    if a < 0:
        marks.append(Note(min(a, b) - 0.42, low - 0.02 * top, words, width=110, needs=520, tag=True))
    return marks


def error_panel(errors: np.ndarray, now: int, goal: float, needed: float, note: str) -> Panel:
    """The error after each step so far, what is to come as a ghost, and the cursor that rewinds.

    It says with which step, `needed`, the error falls below the `goal`.
    """
    steps = np.arange(len(errors))
    drawn = down_to(np.where(errors < 1e12, errors, np.nan), FLOOR)
    marks = [
        Line(steps[now:], drawn[now:], color="path", width=2, alpha=0.35),
        Line(steps[: now + 1], drawn[: now + 1], color="path", width=2.5),
    ]
    marks[:0] = goal_marks(drawn, goal, needed)
    low, top = decades([*drawn, goal], FLOOR, CEILING)
    if note:
        falls = errors[-1] < errors[0] or errors[0] == 0
        right = now < 0.42 * len(errors) or not falls  # on the side of the cursor that the line leaves free
        place = (0.42, 0.7 * top if falls else 40 * low) if right else (0.03, 6 * low)
        marks.append(Note(len(errors) * place[0], place[1], note, width=165 if right else 120, needs=240))
    if now == 0:
        marks.append(Note(1, 10 * low, "Press Play: one dot, one step.", width=150))
    marks.append(Cursor(now, sets={"x": "steps"}, text=f"{now}"))
    x, (y, how) = Axis(0, len(errors) - 1, "step", whole=True), log_axis(low, top)
    return Panel(marks, x, y, title="Error after each step", subtitle=how, at=(0, 1), name="error")


def goal_marks(drawn: np.ndarray, goal: float, needed: float) -> list:
    """The level of the goal, and the step from which the error is below it, in words."""
    if not np.isfinite(needed):
        return [Reference(say("never below {goal}", goal=goal), y=goal, dash="dashed")]
    if needed >= len(drawn):
        words = say("below {goal} at step {needed:.0f}", goal=goal, needed=needed)
        return [Reference(words, y=goal, dash="dashed")]
    level = Reference(say("below {goal}", goal=goal), y=goal, dash="dashed")
    if needed == 0:
        return [level]
    words = say("step {needed:.0f}", needed=needed)
    return [
        level,
        Points(needed, drawn[int(needed)], color="path", size=4.5, outline="paper"),
        Text(needed, goal, words, align="left", bold=True, shift=(6, -12)),
    ]
