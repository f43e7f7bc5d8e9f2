"""The learner's own record: what was predicted, answered and solved. Nothing else about the person.

It is a list of events in one file on this computer (see `cnnlib.learning.place`). Everything shown is worked
out from them: how near, what is due, what surprised. Two kernels that write at once lose nothing.
"""

from __future__ import annotations

import json
import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cnnlib.learning import spacing
from cnnlib.learning.items import items, present_name
from cnnlib.learning.names import edition, present_exercise
from cnnlib.learning.place import counts, own_file
from cnnlib.learning.store import Store, parse, replace
from cnnlib.runtime.language import marked

WHATS = ("prediction", "skip", "surprise", "answer", "exercise", "test")
SURE = marked("a guess", "fairly sure", "certain")


def now() -> datetime:
    """Return the present time; tests put another in its place."""
    return datetime.now(UTC)


class Record:
    """A learner's record.

    Parameters
    ----------
    path : Path, optional
        Its file; None keeps it in memory.

    Examples
    --------
    >>> record = Record(None)
    >>> record.note("answer", "01.bias", right=False, value="no", belief="none needed")
    >>> record.answers()["01.bias"][0]["right"]
    False
    """

    def __init__(self, path: Path | None) -> None:
        self.store = Store(path)

    @property
    def sentence(self) -> str:
        """What should be known about the file; empty if all is well."""
        return self.store.sentence

    def note(self, what: str, name: str, **more: Any) -> None:
        """Keep an event: one of `WHATS`, the item or exercise, and what belongs to it."""
        event = {"what": what, "id": name, **more, "when": now().isoformat(timespec="seconds")}
        self.store.change(lambda content: content["events"].append(event))

    def events(self, *whats: str) -> list[dict]:
        """Return the events of some kinds in the order of time, items under their present names."""
        found = [event for event in self.store.read()["events"] if event.get("what") in (whats or WHATS)]
        return sorted(
            map(_renamed, found), key=lambda event: datetime.fromisoformat(event["when"]).timestamp()
        )

    def answers(self) -> dict[str, list[dict]]:
        """Return the answers to questions, by item, in the order of time."""
        return _grouped(self.events("answer"))

    def predictions(self) -> dict[str, dict]:
        """Return what became of each prediction: its event, with ``near`` and ``truth`` once it is known.

        The first commitment counts; what is said again after the result is known is no prediction.
        """
        found: dict[str, dict] = {}
        for event in self.events("prediction", "skip", "surprise"):
            if event["what"] == "surprise":
                if event["id"] in found:
                    found[event["id"]] = {**event, **found[event["id"]]}
            else:
                found.setdefault(event["id"], event)
        return found

    def due(self, at: datetime | None = None) -> list[str]:
        """Return the questions that are due at a time (now), the longest due first."""
        at, found = at or now(), []
        known = {item.id for item in items("question")}
        for name, events in self.answers().items():
            when = spacing.due((datetime.fromisoformat(e["when"]), bool(e["right"])) for e in events)
            if name in known and when is not None and when <= at:
                found.append((when, name))
        return [name for _, name in sorted(found)]

    def export(self, folder: Path) -> Path:
        """Write the record as one JSON file; its random key stands in place of a name. Return its path."""
        self.store.change(lambda content: content.setdefault("key", secrets.token_hex(4)))
        key = self.store.read()["key"]
        content = {"version": edition(), "key": key, "events": self.events()}
        path = Path(folder) / f"my-record-{key}.json"
        replace(path, json.dumps(content, indent=1, ensure_ascii=False))
        return path

    def take_in(self, text: str) -> tuple[int, int]:
        """Add the events of an exported file, its text, that are not here yet.

        Returns
        -------
        int, int
            How many came in, and how many were here already.

        Raises
        ------
        ValueError
            If it is no record.
        NewerRecord
            If a later course wrote it.

        Examples
        --------
        >>> import tempfile
        >>> here, elsewhere = Record(None), Record(None)
        >>> elsewhere.note("skip", "01.dot")
        >>> text = elsewhere.export(Path(tempfile.mkdtemp())).read_text()
        >>> here.take_in(text), here.take_in(text)
        ((1, 0), (0, 1))
        """
        new, added = parse(text)["events"], []

        def add(content: dict) -> None:
            left = Counter(_same(event) for event in content["events"])
            for event in new:
                left[_same(event)] -= 1
                if left[_same(event)] < 0:
                    added.append(event)
            content["events"] += added

        self.store.change(add)
        return len(added), len(new) - len(added)


def _renamed(event: dict) -> dict:
    """An event under the present name of its item or exercise."""
    name = present_exercise(event["id"]) if event["what"] == "exercise" else present_name(event["id"])
    return {**event, "id": name}


def _same(event: dict) -> str:
    """What two copies of one event have in common, whatever its item was called when they were written."""
    return json.dumps(_renamed(event), sort_keys=True)


def _grouped(events: list[dict]) -> dict[str, list[dict]]:
    found: dict[str, list[dict]] = {}
    for event in events:
        found.setdefault(event["id"], []).append(event)
    return found


_open: dict[Path | None, Record] = {}


def my_record() -> Record:
    """Return the record of whoever works here; in memory alone where nothing is to be kept."""
    path = own_file("learning") if counts() else None
    if path not in _open:
        _open[path] = Record(path)
    return _open[path]


def note_exercise(name: str, outcome: str, slip: str = "") -> None:
    """Keep the outcome of a check, and the misconception that it recognised."""
    if outcome != "not attempted":
        my_record().note("exercise", name, outcome=outcome, slip=slip)


@dataclass(frozen=True)
class Tally:
    """How a learner's predictions came out.

    Attributes
    ----------
    near, made, skipped : int
    by_sureness : dict
        ``{"certain": (near, made)}``.
    surprises : list of str
        Items furthest off, the furthest first.
    """

    near: int
    made: int
    skipped: int
    by_sureness: Mapping[str, tuple[int, int]]
    surprises: list[str]


def tally(record: Record) -> Tally:
    """Count a record's predictions.

    >>> tally(Record(None)).made
    0
    """
    found = record.predictions()
    known = {name: e for name, e in found.items() if e["what"] == "prediction" and "near" in e}
    by_sureness = {}
    for sure in SURE:
        these = [event["near"] for event in known.values() if event.get("sure") == sure]
        by_sureness[sure] = (sum(these), len(these))
    far = sorted((n for n, e in known.items() if not e["near"]), key=lambda n: -_finite(known[n]))
    skipped = sum(event["what"] == "skip" for event in found.values())
    return Tally(sum(e["near"] for e in known.values()), len(known), skipped, by_sureness, far[:3])


def _finite(event: dict) -> float:
    distance = event.get("distance", 0)
    return float(distance) if isinstance(distance, (int, float)) else 0.0
