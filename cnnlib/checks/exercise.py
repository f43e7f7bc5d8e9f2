"""What an exercise consists of, and the list of all exercises."""

import difflib
import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cnnlib.learning.names import present_exercise, renumbered


@dataclass(frozen=True)
class Misconception:
    """A wrong answer with a name: it must be rejected, and it is recognised in what a learner hands in.

    Parameters
    ----------
    name : str
        What is believed, in a few words.
    sentence : str
        What the learner is told; it names the belief, not the remedy.
    answer : callable
        The function that this belief leads to.
    also : tuple of callable
        Other ways of writing it which give other results.
    """

    name: str
    sentence: str
    answer: Callable
    also: tuple = ()


@dataclass(frozen=True)
class Exercise:
    """One exercise: the true function, the cases it is tried on, the misconceptions and the hints.

    Parameters
    ----------
    name : str
        ``"NN.function"``: the notebook and the function to write.
    signature : str
        How the learner's function is called and what it returns.
    inputs, outputs : tuple of str
        Names of the arguments and of the results, for the report.
    oracle : callable
        The true function: same arguments, same results.
    cases : callable
        ``cases(rng)`` yields tuples of arguments; they are tried in the order of their size.
    hints : tuple of str
        Two hints; neither gives the answer away.
    misconceptions : tuple of Misconception
        At least four.
    run : callable, optional
        ``run(function, *arguments)`` gives what is compared, when that is not the bare result of one call.
    parts : dict
        Names of what a tuple among the arguments holds: ``{"cache": ("x", "kernel_size", "stride")}``.
    mutable : tuple of str
        Arguments the function may change.
    told : dict
        By the names of outputs: what it most likely means when one of them is the first that is wrong.
    value : bool
        Whether the answer is a value rather than a function.
    rtol : float
        Relative tolerance, of the largest expected number.
    whole : tuple of str
        Outputs that must be of a type of whole numbers.
    probed : bool
        Whether each case is asked twice, and arrays are also handed over in other forms: other orders in
        memory, read-only, float32. A `run` that asks several times itself says False.
    other : callable, optional
        ``other(*arguments)``: other arguments of the same shapes, which show whether earlier results are
        handed out again. By default every array gets other numbers; arrays that belong together must be
        made anew together.
    unit : callable, optional
        ``unit(*arguments)``: the size of number in which 32-bit arithmetic may round; by default the largest
        number in the arrays of floats.
    """

    name: str
    signature: str
    inputs: tuple
    outputs: tuple
    oracle: Callable
    cases: Callable
    hints: tuple
    misconceptions: tuple = ()
    run: Callable | None = None
    parts: dict = field(default_factory=dict)
    mutable: tuple = ()
    told: dict = field(default_factory=dict)
    value: bool = False
    rtol: float = 1e-5
    whole: tuple = ()
    probed: bool = True
    other: Callable | None = None
    unit: Callable | None = None

    def call(self, function, arguments):
        """Call an answer on one case; a value counts as a function without arguments that returns it."""
        if self.value and not callable(function):
            value = function
            return self.run(lambda: value)
        return self.run(function, *arguments) if self.run else function(*arguments)

    def all_cases(self):
        """All cases, smallest first: the same for everybody, and too many to be known by heart."""
        return sorted(self.cases(np.random.default_rng(sum(self.name.encode()))), key=count_numbers)


def count_numbers(value):
    """How many numbers an argument, or a tuple of arguments, holds.

    >>> count_numbers((np.zeros((2, 3)), 5))
    7
    """
    return sum(map(count_numbers, value)) if isinstance(value, tuple) else np.size(value)


class Misfit(Exception):
    """What a learner's function returned cannot be used; the text is told as it is."""


_exercises: dict[str, Exercise] = {}


def register(exercise):
    """Add an exercise to the list; its name must be new.

    Raises
    ------
    ValueError
        If an exercise of that name is there already.
    """
    if exercise.name in _exercises:
        raise ValueError(f"exercise: got a second {exercise.name!r}, expected a new name")
    _exercises[exercise.name] = exercise
    return exercise


def exercises():
    """All exercises of the course by name, in the course's order.

    >>> "03.relu_backward" in exercises()
    True
    """
    for path in sorted(Path(__file__).parent.glob("nb[0-9][0-9]*.py*")):  # .pyc alone in a browser
        importlib.import_module(f"cnnlib.checks.{path.stem}")
    return dict(sorted(_exercises.items(), key=lambda item: item[0][:2]))


def find(name):
    """The exercise of a name, present or former.

    Raises
    ------
    ValueError
        If there is none; the message names the nearest ones.
    """
    known = exercises()
    if name not in known:  # perhaps under a former name, or the number that its notebook had
        former = present_exercise(str(name)), present_exercise(renumbered(str(name), version=1))
        name = next((present for present in former if present in known), name)
    if name not in known:
        near = difflib.get_close_matches(str(name), known, n=3, cutoff=0.3) or list(known)
        raise ValueError(f"name: got {name!r}, expected an exercise such as {', '.join(map(repr, near))}")
    return known[name]
