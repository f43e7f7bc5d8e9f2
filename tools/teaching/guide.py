"""What a plan says beside the notebook's text, from ``teaching/lessons.toml``: reading, recap, trouble."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tools.teaching.lessons import ROOT

FILE = ROOT / "teaching" / "lessons.toml"
ARRIVAL = 5
LINE = re.compile(r"`(\w+\(.*?\))`")


@dataclass(frozen=True)
class Recap:
    """One thing to recall: the question, its answer, a line for the board."""

    ask: str
    answer: str
    board: str


@dataclass(frozen=True)
class Read:
    """What a teacher reads beforehand: a section of the notebook, or by `link` something beyond it; why."""

    what: str
    minutes: int
    why: str
    link: str = ""


@dataclass(frozen=True)
class Stuck:
    """Where trouble is expected: the section, what is seen, what helps."""

    at: str
    seen: str
    help: str


@dataclass(frozen=True)
class Believe:
    """What learners say, what to show them, until they say what."""

    say: str
    show: str
    until: str

    @property
    def lines(self) -> list[str]:
        """The lines of code in what is shown.

        >>> Believe("", "`ChainRule()`, then the loops", "").lines
        ['ChainRule()']
        """
        return LINE.findall(self.show)


@dataclass(frozen=True)
class State:
    """A line that opens a widget, and words that stand beneath its picture then."""

    line: str
    words: str


@dataclass(frozen=True)
class Guide:
    """All of it for one lesson; `skip`: sections that a class without the notebooks before leaves out."""

    arrival: int = ARRIVAL
    read: tuple[Read, ...] = ()
    recap: tuple[Recap, ...] = ()
    skip: tuple[str, ...] = ()
    trust: tuple[str, ...] = ()
    stuck: tuple[Stuck, ...] = ()
    believe: tuple[Believe, ...] = ()
    state: tuple[State, ...] = ()


KINDS = {"read": Read, "recap": Recap, "stuck": Stuck, "believe": Believe, "state": State}


@cache
def guides(path: Path = FILE) -> dict[str, Guide]:
    """Return the guides by their lesson's topic.

    Raises
    ------
    TypeError
        If the file names a field that there is not.
    """
    return {topic: _guide(entry) for topic, entry in tomllib.loads(path.read_text("utf-8")).items()}


def _guide(entry: dict) -> Guide:
    """Read one lesson's table."""
    lists = {key: value for key, value in entry.items() if isinstance(value, list)}
    made = {
        key: tuple(KINDS[key](**each) if key in KINDS else each for each in rows)
        for key, rows in lists.items()
    }
    return Guide(**entry | made)
