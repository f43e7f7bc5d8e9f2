"""The words of a section as slides: its first sentences, then what stands out in its text.

Rules (``>``), tables, lists whose items have names, and formulae on a line of their own stand out, each
formula with the sentence that leads to it. They are laid under the heading, and on further slides where one
does not hold them. What a speaker says, the whole prose, is set by the same reader of Markdown.
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
ITEM = 170  # letters of an item of a list
SENTENCE = re.compile(r"(?<=[.?!]) (?=[A-Z*`$(])")
NAMED = re.compile(r"(?:- \*\*|1\. \*)")  # a list whose items have names
DISPLAY = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)


@dataclass(frozen=True)
class Piece:
    """A part of a slide, and how many lines of prose are as high."""

    markup: str
    lines: float


def section_slides(title: str, texts: list[str]) -> list[list[str]]:
    """Return for each text of a section the slides that it makes; the first ones begin with its heading.

    Between two texts stands code, so each keeps its place before or behind it.
    """
    parts = [_blocks(text, first=not place) for place, text in enumerate(texts)]
    said = lead = _lead([block for blocks in parts for block in blocks])
    found = []
    for place, blocks in enumerate(parts):
        pieces, said = _pieces(blocks, said)
        head = f'<h2>{inline(title)}</h2><p class="lead">{inline(lead)}</p>' if not place else ""
        found.append(_laid(title, pieces, head, len(lead) / LINE))
    return found


def _laid(title: str, pieces: list[Piece], head: str, used: float) -> list[str]:
    """Lay pieces under a heading, and on further slides where one does not hold them."""
    slides, room = ([head], ROOM - used) if head else ([], 0.0)
    for piece in pieces:
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


def _blocks(prose: str, first: bool) -> list[str]:
    """The paragraphs of a text, without what is folded or fenced; the first text begins with the heading."""
    text = COMMENT.sub("", prose.partition("\n")[2] if first else prose)
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


def _pieces(blocks: list[str], said: str) -> tuple[list[Piece], str]:
    """What stands out, in the text's order; and all sentences that have been shown by then."""
    found = []
    for place, block in enumerate(blocks):
        if block[0] == ">" and "In a box" not in block:
            rule = " ".join(re.sub(r"^> ?", "", block, flags=re.MULTILINE).split())
            found.append(Piece(f'<p class="rule">{inline(rule)}</p>', 1 + ceil(len(rule) / LINE)))
        elif block[0] == "|":
            rows = sum(ceil(len(row) / LINE) for row in block.splitlines()) - 1
            size = "long" if rows > ROOM else "short"
            found.append(Piece(f'<div class="table {size}">{markdown(block)}</div>', rows))
        elif NAMED.match(block):
            found.append(_rules(block))
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
    return found, said


def named_items(block: str) -> list[str]:
    """Return the items of a list whose items have names, each cut to its name and its first sentences.

    >>> named_items("- **Sum.** Each gets what arrives.\\n- **Max.** The winner gets all.")
    ['**Sum.** Each gets what arrives.', '**Max.** The winner gets all.']
    """
    items = [" ".join(item.split()) for item in re.split(r"(?m)^(?:- |\d\. )", block) if item.strip()]
    return [_first_sentences(item) for item in items]


def _first_sentences(item: str) -> str:
    """The name, and sentences up to some letters; one at least."""
    name = re.match(r"(\*+)[^*]+\1", item)
    start = name[0] if name else ""
    first, *more = SENTENCE.split(item[len(start) :].strip())
    found = f"{start} {first}".strip()
    for sentence in more:
        if len(found) + len(sentence) > ITEM:
            break
        found = f"{found} {sentence}"
    return found


def _rules(block: str) -> Piece:
    items = named_items(block)
    markup = "".join(f"<li>{inline(item)}</li>" for item in items)
    return Piece(f'<ul class="rules">{markup}</ul>', sum(ceil(len(item) / LINE) * 1.1 for item in items))


def _with(words: str, lines: float, formulae: list[str]) -> Piece:
    """Formulae under the words that lead to them; long ones in smaller letters."""
    markup = words
    for latex in formulae:
        size = "long" if len(re.sub(r"\\\w+|[{}\s]", "", latex)) > 60 else "short"
        markup += f'<div class="formula {size}">{with_formulae(f"$${latex}$$")}</div>'
        lines += 1.7 + 1.1 * latex.count(r"\\")
    return Piece(markup, lines)
