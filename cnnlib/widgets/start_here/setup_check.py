"""The first cell of the course: are the packages there, and does the page talk to Python?"""

from __future__ import annotations

import time
import tomllib
from importlib import metadata
from pathlib import Path

import numpy as np

from cnnlib.runtime.language import joined, marked, say, say_many, word
from cnnlib.viz import Anchor, Arrows, Axis, Line, Narrow, Panel, Points, Region, Scene, Text
from cnnlib.widgets.base import Button, Widget

GOOD = (True, False, None)
WORDS = dict(zip(GOOD, marked("recent enough", "too old", "missing"), strict=True))
BESIDE, FEW = 5, 2  # packages in a line, and on a phone
LINE, FAULT, HEAD = 24, 46, 26  # pixels: a line of packages, what one at fault needs, the panel's title
WAY = 158  # pixels of height for the way of the presses
APART, TIP = 0.7, 2.0  # from a box to the ends of the ways between, and how long an arrow's tip is
WAITS = 3.2  # from a box to where a dot waits beside it
LEFT, RIGHT = 33.5, 66.5  # ends of the two boxes, in hundredths of the width
THERE, BACK = 66.0, 104.0  # pixels from the top down to the way there and to the way back
THERE_AT = 0.5  # share of its way after which a dot is at Python
TRAVELS, PAUSE = 12, 0.035  # pictures of a dot on its way, and seconds between two
CRAMPED = 730  # pixels of width below which five packages have no room in a line
MOST = 12  # dots that are seen of the presses


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
    """A button on the page, from which a dot travels to Python and back; and whether the packages will do.

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
    slots = {"anchored": ("answer",)}

    def begin(self) -> None:
        self.presses, self.at = 0, 1.0
        self.packages = [(requirement, *installed(requirement)) for requirement in requirements()]

    def press(self, name: str) -> None:
        self.presses += 1
        if self.live.page is not None:
            self.travel()

    def travel(self) -> None:
        """Show the dot on its way: every place of it is a message that the page gets from Python."""
        for self.at in np.linspace(0, 1, TRAVELS):
            self.refresh()
            self.live.changed()
            time.sleep(PAUSE)

    def compute(self, state: dict) -> Scene:
        faults = [
            say("{name} is {verdict}", name=r.name, verdict=WORDS[good])
            for r, _, good in self.packages
            if not good
        ]
        whole, few = (package_list(self.packages, beside) for beside in (BESIDE, FEW))
        rows = [f"{WAY}px", f"{whole.y.low + HEAD + 8:.0f}px"]
        short = [f"{WAY}px", f"{few.y.low + HEAD + 8:.0f}px"]
        return Scene(
            [way(self.presses, self.at), whole, few],
            self.sentence(faults),
            {"presses": self.presses, "faults": len(faults)},
            rows=rows,
            height=sum(float(row[:-2]) for row in rows),
            anchors=[Anchor("answer", "way", LEFT / 2, (THERE + BACK) / 2)],
            narrow=Narrow(
                short,
                (1,),
                sum(float(row[:-2]) for row in short),
                {"way": (0, 0), "few": (1, 0)},
                only=("few",),
                below=CRAMPED,
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


def package_list(packages: list[tuple], beside: int) -> Panel:
    """Those at fault in full, each with what to do; of the others a tick and the name, `beside` in a line."""
    good = [(r.name, version) for r, version, fine in packages if fine]
    marks, level = [], 0.0
    for requirement, version, fine in packages:
        if not fine:
            marks += fault(requirement, version, fine, level)
            level += FAULT
    place = np.arange(len(good))
    x, y = place % beside / beside, level + LINE * (place // beside + 0.5)
    if good:
        names = [f"{name} {version}" if beside == BESIDE else name for name, version in good]
        marks.append(Text(x, y, ["✓"] * len(good), color="green", bold=True, size=15, align="left"))
        marks.append(Text(x, y, names, size=13, align="left", shift=(20, 0), literal=True))
        level = y[-1] + LINE / 2
    title = say("{good} of {count} packages are fine", good=len(good), count=len(packages))
    axes = Axis(0, 1, visible=False), Axis(max(level, LINE), 0, visible=False)
    return Panel(marks, *axes, title, (1, 0), grid=False, name="packages" if beside == BESIDE else "few")


def fault(requirement, version: str, fine: bool | None, level: float) -> list[Text]:
    """What is wrong with a package, and the line that mends it."""
    about = {
        "name": requirement.name,
        "version": version,
        "needed": needed(requirement) or word("any version"),
    }
    words = say("{name} is missing; needed: {needed}", **about)
    if fine is False:
        words = say("{name} {version} is too old; needed: {needed}", **about)
    line = f'pip install "{requirement.name}{requirement.specifier}"'
    look = {"size": 13, "align": "left"}
    return [
        Text([0], [level + 11], ["✗"], color="bad", bold=True, **look | {"size": 15}),
        Text([0], [level + 11], [words], color="bad", bold=True, shift=(20, 0), **look),
        Text([0], [level + 30], [line], color="muted", shift=(20, 0), literal=True, **look),
    ]


def way(presses: int, at: float = 1.0) -> Panel:
    """The page and Python, and the ways between them: a dot goes there and comes back, a share `at` of it."""
    arrived = presses - (at < THERE_AT)
    middle, count = (RIGHT + 100) / 2, min(arrived, MOST)
    words = say_many("press arrived", "presses arrived", arrived)
    marks = [
        *box(0, LEFT, word("this page"), arrived > 0),
        *box(RIGHT, 100, "Python", arrived > 0),
        *ways(arrived > 0, at),
        Text([middle], [70], [f"{arrived:,}"], size=34, bold=True, literal=True),
        Text([middle], [101], [words], color="muted", size=12),
    ]
    if arrived:
        x = middle + 2.4 * (np.arange(count) - (count - 1) / 2)
        marks.append(Points(x, np.full(count, 125.0), color="you", size=3.2))
    return Panel(marks, Axis(0, 100, visible=False), Axis(WAY - 10, 0, visible=False), grid=False, name="way")


def box(left: float, right: float, name: str, heard: bool) -> list:
    """A place that hears and speaks: a frame with its name in the upper edge."""
    high, rule = WAY - 12, 30
    return [
        Region(left, right, 2, high, color="you-soft" if heard else "panel", alpha=1),
        Line([left, right], [rule, rule], color="you" if heard else "link", width=1),
        Region(left, right, 2, high, color="you" if heard else "link", filled=False, width=1.5),
        Text([(left + right) / 2], [16], [name], bold=True, size=13),
    ]


def ways(heard: bool, at: float) -> list:
    """The way there and the way back, dashed until a press has come through, and the dot on its way."""
    near, far = LEFT + APART, RIGHT - APART
    middle = (near + far) / 2
    told = {"size": 12, "color": "muted"}
    marks: list = [
        Text([middle], [THERE - 14], [word("your press →")], **told),
        Text([middle], [BACK + 15], [word("← its answer")], **told),
    ]
    if heard:
        marks.append(Arrows([near, far], [THERE, BACK], [far - near, near - far], [0, 0], color="you"))
    else:
        for level, begin, end in ((THERE, near, far), (BACK, far, near)):
            back = TIP if end > begin else -TIP
            marks.append(Line([begin, end - back], [level, level], color="muted", width=1.5, dash="dashed"))
            marks.append(Arrows([end - back], [level], [back], [0], color="muted", width=1.5))
    if at < 1 or not heard:  # before the first press it waits
        begin, end = LEFT + WAITS, RIGHT - WAITS
        x = begin + (end - begin) * min(at, 1 - at) / THERE_AT
        marks.append(
            Points([x], [BACK if THERE_AT <= at < 1 else THERE], color="you", size=8, outline="paper")
        )
    return marks
