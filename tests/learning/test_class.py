"""A class of 25 simulated learners with planted beliefs: the report names them. And the two forms agree."""

import json
import random

import numpy as np
import pytest

from cnnlib.learning import compute, find, grade, items
from cnnlib.learning.assessment import form_of, gain, statistics
from cnnlib.learning.grading import number_of
from cnnlib.learning.record import Record
from tools import class_report

PLANTED = {  # belief: (kind, item, share of the class)
    "gate on the gradient's sign": ("exercise", "03.relu_backward", 0.64),
    "a falling loss proves the gradients": ("answer", "04.falls", 0.52),
    "windows side by side": ("prediction", "01.field", 0.44),
}
PEOPLE = 25
TRUTHS = {item.id: compute(item) for item in items("test")}


def answer_of(item, belief):
    """The answer that a belief leads to; the right one without it."""
    found = next((b for b in (*item.wrong, *item.choices) if b.name == belief), None)
    if found is None:
        return compute(item)
    return number_of(found.answer, item.values()) if item.kind == "number" else found.answer


def take(record, item, belief):
    """Answer an item as somebody with a belief does, and keep what a card keeps."""
    value, truth = answer_of(item, belief), compute(item)
    found = grade(item, value, truth)
    if item.use == "prediction":
        record.note("prediction", item.id, value=value, sure="certain")
        record.note("surprise", item.id, near=found.near, belief=found.belief, distance=found.distance)
    else:
        record.note("answer", item.id, value=value, right=found.near, belief=found.belief)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The files that 25 learners export."""
    folder, rng = tmp_path_factory.mktemp("class"), random.Random(0)
    for person in range(PEOPLE):
        record = Record(None)
        for belief, (kind, name, share) in PLANTED.items():
            holds = person < round(share * PEOPLE)
            if kind == "exercise":
                record.note(kind, name, outcome="wrong" if holds else "right", slip=belief if holds else "")
            else:
                take(record, find(name), belief if holds else "")
        for item in items("question", "01")[:6]:
            take(record, item, "" if person > 4 or rng.random() < 0.5 else item.wrong[0].name)
        record.export(folder)
    return folder


def test_the_report_names_the_planted_beliefs_first(folder):
    records, unread = class_report.read(folder)
    report = class_report.analyse(records, unread)
    assert report.people == PEOPLE and report.unread == []
    found = {belief: (count, met) for _, _, belief, count, met in report.beliefs[:3]}
    assert found == {belief: (round(share * PEOPLE), PEOPLE) for belief, (_, _, share) in PLANTED.items()}
    assert report.predictions[0][:3] == ("01.field", PEOPLE - 11, PEOPLE)


def test_the_report_is_a_table_a_picture_and_a_page_that_needs_nothing_else(folder, tmp_path, capsys):
    assert class_report.main([str(folder), "--to", str(tmp_path)]) == 0
    printed, page = capsys.readouterr().out, (tmp_path / "report.html").read_text("utf-8")
    for belief in PLANTED:
        assert belief in printed and belief.replace("'", "&#x27;") in page
    assert (tmp_path / "report.png").read_bytes().startswith(b"\x89PNG")
    assert "http" not in page and "<script" not in page


def test_an_earlier_save_of_the_same_learner_counts_once(folder, tmp_path):
    one = sorted(folder.glob("*.json"))[0]
    content = json.loads(one.read_text("utf-8"))
    (tmp_path / "later.json").write_text(json.dumps(content))
    (tmp_path / "earlier.json").write_text(json.dumps({**content, "events": content["events"][:-3]}))
    (tmp_path / "copy.json").write_text(json.dumps(content))
    (tmp_path / "other.json").write_text("[]")
    records, unread = class_report.read(tmp_path)
    assert len(records) == 1 and unread == ["other.json"]


def test_an_empty_folder_is_said(tmp_path, capsys):
    assert class_report.main([str(tmp_path)]) == 1
    assert "no record" in capsys.readouterr().out


def sit(form, ability, rng):
    """One sitting of a form by somebody of an ability: the share of right answers, graded as on the card."""
    right = []
    for item in form_of(form):
        truth = TRUTHS[item.id]
        guess = 1 / len(item.answers) if item.kind == "choice" else 0
        knows = guess + (1 - guess) / (1 + np.exp(-(ability - item.level)))
        value = truth if rng.random() < knows else answer_of(item, rng.choice(item.wrong).name)
        right.append(grade(item, value, truth).near)
    return np.mean(right)


def test_the_two_forms_agree_within_five_points_on_fifty_abilities():
    rng = random.Random(1)
    abilities = np.linspace(-2.5, 2.5, 50)
    gaps = []
    for ability in abilities:
        shares = {form: 100 * np.mean([sit(form, ability, rng) for _ in range(150)]) for form in "AB"}
        gaps.append(shares["A"] - shares["B"])
    assert np.abs(gaps).max() < 5 and abs(np.mean(gaps)) < 1


def test_the_forms_are_parallel_item_by_item():
    for a, b in zip(form_of("A"), form_of("B"), strict=True):
        assert (a.objective, a.kind, a.level, a.near) == (b.objective, b.kind, b.level, b.near)
        assert len(a.answers) == len(b.answers) and a.text() != b.text()
    assert len({item.objective for item in form_of("A")}) == 16


def test_statistics_tell_good_items_from_bad_ones():
    rng = np.random.default_rng(0)
    ability = rng.normal(size=400)
    people = [
        {
            f"{level}": bool(rng.random() < 1 / (1 + np.exp(-2 * (a - level))))
            for level in (-2, -1, -0.5, 0, 0.5, 1, 2)
        }
        | {"chance": bool(rng.random() < 0.5), "turned": bool(rng.random() < 1 / (1 + np.exp(2 * a)))}
        for a in ability
    ]
    found = statistics(people)
    assert found["-1"].difficulty > found["0"].difficulty > found["1"].difficulty > found["2"].difficulty
    assert found["0"].discrimination > 0.2 > abs(found["chance"].discrimination)
    assert found["turned"].discrimination < 0
    assert class_report.verdict(found["turned"]).startswith("misleads")


def test_gain_is_the_share_of_what_was_missing():
    assert gain(0.5, 0.75) == 0.5 and gain(1, 1) == 0


def test_before_and_after_are_told_by_time(tmp_path):
    record = Record(None)
    for form, rights in (("B", 4), ("A", 12)):
        for number, item in enumerate(form_of(form)):
            record.note("test", item.id, value=0, right=number < rights, form=form)
    record.export(tmp_path)
    report = class_report.analyse(class_report.read(tmp_path)[0])
    assert report.gains == [(4 / 16, 12 / 16)]
    assert "25% right before, 75% after; 67%" in " ".join(class_report.sentences(report))
