"""A plan a lesson on one page, and courses of some hours put together from them."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from cnnlib.learning import find as find_item
from tools.teaching.lessons import ROOT, Lesson, Section, find, free_names, lessons
from tools.teaching.pages import write

LETTERS = 1500  # of the questions that a plan's page holds whole
COURSES = ROOT / "teaching" / "courses.toml"


@dataclass(frozen=True)
class Row:
    """A section in a plan: when it begins, what is projected, what is asked."""

    start: int
    section: Section
    states: tuple[tuple[str, bool], ...]  # a line of code, and whether it needs the notebook's own variables
    questions: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """Part of a block: a notebook or some of it, or exercises."""

    lesson: Lesson
    minutes: int
    what: str
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Block:
    """A double lesson or an hour."""

    minutes: int
    steps: tuple[Step, ...]

    @property
    def planned(self) -> int:
        """The minutes of all its steps."""
        return sum(step.minutes for step in self.steps)


@dataclass(frozen=True)
class Course:
    """A course of some hours."""

    hours: int
    title: str
    audience: str
    blocks: tuple[Block, ...]


def rows(lesson: Lesson) -> list[Row]:
    """Return a lesson's sections with the minute at which each begins.

    Questions are whole where one page holds them all.
    """
    texts = [find_item(name).text() for section in lesson.timed for name in section.predictions]
    short = sum(map(len, texts)) > LETTERS
    found, start = [], 0
    for section in lesson.timed:
        states = tuple((line, bool(free_names(line))) for line in section.states)
        asked = [find_item(name).text() for name in section.predictions]
        questions = tuple(map(short_question, asked) if short else asked)
        found.append(Row(start, section, states, questions))
        start += section.minutes
    return found


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
    """Write a lesson's plan: goal, minutes, what to project, where to ask, what to cut, homework."""
    cuts = sorted((section for section in lesson.timed if section.cut), key=lambda section: section.cut)
    page = f"{site}/notebooks/{lesson.name}.html"
    path = folder / f"{lesson.name}_plan.html"
    return write("plan.html.j2", path, lesson=lesson, rows=rows(lesson), cuts=cuts, page=page)


def courses(path: Path = COURSES) -> list[Course]:
    """Return the courses, their minutes added up from the sources.

    Raises
    ------
    ValueError
        If a block names a topic or a section that there is not.
    """
    entries = tomllib.loads(path.read_text("utf-8"))["course"]
    return [
        Course(
            entry["hours"],
            entry["title"],
            entry["for"],
            tuple(Block(block["minutes"], tuple(map(_step, block["what"]))) for block in entry["blocks"]),
        )
        for entry in entries
    ]


def _step(entry: dict) -> Step:
    """Read an entry of a block."""
    if topic := entry.get("exercises"):
        return Step(find(topic), entry["minutes"], "exercises")
    lesson = find(entry["topic"])
    only = entry.get("only")
    if only and (unknown := set(only) - {section.title for section in lesson.timed}):
        raise ValueError(f"courses: {lesson.topic} has no section {', '.join(sorted(unknown))}")
    kept = [s for s in lesson.timed if not (entry.get("short") and s.cut) and (not only or s.title in only)]
    left_out = () if only else tuple(section.title for section in lesson.timed if section not in kept)
    what = "only: " + "; ".join(only) if only else "shortened" if left_out else "whole"
    return Step(lesson, sum(section.minutes for section in kept), what, left_out)


def write_courses(folder: Path) -> list[Path]:
    """Write a page a course."""
    every = set(lessons())
    pages = []
    for course in courses():
        left = [
            find(topic)
            for topic in lessons()
            if topic in every - {s.lesson.topic for b in course.blocks for s in b.steps}
        ]
        pages.append(
            write("course.html.j2", folder / f"course_of_{course.hours}_hours.html", course=course, left=left)
        )
    return pages
