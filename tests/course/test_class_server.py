"""The class server's report is that of the kept results, and the teacher's page says what was measured."""

import json
import re
import struct
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

import class_learner  # noqa: E402
import class_lessons  # noqa: E402
import class_report  # noqa: E402
import class_server  # noqa: E402

from tools.teaching.lessons import find  # noqa: E402

KEPT = json.loads(class_report.RESULTS.read_text("utf-8"))
TEACHING = (ROOT / "docs" / "class_servers.md").read_text("utf-8")


def test_the_committed_page_is_that_of_the_committed_results():
    assert class_report.PAGE.read_text("utf-8") == class_report.report(KEPT)


def test_a_whole_class_was_measured_without_an_error():
    assert KEPT["load"]["learners"] == 20 and KEPT["load"]["errors"] == [[]] and KEPT["alone"]["errors"] == []


def test_the_slider_that_is_moved_is_that_of_the_update():
    """By its place among the widgets of the notebook that draw; it goes to and fro within its steps."""
    lesson = find(Path(class_lessons.NOTEBOOK).stem)
    drawn = [line for section in lesson.sections for line in section.states]
    assert drawn[class_lessons.UPDATES.widget].startswith("OneUpdate(")
    assert all(0 <= class_lessons.UPDATES.values(move)["step"] <= 18 for move in range(100))


def test_nothing_was_lost_by_the_stop():
    held = {what: held for what, held in KEPT["restart"].items() if isinstance(held, bool)}
    assert len(held) >= 8 and all(held.values()), held
    assert re.match(r"After \d+ steps", KEPT["restart"]["it was stopped at"])


def test_the_teacher_s_page_gives_the_measured_numbers():
    load = KEPT["load"]
    each = load["memory"]["learner_mb"]
    said = int(re.search(r"about (\d+) MB a learner", TEACHING)[1])
    assert abs(said - each) <= 10
    whole = float(re.search(r"([\d.]+) GB for all twenty", TEACHING)[1])
    assert whole == pytest.approx(load["memory"]["all_mb"] / 1000, abs=0.06)
    laptop = int(re.search(r"(\d+) MB on a laptop", TEACHING)[1])
    assert abs(laptop - KEPT["alone"]["all_mb"]) <= 10
    start = int(re.search(r"ready after (\d+) s", TEACHING)[1])
    assert start == pytest.approx(load["others_ready_s"], abs=1)
    busy = float(re.search(r"keep ([\d.]+) cores busy", TEACHING)[1])
    assert busy == pytest.approx(load["cores"]["class"], abs=0.06)


def test_frames_with_and_without_buffers_are_read():
    message = {"channel": "iopub", "content": {}}
    head = json.dumps(message).encode()
    assert class_learner.unpack(head.decode()) == message
    for buffers in ([], [b"abc"], [b"", b"abcdefgh"]):
        offsets = [4 * (len(buffers) + 2)]
        for part in [head, *buffers][:-1]:
            offsets.append(offsets[-1] + len(part))
        count = len(offsets)
        frame = struct.pack(f"!{count + 1}I", count, *offsets) + head + b"".join(buffers)
        assert class_learner.unpack(frame) == {**message, "buffers": len(buffers)}


def test_a_move_waits_for_its_own_answer():
    """Frames of other widgets, and answers to earlier moves, are not taken for the answer."""
    learner = class_learner.Learner("http://127.0.0.1:1", "t", "x.ipynb")
    sent = []

    def frame(widget, answers):
        content = {"comm_id": widget, "data": {"content": {"type": "frame", "answers": answers}}}
        return json.dumps({"msg_type": "comm_msg", "content": content, "parent_header": {}})

    answers = iter([frame("other", 9), frame("mine", 0), frame("mine", 1), frame("mine", 2)])
    learner.channel = type("Channel", (), {"send": sent.append, "recv": lambda self: next(answers)})()
    assert learner.move("mine", rate=1) >= 0
    assert json.loads(next(answers))["content"]["data"]["content"]["answers"] == 2
    assert json.loads(sent[0])["content"]["data"]["content"] == {
        "type": "state",
        "id": 1,
        "values": {"rate": 1},
    }


def test_the_paragraph_on_mnist_gives_the_measured_numbers():
    told = TEACHING[TEACHING.index("**MNIST** in class") :]
    for kept, words in ((KEPT["mnist"], "with twenty"), (KEPT["mnist_alone"], "Without the folder")):
        assert kept["errors"] == [[]] and kept["busy_before"] > 0
        each = int(re.search(rf"{words}.*?about (\d+) MB a learner", told, re.S)[1])
        assert abs(each - kept["memory"]["learner_mb"]) <= 10
    twenty = KEPT["mnist"]
    assert twenty["learners"] == 20 and KEPT["mnist_alone"]["learners"] == 6
    seconds = int(re.search(r"(\d+) s of a core", told)[1])
    assert abs(seconds - twenty["cpu_to_ready_s"]) <= 1
    whole = float(re.search(r"([\d.]+) GB for all twenty", told)[1])
    assert whole == pytest.approx(twenty["memory"]["all_mb"] / 1000, abs=0.1)
    alone, looking, dragging = re.search(
        r"answered after (\d+) ms, after (\d+) ms while.*?and after (\d+) ms", told, re.S
    ).groups()
    measured = [twenty["slider"][mood]["median_ms"] for mood in ("alone", "class", "storm")]
    assert [int(alone), int(looking), int(dragging)] == [round(one) for one in measured]


def test_a_class_is_sent_home_before_the_memory_is_used_up(monkeypatch):
    shares = iter([0.5, 0.7, 0.93])
    monkeypatch.setattr(class_server, "used_share", lambda: next(shares))
    killed = []
    with class_server.Guard(type("Hub", (), {"kill": lambda self: killed.append(1)})()) as guard:
        guard.thread.join(10)
    assert guard.full and guard.highest == 0.93 and killed == [1]


@pytest.mark.skipif(not Path("/proc/meminfo").exists(), reason="memory is read from /proc")
def test_a_share_of_the_memory_is_in_use():
    assert 0 < class_server.used_share() < 1
