"""Courses of some hours, put together from lessons: ``teaching/courses.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from tools.teaching.lessons import ROOT, Lesson, find, lessons
from tools.teaching.pages import write

COURSES = ROOT / "teaching" / "courses.toml"


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
