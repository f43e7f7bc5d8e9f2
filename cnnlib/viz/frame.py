"""What stands around the panels of a scene: large numbers, slots for controls, zones of a slider, trouble."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cnnlib.viz.colors import check_color

PIXELS = r"\d+(?:\.\d+)?px"
OF_WIDTH = rf"(?:{PIXELS} \+ )?\d+% of width"


def check_track(size: float | str) -> float | str:
    """Return the size of a row or column if it is a positive weight or pixels; a ValueError otherwise.

    Pixels may have a limit, a share of the whole.

    >>> check_track("116px"), check_track("min(316px, 36%)")
    ('116px', 'min(316px, 36%)')
    """
    if isinstance(size, str):
        if re.fullmatch(rf"{PIXELS}|min\({PIXELS}, \d+%\)", size):
            return size
    elif size > 0:
        return size
    raise ValueError(
        f"Scene: a row or column is {size!r}; expected a positive number or pixels such as '116px'"
    )


def tracks(sizes: Sequence[float | str], total: float) -> list[float]:
    """Pixels of each row or column: fixed ones as they say, the rest of `total` by weight.

    >>> tracks(("100px", 1, 3), 500)
    [100.0, 100.0, 300.0]
    >>> tracks((1, "min(300px, 40%)"), 500)
    [300.0, 200.0]
    """
    fixed = {i: pixels(size, total) for i, size in enumerate(sizes) if isinstance(size, str)}
    weight = sum(size for size in sizes if not isinstance(size, str)) or 1.0
    spare = max(0.0, total - sum(fixed.values()))
    return [fixed[i] if i in fixed else spare * size / weight for i, size in enumerate(sizes)]


def pixels(size: str, total: float) -> float:
    """Pixels of a fixed size, within its limit if it has one."""
    most, *share = (float(number) for number in re.findall(r"[\d.]+", size))
    return min(most, *(total * part / 100 for part in share)) if share else most


@dataclass(frozen=True)
class Figure:
    """A number that matters, in large type: what it is called, its value in words, its unit.

    `large` marks the one or two that are read first (28 px instead of 20). `mark` is a sign before the
    label that ties the number to what shows it in the picture: ``"solid"``, ``"dashed"``, ``"ring"``.
    `first` puts it before the timeline instead of at the bar's end.

    >>> Figure("Wrong", "16", unit="/ 250", mark="ring").value
    '16'
    """

    label: str
    value: str
    unit: str = ""
    large: bool = False
    mark: str = ""
    color: str = "ink"
    first: bool = False

    def __post_init__(self) -> None:
        check_color("Figure: color", self.color)
        if self.mark not in ("", "solid", "dashed", "ring"):
            raise ValueError(f"Figure: mark is {self.mark!r}; expected '', 'solid', 'dashed' or 'ring'")


@dataclass(frozen=True)
class Slot:
    """A cell of the scene's grid that holds controls, with a heading and a line of explanation above them.

    Which controls live there is said once, in the widget's ``slots``. Without controls a slot holds words.
    """

    name: str
    at: tuple[int, ...] = (0, 0)
    title: str = ""
    text: str = ""

    def __post_init__(self) -> None:
        if len(self.at) not in (2, 4):
            raise ValueError(f"Slot: at is {self.at}; expected (row, column[, rows, columns])")
        object.__setattr__(self, "at", (*self.at, 1, 1)[:4])


@dataclass(frozen=True)
class Anchor:
    """A control at a place of a panel: HTML over the picture, for the mouse, touch and keyboard alike.

    Parameters
    ----------
    control : str
        Name of a control that is in the slot ``"anchored"``.
    panel : str
        Name of the panel whose coordinates `x` and `y` are.
    dx, dy : float
        Pixels to move it by.
    align : {"center", "left", "right"}
        Which part of the control stands at `x`; its middle stands at `y`, or its top if a `popover`.
    popover : str
        A title: the control then opens as a small card with it, and `text` beneath.
    """

    control: str
    panel: str
    x: float
    y: float
    dx: float = 0.0
    dy: float = 0.0
    align: str = "center"
    popover: str = ""
    text: str = ""


@dataclass(frozen=True)
class Zone:
    """A part of a slider's track, up to the value `end`: what such values lead to.

    `text` is a word beneath it, `sign` a shape before the word; `border` are words at its end, above.
    """

    end: float
    text: str
    color: str = "muted"
    sign: str = ""
    border: str = ""

    def __post_init__(self) -> None:
        check_color("Zone: color", self.color)


def check_row(size: float | str) -> float | str:
    """Return the height of a narrow page's row: a track, or what follows the width; a ValueError otherwise.

    >>> check_row("72% of width"), check_row("min(420px, 10px + 79% of width)")
    ('72% of width', 'min(420px, 10px + 79% of width)')
    """
    shared = isinstance(size, str) and re.fullmatch(rf"{OF_WIDTH}|min\({PIXELS}, {OF_WIDTH}\)", size)
    return size if shared else check_track(size)


@dataclass(frozen=True)
class Narrow:
    """The grid of a scene `below` so many pixels of width: the same panels and slots at other places.

    `at` maps names of panels and slots to (row, column[, rows, columns]); what is not named is left out.
    `only` names panels that no other grid shows. A row may follow the width, with some pixels more and with a
    limit or without: ``"72% of width"``, ``"min(420px, 10px + 79% of width)"``. `height` is None where a row
    does so: it is the sum of the rows.

    >>> Narrow(("72% of width", "200px"), (1,), at={"map": (0, 0), "errors": (1, 0)}).at["errors"]
    (1, 0, 1, 1)
    """

    rows: Sequence[float | str]
    columns: Sequence[float | str]
    height: float | None = None
    at: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    only: Sequence[str] = ()
    below: float = 640.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", {name: (*at, 1, 1)[:4] for name, at in self.at.items()})
        for size in self.columns:
            check_track(size)
        for size in self.rows:
            check_row(size)
        if self.height is None and any(not isinstance(size, str) for size in self.rows):
            raise ValueError("Narrow: height is None, but a row has a weight; expected pixels to share out")
        if self.height is not None and any("of width" in str(size) for size in self.rows):
            raise ValueError(
                f"Narrow: height is {self.height}, but a row is a share of the width; expected None"
            )


@dataclass(frozen=True)
class Strip:
    """A line above the picture when something went wrong: what happened and why, and buttons that get out.

    `buttons` are names of `Button` controls in the slot ``"strip"``.
    """

    text: str
    buttons: Sequence[str] = ()
