"""The sources of the notebooks: percent scripts with their answers in place.

A source, ``notebooks/source/NN_topic.py``, is a script in jupytext's percent format. An answer stands between
``### BEGIN SOLUTION`` and ``### END SOLUTION``, as nbgrader has it, and holds one comment ``# Why: …``. The
learner's notebook has ``# YOUR CODE HERE`` and ``...`` in its place (outside functions the comment alone:
``...`` at the end of a cell would be printed); it must still run from top to bottom. A
markdown cell tagged ``solution-only`` appears in the twin alone. Cells with an answer, and cells that call
``check("NN.name", …)``, get the metadata by which nbgrader knows them, unless the source gives its own. A
cell that draws says in its header what is seen: ``# %% alt="The loss falls from 2.3 to 0.1"`` (or a list).

A cell that answers a prediction says which: ``# %% answers="01.window"``. In the learner's notebook it
carries no output, so that nobody reads the answer under the question.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from pathlib import Path

import jupytext
import nbformat

from tools.points import PointsError, give_points

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "notebooks"
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
STUB = ("# YOUR CODE HERE", "...")
CHECK_CALL = re.compile(r"^check\(\s*[\"']([\w.]+)[\"']", re.MULTILINE)
LINK = re.compile(r'(?:(?<=\]\()|(?<=src=")|(?<=href="))(?!\w+:|#|/)([^)\s"]+)')


class BuildError(Exception):
    """A source that cannot be built, or a notebook that breaks a rule of saved notebooks."""


def solution_regions(source: str) -> list[tuple[int, int]]:
    """Find the answers in a cell: pairs of line numbers (of the opening and of the closing mark).

    >>> solution_regions("a = None\\n### BEGIN SOLUTION\\na = 1\\n### END SOLUTION")
    [(1, 3)]
    """
    regions, start = [], None
    for number, line in enumerate(source.splitlines()):
        mark = line.strip()
        if mark not in (BEGIN, END):
            continue
        if (mark == BEGIN) == (start is not None):
            raise BuildError(f"line {number + 1}: {mark!r} where its partner was expected, in:\n{source}")
        if mark == BEGIN:
            start = number
        else:
            regions.append((start, number))
            start = None
    if start is not None:
        raise BuildError(f"line {start + 1}: {BEGIN!r} is never closed, in:\n{source}")
    return regions


def clear_solutions(source: str) -> str:
    """Replace every answer of a cell by the stub, at the answer's own indentation.

    >>> print(clear_solutions("def f(x):\\n    ### BEGIN SOLUTION\\n    return x\\n    ### END SOLUTION"))
    def f(x):
        # YOUR CODE HERE
        ...
    """
    lines = source.splitlines()
    for start, end in reversed(solution_regions(source)):
        indent = lines[start][: len(lines[start]) - len(lines[start].lstrip())]
        lines[start : end + 1] = [indent + line for line in (STUB if indent else STUB[:1])]
    return "\n".join(lines)


def read_source(path: Path) -> list[nbformat.NotebookNode]:
    """Read a percent script into cells with their ids, tags and nbgrader metadata, answers still in place."""
    cells = jupytext.read(path, fmt="py:percent").cells
    seen: Counter[str] = Counter()
    for cell in cells:
        if cell.cell_type == "code":
            _check_code(cell, path)
            _add_nbgrader(cell, path, seen)
        cell.id = _new_name(hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:8], seen)
    try:
        give_points(cells)
    except PointsError as error:
        raise BuildError(f"{path.name}: {error}") from error
    return cells


def _new_name(name: str, seen: Counter[str]) -> str:
    """Return a name that was not given before: the same one, or numbered."""
    seen[name] += 1
    return name if seen[name] == 1 else f"{name}-{seen[name]}"


def _check_code(cell, path: Path) -> None:
    """Refuse an empty code cell and an answer without its line on why."""
    if not cell.source.strip():
        raise BuildError(f"{path.name}: an empty code cell")
    lines = cell.source.splitlines()
    for start, end in solution_regions(cell.source):
        if not any(line.strip().lower().startswith("# why:") for line in lines[start:end]):
            raise BuildError(f"{path.name}: an answer has no line '# Why: …':\n{cell.source}")


def _add_nbgrader(cell, path: Path, seen: Counter[str]) -> None:
    """Mark a cell for nbgrader: an answer is written into, a check is locked; its points: `tools.points`."""
    if "nbgrader" in cell.metadata:
        return
    answered, checks = bool(solution_regions(cell.source)), CHECK_CALL.findall(cell.source)
    if answered and checks:
        raise BuildError(f"{path.name}: put the answer and check({checks[0]!r}, …) into cells of their own")
    if len(checks) > 1:
        raise BuildError(f"{path.name}: one check(…) in a cell; a notebook shows the last of {checks} alone")
    if not answered and not checks:
        return
    kind = {"grade": bool(checks), "locked": bool(checks), "solution": answered, "task": False}
    stub = hashlib.sha256(clear_solutions(cell.source).encode()).hexdigest()[:8]
    name = _new_name(f"check-{checks[0].replace('.', '-')}" if checks else f"answer-{stub}", seen)
    points = {"points": 1} if checks else {}
    cell.metadata["nbgrader"] = kind | points | {"grade_id": name, "schema_version": 3}


def find_sources(names: list[str], folder: Path = FOLDER) -> list[Path]:
    """Find sources by number, name or path; all of them when nothing is named."""
    sources = sorted((folder / "source").glob("*.py"))
    chosen = []
    for name in names:
        match = [path for path in sources if path.stem == Path(name).stem or path.stem.split("_")[0] == name]
        if not match:
            there = ", ".join(path.stem for path in sources)
            raise BuildError(f"no source called {name!r}; there are: {there}")
        chosen += match
    return chosen if names else sources
