"""The panels of the evidence: the map of costs with its key, the covered image and what it is read as now,
the untouched one, and its saliency."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cnnlib.runtime.language import say, word
from cnnlib.viz import (
    Axis,
    Bars,
    Heatmap,
    Line,
    Narrow,
    Note,
    Panel,
    Region,
    Text,
    frames,
    image_panel,
    outline,
)

SHOWN = 4  # bars at most
SAID = 0.005  # a smaller probability reads 0 %
SHORT = 4  # letters of a name that is written large
LARGE, SMALLER = 26.0, 16.0  # pixels of its type, and of that of longer names
BAR_ROOM = 164.0  # least pixels of a bar with its name and number
LETTER, VALUE_ROOM = 6.7, 44.0  # pixels of a letter, and of that number
PITCH = 31.0  # pixels from bar to bar
BARS_HIGH = 165.0  # pixels of their panel without its heading
BESIDE = 1.84  # width of the untouched image with the words beside it, in images
KEY_HIGH = 32.0  # pixels of the ramp with its words

ROWS = ("183px", "67px", "40px", "131px", "20px", "43px")
COLUMNS = ("min(428px, 43%)", "min(295px, 29%)", 1)
HEIGHT = 484
PLACES = {
    "falls": (0, 0, 5, 1),
    "key": (5, 0),
    "covered": (0, 1, 2, 1),
    "verdict": (2, 1),
    "after": (3, 1, 3, 1),
    "image": (0, 2),
    "saliency": (1, 2, 3, 1),
    "of saliency": (4, 2, 2, 1),
}
NARROW = Narrow(
    ("min(441px, 34px + 100% of width)", "48px", "44px", "203px", "183px", "212px"),
    (1, 1),
    at={
        "falls": (0, 0, 1, 2),
        "key": (1, 0, 1, 2),
        "verdict": (2, 0, 1, 2),
        "covered": (3, 0),
        "after": (3, 1),
        "image": (4, 0, 1, 2),
        "saliency": (5, 0),
        "of saliency": (5, 1),
    },
)


@dataclass(frozen=True, eq=False)
class Covering:
    """An image, the same with a square covered, and where that square lies."""

    whole: np.ndarray
    covered: np.ndarray
    row: int
    col: int
    size: int

    @property
    def square(self) -> Region:
        """The square's border."""
        edges = self.col - 0.5, self.col + self.size - 0.5, self.row - 0.5, self.row + self.size - 0.5
        return Region(*edges, color="you", filled=False, width=3)

    @property
    def rim(self) -> Line:
        return frames(-0.5, -0.5, *self.whole.shape[::-1])

    @property
    def shape(self) -> Line:
        """The outline of what is drawn in the image."""
        return Line(*outline(self.whole), color="ink", width=1.5)


def placed(panel: Panel, name: str, group: str = "") -> Panel:
    return replace(panel, name=name, at=PLACES[name], group=group)


def beyond(size: int) -> tuple[int, int]:
    """Cells of the map of costs before and after those that have a value: so a drag reaches the border.

    The first number is also by how much a cell's row is larger than that of the square around it.
    """
    return 1 + (size - 1) // 2, 1 + size // 2


def cost_map(shown: Covering, falls: np.ndarray, small: bool) -> Panel:
    """Over the image's outline what a square around each pixel costs; it can be dragged to everywhere."""
    size, reach = shown.size, max(0.01, float(np.abs(falls).max()))
    pad = beyond(size)
    values = np.pad(falls, (pad, pad), constant_values=np.nan)
    low = (size - 1) / 2 - pad[0] - 0.5  # a value stands in the middle of the square that it is about
    place = low, low + values.shape[1], low, low + values.shape[0]
    cost = Heatmap(
        values,
        place,
        "diverging",
        -reach,
        reach,
        means="fall with the square around it covered",
        emits="falls",
    )
    title = word("Cost in the logit") if small else word("Cost of covering")
    whole, drag = image_panel(shown.whole), word("drag the square")
    marks = [cost, shown.rim, shown.shape, shown.square]
    panel = replace(whole, marks=marks, title=title, subtitle=drag)
    return placed(panel, "falls", "map")


def key_panel(asked: str) -> Panel:
    """What the colours of the map mean, in words beneath a ramp."""
    ramp = Heatmap(np.linspace(-1, 1, 121)[None], (0, 1, 0, 14), "diverging", -1, 1, hover=False)
    marks = [
        ramp,
        Region(*ramp.extent, color="grid", filled=False, width=1),
        Text([0], [25], [say("speaks against {asked}", asked=asked)], color="neg", align="left", bold=True),
        Text([0.5], [25], ["no change"], color="muted"),
        Text([1], [25], [say("speaks for {asked}", asked=asked)], color="pos", align="right", bold=True),
    ]
    axes = Axis(0, 1, visible=False), Axis(KEY_HIGH, 0, visible=False)
    return placed(Panel(marks, *axes, grid=False), "key", "map")


def verdict_panel(names: tuple[str, ...], p: np.ndarray, after: np.ndarray) -> Panel:
    """What the covered image is read as, in large type."""
    then = names[int(after.argmax())]
    same = after.argmax() == p.argmax()
    words = say("Still read as {then}", then=then) if same else say("Now read as {then}", then=then)
    mark = Text([0], [0.5], [words], size=type_size(then), align="left", bold=True)
    axes = Axis(0, 1, visible=False), Axis(0, 1, visible=False)
    return placed(Panel([mark], *axes, grid=False), "verdict", "covered")


def type_size(name: str) -> float:
    return LARGE if len(name) <= SHORT else SMALLER


def covered_panel(shown: Covering) -> Panel:
    ink = {"vmin": 0, "vmax": 1, "means": "ink"}
    panel = image_panel(shown.covered, shown.rim, shown.square, emits="covered", title="Covered", **ink)
    how = word("square blank")
    return placed(replace(panel, subtitle=how), "covered", "covered")


def bars_panel(names: tuple[str, ...], p: np.ndarray, after: np.ndarray, asked: int) -> Panel:
    """A bar for each class that has a say, and a tick where it ended before the square was covered."""
    classes = told_classes(p, after, asked)
    rows, guess = np.arange(len(classes)), classes == after.argmax()
    left = 10 + LETTER * max(len(names[k]) for k in classes)
    full = BAR_ROOM - left - VALUE_ROOM  # pixels of a full bar
    gap, x = np.full(len(rows), np.nan), p[classes]
    ticks = np.stack([x, x, gap], axis=1).ravel(), np.stack([rows - 0.4, rows + 0.4, gap], axis=1).ravel()
    marks: list = [Bars(rows, np.ones(len(rows)), horizontal=True, color="grid", alpha=0.5, width=0.45)]
    for chosen, color in ((~guess, "muted"), (guess, "ink")):
        here, look = classes[chosen], {"color": color, "bold": color == "ink"}
        marks.append(Bars(rows[chosen], after[here], horizontal=True, color=color, width=0.45))
        told = [f"{100 * value:.0f} %" for value in after[here]]
        marks.append(
            Text(np.full(len(here), 1 + VALUE_ROOM / full), rows[chosen], told, align="right", **look)
        )
        marks.append(
            Text(
                np.full(len(here), -left / full), rows[chosen], [names[k] for k in here], align="left", **look
            )
        )
    marks += [Line(*ticks, color="paper", width=5), Line(*ticks, color="ink", width=2)]
    x = Axis(-left / full, 1 + VALUE_ROOM / full, visible=False)
    y = Axis(BARS_HIGH / PITCH - 0.5, -0.5, visible=False)
    panel = Panel(marks, x, y, title="Probability", subtitle="tick: untouched", grid=False)
    return placed(panel, "after", "covered")


def told_classes(p: np.ndarray, after: np.ndarray, asked: int) -> np.ndarray:
    """Both guesses, the class asked about, and the likeliest others whose probability reads more than 0 %.

    >>> told_classes(np.array([0.97, 0.001, 0.0, 0.029]), np.array([0.02, 0.002, 0.0, 0.978]), 0).tolist()
    [0, 3]
    """
    most = np.maximum(p, after)
    most[[int(p.argmax()), int(after.argmax()), asked]] += np.array([4.0, 2.0, 1.0])
    likeliest = np.argsort(-most, kind="stable")[:SHOWN]
    return np.sort(likeliest[most[likeliest] >= SAID])


def untouched_panel(shown: Covering, names: tuple[str, ...], p: np.ndarray, label: int) -> Panel:
    """The image as it is, and beside it what it is read as."""
    guess, side = names[int(p.argmax())], shown.whole.shape[0]
    x, wide = shown.whole.shape[1] + 0.1 * side, BESIDE * shown.whole.shape[1]
    marks = [
        Text([x], [0.26 * side], ["read as"], color="muted", align="left"),
        Text([x], [0.46 * side], [guess], size=type_size(guess), align="left", bold=True),
        Text([x], [0.66 * side], [say("{p:.0f} % sure", p=100 * p.max())], color="muted", align="left"),
    ]
    panel = image_panel(shown.whole, shown.rim, *marks, vmin=0, vmax=1, means="ink", title="Untouched")
    words = say("true class {label}", label=names[label])
    panel = replace(panel, x=Axis(-0.5, wide - 0.5, visible=False), subtitle=words)
    return placed(panel, "image")


def saliency_panels(shown: Covering, grads: np.ndarray, asked: str) -> list[Panel]:
    """How much the score of a class moves with each pixel, and beneath it how that is read."""
    look = {"vmin": 0, "vmax": max(1e-9, float(grads.max())), "title": "Saliency"}
    panel = image_panel(grads, shown.rim, replace(shown.shape, width=1.0), **look)
    words = say(
        "The stronger a pixel, the more the score of {asked} moves when it changes a bit.", asked=asked
    )
    axes, how = (Axis(0, 1, visible=False), Axis(50, 0, visible=False)), word("pixel by pixel")
    return [
        placed(replace(panel, subtitle=how), "saliency", "saliency"),
        placed(Panel([Note(0, 0, words, width=250)], *axes, grid=False), "of saliency", "saliency"),
    ]
