"""Notebooks, questions and exercises get other names: every kind of old record is read under the new ones."""

import json

import pytest

from cnnlib.checks.progress import progress, read_progress
from cnnlib.checks.progress import record as note_check
from cnnlib.learning import names
from cnnlib.learning import record as module
from cnnlib.learning.record import Record, my_record
from tools import class_report

WHEN = "2026-03-02T09:00:00+00:00"
TABLES = ({"01": "02", "02": "03", "03": "01"}, {"02": "05", "05": "02"})
WHERE = {"00": "00", "01": "05", "02": "03", "03": "01", "05": "02", "test": "test"}  # after both


def event(what, name, **more):
    return {"what": what, "id": name, **more, "when": WHEN}


def old_record(version, *events):
    return json.dumps({"version": version, "key": "abcd", "events": list(events)})


@pytest.fixture
def renamed(monkeypatch):
    """The course after two renumberings, and an exercise that got another name."""
    monkeypatch.setattr(names, "RENUMBERED", TABLES)
    monkeypatch.setattr(names, "EXERCISES", {"05.former": "05.present"})


@pytest.mark.parametrize("old", WHERE)
def test_all_changes_of_a_day_happen_at_once(renamed, old):
    assert names.renumbered(f"{old}.x.y", 1) == f"{WHERE[old]}.x.y"
    assert names.renumbered(f"{old}.x", 2) == f"{TABLES[1].get(old, old)}.x"
    assert names.renumbered(f"{old}.x", 3) == f"{old}.x"


def test_an_old_record_is_read_and_kept_under_the_new_numbers(renamed, tmp_path):
    path = tmp_path / "record.json"
    everything = [
        event("prediction", "03.window", value=1.0, sure="certain"),
        event("surprise", "03.window", near=True),
        event("answer", "03.bend", value="x", right=False),
        event("skip", "02.sevens"),
        event("exercise", "01.former", outcome="right", slip=""),
        event("test", "test.one-A", right=True),
    ]
    path.write_text(old_record(1, *everything))
    record = Record(path)
    assert record.predictions()["01.window"]["near"] and "03.sevens" in record.predictions()
    assert record.due() == ["01.bend"], "review cards go with their questions"
    assert record.events("exercise")[0]["id"] == "05.present"
    assert record.events("test")[0]["id"] == "test.one-A"
    record.note("skip", "01.dot")
    kept = json.loads(path.read_text())
    assert kept["version"] == 3 and kept["events"][0]["id"] == "01.window"
    assert Record(path).predictions() == record.predictions(), "not renumbered a second time"


def test_a_record_that_has_seen_one_table_is_brought_through_the_other(renamed, tmp_path):
    path = tmp_path / "record.json"
    path.write_text(old_record(2, event("skip", "02.x"), event("skip", "05.y")))
    assert list(Record(path).predictions()) == ["05.x", "02.y"]


def test_a_renamed_question_is_found_under_its_new_number(renamed, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "present_name", {"05.was": "05.is"}.get)
    path = tmp_path / "record.json"
    path.write_text(old_record(1, event("skip", "01.was")))
    assert list(Record(path).predictions()) == ["05.is"]


def test_an_old_export_is_no_second_copy_of_what_is_here(renamed, tmp_path):
    text = old_record(1, event("skip", "02.x"), event("exercise", "01.former", outcome="right", slip=""))
    path = tmp_path / "record.json"
    path.write_text(text)
    record = Record(path)
    record.note("skip", "01.dot")
    assert record.take_in(text) == (0, 2)


def test_a_course_from_before_leaves_the_new_record_alone(renamed, tmp_path, monkeypatch):
    path = tmp_path / "record.json"
    Record(path).note("skip", "01.dot")
    written = path.read_text()
    monkeypatch.setattr(names, "RENUMBERED", TABLES[:1])
    old = Record(path)
    old.note("skip", "01.dot")
    assert path.read_text() == written and "newer course" in old.sentence


def test_done_exercises_keep_their_marks(renamed, tmp_path, monkeypatch):
    path = tmp_path / "progress.json"
    monkeypatch.setenv("CNNLIB_PROGRESS", str(path))
    done = {"01.former": {"outcome": "right", "tries": 3}, "02.x": {"outcome": "wrong", "tries": 1}}
    path.write_text(json.dumps({"version": 1, "exercises": done}))
    note_check("03.x", "right")
    kept = read_progress()
    assert kept["05.present"] == {"outcome": "right", "tries": 3}
    assert kept["03.x"]["outcome"] == "right" and kept["03.x"]["tries"] == 2
    assert json.loads(path.read_text())["version"] == 3 and read_progress() == kept


def test_exercises_done_elsewhere_count_once_their_record_is_brought_in(tmp_path, monkeypatch):
    monkeypatch.setenv("CNNLIB_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.chdir(tmp_path)
    names_of = ("03.relu_backward", "03.maxpool2d_backward")
    for name, outcome in zip(names_of, ("wrong", "right"), strict=True):
        note_check(name, outcome)
    done = [event("exercise", name, outcome="right", slip="") for name in names_of[:1]]
    undone = [event("exercise", name, outcome="wrong", slip="") for name in names_of[1:]]
    my_record().take_in(old_record(1, *done, *undone))
    assert [progress().outcomes[name] for name in names_of] == ["right", "right"]


def test_a_course_from_before_leaves_the_new_marks_alone(renamed, tmp_path, monkeypatch):
    path = tmp_path / "progress.json"
    monkeypatch.setenv("CNNLIB_PROGRESS", str(path))
    note_check("03.x", "right")
    written = path.read_text()
    monkeypatch.setattr(names, "RENUMBERED", ())
    note_check("03.x", "right")
    assert path.read_text() == written


def test_a_class_of_old_and_new_records_is_one_class(renamed, tmp_path):
    (tmp_path / "old.json").write_text(old_record(1, event("skip", "02.x")))
    (tmp_path / "new.json").write_text(old_record(3, event("skip", "03.x")).replace("abcd", "ef01"))
    records, unread = class_report.read(tmp_path)
    assert [record[0]["id"] for record in records] == ["03.x", "03.x"] and unread == []


def test_no_table_of_the_course_gives_one_number_to_two_notebooks():
    for table in names.RENUMBERED:
        assert len(set(table.values())) == len(table)
        assert all(len(number) == 2 and number.isdigit() for number in (*table, *table.values()))
