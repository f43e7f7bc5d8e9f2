"""What notebook 00 shows, in German: every text came through the catalogue and had a translation."""

import re
from dataclasses import dataclass, field

import pytest

from cnnlib.checks import exercise, progress
from cnnlib.checks.judging import judge
from cnnlib.checks.report import Report
from cnnlib.learning import Record, find, items
from cnnlib.runtime.language import SPEECH, Catalogue, spoken
from cnnlib.widgets import ImageGallery, SetupCheck
from cnnlib.widgets.base.packer import Packer
from cnnlib.widgets.cards import Course, Prediction, Quiz
from tests.translating.pseudo import seen
from tests.widgets.sweep import make, moves
from tests.widgets.toy_widget import small_view

WORDS = re.compile(r"[^\W\d_]{2}")
HOLE = re.compile(r"\{[^{}]*\}")
ENGLISH = re.compile(
    r"\b(?:the|of|and|is|are|it|images?|loss|steps?|right|wrong|show|run|answer|with|from)\b", re.I
)
WIDGETS = {
    "view": lambda: small_view(judged="validation images", goal=0.98),
    "small view": small_view,
    "gallery": ImageGallery,
    "check": SetupCheck,
}


@dataclass
class Watched:
    """German, which notes every text that it was asked for and lacks."""

    german: Catalogue
    missing: set = field(default_factory=set)

    def __getattr__(self, name):
        return getattr(self.german, name)

    def gettext(self, text):
        if text not in self.german._catalog and WORDS.search(HOLE.sub("", text)):
            self.missing.add(text)
        return self.german.gettext(text)

    def ngettext(self, one, many, number):
        if (one, 0) not in self.german._catalog:
            self.missing.add(one)
        return self.german.ngettext(one, many, number)


@pytest.fixture
def german(monkeypatch):
    """German for the length of a test, and a record of its own."""
    record = Record(None)
    for name in ("prediction", "questions", "course"):
        monkeypatch.setattr(f"cnnlib.widgets.cards.{name}.my_record", lambda: record)
    with spoken("de"):
        watched = Watched(SPEECH.catalogue)
        SPEECH.catalogue = watched
        yield watched


def told(widget):
    """What the page is told of a widget now."""
    message, _ = widget.live._message(Packer(), asks=False)
    return [*seen(widget.live.spec()), *seen(message)]


def english(texts):
    return sorted({text for text in texts if ENGLISH.search(text)})


@pytest.mark.parametrize("name", WIDGETS)
def test_a_widget_speaks_german_at_every_move(name, german):
    import numpy as np

    widget, texts = WIDGETS[name](), []
    for move in moves(widget, np.random.default_rng(0)):
        make(widget, *move)
        texts += told(widget)
    texts += [widget.live._say_end() or widget.message]
    assert english(texts) == []
    assert sorted(filter(no_value, german.missing)) == []


def no_value(text):
    """Whether a missing text is no value that was typed, none of Python and no name: those stay."""
    return not re.fullmatch(r"['\[{(].*|b'.*|None|True|False|nan|-?inf|-?[\de+.]+|\w+(, \w+)*", text, re.S)


def test_the_view_speaks_german_while_it_trains_and_when_it_fails(german):
    view, texts = small_view(judged="validation images", rate=0.03), []
    for steps in (1, 40, 200, 2000):
        view.advance(steps)
        texts += told(view)
    view.live.receive({"type": "event", "id": 1, "event": {"name": "wall 0", "kind": "click", "index": 0}})
    texts += told(view)
    view.set_state(rate=1.0)
    view.advance(60)
    texts += told(view)
    assert english(texts) == [] and german.missing == set()


def test_the_challenge_is_told_in_german(german):
    view = small_view(goal=0.5)
    view.advance(60)
    assert told(view) and view.live._challenge() == "erreicht" and german.missing == set()


def answers(item):
    """Answers to a question: the right one where it is known, every wrong one, and nonsense."""
    if item.kind == "choice":
        return list(item.answers)
    if item.kind == "number":
        return ["0,5", "7", "10", "50", "", "abc"]
    if item.kind == "order":
        return [list(item.answers), list(reversed(item.answers))]
    return [1, 2, 3, 4]


class Before:
    """What the first cell finds out."""

    accuracy = 0.1239


PREDICTIONS = [item.id for item in items("prediction", "00")]
QUESTIONS = [item.id for item in items("question", "00")]


@pytest.mark.parametrize("name", PREDICTIONS)
def test_a_prediction_speaks_german_whatever_is_said(name, german, monkeypatch):
    texts = []
    places = {"images_to_95": 1, "rates_that_learn": 0}  # as the slow truths of the notebook find out
    for function, place in places.items():
        monkeypatch.setattr(f"cnnlib.learning.truths.nb00.{function}", lambda place=place: place)
    for value in [*answers(find(name)), None]:
        card = Prediction(name, {"before": Before})
        texts += [*seen(card.whole()), *seen(card.spec())]
        card.receive(
            {"type": "skip"} if value is None else {"type": "commit", "value": value, "sure": "certain"}
        )
        texts += seen(card.whole())
        card.receive({"type": "show"})
        texts += seen(card.whole())
    assert english(texts) == []
    assert sorted(filter(no_value, german.missing)) == []


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_speaks_german_in_every_form(name, german):
    texts = []
    for value in answers(find(name)):
        card = Quiz("00")
        card.items = [find(name)] * 3
        card.receive({"type": "begin"})
        for _ in range(3):  # asked again it comes in another form
            texts += seen(card.whole())
            shown = card.whole()["face"]["input"]
            said = value if card.now.reply is None else shown["options"][0]
            card.receive({"type": "answer", "value": said})
            texts += seen(card.whole())
            card.receive({"type": "again"})
        card.receive({"type": "next"})
    assert english(texts) == []
    assert sorted(filter(no_value, german.missing)) == []


def test_the_words_of_a_choice_are_german_and_its_value_stays_the_records(german):
    card = Prediction("00.rates")
    shape = card.whole()["face"]["input"]
    assert shape["options"][0] == "only 0.03" and shape["words"][0] == "nur 0,03"
    card.receive({"type": "commit", "value": "only 0.03", "sure": "a guess"})
    assert card.event["value"] == "only 0.03" and card.event["sure"] == "a guess"
    assert card.whole()["face"]["note"] == "festgelegt: geraten"


def test_the_course_and_the_progress_speak_german(german):
    card = Course()
    texts = [*seen(card.whole()), repr(progress()), progress()._repr_html_()]
    card.receive({"type": "bring", "file": "x.json", "text": "nonsense"})
    texts += seen(card.whole())
    assert english(texts) == [] and german.missing <= {"x.json", "00.untrained", "00.images-seen", "00.rates"}


def test_a_report_speaks_german_around_what_nobody_translated(german):
    relu = exercise.find("03.relu_backward")
    outcome, finding = judge(relu, lambda dy, x: dy[..., None])
    text = repr(Report(relu, outcome, finding))
    assert "hat die Form" in text and "Geprüft mit Fall 1 von" in text and "Hinweis 1: " in text
    assert repr(Report(relu, "right")) == "✓ 03.relu_backward: richtig, in jedem geprüften Fall"
