"""The panels of the broken backward passes: suspects, gradients, the check of each part, training."""

from __future__ import annotations

import numpy as np

from cnnlib.runtime.language import marked, say, word
from cnnlib.viz import Axis, Bars, Heatmap, Line, Note, Panel, Points, Reference, Region, Text

LETTERS = {
    "A": "= in place of +=",
    "B": "window read from its end",
    "C": "half turn left out",
    "D": "divided by the batch twice",
    "E": "padding cut one pixel late",
}
NAMES = {fault: fault for fault in LETTERS.values()} | {LETTERS["A"]: "“=” in place of “+=”"}  # as shown
NOT_YET = "not named yet"
marked(NOT_YET)
MAPS = ("suspect", "measured", "difference")
SAME = 1e-6  # a difference that is none
MEANS = marked("the suspect's gradient", "the measured one", "the difference")  # of a number, not of the row
LEFT, WIDE = 0.05, 1.0  # where the letters stand in the list, whose width is one
CHECK, NAMING, VERDICTS, TRAINING = (0, 0), (1, 0, 1, 5), (2, 0), (2, 3, 1, 2)
PLACES = (0, 1, 1, 2), (0, 3), (0, 4)  # of the three matrices
FLOOR, GOOD = 1e-12, 1e-6  # smallest relative error drawn, largest that passes


def naming_panel(suspect: str) -> Panel:
    """The place of the five faults to choose from; of what is no suspect, why there is nothing to name."""
    marks = []
    if suspect not in LETTERS:
        marks.append(Text([0], [0], "Nothing to name here: choose a suspect from A to E.", align="left"))
    words = say("of suspect {letter}", letter=suspect) if suspect in LETTERS else ""
    axes = Axis(0, 1, visible=False), Axis(1, -1, visible=False)
    return Panel(
        marks, *axes, title="3 · Name the fault", subtitle=words, at=NAMING, grid=False, name="naming"
    )


def verdicts_panel(state: dict) -> Panel:
    """The five letters, and beside each the fault that it is said to have."""
    rows = np.arange(len(LETTERS), dtype=float)
    x = np.full(len(rows), LEFT)
    given = [state[letter] in NAMES for letter in LETTERS]
    chosen = rows[[letter == state["suspect"] for letter in LETTERS]]
    marks = [
        *(Region(0, WIDE, row - 0.5, row + 0.5, color="you-soft", alpha=1) for row in chosen),
        Points(x, rows, color="panel", outline="muted", size=9, emits="suspects"),
        Text(x, rows, list(LETTERS), bold=True),
    ]
    for row, letter in enumerate(LETTERS):
        fault = NAMES[state[letter]] if given[row] else NOT_YET
        color = "ink" if given[row] else "muted"
        marks.append(Text([LEFT], [row], [fault], color=color, align="left", shift=(20, 0)))
    axes = Axis(0, WIDE, visible=False), Axis(len(rows) - 0.5, -0.5, visible=False)
    return Panel(marks, *axes, title="Named so far", at=VERDICTS, grid=False, name="suspects")


def maps(claimed: np.ndarray, measured: np.ndarray, suspect: str, part: str) -> list[Panel]:
    """The computed gradient, the measured one, and the difference of what is printed, on one colour scale."""
    compared = say("2 · Compare {letter}", letter=suspect) if suspect in LETTERS else "2 · Its gradient"
    titles = compared, word("− measured"), word("= difference")
    subtitles = part, "the true gradient", "0 where it is right"
    while claimed.ndim > 2:  # the first image, the first channel
        claimed, measured = claimed[0], measured[0]
    claimed, measured = np.atleast_2d(claimed), np.atleast_2d(measured)
    shape = claimed.shape
    reach = float(max(np.abs(claimed).max(), np.abs(measured).max())) or 1.0
    panels = []
    every = zip(MAPS, titles, subtitles, MEANS, (claimed, measured, claimed - measured), strict=True)
    for column, (name, title, subtitle, means, values) in enumerate(every):
        values = values.round(9) + 0.0  # no negative zeros among the numbers shown
        look = {"cmap": "diverging", "vmin": -reach, "vmax": reach}
        heat = [Heatmap(values, means=means, **look)]
        if reach > 0.5 and shape[1] < 8:
            printed = claimed.round(1) - measured.round(1) if name == "difference" else values.round(1)
            printed = np.where(np.abs(values) < SAME, 0.0, printed.round(1)) + 0.0
            zeros = printed == 0  # printed short, so that the other numbers stand out
            heat.append(Heatmap(np.where(zeros, np.nan, printed), numbers=".1f", hover=False, **look))
            y, x = np.nonzero(zeros)
            heat.append(Text(x, y, ["0"] * len(x), color="muted", size=11, literal=True))
        frame = Region(-0.5, shape[1] - 0.5, -0.5, shape[0] - 0.5, color="grid", filled=False, width=1)
        x, y = Axis(-0.5, shape[1] - 0.5, visible=False), Axis(shape[0] - 0.5, -0.5, visible=False)
        panels.append(
            Panel(
                [*heat, frame],
                x,
                y,
                title=title,
                subtitle=subtitle,
                at=PLACES[column],
                equal=True,
                grid=False,
                name=name,
            )
        )
    return panels


def errors_panel(errors: dict, part: str) -> Panel:
    """How far every part's gradient is from the measured one, as a bar on a log axis, by its power of ten."""
    powers = np.log10(np.clip(list(errors.values()), FLOOR, 10)) - np.log10(FLOOR)
    chosen, rows = list(errors).index(part), np.arange(len(powers))
    fails = powers > np.log10(GOOD / FLOOR)
    ticks = np.arange(0, 14, 4)
    marks = [
        Region(0, 14, chosen - 0.5, chosen + 0.5, color="you-soft", alpha=1),
        Bars(rows[~fails], powers[~fails], horizontal=True, color="muted", width=0.5),
        Bars(rows[fails], powers[fails], horizontal=True, color="ink", width=0.7),
        Reference("wrong past 1e-6", x=6, dash="dashed"),
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
    return Panel(marks, x, y, title="1 · Click a failing bar", at=CHECK, name="errors")


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
    title, words = "Loss", "mean of ten steps; dashed: correct"
    return Panel(marks, *axes, title=title, subtitle=words, at=TRAINING, legend="ends", name="learning")


def smooth(losses: np.ndarray) -> np.ndarray:
    """Mean of the last ten steps, fewer at the start."""
    sums = np.cumsum(losses)
    sums[10:] -= sums[:-10].copy()
    return sums / np.minimum(np.arange(1, len(losses) + 1), 10)
