"""The answers to a lesson's predictions, on paper."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

from tools.teaching.answers import answers
from tools.teaching.lessons import Lesson
from tools.teaching.pages import write

SOLUTION = re.compile(r"^ *### BEGIN SOLUTION\n(.*?)^ *### END SOLUTION", re.MULTILINE | re.DOTALL)


def solved(lesson: Lesson, most: int = 2) -> list[tuple[str, str]]:
    """Return the first functions that the exercises ask for, each with the lines that answer it.

    >>> from tools.teaching.lessons import find
    >>> [name for name, _ in solved(find("backpropagation"))]
    ['relu_backward', 'linear_backward']
    """
    cells = [cell.source for part in lesson.sections if part.title == "Exercises" for cell in part.cells]
    found = []
    for source in cells:
        name, lines = re.search(r"^def (\w+)", source, re.MULTILINE), SOLUTION.search(source)
        if name and lines:
            found.append((name[1], textwrap.dedent(lines[1]).strip()))
    return found[:most]


def write_sheet(lesson: Lesson, folder: Path) -> Path:
    """Write a lesson's answer sheet: for each prediction the hands to raise, what is right, the beliefs."""
    found = answers(lesson)
    sections = [
        (part, [found[name] for name in part.predictions]) for part in lesson.sections if part.predictions
    ]
    measured = any(answer.measured for answer in found.values())
    path = folder / f"{lesson.name}_answers.html"
    about = {"lesson": lesson, "sections": sections, "measured": measured}
    return write("sheet.html.j2", path, **about, solved=solved(lesson))
