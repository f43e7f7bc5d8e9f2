"""Compare what an answer returned with what was expected, and say in one sentence what differs."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from cnnlib.runtime.language import say, say_many

SLACK = 1e-6  # of the largest number handed over: what 32-bit arithmetic may lose where large numbers cancel


@dataclass
class Difference:
    """One result beside what was expected; `wrong` marks the numbers that differ."""

    name: str
    got: np.ndarray
    expected: np.ndarray
    wrong: np.ndarray


def as_tuple(value):
    """Results as a tuple, one or many."""
    return value if isinstance(value, tuple) else (value,)


def largest(value):
    """The largest finite size of a number in the arrays of floats among arguments, 0 without any.

    >>> largest((np.array([1.0, -3.0]), 7, (np.array([2.0, np.inf]),)))
    3.0
    """
    if isinstance(value, tuple):
        return max(map(largest, value), default=0.0)
    if not (isinstance(value, np.ndarray) and value.dtype.kind == "f"):
        return 0.0
    return float(np.abs(value[np.isfinite(value)]).max(initial=0.0))


def count_results(value, outputs):
    """Take a value apart into one result for each name, or say in a sentence why that cannot be done.

    >>> count_results((1, 2), ("dx",))
    (None, 'It returned 2 values, expected 1 (dx).')
    >>> count_results((1,), ("dx",))[1]
    'It returned a tuple that holds one value: is there a comma at the end of the return?'
    """
    if value is None:
        return None, "It returned None: is there a return at the end?"
    if len(outputs) == 1 and isinstance(value, tuple) and len(value) == 1:
        return None, "It returned a tuple that holds one value: is there a comma at the end of the return?"
    values = tuple(value) if isinstance(value, list) and len(outputs) > 1 else as_tuple(value)
    if len(values) != len(outputs):
        wanted = f"{len(outputs)} ({', '.join(outputs)})"
        return None, say_many(
            "It returned {number} value, expected {wanted}.",
            "It returned {number} values, expected {wanted}.",
            len(values),
            wanted=wanted,
        )
    return values, ""


def compare_one(name, got, expected, rtol, slack=0.0, whole=False):
    """Compare one result; return a sentence (empty if right) and the difference that can be shown.

    >>> compare_one("dx", np.ones(3), np.zeros((1, 3)), 1e-5)[0]
    'dx has the shape (3,), expected (1, 3).'
    >>> compare_one("dx", "dy", np.zeros(3), 1e-5)[0]
    'dx is a str, expected an array of numbers of shape (3,).'
    """
    expected = np.asarray(expected)
    what = say("an array of numbers of shape {shape}", shape=expected.shape) if expected.ndim else "a number"
    try:
        array = np.asarray(float(got) if isinstance(got, Fraction) and not whole else got)
        kind = array.dtype.kind
    except Exception:  # a list of uneven rows, or an object that refuses
        return say(
            "{name} is a {kind} that is no array, expected {what}.",
            name=name,
            kind=type(got).__name__,
            what=what,
        ), None
    if kind not in "fiu" and not (kind == "b" and expected.dtype.kind == "b"):
        if isinstance(got, np.ndarray):
            found = say("an array of {dtype}", dtype=array.dtype)
            return say("{name} is {found}, expected {what}.", name=name, found=found, what=what), None
        kind = type(got).__name__
        return say("{name} is a {kind}, expected {what}.", name=name, kind=kind, what=what), None
    if array.shape != expected.shape:
        return say(
            "{name} has the shape {shape}, expected {shape2}.",
            name=name,
            shape=array.shape,
            shape2=expected.shape,
        ), None
    if whole and kind == "f":
        return say(
            "{name} is {array}, a float; an int is asked for: // gives one, / does not.",
            name=name,
            array=array,
        ), None
    return _compare_numbers(name, array, expected, rtol, slack)


def _compare_numbers(name, array, expected, rtol, slack):
    """Compare two arrays of equal shape."""
    room = rtol * max(np.abs(expected).max(initial=0.0), 1e-3) + slack
    with np.errstate(all="ignore"):
        wrong = ~(np.abs(array.astype(float) - expected) <= room)
    if not wrong.any():
        return "", None
    difference = Difference(name, array, expected, wrong)
    lost = np.count_nonzero(~np.isfinite(array))
    if lost:
        place = say(" in {lost} of {size} numbers", lost=lost, size=wrong.size) if wrong.ndim else ""
        return say("{name} is not finite (NaN or infinity){place}.", name=name, place=place), difference
    if not wrong.ndim:
        return say("{name}: not what was expected.", name=name), difference
    return say(
        "{name}: {wrong} of {size} numbers differ.", name=name, wrong=np.count_nonzero(wrong), size=wrong.size
    ), difference


def alike(got, known, rtol):
    """Whether two results are the same, NaN and infinities in the same places.

    >>> alike([1.0, np.nan], [1.0, np.nan], 1e-5), alike([1.0], [2.0], 1e-5)
    (True, False)
    """
    try:
        got, known = np.asarray(got), np.asarray(known)
    except Exception:  # a list of uneven rows, or an object that refuses
        return False
    if got.dtype.kind not in "fiub" or known.dtype.kind not in "fiub":
        return False
    if not got.ndim and (got.dtype.kind == "b") != (known.dtype.kind == "b"):
        return False  # True is no 1
    scale = np.abs(known[np.isfinite(known)]).max(initial=1e-3)
    return got.shape == known.shape and np.allclose(got, known, rtol=0, atol=rtol * scale, equal_nan=True)
