"""A notebook as the rules see it: its prose, its code, its sections."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat

COURSE = (
    "00_start_here",
    "01_forward_pass",
    "02_loss",
    "03_backpropagation",
    "04_convolution_backward",
    "05_gradient_descent",
    "06_learning_rate",
    "07_minima",
    "08_initialization",
    "09_how_deep",
    "10_spirals",
    "11_train_a_cnn",
    "12_generalization",
    "13_where_next",
)
ROOT = Path(__file__).resolve().parents[1]
MARKDOWN_PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)\s]*)[^)]*\)")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)[^)]*\)|<a\b[^>]*href=[\"']([^\"']+)", re.IGNORECASE)
CARD = re.compile(r"^(?:predict|quiz|worked|review|test|my_course)\(", re.MULTILINE)


@dataclass
class Page:
    """A notebook and where it lies."""

    notebook: nbformat.NotebookNode
    path: Path
    root: Path = ROOT

    @cached_property
    def markdown(self):
        """Pairs (number from 1, text) of the markdown cells; fenced code taken out."""
        fence = re.compile(r"```.*?```|~~~.*?~~~", re.DOTALL)
        cells = enumerate(self.notebook.cells, start=1)
        return [
            (number, fence.sub("", cell.source)) for number, cell in cells if cell.cell_type == "markdown"
        ]

    @cached_property
    def code(self):
        """Pairs (number from 1, cell) of the code cells."""
        cells = enumerate(self.notebook.cells, start=1)
        return [(number, cell) for number, cell in cells if cell.cell_type == "code"]

    @property
    def experiments(self):
        """The code cells without those that only show a card."""
        return [(number, cell) for number, cell in self.code if not is_card(cell)]

    @property
    def twin(self):
        """The edition with the answers, where there is one: it holds every output."""
        path = self.path.parent / "solutions" / self.path.name
        return nbformat.read(path, as_version=4) if not self.is_twin and path.exists() else None

    @property
    def name(self):
        """Name without suffix."""
        return self.path.stem

    @property
    def is_twin(self):
        """Whether it is the edition with the answers."""
        return self.path.parent.name == "solutions"

    @property
    def opening(self):
        """Text of the first cell if it is markdown."""
        first = self.notebook.cells[0] if self.notebook.cells else None
        return first.source if first is not None and first.cell_type == "markdown" else ""

    def section(self, title):
        """Text under the first heading that matches, up to the next of its level or above; or None."""
        text = "\n\n".join(text for _, text in self.markdown)
        heading = re.search(rf"^(#+)\s+(?:{title})\b.*$", text, re.MULTILINE | re.IGNORECASE)
        if not heading:
            return None
        rest = text[heading.end() :]
        end = re.search(rf"^#{{1,{len(heading.group(1))}}}\s", rest, re.MULTILINE)
        return rest[: end.start()] if end else rest


def is_card(cell):
    """Whether a cell does nothing but show a card."""
    lines = [line for line in cell.source.splitlines() if line.strip()]
    return len(lines) == 1 and bool(CARD.match(lines[0]))
