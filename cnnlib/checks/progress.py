"""Which exercises are done: kept in one plain JSON file on this computer and sent nowhere.

The file is ``.progress.json``; `cnnlib.learning.place` says where it lies. Notebooks run from ``solutions``
are not counted.
"""

import html
import json
import os
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cnnlib.checks.exercise import exercises
from cnnlib.learning.names import edition, present_exercise, renumbered
from cnnlib.learning.place import counts, own_file
from cnnlib.learning.record import my_record
from cnnlib.runtime.language import marked, say, word
from cnnlib.runtime.locks import locked


def progress_file():
    """Where progress is kept, or None if it is not.

    >>> os.environ["CNNLIB_PROGRESS"] = "off"
    >>> progress_file() is None
    True
    """
    return own_file("progress")


def read_progress():
    """The outcomes by exercise: ``{name: {"outcome", "tries", "right_since"}}``; empty if there are none."""
    path = progress_file()
    try:
        done = _under_present_names(json.loads(path.read_text(encoding="utf-8")))["exercises"]
        return {
            str(n): dict(entry) for n, entry in done.items() if isinstance(entry, dict) and "outcome" in entry
        }
    except (AttributeError, OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}


def record(name, outcome):
    """Note the outcome of a check; a file that cannot be written is no reason to stop a learner.

    What was right once stays so.
    """
    path = progress_file()
    if path is None or outcome == "not attempted" or not counts():
        return
    try:
        with locked(path, seconds=10):  # two notebooks of one learner run in two processes
            kept = _read_or_set_aside(path)
            if kept["version"] > edition():
                return  # a newer course wrote it, and may call its exercises otherwise
            _count(kept["exercises"], name, outcome)
            _write(path, json.dumps(kept, indent=1, sort_keys=True))
    except OSError:
        pass


def _count(done, name, outcome):
    """Note one more try of an exercise in `done`, as it stands in the file."""
    entry = done.get(name)
    if not isinstance(entry, dict) or "outcome" not in entry:
        entry = done[name] = {"outcome": outcome, "tries": 0}
    tries = entry.get("tries")
    entry["tries"] = (tries if isinstance(tries, int) else 0) + 1
    if outcome == "right":
        entry["outcome"] = "right"
        entry.setdefault("right_since", datetime.now(UTC).isoformat(timespec="seconds"))


def _read_or_set_aside(path):
    """What the file holds, all of it; a damaged one is kept as ``NAME.damaged`` and a new one begun."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(kept["exercises"], dict):
            return _under_present_names(kept)
    except FileNotFoundError:
        return {"version": edition(), "exercises": {}}
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    os.replace(path, path.with_name(path.name + ".damaged"))
    return {"version": edition(), "exercises": {}}


def _under_present_names(kept):
    """What a file holds, of whichever version, with its exercises under their present names."""
    version = kept.get("version") if type(kept.get("version")) is int else 1
    done = {present_exercise(renumbered(name, version)): entry for name, entry in kept["exercises"].items()}
    return kept | {"version": max(version, edition()), "exercises": done}


def _write(path, text):
    """Replace a file in one step, so that a crash leaves the old one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(name, path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


@dataclass(frozen=True)
class Progress:
    """Exercises done, by notebook; shows itself as a table.

    Attributes
    ----------
    outcomes : dict
        ``{exercise name: "right", "wrong" or "not attempted"}``.
    """

    outcomes: dict

    def by_notebook(self):
        """``{"03": [(name, outcome), …]}`` in the course's order."""
        notebooks = {}
        for name, outcome in self.outcomes.items():
            notebooks.setdefault(name[:2], []).append((name, outcome))
        return notebooks

    @property
    def done(self):
        """How many exercises are right."""
        return sum(outcome == "right" for outcome in self.outcomes.values())

    def __repr__(self):
        lines = [say("{done} of {all} exercises are done", done=self.done, all=len(self.outcomes))]
        for notebook, items in self.by_notebook().items():
            marks = "  ".join(f"{_mark(outcome)} {name[3:]}" for name, outcome in items)
            lines.append(f"{notebook}  {marks}")
        return "\n".join(lines)

    def _repr_html_(self):
        rows = "".join(
            f'<tr><th scope="row">{notebook}</th><td style="text-align:left">'
            + " &nbsp; ".join(f"{_mark(outcome)} {html.escape(name[3:])}" for name, outcome in items)
            + f"</td><td>{_done_of(items)}</td></tr>"
            for notebook, items in self.by_notebook().items()
        )
        words = [word(text) for text in marked("Notebook", "Exercises", "Done")]
        head = "".join(f'<th scope="col">{text}</th>' for text in words)
        caption = say(
            "{done} of {all} exercises are done (✓ right, ✗ tried, ○ not yet)",
            done=self.done,
            all=len(self.outcomes),
        )
        return (
            f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        )


def _done_of(items):
    return say("{done} of {all}", done=sum(outcome == "right" for _, outcome in items), all=len(items))


def _mark(outcome):
    return {"right": "✓", "wrong": "✗"}.get(outcome, "○")


def progress():
    """The learner's progress over the whole course, with what a record from elsewhere brought in.

    >>> progress().done
    0
    """
    done = {name: entry["outcome"] for name, entry in read_progress().items()}
    for event in my_record().events("exercise") if progress_file() else ():
        if done.get(event["id"]) != "right":
            done[event["id"]] = event["outcome"]
    return Progress({name: done.get(name, "not attempted") for name in exercises()})
