"""A notebook as a lesson: its sections with their minutes, what is asked, what is projected, its exercises.

Everything is read from ``notebooks/source``. A markdown cell says how long the section that begins in it
takes, ``# %% [markdown] minutes=8``; a cell within the section adds its own minutes to them. With ``cut=1``
the section is the first to go when time is short. A lesson is named by its topic, ``"gradient_descent"``,
not by its number.
"""

from __future__ import annotations

import ast
import builtins
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import jupytext

from cnnlib import widgets
from tools.points import MARKER

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "notebooks" / "source"
#: Sections that are read at home: they have no minutes.
AT_HOME = ("Exercises", "Summary", "Questions", "References")
OPENING = "Opening"
COMMENT = re.compile(r"\s*<!--.*?-->", re.DOTALL)
TITLE = r"(?:\*\*\d\. ([^*]+)\*\*\s+)?"
EXERCISE = re.compile(TITLE + MARKER.pattern + r"\s*(.+?)(?=\n\n|\*\*\d|\n\d\.|\Z)", re.DOTALL)


@dataclass
class Section:
    """A section: its heading, its minutes, its cells (a markdown cell with two headings is split)."""

    title: str
    minutes: int = 0
    cut: int = 0
    cells: list = field(default_factory=list)

    @property
    def anchor(self) -> str:
        """Where it begins on the site's page."""
        return "" if self.title == OPENING else re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")

    @property
    def predictions(self) -> list[str]:
        """The ids of what is asked in it."""
        sources = [cell.source for cell in self.cells if cell.cell_type == "code"]
        return [name for source in sources for name in re.findall(r'^predict\("(.+?)"', source, re.MULTILINE)]

    @property
    def states(self) -> list[str]:
        """The lines that open its widgets as they are projected."""
        return [line for cell in self.cells if cell.cell_type == "code" for line in widget_lines(cell.source)]

    @property
    def challenges(self) -> list[str]:
        """Its challenges, in words."""
        text = "\n\n".join(cell.source for cell in self.cells if cell.cell_type == "markdown")
        return [
            " ".join(found.split())
            for found in re.findall(r"\*\*Challenge\.\*\* (.+?)(?=\n\n|\Z)", text, re.S)
        ]


@dataclass(frozen=True)
class Task:
    """An exercise: how hard, how long, what is to be done (title included), and its title, if it has one."""

    kind: str
    minutes: int
    text: str
    title: str = ""

    @property
    def first_words(self) -> str:
        """Its first sentence, without the dot."""
        return self.text.split(". ")[0].rstrip(".:")

    @property
    def name(self) -> str:
        """Its title, or what its first sentence names before a comma or a colon, some words at least.

        >>> Task("Core", 15, "A computation of our own, in nine stages. The way there is given.").name
        'A computation of our own'
        """
        return self.title or re.match(r"(.{14,}?)[,:] |(.+)", self.first_words + ", ")[0].rstrip(",: ")


@dataclass
class Lesson:
    """A notebook and its sections."""

    path: Path
    sections: list[Section]

    @property
    def name(self) -> str:
        """The file's name without suffix, ``"03_backpropagation"``."""
        return self.path.stem

    @property
    def number(self) -> str:
        """The notebook's number, ``"03"``."""
        return self.name.partition("_")[0]

    @property
    def topic(self) -> str:
        """The file's name without number: it stays when notebooks are numbered anew."""
        return self.name.partition("_")[2]

    @property
    def opening(self) -> str:
        """The text of the first cell."""
        return self.sections[0].cells[0].source

    @property
    def title(self) -> str:
        """The question that the notebook asks."""
        return re.search(r"^# (.+)$", self.opening, re.MULTILINE)[1]

    @property
    def goals(self) -> list[str]:
        """What a learner can do afterwards."""
        return [
            " ".join(goal.split())
            for goal in re.findall(r"^\d\. (.+(?:\n {3}.+)*)", self.opening, re.MULTILINE)
        ]

    @property
    def needs(self) -> str:
        """What a learner must know before, as the first cell says it."""
        found = re.search(r"\*\*You need\*\* (.+?)(?=\n\n|\Z)", self.opening, re.DOTALL)
        return " ".join(found[1].split()) if found else ""

    @property
    def stated_minutes(self) -> int:
        """The minutes that its first cell promises."""
        return int(re.search(r"\*\*Time\*\* (\d+) minutes", self.opening)[1])

    @property
    def timed(self) -> list[Section]:
        """The sections that are gone through in class."""
        return [section for section in self.sections if section.minutes]

    @property
    def minutes(self) -> int:
        """The sum over all sections."""
        return sum(section.minutes for section in self.sections)

    @property
    def exercises(self) -> list[Task]:
        """The exercises, in order."""
        texts = [
            cell.source for section in self.sections for cell in section.cells if cell.cell_type == "markdown"
        ]
        found = [match for text in texts for match in EXERCISE.findall(COMMENT.sub("", text))]
        return [
            Task(kind, int(minutes), " ".join(f"{title} {words}".split()), title.strip(" ."))
            for title, kind, minutes, words in found
        ]


def widget_lines(source: str) -> list[str]:
    """Return the lines that open a cell's widgets; a challenge, which the notebook defines, is left out.

    >>> widget_lines("x = 1\\nDescentExplorer(rate=1.9, challenge=won)")
    ['DescentExplorer(rate=1.9)']
    >>> widget_lines("sweep = RateSweep()\\nsweep"), widget_lines("sweep = RateSweep()")
    (['RateSweep()'], [])
    """
    try:
        body = ast.parse(source).body
    except SyntaxError:  # IPython's own lines
        return []
    last = ast.unparse(body[-1]) if body else ""
    shown = [
        n
        for n in body
        if isinstance(n, ast.Expr) or (isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == last)
    ]
    return [_without_challenge(node.value) for node in shown if _makes_widget(node.value)]


def free_names(line: str) -> set[str]:
    """Return the notebook's own variables in a line: it runs only after the cells that make them.

    >>> sorted(free_names("NetworkXRay(reader, mnist, layer='pooling 2')"))
    ['mnist', 'reader']
    """
    names = {node.id for node in ast.walk(ast.parse(line)) if isinstance(node, ast.Name)}
    return names - set(widgets.__all__) - set(dir(builtins))


def _makes_widget(node) -> bool:
    named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    return named and node.func.id in widgets.__all__ and node.func.id != "Challenge"


def _without_challenge(call: ast.Call) -> str:
    call.keywords = [keyword for keyword in call.keywords if keyword.arg != "challenge"]
    return ast.unparse(call)


@cache
def lessons(folder: Path = SOURCES) -> dict[str, Lesson]:
    """Return all lessons by topic, in the order of the notebooks.

    >>> lessons()["backpropagation"].title
    'Whose fault is it?'
    """
    return {lesson.topic: lesson for lesson in map(read, sorted(folder.glob("[0-9][0-9]_*.py")))}


def find(name: str) -> Lesson:
    """Return the lesson of a topic, a number or a file's name.

    Raises
    ------
    ValueError
        If there is none.
    """
    for lesson in lessons().values():
        if name in (lesson.topic, lesson.number, lesson.name):
            return lesson
    raise ValueError(f"name: got {name!r}, expected one of {', '.join(lessons())}")


def read(path: Path) -> Lesson:
    """Read a source into a lesson."""
    sections = [Section(OPENING)]
    for cell in jupytext.read(path, fmt="py:percent").cells:
        before = len(sections)
        for text in _pieces(cell):
            piece = cell.copy() | {"source": text}
            if heading := (re.match(r"## (.+)", text) if cell.cell_type == "markdown" else None):
                sections.append(Section(heading[1].strip()))
            sections[-1].cells.append(type(cell)(piece))
        if cell.cell_type == "markdown":
            _time(sections[before:] or sections[-1:], cell.metadata)
    return Lesson(path, sections)


def _pieces(cell) -> list[str]:
    """Cut a markdown cell before each of its headings of the second level."""
    if cell.cell_type != "markdown":
        return [cell.source]
    return [text.strip() for text in re.split(r"(?m)^(?=## )", cell.source) if text.strip()]


def _time(sections: list[Section], metadata) -> None:
    """Add a cell's minutes to the first section that begins in it, else to the one that it goes on with."""
    in_class = [section for section in sections if not section.title.startswith(AT_HOME)]
    if in_class:
        in_class[0].minutes += metadata.get("minutes", 0)
        in_class[0].cut = metadata.get("cut", in_class[0].cut)
