"""A plan a lesson, on two pages: the 90 minutes, and behind them what to know of this lesson."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from cnnlib.learning import find as find_item
from tools.teaching.doubles import Double, Part, double, places
from tools.teaching.guide import Cut, guides
from tools.teaching.lessons import Lesson, Task
from tools.teaching.pages import write

LETTERS = 900  # of the questions that a plan's page holds whole


@dataclass(frozen=True)
class Row:
    """A line of the plan: when it begins, and when for a class that does not know what came before.

    `start_new` is None where that class leaves the part out; `mind` is a warning.
    """

    part: Part
    start: int
    start_new: int | None
    minutes: str
    says: str
    questions: tuple[str, ...]
    mind: str = ""


@dataclass(frozen=True)
class Exercise:
    """An exercise, and where it is done: in class, begun there, at home; `where_new` by the other clock."""

    task: Task
    where: str
    where_new: str

    @property
    def says(self) -> str:
        """Where it is done, with the other clock where that differs.

        >>> Exercise(Task("Core", 15, "Stages"), "begun in class", "at home").says
        'begun in class (B: at home)'
        """
        return self.where if self.where == self.where_new else f"{self.where} (B: {self.where_new})"


@dataclass(frozen=True)
class Homework:
    """The exercises of a lesson, and how many minutes of them are left for home, by both clocks."""

    exercises: tuple[Exercise, ...]
    minutes: int
    minutes_new: int

    @property
    def says(self) -> str:
        """The minutes left.

        >>> Homework((), 31, 36).says, Homework((), 0, 0).says
        ('31 minutes (B: 36)', 'nothing')
        """
        other = "" if self.minutes == self.minutes_new else f" (B: {self.minutes_new})"
        return f"{self.minutes} minutes{other}" if self.minutes or self.minutes_new else "nothing"


def homework(lesson: Lesson) -> Homework:
    """Return which exercises are done in class and which at home."""
    tasks = lesson.exercises
    known, new = (
        next(part.minutes for part in double(lesson, each).parts if part.title == "Exercises")
        for each in (True, False)
    )
    where, where_new = places(tasks, known), places(tasks, new)
    pairs = zip(tasks, where, where_new, strict=True)
    return Homework(
        tuple(Exercise(*each) for each in pairs), _left(tasks, where, known), _left(tasks, where_new, new)
    )


def _left(tasks: list[Task], where: list[str], minutes: int) -> int:
    """The minutes for home: of what was begun, what the class has not done."""
    took = {
        place: sum(t.minutes for t, at in zip(tasks, where, strict=True) if at == place) for place in where
    }
    begun = took.get("begun in class", 0)
    return took.get("at home", 0) + (begun and begun - minutes + took.get("in class", 0))


def rows(lesson: Lesson) -> list[Row]:
    """Return the lines of a lesson's plan; questions are whole where one page holds them all."""
    known, new = double(lesson), double(lesson, known=False)
    texts = [find_item(name).text() for section in lesson.timed for name in section.predictions]
    short = sum(map(len, texts)) > LETTERS
    guide = guides()[lesson.topic]
    return [_row(part, known, new, short, guide.mind(part.title)) for part in known.parts]


def _row(part: Part, known: Double, new: Double, short: bool, mind: str) -> Row:
    other = next((each for each in new.parts if each.title == part.title), None)
    minutes, says = str(part.minutes), part.says
    if other and other.minutes != part.minutes:
        minutes = f"{part.minutes} / {other.minutes}"
        says = part.says if other.says == part.says else f"{part.says} (B: {other.says})"
    asked = [find_item(name).text() for name in (part.section.predictions if part.section else ())]
    questions = tuple(map(short_question, asked) if short else asked)
    return Row(part, known.starts[part.title], new.starts.get(part.title), minutes, says, questions, mind)


def cuts(lesson: Lesson, known: bool = True) -> list[Cut]:
    """Return what a class leaves out when time is short, in this order: whole sections, then parts of others.

    >>> from tools.teaching.lessons import find
    >>> [cut.at for cut in cuts(find("backpropagation"))][:2]
    ['A judge: the measured slope', 'A linear layer']
    """
    guide = guides()[lesson.topic]
    sections = sorted((section for section in lesson.timed if section.cut), key=lambda section: section.cut)
    whole = [Cut(section.title, "", section.minutes) for section in sections]
    return [cut for cut in (*whole, *guide.cut) if known or cut.at not in guide.skip]


def minutes_of(found: list[Cut]) -> int:
    """Return how many minutes cuts save together."""
    return sum(cut.minutes for cut in found)


def short_question(text: str) -> str:
    """Return a question that is not long, else its end: as many of the last sentences as 110 letters hold.

    >>> short_question("The network has 10 weights. How many passes?")
    'The network has 10 weights. How many passes?'
    """
    sentences = re.split(r"(?<=[.?!:]) (?=[A-Z])", text)
    while len(sentences) > 1 and len(" ".join(sentences)) > 110:
        sentences.pop(0)
    return " ".join(sentences)


def write_plan(lesson: Lesson, folder: Path, site: str) -> Path:
    """Write a lesson's plan: the 90 minutes, what to project, where to ask; overleaf what to know."""
    page = f"{site}/notebooks/{lesson.name}.html"
    path = folder / f"{lesson.name}_plan.html"
    about = {"lesson": lesson, "guide": guides()[lesson.topic], "page": page}
    about |= {"cuts": cuts(lesson), "cuts_new": cuts(lesson, known=False), "minutes_of": minutes_of}
    return write("plan.html.j2", path, rows=rows(lesson), homework=homework(lesson), **about)
