"""The wall of `TrainingView`: images in columns of their class, each with the network's guess beneath."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cnnlib.experiments.examiner import Judgement
from cnnlib.runtime.language import say, word
from cnnlib.viz import Axis, Bars, Panel, Text, Tiles

ROWS, MOST = 6, 10  # of images; columns at most
HEAD, PITCH = 22, 73  # pixels: the words above a column, and from one row of images to the next
TILE, FILLED = 52, 0.82  # pixels of an image, and the share of a column that it may fill
TOP, CARD, WIDE = 2, 69, 0.91  # of the ground of a wrong image: its place and height in pixels, and its width
APART = 0.3  # of a column, to what stands at the right
WASH = 0.05  # opacity of that ground
MIDDLE, GUESS = 31, 64.5  # pixels from the top of a row down to the middles of image and guess
SHORT = 2  # letters of a name that has room in any column; longer ones are cut, and left out on a phone
CUT, ROOM = 7, 440  # letters of those, and the least width of the wall that shows them


class Wall:
    """Which images are seen, by their numbers, shape (`ROWS`, columns); -1 is an empty place.

    Each class has a column, if there are not too many. `sample` is as fair as it can be and never changes:
    the first images of each class. In `wrong` an image keeps its place for as long as it is wrong.

    >>> wall = Wall(np.array([0, 1, 1, 0, 1]), 2)
    >>> wall.sample[:3].tolist()
    [[0, 1], [3, 2], [-1, 4]]
    """

    def __init__(self, true: np.ndarray, classes: int, x: np.ndarray | None = None) -> None:
        self.true, self.by_class, self.x = true, classes <= MOST, x
        self.sample, self.wrong = (np.full((ROWS, min(classes, MOST)), -1) for _ in range(2))
        for places, own in self.parts(self.sample, np.arange(len(true))):
            fill(places, np.zeros(len(places), dtype=bool), own)
        self.kept: np.ndarray | None = None

    def ink(self, which: str, index: np.ndarray) -> np.ndarray:
        """The images as ink, averaged over their channels; those of the sample are made once and stay."""
        if which == "sample" and self.kept is not None:
            return self.kept
        found = self.x[index].mean(axis=1, dtype=float)
        if which == "sample":
            found.setflags(write=False)
            self.kept = found
        return found

    def parts(self, places: np.ndarray, images: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The places of each class with those of the images that belong there."""
        if not self.by_class:
            yield places.reshape(-1), images
            return
        for label, column in enumerate(places.T):
            yield column, images[self.true[images] == label]

    def keep(self, guesses: np.ndarray, wrong: np.ndarray) -> None:
        """Images stay where they are while their last guess is wrong; others of `wrong` fill the gaps."""
        still = guesses != self.true
        for places, own in self.parts(self.wrong, wrong):
            fill(places, (places >= 0) & still[places], own)

    def seen(self, which: str) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Rows, columns and numbers of the images, in parts: all where none changes, else a column."""
        places = getattr(self, which)
        rows, columns = np.indices(places.shape)
        parts = [(rows, columns, places)]
        if which == "wrong":
            parts = zip(rows.T, columns.T, places.T, strict=True)
        return [(row[own >= 0], column[own >= 0], own[own >= 0]) for row, column, own in parts]


def fill(places: np.ndarray, stays: np.ndarray, others: np.ndarray) -> None:
    """Put `others` where nothing stays, as far as they and the places go.

    >>> places = np.array([7, 8, 9])
    >>> fill(places, np.array([False, True, False]), np.array([8, 5]))
    >>> places.tolist()
    [5, 8, -1]
    """
    gaps = np.flatnonzero(~stays)
    places[gaps] = -1
    fresh = others[~np.isin(others, places)][: len(gaps)]
    places[gaps[: len(fresh)]] = fresh


def wall_panel(view, found: Judgement) -> Panel:
    """The images of the sample, or the wrong ones, each with its guess; wrong ones stand on rust."""
    which = view.state["wall"]
    rows, columns, index = (np.concatenate(parts) for parts in zip(*view.wall.seen(which), strict=True))
    bad = view.examiner.guesses[index] != view.examiner.y[index]
    marks = [
        *images(view, which),
        *grounds(rows[bad], columns[bad]),
        *words_beneath(view, index, (rows, columns), bad),
        *heads(view),
    ]
    if not len(index):
        marks.append(Text([0.1], [HEAD + PITCH / 2], "None is wrong.", size=14, align="left"))
    across = Axis(0, view.wall.sample.shape[1] + APART, visible=False)
    axes = across, Axis(HEAD + ROWS * PITCH, 0, visible=False)
    if which == "sample":
        title, subtitle = sample_words(len(index), int(bad.sum()))
    else:
        title, subtitle = wrong_words(view, found, len(index))
    return Panel(marks, *axes, title, (0, 0, 3, 1), grid=False, subtitle=subtitle, name="wall")


def sample_words(count: int, bad: int) -> tuple[str, str]:
    """How many of the sample are right, and how that is seen."""
    title = say("{right} of these {count} are right", right=count - bad, count=count)
    return title, word("its guess beneath; rust: wrong")


def wrong_words(view, found: Judgement, shown: int) -> tuple[str, str]:
    """How many are wrong, and what stands beneath them."""
    title = say("Still wrong: {wrong:,}", wrong=len(found.wrong))
    if found.count < len(view.examiner.x):
        title = word("Wrong when they were last shown")
    elif len(found.wrong) > shown:
        title = say("Still wrong: {wrong:,}, {shown} shown", wrong=len(found.wrong), shown=shown)
    return title, word("its guess beneath")


def images(view, which: str) -> Iterator[Tiles]:
    """The images, those of a part in one mark: one that stays as it is is not sent again."""
    judged, names = view.examiner, view.split.class_names
    for part, (rows, columns, index) in enumerate(view.wall.seen(which)):
        if not len(index):
            continue
        told = zip(judged.y[index], judged.guesses[index], np.nan_to_num(judged.sure[index]), strict=True)
        yield Tiles(
            columns + 0.5,
            HEAD + PITCH * rows + MIDDLE,
            view.wall.ink(which, index),
            TILE,
            cmap="ink",
            vmin=0,
            vmax=1,
            fit=FILLED,
            state=np.where(index == view.chosen, 2.0, 0.0),
            names=[tip(names[true], names[guess], sure) for true, guess, sure in told],
            emits=f"wall {part}",
        )


def tip(true: str, guess: str, sure: float) -> str:
    """What the pointer reads at an image.

    >>> tip("7", "3", 0.254)
    'is 7, read as 3, 25 % sure'
    """
    return say("is {true}, read as {guess}, {sure:.0f} % sure", true=true, guess=guess, sure=100 * sure)


def grounds(rows: np.ndarray, columns: np.ndarray) -> list[Bars]:
    """A hint of rust, paler than any ink, over each wrong image and its guess."""
    look = {"width": WIDE, "color": "bad", "alpha": WASH}
    return [
        Bars(columns[rows == row] + 0.5, np.full((rows == row).sum(), float(CARD)), base=high, **look)
        for row, high in enumerate(HEAD + TOP + PITCH * np.arange(float(ROWS)))
        if row in rows
    ]


def words_beneath(view, index: np.ndarray, place: tuple, bad: np.ndarray) -> list[Text]:
    """The guess beneath each image: quiet where it is right."""
    rows, columns = place
    names, room = shortened(view.split.class_names)
    guesses = view.examiner.guesses[index]
    looks = ((~bad, {"color": "muted"}), (bad, {"color": "bad", "bold": True}))
    return [
        Text(
            columns[which] + 0.5,
            HEAD + PITCH * rows[which] + GUESS,
            [names[guess] for guess in guesses[which]],
            size=11.5 if room else 12.5,
            needs=room,
            literal=not room,
            **look,
        )
        for which, look in looks
        if which.any()
    ]


def heads(view) -> list[Text]:
    """The name of each column's class above it."""
    if not view.wall.by_class:
        return []
    names, room = shortened(view.split.class_names)
    x = np.arange(len(names)) + 0.5
    look = {"size": 11.5 if room else 13, "bold": True, "needs": room, "literal": not room}
    return [Text(x, np.full(len(x), HEAD / 2), names, **look)]


def shortened(names) -> tuple[list[str], float]:
    """Names that have room in a column, and the width that the wall needs for them.

    >>> shortened(["coat", "ankle boot"]), shortened(["0", "1"])
    ((['coat', 'ankle…'], 440), (['0', '1'], 0.0))
    """
    if max(map(len, names)) <= SHORT:
        return list(names), 0.0
    return [name if len(name) <= CUT else f"{name[: CUT - 1].rstrip()}…" for name in names], ROOM
