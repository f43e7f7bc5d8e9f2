"""The first cell of the course: are the packages there, and does the page talk to Python?"""

from __future__ import annotations

import tomllib
from importlib import metadata
from pathlib import Path

import numpy as np

from cnnlib.runtime.language import joined, marked, say, say_many, word
from cnnlib.viz import Arrows, Axis, Figure, Line, Narrow, Panel, Points, Region, Scene, Text
from cnnlib.widgets.base import Button, Widget

GOOD = (True, False, None)
VERDICTS = dict(zip(GOOD, marked("good", "too old", "missing"), strict=True))
SIGNS = dict(zip(GOOD, (("✓", "green"), ("✗", "bad"), ("✗", "bad")), strict=True))
WORDS = dict(zip(GOOD, marked("recent enough", "too old", "missing"), strict=True))
HEAD = marked("package", "here", "needed", "verdict")
# Where the columns are, by their number: all of them, and without what is needed.
WHOLE, SHORT = {0: 0.01, 1: 0.33, 2: 0.51, 3: 0.8}, {0: 0.01, 1: 0.45, 3: 0.7}
TIGHT = 340  # pixels of width below which what is needed has no room
WAY = 190  # pixels of height for the way of the presses
A_ROW, MOST = 10, 30  # dots beside one another, and in all


def requirements() -> list:
    """What cnnlib needs to run: from the installed package, else from the checkout's pyproject.toml."""
    from packaging.requirements import Requirement  # loaded here: in a browser it takes a moment

    try:
        lines = metadata.requires("cnnlib")
    except metadata.PackageNotFoundError:
        project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text("utf-8"))
        lines = project["project"]["dependencies"]
    needed = [Requirement(line) for line in lines]
    return [r for r in needed if r.marker is None or r.marker.evaluate({"extra": ""})]


def installed(requirement) -> tuple[str, bool | None]:
    """The version of a package that is there, and whether it will do: None if it is missing.

    >>> from packaging.requirements import Requirement
    >>> installed(Requirement("numpy>=1"))[1], installed(Requirement("no-such-package"))
    (True, ('-', None))
    """
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return "-", None
    return version, requirement.specifier.contains(version, prereleases=True)


class SetupCheck(Widget):
    """A table of the packages, and a button whose presses arrive as dots.

    Facts: ``presses``, and ``faults``, the number of packages that are missing or too old.

    >>> widget = SetupCheck()
    >>> widget.text
    'All packages are recent enough. Now press the button.'
    >>> widget.press("answer")
    >>> widget.refresh()
    >>> widget.text
    'All packages are recent enough. The page and Python talk to each other: 1 press has arrived.'
    """

    title = "Is everything here?"
    controls = (Button("answer", label="Press me", help="Python counts the presses"),)

    def begin(self) -> None:
        self.presses = 0

    def press(self, name: str) -> None:
        self.presses += 1

    def compute(self, state: dict) -> Scene:
        rows = [(requirement, *installed(requirement)) for requirement in requirements()]
        faults = [
            say("{name} is {verdict}", name=r.name, verdict=WORDS[good]) for r, _, good in rows if not good
        ]
        facts = {"presses": self.presses, "faults": len(faults)}
        figures = [
            Figure("Packages", str(len(rows) - len(faults)), say("of {rows}", rows=len(rows)), large=True),
            Figure("Presses that arrived", str(self.presses), large=True),
        ]
        high = 28 * (len(rows) + 1) + 24
        return Scene(
            [table(rows), way(self.presses), table(rows, SHORT, "short")],
            self.sentence(faults),
            facts,
            rows=(f"{WAY}px", 1),
            columns=(2, 1),
            height=max(high, WAY + 40),
            figures=figures,
            narrow=Narrow(
                (f"{high}px", f"{WAY}px"),
                (1,),
                high + WAY,
                {"short": (0, 0), "way": (1, 0)},
                only=("short",),
                below=TIGHT,
            ),
        )

    def sentence(self, faults: list[str]) -> str:
        packages = word("All packages are recent enough.")
        if faults:
            packages = say("{faults}: see README.md.", faults=joined("; ", faults))
        if not self.presses:
            return say("{packages} Now press the button.", packages=packages)
        return say_many(
            "{packages} The page and Python talk to each other: {number} press has arrived.",
            "{packages} The page and Python talk to each other: {number} presses have arrived.",
            self.presses,
            packages=packages,
        )


def needed(requirement) -> str:
    """The versions that are asked for, the least first; single ones that are left out are not named.

    >>> from packaging.requirements import Requirement
    >>> needed(Requirement("ipywidgets!=8.1.9,<9,>=8.1.5"))
    '>=8.1.5, <9'
    """
    bounds = sorted(str(bound) for bound in requirement.specifier if bound.operator != "!=")
    return ", ".join(reversed(bounds))


def table(rows: list[tuple], places: dict[int, float] = WHOLE, name: str = "table") -> Panel:
    """Package, version found, version needed, verdict: one line each, its columns at `places`."""
    lines = [HEAD] + [(r.name, version, needed(r), VERDICTS[good]) for r, version, good in rows]
    y = np.arange(len(lines), dtype=float)
    marks = [Line([0, 1], [row + 0.5] * 2, color="grid", width=1) for row in y[:-1]]
    for column, x in places.items():
        words = [line[column] for line in lines]
        marks.append(Text([x], y[:1], words[:1], align="left", color="muted"))
        beside = (0, 0)
        if column == 3:
            marks += signs(x, y[1:], [good for _, _, good in rows])
            beside = (20, 0)
        bad = np.array([good is not True and column == 3 for _, _, good in rows], dtype=bool)
        for chosen, look in ((~bad, {"bold": column == 0}), (bad, {"color": "bad", "bold": True})):
            picked = [text for text, take in zip(words[1:], chosen, strict=True) if take]
            if picked:
                look |= {"align": "left", "size": 13, "literal": column < 3, "shift": beside}
                marks.append(Text(np.full(len(picked), x), y[1:][chosen], picked, **look))
    axes = Axis(0, 1, visible=False), Axis(len(lines) - 0.5, -0.7, visible=False)
    return Panel(marks, *axes, at=(0, 0, 2, 1), grid=False, name=name)


def signs(x: float, y: np.ndarray, verdicts: list) -> list:
    """A round sign before each verdict: green where the package will do."""
    marks: list = []
    for good in dict.fromkeys(verdicts):
        sign, color = SIGNS[good]
        there = y[[one is good for one in verdicts]]
        place = np.full(len(there), x)
        marks.append(Text(place, there, [sign] * len(there), color=color, bold=True, size=15, align="left"))
    return marks


def way(presses: int) -> Panel:
    """The page and Python, and between them what has been heard; a dot for each press that arrived."""
    heard, marks = presses > 0, []
    for x, name in ((0.0, word("this page")), (6.6, "Python")):
        marks.append(Region(x, x + 3.4, 0.4, 2.6, color="you-soft" if heard else "panel", alpha=1))
        marks.append(Region(x, x + 3.4, 0.4, 2.6, color="you" if heard else "link", filled=False, width=1.5))
        marks.append(Text([x + 1.7], [1.5], [name], bold=True, size=13))
    if heard:
        marks.append(Arrows([3.6, 6.4], [1.1, 1.9], [2.8, -2.8], [0, 0], color="ink"))
        count = np.arange(min(presses, MOST))
        marks.append(Points(0.5 + count % A_ROW, 3.9 + 0.9 * (count // A_ROW), color="ink", size=6))
    else:
        marks.append(Line([3.6, 6.4], [1.5, 1.5], color="muted", dash="dashed", width=1.5))
        marks.append(Text([5], [0.9], ["?"], color="muted", bold=True, size=14))
        marks.append(
            Text([0], [3.9], [word("Press the button: a dot arrives here.")], color="muted", align="left")
        )
    axes = Axis(-0.1, 10.1, visible=False), Axis(6.4, 0.2, visible=False)
    return Panel(marks, *axes, title="Does a press arrive?", at=(0, 1), grid=False, name="way")
