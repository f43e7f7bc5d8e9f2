"""Find out whether an answer is right, and if not, on which smallest case it fails, how, and why it might."""

import copy
from dataclasses import dataclass

import numpy as np

from cnnlib.checks import running
from cnnlib.checks.exercise import Misfit, is_stub

SECONDS_PER_CASE = 3.0
CASES_TO_RECOGNISE = 6


@dataclass
class Difference:
    """One result beside what was expected; `wrong` marks the numbers that differ."""

    name: str
    got: np.ndarray
    expected: np.ndarray
    wrong: np.ndarray


@dataclass
class Finding:
    """Why an answer is wrong.

    `sentence` says it in words; `arguments` is the smallest case it fails on, the `number`-th of `total`;
    `difference` is the first result that differs, where one can be shown; `likely` names the misconception.
    """

    sentence: str
    arguments: tuple = ()
    number: int = 0
    total: int = 0
    difference: Difference | None = None
    likely: str = ""
    misconception: str = ""
    printed: str = ""


@dataclass
class Trial:
    """One case tried: what was returned, what was expected, and what is wrong with it (nothing if right)."""

    arguments: tuple
    results: tuple | None = None
    expected: tuple = ()
    sentence: str = ""
    difference: Difference | None = None
    printed: str = ""
    not_implemented: bool = False
    cut: bool = False


def judge(exercise, answer):
    """Try an answer on every case, the smallest first, until one fails.

    Returns
    -------
    outcome : str
        ``"right"``, ``"wrong"`` or ``"not attempted"``.
    finding : Finding or None
        What is wrong, if the answer is.
    """
    if is_stub(answer):
        return "not attempted", None
    if not callable(answer) and not exercise.value:
        return "wrong", Finding(f"It is a {type(answer).__name__}, expected a function {exercise.signature}.")
    cases = exercise.all_cases()
    for number, arguments in enumerate(cases, start=1):
        trial = try_case(exercise, answer, arguments)
        if trial.not_implemented:
            return "not attempted", None
        if trial.sentence:
            name, likely = recognise(exercise, answer, trial, cases[number:])
            shown = (trial.sentence, arguments, number, len(cases), trial.difference)
            return "wrong", Finding(*shown, likely, name, trial.printed)
    return "right", None


def try_case(exercise, answer, arguments, seconds=None):
    """Call an answer on copies of a case's arguments and compare all there is to compare."""
    given, seconds = copy.deepcopy(arguments), seconds or SECONDS_PER_CASE
    call = running.call(lambda *these: exercise.call(answer, these), given, seconds)
    trial = Trial(arguments, printed=call.printed)
    if call.cut:
        trial.cut = True
        trial.sentence = f"It was stopped after {seconds:g} seconds: a loop without end?"
    elif call.error is not None:
        trial.not_implemented = isinstance(call.error, NotImplementedError)
        trial.sentence = _told_error(call.error, answer, exercise)
    else:
        trial.expected = as_tuple(exercise.call(exercise.oracle, copy.deepcopy(arguments)))
        _compare(trial, call.value, exercise)
        changed = [
            name
            for name, before, after in zip(exercise.inputs, arguments, given, strict=True)
            if name not in exercise.mutable and not same(before, after)
        ]
        if changed and not trial.sentence:
            names = " and ".join(changed)
            others = "which other code still needs; work on a copy"
            trial.sentence = f"The result is right, but {names} was changed, {others}."
    return trial


def _told_error(error, answer, exercise):
    """Say in one sentence which error arose, and where in the learner's own lines."""
    if isinstance(error, Misfit):
        return str(error)
    place = running.where_it_failed(error, answer)
    said = f"It raised {type(error).__name__}: {error}" + (f" (at {place})" if place else "") + "."
    call = isinstance(error, TypeError) and "argument" in str(error)
    return said + (f" It is called as {exercise.signature}." if call else "")


def as_tuple(value):
    """Results as a tuple, one or many."""
    return value if isinstance(value, tuple) else (value,)


def same(left, right):
    """Whether two arguments are equal, arrays to the bit, whatever else they hold.

    >>> same((1, np.arange(2)), (1, np.arange(2))), same(np.zeros(2), np.ones(2))
    (True, False)
    """
    if isinstance(left, (tuple, list)):
        pairs = zip(left, right, strict=True)
        return type(left) is type(right) and len(left) == len(right) and all(same(a, b) for a, b in pairs)
    if isinstance(left, np.ndarray):
        return left.shape == right.shape and np.array_equal(left, right, equal_nan=True)
    return isinstance(left, np.random.Generator) or left == right


def _compare(trial, value, exercise):
    """Compare what was returned with what was expected; fills in the trial."""
    if value is None:
        trial.sentence = "It returned None: is there a return at the end?"
        return
    values = as_tuple(value)
    if isinstance(value, list) and len(exercise.outputs) > 1:
        values = tuple(value)
    if len(values) != len(exercise.outputs):
        wanted = f"{len(exercise.outputs)} ({', '.join(exercise.outputs)})"
        trial.sentence = f"It returned {len(values)} value{'s' * (len(values) != 1)}, expected {wanted}."
        return
    trial.results = values
    for name, got, expected in zip(exercise.outputs, values, trial.expected, strict=True):
        trial.sentence, trial.difference = compare_one(name, got, expected, exercise.rtol)
        if trial.sentence:
            return


def compare_one(name, got, expected, rtol):
    """Compare one result; return a sentence (empty if right) and the difference that can be shown.

    >>> compare_one("dx", np.ones(3), np.zeros((1, 3)), 1e-5)[0]
    'dx has the shape (3,), expected (1, 3).'
    >>> compare_one("dx", "dy", np.zeros(3), 1e-5)[0]
    'dx is a str, expected an array of numbers of shape (3,).'
    """
    expected = np.asarray(expected)
    what = f"an array of numbers of shape {expected.shape}" if expected.ndim else "a number"
    try:
        array = np.asarray(got)
        kind = array.dtype.kind
    except Exception:  # a list of uneven rows, or an object that refuses
        return f"{name} is a {type(got).__name__} that is no array, expected {what}.", None
    if kind not in "fiu" and not (kind == "b" and expected.dtype.kind == "b"):
        found = f"an array of {array.dtype}" if isinstance(got, np.ndarray) else f"a {type(got).__name__}"
        return f"{name} is {found}, expected {what}.", None
    if array.shape != expected.shape:
        return f"{name} has the shape {array.shape}, expected {expected.shape}.", None
    return _compare_numbers(name, array, expected, rtol)


def _compare_numbers(name, array, expected, rtol):
    """Compare two arrays of equal shape."""
    scale = max(np.abs(expected).max(initial=0.0), 1e-3)
    with np.errstate(all="ignore"):
        wrong = ~(np.abs(array - expected) <= rtol * scale)
    if not wrong.any():
        return "", None
    difference = Difference(name, array, expected, wrong)
    lost = np.count_nonzero(~np.isfinite(array))
    if lost:
        place = f" in {lost} of {wrong.size} numbers" if wrong.ndim else ""
        return f"{name} is not finite (NaN or infinity){place}.", difference
    if not wrong.ndim:
        return f"{name}: not what was expected.", difference
    return f"{name}: {np.count_nonzero(wrong)} of {wrong.size} numbers differ.", difference


def recognise(exercise, answer, trial, further):
    """Name the misconception whose wrong answer gives the same results as this one, on several cases.

    Returns its name and its sentence, both empty if none is recognised.
    """
    if trial.cut:
        return "", ""
    some = further[:: max(1, len(further) // CASES_TO_RECOGNISE)]
    trials = [trial, *(try_case(exercise, answer, arguments, seconds=1.0) for arguments in some)]
    trials = [tried for tried in trials if not tried.cut]
    if not any(tried.results is not None and tried.sentence for tried in trials):
        return "", ""
    for misconception in exercise.misconceptions:
        if all(_agrees(exercise, misconception.answer, tried) for tried in trials):
            return misconception.name, misconception.sentence
    return "", _common_factor(trials)


def _agrees(exercise, wrong_answer, trial):
    """Whether a known wrong answer gives, on this case, what the learner's answer gave."""
    given = copy.deepcopy(trial.arguments)
    call = running.call(lambda *these: exercise.call(wrong_answer, these), given, 1.0)
    if trial.results is None:
        return call.error is not None
    if call.cut or call.error is not None or call.value is None:
        return False
    values = as_tuple(call.value)
    return len(values) == len(trial.results) and all(
        _alike(got, known, exercise.rtol) for got, known in zip(trial.results, values, strict=True)
    )


def _alike(got, known, rtol):
    """Whether two results are the same, NaN and infinities in the same places."""
    try:
        got, known = np.asarray(got), np.asarray(known)
    except ValueError:  # a list of uneven rows
        return False
    if got.dtype.kind not in "fiub":
        return False
    scale = np.abs(known[np.isfinite(known)]).max(initial=1e-3)
    return got.shape == known.shape and np.allclose(got, known, rtol=0, atol=rtol * scale, equal_nan=True)


def _common_factor(trials):
    """Say by which factor every differing result is too large, if it is one and the same."""
    factors = []
    for difference in (trial.difference for trial in trials if trial.difference is not None):
        expected, got = difference.expected.astype(float), difference.got.astype(float)
        if not np.isfinite(got).all() or not np.abs(expected).max(initial=0) > 0:
            return ""
        factor = np.vdot(expected, got) / np.vdot(expected, expected)
        if np.abs(got - factor * expected).max() > 1e-5 * np.abs(expected).max() or factor == 0:
            return ""
        factors.append(factor)
    if not factors or np.ptp(factors) > 1e-5 * abs(factors[0]):
        return ""
    sign = "Every number has the opposite sign." if abs(factors[0] + 1) < 1e-5 else ""
    return sign or f"Every number is {factors[0]:.4g} times what was expected."
