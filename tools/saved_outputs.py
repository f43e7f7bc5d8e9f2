"""What a saved notebook may hold: outputs cleaned of what changes from run to run, and what faults remain."""

from __future__ import annotations

import re
import sys
from pathlib import Path

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
MAX_BYTES = 700_000  # a solved twin keeps every picture; learners open a third of that
PATH_HEAD = r"(?:~|[A-Za-z]:|(?=[/\\]))[^\s:\"'<>(\x1b]*[/\\]"
CELL_FILE = re.compile(PATH_HEAD + r"ipykernel_\d+[/\\]\d+\.py")
ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,}")
PACKAGES = re.compile(PATH_HEAD + r"(?:site|dist)-packages[/\\]")
PICTURES = ("image/png", "image/jpeg")
ABSOLUTE = re.compile(
    r"(?<![\w./:~<-])(?:/(?:home|Users|root|tmp|var|usr|opt|mnt|private|srv|content|work)/[\w.~-]+"
    r"|~/[\w.-]+/|[A-Za-z]:\\+[\w. ~-]+\\+|file:///)"
)


def tidy(text: str, repository: Path) -> str:
    """Replace machine-bound pieces of a text: the cell's temporary file, addresses, folders of packages.

    >>> tidy("<f at 0x7f00aa12bb34> /tmp/ipykernel_12/345.py:3: RuntimeWarning", Path("."))
    '<f at 0x…> <cell>:3: RuntimeWarning'
    """
    text = ADDRESS.sub("at 0x…", CELL_FILE.sub("<cell>", text))
    for root in {str(repository), str(repository).replace(str(Path.home()), "~", 1)}:
        text = text.replace(root + "/", "").replace(root + "\\", "")
    return PACKAGES.sub("site-packages/", text)


def clean_outputs(notebook, repository: Path) -> None:
    """Drop widget views, widget state and timing from an executed notebook, and tidy its outputs' texts.

    A widget's output keeps its static forms (picture, HTML, text), which a page that runs no kernel shows; a
    failure that is meant keeps its last line, which says what was wrong, without the way through the library.
    """
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        _add_alt_texts(cell)
        for output in cell.get("outputs", []):
            output.pop("transient", None)
            _clean_output(output, repository)
        if "raises-exception" in cell.metadata.get("tags", []):
            for output in cell.outputs:
                if output.output_type == "error":
                    output.traceback = output.traceback[-1:]
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("data") != {}]


def meant_errors_are_short(page) -> list[str]:
    """A cell that fails on purpose does so within `in_short()`: a learner too sees its last line alone."""
    return [
        f"cell {number}: fails on purpose, but not within in_short()"
        for number, cell in page.code
        if "raises-exception" in cell.metadata.get("tags", []) and "in_short()" not in cell.source
    ]


def _add_alt_texts(cell) -> None:
    """Give each picture without alt text one: the cell's own (metadata `alt`), or the text beside it.

    A widget's text says what its picture shows; ``<Figure size …>`` says nothing and is not used.
    """
    own = cell.metadata.get("alt", [])
    own = iter([own] if isinstance(own, str) else own)
    for output in cell.get("outputs", []):
        for kind in (kind for kind in PICTURES if kind in output.get("data", {})):
            about = output.metadata.setdefault(kind, {})
            beside = output.data.get("text/plain", "")
            alt = about.get("alt") or next(own, None) or ("" if beside.startswith("<") else beside)
            if alt:
                about["alt"] = alt


def _clean_output(output, repository: Path) -> None:
    """Clean one output in place."""
    for holder in (output, output.get("data", {})):
        holder.pop(WIDGET_VIEW, None)
        for key, value in holder.items():
            if isinstance(value, str) and key not in PICTURES:
                holder[key] = tidy(value, repository)
    if "traceback" in output:
        output.traceback = [tidy(line, repository) for line in output.traceback]


def output_texts(notebook):
    """Yield (cell number from 1, MIME type or field, text) for every text in the outputs."""
    for number, cell in enumerate(notebook.cells, start=1):
        for output in cell.get("outputs", []):
            for holder in (output, output.get("data", {})):
                for key, value in holder.items():
                    if isinstance(value, str) and key not in ("output_type", "name", *PICTURES):
                        yield number, key, value
            for line in output.get("traceback", []):
                yield number, "traceback", line


def absolute_paths(text: str, repository: Path | None = None) -> list[str]:
    """Return the absolute paths in a text (of this machine, or of the usual kind on others).

    >>> absolute_paths("saved to /home/ada/net.npz, see https://example.org/home/x")
    ['/home/ada']
    """
    places = [str(repository), str(Path.home()), sys.prefix] if repository else []
    found = [match.group() for match in ABSOLUTE.finditer(text)]
    return found + [place for place in places if len(place) > 5 and place in text]


def saved_output_faults(notebook, size: int, repository: Path | None = None) -> list[str]:
    """List what a saved notebook must not have: a size over the limit, paths, widget state, widget views."""
    faults = []
    if size >= MAX_BYTES:
        faults.append(f"{size / 1000:.0f} KB; at most {MAX_BYTES // 1000} KB are wanted")
    if "widgets" in notebook.metadata:
        faults.append("widget state in the notebook's metadata, which GitHub refuses to draw")
    for number, cell in enumerate(notebook.cells, start=1):
        if any(WIDGET_VIEW in output.get("data", {}) for output in cell.get("outputs", [])):
            faults.append(f"cell {number}: a widget view is saved; only its static forms should be")
    for number, key, text in output_texts(notebook):
        if paths := absolute_paths(text, repository):
            faults.append(f"cell {number}: absolute path {paths[0]!r} in its {key}")
    return faults
