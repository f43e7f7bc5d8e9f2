"""What is asked: predictions, closing questions and the test, as data; one TOML file a notebook.

A file ``items/nb03.toml`` holds tables ``[[prediction]]`` and ``[[question]]``; ``items/test.toml`` holds
``[[test]]``. What an entry says:

``id``, ``was``
    ``"03.window"``, and the names it had before, under which a record may still know it.
``kind``, ``ask``, ``code``
    ``number``, ``choice``, ``order``, ``line`` or ``sketch``; the question in plain words (code between
    backticks); lines of code beneath it.
``truth``
    A function of `cnnlib.learning.truths` that computes what is right: a number; the place of the right
    choice, counted from 0; the right order; a sketch's x and y.
``right``
    In its place where nothing is to be computed: the right choice, the right order, the right line.
``wrong``
    Answers that come of a belief: ``[answer, belief, sentence]``. For an order ``[this, before this, belief,
    sentence]``. A choice with a computed answer has ``choices`` of the same form, in the order of the page.
``why``
    What is told when it is over: one to three sentences.
``near``, ``log``, ``unit``, ``axis``
    Of numbers: how far off is still near (a factor if `log`), and the axis [low, high] of the picture.
``given``
    Values for the names in ``{braces}`` of `ask`, one table for each form of the question.
``reveal``
    ``"run"``: what came out is shown as soon as the next cell has run. ``"try"``: when asked for.
``covers``
    Of a prediction: how many code cells beneath its card stay covered until it is made; 1 unless given.
``x``, ``y``
    Of a sketch: ``[low, high, label]``, those of the picture that follows; with `log` x by powers of ten.
    Its beliefs are ``["above", …]`` and ``["below", …]`` what came out.
``things``
    What is to be ordered, where the order is computed.
``free``
    Of an order: groups of things that may stand in any order among themselves.
``objective``, ``level``
    Of the test: what it asks for, and how difficult it is taken to be (0 is middling, 1 harder).
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cnnlib.learning.names import renumbered
from cnnlib.runtime.language import say, word

FOLDER = Path(__file__).parent / "items"
KINDS = ("number", "choice", "order", "line", "sketch")
USES = ("prediction", "question", "test")


@dataclass(frozen=True)
class Belief:
    """An answer that comes of a belief.

    Parameters
    ----------
    answer : str, number or (str, str)
        What is answered; of an order: what stands before what; of lines: the number of the line, from 1.
    name : str
        The belief in a few words; empty where an answer is right or says nothing.
    says : str
        A sentence that speaks to it.
    """

    answer: Any
    name: str
    says: str


@dataclass(frozen=True)
class Item:
    """One thing that is asked; the module's text says what its fields are."""

    id: str
    use: str
    kind: str
    ask: str
    code: str = ""
    truth: str = ""
    right: Any = None
    wrong: tuple[Belief, ...] = ()
    choices: tuple[Belief, ...] = ()
    why: str = ""
    near: float = 0.0
    log: bool = False
    unit: str = ""
    axis: tuple[float, float] | None = None
    given: tuple[dict, ...] = ()
    reveal: str = "run"
    covers: int = 1
    x: tuple = ()
    y: tuple = ()
    was: tuple[str, ...] = ()
    objective: str = ""
    level: float = 0.0
    things: tuple[str, ...] = ()
    free: tuple[tuple[str, ...], ...] = ()

    @property
    def notebook(self) -> str:
        """The number of its notebook, ``"03"``; ``"test"`` for the test's."""
        return self.id.partition(".")[0]

    def text(self, form: int = 0) -> str:
        """Return the question in one of its forms, in the learner's language, the given values in place."""
        values = self.values(form)
        return say(self.ask, **values) if values else word(self.ask)

    def values(self, form: int = 0) -> dict:
        """Return the values of one of its forms; empty if it has one form alone."""
        return self.given[form % len(self.given)] if self.given else {}

    @property
    def lines(self) -> list[str]:
        """The lines of its code, each with the spaces before it; none if it has no code."""
        return self.code.strip("\n").splitlines()

    @property
    def answers(self) -> tuple[str, ...]:
        """The choices, or the things to order, in the order of the file; the right one is among them."""
        if self.choices:
            return tuple(belief.answer for belief in self.choices)
        if self.kind == "order":
            return self.things or tuple(self.right)
        return (self.right, *(belief.answer for belief in self.wrong)) if self.kind == "choice" else ()


def _item(use: str, entry: dict) -> Item:
    """Make an item of an entry; ValueError names what is wrong with it."""
    entry = dict(entry)
    name = entry.get("id", "(without id)")
    for key in ("wrong", "choices"):
        entry[key] = tuple(_belief(row, name) for row in entry.get(key, ()))
    for key in ("given", "was", "x", "y", "axis", "things"):
        if key in entry:
            entry[key] = tuple(entry[key])
    entry["free"] = tuple(map(tuple, entry.get("free", ())))
    try:
        item = Item(use=use, **entry)
    except TypeError as error:
        raise ValueError(f"item {name}: {error}") from error
    if item.kind not in KINDS:
        raise ValueError(f"item {name}: kind {item.kind!r}, expected one of {', '.join(KINDS)}")
    if bool(item.truth) == (item.right is not None):
        raise ValueError(f"item {name}: expected either truth or right")
    return item


def _belief(row: Sequence, name: str) -> Belief:
    """Make a belief of ``[answer, belief, sentence]`` or ``[this, before this, belief, sentence]``."""
    if len(row) == 4:
        return Belief((row[0], row[1]), row[2], row[3])
    if len(row) != 3:
        raise ValueError(f"item {name}: {row!r}, expected [answer, belief, sentence]")
    return Belief(*row)


@cache
def load(folder: Path = FOLDER) -> dict[str, Item]:
    """Return all items by id, in the order of the files.

    Raises
    ------
    ValueError
        If an entry cannot be read or an id, old ones included, is there twice.
    """
    found: dict[str, Item] = {}
    names: set[str] = set()
    for path in sorted(folder.glob("*.toml")):
        for use, entries in tomllib.loads(path.read_text("utf-8")).items():
            for entry in entries:
                item = _item(use, entry)
                for name in (item.id, *item.was):
                    if name in names:
                        raise ValueError(f"{path.name}: {name!r} is there twice, expected a new name")
                    names.add(name)
                found[item.id] = item
    return found


def items(use: str | None = None, notebook: str | None = None) -> list[Item]:
    """Return the items of a use (``"prediction"``, ``"question"``, ``"test"``) and a notebook (``"03"``).

    >>> len(items("question", "01")) >= 12
    True
    """
    return [
        item
        for item in load().values()
        if (use is None or item.use == use) and (notebook is None or item.notebook == notebook)
    ]


@cache
def _present_names() -> dict[str, str]:
    return {old: item.id for item in load().values() for old in (item.id, *item.was)}


def present_name(name: str) -> str:
    """Return the present id of an item that may have had another; an unknown name as it is."""
    return _present_names().get(name, name)


def find(name: str) -> Item:
    """Return the item of a name, present or former.

    Raises
    ------
    ValueError
        If there is none; the message names the nearest ones.
    """
    known = load()
    present = present_name(name)
    if present not in known:  # perhaps under the number that its notebook had
        present = present_name(renumbered(str(name), version=1))
    if present not in known:
        near = difflib.get_close_matches(str(name), known, n=3, cutoff=0.3) or list(known)[:3]
        raise ValueError(f"name: got {name!r}, expected an item such as {', '.join(map(repr, near))}")
    return known[present]
