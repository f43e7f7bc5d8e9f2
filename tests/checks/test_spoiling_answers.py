"""Answers that give the right numbers and spoil what they are given, or fail where arrays come otherwise."""

import copy

import numpy as np
import pytest

from cnnlib.checks import check, exercises

CHANGED, COLUMNS, ANEW, KEEPS = "changed", "column after column", "by the next", "asked again"


@pytest.fixture(autouse=True)
def no_progress(monkeypatch):
    """Keep these answers out of the learner's progress."""
    monkeypatch.setenv("CNNLIB_PROGRESS", "off")


def oracle(name):
    """The true function of an exercise, as an answer gives it."""
    return exercises()[name].oracle


def overwriting(name, number):
    """Right, but fills one of its arguments (or the first array of a cache) with 7 afterwards."""

    def answer(*arguments):
        result = copy.deepcopy(oracle(name)(*arguments))
        given = arguments[number]
        (given[0] if isinstance(given, tuple) else given)[...] = 7
        return result

    return answer


def reversing(name, number):
    """Right, but turns one of its arrays round afterwards."""

    def answer(*arguments):
        result = copy.deepcopy(oracle(name)(*arguments))
        arguments[number][...] = arguments[number][::-1].copy()
        return result

    return answer


def in_one_array(name):
    """Right, but results of one shape all lie in the same array."""
    kept = {}

    def answer(*arguments):
        result = np.asarray(oracle(name)(*arguments), float)
        array = kept.setdefault(result.shape, np.zeros(result.shape))
        array[...] = result
        return array

    return answer


def by_shape(name):
    """Remembers a result by the shapes it was asked for."""
    kept = {}

    def answer(*arguments):
        key = repr([np.shape(argument) if np.ndim(argument) else argument for argument in arguments])
        return kept.setdefault(key, oracle(name)(*arguments))

    return answer


def every_second_time(name):
    """Right at the first, third, … call."""
    calls = []

    def answer(*arguments):
        calls.append(0)
        result = oracle(name)(*arguments)
        return result if len(calls) % 2 else 1.5 * np.asarray(result)

    return answer


def through_ravel(name):
    """Writes through ravel() into an array laid out like the first argument."""

    def answer(*arguments):
        result = np.zeros_like(arguments[0])
        result.ravel()[...] = np.asarray(oracle(name)(*arguments)).ravel()
        return result

    return answer


def cut(name, limit):
    """Right as long as no number given is larger than a limit."""
    return lambda first, *rest: oracle(name)(np.clip(first, -limit, limit), *rest)


ARRAYS = {  # an argument to spoil
    "01.conv2d_forward": 0,
    "01.conv_map": 0,
    "02.softmax": 0,
    "02.cross_entropy": 1,
    "02.cross_entropy_gradient": 0,
    "03.relu_backward": 1,
    "03.maxpool2d_backward": 1,
    "03.linear_backward": 2,
    "04.conv1d_backward": 0,
    "04.conv2d_backward": 0,
    "05.sgd": 1,
    "05.fit_line": 2,
    "10.l1_update": 0,
    "10.main_effects": 0,
    "11.confusion_matrix": 0,
    "13.softplus_backward": 0,
    "07.best_of_restarts": 1,
}
ONE_ARRAY = [
    name for name in ARRAYS if name not in ("04.conv1d_backward", "04.conv2d_backward", "10.main_effects")
]
ONE_ARRAY = [
    name
    for name in ONE_ARRAY
    if name not in ("02.cross_entropy", "03.linear_backward", "07.best_of_restarts")
]
RAVELLED = ["02.softmax", "02.cross_entropy_gradient", "03.relu_backward", "05.sgd", "10.l1_update"]


@pytest.mark.parametrize("name", ARRAYS)
def test_an_argument_overwritten_is_seen(name):
    sentence = check(name, overwriting(name, ARRAYS[name])).finding.sentence
    assert CHANGED in sentence and "work on a copy" in sentence


@pytest.mark.parametrize("name", ["02.softmax", "05.sgd", "11.confusion_matrix", "07.best_of_restarts"])
def test_an_argument_turned_round_is_seen(name):
    assert CHANGED in check(name, reversing(name, ARRAYS[name])).finding.sentence


@pytest.mark.parametrize("name", ONE_ARRAY)
def test_results_that_share_one_array_are_seen(name):
    finding = check(name, in_one_array(name)).finding
    assert ANEW in finding.sentence and "make a new one" in finding.likely


@pytest.mark.parametrize("name", ARRAYS)
def test_an_answer_remembered_by_shapes_is_refused(name):
    assert check(name, by_shape(name)).outcome == "wrong"


@pytest.mark.parametrize("name", [name for name in ARRAYS if not name.startswith("04.conv")])
def test_an_answer_is_asked_twice(name):
    finding = check(name, every_second_time(name)).finding
    assert KEEPS in finding.sentence and "from one call to the next" in finding.likely


@pytest.mark.parametrize("name", [*RAVELLED, "13.softplus_backward"])
def test_writing_through_ravel_is_lost_where_an_array_lies_otherwise_in_memory(name):
    finding = check(name, through_ravel(name)).finding
    assert COLUMNS in finding.sentence and "ravel()" in finding.likely


@pytest.mark.parametrize("name", ["03.relu_backward", "03.maxpool2d_backward", "13.softplus_backward"])
@pytest.mark.parametrize("limit", [1, 3, 10])
def test_gradients_far_from_one_are_tried(name, limit):
    assert check(name, cut(name, limit)).outcome == "wrong"


@pytest.mark.parametrize("kind", [np.trunc, np.round, lambda dy: dy.astype(np.float16).astype(float)])
def test_gradients_are_no_whole_numbers(kind):
    for name in ("03.relu_backward", "03.maxpool2d_backward", "04.conv2d_backward", "13.softplus_backward"):
        assert check(name, lambda dy, kept, name=name: oracle(name)(kind(dy), kept)).outcome == "wrong"


def test_the_report_says_that_only_the_form_was_at_fault():
    report = repr(check("03.relu_backward", through_ravel("03.relu_backward")))
    assert "in the plain form all cases passed" in report
