"""The images that `TrainingView`'s network still gets wrong, each with its words and a bar."""

from __future__ import annotations

import numpy as np

from cnnlib.experiments.examiner import Judgement
from cnnlib.runtime.language import say
from cnnlib.viz import Axis, Line, Panel, Text, Tiles

ROWS, COLUMNS, FEW = 3, 5, 4  # in `FEW` columns where the classes have long names
SHORT = 2  # letters of a name at most of which two have room beneath an image
FILLED = 0.8  # share of one of `COLUMNS` that an image fills at full width; long names need the rest
BAR = 0.66  # length of the bar beneath an image, as a share of its column
CELL, TILE = 100, 66  # pixels from one row to the next, and of an image


def columns_for(names) -> int:
    """How many wrong images stand beside one another, by the room that the names of two classes take."""
    return COLUMNS if max(map(len, names)) <= SHORT else FEW


def wrong_panel(view, found: Judgement) -> Panel:
    """Some of the images that are still wrong: the true class, the guess, and how sure it was."""
    columns = columns_for(view.split.class_names)
    edge = (1 - FILLED) / 2 if columns == COLUMNS else 0.0  # the first image begins where the title does
    across, down = Axis(edge, columns - edge, visible=False), Axis(ROWS * CELL, 0, visible=False)
    marks = wrong_marks(view, columns) or [Text([edge], [30], "None is wrong.", size=14, align="left")]
    if found.count < len(view.examiner.x):
        title = "Wrong when they were last shown"
    else:
        shown = sum(index is not None for index in view.places)
        title = say("Still wrong: {wrong:,}", wrong=len(found.wrong))
        if len(found.wrong) > shown:
            title = say("Still wrong: {wrong:,}, {shown} shown", wrong=len(found.wrong), shown=shown)
    words = "true → guess; bar: how sure it is"
    return Panel(marks, across, down, title, (1, 1, 2, 1), grid=False, subtitle=words, name="wrong")


def wrong_marks(view, columns: int) -> list:
    """The images in their places, each with its words."""
    spots = [(place, index) for place, index in enumerate(view.places) if index is not None]
    if not spots:
        return []
    judged, names = view.examiner, view.split.class_names
    slots, index = (np.array(part) for part in zip(*spots, strict=True))
    x, y = slots % columns + 0.5, TILE / 2 + 2.0 + CELL * (slots // columns)
    shares = [f"{100 * share:.0f} %" for share in np.nan_to_num(judged.sure[index])]
    true, guesses = ([names[k] for k in which[index]] for which in (judged.y, judged.guesses))
    state = np.where(index == view.chosen, 2.0, 0.0) if view.chosen is not None else np.zeros(len(index))
    look = {"cmap": "ink", "vmin": 0, "vmax": 1, "fit": FILLED}
    look |= {"state": state, "emits": "wrong", "tips": False}
    look["names"] = [
        f"{one} → {other}, {share}" for one, other, share in zip(true, guesses, shares, strict=True)
    ]
    images = judged.x[index].mean(axis=1)
    if columns == COLUMNS:
        beneath = y + TILE / 2 + 11
        begin = Text(x, beneath, [f"{one} →" for one in true], size=13, align="right", shift=(9, 0))
        end = Text(x, beneath, guesses, color="bad", bold=True, size=13, align="left", shift=(12, 0))
        words = [begin, end, *bars(x, beneath + 13, judged.sure[index])]
    else:  # long names in two lines
        answers = [f"→ {guess} {share}" for guess, share in zip(guesses, shares, strict=True)]
        words = [Text(x, y + TILE / 2 + 25, answers, color="bad", bold=True, size=11)]
        look["captions"] = true
    return [*words, Tiles(x, y, images, TILE, **look)]


def bars(x: np.ndarray, y: np.ndarray, shares: np.ndarray) -> list[Line]:
    """A bar beneath each image, filled as far as the guess is sure."""
    left, gap = x - BAR / 2, np.full(len(x), np.nan)
    ends = x + BAR / 2, left + BAR * np.nan_to_num(shares)
    level = np.stack([y, y, gap], axis=1).ravel()
    rows = [np.stack([left, right, gap], axis=1).ravel() for right in ends]
    return [Line(row, level, color=c, width=3) for row, c in zip(rows, ("grid", "muted"), strict=True)]
