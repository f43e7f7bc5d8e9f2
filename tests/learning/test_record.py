"""The record: many writers at once, damage, a newer course, old names, export and import, what is due."""

import importlib
import json
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cnnlib.learning import record as module
from cnnlib.learning import spacing
from cnnlib.learning.names import edition
from cnnlib.learning.record import Record, my_record, note_exercise, tally
from cnnlib.learning.store import NewerRecord

ROOT = Path(__file__).parents[2]
SKIPPED = {"what": "skip", "id": "01.dot", "when": "2030-01-01T00:00:00+00:00"}
EVENTS = [
    json.dumps({"version": 1, "events": [event]})
    for event in (
        3,
        {},
        {**SKIPPED, "when": "yesterday"},
        {**SKIPPED, "when": None},
        {**SKIPPED, "id": 5},
        {**SKIPPED, "what": "answer"},
        {**SKIPPED, "what": ["skip"]},
    )
]
WRITER = """
import sys
from pathlib import Path
from cnnlib.learning.record import Record
record = Record(Path(sys.argv[1]))
for number in range(40):
    record.note("answer", "01.bend", value=f"{sys.argv[2]}-{number}", right=True)
"""


def test_two_kernels_that_write_at_once_lose_nothing(tmp_path):
    path = tmp_path / "record.json"
    command = [sys.executable, "-c", WRITER, str(path)]
    writers = [subprocess.Popen([*command, name], cwd=ROOT) for name in "abc"]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    values = {event["value"] for event in Record(path).events("answer")}
    assert values == {f"{name}-{number}" for name in "abc" for number in range(40)}


def test_two_threads_that_write_at_once_lose_nothing(tmp_path):
    records = [Record(tmp_path / "record.json") for _ in range(4)]

    def write(record):
        for _ in range(25):
            record.note("skip", "01.dot")

    threads = [threading.Thread(target=write, args=(record,)) for record in records]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(records[0].events("skip")) == 100


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, '{"version": "x"}', *EVENTS])
def test_a_damaged_record_is_kept_aside_with_a_sentence(tmp_path, text):
    path = tmp_path / "record.json"
    path.write_text(text)
    record = Record(path)
    assert record.events() == []
    assert path.read_text() == text, "reading changes nothing"
    record.note("skip", "01.dot")
    aside = [other for other in tmp_path.iterdir() if "damaged" in other.name]
    assert len(aside) == 1 and aside[0].read_text() == text
    assert aside[0].name in record.sentence
    assert len(record.events()) == 1


def test_a_record_that_is_cut_in_the_middle_is_not_believed(tmp_path):
    path = tmp_path / "record.json"
    Record(path).note("skip", "01.dot")
    whole = path.read_text()
    for length in range(0, len(whole) - 1, 7):
        path.write_text(whole[:length])
        assert Record(path).events() == []


def test_a_record_of_a_newer_course_is_left_as_it_is(tmp_path):
    path = tmp_path / "record.json"
    text = json.dumps({"version": edition() + 1, "events": [SKIPPED, {"what": "seen"}]})
    path.write_text(text)
    record = Record(path)
    record.note("skip", "01.turned")
    assert path.read_text() == text and "newer" in record.sentence
    assert record.events() == [SKIPPED], "what can be read is read"


def test_where_nobody_may_write_a_learner_goes_on(tmp_path):
    record = Record(tmp_path / "file" / "record.json")
    (tmp_path / "file").write_text("in the way")
    record.note("skip", "01.dot")
    assert len(record.events()) == 1 and "cannot be written" in record.sentence


def test_former_names_are_read_as_the_present_ones(tmp_path, monkeypatch):
    record = Record(tmp_path / "record.json")
    record.note("skip", "01.was")
    monkeypatch.setattr(module, "present_name", {"01.was": "01.dot"}.get)
    assert list(record.predictions()) == ["01.dot"]


def test_export_and_import_lose_nothing_and_double_nothing(tmp_path):
    record, other = Record(tmp_path / "a.json"), Record(tmp_path / "b.json")
    record.note("answer", "01.bend", value="x", right=False, belief="b")
    record.note("skip", "01.dot")
    path = record.export(tmp_path)
    content = json.loads(path.read_text())
    assert set(content) == {"version", "key", "events"} and len(content["key"]) == 8
    assert record.export(tmp_path) == path and other.export(tmp_path) != path, "the key is the record's own"
    other.note("skip", "01.turned")
    assert other.take_in(path.read_text()) == (2, 0) and other.take_in(path.read_text()) == (0, 2)
    assert len(other.events()) == 3
    for text in ("{}", "[" * 100_000):
        with pytest.raises((ValueError, RecursionError)):
            other.take_in(text)
    with pytest.raises(NewerRecord, match="update"):
        other.take_in(json.dumps({**content, "version": edition() + 1}))
    assert len(other.events()) == 3


def test_what_happened_twice_in_one_second_is_there_twice_after_merging(monkeypatch):
    start = datetime(2026, 3, 2, 9, tzinfo=UTC)
    monkeypatch.setattr(module, "now", lambda: start)
    once, twice = Record(None), Record(None)
    for record in (once, twice, twice):
        record.note("answer", "01.bend", value="x", right=False)
    text = json.dumps(twice.store.read())
    assert once.take_in(text) == (1, 1) and once.take_in(text) == (0, 2)


def test_events_stand_in_the_order_of_time_whatever_the_zone():
    record = Record(None)
    record.store.read()["events"] = [
        {**SKIPPED, "id": "late", "when": "2026-03-02T08:30:00+00:00"},
        {**SKIPPED, "id": "early", "when": "2026-03-02T09:00:00+01:00"},
    ]
    assert [event["id"] for event in record.events()] == ["early", "late"]


def test_what_is_due_follows_the_published_rule(monkeypatch):
    record, start = Record(None), datetime(2026, 3, 2, 9, tzinfo=UTC)
    monkeypatch.setattr(module, "now", lambda: start)
    record.note("answer", "01.bend", value="x", right=True)
    record.note("answer", "01.trained", value="x", right=False)
    record.note("answer", "77.gone", value="x", right=False)
    assert record.due() == []
    assert record.due(start + timedelta(days=1)) == ["01.trained"]
    assert record.due(start + timedelta(days=2)) == ["01.trained", "01.bend"]


def test_the_first_commitment_counts():
    record = Record(None)
    record.note("prediction", "01.window", value=3.0, sure="certain")
    record.note("prediction", "01.window", value=22.0, sure="certain")
    record.note("surprise", "01.window", near=False, distance=4.0)
    assert record.predictions()["01.window"]["value"] == 3.0
    found = tally(record)
    assert (found.near, found.made, found.by_sureness["certain"]) == (0, 1, (0, 1))
    assert found.surprises == ["01.window"]


def test_a_check_is_kept_with_the_slip_that_it_recognised(tmp_path, monkeypatch):
    monkeypatch.setenv("CNNLIB_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.chdir(tmp_path)
    from cnnlib.checks import check

    check("03.relu_backward", lambda dy, x: dy * (dy > 0))
    note_exercise("04.conv2d_backward", "not attempted")
    (event,) = my_record().events("exercise")
    assert (event["outcome"], event["slip"]) == ("wrong", "gate on the gradient's sign")
    assert (tmp_path / "progress.learning.json").exists()


def test_what_runs_in_solutions_is_nobodys_learning(tmp_path, monkeypatch):
    (tmp_path / "solutions").mkdir()
    monkeypatch.chdir(tmp_path / "solutions")
    monkeypatch.setenv("CNNLIB_PROGRESS", str(tmp_path / "progress.json"))
    my_record().note("skip", "01.dot")
    assert list(tmp_path.glob("*.json")) == []


def test_a_question_known_by_heart_comes_back_ever_later():
    when, gaps = datetime(2026, 1, 1, tzinfo=UTC), []
    answers = []
    for _ in range(5):
        answers.append((when, True))
        due = spacing.due(answers)
        gaps.append((due - when).days)
        when = due
    assert gaps == sorted(gaps) and gaps[-1] > 100


def test_a_record_is_kept_where_files_have_no_locks(tmp_path, monkeypatch):
    """As in a browser, whose Python has no fcntl."""
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.delitem(sys.modules, "cnnlib.learning.store")
    store = importlib.import_module("cnnlib.learning.store").Store(tmp_path / "new" / "record.json")
    event = {"what": "skip", "id": "01.dot", "when": "2026-03-02T09:00:00+00:00"}
    store.change(lambda content: content["events"].append(event))
    assert store.read()["events"] == [event] and store.sentence == ""
