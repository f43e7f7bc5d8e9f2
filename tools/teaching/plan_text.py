"""A lesson's plan as text, between two marks of a page of Markdown: how TEACHING.md shows one."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

from tools.teaching.doubles import Shown
from tools.teaching.guide import guides
from tools.teaching.lessons import Lesson
from tools.teaching.plans import Cut, Exercise, Row, cuts, homework, minutes_of, rows

WIDTH = 130
BEGIN = "<!-- plan of {number}: python -m tools.teaching plans {number} --text {file} -->"
END = "<!-- end of plan -->"


def renew(page: Path, lesson: Lesson) -> None:
    """Write a lesson's plan between its marks on a page.

    Raises
    ------
    ValueError
        If the page has no such marks.
    """
    begin, text = BEGIN.format(number=lesson.number, file=page.name), page.read_text("utf-8")
    before, mark, rest = text.partition(begin)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{page} has no lines\n{begin}\n{END}")
    page.write_text(f"{before}{mark}\n{plan_text(lesson)}\n{end}{after}", "utf-8")


def plan_text(lesson: Lesson) -> str:
    """Return a lesson's plan as Markdown: goals, the 90 minutes, exercises and homework, what to read."""
    table = ["| A | B | min | part | on the wall | ask |", "|---|---|---|---|---|---|"]
    table += [_line(row) for row in rows(lesson)]
    goals = "; ".join(goal.rstrip(";.") for goal in lesson.goals)
    note = f" ({guides()[lesson.topic].goals})" if guides()[lesson.topic].goals else ""
    parts = [f"**Goals.** Afterwards a learner can {goals}{note}.", _exercises(lesson), _cuts(lesson)]
    goals, exercises, cut, reading = (_filled(part) for part in (*parts, _reading(lesson)))
    return "\n" + "\n\n".join([goals, "\n".join(table), exercises, cut, reading]) + "\n"


def _line(row: Row) -> str:
    wall = " · ".join(map(_on_the_wall, row.part.shown)) or row.says
    wall += f". *{row.mind}*" if row.mind else ""
    title = f"{row.part.title} *(cut {row.part.section.cut})*" if _cut(row) else row.part.title
    later = "–" if row.start_new is None else row.start_new
    cells = [row.start, later, row.minutes, title, wall, "<br>".join(row.questions)]
    return "| " + " | ".join(str(cell).replace("|", r"\|") for cell in cells) + " |"


def _cut(row: Row) -> int:
    return row.part.section.cut if row.part.section else 0


def _on_the_wall(each: Shown) -> str:
    """What is projected, in words: what is done live is bold.

    >>> _on_the_wall(Shown("card", 4)), _on_the_wall(Shown("code", 6, "x = …"))
    ('**[4] card**', '[6] `x = …`')
    """
    if each.kind == "text":
        return f"the text, to its rule: “{each.words}”" if each.words else "the text"
    words = each.kind if each.kind in ("card", "picture") else f"`{each.words}`"
    if not each.number or each.words == "the set-up":
        words = each.words
    if each.fails:
        words += " *(the red line is meant)*"
    return f"**[{each.number}] {words}**" if each.live else f"[{each.number}] {words}"


def _exercises(lesson: Lesson) -> str:
    """Say by name what is done in class, and what is left for home."""
    made = homework(lesson)
    each = [(number, exercise) for number, exercise in enumerate(made.exercises, start=1)]
    here = [_here(number, e) for number, e in each if e.where != "at home"]
    home = [_home(number, e) for number, e in each if e.where != "in class"]
    left = f"**Homework**, {made.says}: {', '.join(home)}." if home else "No homework."
    return f"**In class** {', '.join(here)}. {left}"


def _here(number: int, exercise: Exercise) -> str:
    begun = ", begun" if exercise.where.startswith("begun") else ""
    other = exercise.where_new.removesuffix(" in class")
    differs = "" if exercise.where == exercise.where_new else f"; B: {other}"
    return f"{number} *{exercise.task.name}* ({exercise.task.minutes} min{begun}{differs})"


def _home(number: int, exercise: Exercise) -> str:
    rest = "the rest of " if exercise.where.startswith("begun") else ""
    return f"{rest}{number}" if rest else f"{number} *{exercise.task.name}* ({exercise.task.minutes} min)"


def _cuts(lesson: Lesson) -> str:
    """Say what goes when time is short, by both clocks."""
    both = cuts(lesson), cuts(lesson, known=False)
    told = [_cut_text(cut, only_a=cut not in both[1]) for cut in both[0]]
    saved = " and ".join(
        f"{minutes_of(found)} minutes by {name}" for name, found in zip("AB", both, strict=True)
    )
    return f"**When time is short**, leave out in this order, {saved}: {'; '.join(told)}."


def _cut_text(cut: Cut, only_a: bool) -> str:
    what = f": {cut.what}" if cut.what else ""
    return f"*{cut.at}*{what} ({'A, ' if only_a else ''}{cut.minutes} min)"


def _reading(lesson: Lesson) -> str:
    reads = guides()[lesson.topic].read
    told = [
        f"{f'[{each.what}]({each.link})' if each.link else f'*{each.what}* once more'} "
        f"({each.minutes} min: {each.why})"
        for each in reads
    ]
    return f"**Read before**, {sum(each.minutes for each in reads)} minutes: {'; '.join(told)}."


def _filled(text: str) -> str:
    """Break a paragraph into lines, as the pages of the course are broken."""
    return textwrap.fill(re.sub(r"\s+", " ", text), WIDTH, break_long_words=False, break_on_hyphens=False)
