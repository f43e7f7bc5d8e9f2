"""A drawn exam as GIFT (Moodle), QTI 1.2 (Canvas, by text2qti), and pages to print, one with solutions."""

from __future__ import annotations

import html
import re
from pathlib import Path

from tools.teaching.bank import Question, short

TITLE = "How convolutional networks train"


def write(questions: list[Question], folder: Path, stem: str) -> list[str]:
    """Write all forms; return a sentence for each file, and one if a form cannot be made."""
    folder.mkdir(parents=True, exist_ok=True)
    forms = {
        f"{stem}.gift.txt": gift(questions),
        f"{stem}.html": page(questions, stem, solutions=False),
        f"{stem}-solutions.html": page(questions, stem, solutions=True),
    }
    for name, text in forms.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    said = [f"Written: {folder / name}" for name in forms]
    target = folder / f"{stem}.qti.zip"
    try:
        qti(questions, target, stem)
    except ImportError:
        return [*said, "No QTI for Canvas: it needs text2qti, `.venv/bin/python -m pip install text2qti`."]
    return [*said, f"Written: {target}"]


# --- GIFT ----------------------------------------------------------------------------------------


def gift(questions: list[Question]) -> str:
    """Return the questions in Moodle's GIFT format; a known wrong answer gets a sentence and no points."""
    return "\n\n".join(map(_gift_question, questions)) + "\n"


def _gift_question(question: Question) -> str:
    code = f"<pre>{html.escape(question.code)}</pre>" if question.code else ""
    text = _gift_text(_inline(question.ask, "code") + _unit(question) + code)
    lines = [f"::{_gift_text(question.name)}::[html]{text}{{"]
    if question.choices:
        lines += [f"{'=' if each == question.answer else '~'}{_gift_text(each)}" for each in question.choices]
    else:
        lines[0] += "#"
        lines.append(f"={_gift_number(question.low)}..{_gift_number(question.high)}")
        for value, _, says in question.wrong:
            room = _gift_number(_room(question, value))
            lines.append(f"=%0%{_gift_number(value)}:{room}#{_gift_text(_inline(says, 'code'))}")
    if question.why:
        lines.append(f"####{_gift_text(_inline(question.why, 'code'))}")
    return "\n".join([*lines, "}"])


def _gift_text(text: str) -> str:
    """Put a backslash before what GIFT reads itself; a line's end becomes a sign of its own."""
    return re.sub(r"([\\~=#{}:])", r"\\\1", text).replace("\n", "\\n")


def _gift_number(value: float) -> str:
    return f"{value:.10g}"


def _room(question: Question, value: float) -> float:
    """How far off a wrong answer may be to be recognised; never as far as the right one."""
    gap = min(abs(value - question.low), abs(value - question.high))
    return min(gap / 2, abs(question.high - question.low) / 2)


def _unit(question: Question) -> str:
    if not question.unit or question.unit in question.ask:
        return ""
    return f" (in {'per cent' if question.unit == '%' else question.unit})"


def _inline(text: str, tag: str) -> str:
    """Return a text as HTML: code between backticks, stress between asterisks."""
    text = re.sub(r"`([^`]+)`", rf"<{tag}>\1</{tag}>", html.escape(text, quote=False))
    return re.sub(r"(?<![\w*])\*(\w[^*]*)\*", r"<em>\1</em>", text)


# --- QTI -----------------------------------------------------------------------------------------


def markdown(questions: list[Question], title: str) -> str:
    """Return the questions as text2qti reads them."""
    return "\n\n".join([f"Quiz title: {TITLE}, {title}", *map(_markdown_question, questions)]) + "\n"


def _markdown_question(question: Question) -> str:
    lines = [f"Title: {question.name}", "Points: 1", f"1.  {_markdown_text(question.ask + _unit(question))}"]
    if question.code:
        lines += ["", "    ```", *(f"    {line}" for line in question.code.splitlines()), "    ```"]
    if question.why:
        lines.append(f"... {_markdown_text(question.why)}")
    if question.choices:
        letters = "abcdefghij"
        marks = ["*" if each == question.answer else "" for each in question.choices]
        lines += [
            f"{mark}{letters[i]}) {each}"
            for i, (mark, each) in enumerate(zip(marks, question.choices, strict=True))
        ]
    else:
        lines.append(f"=   [{_gift_number(question.low)}, {_gift_number(question.high)}]")
    return "\n".join(lines)


def _markdown_text(text: str) -> str:
    """Keep what is no code from being read as Markdown."""
    parts = re.split(r"(`[^`]+`)", text)
    return "".join(part if part.startswith("`") else re.sub(r"([\\*_$<{}])", r"\\\1", part) for part in parts)


def qti(questions: list[Question], target: Path, title: str) -> None:
    """Write a QTI package.

    Raises
    ------
    ImportError
        If text2qti is not installed.
    """
    from text2qti.config import Config
    from text2qti.qti import QTI
    from text2qti.quiz import Quiz

    config = Config()
    quiz = Quiz(markdown(questions, title), config=config, source_name=title)
    QTI(quiz).save(str(target))


# --- paper ---------------------------------------------------------------------------------------


def page(questions: list[Question], title: str, solutions: bool) -> str:
    """Return a page to print: the questions with room to write, or with what is right and why."""
    items = "\n".join(_page_question(question, solutions) for question in questions)
    head = "Solutions" if solutions else "Name: ____________________________"
    return PAGE.format(title=html.escape(f"{TITLE}, {title}"), head=head, items=items, number=len(questions))


def _page_question(question: Question, solutions: bool) -> str:
    parts = [f"<p>{_inline(question.ask, 'code')}{_unit(question)}</p>"]
    if question.code:
        parts.append(f"<pre>{html.escape(question.code)}</pre>")
    if not solutions:
        boxes = "".join(f"<span class=box>☐ {html.escape(each)}</span>" for each in question.choices)
        parts.append(f"<p>{boxes}</p>" if boxes else "<p class=room>Answer: ______________</p>")
        return f"<li>{''.join(parts)}</li>"
    right = question.answer if isinstance(question.answer, str) else short(question.answer)
    limits = ""
    if not question.choices and question.answer != int(question.answer):
        limits = f" (right from {short(question.low)} to {short(question.high)})"
    parts.append(f"<p><b>{html.escape(right)}</b>{limits}. {_inline(question.why, 'code')}</p>")
    rows = "".join(
        f"<li>{short(value)}: {html.escape(belief)}. {_inline(says, 'code')}</li>"
        for value, belief, says in question.wrong
    )
    return f"<li>{''.join(parts)}{f'<ul>{rows}</ul>' if rows else ''}</li>"


PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width"><style>
@page {{ size: A4; margin: 18mm }}
body {{ font: 11pt/1.45 system-ui, sans-serif; max-width: 46rem; margin: 1rem auto; padding: 0 1rem;
  color: #000; background: #fff }}
h1 {{ font-size: 15pt; margin: 0 }}
ol > li {{ break-inside: avoid; margin: 0 0 1.1em; padding-left: .3em }}
p {{ margin: .25em 0 }}
pre {{ background: #f2f2f2; padding: .5em .8em; overflow-x: auto; margin: .4em 0; font-size: 10pt }}
ul {{ margin: .2em 0; font-size: 10pt }}
.box {{ margin-right: 1.6em; white-space: nowrap }}
.room {{ margin-top: .6em }}
</style><body><h1>{title}</h1><p>{head} &nbsp; {number} questions, one point each.</p>
<ol>
{items}
</ol></body></html>
"""
