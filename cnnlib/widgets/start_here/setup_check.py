"""The first cell of the course: are the packages there, and does the page talk to Python?"""

from __future__ import annotations

import tomllib
from importlib import metadata
from pathlib import Path

import numpy as np

from cnnlib.runtime.language import joined, marked, say, say_many, word
from cnnlib.viz import Axis, Figure, Line, Narrow, Panel, Scene, Text
from cnnlib.widgets.base import Button, Widget

GOOD = (True, False, None)
VERDICTS = dict(zip(GOOD, marked("✓ good", "✗ too old", "✗ missing"), strict=True))
WORDS = dict(zip(GOOD, marked("recent enough", "too old", "missing"), strict=True))
HEAD = (*marked("package", "here", "needed"), "")
# Where the columns are, by their number: all of them, and without what is needed.
WHOLE, SHORT = {0: 0.01, 1: 0.31, 2: 0.47, 3: 0.84}, {0: 0.01, 1: 0.47, 3: 0.74}
TIGHT = 340  # pixels of width below which what is needed has no room


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
    """A table of the packages and a button that answers.

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
        height = 28 * (len(rows) + 1) + 24
        return Scene(
            [table(rows), table(rows, SHORT, "short")],
            self.sentence(faults),
            facts,
            height=height,
            figures=figures,
            narrow=Narrow((f"{height}px",), (1,), height, {"short": (0, 0)}, only=("short",), below=TIGHT),
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
        bad = np.array([good is not True and column == 3 for _, _, good in rows], dtype=bool)
        for chosen, look in ((~bad, {"bold": column == 0}), (bad, {"color": "bad", "bold": True})):
            picked = [text for text, take in zip(words[1:], chosen, strict=True) if take]
            if picked:
                look |= {"align": "left", "size": 13, "literal": column < 3}
                marks.append(Text(np.full(len(picked), x), y[1:][chosen], picked, **look))
    axes = Axis(0, 1, visible=False), Axis(len(lines) - 0.5, -0.7, visible=False)
    return Panel(marks, *axes, grid=False, name=name)
