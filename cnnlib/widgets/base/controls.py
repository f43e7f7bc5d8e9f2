"""Controls, declared: what a learner can change, in which range, and under which name.

A control is data. The page draws it as a native input with an accessible name; `clean` turns whatever
arrives, from the page or from code, into a value of the widget's state, or raises a ValueError whose
message is a sentence for the learner.

>>> LogSlider("rate", 1e-4, 10, 0.1, label="Learning rate").clean("0.25")
0.25
>>> Slider("start", -2, 2, 0, label="Start").clean("abc")
Traceback (most recent call last):
ValueError: Start: expected a number from -2 to 2, received 'abc'
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from cnnlib.runtime.language import joined, say, word

#: How a `Choice` is drawn.
PICKERS = ("list", "segments", "thumbnails")


def show_value(value: Any) -> str:
    """`value` for a message: short, whatever it is."""
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."


def parse_number(value: Any) -> float:
    """A finite float from a number or from text, with a decimal comma allowed; ValueError otherwise.

    >>> parse_number("1e-3"), parse_number("0,5")
    (0.001, 0.5)
    """
    if isinstance(value, str):
        value = value.strip().replace(",", ".").replace("−", "-")
    elif isinstance(value, (bool, np.bool_)) or np.ndim(value) != 0:
        raise ValueError("not a number")
    try:
        number = float(value)
    except (TypeError, OverflowError) as error:
        raise ValueError("not a number") from error
    if not math.isfinite(number):
        raise ValueError("not finite")
    return number


@dataclass(frozen=True)
class Control:
    """Base of the controls that hold a value of the state.

    Parameters
    ----------
    name : str
        Key in the widget's state.
    label : str
        What the page shows; `name` with a capital letter if empty.
    help : str
        A sentence shown as the control's description.
    """

    name: str
    valued: ClassVar[bool] = True  # whether it has a value in the state

    @property
    def title(self) -> str:
        return self.label or self.name.replace("_", " ").capitalize()

    def shown(self, value: Any) -> str:
        """A value in a sentence."""
        plain = isinstance(value, (int, float)) and not isinstance(value, bool)
        return f"{value:.6g}" if plain else str(value)

    def typed(self, value: Any) -> Any:
        """What a value from the page means, before `clean`."""
        return value

    def describe(self) -> dict:
        """The control as JSON for the page, its words in the learner's language."""
        said = {key: word(text) for key, text in vars(self).items() if key in ("unit", "help")}
        return {**vars(self), **said, "kind": type(self).__name__.lower(), "label": word(self.title)}

    def with_range(self, low: float, high: float) -> Control:
        """The same control with another range, see `Widget.limits`."""
        raise TypeError(f"{self.name}: a {type(self).__name__} has no range")


@dataclass(frozen=True)
class Slider(Control):
    """A slider over [low, high] in equal steps, with a box for the exact number.

    `integer` keeps whole numbers. By default there are 200 steps, or steps of 1 for integers.
    """

    low: float
    high: float
    default: float
    step: float | None = None
    label: str = ""
    unit: str = ""
    integer: bool = False
    help: str = ""

    def clean(self, value: Any) -> float | int:
        """`value` as a number in the range; ValueError with a sentence otherwise."""
        kind = word("whole number") if self.integer else word("number")
        expected = say(
            "{title}: expected a {kind} from {low:g} to {high:g}",
            title=self.title,
            kind=kind,
            low=self.low,
            high=self.high,
        )
        try:
            number = parse_number(value)
        except ValueError:
            received = word("nothing") if isinstance(value, str) and not value.strip() else show_value(value)
            raise ValueError(
                say("{expected}, received {received}", expected=expected, received=received)
            ) from None
        if not self.low <= number <= self.high or (self.integer and number != round(number)):
            raise ValueError(say("{expected}, received {nr:g}", expected=expected, nr=number))
        return round(number) if self.integer else number

    def clamp(self, value: float) -> float | int:
        """The nearest value in the range."""
        return min(max(value, self.low), self.high)

    def describe(self) -> dict:
        step = self.step or (1 if self.integer else (self.high - self.low) / 200)
        return {**super().describe(), "kind": "slider", "step": step, "log": isinstance(self, LogSlider)}

    def with_range(self, low: float, high: float) -> Control:
        return type(self)(**{**vars(self), "low": low, "high": max(low, high)})


@dataclass(frozen=True)
class LogSlider(Slider):
    """A slider whose equal movements multiply by equal factors: for rates. The range is positive."""

    def __post_init__(self) -> None:
        if not 0 < self.low < self.high:
            raise ValueError(
                f"{self.name}: range {self.low} to {self.high}; a log slider needs 0 < low < high"
            )


@dataclass(frozen=True)
class Number(Slider):
    """A box for a number, without a slider."""

    def describe(self) -> dict:
        return {**super().describe(), "kind": "number"}


@dataclass(frozen=True)
class TextField(Control):
    """A box for a short text without blanks: letters, digits or ``._+-``.

    >>> TextField("seed", "0.5").clean(" hello ")
    'hello'
    """

    default: str
    longest: int = 40
    label: str = ""
    help: str = ""

    def describe(self) -> dict:
        return {**super().describe(), "kind": "word"}

    def clean(self, value: Any) -> str:
        text = value.strip() if isinstance(value, str) else ""
        if not re.fullmatch(r"[A-Za-z0-9._+-]+", text) or len(text) > self.longest:
            received = word("nothing") if isinstance(value, str) and not value.strip() else show_value(value)
            raise ValueError(
                say(
                    "{title}: expected up to {longest} letters, digits or ._+-, received {received}",
                    title=self.title,
                    longest=self.longest,
                    received=received,
                )
            )
        return text


@dataclass(frozen=True)
class Choice(Control):
    """One of several words: a drop-down list, a row of segments, or thumbnails.

    `picker` is ``"list"``, ``"segments"`` (for two to four short words) or ``"thumbnails"``, whose pictures
    the scene gives (`Scene.pictures`). `words` are shown instead of the options, and code may use either,
    or a number for the word that spells it.

    >>> ground = Choice("ground", ("Rosenbrock's valley", "saddle"), words=("curved valley", "saddle"))
    >>> ground.clean("curved valley"), Choice("batch", ("1", "16")).clean(16)
    ("Rosenbrock's valley", '16')
    """

    options: Sequence[str]
    default: str = ""
    label: str = ""
    help: str = ""
    picker: str = "list"
    words: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.picker not in PICKERS:
            raise ValueError(f"{self.name}: picker is {self.picker!r}; expected one of {', '.join(PICKERS)}")
        object.__setattr__(self, "options", tuple(self.options))
        object.__setattr__(self, "default", self.default or self.options[0])

    def describe(self) -> dict:
        return {**super().describe(), "words": [word(text) for text in self.words or self.options]}

    def shown(self, value: Any) -> str:
        if value not in self.options:
            return str(value)
        return word((self.words or self.options)[self.options.index(value)])

    def clean(self, value: Any) -> str:
        text = f"{value:.6g}" if isinstance(value, (float, np.floating)) else value
        text = str(text) if isinstance(text, (int, np.integer)) and not isinstance(text, bool) else text
        words = self.words or self.options
        for names in (self.options, words, [word(name) for name in words]):
            if isinstance(text, str) and text in names:
                return self.options[tuple(names).index(text)]
        raise ValueError(
            say(
                "{title}: expected one of {options}, received {show}",
                title=self.title,
                options=joined(", ", words),
                show=show_value(value),
            )
        )


@dataclass(frozen=True)
class Toggle(Control):
    """On or off: a check box."""

    default: bool = False
    label: str = ""
    help: str = ""

    def clean(self, value: Any) -> bool:
        if not isinstance(value, (bool, np.bool_)):
            raise ValueError(
                say(
                    "{title}: expected True or False, received {show}",
                    title=self.title,
                    show=show_value(value),
                )
            )
        return bool(value)


@dataclass(frozen=True)
class Button(Control):
    """A button; pressing it calls the widget's ``press(name)``. It holds no value.

    A label of one sign, such as ``"+"``, makes it round; `help` then says to screen readers what it does.
    """

    label: str = ""
    help: str = ""
    valued: ClassVar[bool] = False
