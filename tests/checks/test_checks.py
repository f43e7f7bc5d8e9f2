"""The checks: every misconception is rejected and named, nothing a learner hands in crashes them."""

import _thread
import collections
import functools
import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from cnnlib.checks import check, exercises, progress
from cnnlib.checks.exercise import count_numbers, register
from cnnlib.checks.progress import progress_file, read_progress, record
from cnnlib.checks.running import call
from cnnlib.checks.stubs import is_stub

NAMES = list(exercises())
WRONG = [(name, wrong) for name in NAMES for wrong in exercises()[name].misconceptions]


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    """Keep the tests' progress out of the learner's."""
    monkeypatch.setenv("CNNLIB_PROGRESS", str(tmp_path / "progress.json"))
    return tmp_path / "progress.json"


# Wrong answers, named


@pytest.mark.parametrize(("name", "wrong"), WRONG, ids=lambda value: getattr(value, "name", value))
def test_every_misconception_is_rejected_and_recognised(name, wrong):
    report = check(name, wrong.answer)
    assert report.outcome == "wrong"
    assert report.finding.misconception == wrong.name
    assert wrong.sentence in repr(report)
    for another in wrong.also:
        assert check(name, another).finding.misconception == wrong.name


@pytest.mark.parametrize("name", NAMES)
def test_every_exercise_has_four_misconceptions_two_hints_and_twenty_cases(name):
    exercise = exercises()[name]
    assert len({wrong.name for wrong in exercise.misconceptions}) >= 4
    assert len({wrong.sentence for wrong in exercise.misconceptions}) == len(exercise.misconceptions)
    assert len(exercise.hints) == 2
    assert len(exercise.all_cases()) >= 20 or exercise.value


@pytest.mark.parametrize("name", NAMES)
def test_cases_are_the_same_every_time_and_the_smallest_comes_first(name):
    exercise = exercises()[name]
    first, again = exercise.all_cases(), exercise.all_cases()
    assert repr(first) == repr(again)
    sizes = [count_numbers(case) for case in first]
    assert sizes == sorted(sizes)


@pytest.mark.parametrize("name", NAMES)
def test_a_constant_learnt_by_heart_is_not_enough(name):
    exercise = exercises()[name]
    known = exercise.call(exercise.oracle, exercise.all_cases()[0])
    assert check(name, lambda *arguments: known).outcome == "wrong"


def test_a_list_of_the_first_cases_learnt_by_heart_is_not_enough():
    exercise = exercises()["03.relu_backward"]
    known = {repr(case): exercise.oracle(*case) for case in exercise.all_cases()[:10]}
    report = check("03.relu_backward", lambda dy, x: known.get(repr((dy, x)), dy))
    assert report.finding.number > 10


# Whatever a learner returns


def endless(*arguments):
    while True:
        pass


deaf = {"ends": False}


def endless_and_deaf(*arguments):
    while not deaf["ends"]:
        try:
            sum(range(1000))
        except BaseException:
            continue


def exits(*arguments):
    sys.exit(3)


def interrupts(*arguments):
    raise KeyboardInterrupt


def recursion(*arguments):
    return recursion(*arguments)


class Unreadable(list):
    """A list that raises when it is looked at."""

    def __iter__(self):
        raise RuntimeError("not today")

    def __array__(self, *arguments, **options):
        raise RuntimeError("not today")


class Refusing:
    """An object that is no array."""

    def __array__(self, *arguments, **options):
        raise RuntimeError("not today")


class Pair(list):
    """A list that is not made of one argument."""

    def __init__(self, left, right):
        super().__init__([left, right])


class Touchy:
    """Raises at every touch."""

    def __getattr__(self, name):
        raise RuntimeError(name)

    def __repr__(self):
        raise RuntimeError("not shown")


class Speechless(Exception):
    """An error that cannot be told."""

    def __str__(self):
        raise RuntimeError("no words")


def speechless(*arguments):
    raise Speechless


def nested(depth):
    return functools.reduce(lambda inner, _: [inner], range(depth), 1.0)


def in_itself(*arguments):
    one = []
    one.append(one)
    return one


REFUSING = Refusing()
ODD_ANSWERS = {
    "raises when looked at": lambda *a: Unreadable([1.0, 2.0]),
    "refuses to be an array": lambda *a: REFUSING,
    "a list that holds itself": lambda *a: (lambda items: items.append(items) or items)([]),
    "a list of its own kind": lambda *a: Pair(1, 2),
    "a named tuple": lambda *a: collections.namedtuple("Three", "a b c")(1, 2, 3),
    "touchy": lambda *a: Touchy(),
    "speechless": speechless,
    "nested deeply": lambda *a: nested(2000),
    "a list in itself": in_itself,
    "larger than the memory": lambda *a: np.broadcast_to(1.0, (10**7, 10**7)),
    "a number for a function": 3,
    "an array for a function": np.zeros(3),
    "None at the end": lambda *a: print("forgot return"),
    "no arguments": lambda: 1,
    "text": lambda *a: "dx",
    "array of text": lambda *a: np.array(["a"]),
    "uneven list": lambda *a: [[1], [1, 2]],
    "dictionary": lambda *a: {"dx": 1},
    "set": lambda *a: {1, 2},
    "empty tuple": lambda *a: (),
    "five values": lambda *a: (1, 2, 3, 4, 5),
    "empty array": lambda *a: np.zeros(0),
    "wrong shape": lambda *a: np.zeros((7, 7)),
    "NaN": lambda *a: np.full(np.shape(a[0]), np.nan),
    "infinity": lambda *a: np.full(np.shape(a[0]), np.inf),
    "booleans": lambda *a: np.ones(np.shape(a[0]), bool),
    "complex": lambda *a: np.ones(np.shape(a[0]), complex),
    "objects": lambda *a: np.full(np.shape(a[0]), None),
    "dates": lambda *a: np.zeros(np.shape(a[0]), "datetime64[s]"),
    "itself": lambda *a: check,
    "generator": lambda *a: (x for x in a),
    "division by zero": lambda *a: 1 / 0,
    "index": lambda *a: np.zeros(1)[5],
    "memory": lambda *a: np.zeros(10**15),
    "assertion": lambda *a: pytest.fail("no"),
    "exit": exits,
    "interrupt": interrupts,
    "recursion": recursion,
    "a class": dict,
    "a ufunc": np.add,
    "a method": np.zeros(3).sum,
}


@pytest.mark.parametrize("name", ["01.output_size", "02.cross_entropy", "04.conv2d_backward", "05.momentum"])
@pytest.mark.parametrize("odd", ODD_ANSWERS)
def test_nothing_a_learner_returns_or_raises_crashes_the_check(name, odd):
    report = check(name, ODD_ANSWERS[odd])
    assert report.outcome == "wrong"
    assert report.finding.sentence and repr(report) and report._repr_html_()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("odd", ["NaN", "wrong shape", "text", "division by zero"])
def test_every_exercise_bears_the_commonest_of_them(name, odd):
    assert check(name, ODD_ANSWERS[odd]).outcome == "wrong"


def test_sentences_say_what_came_and_what_was_expected():
    def sentence(answer):
        return check("03.relu_backward", answer).finding.sentence

    assert sentence(lambda dy, x: print(end="")) == "It returned None: is there a return at the end?"
    assert sentence(lambda dy, x: np.zeros((2, 3))) == "dx has the shape (2, 3), expected (1,)."
    assert sentence(lambda dy, x: dy * np.nan) == "dx is not finite (NaN or infinity) in 1 of 1 numbers."
    assert sentence(lambda dy, x: (dy, x)) == "It returned 2 values, expected 1 (dx)."
    assert "relu_backward(dy, x) -> dx" in sentence(lambda dy: dy)
    assert sentence(exits).startswith("It raised SystemExit: 3")
    flat = sentence(lambda dy, x: np.where(x > 0, dy, 0).ravel())
    assert flat == "dx has the shape (2,), expected (2, 1)."
    assert "expected a function relu_backward(dy, x) -> dx" in sentence(5)


def test_an_error_is_told_with_the_learners_own_line():
    def relu_backward(dy, x):
        total = dy + x
        return total[99]

    finding = check("03.relu_backward", relu_backward).finding
    assert "IndexError" in finding.sentence and "return total[99]" in finding.sentence


@pytest.mark.parametrize("loop", [endless, endless_and_deaf, lambda *a: time.sleep(5)])
def test_an_endless_loop_is_cut(loop, monkeypatch):
    monkeypatch.setattr("cnnlib.checks.judging.SECONDS_PER_CASE", 0.3)
    deaf["ends"] = False
    report = check("03.relu_backward", loop)
    deaf["ends"] = True
    assert report.outcome == "wrong"
    assert report.finding.sentence == "It was stopped after 0.3 seconds: a loop without end?"


def running():
    """The ids of the threads in which Python code runs, whatever `threading` holds of them."""
    return set(sys._current_frames())


def wait_until_gone(before):
    """Wait until no thread runs that did not run before."""
    until = time.monotonic() + 5
    while running() - before and time.monotonic() < until:
        time.sleep(0.01)
    return not running() - before


def test_a_plain_endless_loop_leaves_no_thread_behind():
    before = running()
    assert call(endless, (), 0.2).cut
    assert wait_until_gone(before)


def test_an_endless_loop_is_cut_where_no_thread_can_be_started(monkeypatch):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert call(endless, (), 0.2).cut
    assert call(max, ([1, 3],)).value == 3
    assert isinstance(call(lambda: 1 / 0, ()).error, ZeroDivisionError)


@pytest.fixture
def interruptible():
    """As in a kernel: what a shell starts in the background ignores interrupts from the first."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_by_the_learner_stops_the_function_and_is_passed_on(interruptible):
    before = running()
    timer = threading.Timer(0.3, _thread.interrupt_main)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        call(endless, (), 60)
    assert wait_until_gone(before)


def test_a_function_that_changes_its_input_is_told_so():
    def in_place(dy, x):
        dy[x <= 0] = 0
        return dy

    finding = check("03.relu_backward", in_place).finding
    assert finding.sentence.startswith(
        "The result is right, but dy was changed, which other code still needs"
    )


def test_changes_inside_a_cache_are_seen():
    def in_place(dy, cache):
        results = exercises()["04.conv2d_backward"].oracle(dy, cache)
        cache[0][...] = 0
        return results

    assert "cache was changed" in check("04.conv2d_backward", in_place).finding.sentence


def test_printed_text_is_kept_out_of_the_page_but_shown_with_the_case(capsys):
    def talkative(dy, x):
        for _ in range(2_000):
            print("here", dy.shape)
        return x

    report = check("03.relu_backward", talkative)
    assert capsys.readouterr().out == ""
    assert "here (1,)" in repr(report) and len(repr(report)) < 2000


# Not attempted


def stub(dy, x):
    """A stub as the learner's notebook has it."""
    # YOUR CODE HERE
    ...


def half_a_stub(dy, x):
    dx = np.zeros_like(x)
    # YOUR CODE HERE
    ...
    return dx


def nbgrader_stub(dy, x):
    raise NotImplementedError


def returns_zero(dy, x):
    return 0


@pytest.mark.parametrize("answer", [None, ..., stub, half_a_stub, nbgrader_stub])
def test_a_stub_is_not_attempted(answer):
    report = check("03.relu_backward", answer)
    assert report.outcome == "not attempted"
    assert "not attempted yet" in repr(report)
    assert not report.passed


@pytest.mark.parametrize("answer", [returns_zero, lambda dy, x: dy, np.add, NAMES, 0])
def test_an_attempt_is_not_taken_for_a_stub(answer):
    assert not is_stub(answer)


# What is shown


def test_the_report_shows_the_smallest_failing_case_the_place_and_one_hint():
    report = check("03.relu_backward", lambda dy, x: np.maximum(dy, 0))
    text = repr(report)
    assert "dy = [5.]" in text and "x = [-2.]" in text
    assert "Hint 1" in text and "Hint 2" not in text and "hint=2" in text
    more = repr(check("03.relu_backward", lambda dy, x: np.maximum(dy, 0), hint=2))
    assert "Hint 1" in more and "Hint 2" in more and report.hint() in more


def test_the_place_of_a_difference_is_drawn():
    report = check("03.maxpool2d_backward", exercises()["03.maxpool2d_backward"].misconceptions[0].answer)
    rows = [line.split() for line in repr(report).splitlines() if "✗" in line or "·" in line]
    assert rows[-2][-2:] == ["✗", "·"] and rows[-1] == ["✗", "✗"]


def test_a_constant_factor_and_a_turned_sign_are_named():
    right = exercises()["04.conv2d_backward"].oracle
    tripled = check("04.conv2d_backward", lambda dy, c: tuple(3 * r for r in right(dy, c)))
    assert tripled.finding.likely == "Every number is 3 times what was expected."
    turned = check("03.relu_backward", lambda dy, x: np.where(x > 0, -dy, 0))
    assert turned.finding.likely == "Every number has the opposite sign."


def test_html_is_escaped_and_says_the_outcome_in_words():
    report = check("03.relu_backward", lambda dy, x: {}["<script>"])
    page = report._repr_html_()
    assert "<script>" not in page and "&lt;script&gt;" in page
    assert "wrong" in page and 'role="status"' in page


def test_the_same_answer_gives_the_same_report():
    texts = {repr(check("04.conv2d_backward", lambda dy, c: (c[0], c[1], c[2]))) for _ in range(2)}
    assert len(texts) == 1


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(ValueError, match=r"got '03.relu_backwards'.*'03.relu_backward'"):
        check("03.relu_backwards", None)


def test_a_name_is_registered_once():
    with pytest.raises(ValueError, match="second"):
        register(exercises()["03.relu_backward"])


def test_graders_can_ask_for_an_error(monkeypatch):
    monkeypatch.setenv("CNNLIB_CHECKS", "raise")
    assert check("03.relu_backward", exercises()["03.relu_backward"].oracle).passed
    for answer in (None, lambda dy, x: dy):
        with pytest.raises(AssertionError, match=r"03\.relu_backward"):
            check("03.relu_backward", answer)


# Progress


def test_progress_is_kept_in_a_plain_file(own_progress):
    check("03.relu_backward", None)
    assert not own_progress.exists()
    check("03.relu_backward", lambda dy, x: dy)
    assert json.loads(own_progress.read_text())["exercises"]["03.relu_backward"]["outcome"] == "wrong"
    check("03.relu_backward", exercises()["03.relu_backward"].oracle)
    check("03.relu_backward", lambda dy, x: dy)
    entry = read_progress()["03.relu_backward"]
    assert entry["outcome"] == "right" and entry["tries"] == 3 and "right_since" in entry
    assert progress().done == 1
    assert "✓ relu_backward" in repr(progress()) and f"1 of {len(NAMES)}" in progress()._repr_html_()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"exercises": 3}', '{"exercises": {"a": 1}}', "\x00\xff"]
)
def test_a_damaged_file_is_no_obstacle(own_progress, text):
    own_progress.write_text(text, encoding="latin-1")
    assert progress().done == 0
    record("03.relu_backward", "right")
    assert progress().done == 1


def test_a_place_that_cannot_be_written_is_no_obstacle(monkeypatch, tmp_path):
    monkeypatch.setenv("CNNLIB_PROGRESS", str(tmp_path / "missing" / "progress.json"))
    assert check("03.relu_backward", exercises()["03.relu_backward"].oracle).passed
    assert read_progress() == {}


def copy_of_the_course(folder):
    (folder / "notebooks").mkdir(parents=True)
    (folder / "notebooks" / "00_start_here.ipynb").touch()
    (folder / "course.py").touch()
    return folder


def test_a_class_that_shares_one_installation_keeps_progress_apart(monkeypatch, tmp_path):
    """The notebook's own copy of the course counts, not the one that cnnlib was installed from."""
    monkeypatch.delenv("CNNLIB_PROGRESS")
    for name in ("ada", "ben"):
        mine = copy_of_the_course(tmp_path / name / "course")
        monkeypatch.chdir(mine / "notebooks")
        assert progress_file() == mine / ".progress.json"
        assert progress().done == 0
        record("03.relu_backward", "right")
        assert progress().done == 1


def test_a_former_name_still_checks_and_counts(own_progress):
    record("03.conv2d_backward", "right")
    assert progress().outcomes["04.conv2d_backward"] == "right"
    assert not check("03.conv2d_backward", lambda dy, cache: (dy, dy, dy)).passed
    assert list(read_progress()) == ["04.conv2d_backward"]
    assert progress().outcomes["04.conv2d_backward"] == "right"


def test_without_a_course_of_one_s_own_progress_is_in_the_home_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("CNNLIB_PROGRESS")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    assert progress_file() == Path(__file__).parents[2] / ".progress.json"
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert progress_file() == tmp_path / "home" / ".cnnlib-progress.json"


def test_solutions_and_off_are_not_recorded(own_progress, monkeypatch, tmp_path):
    (tmp_path / "solutions").mkdir()
    monkeypatch.chdir(tmp_path / "solutions")
    record("03.relu_backward", "right")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CNNLIB_PROGRESS", "off")
    record("03.relu_backward", "right")
    assert not own_progress.exists() and list(tmp_path.iterdir()) == [tmp_path / "solutions"]


def test_the_package_stays_light():
    program = """
        import sys, cnnlib.checks
        cnnlib.checks.check("03.relu_backward", lambda dy, x: dy)
        assert not {"matplotlib", "ipywidgets", "tqdm"} & set(sys.modules)
    """
    environment = os.environ | {"CNNLIB_PROGRESS": "off"}
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True, env=environment)
