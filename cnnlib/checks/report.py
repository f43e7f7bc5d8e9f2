"""What a learner is shown: the outcome, what was tried, the likely misconception, a hint."""

import html
import re
from dataclasses import dataclass

import numpy as np

from cnnlib.runtime.language import marked, say, word

MARKS = {"right": "✓", "wrong": "✗", "not attempted": "○"}
COLORS = {"right": "#009E73", "wrong": "#D55E00", "not attempted": "#0072B2"}  # Okabe-Ito
LARGEST_PLANE = 10


@dataclass(frozen=True)
class Report:
    """The outcome of a check; a notebook shows it as a small page, a terminal as text.

    Attributes
    ----------
    exercise : Exercise
        What was checked.
    outcome : str
        ``"right"``, ``"wrong"`` or ``"not attempted"``.
    finding : Finding or None
        What is wrong, if something is.
    """

    exercise: object
    outcome: str
    finding: object = None
    shown_hints: int = 1

    @property
    def passed(self):
        """Whether the answer is right."""
        return self.outcome == "right"

    def hint(self, number=2):
        """The first or second hint, as text."""
        hints = self.exercise.hints
        return hints[min(max(number, 1), len(hints)) - 1]

    def __repr__(self):
        return "\n".join(f"{label}{text}" for label, text, _ in self._said())

    def _repr_html_(self):
        color, lines = COLORS[self.outcome], []
        for label, text, kind in self._said():
            tag = "pre" if kind == "array" else "div"
            style = "margin:0 0 0 1em;background:none;color:inherit" if kind == "array" else "margin:0.2em 0"
            weight = f"<b>{html.escape(label)}</b>"
            lines.append(f'<{tag} style="{style}">{weight}{html.escape(text)}</{tag}>')
        return (
            f'<div role="status" style="border-left:4px solid {color};padding:0.4em 0.8em;margin:0.4em 0">'
            + "".join(lines)
            + "</div>"
        )

    def _said(self):
        """The report's lines in the learner's language."""
        for label, text, kind in self._lines():
            yield word(label), text if kind == "array" else word(text), kind

    def _lines(self):
        """The report as (label, text, kind) triples; both forms are made of them."""
        name, hints = self.exercise.name, self.exercise.hints
        head = {"right": word("right, on every case tried"), "wrong": word("wrong")}
        open_ = "not attempted yet. To write: {signature}"
        if self.exercise.value:
            open_ = "not attempted yet. To find: {signature}"
        head["not attempted"] = say(open_, signature=self.exercise.signature)
        yield f"{MARKS[self.outcome]} {name}: ", head[self.outcome], "head"
        if self.outcome != "wrong":
            return
        yield from _finding_lines(self.finding, self.exercise)
        shown = min(max(self.shown_hints, 1), len(hints))
        for number in range(1, shown + 1):
            yield say("Hint {number}: ", number=number), self.hint(number), "text"
        if shown < len(hints):
            yield (
                "",
                say('For another hint: check("{name}", …, hint={shown})', name=name, shown=shown + 1),
                "text",
            )


def _finding_lines(finding, exercise):
    """What was tried and where it differs."""
    before = finding.number - 1
    smaller = (
        "the smallest"
        if before == 0
        else say("the smallest it fails on; {before} before it passed", before=before)
    )
    yield "", finding.sentence, "text"
    if finding.in_form:
        smaller = "in the form of arrays said above; in the plain form all cases passed"
    if finding.likely:
        yield "Likely: ", finding.likely, "text"
    if finding.arguments:
        yield (
            "Tried with ",
            say(
                "case {case} of {total} ({smaller}):",
                case=finding.number,
                total=finding.total,
                smaller=smaller,
            ),
            "text",
        )
    for name, value in _named(finding.arguments, exercise):
        yield f"{name} = ", show_value(value, len(name) + 3), "array"
    if finding.difference is not None:
        yield from difference_lines(finding.difference)
    if finding.printed:
        lines = finding.printed.rstrip().splitlines()
        yield "It printed ", "\n".join(lines[:5] + ["…"] * (len(lines) > 5)), "array"


def _named(arguments, exercise):
    """Pairs (name, value) of the arguments, tuples among them taken apart."""
    for name, value in zip(exercise.inputs, arguments, strict=False):
        names = exercise.parts.get(name)
        yield from zip(names, value, strict=True) if names else [(name, value)]


def show_value(value, indent=0):
    """An argument as text: short arrays whole, long ones by their edges and shape.

    >>> show_value(np.arange(3.0)), show_value((np.ones(1), 2))
    ('[0. 1. 2.]', '([1.], 2)')
    """
    if isinstance(value, np.ndarray):
        text = np.array2string(value, precision=4, suppress_small=True, threshold=60, edgeitems=2)
        text = re.sub(r"\n\s*\n", "\n", text).replace("\n", "\n" + " " * indent)
        return text if value.size <= 16 else f"{text}  {say('shape {shape}', shape=value.shape)}"
    if isinstance(value, tuple):
        return "(" + ", ".join(show_value(item, indent + 1) for item in value) + ")"
    if isinstance(value, np.random.Generator):
        return "np.random.default_rng(…)"
    return repr(value)


def difference_lines(difference):
    """Yours, expected and where, of the first plane of a result that differs."""
    plane, name = first_wrong_plane(difference.wrong), difference.name
    if plane:
        name += f"[{', '.join(map(str, plane))}]"
    got, expected, wrong = (
        np.atleast_2d(array[plane])[:LARGEST_PLANE, :LARGEST_PLANE]
        for array in (difference.got, difference.expected, difference.wrong)
    )
    yours, right = table(got), table(expected)
    marks = [["✗" if bad else "·" for bad in row] for row in wrong]
    names = [word(text) for text in marked("yours", "expected", "where")]
    rows = zip(names, (yours, right, marks) if wrong.size > 1 else (yours, right), strict=False)
    rows = [(text.ljust(max(map(len, names))), cells) for text, cells in rows]
    width = max(len(cell) for _, cells in rows for row in cells for cell in row)
    for label, cells in rows:
        lines = ["  ".join(cell.rjust(width) for cell in row) for row in cells]
        head = f"{name} {label} "
        yield head, ("\n" + " " * len(head)).join(lines), "array"


def first_wrong_plane(wrong):
    """Index of the first two-dimensional slice in which something is marked.

    >>> first_wrong_plane(np.array([[[[False]], [[True]]]]))
    (0, 1)
    """
    if wrong.ndim <= 2:
        return ()
    planes = wrong.reshape(*wrong.shape[:-2], -1).any(-1)
    return tuple(int(index) for index in np.argwhere(planes)[0])


def table(array):
    """Numbers of a plane as short texts.

    >>> table(np.array([[1.0, -0.25]]))
    [['1', '-0.25']]
    """
    return [[f"{float(value) + 0.0:.4g}" for value in row] for row in array]
