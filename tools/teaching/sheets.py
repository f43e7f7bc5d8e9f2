"""The answers to a lesson's predictions, on paper."""

from __future__ import annotations

from pathlib import Path

from tools.teaching.answers import answers
from tools.teaching.lessons import Lesson
from tools.teaching.pages import write


def write_sheet(lesson: Lesson, folder: Path) -> Path:
    """Write a lesson's answer sheet: for each prediction the hands to raise, what is right, the beliefs."""
    found = answers(lesson)
    sections = [
        (part, [found[name] for name in part.predictions]) for part in lesson.sections if part.predictions
    ]
    measured = any(answer.measured for answer in found.values())
    path = folder / f"{lesson.name}_answers.html"
    return write("sheet.html.j2", path, lesson=lesson, sections=sections, measured=measured)
