"""Exercises and their checks: ``check("03.relu_backward", my_relu_backward)``.

A check calls the learner's function on many hidden cases, from tiny to small, and shows the smallest one it
fails on. Whatever the function does (an error, an endless loop, a wrong shape, NaN), a report comes of it.

>>> import numpy as np
>>> check("03.relu_backward", lambda dy, x: dy * (dy > 0)).outcome
'wrong'
>>> check("03.relu_backward", lambda dy, x: np.where(x > 0, dy, 0.0)).passed
True
"""

import os

from cnnlib.checks.exercise import exercises, find
from cnnlib.checks.judging import judge
from cnnlib.checks.progress import progress, record
from cnnlib.checks.report import Report
from cnnlib.learning.record import note_exercise

__all__ = ["Report", "check", "exercises", "progress"]


def check(name, answer=None, hint=1):
    """Check an answer to an exercise.

    Parameters
    ----------
    name : str
        ``"NN.function"``, such as ``"03.relu_backward"``.
    answer : callable
        The learner's function; None, ``...`` or an unchanged stub counts as not attempted.
    hint : int
        How many hints to show when the answer is wrong: 1 or 2.

    Returns
    -------
    Report
        ``.outcome`` is ``"right"``, ``"wrong"`` or ``"not attempted"``; a notebook shows it as a small page.

    Raises
    ------
    ValueError
        If there is no exercise of that name.
    AssertionError
        If the answer is not right and the environment variable ``CNNLIB_CHECKS`` is ``raise``, for graders.
    """
    exercise = find(name)
    outcome, finding = judge(exercise, answer)
    report = Report(exercise, outcome, finding, shown_hints=hint)
    record(exercise.name, outcome)
    note_exercise(exercise.name, outcome, finding.misconception if finding else "")
    if os.environ.get("CNNLIB_CHECKS") == "raise" and not report.passed:
        raise AssertionError(repr(report))
    return report
