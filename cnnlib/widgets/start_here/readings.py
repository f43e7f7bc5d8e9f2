"""What a learner reads in images whose labels are hidden: the answers, and the image asked for next."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cnnlib.runtime.language import say, word
from cnnlib.viz import Axis, Figure, Heatmap, Mark, Note, Panel, frames

NONE = "?"  # no answer yet


class Readings:
    """Answers by half and number of an image, each beside the image's label.

    >>> readings = Readings()
    >>> readings.add(("test", 3), "7", "1")
    >>> readings.right, len(readings.given), readings.next_of("test", [3, 4], set())
    (0, 1, 4)
    """

    def __init__(self) -> None:
        self.given: dict[tuple[str, int], tuple[str, str]] = {}
        self.newest: tuple[str, int] | None = None

    def add(self, image: tuple[str, int], reading: str, label: str) -> None:
        self.given[image] = reading, label
        self.newest = image

    @property
    def right(self) -> int:
        """How many were read as they are labelled."""
        return sum(reading == label for reading, label in self.given.values())

    def next_of(self, half: str, page: Iterable[int], seen: set[tuple[str, int]]) -> int | None:
        """The first image of a page that is neither read nor seen with its label."""
        fresh = (int(number) for number in page)
        return next((n for n in fresh if (half, n) not in self.given and (half, n) not in seen), None)

    def wrong(self, image: tuple[str, int]) -> str:
        """For an image that was read as something else: its label, unlike the reading; else nothing."""
        reading, label = self.given.get(image, (NONE, NONE))
        return "" if reading == label else f"{label} ≠ {reading}"

    def sentence(self) -> str:
        """What came of the newest answer."""
        if self.newest is None:
            return ""
        reading, label = self.given[self.newest]
        words = "#{number}: you read {reading}, as it is labelled. "
        if reading != label:
            words = "#{number}: you read {reading}, its label is {label}. "
        return say(words, number=self.newest[1], reading=reading, label=label)

    def figures(self) -> list[Figure]:
        count = len(self.given)
        if not count:
            return []
        return [Figure("You read as labelled", str(self.right), say("of {count}", count=count), large=True)]


def one_panel(image: np.ndarray | None, number: int | None, labels: bool, size: tuple[int, int]) -> Panel:
    """The image to read, large; or why none is asked for."""
    height, width = size
    marks: list[Mark] = [frames(-0.5, -0.5, width, height)]
    how = ""
    if image is None:
        words = word("Hide the labels, and read.") if labels else word("All of this page are seen: turn it.")
        marks.append(Note(width / 2 - 0.5, height / 2 - 0.5, words, width=150, align="center"))
    else:
        marks.insert(0, Heatmap(image, cmap="ink", vmin=0, vmax=1, means="ink"))
        how = f"#{number}"
    axes = Axis(-0.5, width - 0.5, visible=False), Axis(height - 0.5, -0.5, visible=False)
    look = {"title": "What do you read?", "subtitle": how, "at": (0, 1), "name": "one"}
    return Panel(marks, *axes, equal=True, grid=False, **look)
