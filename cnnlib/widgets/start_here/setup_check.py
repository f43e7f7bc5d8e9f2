"""The first cell of the course: are the packages there, and does the page talk to Python?"""

from __future__ import annotations

import tomllib
from importlib import metadata
from pathlib import Path

import numpy as np

from cnnlib.viz import Axis, Panel, Scene, Text
from cnnlib.widgets.base import Button, Widget

WORDS = {True: "recent enough", False: "too old", None: "missing"}


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
        faults = [f"{r.name} is {WORDS[good]}" for r, _, good in rows if not good]
        facts = {"presses": self.presses, "faults": len(faults)}
        return Scene([table(rows)], self.sentence(faults), facts, height=26 * (len(rows) + 1) + 30)

    def sentence(self, faults: list[str]) -> str:
        packages = f"{'; '.join(faults)}: see README.md." if faults else "All packages are recent enough."
        if not self.presses:
            return f"{packages} Now press the button."
        presses = "1 press has" if self.presses == 1 else f"{self.presses} presses have"
        return f"{packages} The page and Python talk to each other: {presses} arrived."


def table(rows: list[tuple]) -> Panel:
    """Package, version found, version needed, verdict: one line each."""
    head = ("package", "version here", "needed", "verdict")
    lines = [head] + [(r.name, version, str(r.specifier), WORDS[good]) for r, version, good in rows]
    y = np.arange(len(lines), dtype=float)
    marks = [
        Text(np.full(len(lines), x), y, [line[column] for line in lines], align="left", size=13)
        for column, x in enumerate((0.02, 0.3, 0.5, 0.8))
    ]
    axes = Axis(0, 1, visible=False), Axis(len(lines) - 0.5, -0.7, visible=False)
    return Panel(marks, *axes, grid=False)
