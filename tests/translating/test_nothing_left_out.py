"""Every widget as a notebook calls it, every card and every report: no word that the catalogue does not know.

The widgets' own moves are swept by tests/widgets/test_languages.py.
"""

import functools
import warnings
from types import SimpleNamespace

import numpy as np
import pytest

import cnnlib.widgets
from cnnlib import load_digits, load_mnist_sample
from cnnlib.checks import exercises
from cnnlib.checks.judging import Finding, judge
from cnnlib.checks.report import Report
from cnnlib.learning import Record, items
from cnnlib.networks import load_digits_cnn, load_mnist_cnn, mnist_cnn
from cnnlib.runtime.language import SPEECH
from cnnlib.widgets.base.packer import Packer
from cnnlib.widgets.cards import Course, Prediction, Quiz, Review, Test, Worked
from tests.translating.pseudo import left_out, unsaid, whole_package
from tools.teaching.lessons import lessons

LINES = [
    (stem, line) for stem, lesson in lessons().items() for part in lesson.sections for line in part.states
]


@pytest.fixture(scope="module")
def variables():
    """What the notebooks' own cells have made when they call a widget."""
    digits, mnist = load_digits(), load_mnist_sample()
    return {
        **{name: getattr(cnnlib.widgets, name) for name in cnnlib.widgets.__all__},
        **{"load_digits_cnn": load_digits_cnn, "load_mnist_cnn": load_mnist_cnn, "mnist_cnn": mnist_cnn},
        **{"load_mnist_sample": load_mnist_sample, "digits": digits, "mnist": mnist},
        **{"images": mnist, "parts": mnist.hold_back(1000), "reader": load_mnist_cnn()},
        **{
            "model": load_digits_cnn(),
            "rate": 0.1,
            "goal": 0.98,
            "recipe": SimpleNamespace(make_model=mnist_cnn),
        },
        "shown": ("shows", "depth", "scale", "rate", "seed"),
        "weight": {"what": "a weight", "layer": "convolution 2", "channel": 3, "input_map": 5},
    }


@pytest.fixture(autouse=True)
def brackets(monkeypatch):
    """A language that knows all texts, and a record of its own."""
    record = Record(None)
    for name in ("prediction", "questions", "course"):
        monkeypatch.setattr(f"cnnlib.widgets.cards.{name}.my_record", lambda: record)
    monkeypatch.setattr(SPEECH, "catalogue", whole_package())
    return record


def answers(item):
    """Answers to a question: every one that has something to say, and nonsense."""
    if item.kind == "choice":
        return list(item.answers)
    if item.kind == "number":
        wrong = [belief.answer for belief in item.wrong if not isinstance(belief.answer, str)]
        return [*wrong, 0.375, "abc", ""]
    if item.kind == "order":
        return [list(item.answers), list(reversed(item.answers))]
    if item.kind == "line":
        return list(range(1, len(item.lines) + 1))
    return [[item.y[0]] * 25, [item.y[1]] * 25]


def some_truth(item, form=0, namespace=None):
    """Something that may be right: what is, is found out by minutes of training, and is no text."""
    if not item.truth:
        return item.right
    if item.kind == "sketch":
        return np.linspace(*item.x[:2], 9), np.full(9, float(item.y[1]))
    if item.kind == "number":
        return 0.375
    return list(item.answers) if item.kind == "order" else item.answers[0]


@pytest.mark.parametrize(("stem", "line"), LINES, ids=[f"{stem} {line[:40]}" for stem, line in LINES])
def test_a_widget_as_a_notebook_calls_it(stem, line, variables):
    if stem == "forward_pass":
        variables = variables | {"images": {"digit": variables["digits"].x_test[0, 0]}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        widget = eval(line, dict(variables))
        told = [widget.live.spec(), widget.live._message(Packer(), asks=False)[0]]
        if widget.playable:
            widget.live.receive({"type": "step", "id": 1})
            told.append(widget.live._message(Packer(), asks=False)[0])
    assert left_out(told) == []


@pytest.mark.parametrize("item", items("prediction"), ids=lambda item: item.id)
def test_a_prediction_whatever_is_said(item, monkeypatch):
    monkeypatch.setattr("cnnlib.widgets.cards.prediction.compute", some_truth)
    told = []
    for value in [*answers(item), None]:
        card = Prediction(item.id)
        card.record = Record(None)
        told += [card.whole(), card.spec()]
        card.receive({"type": "skip"} if value is None else {"type": "commit", "value": value})
        told.append(card.whole())
        card.receive({"type": "show"})
        told.append(card.whole())
    assert left_out(told) == []


@pytest.mark.parametrize("item", [*items("question"), *items("test")], ids=lambda item: item.id)
def test_a_question_in_every_form(item, monkeypatch):
    monkeypatch.setattr("cnnlib.widgets.cards.questions.compute", some_truth)
    told = []
    for value in answers(item):
        card = Worked(item.id)
        told.append(card.spec())
        card.receive({"type": "begin"})
        for _ in range(3):  # asked again it comes in another form
            shown = card.whole()
            said = value if card.now.reply is None else shown["face"]["input"]["options"][0]
            card.receive({"type": "answer", "value": said})
            told += [shown, card.whole()]
            card.receive({"type": "again"})
        card.receive({"type": "next"})
        told.append(card.whole())
    assert left_out(told) == []


def test_other_cards(brackets):
    told = []
    for made in (Course, Review, lambda: Quiz("03"), lambda: Test("A"), lambda: Test("B")):
        card = made()
        told += [card.spec(), card.whole()]
        card.receive({"type": "begin"})
        told.append(card.whole())
        card.receive({"type": "leave"})
        told.append(card.whole())
    brackets.note("prediction", "00.rates", value="only 0.03", sure="certain")
    brackets.note("surprise", "00.rates", near=False, truth="x", belief="", distance=2.0)
    brackets.note("skip", "00.untrained")
    card = Course()
    told.append(card.whole())
    card.receive({"type": "bring", "file": "07.01", "text": "nonsense"})
    told.append(card.whole())
    assert left_out(told) == []


@pytest.mark.parametrize("name", sorted(exercises()))
def test_what_is_said_of_an_exercise(name):
    exercise = exercises()[name]
    reports = [Report(exercise, "right"), Report(exercise, "not attempted")]
    for wrong in exercise.misconceptions:
        reports.append(Report(exercise, "wrong", Finding("", likely=wrong.sentence), shown_hints=2))
    for report in reports:
        said = [text for pair in report._said() if pair[2] != "array" for text in pair[:2]]
        said = [text.replace(name, "").replace(exercise.signature, "") for text in said]
        assert [text for text in said if unsaid(text)] == []


def fails(dy, x):
    raise ValueError("abc")


def prints(dy, x):
    print("abc")
    return dy


def changes(dy, x):
    dy *= 0
    return dy


#: What Python says, and the learner's own line.
CODE = ("str", "ValueError", "TypeError", 'raise ValueError("abc")', 'raise ("abc")')
CODE += ("<lambda>() takes 1 positional argument but 2 were given",)
WRONG = {
    **{"shape": lambda dy, x: dy[..., None], "sign": lambda dy, x: -dy},
    **{"many": lambda dy, x: (dy, dy), "word": lambda dy, x: "abc", "single": lambda dy, x: dy.astype("f2")},
    **{
        "fails": fails,
        "prints": prints,
        "changes": changes,
        "few": lambda dy: dy,
        "nan": lambda dy, x: dy / 0,
    },
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_said_of_an_answer_that_is_wrong(name):
    relu = exercises()["03.relu_backward"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outcome, finding = judge(relu, WRONG[name])
    said = [
        text for pair in Report(relu, outcome, finding)._said() if pair[2] != "array" for text in pair[:2]
    ]
    assert outcome == "wrong"
    code = (relu.name, relu.signature, *CODE)
    said = [functools.reduce(lambda text, part: text.replace(part, ""), code, text) for text in said]
    assert [text for text in said if unsaid(text)] == []
