"""What is handed to an answer: the forms in which arrays come, and whether they are left as they were."""

import copy
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from cnnlib.checks.exercise import Misfit
from cnnlib.runtime.language import say

COPY = "which other code still needs; work on a copy"


@dataclass(frozen=True)
class Form:
    """A form in which the numbers of a case may come.

    `lead` begins the sentence of a fault found in this form, `likely` says what it is usually owed to, and
    `change` gives an array this form. `room` is how many times more than elsewhere results may differ.
    """

    lead: str
    likely: str
    change: Callable
    room: float = 1.0


def _column_after_column(array):
    return np.asfortranarray(array)


def _every_other(array):
    """The array as every second number, along every axis, of one twice as large."""
    around = np.full(tuple(2 * size for size in array.shape), 7, array.dtype)
    inside = around[tuple(slice(None, None, 2) for _ in array.shape)]
    inside[...] = array
    return inside


def _read_only(array):
    array = array.copy()
    array.flags.writeable = False
    return array


def _single(array):
    return array.astype(np.float32) if array.dtype.kind == "f" else array


def other_numbers(array):
    """Other numbers in an array of the same shape."""
    if array.dtype.kind != "f":
        return array
    return array[..., ::-1] / 2 + np.linspace(0, 1, array.size).reshape(array.shape)


LOST = (
    "ravel() and reshape() give a view of some arrays and a copy of others, and what is written into a copy "
    "is lost; strides made by hand fit one order only. Index the array itself."
)
KEPT = "It seems to keep the results of an earlier call and to hand them out again."
WRITES = "It writes into what was handed over, which other code still needs; work on a copy."
FORMS = (
    Form("On other numbers in arrays of the same shapes: ", KEPT, other_numbers),
    Form("On an array stored column after column, as x.T is: ", LOST, _column_after_column),
    Form("On an array that is a part of a larger one, as x[::2, ::2] is: ", LOST, _every_other),
    Form("On arrays that may only be read: ", WRITES, _read_only),
    Form("On arrays of float32: ", "Nothing should depend on the arrays being float64.", _single, room=100.0),
)
OTHER_NUMBERS = FORMS[0]


def reform(value, change):
    """A copy of the arguments, every array of them, also inside tuples, changed.

    >>> reform((np.ones(2), 3), lambda a: a + 1)
    (array([2., 2.]), 3)
    """
    if isinstance(value, tuple):
        return tuple(reform(item, change) for item in value)
    return change(value) if isinstance(value, np.ndarray) else copy.deepcopy(value)


def plain(array):
    """An array as the true function gets it: C-ordered, 64 bits.

    >>> plain(np.ones(2, np.float32)).dtype
    dtype('float64')
    """
    return np.array(array, np.float64 if array.dtype.kind == "f" else array.dtype, order="C")


def same(left, right):
    """Whether two arguments are equal, arrays to the bit, whatever else they hold.

    >>> same((1, np.arange(2)), (1, np.arange(2))), same(np.zeros(2), np.ones(2))
    (True, False)
    """
    if isinstance(left, (tuple, list)):
        pairs = zip(left, right, strict=True)
        return isinstance(right, type(left)) and len(left) == len(right) and all(same(a, b) for a, b in pairs)
    if isinstance(left, np.ndarray):
        nan = left.dtype.kind == "f"
        return left.shape == right.shape and np.array_equal(left, right, equal_nan=nan)
    return isinstance(left, np.random.Generator) or left == right


def kept(value):
    """A copy to compare with later, in plain lists and tuples; the functions in a list stay the same ones.

    >>> kept([max])[0] is max
    True
    """
    if isinstance(value, (list, tuple)):
        plainly = list if isinstance(value, list) else tuple
        return plainly(kept(item) for item in value)
    return np.array(value, copy=True) if isinstance(value, np.ndarray) else value


def were_changed(names):
    """Say of arguments that they were changed.

    >>> were_changed(["x"]), were_changed(["steps"])
    ('x was changed', 'steps were changed')
    """
    verb = "were" if len(names) > 1 or names[0].endswith("s") else "was"
    return say("{names} {verb} changed", names=" and ".join(names), verb=verb)


def hand_over(function, names, *arguments):
    """Call a function inside a check's own loop, and see that it leaves the named arguments as they were.

    `names` has an entry for each argument, None for one that may be changed.

    Raises
    ------
    Misfit
        If a named argument was changed.
    """
    before = kept(arguments)
    value = function(*arguments)
    pairs = zip(names, before, arguments, strict=True)
    changed = [name for name, old, new in pairs if name and not same(old, new)]
    if changed:
        raise Misfit(
            say(
                "{were_changed} (emptied, put in another order or overwritten), {copy}.",
                were_changed=were_changed(changed),
                copy=COPY,
            )
        )
    return value
