"""A prediction: asked before the experiment, kept when it is made, and met by what came out."""

from __future__ import annotations

import sys
from typing import Any

from cnnlib.learning import Item, NotYet, Unreadable, compute, find, grade, my_record, tally
from cnnlib.learning.forms import Asked
from cnnlib.learning.grading import read_answer
from cnnlib.learning.record import SURE
from cnnlib.runtime.language import say
from cnnlib.widgets.cards import faces
from cnnlib.widgets.cards.card import Card

FAR = 1e6  # what a distance without bound is written as


def predict(name: str) -> None:
    """Show the card of a prediction, such as ``predict("01.window")``.

    Parameters
    ----------
    name : str
        The prediction's id; its words are in ``cnnlib/learning/items``.

    Raises
    ------
    ValueError
        If there is no prediction of that name; the message names the nearest ones.
    """
    from IPython.display import display

    display(Prediction(name))


class Prediction(Card):
    """The card of one prediction.

    Parameters
    ----------
    name : str
        As `predict`.
    namespace : dict, optional
        Where the truth is read from that a cell of the notebook finds out; the notebook's own if not given.

    Examples
    --------
    >>> card = Prediction("01.window")
    >>> card.receive({"type": "commit", "value": "18", "sure": "a guess"})
    >>> card.state
    'committed'
    >>> card.receive({"type": "show"})
    >>> card.state, card.face()["figures"][1]["value"]
    ('shown', '22')
    """

    def __init__(self, name: str, namespace: dict | None = None) -> None:
        super().__init__()
        self.item: Item = find(name)
        if self.item.use != "prediction":
            raise ValueError(f"name: got {name!r}, a {self.item.use}, expected a prediction")
        self.name, self.namespace = self.item.id, namespace
        self.truth: Any = None
        self.record = my_record()

    @property
    def event(self) -> dict:
        """What the record knows of it; empty if nothing."""
        return self.record.predictions().get(self.name, {})

    @property
    def said(self) -> Any:
        """What was committed; None if nothing was, or in words that the item does not know (any more)."""
        try:
            return read_answer(self.item, self.event["value"])
        except (KeyError, TypeError, Unreadable):
            return None

    @property
    def state(self) -> str:
        """``"open"``, ``"committed"`` (or skipped) or ``"shown"``."""
        if not self.event:
            return "open"
        return "shown" if self.truth is not None else "committed"

    # What the buttons do.

    def on_ready(self, message: dict) -> None:
        """Opened once more after all was known: it is known again, as far as it can be computed."""
        if "near" in self.event and self.truth is None:
            self._try_to_show()

    def on_commit(self, message: dict) -> None:
        """Keep what was said, once."""
        try:
            value = read_answer(self.item, message.get("value"))
        except Unreadable as sentence:
            self.message = str(sentence)
            return
        if not self.event:
            sure = message.get("sure") if message.get("sure") in SURE else SURE[0]
            self.record.note("prediction", self.name, value=value, sure=sure)
            WATCH.add(self)

    def on_skip(self, message: dict) -> None:
        """See what happens without a guess: allowed, and noted."""
        if not self.event:
            self.record.note("skip", self.name)
            WATCH.add(self)

    def on_show(self, message: dict) -> None:
        """Show what came out, if the cell that finds it out has run."""
        if not self._try_to_show():
            self.message = "Run the next cell first: it finds this out."

    def cell_has_run(self) -> bool:
        """Another cell has run: show what came out, if it is to be shown then and is known now."""
        if self.item.reveal != "run" or not self._try_to_show():
            return False
        self.changed()
        return True

    def _try_to_show(self) -> bool:
        event = self.event
        if not event:
            return False
        try:
            self.truth = compute(self.item, 0, _notebook() if self.namespace is None else self.namespace)
        except NotYet:
            return False
        WATCH.discard(self)
        if self.said is not None and "near" not in event:
            found = grade(self.item, self.said, self.truth)
            kept = self.truth if isinstance(self.truth, (str, list)) else None
            kept = float(self.truth) if self.item.kind == "number" else kept
            distance = min(found.distance, FAR)
            self.record.note(
                "surprise", self.name, near=found.near, truth=kept, belief=found.belief, distance=distance
            )
        return True

    # What is on it.

    def blank_face(self) -> dict:
        order = self.item.kind == "order" and not self.item.things
        asked = Asked(self.item, 0, tuple(sorted(self.item.answers)) if order else self.item.answers)
        return {
            "title": "Predict",
            "mark": "?",
            "tone": "",
            "ask": self.item.text(),
            "code": self.item.lines or None,
            "input": faces.input_of(asked, sure=True),
            "cover": self.item.covers,
            "buttons": [
                faces.button("commit", "Commit", primary=True, takes=True),
                faces.button("skip", "Show without a guess"),
            ],
            "hint": "Enter commits. It cannot be changed afterwards.",
            "still": "Run this cell to commit your prediction on the card, then go on.",
        }

    def face(self) -> dict:
        face = {**self.blank_face(), **self._tally()}
        if self.state == "open":
            return face
        face |= {"cover": 0, "input": None, "buttons": [], "hint": ""}
        skipped = self.said is None
        said = "" if skipped else faces.show(self.item, self.said)
        if self.state == "committed":
            face["note"] = "not tried" if skipped else say("committed: {sure}", sure=self.event["sure"])
            face["figures"] = (
                [] if skipped else [{"label": "You said", "value": said, "unit": self.item.unit}]
            )
            face["hint"] = self._what_next()
            face["buttons"] = [faces.button("show", "Show what came out", primary=self.item.reveal == "try")]
            return face
        return face | self._outcome(said, skipped)

    def _outcome(self, said: str, skipped: bool) -> dict:
        """The face's parts once all is known."""
        was = faces.show(self.item, self.truth) if self.item.kind != "sketch" else ""
        unit = self.item.unit
        figures = [{"label": "It was", "value": was, "unit": unit, "truth": True}] if was else []
        says = [{"tone": "", "head": "Why?", "text": self.item.why}]
        if skipped:
            return {"mark": "·", "figures": figures, "says": says}
        found = grade(self.item, self.said, self.truth)
        if found.says:
            says.append({"tone": "far", "head": "", "text": found.says})
        yours = {"label": "You said", "value": said, "unit": unit}
        parts = {
            "mark": "✓" if found.near else "≠",
            "tone": "near" if found.near else "far",
            "says": says,
            "figures": [yours, *figures] if was else [],
        }
        if self.item.kind == "number" and abs(float(self.truth)) < FAR**2:
            parts["scale"] = faces.scale_of(self.item, self.said, float(self.truth))
        if self.item.kind == "sketch":
            parts["curves"] = faces.curves_of(self.item, self.said, self.truth)
        return parts

    def _what_next(self) -> str:
        if self.item.reveal == "run":
            return "Run the next cell: its result will meet your answer here."
        return "Now try it in the view below; then let the card show what came out."

    def _tally(self) -> dict:
        """How the predictions so far came out, for the head of the card."""
        found = tally(self.record)
        if not found.made:
            return {"note": "", "dots": ""}
        events = [e for e in self.record.predictions().values() if "near" in e][-10:]
        dots = "".join("h" if event["near"] else "m" for event in events)
        return {"note": say("{near} of {made} close", near=found.near, made=found.made), "dots": dots}


def _notebook() -> dict:
    """The variables of the notebook that runs; none outside one."""
    shell = _shell()
    return shell.user_ns if shell is not None else {}


def _shell():
    try:
        from IPython import get_ipython
    except ImportError:
        return None
    return get_ipython() if "IPython" in sys.modules else None


class Watch:
    """The cards that wait for the next cell to run."""

    def __init__(self) -> None:
        self.waiting: list[Prediction] = []
        self._told = False

    def add(self, card: Prediction) -> None:
        """Let a card know when a cell has run from now on."""
        if card not in self.waiting:
            self.waiting.append(card)
        shell = _shell()
        if shell is not None and not self._told:
            shell.events.register("post_run_cell", self.cell_has_run)
            self._told = True

    def cell_has_run(self, result) -> None:
        """IPython says that a cell has run; one that shows another card finds nothing out."""
        if not str(getattr(result.info, "raw_cell", "")).lstrip().startswith("predict("):
            self.look()

    def discard(self, card: Prediction) -> None:
        """A card needs to know no more."""
        if card in self.waiting:
            self.waiting.remove(card)

    def look(self) -> None:
        """A cell has run: tell every card that waits; a failure stays on its card."""
        for card in list(self.waiting):
            try:
                card.cell_has_run()
            except Exception as failure:
                card.message = say(
                    "What came out cannot be shown ({kind}: {failure}).",
                    kind=type(failure).__name__,
                    failure=failure,
                )
                card.changed()


WATCH = Watch()
