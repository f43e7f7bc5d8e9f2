"""A deck a notebook, from the same source: reveal.js by nbconvert, nothing fetched, notes for who speaks.

What is on a slide follows from what a cell is. A section begins with its heading, its first sentences and
its formulae; a prediction shows its choices, then what is right; a widget shows its still picture, the line
that opens it and the link to the live page; a drawn picture is shown. All of the prose goes into the notes.
A source that wants it otherwise says so in Jupyter's own way: ``# %% slideshow={"slide_type": "subslide"}``
shows a cell of code, ``"skip"`` leaves a picture out.
"""

from __future__ import annotations

import base64
import html
import io
import re
import shutil
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from PIL import Image

from cnnlib.viz.static import NOTE
from tools.site import settings
from tools.site.pages import copy_katex
from tools.teaching.answers import Answer, answers
from tools.teaching.lessons import AT_HOME, OPENING, Lesson, Section, widget_lines
from tools.teaching.pages import HERE
from tools.teaching.slide_text import notes, section_slides
from tools.teaching.text import inline

REVEAL = settings.HERE / "node_modules" / "reveal.js"
MOST_LINES = 22  # of code and of what it prints, on one slide


class NotBuilt(Exception):
    """A cell's picture is not in the built notebook; the message says how to make it."""


def write_deck(lesson: Lesson, folder: Path, site: str) -> Path:
    """Write a lesson's deck, and beside it what all decks share."""
    from nbconvert import SlidesExporter

    copy_shared(folder)
    deck = make_deck(lesson, site)
    exporter = SlidesExporter(
        template_name="deck",
        extra_template_basedirs=[str(HERE / "templates")],
        reveal_url_prefix="reveal.js",
        reveal_theme="deck",
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    body, _ = exporter.from_notebook_node(deck, {"metadata": {"name": f"{lesson.number} {lesson.title}"}})
    path = folder / f"{lesson.name}.slides.html"
    path.write_text(body, "utf-8")
    return path


def copy_shared(folder: Path) -> None:
    """Copy reveal.js, the formulae's style sheet and the decks' own."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "reveal.js"
    for name in ("dist/reveal.js", "dist/reveal.css", "plugin/notes/notes.js", "LICENSE"):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REVEAL / name, target / name)
    fonts = "dist/theme/fonts/source-sans-pro"
    shutil.copytree(REVEAL / fonts, target / fonts, dirs_exist_ok=True)
    copy_katex(folder / "katex")
    shutil.copy(HERE / "templates" / "deck.css", target / "dist" / "theme")


def make_deck(lesson: Lesson, site: str) -> nbformat.NotebookNode:
    """Make the notebook that nbconvert lays out as slides."""
    outputs, right = _outputs(lesson), answers(lesson)
    cells = [*_title(lesson)]
    for section in lesson.sections:
        if section.title.startswith("Summary"):
            cells += _summary(section)
        elif section.title != OPENING and not section.title.startswith(AT_HOME):
            page = f"{site}/notebooks/{lesson.name}.html#{section.anchor}"
            cells += _section(section, page, outputs, right)
    cells += _tasks(lesson)
    metadata = {"title": f"{lesson.number} {lesson.title}", "language_info": {"name": "python"}}
    return new_notebook(cells=cells, metadata=metadata)


def _outputs(lesson: Lesson) -> dict[str, list]:
    """Outputs of the built notebook with the answers, by the source of their cells."""
    built = lesson.path.parents[1] / "solutions" / f"{lesson.name}.ipynb"
    if not built.exists():
        raise NotBuilt(f"{built} is missing; call `python -m tools.build_notebooks {lesson.number}`")
    cells = nbformat.read(built, as_version=4).cells
    return {cell.source: cell.outputs for cell in cells if cell.cell_type == "code"}


def _slide(markup: str, kind: str = "subslide"):
    """A cell of a slide; a line without text would end the block of HTML."""
    markup = re.sub(r"\n\s*\n", "\n", markup)
    return new_markdown_cell(f"<div>{markup}</div>", metadata={"slideshow": {"slide_type": kind}})


def _notes(text: str):
    """What the speaker reads."""
    return new_markdown_cell(f"<div>{notes(text)}</div>", metadata={"slideshow": {"slide_type": "notes"}})


def _title(lesson: Lesson) -> list:
    goals = "".join(f"<li>{inline(goal.rstrip(';.'))}</li>" for goal in lesson.goals)
    kicker = f'<p class="kicker">Notebook {lesson.number}, {lesson.minutes} minutes</p>'
    return [
        _slide(f"<h1>{inline(lesson.title)}</h1>{kicker}", "slide"),
        _notes(lesson.opening),
        _slide(f"<h2>Afterwards you can</h2><ol>{goals}</ol>"),
    ]


def _summary(section: Section) -> list:
    text = "\n\n".join(cell.source for cell in section.cells).partition("\n")[2]
    parts = [
        inline(" ".join(part.split()).lstrip("- "))
        for part in re.split(r"\n\s*\n|\n(?=- )|(?<=[.?!])\s+(?=[A-Z*`$])", text)
        if part.strip()
    ]
    return [_slide("<h2>Summary</h2><ul>" + "".join(f"<li>{part}</li>" for part in parts) + "</ul>", "slide")]


def _tasks(lesson: Lesson) -> list:
    """The exercises, and how they are handed in."""
    if not lesson.exercises:
        return []
    rows = "".join(
        f"<tr><td>{task.minutes} min</td><td>{inline(task.first_words)}</td></tr>"
        for task in lesson.exercises
    )
    hand_in = '<p class="live">To hand in: <code>python3 course.py hand-in --name "Your name"</code></p>'
    return [_slide(f'<h2>Exercises</h2><table class="choices tasks">{rows}</table>{hand_in}', "slide")]


def _section(section: Section, page: str, outputs: dict, right: dict[str, Answer]) -> list:
    """The slides of a section."""
    prose = "\n\n".join(cell.source for cell in section.cells if cell.cell_type == "markdown")
    first, *more = section_slides(section.title, prose)
    cells = [_slide(first, "slide"), _notes(prose.partition("\n")[2] or section.title), *map(_slide, more)]
    challenges = section.challenges
    for cell in (cell for cell in section.cells if cell.cell_type == "code"):
        wish = cell.metadata.get("slideshow", {}).get("slide_type")
        if wish == "skip":
            continue
        if name := re.match(r'predict\("(.+?)"', cell.source):
            cells += [_slide(_question(right[name[1]])), _notes(_beliefs(right[name[1]]))]
        elif lines := widget_lines(cell.source):
            challenge = challenges.pop(0) if challenges else ""
            cells.append(_slide(_widget(section, lines[-1], page, _still(cell, outputs), challenge)))
        elif wish:
            cells += _code(section, cell.source, _text_outputs(outputs.get(cell.source, [])), wish)
        elif picture := _picture(outputs.get(cell.source, [])):
            alt = cell.metadata.get("alt", "")
            alt = " ".join(alt) if isinstance(alt, list) else str(alt)
            cells.append(
                _slide(
                    f'<p class="kicker">{inline(section.title)}</p>{picture}<p class="live">{inline(alt)}</p>'
                )
            )
    return cells


def _code(section: Section, source: str, outputs: list, kind: str) -> list:
    """A cell and what it prints, on one slide, or on two where both would be too high for one."""
    kicker = f'<p class="kicker">{inline(section.title)}</p>'
    printed = "".join("".join(output["text"]) for output in outputs)
    if len(source.splitlines()) + len(printed.splitlines()) <= MOST_LINES:
        return [_slide(kicker, kind), new_code_cell(source, outputs=outputs)]
    printed = html.escape(printed).replace("\n", "<br>")
    return [_slide(kicker, kind), new_code_cell(source), _slide(f"{kicker}<pre>{printed}</pre>")]


def _question(answer: Answer) -> str:
    """A prediction: what is asked, what can be answered, and, one click later, what is right."""
    item, small = answer.item, len(answer.item.text()) + sum(len(c.words) for c in answer.choices) > 420
    rows = "".join(
        f"<tr><td>{letter}</td><td>{inline(c.words)}</td></tr>"
        for letter, c in zip("ABCDEFGH", answer.choices, strict=False)
    )
    place = "ABCDEFGH"[[choice.right for choice in answer.choices].index(True)]
    code = f"<pre>{html.escape(item.code.strip())}</pre>" if item.code else ""
    right = f"<strong>{place}: {inline(answer.right)}.</strong> {inline(item.why)}"
    return (
        f'<div class="{"small" if small else "asked"}"><p class="kicker">Predict, then run</p>'
        f'<p class="ask">{inline(item.text())}</p>{code}<table class="choices">{rows}</table>'
        f'<div class="answer fragment">{right}</div></div>'
    )


def _beliefs(answer: Answer) -> str:
    wrong = [choice for choice in answer.choices if not choice.right]
    usual = answer.usual
    first = f"Usual wrong answer: {usual.words} (“{usual.belief}”).\n\n" if usual else ""
    return first + "\n\n".join(f"{choice.words}: “{choice.belief}”. {choice.says}" for choice in wrong)


def _widget(section: Section, line: str, page: str, picture: str, challenge: str) -> str:
    """A widget's still, and the two ways to have it live."""
    goal = f'<p class="challenge"><strong>Challenge.</strong> {inline(challenge)}</p>' if challenge else ""
    link, code = f'<a href="{page}" target="_blank">the site’s page</a>', f"<code>{html.escape(line)}</code>"
    live = f'<p class="live">A still. Live: {link}, or in JupyterLab {code}</p>'
    return f'<p class="kicker">{inline(section.title)}</p>{goal}{picture}{live}'


def _still(cell, outputs: dict) -> str:
    """A widget's saved picture; NotBuilt when the built notebook has no such cell."""
    if cell.source not in outputs:
        raise NotBuilt(f"no built cell begins {cell.source[:60]!r}; call `python -m tools.build_notebooks`")
    return _picture(outputs[cell.source], of_widget=True)


def _picture(outputs: list, of_widget: bool = False) -> str:
    """The last picture among outputs as an image, with its text for those who do not see it."""
    for output in reversed(outputs):
        data = output.get("data", {})
        if "image/png" in data:
            words = html.escape(str(data.get("text/plain", "")).replace("\n", " "), quote=True)
            drawn = "".join(data["image/png"]).replace("\n", "")
            drawn = _without_note(drawn) if of_widget else drawn
            return f'<img class="still" alt="{words}" src="data:image/png;base64,{drawn}">'
        if "image/svg+xml" in data:
            drawn = base64.b64encode("".join(data["image/svg+xml"]).encode()).decode()
            return f'<img class="still" alt="" src="data:image/svg+xml;base64,{drawn}">'
    return ""


def _without_note(picture: str) -> str:
    """A still without the line beneath it, which tells who reads at home how to have the live one."""
    image = Image.open(io.BytesIO(base64.b64decode(picture)))
    cropped = io.BytesIO()
    image.crop((0, 0, image.width, image.height - NOTE)).save(cropped, format="png", optimize=True)
    return base64.b64encode(cropped.getvalue()).decode()


def _text_outputs(outputs: list) -> list:
    return [output for output in outputs if output.output_type == "stream"]
