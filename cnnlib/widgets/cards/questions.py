"""Questions that answer back: those that close a notebook, those that are due, and the test."""

from __future__ import annotations

from typing import Any

from cnnlib.learning import Grade, Item, Unreadable, compute, find, my_record
from cnnlib.learning.forms import Asked, ask, draw
from cnnlib.learning.items import items
from cnnlib.learning.spacing import RULE
from cnnlib.runtime.language import say, say_many
from cnnlib.widgets.cards import faces
from cnnlib.widgets.cards.card import Card

#: What is said to an answer behind which no belief is known.
OTHERWISE = {
    "number": "It is another number. What would have to be so, if it were this one?",
    "choice": "What would have to be so, if it were this one?",
    "order": "Some of them stand the other way round: which one needs what another makes?",
    "line": "This line does what it should. Follow the shapes and the signs through the others.",
    "sketch": "The two lines lie further apart than that.",
}

#: How many questions a review asks at most: ten minutes' worth.
REVIEWED = 20


def quiz(notebook: str) -> None:
    """Show five questions of a notebook's pool, ``quiz("01")``; those never asked come first.

    Raises
    ------
    ValueError
        If that notebook has no questions.
    """
    from IPython.display import display

    display(Quiz(notebook))


def worked(*names: str) -> None:
    """Show worked examples to be completed, ``worked("03.worked-pool")``: rungs between two exercises."""
    from IPython.display import display

    display(Worked(*names))


def review() -> None:
    """Show what is due today over all notebooks."""
    from IPython.display import display

    display(Review())


class Questions(Card):
    """A card that puts one question after the other.

    Parameters
    ----------
    name : str
        For its still and its repr.
    asked : list of Item
        What is asked, in this order.
    """

    title = "Question"

    def __init__(self, name: str, asked: list[Item]) -> None:
        super().__init__()
        self.name, self.items = name, asked
        self.record = my_record()
        self.place = 0
        self.begun = False
        self.results: list[bool] = []
        self.now: Asked | None = None
        self.value: Any = None
        self.grade: Grade | None = None

    # What the buttons do.

    def on_begin(self, message: dict) -> None:
        """Put the first question."""
        self.begun = True
        self._put()

    def on_answer(self, message: dict) -> None:
        """Grade an answer and keep it."""
        if self.now is None or self.grade is not None:
            return
        try:
            self.now.check(message.get("value"))
            self.grade = self.now.grade(message.get("value"), self.truth)
        except Unreadable as sentence:
            self.message = str(sentence)
            return
        self.value = message.get("value")
        self._keep()

    def on_again(self, message: dict) -> None:
        """The same question once more, in another form; it is kept as another answer."""
        self._put()

    def on_next(self, message: dict) -> None:
        """Go on; the next question, or the end."""
        self.results.append(bool(self.grade and self.grade.near))
        self.place += 1
        self._put()

    on_later = on_next

    def _put(self) -> None:
        self.value = self.grade = self.now = None
        if self.place < len(self.items):
            item = self.items[self.place]
            self.now = self._ask(item)

    def _ask(self, item: Item) -> Asked:
        return ask(item, self.record.answers().get(item.id, ()))

    def _keep(self) -> None:
        item, reply = self.now.item, self.now.reply
        how = {"belief": self.grade.belief} if not self.grade.near else {}
        more = {"form": "reply" if reply else self.now.form} | how
        self.record.note("answer", item.id, value=self.value, right=self.grade.near, **more)

    @property
    def truth(self) -> Any:
        """What is right in the plain form of the present question."""
        return compute(self.now.item, self.now.form)

    # What is on it.

    def opening(self) -> str:
        """What is said before the first question."""
        raise NotImplementedError

    def closing(self) -> str:
        """What is said after the last one."""
        near = sum(self.results)
        about = {"near": near, "asked": len(self.results)}
        if near == len(self.results):
            return say("{near} of {asked} in the end.", **about)
        return say(
            "{near} of {asked} in the end. The others come back in `review.ipynb`, in another form.", **about
        )

    def blank_face(self) -> dict:
        return {
            "title": self.title,
            "mark": "Q",
            "tone": "",
            "ask": self.opening(),
            "note": "",
            "input": None,
            "buttons": [faces.button("begin", "Begin", primary=True)] if self.items else [],
            "still": "Run this cell to answer on the card.",
        }

    def face(self) -> dict:
        if not self.begun:
            return self.blank_face()
        if self.now is None:
            return {**self.blank_face(), "ask": self.closing(), "buttons": [], "mark": "✓"}
        item = self.now.item
        face = {
            "title": self.title,
            "mark": "Q",
            "tone": "",
            "note": self.note(),
            "ask": self.now.text,
            "code": item.lines if item.code and (self.now.reply or item.kind != "line") else None,
            "input": faces.input_of(self.now),
            "buttons": [faces.button("answer", "Answer", primary=True, takes=True)],
            "hint": "Keys 1 to 9 choose, Enter answers."
            if self.now.reply or item.kind in ("choice", "line")
            else "",
        }
        return face if self.grade is None else face | self._answered()

    def note(self) -> str:
        """Where one is: the number of the question, and of its notebook."""
        return say("{number} of {total}", number=self.place + 1, total=len(self.items))

    def _answered(self) -> dict:
        """The face's parts once an answer was given."""
        near, item = self.grade.near, self.now.item
        shape = faces.input_of(self.now) | {"value": self.value, "done": True}
        shape["marks"] = {str(self.value): "yes" if near else "no"}
        if near:
            head = "Near enough." if item.kind == "number" and self.grade.distance else "Yes."
            says = [{"tone": "near", "head": head, "text": self._why()}]
            buttons = [faces.button("next", "Go on", primary=True)]
        else:
            text = self.grade.says or OTHERWISE[item.kind]
            says = [{"tone": "far", "head": "Not this one.", "text": text}]
            again = [faces.button("again", "Try again", primary=True)]
            buttons = [*again, faces.button("later", "Ask me later")]
        return {
            "input": shape,
            "says": says,
            "buttons": buttons,
            "hint": "",
            "tone": "near" if near else "far",
            "mark": "✓" if near else "≠",
        }

    def _why(self) -> str:
        item = self.now.item
        if item.kind == "number":
            about = {"value": faces.show(item, self.truth), "unit": item.unit, "why": item.why}
            return say("It is {value} {unit}. {why}" if item.unit else "It is {value}. {why}", **about)
        return item.why


class Quiz(Questions):
    """Five questions that close a notebook.

    >>> card = Quiz("01")
    >>> card.receive({"type": "begin"})
    >>> card.face()["note"]
    '1 of 5'
    """

    title = "Questions"

    def __init__(self, notebook: str) -> None:
        self.pool = items("question", notebook)
        if not self.pool:
            known = ", ".join(sorted({item.notebook for item in items("question")}))
            raise ValueError(f"notebook: got {notebook!r}, expected one of {known}")
        self.notebook = notebook
        super().__init__(f"quiz-{notebook}", draw(notebook, my_record().answers()))

    def opening(self) -> str:
        return say(
            "{items} questions of the {pool} of this notebook. They answer back, and come back another day.",
            items=len(self.items),
            pool=len(self.pool),
        )


class Worked(Questions):
    """Worked examples whose lines are to be put in order, or with a gap."""

    title = "Worked example"

    def __init__(self, *names: str) -> None:
        super().__init__("-".join(("worked", *names)), [find(name) for name in names])

    def opening(self) -> str:
        return say_many(
            "A worked example to complete, about 5 minutes.",
            "{number} worked examples to complete, about 5 minutes.",
            len(self.items),
        )


class Review(Questions):
    """What is due today, over all notebooks."""

    title = "Review"

    def __init__(self) -> None:
        self.due = my_record().due()
        super().__init__("review", [find(name) for name in self.due[:REVIEWED]])

    def blank_face(self) -> dict:
        empty = "It asks what is due today, ten minutes at most. Questions come from the notebooks you did."
        return {**super().blank_face(), "still": say("Run this cell: {empty}", empty=empty)}

    def opening(self) -> str:
        if not self.record.answers():
            return (
                "Nothing is due yet: questions come here from the notebooks that you have closed with them."
            )
        if not self.due:
            return "Nothing is due today."
        about = {"due": len(self.due), "first": REVIEWED, "rule": RULE}
        if len(self.due) > REVIEWED:
            return say(
                "{due} due today, the first {first} of them now. The days are chosen by {rule}.", **about
            )
        return say("{due} due today. The days are chosen by {rule}.", **about)

    def note(self) -> str:
        return say("{note} · notebook {notebook}", note=super().note(), notebook=self.now.item.notebook)
