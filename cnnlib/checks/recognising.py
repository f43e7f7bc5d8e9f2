"""Name the belief behind a wrong answer: that of a known wrong answer which gives the same results."""

import copy

import numpy as np

from cnnlib.checks import running
from cnnlib.checks.comparing import alike, as_tuple, count_results
from cnnlib.checks.exercise import Misfit
from cnnlib.runtime.language import say


def recognise(exercise, trials):
    """Name the misconception whose wrong answer gives the same results as this one, on several cases.

    Parameters
    ----------
    exercise : Exercise
    trials : list of Trial
        What the answer gave on several cases.

    Returns
    -------
    name, sentence : str
        Both empty if none is recognised; the sentence alone may name a common factor.
    """
    trials = [tried for tried in trials if not tried.cut]
    told = [
        tried.results is not None or isinstance(tried.error, Misfit) for tried in trials if tried.sentence
    ]
    if not any(told):
        return "", ""
    for misconception in exercise.misconceptions:
        for known in (misconception.answer, *misconception.also):
            if all(_agrees(exercise, known, tried) for tried in trials):
                return misconception.name, misconception.sentence
    return "", _common_factor(exercise, trials)


def _agrees(exercise, wrong_answer, trial):
    """Whether a known wrong answer gives, on this case, what the learner's answer gave."""
    given = copy.deepcopy(trial.arguments)
    call = running.call(lambda *these: exercise.call(wrong_answer, these), given, 1.0)
    if trial.error is not None:
        told = (type(trial.error), str(trial.error) if isinstance(trial.error, Misfit) else "")
        return told == (type(call.error), str(call.error) if isinstance(call.error, Misfit) else "")
    if trial.results is None:
        return call.error is None and count_results(call.value, exercise.outputs)[1] == trial.sentence
    if call.cut or call.error is not None or call.value is None:
        return False
    values = as_tuple(call.value)
    return len(values) == len(trial.results) and all(
        alike(got, known, exercise.rtol) for got, known in zip(trial.results, values, strict=True)
    )


def _common_factor(exercise, trials):
    """Say by which factor every differing result is too large, if it is one and the same.

    It must be there in two trials, and in no trial may a result of some size have been right.
    """
    factors = []
    for difference in (trial.difference for trial in trials if trial.difference is not None):
        expected, got = difference.expected.astype(float), difference.got.astype(float)
        if not np.isfinite(got).all() or not np.abs(expected).max(initial=0) > 0:
            return ""
        factor = np.vdot(expected, got) / np.vdot(expected, expected)
        if np.abs(got - factor * expected).max() > 1e-5 * np.abs(expected).max() or factor == 0:
            return ""
        factors.append(factor)
    if len(factors) < 2 or np.ptp(factors) > 1e-5 * abs(factors[0]):
        return ""
    wrong = {trial.difference.name for trial in trials if trial.difference is not None}
    for right in (trial.expected for trial in trials if not trial.sentence):
        for name, result in zip(exercise.outputs, right, strict=True):
            if name in wrong and not alike(result, factors[0] * np.asarray(result), exercise.rtol):
                return ""
    sign = "Every number has the opposite sign." if abs(factors[0] + 1) < 1e-5 else ""
    digits = 4 if abs(factors[0] - 1) > 0.01 else 7
    return sign or say(
        "Every number is {factors:.{digits}g} times what was expected.", factors=factors[0], digits=digits
    )
