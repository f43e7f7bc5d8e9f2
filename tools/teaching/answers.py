"""What is right for each prediction, computed, and kept in ``build/teaching`` until a file changes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from cnnlib.learning import compute, find
from cnnlib.learning.grading import number_of
from cnnlib.learning.items import Belief, Item
from cnnlib.learning.truths import needs
from cnnlib.widgets.cards.faces import show, show_number
from tools.teaching.lessons import ROOT, Lesson
from tools.teaching.variables import variables_for

KEPT = ROOT / "build" / "teaching" / "truths"


@dataclass(frozen=True)
class Choice:
    """One answer to raise a hand for: in words, whether it is right, else the belief behind it."""

    words: str
    right: bool
    belief: str = ""
    says: str = ""


@dataclass(frozen=True)
class Answer:
    """A prediction with what is right."""

    item: Item
    right: str
    choices: tuple[Choice, ...]

    @property
    def usual(self) -> Choice | None:
        """The wrong answer to expect: the first that its author wrote down."""
        beliefs = [belief.name for belief in (*self.item.wrong, *self.item.choices) if belief.name]
        wrong = [choice for choice in self.choices if not choice.right]
        return min(wrong, key=lambda choice: beliefs.index(choice.belief), default=None)

    @property
    def measured(self) -> bool:
        """Whether it is read from what the notebook's own cells found, on this computer."""
        return bool(needs(self.item))


def answers(lesson: Lesson) -> dict[str, Answer]:
    """Return the answers of a lesson's predictions by id, in the notebook's order."""
    names = [name for section in lesson.sections for name in section.predictions]
    truths = _truths(lesson, names)
    return {
        name: Answer(find(name), words(find(name), truths[name]), choices(find(name), truths[name]))
        for name in names
    }


def _truths(lesson: Lesson, names: list[str]) -> dict[str, Any]:
    """Compute them, or read what was computed from the very same files."""
    kept, stamp = KEPT / f"{lesson.name}.json", _stamp(lesson)
    if kept.exists() and (found := json.loads(kept.read_text("utf-8")))["stamp"] == stamp:
        return found["truths"]
    items = [find(name) for name in names]
    truths = {item.id: _plain(compute(item, 0, variables_for(item))) for item in items}
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps({"stamp": stamp, "truths": truths}), "utf-8")
    return truths


def _stamp(lesson: Lesson) -> str:
    """A check sum of all that a truth is computed from."""
    digest = hashlib.sha256(lesson.path.read_bytes())
    for path in sorted([*(ROOT / "cnnlib").rglob("*.py"), *(ROOT / "cnnlib" / "learning").rglob("*.toml")]):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _plain(value: Any) -> Any:
    """A truth as JSON can keep it."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value


def words(item: Item, truth: Any) -> str:
    """Say an answer in words, with its unit.

    >>> words(find("03.passes"), 3732)
    '3,732 passes'
    """
    if item.kind == "sketch":
        first, last = show_number(truth[1][0]), show_number(truth[1][-1])
        return f"{item.y[2]}: from {first} on the left to {last} on the right"
    return f"{show(item, truth)} {item.unit if item.kind == 'number' else ''}".strip()


def choices(item: Item, truth: Any) -> tuple[Choice, ...]:
    """Return what the class can raise hands for: every answer that a belief leads to, and the right one."""
    right = Choice(words(item, truth), True)
    if item.kind == "choice":
        beliefs = {belief.answer: belief for belief in (*item.choices, *item.wrong)}
        return tuple(right if name == truth else _wrong(name, beliefs[name]) for name in item.answers)
    if item.kind == "number":
        found = [(float(truth), right)]
        for belief in item.wrong:
            value = number_of(belief.answer, item.values())
            found.append((value, _wrong(words(item, value), belief)))
        return tuple(choice for _, choice in sorted(found, key=lambda pair: pair[0]))
    if item.kind == "sketch":
        return (*(_wrong(f"{belief.answer} what came out", belief) for belief in item.wrong), right)
    if item.kind == "order":
        return (*(_wrong(f"{b.answer[0]} before {b.answer[1]}", b) for b in item.wrong), right)
    return (*(_wrong(f"line {belief.answer}", belief) for belief in item.wrong), right)


def _wrong(text: str, belief: Belief) -> Choice:
    return Choice(text, False, belief.name, belief.says)
