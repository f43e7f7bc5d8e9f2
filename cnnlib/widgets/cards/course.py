"""The learner's course at a glance: what was predicted, answered and solved, and the record to save."""

from __future__ import annotations

from pathlib import Path

from cnnlib.learning import find, items, my_record, tally
from cnnlib.learning.store import NewerRecord
from cnnlib.runtime.language import joined, say, say_many
from cnnlib.widgets.cards import faces
from cnnlib.widgets.cards.card import Card


def my_course() -> None:
    """Show how far one has come: notebook by notebook, how near the predictions were, what surprised."""
    from IPython.display import display

    display(Course())


class Course(Card):
    """The record of a learner as a card, with buttons that save it as one file and bring such a file in.

    >>> Course().face()["rows"][0]
    'No prediction has been made yet: the first is in this notebook.'
    """

    name = "my-course"

    def __init__(self) -> None:
        super().__init__()
        self.record = my_record()
        self.done = ""

    def on_save(self, message: dict) -> None:
        """Write the record into the present folder."""
        saved = self.record.export(Path.cwd()).name
        self.done = say(
            "Saved as {saved} beside this notebook, with a random key in place of a name.", saved=saved
        )

    def on_bring(self, message: dict) -> None:
        """Add what a saved record holds; nothing that is here is lost."""
        name = str(message.get("file") or "the file")
        self.done = ""
        try:
            came, known = self.record.take_in(str(message.get("text", "")))
        except NewerRecord as sentence:
            self.message = say("{name} was not taken: {sentence}.", name=name, sentence=sentence)
        except (ValueError, RecursionError):
            self.message = say(
                "{name} is no record that this course saved, or it is damaged. Nothing was changed here.",
                name=name,
            )
        else:
            self.done = say_many(
                "From {name}: {entries} came in, {number} was here.",
                "From {name}: {entries} came in, {number} were here.",
                known,
                name=name,
                entries=say_many("{number} entry", "{number} entries", came),
            )

    def blank_face(self) -> dict:
        ask = "What you predicted, answered and solved is kept on this computer and nowhere else."
        still = "Run this cell to see how far you have come."
        return {"title": "Your course", "mark": "○", "tone": "", "ask": ask, "still": still}

    def face(self) -> dict:
        return self.blank_face() | {
            "rows": [*self.sentences(), *filter(None, [self.record.sentence])],
            "table": self.table(),
            "buttons": [
                faces.button("save", "Save my record as a file"),
                faces.button("bring", "Bring in a saved record", file=".json"),
            ],
            "hint": self.done,
        }

    def sentences(self) -> list[str]:
        """How near, how sure, where most surprised, what is due."""
        found, due = tally(self.record), len(self.record.due())
        if not found.made:
            lines = ["No prediction has been made yet: the first is in this notebook."]
        else:
            lines = [say("{near} of {made} predictions were close.", near=found.near, made=found.made)]
            if found.skipped:
                lines = [
                    say(
                        "{near} of {made} predictions were close; {skipped} seen without a guess.",
                        near=found.near,
                        made=found.made,
                        skipped=found.skipped,
                    )
                ]
            parts = [
                say("{sure}: {near} of {made}", sure=sure, near=near, made=made)
                for sure, (near, made) in found.by_sureness.items()
                if made
            ]
            lines.append(say("Close when it was {parts}.", parts=joined("; ", parts)))
        if found.surprises:
            asked = [say("“{question}” ({name})", question=find(n).text(), name=n) for n in found.surprises]
            lines.append(say("Furthest off: {questions}", questions=joined(" ", asked)))
        if due:
            lines.append(
                say_many(
                    "{number} question is due in `review.ipynb`.",
                    "{number} questions are due in `review.ipynb`.",
                    due,
                )
            )
        return lines

    def table(self) -> dict:
        """One row a notebook: a mark for each prediction, each question asked, each exercise tried."""
        predictions, answers = self.record.predictions(), self.record.answers()
        solved: dict[str, str] = {}
        for event in self.record.events("exercise"):
            if solved.get(event["id"]) != "right":
                solved[event["id"]] = event["outcome"]
        rows = []
        for notebook in sorted({item.notebook for item in items("prediction")}):
            marks = [_prediction(predictions.get(item.id)) for item in items("prediction", notebook)]
            asked = [
                answers[item.id][-1]["right"] for item in items("question", notebook) if item.id in answers
            ]
            done = [outcome == "right" for name, outcome in solved.items() if name.startswith(notebook)]
            rows.append([notebook, "".join(marks), _marks(asked), _marks(done)])
        head = ["Notebook", "Predictions", "Questions", "Exercises"]
        return {"head": head, "rows": rows, "caption": "● close or right, ⊘ otherwise, · seen, ○ not yet"}


def _prediction(event: dict | None) -> str:
    """One sign: h close, m not, s seen without a guess, or not yet known."""
    if event is None:
        return "."
    if event["what"] == "skip":
        return "s"
    return "." if "near" not in event else "h" if event["near"] else "m"


def _marks(rights: list[bool]) -> str:
    return "".join("h" if right else "m" for right in rights)
