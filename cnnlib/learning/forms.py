"""Which question is asked next, and in which form: one that went another way returns in another form."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cnnlib.learning.grading import Grade, grade, read_answer
from cnnlib.learning.items import Belief, Item, items
from cnnlib.runtime.language import say

#: How many questions close a notebook.
DRAWN = 5


@dataclass(frozen=True)
class Asked:
    """A question as it is put this time.

    Attributes
    ----------
    item : Item
    form : int
        Which of the given values it has.
    options : tuple of str
        The choices in the order of the page; of an order, the things as they stand at first.
    reply : Belief or None
        With one, the question is what to say to somebody who believes it.
    """

    item: Item
    form: int = 0
    options: tuple[str, ...] = ()
    reply: Belief | None = None

    @property
    def text(self) -> str:
        """The question in words."""
        question = self.item.text(self.form)
        if self.reply is None:
            return question
        return say(
            "{question} Somebody answers: “{answer}” Which reply fits?",
            question=question,
            answer=self._in_words(self.reply.answer),
        )

    def _in_words(self, answer: Any) -> str:
        if self.item.kind == "order":
            return say("{first}, before {second}", first=answer[0], second=answer[1])
        if self.item.kind == "line":
            return say("line {answer}", answer=answer)
        return f"{answer:g} {self.item.unit}".strip() if isinstance(answer, (int, float)) else str(answer)

    def grade(self, value: Any, truth: Any) -> Grade:
        """Say what an answer is worth; `truth` is what is right in the plain form."""
        if self.reply is None:
            return grade(self.item, value, truth, self.form)
        if value == self.reply.says:
            return Grade(True)
        return Grade(False, self.reply.name, "That sentence speaks to another belief than this one.", 2.0)

    def right(self, truth: Any) -> Any:
        """Return the right answer of this form."""
        return truth if self.reply is None else self.reply.says

    def check(self, value: Any) -> None:
        """Raise `Unreadable` if the value is no answer to this form."""
        if self.reply is None:
            read_answer(self.item, value)


def ask(item: Item, earlier: Sequence[Mapping] = ()) -> Asked:
    """Put a question: as it is at first, in another form when it was answered before.

    Parameters
    ----------
    item : Item
    earlier : sequence of dict
        The record's answers to it, in the order of time.

    Examples
    --------
    >>> item = Item("01.x", "question", "choice", "Why?", right="A", wrong=(Belief("B", "b", "Not B."),))
    >>> ask(item, [{"right": False, "value": "B"}]).reply.answer
    'B'
    """
    rng, tries = random.Random(f"{item.id}/{len(earlier)}"), len(earlier)
    if tries % 2 == 1 and not item.given and (belief := _to_answer(item, earlier[-1])):
        others = [b.says for b in _beliefs(item) if b.says != belief.says]
        others += [b.says for other in items("question", item.notebook) for b in _beliefs(other)]
        options = list(dict.fromkeys([belief.says, *others]))[:3]
        rng.shuffle(options)
        return Asked(item, tries, tuple(options), belief)
    options = list(item.answers)
    if item.kind == "order" or not item.choices:
        rng.shuffle(options)
        if item.kind == "order" and options == list(item.answers):
            options = options[1:] + options[:1]
    return Asked(item, tries, tuple(options))


def _beliefs(item: Item) -> tuple[Belief, ...]:
    return tuple(belief for belief in (*item.wrong, *item.choices) if belief.says)


def _to_answer(item: Item, last: Mapping) -> Belief | None:
    """The belief behind the last answer; the first one of the item where none is known."""
    beliefs = _beliefs(item)
    held = (b for b in beliefs if b.answer == last.get("value") or b.name == last.get("belief"))
    return next(held, next(iter(beliefs), None))


def draw(notebook: str, answers: Mapping[str, Sequence[Mapping]], number: int = DRAWN) -> list[Item]:
    """Draw questions of a notebook's pool: those never asked first, then those last answered otherwise.

    >>> len(draw("01", {}))
    5
    """
    pool = items("question", notebook)
    rng = random.Random(f"{notebook}/{sum(map(len, answers.values()))}")
    rng.shuffle(pool)

    def rank(item: Item) -> int:
        earlier = answers.get(item.id, ())
        return 0 if not earlier else 1 if not earlier[-1]["right"] else 2

    return sorted(pool, key=rank)[:number]
