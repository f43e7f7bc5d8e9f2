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
class Cut:
    """What goes when time is short, within a part (a section, or "Exercises"), and the minutes it saves."""

    at: str
    what: str
    minutes: int


@dataclass(frozen=True)
class Script:
    """How a section is taught: what is written on the board, what is skipped, what its row must warn of."""

    at: str
    write: str = ""
    skip: str = ""
    mind: str = ""


@dataclass(frozen=True)
class Guide:
    """All of it for one lesson.

    `skip` names the sections that a class without the notebooks before leaves out, `goals` what that does
    to the goals.
    """

    arrival: int = ARRIVAL
    goals: str = ""
    read: tuple[Read, ...] = ()
    recap: tuple[Recap, ...] = ()
    skip: tuple[str, ...] = ()
    trust: tuple[str, ...] = ()
    stuck: tuple[Stuck, ...] = ()
    believe: tuple[Believe, ...] = ()
    state: tuple[State, ...] = ()
    cut: tuple[Cut, ...] = ()
    script: tuple[Script, ...] = ()

    def mind(self, title: str) -> str:
        """What the row of a section warns of."""
        return next((each.mind for each in self.script if each.at == title), "")


KINDS = {"read": Read, "recap": Recap, "stuck": Stuck, "believe": Believe, "state": State}
KINDS |= {"cut": Cut, "script": Script}


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
