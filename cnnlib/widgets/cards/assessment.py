"""The test before and after the course: one form at a time, nothing told."""

from __future__ import annotations

from cnnlib.learning import Item
from cnnlib.learning.assessment import form_of
from cnnlib.learning.forms import Asked, ask
from cnnlib.runtime.language import say
from cnnlib.widgets.cards import faces
from cnnlib.widgets.cards.questions import Questions


def test(form: str) -> None:
    """Show a form of the test: ``test("A")`` before the course, ``test("B")`` after it."""
    from IPython.display import display

    display(Test(form))


class Test(Questions):
    """One form of the test: sixteen questions, no answer told, nothing asked twice."""

    __test__ = False
    title = "Test"

    def __init__(self, form: str) -> None:
        self.form = form
        super().__init__(f"test-{form}", form_of(form))

    def opening(self) -> str:
        return say(
            "Form {form}: {items} questions, about 20 minutes. What is right is not told, "
            "so that the two forms can be compared; leave out what you do not know.",
            form=self.form,
            items=len(self.items),
        )

    def closing(self) -> str:
        return say(
            "Done: {right} of {asked} right. Save your record in notebook 00.",
            right=sum(self.results),
            asked=len(self.results),
        )

    def _ask(self, item: Item) -> Asked:
        asked = ask(item)
        return Asked(item, 0, asked.options)

    def _keep(self) -> None:
        more = {"form": self.form, "belief": self.grade.belief}
        self.record.note("test", self.now.item.id, value=self.value, right=self.grade.near, **more)

    def on_leave(self, message: dict) -> None:
        """Leave a question out: it counts as not known."""
        self.record.note("test", self.now.item.id, value=None, right=False, form=self.form, belief="")
        self.on_next(message)

    def face(self) -> dict:
        face = super().face()
        if self.now is not None and self.grade is None:
            face["buttons"] = [*face["buttons"], faces.button("leave", "I do not know")]
        return face

    def _answered(self) -> dict:
        shape = faces.input_of(self.now) | {"value": self.value, "done": True}
        return {"input": shape, "buttons": [faces.button("next", "Go on", primary=True)], "hint": "Kept."}
