"""Leafing through a data set: images with their labels, a page at a time."""

from __future__ import annotations

import numpy as np

from cnnlib.data import Split, load_digits
from cnnlib.runtime.language import marked, say, word
from cnnlib.viz import Axis, Figure, Heatmap, Narrow, Panel, Region, Scene, Slot, Text, frames, mosaic
from cnnlib.widgets.base import Choice, Slider, Toggle, Widget
from cnnlib.widgets.start_here.readings import NONE, Readings, one_panel

PAGE = 40  # images
COLUMNS, BESIDE, FEW = 10, 8, 5  # alone, beside the image that is read, and on a narrow page
WALL = "min(860px, 158% of width)"
NARROW = Narrow((WALL,), (1,), at={"few": (0, 0)}, only=("few",))
ASKING = Narrow(
    ("190px", "66px", WALL), (1,), at={"one": (0, 0), "reading": (1, 0), "few": (2, 0)}, only=("few",)
)
HALVES = marked("training", "test")
NAMED = "Would you name every one of these?"  # a title for images that are not read
NAMES = marked("training images", "test images", "any")
SLOTS = {"head": ("half",), "bar": ("label", "page", "labels"), "reading": ("reading",)}
GAP = 0.3  # of an image's height, between images; the label stands in the gap beneath
MARGIN = {COLUMNS: 0.55, BESIDE: 0.62, FEW: 1.05}  # of an image's width, for the number of a row's first
SHORT, LONG = {"size": 13, "bold": True}, {"size": 11}  # labels of digits, and of classes with names


def gap_of(height: int) -> int:
    """Pixels between two images so high."""
    return max(3, round(GAP * height))


class ImageGallery(Widget):
    """The images of a data set, forty a page; each has its label beneath it, once it is asked for.

    A click on an image shows its label, another hides it; the switch is for all of them. Where the classes
    are digits, the first image whose label was not seen stands large at the right, to be read by the learner.

    At the left of a row is the number of its first image in its half: ``split.x_test[number]``.

    Facts: ``shown`` (images on this page), ``matching`` (images of the half and class), ``first`` (number of
    the page's first image), ``read`` (answers of the learner) and ``right`` (those that are as labelled).

    Parameters
    ----------
    split : Split, optional
        The data set; the bundled digits if not given.
    **state
        As for every widget.

    Examples
    --------
    >>> ImageGallery(half="test", label="7").text
    'All 36 test images of class 7: numbers 13 to 343.'
    """

    title = "Would you read every one of these?"
    slots = SLOTS
    volatile = ("reading",)

    def __init__(self, split: Split | None = None, **options) -> None:
        self.split = load_digits() if split is None else split
        self.read = all(name.isdigit() for name in self.split.class_names)
        self.columns = BESIDE if self.read else COLUMNS
        self.controls = (
            Choice("half", HALVES, label="Images", picker="segments"),
            Choice("label", ("any", *self.split.class_names), label="Class"),
            Slider("page", 1, self._pages(len(self.split.x_train)), 1, integer=True, label="Page"),
            Toggle("labels", False, label="Show the labels"),
        )
        if self.read:
            answers = (NONE, *self.split.class_names)
            self.controls += (Choice("reading", answers, label="Your reading", picker="segments"),)
        super().__init__(**options)

    def limits(self, state: dict) -> dict:
        return {"page": (1, self._pages(len(self._matching(state))))}

    def begin(self) -> None:
        self.turned: set[tuple[str, int]] = set()  # half and number of those clicked, unlike the switch
        self.readings = Readings()

    def changed(self, before: dict, after: dict) -> None:
        if before["labels"] != after["labels"]:
            self.turned.clear()
        if after.get("reading", NONE) != NONE:
            self._answer(after)
            self.put(reading=NONE)

    def _answer(self, state: dict) -> None:
        """The image asked for was read: keep the answer, and show the label."""
        asked = self._asked(state, self._page(self._matching(state), state))
        if asked is not None:
            label = self.split.class_names[self._half(state)[1][asked]]
            self.readings.add((state["half"], asked), state["reading"], label)
            self.turned.add((state["half"], asked))

    def _asked(self, state: dict, page: np.ndarray) -> int | None:
        """Number of the image that the learner is to read, if any."""
        if not self.read or state["labels"]:
            return None
        return self.readings.next_of(state["half"], page, self.turned)

    def event(self, event: dict) -> None:
        """A click on an image, or beneath it: its label comes, or goes."""
        if event["kind"] != "click":
            return
        height, width = self.split.x_train.shape[2:]
        gap = gap_of(height)
        columns = FEW if event["name"] == "few" else self.columns
        place = event["row"] // (height + gap) * columns + event["col"] // (width + gap)
        page = self._page(self._matching(self.state), self.state)
        if place < len(page):
            self.turned ^= {(self.state["half"], int(page[place]))}

    def compute(self, state: dict) -> Scene:
        matching = self._matching(state)
        page = self._page(matching, state)
        facts = {"shown": len(page), "matching": len(matching), "first": int(page[0]) if len(page) else 0}
        facts |= {"read": len(self.readings.given), "right": self.readings.right}
        figures = [
            Figure("Images", f"{len(matching):,}", large=True),
            Figure("Page", str(state["page"]), say("of {pages}", pages=self._pages(len(matching)))),
            *self.readings.figures(),
        ]
        asked = self._asked(state, page)
        panels = [self._panel(state, page, asked, self.columns), self._panel(state, page, asked, FEW, "few")]
        look: dict = {"narrow": NARROW}
        if self.read:
            x = self._half(state)[0]
            large = None if asked is None else x[asked].mean(axis=0)
            panels.append(one_panel(large, asked, state["labels"], x.shape[2:]))
            slots = [Slot("reading", (1, 1))]
            look = {"rows": ("318px", 1), "columns": (1, "290px"), "slots": slots, "narrow": ASKING}
        return Scene(
            panels,
            self.readings.sentence() + self._sentence(state, matching, page),
            facts,
            height=434,
            figures=figures,
            title=self.title if self.read else NAMED,
            **look,
        )

    def _matching(self, state: dict) -> np.ndarray:
        """Numbers of the images of the chosen half and class."""
        labels = self._half(state)[1]
        if state["label"] == "any":
            return np.arange(len(labels))
        return np.flatnonzero(labels == self.split.class_names.index(state["label"]))

    def _half(self, state: dict) -> tuple[np.ndarray, np.ndarray]:
        split = self.split
        return (split.x_train, split.y_train) if state["half"] == "training" else (split.x_test, split.y_test)

    def _sentence(self, state: dict, matching: np.ndarray, page: np.ndarray) -> str:
        kind = f"{state['half']} images"
        if state["label"] != "any":
            kind = say("{images} of class {label}", images=kind, label=state["label"])
        if len(page) == 0:
            return say("There are no {kind}.", kind=kind)
        numbers = say("numbers {first} to {last}", first=int(page[0]), last=int(page[-1]))
        if len(page) == 1:
            numbers = say("number {first}", first=int(page[0]))
        about = {"shown": len(page), "all": len(matching), "kind": kind, "numbers": numbers}
        if len(page) == len(matching):
            return say("All {shown} {kind}: {numbers}.", **about)
        about |= {"page": state["page"], "pages": self._pages(len(matching))}
        return say("{shown} of {all:,} {kind}, page {page} of {pages}: {numbers}.", **about)

    @staticmethod
    def _page(matching: np.ndarray, state: dict) -> np.ndarray:
        first = (state["page"] - 1) * PAGE
        return matching[first : first + PAGE]

    @staticmethod
    def _pages(count: int) -> int:
        return max(1, -(-count // PAGE))

    def _panel(
        self, state: dict, page: np.ndarray, asked: int | None, columns: int = COLUMNS, name: str = "images"
    ) -> Panel:
        x, y = self._half(state)
        height, width = x.shape[2:]
        gap = gap_of(height)
        full = np.full((PAGE, height, width), np.nan)
        full[: len(page)] = x[page].mean(axis=1)  # colours as shades of grey
        tiled = mosaic(full, columns, gap)
        row, column = np.divmod(np.arange(len(page)), columns)
        left, top = column * (width + gap) - 0.5, row * (height + gap) - 0.5
        starts, margin = page[::columns], MARGIN[columns] * width
        seen = [state["labels"] != ((state["half"], int(number)) in self.turned) for number in page]
        labels = [self.split.class_names[y[k]] if told else "" for k, told in zip(page, seen, strict=True)]
        wrong = [self.readings.wrong((state["half"], int(k))) if label else ""
                 for k, label in zip(page, labels, strict=True)]  # fmt: skip
        labels = ["" if instead else label for label, instead in zip(labels, wrong, strict=True)]
        place = np.full(len(starts), -0.5), top[::columns] + height / 2
        small = {"size": 11, "color": "muted", "align": "right", "shift": (-7, 0)}
        beneath = top + height + gap / 2
        marks = [
            Heatmap(
                tiled,
                cmap="ink",
                vmin=0,
                vmax=1,
                means="ink",
                emits=name,
                tile=(height, width, gap),
                tile_names=[say("image {number}", number=int(number)) for number in page],
            ),
            frames(left, top, width, height),
            Text(left + width / 2, beneath, labels, **(SHORT if self.read else LONG)),
            Text(*place, [f"#{number}" for number in starts], **small),
        ]
        if any(wrong):
            marks.append(Text(left + width / 2, beneath, wrong, color="bad", **SHORT))
        if asked is not None:
            i = int(np.flatnonzero(page == asked)[0])
            edges = left[i] - 0.3, left[i] + width + 0.3, top[i] - 0.3, top[i] + height + 0.3
            marks.append(Region(*edges, color="you", filled=False, width=2.5))
        across = Axis(-0.5 - margin, tiled.shape[1] - 0.5, visible=False)
        down = Axis(tiled.shape[0] - 0.5 + gap, -0.5, visible=False)
        how = word("to hide its label") if state["labels"] else word("to see its label")
        heading = {"title": "Click an image", "subtitle": how}
        heading |= {"at": (0, 0, 2, 1)} if self.read else {}
        return Panel(marks, across, down, equal=True, grid=False, name=name, **heading)
