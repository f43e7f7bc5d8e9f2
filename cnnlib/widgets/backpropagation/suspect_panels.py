"""The panels of the broken backward passes: the suspects, the check of each part, the gradients, training."""

from __future__ import annotations

import numpy as np

from cnnlib.runtime.language import marked, say, word
from cnnlib.viz import Axis, Bars, Heatmap, Line, Note, Panel, Reference, Region, Text

LETTERS = {
    "A": "= in place of +=",
    "B": "window read from its end",
    "C": "half turn left out",
    "D": "divided by the batch twice",
    "E": "padding cut one pixel late",
}
NAMES = {fault: fault for fault in LETTERS.values()} | {LETTERS["A"]: "“=” in place of “+=”"}  # as shown
LINES = dict(  # the same in two lines, for a card
    zip(
        LETTERS.values(),
        (
            marked("“=” in place", "of “+=”"),
            marked("window read", "from its end"),
            marked("half turn", "left out"),
            marked("divided by the", "batch twice"),
            marked("padding cut", "one pixel late"),
        ),
        strict=True,
    )
)
UNKNOWN = "?"
OTHERS = ("sound", "yours")  # suspects of whom nothing is to be found out
SHOWN = marked("correct", "yours")
CARDS = (*LETTERS, *OTHERS)
ROOM = 560.0  # pixels of all cards from which on a name has room in one
MAPS = ("suspect", "measured", "difference")
SAME = 1e-6  # a difference that is none
MEANS = marked("the suspect's gradient", "the measured one", "the difference")  # of a number, not of the row
CHECK, TRAINING = (0, 0, 3, 1), (2, 4, 1, 2)
PLACES = (0, 1), (1, 1, 2, 1), (0, 2, 3, 1)  # of the three matrices
WIDE = 4  # columns up to which a small matrix has room for its numbers
FLOOR, GOOD = 1e-12, 1e-6  # smallest relative error drawn, largest that passes
HEAD = 0.35  # rows of room above the bars, for the name of the border
LEARNED = 2.0  # loss below which a network has learned something: guessing has 2.30
HIGHEST = 2.8  # loss up to which a curve is drawn
HARDLY, SLOWLY = (
    1.25,
    2.0,
)  # times the correct pass's loss up to which nobody would ask, and up to which one might


def cards_panel(state: dict) -> Panel:
    """One card a suspect with what it is said to have, and two for passes that are under no suspicion."""
    marks = []
    for place, suspect in enumerate(CARDS):
        chosen, edges = suspect == state["suspect"], (place, place + 0.94, 0.04, 0.96)
        if chosen or suspect in LETTERS:
            marks.append(Region(*edges, color="you-soft" if chosen else "panel", alpha=1))
        outline = {"color": "you", "width": 2.5} if chosen else {"color": "grid", "width": 1}
        marks += [Region(*edges, filled=False, **outline), *face(place + 0.47, suspect, state, chosen)]
    marks.append(Heatmap([[0.0] * len(CARDS)], (0, len(CARDS), 0, 1), alpha=0, emits="suspects", hover=False))
    x, y = Axis(0, len(CARDS), visible=False), Axis(1, 0, visible=False)
    return Panel(marks, x, y, grid=False, name="suspects")


def face(x: float, suspect: str, state: dict, chosen: bool) -> list[Text]:
    """What stands on a card: letter and question mark, or letter and name."""
    color = "you" if chosen else "ink"
    if suspect in OTHERS:
        return [Text([x], [0.5], SHOWN[OTHERS.index(suspect)], size=12, bold=chosen, color=color)]
    if state[suspect] == UNKNOWN:
        letter = Text([x], [0.5], suspect, size=22, bold=True, color=color, shift=(-10, 0), literal=True)
        return [letter, Text([x], [0.5], UNKNOWN, size=20, color="muted", shift=(11, 0), literal=True)]
    return [
        Text([x], [0.29], suspect, size=18, bold=True, color=color, literal=True),
        Text([x, x], [0.6, 0.82], LINES[state[suspect]], size=11, color=color, needs=ROOM),
    ]


def flat(pair: tuple) -> tuple:
    """Of a computed gradient and the measured one what is shown: of the first image and channel."""
    claimed, measured = pair
    while claimed.ndim > 2:
        claimed, measured = claimed[0], measured[0]
    return np.atleast_2d(claimed), np.atleast_2d(measured)


def printed(claimed: np.ndarray, measured: np.ndarray) -> tuple:
    """Both as they are printed, and the difference of what is printed."""
    shown = claimed.round(1) + 0.0, measured.round(1) + 0.0
    same = np.abs(claimed - measured) < SAME
    return (*shown, np.where(same, 0.0, (shown[0] - shown[1]).round(1)) + 0.0)


def widest(values: np.ndarray, numbers: np.ndarray) -> tuple[int, int]:
    """Row and column of the largest difference as it is printed; of several, of the one that is largest."""
    row, column = np.unravel_index(int((np.abs(numbers) + SAME * np.abs(values)).argmax()), values.shape)
    return int(row), int(column)


def most(pair: tuple) -> float:
    """The largest difference as it is printed."""
    return float(np.abs(printed(*flat(pair))[2]).max())


def maps(pair: tuple, suspect: str, part: str) -> list[Panel]:
    """The computed gradient, the measured one, and the difference of what is printed, on one colour scale."""
    named = say("Computed by {letter}", letter=suspect) if suspect in LETTERS else word("Computed")
    claimed, measured = flat(pair)
    reach = float(max(np.abs(claimed).max(), np.abs(measured).max())) or 1.0
    titles = named, word("− measured"), word("= difference")
    arrays = zip((claimed, measured, claimed - measured), printed(claimed, measured), strict=True)
    return [
        matrix(i, values.round(9) + 0.0, numbers, reach, titles[i], part)
        for i, (values, numbers) in enumerate(arrays)
    ]


def matrix(i: int, values: np.ndarray, numbers: np.ndarray, reach: float, title: str, part: str) -> Panel:
    """One of the three: the large one is the difference, without its zeros and its largest cell framed."""
    (rows, columns), large = values.shape, i == 2
    look = {"cmap": "diverging", "vmin": -reach, "vmax": reach}
    marks = [
        Heatmap(values, means=MEANS[i], **look),
        Region(-0.5, columns - 0.5, -0.5, rows - 0.5, color="grid", filled=False, width=1),
    ]
    if reach > 0.5 and columns < 8 and (large or columns <= WIDE):
        marks.append(Heatmap(np.where(numbers == 0, np.nan, numbers), numbers=".1f", hover=False, **look))
    if large and not (np.abs(values) >= SAME).any():
        middle = [(columns - 1) / 2], [(rows - 1) / 2]
        marks.append(Text(*middle, "no difference", color="muted", size=14))
    elif large:
        row, column = widest(values, numbers)
        edges = column - 0.47, column + 0.47, row - 0.47, row + 0.47
        marks.append(Region(*edges, color="ink", filled=False, width=3))
    x, y = Axis(-0.5, columns - 0.5, visible=False), Axis(rows - 0.5, -0.5, visible=False)
    words = part if large else ""
    look = {"at": PLACES[i], "equal": True, "grid": False, "name": MAPS[i]}
    return Panel(marks, x, y, title=title, subtitle=words, **look)


def errors_panel(errors: dict, part: str) -> Panel:
    """How far every part's gradient is from the measured one, as a bar on a log axis, by its power of ten."""
    powers = np.log10(np.clip(list(errors.values()), FLOOR, 10)) - np.log10(FLOOR)
    chosen, rows = list(errors).index(part), np.arange(len(powers))
    border, low = float(np.log10(GOOD / FLOOR)), 0.0
    fails = powers > border
    ticks = np.array([0, 6, 12])
    marks = [
        Region(low, 14, chosen - 0.46, chosen + 0.46, color="you-soft", alpha=1),
        Line([border] * 2, [-0.5, len(powers) - 0.5], color="muted", dash="dashed", width=1.25),
        Text(border, -0.5, "wrong past 10⁻⁶", size=11, color="muted", shift=(0, -9), needs=100),
        Bars(rows[~fails], powers[~fails], horizontal=True, color="link", width=0.5),
        Bars(rows[fails], powers[fails], horizontal=True, color="ink", width=0.62),
    ]
    if fails.any():
        spots = powers[fails] / 2, rows[fails], ["wrong"] * int(fails.sum())
        marks.append(Text(*spots, color="paper", bold=True, size=13))
    marks.append(
        Heatmap(
            [[0.0]] * len(rows),
            (low, 14, -0.5, len(rows) - 0.5),
            "diverging",
            alpha=0,
            emits="errors",
            hover=False,
        )
    )
    x = Axis(low, 14, "relative error", ticks=ticks, names=[f"1e{t - 12}" for t in ticks])
    y = Axis(len(powers) - 0.5, -0.5 - HEAD, ticks=rows, names=list(errors))
    return Panel(marks, x, y, title="Click a bar", at=CHECK, grid=False, name="errors")


def learning_panel(curve: np.ndarray, sound: np.ndarray, facts: dict) -> Panel:
    """Both learning curves under what they say; one that leaves the picture says so."""
    steps = np.arange(1, len(curve) + 1)
    smoothed = smooth(curve)
    drawn = np.where(smoothed <= HIGHEST, smoothed, np.nan)
    marks = [
        Line(steps, smooth(sound), color="muted", dash="dashed", label="correct"),
        Line(steps, drawn, color="ink", label="suspect" if facts["worst"] > GOOD else ""),
        Reference("2.30 = guessing", y=np.log(10)),
    ]
    if not np.isfinite(drawn[-1]):
        last = int(np.flatnonzero(np.isfinite(drawn))[-1]) if np.isfinite(drawn).any() else 0
        marks.append(Note(40, 1.9, "It leaves the picture.", (last + 1, 2.7), 180))
    axes = Axis(0, len(curve), visible=False), Axis(0, HIGHEST, visible=False)
    look = {"at": TRAINING, "legend": "ends", "grid": False, "name": "learning"}
    words = say("down to {last_sound:.2f}", last_sound=facts["last_sound"])
    if facts["worst"] > GOOD:
        words = say("{last} against {last_sound:.2f}", last=ends_at(facts), last_sound=facts["last_sound"])
    return Panel(marks, *axes, title=learning_words(facts), subtitle=words, **look)


def learning_words(facts: dict) -> str:
    """What the loss after training says about the fault."""
    if facts["last_sound"] > LEARNED:
        return word("At this rate none learns")
    if facts["worst"] <= GOOD:
        return word("So training goes right")
    if not np.isfinite(facts["last"]):
        return word("Training breaks down")
    ratio = facts["last"] / facts["last_sound"]
    if ratio <= HARDLY:
        return word("Training hardly shows it")
    return word("Training shows it a little") if ratio <= SLOWLY else word("Training shows it")


def ends_at(facts: dict) -> str:
    """The loss after training."""
    return f"{facts['last']:.2f}" if np.isfinite(facts["last"]) else word("none")


def smooth(losses: np.ndarray) -> np.ndarray:
    """Mean of the last ten steps, fewer at the start."""
    sums = np.cumsum(losses)
    sums[10:] -= sums[:-10].copy()
    return sums / np.minimum(np.arange(1, len(losses) + 1), 10)
