"""Cards as a learner meets them: committed, met by what came out, answered, tried again; and as stills."""

from types import SimpleNamespace

import pytest

from cnnlib.learning import find, items
from cnnlib.learning import record as module
from cnnlib.learning.record import Record
from cnnlib.widgets.cards import Course, Prediction, Quiz, Review, Test, Worked
from cnnlib.widgets.cards.prediction import WATCH
from cnnlib.widgets.cards.still import still_html


@pytest.fixture(autouse=True)
def record(monkeypatch):
    """A record of this test's own, in memory."""
    record = Record(None)
    for name in ("prediction", "questions", "course"):
        monkeypatch.setattr(f"cnnlib.widgets.cards.{name}.my_record", lambda: record)
    yield record
    WATCH.waiting.clear()


def press(card, name, **more):
    """Press a button of a card, and see that it was there to be pressed."""
    assert name in [button["name"] for button in card.face()["buttons"]]
    card.receive({"type": name, **more})
    return card.face()


def test_before_a_commitment_a_card_tells_nothing():
    for item in items("prediction"):
        face = Prediction(item.id, {}).face()
        assert face["cover"] and [b["name"] for b in face["buttons"]] == ["commit", "skip"]
        assert not face.get("says") and not face.get("figures") and item.why not in str(face)


def test_a_commitment_is_kept_and_met_by_what_came_out(record):
    card = Prediction("01.window")
    face = press(card, "commit", value="16", sure="certain")
    assert face["figures"] == [{"label": "You said", "value": "16", "unit": ""}] and not face["cover"]
    assert card.cell_has_run()
    face = card.face()
    assert (face["tone"], face["figures"][1]["value"]) == ("far", "22")
    assert "counts twice" in face["says"][1]["text"] and face["scale"]["was"] == 22
    assert record.predictions()["01.window"] | {"when": ""} == {
        "what": "prediction",
        "id": "01.window",
        "value": 16.0,
        "sure": "certain",
        "when": "",
        "near": False,
        "truth": 22.0,
        "belief": "weights of the side column taken as 1",
        "distance": pytest.approx(15),
    }
    card.receive({"type": "commit", "value": "22"})
    assert record.predictions()["01.window"]["value"] == 16.0, "it cannot be changed afterwards"


def test_a_table_of_numbers_keeps_its_columns():
    lines = Prediction("01.pooled").face()["code"]
    assert lines[0] == " 1  -2   3   0" and len({len(line) for line in lines}) == 1


def test_a_good_guess_is_near():
    card = Prediction("01.window")
    press(card, "commit", value="22")
    assert press(card, "show")["tone"] == "near"


def test_skipping_is_allowed_and_noted(record):
    card = Prediction("01.window")
    assert press(card, "skip")["note"] == "not tried"
    face = press(card, "show")
    assert face["tone"] == "" and face["figures"][0]["value"] == "22"
    assert record.predictions()["01.window"]["what"] == "skip"


def test_what_is_no_number_is_told_and_not_kept(record):
    card = Prediction("01.window")
    card.receive({"type": "commit", "value": "many"})
    assert "number" in card.message and card.state == "open" and record.events() == []


def test_what_the_notebook_finds_out_is_asked_for_when_it_is_there():
    namespace = {}
    card = Prediction("02.sevens", namespace)
    press(card, "commit", value="4")
    card.receive({"type": "show"})
    assert "Run the next cell first" in card.message and not card.cell_has_run()
    import numpy as np

    namespace["said"] = np.array([1, 7, 9])
    assert card.cell_has_run() and card.face()["figures"][1]["value"] == "1"


def test_a_card_opened_again_knows_what_was_said(record):
    first = Prediction("01.window")
    press(first, "commit", value="22")
    first.cell_has_run()
    again = Prediction("01.window")
    again.receive({"type": "ready"})
    assert again.state == "shown" and len(record.events("prediction")) == 1


def test_an_experiment_by_hand_is_not_told_by_the_next_cell():
    card = Prediction("01.field")
    press(card, "commit", value="10")
    assert not card.cell_has_run()
    assert press(card, "show")["figures"][1]["value"] == "9"


def test_a_cell_that_shows_another_card_finds_nothing_out():
    card = Prediction("01.window")
    press(card, "commit", value="1")
    for source, state in (('predict("01.dot")', "committed"), ("print(22)", "shown")):
        WATCH.cell_has_run(SimpleNamespace(info=SimpleNamespace(raw_cell=source)))
        assert card.state == state


def test_a_failing_truth_stays_on_its_card(monkeypatch):
    card = Prediction("01.window")
    press(card, "commit", value="1")
    monkeypatch.setattr("cnnlib.widgets.cards.prediction.compute", lambda *a: 1 / 0)
    WATCH.look()
    assert "ZeroDivisionError" in card.message


def answer_all(card, right):
    """Go through a card's questions, all answered rightly or none; return how often each was asked."""
    card.receive({"type": "begin"})
    for _ in range(len(card.items)):
        truth = card.now.right(card.truth)
        item = card.now.item
        far = item.wrong[0].answer
        if item.kind == "order":
            far = list(reversed(truth))
        if item.kind == "number":
            far = "123456789"
        face = press(card, "answer", value=truth if right else far)
        assert face["tone"] == ("near" if right else "far") and face["says"][0]["text"]
        card.receive({"type": "next" if right else "later"})
    return card.face()


@pytest.mark.parametrize("notebook", sorted({item.notebook for item in items("question")}))
def test_a_quiz_takes_right_answers_and_speaks_to_others(notebook, record):
    assert "0 of 5" in answer_all(Quiz(notebook), False)["ask"]
    assert len(record.answers()) == 5
    assert "5 of 5" in answer_all(Quiz(notebook), True)["ask"]
    assert len(record.answers()) == 10, "the second time other questions came"


def test_trying_again_asks_in_another_form(record):
    card = Worked("01.bend", "01.rows")
    card.receive({"type": "begin"})
    first = card.face()["ask"]
    press(card, "answer", value="To make the map smaller.")
    face = press(card, "again")
    assert face["ask"] != first and "Somebody answers" in face["ask"]
    reply = find("01.bend").wrong[2].says
    assert press(card, "answer", value=reply)["tone"] == "near"
    assert [event["right"] for event in record.answers()["01.bend"]] == [False, True]


@pytest.mark.parametrize("name", ["01.bend", "01.parsons", "03.line", "00.order"])
def test_the_other_form_is_a_choice_of_replies_whatever_was_asked(record, name):
    item = find(name)
    record.note("answer", name, value="?", right=False, belief=item.wrong[-1].name)
    card = Worked(name)
    card.receive({"type": "begin"})
    face = card.face()
    assert face["input"]["kind"] == "choice" and item.wrong[-1].says in face["input"]["options"]
    assert face["code"] or not item.code
    assert press(card, "answer", value=item.wrong[-1].says)["tone"] == "near"


def test_a_review_asks_what_is_due_today_and_nothing_else(record, monkeypatch):
    from datetime import timedelta

    answer_all(Quiz("03"), False)
    assert Review().opening() == "Nothing is due today."
    today = module.now()
    monkeypatch.setattr(module, "now", lambda: today + timedelta(days=1, minutes=1))
    card = Review()
    assert len(card.items) == 5 and "5 due today" in card.opening()
    answer_all(card, True)
    assert Review().items == []


def test_a_test_tells_nothing(record):
    card = Test("A")
    card.receive({"type": "begin"})
    face = press(card, "answer", value="1" if card.now.item.kind == "number" else card.now.options[0])
    assert not face.get("says") and not face.get("tone") and face["hint"] == "Kept."
    card.receive({"type": "next"})
    press(card, "leave")
    assert [event["form"] for event in record.events("test")] == ["A", "A"]


def test_the_course_shows_near_far_and_surprises(record, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, value in (("01.window", "16"), ("01.turned", "the same with all signs changed")):
        card = Prediction(name)
        press(card, "commit", value=value, sure="certain")
        card.cell_has_run()
    card = Course()
    rows = card.face()["rows"]
    assert rows[0].startswith("1 of 2 predictions were close") and "certain: 1 of 2" in rows[1]
    assert "01.window" in rows[2]
    assert "m" in dict((row[0], row[1]) for row in card.face()["table"]["rows"])["01"]
    card.receive({"type": "save"})
    (saved,) = tmp_path.iterdir()
    assert saved.name in card.face()["hint"]


def test_a_record_made_elsewhere_is_brought_in_and_nothing_is_lost(record, tmp_path):
    elsewhere = Record(None)
    elsewhere.note("prediction", "01.window", value=22.0, sure="certain")
    elsewhere.note("surprise", "01.window", near=True, distance=0.0)
    record.note("skip", "01.dot")
    text = elsewhere.export(tmp_path).read_text()
    card = Course()
    assert "bring" in [button["name"] for button in card.face()["buttons"] if button["file"] == ".json"]
    for came, known in ((2, 0), (0, 2)):
        card.receive({"type": "bring", "file": "mine.json", "text": text})
        assert f"{came} entries came in, {known} were here" in card.face()["hint"] and not card.message
        assert len(record.events()) == 3 and card.face()["rows"][0].startswith("1 of 1 predictions")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 1, "events": [{}]}', "[" * 100_000, "\x00\x89PNG"]
)
def test_a_damaged_file_gets_a_sentence_and_changes_nothing(record, text):
    record.note("skip", "01.dot")
    card = Course()
    card.receive({"type": "bring", "file": "cat.png", "text": text})
    assert "cat.png is no record" in card.message and len(record.events()) == 1 and not card.face()["hint"]


def test_a_file_of_a_newer_course_gets_a_sentence(record):
    card = Course()
    card.receive({"type": "bring", "file": "new.json", "text": '{"version": 99, "events": []}'})
    assert "newer course" in card.message and record.events() == []


@pytest.mark.parametrize("name", ["01.turned", "10.height", "07.methods", "01.window"])
def test_an_answer_that_the_item_no_longer_knows_breaks_no_card(record, name):
    """A newer course has other words for a choice; a record from elsewhere may hold anything."""
    record.note("prediction", name, value={"other": "words"}, sure="certain")
    record.note("surprise", name, near=False, distance=2.0)
    card = Prediction(name)
    card.receive({"type": "ready"})
    assert "Why?" in str(card.whole()["face"])


@pytest.mark.parametrize("name", [item.id for item in items("prediction")])
def test_a_still_asks_and_needs_no_script(name):
    still = still_html(Prediction(name, {}).blank_face(), "cnn-still-x")
    assert "<script" not in still and "<input" not in still and "Run this cell" in still
    assert still.count("<div") == still.count("</div>")


@pytest.mark.parametrize("card", [lambda: Prediction("01.window"), lambda: Quiz("01"), Course])
def test_a_card_shows_itself_live_and_as_a_still(card, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.publish_display_data", lambda data, *_, **__: shown.append(data))
    card = card()
    card._ipython_display_()
    assert "application/vnd.jupyter.widget-view+json" in shown[0] and "cnn-still" in shown[1]["text/html"]
    assert card.whole()["face"]["title"] == card.blank_face()["title"]
    card.close()


def test_stills_do_not_depend_on_what_was_answered(record):
    before = [Quiz("01").blank_face(), Review().blank_face()["still"], Course().blank_face()]
    answer_all(Quiz("01"), True)
    assert [Quiz("01").blank_face(), Review().blank_face()["still"], Course().blank_face()] == before


def test_no_card_says_wrong():
    for item in items():
        texts = [item.ask, item.why, *(b.says for b in (*item.wrong, *item.choices))]
        assert not any("wrong" in text.lower() for text in texts), item.id
