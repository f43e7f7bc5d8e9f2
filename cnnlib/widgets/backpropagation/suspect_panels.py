"""The panels of the broken backward passes: suspects, gradients, the check of each part, training."""

from __future__ import annotations

import numpy as np

from cnnlib.runtime.language import marked
from cnnlib.viz import Axis, Bars, Heatmap, Line, Note, Panel, Points, Reference, Region, Text

LETTERS = {
    "A": "= in place of +=",
    "B": "window read from its end",
    "C": "half turn left out",
    "D": "divided by the batch twice",
    "E": "padding cut one pixel late",
}
NAMES = {fault: fault for fault in LETTERS.values()} | {LETTERS["A"]: "“=” in place of “+=”"}  # as shown
MAPS = ("suspect", "measured", "difference")
TITLES = ("The suspect's gradient", "− the measured one", "= the difference")
SAME = 1e-6  # a difference that is none
MEANS = marked("the suspect's gradient", "the measured one", "the difference")  # of a number, not of the row
FAULTS_FROM, LOWEST = 4.72, 6.9  # rows, of a suspect's height, where the list of faults begins and ends
LEFT, LISTS = 0.062, 0.15  # where the letters stand, and the lists beside them
FLOOR, GOOD = 1e-12, 1e-6  # smallest relative error drawn, largest that passes


def suspects_panel(state: dict) -> Panel:
    """The five letters, a list beside each; beneath, the faults and who is said to have them."""
    rows = np.arange(len(LETTERS), dtype=float)
    chosen = rows[[letter == state["suspect"] for letter in LETTERS]]
    x = np.full(len(rows), LEFT)
    marks = [
        Points(np.full(len(chosen), LEFT), chosen, color="you", size=18),
        Points(x, rows, color="panel", outline="muted", size=15, emits="suspects"),
        Text(x, rows, list(LETTERS), bold=True, size=14),
        Text([0], [FAULTS_FROM], "The five faults", bold=True, size=13, align="left"),
    ]
    for row, fault in enumerate(sorted(LETTERS.values())):
        y = FAULTS_FROM + 0.36 * (row + 1)
        who = ", ".join(letter for letter in LETTERS if state[letter] == fault)
        marks.append(Text([0], [y], NAMES[fault], color="muted" if who else "ink", align="left"))
        if who:
            marks.append(Text([0.9], [y], who, bold=True, color="you", align="right"))
    axes = Axis(0, 1, visible=False), Axis(LOWEST, -0.5, visible=False)
    words = "compare maps, name the fault"
    return Panel(marks, *axes, title="Suspects", subtitle=words, at=(0, 0, 2, 1), grid=False, name="suspects")


def maps(claimed: np.ndarray, measured: np.ndarray) -> list[Panel]:
    """The computed gradient, the measured one, and the difference of what is printed, on one colour scale."""
    while claimed.ndim > 2:  # the first image, the first channel
        claimed, measured = claimed[0], measured[0]
    claimed, measured = np.atleast_2d(claimed), np.atleast_2d(measured)
    shape = claimed.shape
    reach = float(max(np.abs(claimed).max(), np.abs(measured).max())) or 1.0
    panels = []
    for column, (name, title, means, values) in enumerate(
        zip(MAPS, TITLES, MEANS, (claimed, measured, claimed - measured), strict=True), 1
    ):
        values = values.round(9) + 0.0  # no negative zeros among the numbers shown
        look = {"cmap": "diverging", "vmin": -reach, "vmax": reach}
        heat = [Heatmap(values, means=means, **look)]
        if reach > 0.5 and shape[1] < 8:
            printed = claimed.round(1) - measured.round(1) if name == "difference" else values.round(1)
            printed = np.where(np.abs(values) < SAME, 0.0, printed.round(1)) + 0.0
            heat.append(Heatmap(printed, numbers=".1f", hover=False, **look))
        frame = Region(-0.5, shape[1] - 0.5, -0.5, shape[0] - 0.5, color="grid", filled=False, width=1)
        x, y = Axis(-0.5, shape[1] - 0.5, visible=False), Axis(shape[0] - 0.5, -0.5, visible=False)
        panels.append(
            Panel(
                [*heat, frame],
                x,
                y,
                title=title,
                at=(0, 2 * column - 1, 1, 2),
                equal=True,
                grid=False,
                name=name,
            )
        )
    return panels


def errors_panel(errors: dict, part: str) -> Panel:
    """The relative error of every part as a bar on a log axis, drawn by its power of ten."""
    powers = np.log10(np.clip(list(errors.values()), FLOOR, 10)) - np.log10(FLOOR)
    chosen, rows = list(errors).index(part), np.arange(len(powers))
    fails = powers > np.log10(GOOD / FLOOR)
    ticks = np.arange(0, 14, 4)
    marks = [
        Region(0, 14, chosen - 0.5, chosen + 0.5, color="you-soft", alpha=1),
        Bars(rows[~fails], powers[~fails], horizontal=True, color="muted", width=0.5),
        Bars(rows[fails], powers[fails], horizontal=True, color="ink", width=0.7),
        Reference("limit 1e-6", x=6, dash="dashed"),
        Heatmap(
            [[0.0]] * len(rows),
            (0, 14, -0.5, len(rows) - 0.5),
            "diverging",
            alpha=0,
            emits="errors",
            hover=False,
        ),
    ]
    x = Axis(0, 14, "relative error", ticks=ticks, names=[f"1e{t - 12}" for t in ticks])
    y = Axis(len(powers) - 0.4, -1.1, ticks=rows, names=list(errors))
    return Panel(
        marks,
        x,
        y,
        title="Gradient check",
        subtitle="past the line: wrong; click a bar",
        at=(1, 1, 1, 3),
        name="errors",
    )


def learning_panel(curve: np.ndarray, sound: np.ndarray) -> Panel:
    """Both learning curves; one that leaves the picture says so."""
    steps = np.arange(1, len(curve) + 1)
    smoothed = smooth(curve)
    drawn = np.where(smoothed <= 3.5, smoothed, np.nan)
    marks = [
        Line(steps, smooth(sound), color="muted", dash="dashed", label="correct"),
        Line(steps, drawn, color="ink", label="suspect"),
        Reference("2.30 = guessing", y=np.log(10)),
    ]
    if not np.isfinite(drawn[-1]):
        last = int(np.flatnonzero(np.isfinite(drawn))[-1]) if np.isfinite(drawn).any() else 0
        marks.append(Note(40, 3.3, "It leaves the picture.", (last + 1, 3.4), 180))
    axes = Axis(0, len(curve), "step", whole=True), Axis(0, 3.5)
    title, words = "Training", "loss, mean of ten steps; dashed: correct"
    return Panel(marks, *axes, title=title, subtitle=words, at=(1, 4, 1, 3), legend="ends", name="learning")


def smooth(losses: np.ndarray) -> np.ndarray:
    """Mean of the last ten steps, fewer at the start."""
    sums = np.cumsum(losses)
    sums[10:] -= sums[:-10].copy()
    return sums / np.minimum(np.arange(1, len(losses) + 1), 10)
