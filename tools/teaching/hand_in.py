"""`course.py hand-in`: one file with a learner's work, for the teacher.

    python3 course.py hand-in --name "Ada Lovelace"
    python3 course.py hand-in --name "Ada Lovelace" 03 04

It holds the notebooks without their outputs (marking makes its own), the record of predictions and answers,
the capstone's results, the name, and the course's version; nothing else of the computer. The file is written
beside course.py and sent nowhere.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import unicodedata
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from tools.teaching.calling import ROOT, parser

FORMAT = 1


class Refusal(Exception):
    """Nothing was written; the message is a sentence."""


def release_of(course: Path) -> list[str]:
    """Return the names of the notebooks that were handed out, empty in a whole course."""
    try:
        return list(json.loads((course / "release.json").read_text("utf-8"))["notebooks"])
    except (OSError, ValueError, KeyError, TypeError):
        return []


def is_called(path: Path, name: str) -> bool:
    """Tell whether a notebook is meant by a number, a name or a path."""
    return path.stem == Path(name).stem or path.stem[:2] == name


def chosen(course: Path, names: list[str]) -> list[Path]:
    """Return the notebooks to hand in: those named, those handed out, or all that are numbered.

    Each comes in all its languages: nobody says in which of them a learner has worked.
    """
    there = [
        path for place in ("", "??/") for path in sorted((course / "notebooks").glob(f"{place}[0-9]*.ipynb"))
    ]
    wanted = names or release_of(course) or [path.stem for path in there]
    found = [path for path in there if any(is_called(path, name) for name in wanted)]
    missing = [name for name in names if not any(is_called(path, name) for path in there)]
    if missing or not found:
        known = ", ".join(dict.fromkeys(path.stem[:2] for path in there))
        raise Refusal(f"there is no notebook {', '.join(missing) or 'here'}; there are: {known}.")
    return found


def without_outputs(path: Path) -> tuple[bytes, str]:
    """Return a notebook without its outputs; as it is, and a sentence, if it cannot be read."""
    content = path.read_bytes()
    try:
        notebook = json.loads(content)
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"], cell["execution_count"] = [], None
    except (ValueError, KeyError, TypeError):
        return content, f"{path.name} cannot be read as a notebook: it is handed in as it is."
    notebook.get("metadata", {}).pop("widgets", None)
    return json.dumps(notebook, ensure_ascii=False, indent=1).encode("utf-8"), ""


def record_of(path: Path) -> tuple[bytes, str]:
    """Return a record as the course reads it; as it is, and a sentence, if it is damaged."""
    from cnnlib.learning.store import NewerRecord, parse

    content = path.read_bytes()
    try:
        return json.dumps(parse(content.decode("utf-8"))).encode("utf-8"), ""
    except NewerRecord as newer:
        return json.dumps(newer.content).encode("utf-8"), ""
    except (ValueError, RecursionError):
        return content, f"{path.name}, your predictions and answers, is damaged: it is handed in as it is."


def hand_in(course: Path, name: str, names: list[str]) -> tuple[Path, list[str]]:
    """Write the file; return its path and what is to be said.

    Raises
    ------
    Refusal
        If there is no name, or a notebook that is not there.
    """
    from cnnlib import __version__

    if not name.strip():
        raise Refusal("say whose work it is: --name with your name.")
    files, said = {}, []
    for path in chosen(course, names):
        content, sentence = without_outputs(path)
        files[path.relative_to(course).as_posix()] = content
        said += [sentence] * bool(sentence)
    own = course / ".learning.json"
    if own.is_file():
        files["record.json"], sentence = record_of(own)
        said += [sentence] * bool(sentence)
    if (course / ".capstone.json").is_file():
        files["capstone.json"] = (course / ".capstone.json").read_bytes()
    when = datetime.now(UTC).isoformat(timespec="seconds")
    sums = {key: hashlib.sha256(content).hexdigest() for key, content in files.items()}
    about = {"format": FORMAT, "version": __version__, "name": name.strip(), "when": when, "sha256": sums}
    target = course / f"hand-in-{file_name(name)}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("hand-in.json", json.dumps(about, ensure_ascii=False, indent=1))
        for key, content in files.items():
            archive.writestr(key, content)
    return target, said


def file_name(name: str) -> str:
    """Return a name as a part of a file's name on every system.

    >>> file_name("Zoë  O'Neil")
    'zoe-o-neil'
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60] or hashlib.sha256(name.encode()).hexdigest()[:8]


def main(arguments: list[str] | None = None) -> int:
    """Write the file and say where it is."""
    made = parser("hand-in", "Make one file of your work for your teacher.")
    made.add_argument("names", nargs="*", help="notebooks, such as 03 04; default: those handed out")
    made.add_argument("--name", default="", help="your name, as your teacher knows it")
    options = made.parse_args(arguments)
    name = options.name or (input("Your name, as your teacher knows it: ") if sys.stdin.isatty() else "")
    try:
        target, said = hand_in(ROOT, name, options.names)
    except Refusal as refusal:
        print(f"course.py: {refusal}", file=sys.stderr)
        return 1
    print(
        "\n".join(
            [*said, f"Written: {target}. Save open notebooks before; give this one file to your teacher."]
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
