"""Print what a deck leaves out of its notebook, section by section.

    python -m tools.teaching.left_out          all decks
    python -m tools.teaching.left_out 03       one

Prose is what the speaker says: it stands in the notes, so only its share is told. A rule, a formula, a table
or a list with names that is missing is a fault of the deck, which the tests refuse; so is a section of which
no slide shows more than its first sentences.
"""

from __future__ import annotations

import html
import re
import sys
from dataclasses import dataclass, field

from tools.teaching import slides
from tools.teaching.doubles import known_by
from tools.teaching.lessons import OPENING, Lesson, Section, find, lessons
from tools.teaching.slide_text import DISPLAY, NAMED, named_items
from tools.teaching.text import COMMENT, inline

FOLDED = re.compile(r"<details.*?</details>|```.*?```", re.DOTALL)
SHOWS = ('class="rule', 'class="formula', 'class="table', 'class="still"', "<pre>")


@dataclass
class LeftOut:
    """What of a section no slide shows: stressed parts of its text, cells; and whether anything is shown."""

    section: Section
    parts: list[str] = field(default_factory=list)
    cells: list[str] = field(default_factory=list)
    bare: bool = False
    slides: int = 0
    share: float = 0.0  # of its letters of prose


def left_out(lesson: Lesson) -> list[LeftOut]:
    """Return it for each section that is gone through in class; questions are always shown."""
    made = slides.Material(slides._outputs(lesson), {}, lesson.sections[0])
    return [_of(section, made) for section in lesson.timed if section.title != OPENING]


def _of(section: Section, made: slides.Material) -> LeftOut:
    asked = [cell for cell in section.cells if cell.source.startswith("predict(")]
    plain = Section(section.title, cells=[cell for cell in section.cells if cell not in asked])
    cells = slides.section_cells(plain, "page", made)
    shown = [c for c in cells if c.metadata.get("slideshow", {}).get("slide_type") != "notes"]
    text = html.unescape(" ".join("\n".join(cell.source for cell in shown).split()))
    found = LeftOut(section, slides=len([c for c in shown if c.cell_type == "markdown"]) + len(asked))
    for cell in plain.cells:
        if cell.cell_type == "markdown":
            found.parts += [part for part in _stressed(cell.source) if _flat(part) not in text]
        elif not _is_shown(cell, cells, text):
            found.cells.append(known_by(cell.source))
    found.bare = not (
        asked or any(mark in text for mark in SHOWS) or any(c.cell_type == "code" for c in cells)
    )
    prose = " ".join(c.source for c in section.cells if c.cell_type == "markdown")
    found.share = min(1.0, len(re.sub(r"<[^>]*>", "", text)) / max(1, len(prose)))
    return found


def _stressed(text: str) -> list[str]:
    """What must be on a slide of a text, in the form in which the slide has it."""
    text = FOLDED.sub("", COMMENT.sub("", text))
    parts = [latex.strip() for latex in DISPLAY.findall(text)]
    for block in (block.strip() for block in re.split(r"\n\s*\n", text)):
        if block[:1] == ">" and "In a box" not in block:
            parts.append(inline(" ".join(re.sub(r"(?m)^> ?", "", block).split())))
        elif NAMED.match(block):
            parts += [inline(item) for item in named_items(block)]
        elif block[:1] == "|":
            parts.append(re.sub(r"[*`$|]", "", block.splitlines()[0].split("|")[1]).strip())
    return parts


def _flat(part: str) -> str:
    return html.unescape(" ".join(part.split()))


def _is_shown(cell, cells: list, text: str) -> bool:
    """Whether a cell is on a slide: itself, its picture, or what it prints; a check needs none."""
    if slides.CHECK.match(cell.source) or any(c.source == cell.source for c in cells):
        return True
    return (
        slides.widget_lines(cell.source) != []
        or "alt" in cell.metadata
        or f"{known_by(cell.source)}</code> prints" in text
    )


def main(arguments: list[str]) -> int:
    """Print it."""
    for lesson in map(find, arguments) if arguments else lessons().values():
        print(f"{lesson.name}")
        for found in left_out(lesson):
            bare = ", NOTHING BUT WORDS" if found.bare else ""
            print(f"  {found.section.title}: {found.slides} slides, {found.share:.0%} of the prose{bare}")
            for what, items in (("left out", found.parts), ("cell", found.cells)):
                for item in items:
                    print(f"    {what}: {item[:90]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
