"""The notebook's variables that a truth is read from: what the notebook's own cells leave behind."""

import io
from contextlib import redirect_stdout, suppress
from functools import cache
from pathlib import Path

import jupytext

from cnnlib.learning import find, items
from cnnlib.learning.truths import needs

SOURCES = Path(__file__).parents[2] / "notebooks" / "source"
CARDS = ("predict(", "quiz(", "worked(", "my_course(")


def variables_for(item):
    """What an item needs of its notebook, from a run of its cells up to the one that answers it."""
    wanted = needs(item)
    return run(item.notebook)[item.id] if wanted else {}


@cache
def run(notebook):
    """For each prediction that reads variables: those, after the cell that answers it has run."""
    (path,) = SOURCES.glob(f"{notebook}_*.py")
    waiting = {item.id: needs(item) for item in items("prediction", notebook) if needs(item)}
    namespace, found = {"__name__": "notebook"}, {}
    for cell in jupytext.read(path, fmt="py:percent").cells:
        if not waiting:
            break
        tags = cell.metadata.get("tags", [])
        if cell.source.startswith("predict("):  # asked for with a button: what is known here must do
            _take(waiting, found, [cell.source.split('"')[1]], namespace, "try")
        if cell.cell_type != "code" or cell.source.startswith(CARDS):
            continue
        fails = Exception if "raises-exception" in tags else ()
        with redirect_stdout(io.StringIO()), suppress(fails):
            exec(compile(cell.source, path.name, "exec"), namespace)
        _take(waiting, found, str(cell.metadata.get("answers", "")).split(), namespace)
    assert not waiting, f"no cell of {path.name} finds out what {waiting} asks for"
    return found


def _take(waiting, found, names, namespace, reveal=None):
    """Move the predictions of these names from those that wait to those found, if all they need is there."""
    for name in names:
        ready = name in waiting and all(variable in namespace for variable in waiting[name])
        if ready and reveal in (None, find(name).reveal):
            found[name] = {variable: namespace[variable] for variable in waiting.pop(name)}
