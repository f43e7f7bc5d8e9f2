"""The words of a section as slides: its first sentences, then what stands out in its text.

Rules (``>``), tables, and formulae on a line of their own stand out, each formula with the sentence that
leads to it. They are laid under the heading, and on further slides where one does not hold them. What a
speaker says, the whole prose, is set by the same reader of Markdown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import ceil

from tools.teaching.text import COMMENT, inline, markdown, with_formulae

LEAD = 330  # letters of prose on a section's first slide
SHORT = 120  # a first paragraph with less goes on with the next ones
ROOM = 12  # lines of prose that a slide holds beneath its heading
LINE = 70  # letters of a line
MOST = 6  # pieces that a section shows
SENTENCE = re.compile(r"(?<=[.?!]) (?=[A-Z*`$(])")
DISPLAY = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)


@dataclass(frozen=True)
class Piece:
    """A part of a slide, and how many lines of prose are as high."""

    markup: str
    lines: float


def section_slides(title: str, prose: str) -> list[str]:
    """Return the slides that begin a section, the first with its heading."""
    blocks = _blocks(prose)
    lead = _lead(blocks)
    slides, room = [f'<h2>{inline(title)}</h2><p class="lead">{inline(lead)}</p>'], ROOM - len(lead) / LINE
    for piece in _pieces(blocks, lead)[:MOST]:
        if piece.lines > room:
            slides.append(f'<p class="kicker">{inline(title)}</p>')
            room = ROOM
        slides[-1] += piece.markup
        room -= piece.lines
    return slides


def notes(text: str) -> str:
    """Return what the speaker reads: the prose without its comments, headings and folds."""
    text = COMMENT.sub("", re.sub(r"</?(?:details|summary)[^>]*>", "", text))
    text = re.sub(r"^#+ ", "", re.sub(r"(?<!!)\[([^\]]+)\]\([^)]+\)", r"\1", text), flags=re.MULTILINE)
    return re.sub(r"\n\s*\n", "\n", markdown(text))


def _blocks(prose: str) -> list[str]:
    """The paragraphs of a section, without what is folded, fenced or not to be seen."""
    text = COMMENT.sub("", prose.partition("\n")[2])
    text = re.sub(r"<details.*?</details>|```.*?```", "", text, flags=re.DOTALL)
    return [block.strip() for block in re.split(r"\n\s*\n", text) if block.strip()]


def _is_prose(block: str) -> bool:
    return block[0] not in "|!<-#>" and not block.startswith(("**Challenge", "$$")) and block[:2] != "1."


def _lead(blocks: list[str]) -> str:
    """The first sentences; those before a formula end with a colon."""
    start = next((place for place, block in enumerate(blocks) if _is_prose(block)), len(blocks))
    first = blocks[start] if start < len(blocks) else ""
    for block in blocks[start + 1 :]:
        if len(first) >= SHORT or "$$" in first or not _is_prose(block):
            break
        first = f"{first} {block}"
    before = first.partition("$$")[0]
    lead = ""
    for sentence in SENTENCE.split(" ".join(before.split())):
        if lead and len(lead) + len(sentence) > LEAD:
            break
        lead = f"{lead} {sentence}".strip()
    return _closed(lead)


def _closed(sentence: str) -> str:
    """A sentence that does not end is followed by a formula."""
    ends = not sentence or sentence.endswith((".", "?", "!", ")"))
    return sentence if ends else sentence.rstrip(":,;") + ":"


def _pieces(blocks: list[str], lead: str) -> list[Piece]:
    """What stands out, in the text's order."""
    found, said = [], lead
    for place, block in enumerate(blocks):
        if block[0] == ">" and "In a box" not in block:
            rule = " ".join(re.sub(r"^> ?", "", block, flags=re.MULTILINE).split())
            found.append(Piece(f'<p class="rule">{inline(rule)}</p>', 1 + ceil(len(rule) / LINE)))
        elif block[0] == "|":
            rows = sum(ceil(len(row) / LINE) for row in block.splitlines()) - 1
            size = "long" if rows > ROOM else "short"
            found.append(Piece(f'<div class="table {size}">{markdown(block)}</div>', rows))
        elif "$$" in block:
            before = " ".join(block.partition("$$")[0].split())
            if not before and place and _is_prose(blocks[place - 1]):
                before = " ".join(DISPLAY.split(blocks[place - 1])[-1].split())
            leads_to = SENTENCE.split(before)[-1] if before else ""
            if leads_to and leads_to.rstrip(":,;.") not in said:
                words = f'<p class="step">{inline(_closed(leads_to))}</p>'
                found.append(_with(words, ceil(len(leads_to) / LINE), DISPLAY.findall(block)))
            else:
                found.append(_with("", 0, DISPLAY.findall(block)))
            said += leads_to
    return found


def _with(words: str, lines: float, formulae: list[str]) -> Piece:
    """Formulae under the words that lead to them; long ones in smaller letters."""
    markup = words
    for latex in formulae:
        size = "long" if len(re.sub(r"\\\w+|[{}\s]", "", latex)) > 60 else "short"
        markup += f'<div class="formula {size}">{with_formulae(f"$${latex}$$")}</div>'
        lines += 1.7 + 1.1 * latex.count(r"\\")
    return Piece(markup, lines)
