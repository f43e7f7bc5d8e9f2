"""Find out whether an answer is right, and if not, on which smallest case it fails, how, and why it might.

An answer is tried on every case. Then it is tried on some of them again, with the same numbers in other
forms (`handing.FORMS`). Each time it is asked twice, and what it was given is looked at afterwards.
"""

import copy
from dataclasses import dataclass

import numpy as np

from cnnlib.checks import running
from cnnlib.checks.comparing import SLACK, Difference, alike, as_tuple, compare_one, count_results, largest
from cnnlib.checks.exercise import Misfit
from cnnlib.checks.handing import COPY, FORMS, OTHER_NUMBERS, plain, reform, same, were_changed
from cnnlib.checks.recognising import recognise
from cnnlib.checks.stubs import is_stub, is_untouched
from cnnlib.runtime.language import say

SECONDS_PER_CASE = 3.0
CASES_TO_RECOGNISE = 30
CASES_OF_A_FORM = 8
KEEPS = (
    "Asked twice with the same arguments, it gives two answers. It keeps something from one call to the next "
    "(in a global, or in a default such as list=[]), adds to an array from np.empty, which is not zero, or "
    "draws random numbers of its own."
)


@dataclass
class Finding:
    """Why an answer is wrong.

    `sentence` says it in words; `arguments` is the smallest case it fails on, the `number`-th of `total`;
    `difference` is the first result that differs, where one can be shown; `likely` names the misconception;
    `in_form` says that all cases passed, and this one failed with its arrays in another form.
    """

    sentence: str
    arguments: tuple = ()
    number: int = 0
    total: int = 0
    difference: Difference | None = None
    likely: str = ""
    misconception: str = ""
    printed: str = ""
    in_form: bool = False


@dataclass
class Trial:
    """One case tried: what was returned, what was expected, and what is wrong with it (nothing if right)."""

    arguments: tuple
    results: tuple | None = None
    expected: tuple = ()
    sentence: str = ""
    difference: Difference | None = None
    likely: str = ""
    printed: str = ""
    in_form: bool = False
    room: float = 1.0
    error: BaseException | None = None
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
        return "wrong", Finding(
            say(
                "It is a {kind}, expected a function {signature}.",
                kind=type(answer).__name__,
                signature=exercise.signature,
            )
        )
    cases = exercise.all_cases()
    trial, number = _first_fault(exercise, answer, cases)
    if trial is None:
        return "right", None
    if number == 1 and isinstance(trial.error, NotImplementedError):
        return "not attempted", None
    if is_untouched(
        answer, lambda noting: running.call(exercise.call, (noting, copy.deepcopy(cases[0])), 1.0)
    ):
        return "not attempted", None
    return "wrong", _explain(exercise, answer, trial, number, cases)


def _first_fault(exercise, answer, cases):
    """The first trial with a fault and the number of its case; None and 0 if there is none."""
    last = None
    for number, arguments in enumerate(cases, start=1):
        trial = try_case(exercise, answer, arguments)
        if trial.sentence:
            return trial, number
        if last is not None and not _still_right(exercise, last):
            trial.sentence = "The result of one call was changed by the next: both are the same array."
            trial.likely = "An array is kept between the calls (a global?) and used again; make a new one."
            return trial, number
        last = trial
    for form in FORMS if exercise.probed else ():
        for number in range(1, len(cases) + 1, max(1, len(cases) // CASES_OF_A_FORM)):
            trial = try_case(exercise, answer, cases[number - 1], form=form)
            if trial.sentence:
                trial.in_form = True
                trial.likely = trial.likely or _told_of_a_form(exercise, form, trial, cases[number - 1])
                trial.sentence = form.lead + trial.sentence
                return trial, number
    return None, 0


def _told_of_a_form(exercise, form, trial, arguments):
    """What a fault in a form is owed to; of results kept only if the earlier ones came again."""
    if form is not OTHER_NUMBERS:
        return form.likely
    earlier = as_tuple(exercise.call(exercise.oracle, copy.deepcopy(arguments)))
    again = trial.results is not None and all(
        alike(got, before, exercise.rtol) for got, before in zip(trial.results, earlier, strict=True)
    )
    return form.likely if again else ""


def _still_right(exercise, trial):
    """Whether the results of an earlier call are what they were."""
    return all(not sentence for sentence, _ in _compared(exercise, trial, trial.results))


def _explain(exercise, answer, trial, number, cases):
    """What a learner is told of a fault: the case, the belief behind it where one is known."""
    name, likely = "", trial.likely
    if not likely and not trial.cut:
        further = cases[number:]
        some = further[:: max(1, len(further) // CASES_TO_RECOGNISE)]
        others = [try_case(exercise, answer, arguments, seconds=1.0) for arguments in some]
        name, likely = recognise(exercise, [trial, *others])
        likely = likely or next((other.likely for other in others if other.likely == KEEPS), "")
        likely = likely or (exercise.told.get(trial.difference.name, "") if trial.difference else "")
    shown = (trial.sentence, trial.arguments, number, len(cases), trial.difference)
    return Finding(*shown, likely, name, trial.printed, trial.in_form)


def try_case(exercise, answer, arguments, seconds=None, form=None):
    """Call an answer on copies of a case's arguments, in a form if one is named, and compare all there is."""
    given, seconds = copy.deepcopy(arguments), seconds or SECONDS_PER_CASE
    if form is not None:
        made_anew = form is OTHER_NUMBERS and exercise.other is not None
        given = exercise.other(*given) if made_anew else reform(given, form.change)
        arguments = reform(given, plain)
    call = running.call(lambda *these: exercise.call(answer, these), given, seconds)
    trial = Trial(arguments, printed=call.printed, room=form.room if form else 1.0)
    if call.cut:
        trial.cut = True
        trial.sentence = say("It was stopped after {seconds:g} seconds: a loop without end?", seconds=seconds)
        return trial
    if call.error is not None:
        trial.error = call.error
        trial.sentence = _told_error(call.error, answer, exercise)
        return trial
    trial.expected = as_tuple(exercise.call(exercise.oracle, copy.deepcopy(arguments)))
    try:
        _compare(trial, call.value, exercise)
        if not _look_at_what_was_given(trial, exercise, given):
            _ask_again(trial, exercise, answer, given, seconds)
    except Exception as error:  # an object of the learner's own, which raises when it is read
        kind = type(call.value).__name__
        trial.results = trial.difference = None
        trial.sentence = say(
            "It returned a {kind} that cannot be read ({kind2}).", kind=kind, kind2=type(error).__name__
        )
    return trial


def _look_at_what_was_given(trial, exercise, given):
    """Say which arguments were changed; whether any was."""
    pairs = zip(exercise.inputs, trial.arguments, given, strict=True)
    changed = [name for name, before, now in pairs if name not in exercise.mutable and not same(before, now)]
    if changed and not trial.sentence:
        trial.sentence = say(
            "The result is right, but {were_changed}, {copy}.", were_changed=were_changed(changed), copy=COPY
        )
    return bool(changed)


def _ask_again(trial, exercise, answer, given, seconds):
    """Call once more with the same arguments, and say so if another answer comes."""
    if trial.results is None or not (exercise.probed and exercise.inputs):
        return
    first = _as_numbers(trial.results)
    if first is None:
        return
    again = running.call(lambda *these: exercise.call(answer, these), given, seconds)
    if again.cut or again.error is not None or not _as_before(first, again.value, exercise):
        trial.likely = KEEPS
        trial.sentence = trial.sentence or "Right the first time; asked again with the same arguments, wrong."


def _as_numbers(results):
    """Copies of results as arrays, to compare with later; None where one holds no numbers."""
    try:
        copies = [np.array(result, copy=True) for result in results]
    except Exception:  # a list of uneven rows, more than the memory holds, an object that refuses
        return None
    return copies if all(one.dtype.kind in "fiub" for one in copies) else None


def _as_before(first, value, exercise):
    """Whether a second answer is the first one again."""
    values, sentence = count_results(value, exercise.outputs)
    if sentence:
        return False
    pairs = zip(values, first, strict=True)
    return (
        all(alike(new, old, exercise.rtol) or _alike_objects(new, old) for new, old in pairs)
        or repr(first) == repr(values)  # the last, for it takes longest
    )


def _alike_objects(new, old):
    """Whether both are objects of one type, such as functions or generators, and not numbers in any form."""
    plain_object = not isinstance(new, (list, np.ndarray)) and np.asarray(new).dtype == object
    return plain_object and type(new) is type(old)


def _told_error(error, answer, exercise):
    """Say in one sentence which error arose, and where in the learner's own lines."""
    if isinstance(error, Misfit):
        return str(error)
    place = running.where_it_failed(error, answer)
    text = running.told(error)
    said = "It raised {kind}: {text} (at {place})." if place else "It raised {kind}: {text}."
    said = say(said, kind=type(error).__name__, text=text, place=place)
    if isinstance(error, TypeError) and "argument" in text:
        return say("{said} It is called as {signature}.", said=said, signature=exercise.signature)
    return said


def _compare(trial, value, exercise):
    """Compare what was returned with what was expected; fills in the trial."""
    trial.results, trial.sentence = count_results(value, exercise.outputs)
    if trial.results is not None:
        faults = _compared(exercise, trial, trial.results)
        trial.sentence, trial.difference = next((fault for fault in faults if fault[0]), ("", None))


def _compared(exercise, trial, results):
    """Sentence and difference of each result."""
    unit = largest(trial.arguments) if exercise.unit is None else exercise.unit(*trial.arguments)
    rtol, slack = exercise.rtol * trial.room, SLACK * unit * trial.room
    for name, got, expected in zip(exercise.outputs, results, trial.expected, strict=True):
        yield compare_one(name, got, expected, rtol, slack, name in exercise.whole)
