"""A double lesson of 90 minutes from one notebook: arrival, recap, sections, exercises, closing.

It is made for two classes: one that has had the notebooks before, and one that has not; this one recalls
longer and leaves sections out. What stays over is for the exercises, and what they do not take is in hand.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

from tools.teaching.guide import Guide, guides
from tools.teaching.lessons import Lesson, Section, Task, lessons, widget_lines

LENGTH = 90
RECAP, LONG_RECAP = 10, 20
CLOSING = 5
BEGINS, RESERVE = 15, 5  # minutes in hand from which on the next notebook is begun, and that stay in hand
BEGUN = 4  # minutes for which an exercise is worth beginning
WIDTH, LONG = 30, 46  # letters that tell which cell is meant, and of a widget's line that is given whole
CARD = re.compile(r'^(predict|worked|quiz)\("', re.MULTILINE)


@dataclass(frozen=True)
class Shown:
    """What is projected: the number of a cell, its words, and whether something is done with it in class.

    The kinds are ``"card"``, ``"widget"``, ``"code"``, ``"picture"`` and, without a cell, ``"text"``.
    A cell that `fails` is meant to.
    """

    kind: str
    number: int
    words: str = ""
    fails: bool = False

    @property
    def live(self) -> bool:
        """Whether it is touched in class: all other cells have been run before."""
        return self.kind in ("card", "widget")


@dataclass(frozen=True)
class Part:
    """A part of the double lesson: what, how long, and of a section what is projected."""

    title: str
    minutes: int
    section: Section | None = None
    shown: tuple[Shown, ...] = ()
    says: str = ""


@dataclass(frozen=True)
class Double:
    """A double lesson; `start` says at which minute a part begins."""

    parts: tuple[Part, ...]
    starts: dict[str, int] = field(default_factory=dict)

    @property
    def minutes(self) -> int:
        """Its length, with all its parts."""
        return sum(part.minutes for part in self.parts)


def double(lesson: Lesson, known: bool = True) -> Double:
    """Return a lesson's 90 minutes, for a class that knows the notebooks before, or for one that does not."""
    guide, projected = guides()[lesson.topic], shown(lesson)
    skip = () if known else guide.skip
    sections = [
        Part(section.title, section.minutes, section, projected[section.title])
        for section in lesson.timed
        if section.title not in skip
    ]
    parts = [*_beginning(guide, known), *sections]
    left = LENGTH - CLOSING - sum(part.minutes for part in parts)
    parts += _rest(lesson, left)
    parts.append(
        Part(
            "Closing",
            CLOSING,
            says="The closing questions, each on their own; say what is handed in, until when.",
        )
    )
    starts, minute = {}, 0
    for part in parts:
        starts[part.title] = minute
        minute += part.minutes
    return Double(tuple(parts), starts)


def _beginning(guide: Guide, known: bool) -> list[Part]:
    """Arrival, and the recap where there is something to recall."""
    arrival = "All have the notebook open (else a double click at the left), at its top. Yours has been run."
    found = [Part("Arrival", guide.arrival, says=arrival)]
    if guide.recap:
        minutes = RECAP if known else LONG_RECAP
        found.append(Part("Recap", minutes, says="The questions overleaf, to the class; the board."))
    return found


def _rest(lesson: Lesson, left: int) -> list[Part]:
    """The exercises that there is time for, and what is in hand after all of them."""
    minutes = min(left, sum(task.minutes for task in lesson.exercises))
    found = [Part("Exercises", minutes, says=fitting(lesson.exercises, minutes))]
    if spare := left - minutes:
        found.append(Part("In hand", spare, says=_in_hand(lesson, spare)))
    return found


def places(tasks: list[Task], minutes: int) -> list[str]:
    """Say of each exercise, in their order, where it is done if the class has so many minutes.

    >>> tasks = [Task("Core", 5, "a"), Task("Core", 8, "b"), Task("Core", 15, "c")]
    >>> places(tasks, 20)
    ['in class', 'in class', 'begun in class']
    >>> places(tasks, 15), places(tasks, 3)
    (['in class', 'in class', 'at home'], ['begun in class', 'at home', 'at home'])
    """
    found = []
    for task in tasks:
        goes_on = found == ["in class"] * len(found)
        if goes_on and task.minutes <= minutes:
            found.append("in class")
            minutes -= task.minutes
        else:
            begun = goes_on and (minutes >= BEGUN or not found)
            found.append("begun in class" if begun else "at home")
    return found


def fitting(tasks: list[Task], minutes: int) -> str:
    """Say which exercises fit into so many minutes, by their numbers.

    >>> tasks = [Task("Core", 5, "a"), Task("Core", 8, "b"), Task("Core", 15, "c")]
    >>> fitting(tasks, 20), fitting(tasks, 28), fitting(tasks, 3)
    ('1 and 2; 3 is begun', '1 to 3, all of them', '1 is begun')
    """
    where = places(tasks, minutes)
    done = where.count("in class")
    whole = {0: "", 1: "1", 2: "1 and 2"}.get(done, f"1 to {done}")
    if done == len(tasks):
        return f"{whole}, all of them"
    begun = f"{done + 1} is begun" if "begun in class" in where else ""
    return "; ".join(filter(None, (whole, begun)))


def _in_hand(lesson: Lesson, spare: int) -> str:
    """What is done with minutes that are left: the next notebook is begun, if they are many."""
    text = "For what took longer."
    later = list(lessons().values())
    place = later.index(lesson) + 1
    if spare < BEGINS or place == len(later):
        return text
    titles, minutes = [], 0
    for section in later[place].timed:
        if minutes + section.minutes > spare - RESERVE:
            break
        titles.append(section.title)
        minutes += section.minutes
    return f"Begin notebook {later[place].number}, {minutes} minutes: {'; '.join(titles)}. {text}"


def shown(lesson: Lesson) -> dict[str, tuple[Shown, ...]]:
    """Return what each section projects; cells are counted as JupyterLab does when all are run once."""
    found, number = {}, 0
    for section in lesson.sections:
        cells = []
        for cell in (cell for cell in section.cells if cell.cell_type == "code"):
            number += 1
            cells.append(_shown(number, cell))
        found[section.title] = tuple(cells) or (Shown("text", 0, _rule(section)),)
    return found


def _shown(number: int, cell) -> Shown:
    if CARD.match(cell.source):
        return Shown("card", number)
    if lines := widget_lines(cell.source):
        line = lines[-1]
        return Shown("widget", number, line if len(line) <= LONG else f"{line.partition('(')[0]}(…)")
    if "alt" in cell.metadata:
        return Shown("picture", number)
    fails = "raises-exception" in cell.metadata.get("tags", [])
    return Shown("code", number, "the set-up" if number == 1 else known_by(cell.source), fails)


def known_by(source: str) -> str:
    """Return a few letters by which a cell is known: the function it defines, or what it sets first.

    >>> known_by("x, y = (1, 2)"), known_by("def there():\\n    return 1"), known_by("for x in y: x")
    ('x, y = …', 'def there', 'for …')
    """
    try:
        body = [node for node in ast.parse(source).body if not isinstance(node, (ast.Import, ast.ImportFrom))]
    except SyntaxError:  # IPython's own lines
        return source.splitlines()[0][:WIDTH]
    functions = [node for node in body if isinstance(node, ast.FunctionDef)]
    if functions:
        return f"def {functions[0].name}"
    sets = [node for node in body if isinstance(node, ast.Assign)]
    words = _shortly(sets[0] if sets else body[0])
    return words if len(words) <= WIDTH else words[:WIDTH] + "…"


def _shortly(node: ast.stmt) -> str:
    """A statement in a word or two."""
    if isinstance(node, ast.Assign):
        return f"{ast.unparse(node.targets[0]).strip('()')} = …"
    if isinstance(node, ast.Expr):
        text = ast.unparse(node)
        return text if len(text) <= WIDTH else f"{text.partition('(')[0]}(…)"
    return f"{type(node).__name__.lower()} …"


def _rule(section: Section) -> str:
    """The rule that a section leads to, if its text has one."""
    text = "\n\n".join(cell.source for cell in section.cells if cell.cell_type == "markdown")
    boxes = re.findall(r"(?m)^(?:> .*\n?)+", text)
    rule = " ".join(re.sub(r"(?m)^> ?", "", boxes[0]).split()) if boxes else ""
    return rule.strip("*")
