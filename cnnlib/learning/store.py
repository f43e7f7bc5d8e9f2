"""A JSON file that several kernels may write at once: locked, replaced in one step, kept aside when damaged.

>>> import tempfile
>>> with tempfile.TemporaryDirectory() as folder:
...     store = Store(Path(folder) / "record.json")
...     event = {"what": "skip", "id": "01.dot", "when": "2026-03-02T09:00:00+00:00"}
...     _ = store.change(lambda content: content["events"].append(event))
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

from cnnlib.learning.names import edition, renumbered
from cnnlib.runtime.language import say
from cnnlib.runtime.locks import locked

#: What an event of a kind must hold to be read at all, besides its kind, the item and the time.
HOLDS = {"prediction": "value", "surprise": "near", "answer": "right", "test": "right", "exercise": "outcome"}


class NewerRecord(Exception):
    """The file was written by a newer course: it is left as it is. ``content`` is what can be read of it."""

    def __init__(self, content: dict) -> None:
        super().__init__("it was written by a newer course: update this one first")
        self.content = content


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
            return parse(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return empty()
        except NewerRecord as newer:
            self.sentence = say(
                "{name} was written by a newer course; it is only read here.", name=self.path.name
            )
            return newer.content

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
            self.sentence = say(
                "{path} cannot be written ({strerror}): nothing is kept after today.",
                path=self.path,
                strerror=error.strerror,
            )
            self._memory, self.path = self.read(), None
            return self.change(edit)
        return content

    def _load(self) -> dict:
        """Return what is there; move a damaged file aside."""
        try:
            return parse(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return empty()
        except (ValueError, RecursionError):
            stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
            aside = self.path.with_name(f"{self.path.stem}.damaged-{stamp}.json")
            os.replace(self.path, aside)
            self.sentence = say(
                "The record could not be read. It was kept as {name}; a new one has begun.", name=aside.name
            )
            return empty()


def empty() -> dict:
    """Return the content of a record without events: its key is random and says nothing about anybody."""
    return {"version": edition(), "key": secrets.token_hex(4), "events": []}


def parse(text: str) -> dict:
    """Return the content of a record's text, brought to the present numbers of notebooks.

    Raises
    ------
    ValueError
        If it is no record, or one of its events cannot be read.
    NewerRecord
        If a later course wrote it.

    Examples
    --------
    >>> parse('{"version": 1, "key": "ab12", "events": []}')["key"]
    'ab12'
    """
    content = json.loads(text)
    if not isinstance(content, dict) or type(content.get("version")) is not int:
        raise ValueError("expected an object with a version")
    events, version = content.get("events"), content["version"]
    if not isinstance(events, list):
        raise ValueError("expected a list of events")
    if version > edition():
        raise NewerRecord(content | {"events": [event for event in events if is_sound(event)]})
    if damaged := next((place for place, event in enumerate(events, 1) if not is_sound(event)), 0):
        raise ValueError(f"entry {damaged} cannot be read")
    events = [{**event, "id": renumbered(event["id"], version)} for event in events]
    return content | {"version": edition(), "events": events}


def is_sound(event: object) -> bool:
    """Whether an event has all that is read from it.

    >>> is_sound({"what": "skip", "id": "01.dot", "when": "2026-03-02T09:00:00+00:00"}), is_sound({})
    (True, False)
    """
    try:
        datetime.fromisoformat(event["when"])
        held = HOLDS.get(event["what"], "id")
        return isinstance(event["what"], str) and isinstance(event["id"], str) and held in event
    except (KeyError, TypeError, ValueError):
        return False


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
