"""The notebook's variables that a truth is read from: what the notebook's own cells leave behind.

Only the cells run that those variables need, in their order.
"""

import ast
import io
from contextlib import redirect_stderr, redirect_stdout, suppress
from functools import cache
from pathlib import Path

import jupytext

from cnnlib.learning import find, items
from cnnlib.learning.truths import needs
from tools.predictions import CALL
from tools.site.live import cells as reading

SOURCES = Path(__file__).parents[1] / "notebooks" / "source"


def variables_for(item):
    """What an item needs of its notebook, from a run of the cells that its answer depends on."""
    return run(item.notebook)[item.id] if needs(item) else {}


@cache
def run(notebook):
    """For each prediction that reads variables: those, at the moment when its answer may be asked for."""
    (path,) = SOURCES.glob(f"{notebook}_*.py")
    steps = list(_steps(path))
    asked = {item.id for item in items("prediction", notebook) if needs(item)}
    wanted = reading.needs([source for _, source, _ in steps])
    run_these = set().union(*(wanted[place] for place, (name, _, _) in enumerate(steps) if name))
    namespace, found = {"__name__": "notebook"}, {}
    _go_through(steps, run_these, namespace, found)
    assert set(found) == asked, f"no cell of {path.name} answers {asked - set(found)}"
    return found


def _go_through(steps, run_these, namespace, found):
    """Run the cells that are needed; keep what each prediction reads, at its moment."""
    for place, (name, source, fails) in enumerate(steps):
        if name:
            known = {variable: namespace[variable] for variable in needs(find(name)) if variable in namespace}
            if len(known) == len(needs(find(name))):
                found.setdefault(name, known)
        elif place in run_these:
            quiet = redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO())
            with quiet[0], quiet[1], suppress(Exception if fails else ()):
                exec(_without_asserts(source), namespace)


def _without_asserts(source):
    tree = ast.parse(source)
    tree.body = [statement for statement in tree.body if not isinstance(statement, ast.Assert)]
    return compile(tree, "cell", "exec")


def _steps(path):
    """Yield the code cells as ("", source, whether it is meant to fail), and where a prediction is answered
    (its name, the variables it reads, False): after the cell that answers it, or where it is asked if its
    answer is shown on demand."""
    for cell in jupytext.read(path, fmt="py:percent").cells:
        if cell.cell_type != "code":
            continue
        if predicted := CALL.search(cell.source):
            yield from _moment(predicted.group(1), "try")
            continue
        yield "", cell.source, "raises-exception" in cell.metadata.get("tags", [])
        for name in str(cell.metadata.get("answers", "")).split():
            yield from _moment(name, "run")


def _moment(name, reveal):
    item = find(name)
    if item.reveal == reveal and needs(item):
        yield name, "; ".join(needs(item)), False
