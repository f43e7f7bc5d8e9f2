"""The notebook's variables that a truth is read from: what the notebook's own cells leave behind.

Only the cells run that those variables need, once for all tests, on fewer images of MNIST and with fewer
steps and seeds of a comparison than a learner's; what the cells assert of the full ones nbval holds.
"""

import ast
import io
from contextlib import redirect_stdout, suppress
from functools import cache
from pathlib import Path

import jupytext
import pytest

from cnnlib import data
from cnnlib.experiments import comparisons
from cnnlib.learning import compute, find, items
from cnnlib.learning.truths import needs
from tools.predictions import CALL
from tools.site.live import cells as reading

SOURCES = Path(__file__).parents[2] / "notebooks" / "source"


def truth_of(item, form=0):
    """What is right, with the notebook's variables where it needs them; computed once for all tests."""
    return _truth_of(item.id, form)


@cache
def _truth_of(name, form):
    item = find(name)
    return compute(item, form, run(item.notebook)[name] if needs(item) else {})


@cache
def run(notebook):
    """For each prediction that reads variables: those, at the moment when its answer may be asked for."""
    (path,) = SOURCES.glob(f"{notebook}_*.py")
    steps = list(_steps(path))
    asked = {item.id for item in items("prediction", notebook) if needs(item)}
    wanted = reading.needs([source for _, source, _ in steps])
    run_these = set().union(*(wanted[place] for place, (name, _, _) in enumerate(steps) if name))
    namespace, found = {"__name__": "notebook"}, {}
    with pytest.MonkeyPatch.context() as patch:
        _make_smaller(patch)
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
            with redirect_stdout(io.StringIO()), suppress(Exception if fails else ()):
                exec(_without_asserts(source), namespace)


def _without_asserts(source):
    tree = ast.parse(source)
    tree.body = [statement for statement in tree.body if not isinstance(statement, ast.Assert)]
    return compile(tree, "cell", "exec")


def _make_smaller(patch):
    """Give the notebooks 2,200 training images of MNIST, and a sixth of each comparison's work."""
    mnist, compare = data.load_mnist_sample(), comparisons.compare
    few = mnist._replace(x_train=mnist.x_train[:2_200], y_train=mnist.y_train[:2_200])
    patch.setattr(data, "load_mnist", lambda: few)
    patch.setattr(
        comparisons, "compare", lambda *a, steps, **how: compare(*a, steps=steps // 4, seeds=(0, 1), **how)
    )


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
