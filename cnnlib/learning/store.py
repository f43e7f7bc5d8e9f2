"""A JSON file that several kernels may write at once: locked, replaced in one step, kept aside when damaged.

>>> import tempfile
>>> with tempfile.TemporaryDirectory() as folder:
...     store = Store(Path(folder) / "record.json")
...     _ = store.change(lambda content: content["events"].append({"what": "answer"}))
...     len(store.read()["events"])
1
"""

from __future__ import annotations

import json
import os
import secrets
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from cnnlib.runtime.locks import locked

VERSION = 1


class NewerRecord(Exception):
    """The file was written by a newer course: it is left as it is."""


class Store:
    """The file of a record; `path` None keeps it in memory alone, for as long as the kernel lives.

    Attributes
    ----------
    sentence : str
        What a learner should know about the file: that it was damaged, that it cannot be written. Empty if
        all is well.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.sentence = ""
        self._memory = empty()

    def read(self) -> dict:
        """Return ``{"version", "key", "events"}``; an unreadable file counts as empty and is left alone."""
        if self.path is None:
            return self._memory
        try:
            return _parse(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return empty()
        except NewerRecord:
            self.sentence = f"{self.path.name} was written by a newer course; it is only read here."
            return json.loads(self.path.read_text(encoding="utf-8"))

    def change(self, edit: Callable[[dict], object]) -> dict:
        """Call `edit` on what the file holds now and write what it left; return that.

        A file that cannot be written is no reason to stop a learner: `sentence` says so, and the change
        lives in memory.
        """
        if self.path is None:
            edit(self._memory)
            return self._memory
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with locked(self.path):
                content = self._load()
                edit(content)
                replace(self.path, json.dumps(content, indent=1, ensure_ascii=False))
        except NewerRecord:
            return self.read()
        except OSError as error:
            self.sentence = f"{self.path} cannot be written ({error.strerror}): nothing is kept after today."
            self._memory, self.path = self.read(), None
            return self.change(edit)
        return content

    def _load(self) -> dict:
        """Return what is there; move a damaged file aside."""
        try:
            return _parse(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return empty()
        except ValueError:
            stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
            aside = self.path.with_name(f"{self.path.stem}.damaged-{stamp}.json")
            os.replace(self.path, aside)
            self.sentence = f"The record could not be read. It was kept as {aside.name}; a new one has begun."
            return empty()


def empty() -> dict:
    """Return the content of a record without events: its key is random and says nothing about anybody."""
    return {"version": VERSION, "key": secrets.token_hex(4), "events": []}


def _parse(text: str) -> dict:
    """Return the content of a text; ValueError if it is none, NewerRecord if it is a later version's."""
    content = json.loads(text)
    if not isinstance(content, dict) or not isinstance(content.get("version"), int):
        raise ValueError("expected an object with a version")
    if content["version"] > VERSION:
        raise NewerRecord
    events = content.get("events")
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise ValueError("expected a list of events")
    return content


def replace(path: Path, text: str) -> None:
    """Write a file in one step, so that a crash leaves the old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(name, path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
