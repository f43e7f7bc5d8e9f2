"""A deck a notebook, from the same source: reveal.js by nbconvert, nothing fetched, notes for who speaks.

What is on a slide follows from what a cell is, in the notebook's order. A section begins with its heading and
its first sentences; of every text its rules and formulae are shown; a prediction shows its choices, then what
is right; a widget shows its still picture, the line that opens it and the link to the live page; a drawn
picture is shown; so is any other cell with what it prints, or, where both are too high for a slide, what it
prints alone. All of the prose goes into the notes. A source that wants it otherwise says so in Jupyter's own
way: ``# %% slideshow={"slide_type": "subslide"}`` shows code however long, ``"skip"`` leaves it out.
"""

from __future__ import annotations

import base64
import html
import io
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from cnnlib.viz.static import NOTE
from tools.site import settings
from tools.site.pages import copy_katex
from tools.teaching.answers import Answer, answers
from tools.teaching.doubles import known_by
from tools.teaching.lessons import AT_HOME, OPENING, Lesson, Section, widget_lines
from tools.teaching.pages import HERE
from tools.teaching.slide_text import notes, section_slides
from tools.teaching.text import inline

REVEAL = settings.HERE / "node_modules" / "reveal.js"
MOST_LINES = 22  # of code and of what it prints, on one slide
CHECK = re.compile(r"check\(|worked\(|quiz\(")


class NotBuilt(Exception):
    """A cell's picture is not in the built notebook; the message says how to make it."""


@dataclass(frozen=True)
class Material:
    """What a deck is made from: outputs by their cells' source, the answers, the notebook's opening."""

    outputs: dict[str, list]
    right: dict[str, Answer]
    opening: Section

    @property
    def first_prints(self) -> str:
        """What the notebook's first cell prints, which a question may ask about."""
        kept = [_text_outputs(self.outputs.get(cell.source, [])) for cell in self.opening.cells]
        return "".join("".join(output["text"]) for outputs in kept for output in outputs).rstrip()


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
    made = Material(_outputs(lesson), answers(lesson), lesson.sections[0])
    cells = [*_title(lesson)]
    for section in lesson.sections:
        if section.title.startswith("Summary"):
            cells += _summary(section)
        elif section.title != OPENING and not section.title.startswith(AT_HOME):
            page = f"{site}/notebooks/{lesson.name}.html#{section.anchor}"
            cells += section_cells(section, page, made)
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


def section_cells(section: Section, page: str, made: Material) -> list:
    """The slides of a section, in the order of its cells."""
    texts = [cell.source for cell in section.cells if cell.cell_type == "markdown"]
    laid, challenges = section_slides(section.title, texts), section.challenges
    cells = []
    for cell in section.cells:
        if cell.cell_type == "markdown":
            first = not cells
            cells += [
                _slide(markup, "subslide" if place or not first else "slide")
                for place, markup in enumerate(laid.pop(0))
            ]
            if first:
                cells.insert(1, _notes("\n\n".join(texts).partition("\n")[2] or section.title))
        elif cell.cell_type == "code":
            cells += _code_cell(section, cell, page, made, challenges)
    return cells


def _code_cell(section: Section, cell, page: str, made: Material, challenges: list[str]) -> list:
    """The slides of a cell of code; none of a check, and of what the source skips."""
    wish = cell.metadata.get("slideshow", {}).get("slide_type")
    if wish == "skip" or CHECK.match(cell.source):
        return []
    if name := re.match(r'predict\("(.+?)"', cell.source):
        answer = made.right[name[1]]
        beside = made.first_prints if "first cell" in answer.item.text() else ""
        return [_slide(_question(answer, beside)), _notes(_beliefs(answer))]
    if lines := widget_lines(cell.source):
        challenge = challenges.pop(0) if challenges else ""
        return [_slide(_widget(section, lines[-1], page, _still(cell, made.outputs), challenge))]
    kicker = f'<p class="kicker">{inline(section.title)}</p>'
    outputs = made.outputs.get(cell.source, [])
    if picture := _picture(outputs):
        alt = cell.metadata.get("alt", "")
        alt = " ".join(alt) if isinstance(alt, list) else str(alt)
        return [_slide(f'{kicker}{picture}<p class="live">{inline(alt)}</p>')]
    return _code(kicker, cell.source, _text_outputs(outputs), wish)


def _code(kicker: str, source: str, outputs: list, wish: str | None) -> list:
    """A cell and what it prints, on one slide; where that is too high, what it prints alone.

    A cell that its source has marked is shown in any case, on two slides if need be.
    """
    printed = "".join("".join(output["text"]) for output in outputs).rstrip("\n")
    lines = printed.count("\n") + 1 if printed else 0
    if len(source.splitlines()) + lines <= MOST_LINES:
        return [_slide(kicker), new_code_cell(source, outputs=outputs)]
    long = kicker.replace('class="kicker"', 'class="kicker long-code"')
    shown = (
        [_slide(long if len(source.splitlines()) > MOST_LINES else kicker), new_code_cell(source)]
        if wish
        else []
    )
    if 0 < lines <= MOST_LINES:
        of = "" if wish else f'<p class="live"><code>{html.escape(known_by(source))}</code> prints</p>'
        shown.append(_slide(f"{kicker}{of}{_pre(printed)}"))
    return shown


def _pre(printed: str) -> str:
    """Printed lines; breaks are marked, for an empty line would end the block of HTML."""
    return f"<pre>{html.escape(printed).replace(chr(10), '<br>')}</pre>"


def _question(answer: Answer, beside: str) -> str:
    """What is asked, with printed lines beside it, what can be answered; one click later what is right."""
    item, small = answer.item, len(answer.item.text()) + sum(len(c.words) for c in answer.choices) > 420
    rows = "".join(
        f"<tr><td>{letter}</td><td>{inline(c.words)}</td></tr>"
        for letter, c in zip("ABCDEFGH", answer.choices, strict=False)
    )
    place = "ABCDEFGH"[[choice.right for choice in answer.choices].index(True)]
    code = "".join(_pre(lines.strip()) for lines in (beside, item.code) if lines)
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
    """What a cell prints; a result in words, and an error's last line, count as printed."""
    found = []
    for output in outputs:
        if output.output_type == "stream":
            found.append(output)
        elif output.output_type == "error":
            found.append(new_output("stream", text=f"{output.ename}: {output.evalue}\n"))
        elif set(output.get("data", {})) == {"text/plain"}:
            found.append(new_output("stream", text="".join(output.data["text/plain"]) + "\n"))
    return found
