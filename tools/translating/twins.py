"""A notebook's twin in another language: the same cells of code, its prose from a catalogue.

``notebooks/source/de/00_start_here.po`` makes ``notebooks/de/00_start_here.ipynb``. A cell that is not
translated, or whose English has changed since, stays English; `python -m tools.translating check` names it.
"""

from __future__ import annotations

import copy
import re
from pathlib import Path

import nbformat
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from tools.notebook_sources import LINK

#: The one cell that a twin has of its own.
SPEAK = 'from cnnlib.runtime import speak\n\nspeak("{language}")'


def catalogues_of(source: Path) -> dict[str, Path]:
    """The catalogues of a notebook by language.

    >>> from tools.notebook_sources import FOLDER
    >>> list(catalogues_of(FOLDER / "source" / "00_start_here.py"))
    ['de']
    """
    return {path.parent.name: path for path in sorted(source.parent.glob(f"*/{source.stem}.po"))}


def twins(source: Path) -> dict[str, Path]:
    """Where the twins of a source are kept, by language."""
    folder = source.parents[1]
    return {language: folder / language / f"{source.stem}.ipynb" for language in catalogues_of(source)}


def translated(notebook: nbformat.NotebookNode, source: Path, language: str) -> nbformat.NotebookNode:
    """The twin of a learner's notebook that is not executed yet."""
    with catalogues_of(source)[language].open("rb") as file:
        catalog = read_po(file, locale=language)
    twin = copy.deepcopy(notebook)
    for cell in twin.cells:
        if cell.cell_type == "markdown":
            cell.source = _moved(_said(catalog, cell.source), source, language)
        elif "alt" in cell.metadata:
            alt = cell.metadata["alt"]
            words = [_said(catalog, text, "alt") for text in ([alt] if isinstance(alt, str) else alt)]
            cell.metadata["alt"] = words[0] if isinstance(alt, str) else words
    first = next(place for place, cell in enumerate(twin.cells) if cell.cell_type == "code")
    speak = nbformat.v4.new_code_cell(SPEAK.format(language=language), id=f"speak-{language}")
    twin.cells.insert(first, speak)
    return twin


def _said(catalog: Catalog, text: str, context: str | None = None) -> str:
    message = catalog.get(text, context)
    return message.string if message is not None and message.string and not message.fuzzy else text


def _moved(text: str, source: Path, language: str) -> str:
    """A text whose links lead where they did, from the folder of a language: to a twin where there is one."""

    def there(match: re.Match) -> str:
        target = match.group(1)
        stem = Path(target.partition("#")[0]).stem
        has_twin = (source.parent / language / f"{stem}.po").exists()
        return target if has_twin and "/" not in target else f"../{target}"

    return LINK.sub(there, text)
