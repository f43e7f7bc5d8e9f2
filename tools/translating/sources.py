"""Where texts come from: Python, the page's script, the items, the prose of the notebooks."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_javascript

from tools.notebook_sources import read_source
from tools.translating.python_texts import texts

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("runtime", "training", "learning", "checks", "viz", "widgets")
BEGUN = datetime(
    2026, 11, 26, tzinfo=UTC
)  # a head that changes in every run would be a conflict in every merge
SAMPLE = "1,234.5"  # how a language writes this number is how it writes all


def package_texts(root: Path = ROOT) -> Catalog:
    """Everything but the notebooks: what cnnlib.pot holds."""
    catalog = empty()
    note = "How numbers are written: thousands and decimals. Keep the digits."
    catalog.add(SAMPLE, locations=[("cnnlib/runtime/language.py", 1)], auto_comments=[note])
    for room in ROOMS:
        for path in sorted((root / "cnnlib" / room).rglob("*.py")):
            place = path.relative_to(root).as_posix()
            options = room == "widgets" and path.parent.name not in ("base", "cards")
            for text in texts(path.read_text("utf-8"), options):
                catalog.add(text, locations=[(place, 1)])
    for path in sorted((root / "frontend" / "src").glob("*.js")):
        with path.open("rb") as file:
            for _, _, text, _ in extract_javascript(file, {"say": None}, [], {"template_string": False}):
                place = path.relative_to(root).as_posix()
                catalog.add(
                    text if isinstance(text, str) else text[0], locations=[(place, 1)], context="page"
                )
    for path in sorted((root / "cnnlib" / "learning" / "items").glob("*.toml")):
        for text in item_texts(tomllib.loads(path.read_text("utf-8"))):
            catalog.add(text, locations=[(path.relative_to(root).as_posix(), 1)])
    return catalog


def empty() -> Catalog:
    """A catalogue whose head says the same in every run."""
    head = {"project": "cnnlib", "version": "2", "header_comment": "", "msgid_bugs_address": ""}
    dates = {"creation_date": BEGUN, "revision_date": BEGUN}
    return Catalog(**head, **dates, last_translator="", language_team="", charset="utf-8", fuzzy=False)


def item_texts(file: dict) -> Iterator[str]:
    """What a learner reads of a file of items; code and the names of beliefs are not among it.

    >>> entry = {"ask": "Why?", "kind": "choice", "right": "A", "wrong": [["B", "b", "No."]]}
    >>> list(item_texts({"question": [entry]}))
    ['Why?', 'B', 'A', 'No.']
    """
    for entry in (entry for entries in file.values() for entry in entries):
        yield from (entry[key] for key in ("ask", "why", "unit") if entry.get(key))
        rows = [*entry.get("wrong", ()), *entry.get("choices", ())]
        if entry.get("kind") in ("choice", "order"):
            yield from (text for row in rows for text in row[:-2])
            right = entry.get("right", [])
            yield from [right] if isinstance(right, str) else right
            yield from entry.get("things", [])
        yield from (*entry.get("x", [])[2:], *entry.get("y", [])[2:])
        yield from (row[-1] for row in rows if row[-1])


def notebook_texts(source: Path) -> Catalog:
    """The prose of a notebook, cell by cell, and what is said of its pictures."""
    catalog = empty()
    for cell in read_source(source):
        if cell.cell_type == "markdown":
            catalog.add(cell.source, locations=[(source.name, 1)])
        alt = cell.metadata.get("alt", [])
        for text in [alt] if isinstance(alt, str) else alt:
            catalog.add(text, locations=[(source.name, 1)], context="alt")
    return catalog
