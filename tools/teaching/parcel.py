"""The one file that a learner hands in, read without trust: nothing of it is unpacked or run here.

A zip archive with ``hand-in.json`` (name, version of the course, time), ``notebooks/NN_topic.ipynb`` (in
another language ``notebooks/de/NN_topic.ipynb``), and, where there are any, ``record.json`` and
``capstone.json``.
"""

from __future__ import annotations

import json
import re
import stat
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FORMAT = 1
MEMBER = re.compile(r"hand-in\.json|record\.json|capstone\.json|notebooks/(?:[a-z]{2}/)?\w{1,60}\.ipynb")
LARGEST_FILE, LARGEST_MEMBER, MOST_MEMBERS = 50 * 2**20, 20 * 2**20, 60
WHATS = ("prediction", "skip", "surprise", "answer", "exercise", "test")
MOST_EVENTS = 20_000


class Refused(Exception):
    """The file is no hand-in; the message is a sentence."""


@dataclass
class Parcel:
    """What a learner handed in.

    Attributes
    ----------
    file, name, version : str
        Where it lies, who says to have made it, and with which course.
    cells : dict of list
        By notebook, ``"03_backpropagation"`` or ``"de/03_backpropagation"``, the number and source of each
        code cell.
    record : dict or None
    said : list of str
        What could not be read, a sentence each.
    """

    file: str
    name: str = ""
    version: str = ""
    cells: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    record: dict | None = None
    said: list[str] = field(default_factory=list)

    def in_every_language(self, notebook: str) -> list[list[tuple[int, str]]]:
        """Return the code cells of a notebook in each language that it was handed in in, English first."""
        names = sorted(self.cells, key=lambda name: ("/" in name, name))
        return [self.cells[name] for name in names if name.rpartition("/")[2] == notebook]


def read(path: Path) -> Parcel:
    """Read a hand-in.

    Raises
    ------
    Refused
        If it is none, is too large, or holds what no hand-in holds.
    """
    members = _members(path)
    if "hand-in.json" not in members:
        raise Refused("It is no hand-in of this course: hand-in.json is missing.")
    about = _json(members["hand-in.json"])
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        raise Refused("Its hand-in.json cannot be read, or is of a newer course.")
    parcel = Parcel(path.name, plain(about.get("name")), plain(about.get("version"))[:20])
    for name, content in members.items():
        if name.startswith("notebooks/"):
            stem = name.removeprefix("notebooks/").removesuffix(".ipynb")
            try:
                parcel.cells[stem] = cells_of(content)
            except Refused as refused:
                parcel.said.append(f"{stem}: {refused}")
    if "record.json" in members:
        parcel.record = clean_record(_json(members["record.json"]))
        if parcel.record is None:
            parcel.said.append("Its record of predictions cannot be read.")
    return parcel


def _members(path: Path) -> dict[str, bytes]:
    """Return the members of the archive; each is read up to the size allowed, whatever it says of itself."""
    if path.is_symlink() or not path.is_file():
        raise Refused("It is a link, not a file.")
    if path.stat().st_size > LARGEST_FILE:
        raise Refused(f"It is larger than {LARGEST_FILE // 2**20} MB.")
    found: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > MOST_MEMBERS:
                raise Refused(f"It holds more than {MOST_MEMBERS} files.")
            room = LARGEST_FILE
            for member in members:
                found[member.filename] = _content(archive, member, min(room, LARGEST_MEMBER))
                room -= len(found[member.filename])
    except Refused:
        raise
    except Exception as error:  # zipfile raises many kinds for damaged archives
        raise Refused(f"It is no zip archive that can be read ({type(error).__name__}).") from error
    return found


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    name = plain(member.filename)
    if not MEMBER.fullmatch(member.filename):
        raise Refused(f"It holds a file that no hand-in holds: {name!r}.")
    if stat.S_ISLNK(member.external_attr >> 16):
        raise Refused(f"It holds a link: {name!r}.")
    if member.flag_bits & 1:
        raise Refused("It is locked with a password.")
    with archive.open(member) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise Refused(f"It is too large once unpacked: {name!r}.")
    return content


def _json(content: bytes) -> Any:
    """Return what a JSON text says, None if it is none."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError, MemoryError):
        return None


def cells_of(content: bytes) -> list[tuple[int, str]]:
    """Return number and source of each code cell of a notebook; cells are counted from 1.

    Raises
    ------
    Refused
        If it is no notebook.
    """
    notebook = _json(content)
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise Refused("it cannot be read as a notebook.")
    found = []
    for number, cell in enumerate(cells[:2000], start=1):
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source", "")
            if isinstance(source, list):
                source = "".join(line for line in source if isinstance(line, str))
            if isinstance(source, str):
                found.append((number, source.encode("utf-8", "replace").decode("utf-8")))
    return found


def plain(value: Any, length: int = 80) -> str:
    """Return a text as one short line without control characters; empty if it is none."""
    text = value if isinstance(value, str) else ""
    return "".join(c if c.isprintable() else " " for c in text[:length]).strip()


def clean_record(content: Any) -> dict | None:
    """Return of a record what the class report counts, in the types it expects; None if it is none."""
    events = content.get("events") if isinstance(content, dict) else None
    if not isinstance(events, list):
        return None
    kept = [event for event in map(_clean_event, events[:MOST_EVENTS]) if event]
    return {"version": 1, "key": plain(content.get("key"), 16), "events": kept}


def _clean_event(event: Any) -> dict | None:
    if not isinstance(event, dict) or event.get("what") not in WHATS:
        return None
    texts = {
        key: plain(event.get(key), 120)
        for key in ("what", "id", "when", "belief", "slip", "outcome", "form", "sure")
        if isinstance(event.get(key), str)
    }
    flags = {key: event[key] for key in ("near", "right") if isinstance(event.get(key), bool)}
    return texts | flags if texts.get("id") and texts.get("when") else None
