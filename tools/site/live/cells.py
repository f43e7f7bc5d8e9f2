"""What a cell of a notebook needs to have run before it: worked out from its text alone.

A page that is made live runs a widget's cell and the cells that it needs, no more. A cell needs, for each
name that it reads, the last cell before it that binds the name, and every cell in between that may change
what the name stands for; and what those need in turn.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache

from cnnlib.runtime.language import languages, spoken, word
from cnnlib.widgets.base.page import MEND

#: Calls that change none of their arguments, nor what they are called on.
PURE = {name for name in dir(builtins) if name not in ("setattr", "delattr", "exec", "eval", "next")}
PURE |= {"evaluate", "hold_back", "make_model", "plot", "predict", "summary"}
#: Functions of NumPy that do.
CHANGES = {"at", "copyto", "fill_diagonal", "place", "put", "put_along_axis", "putmask", "shuffle"}

SPEAKS = "speak"  # the function that sets the language: every later cell needs the cell that brings it
AWAY = re.compile(r"^\s*(?:from|import) torch\b", re.MULTILINE)  # no page has it


@dataclass
class Names:
    """The names a cell binds, reads and may change."""

    binds: set[str] = field(default_factory=set)
    reads: set[str] = field(default_factory=set)
    changes: set[str] = field(default_factory=set)
    defines: set[str] = field(default_factory=set)  # modules, functions, classes: no call changes them


class _Reader(ast.NodeVisitor):
    """Collects the names of one scope after the other."""

    def __init__(self) -> None:
        self.found = Names()

    def visit_Import(self, node):
        bound = {(item.asname or item.name).split(".")[0] for item in node.names}
        self._bind(bound, defines=True)

    visit_ImportFrom = visit_Import

    def visit_FunctionDef(self, node):
        self._scope(node)
        self._bind({node.name}, defines=True)

    visit_AsyncFunctionDef = visit_ClassDef = visit_FunctionDef

    def visit_Lambda(self, node):
        self._scope(node)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_Lambda

    def visit_arg(self, node):
        self._bind({node.arg})
        self.generic_visit(node)

    def visit_Name(self, node):
        if isinstance(node.ctx, ast.Load):
            self.found.reads |= {node.id} - self.found.binds  # what is not bound in the cell itself
        else:
            self._bind({node.id})

    def visit_Assign(self, node):
        for part in (node.value, *node.targets):  # in the order in which Python takes them
            self.visit(part)

    def visit_AugAssign(self, node):
        self._change(node.target)
        if isinstance(node.target, ast.Name):
            self.visit(ast.Name(node.target.id, ast.Load()))
        self.generic_visit(node)

    def visit_Attribute(self, node):
        if not isinstance(node.ctx, ast.Load):
            self._change(node)
        self.generic_visit(node)

    visit_Subscript = visit_Attribute

    def visit_Call(self, node):
        name = _last_name(node.func)
        if isinstance(node.func, ast.Attribute) and name not in PURE:
            self._change(node.func.value)
        if name not in PURE and not name[:1].isupper() and not _is_numpys(node.func):
            for argument in (*node.args, *(one.value for one in node.keywords)):
                self._change(argument.value if isinstance(argument, ast.Starred) else argument)
        self.generic_visit(node)

    def _scope(self, node) -> None:
        """A function, class or comprehension: what it binds stays inside."""
        around, self.found = self.found, Names()
        self.generic_visit(node)
        around.reads |= self.found.reads - self.found.binds
        around.changes |= self.found.changes - self.found.binds
        self.found = around

    def _bind(self, names: set[str], defines: bool = False) -> None:
        self.found.binds |= names
        if defines:
            self.found.defines |= names

    def _change(self, node) -> None:
        while isinstance(node, (ast.Attribute, ast.Subscript)):
            node = node.value
        if isinstance(node, ast.Name):
            self.found.changes.add(node.id)


def _last_name(function) -> str:
    """The last part of what is called: ``train`` of ``cnnlib.train(…)``."""
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _is_numpys(function) -> bool:
    """Whether a call is one of NumPy's that change no argument: ``np.bincount(…)``."""
    direct = isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name)
    return direct and function.value.id == "np" and function.attr not in CHANGES


def names(source: str) -> Names:
    """Return the names that a cell binds, reads and may change; none for a text that is not Python.

    >>> found = names("model = small_cnn(0)\\nfit(model, epochs=n)")
    >>> sorted(found.binds), sorted(found.reads), sorted(found.changes)
    (['model'], ['fit', 'n', 'small_cnn'], ['model', 'n'])
    """
    reader = _Reader()
    try:
        reader.visit(ast.parse(source))
    except SyntaxError:
        return Names()
    return reader.found


def needs(sources: list[str], failing: Iterable[int] = ()) -> list[list[int]]:
    """Return, for each cell, the cells that must have run before it, in order.

    Cells that are meant to fail, `failing`, are not asked to change what others made.

    >>> needs(["import numpy as np", "x = np.ones(3)", "y = 2", "x[0] = 5", "print(x)"])
    [[], [0], [], [0, 1], [0, 1, 3]]
    >>> needs(["x = [1]", "x.append(1 / 0)", "print(x)"], failing=[1])
    [[], [0], [0]]
    """
    cells = [names(source) for source in sources]
    for index in failing:
        cells[index].changes.clear()
    defined = set().union(*(cell.defines for cell in cells)) if cells else set()
    direct = [_direct(cells, index, defined) for index in range(len(cells))]
    found: list[list[int]] = []
    for index in range(len(cells)):
        found.append(sorted(direct[index].union(*(found[earlier] for earlier in direct[index]))))
    return found


def _direct(cells: list[Names], index: int, defined: set[str]) -> set[int]:
    """The cells that bind what cell `index` reads, those that change it since, and what sets the language."""
    found = {earlier for earlier in range(index) if SPEAKS in cells[earlier].binds}
    for name in cells[index].reads:
        binders = [earlier for earlier in range(index) if name in cells[earlier].binds]
        if not binders:
            continue
        found.add(binders[-1])
        if name not in defined:
            between = range(binders[-1] + 1, index)
            found |= {cell for cell in between if name in cells[cell].changes}
    return found


def plan(notebook, recorded: dict[int, str] | None = None, twin=None) -> list[dict]:
    """Return what a page is told of its code cells: what each needs, and what kind of cell it is.

    ``needs`` are indices among the code cells; ``live`` tells what it shows that answers (see `shows`),
    ``answers`` the predictions whose outcome it tells, ``fails`` whether it is meant to end in an error,
    ``draws`` whether it draws with matplotlib, ``todo`` whether a learner is to write in it, ``recorded`` the
    file of its recorded frames, ``short`` what shows its widget at once where the cell works for minutes in a
    browser (its metadata's ``page``), and what that needs.

    Parameters
    ----------
    notebook : NotebookNode
    recorded : dict, optional
        Files of recorded frames, by code cell.
    twin : NotebookNode, optional
        The notebook with the answers: of cells that answer a prediction only it keeps the outputs.
    """
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    kept = {cell.id: cell.outputs for cell in twin.cells if cell.cell_type == "code"} if twin else {}
    failing = [i for i, cell in enumerate(cells) if "raises-exception" in cell.metadata.get("tags", [])]
    wanted = needs([cell.source for cell in cells], failing)
    told = []
    for index, cell in enumerate(cells):
        outputs = cell.outputs or kept.get(cell.id, [])
        live = shows(cell.source, outputs)
        told.append(
            {
                "needs": wanted[index],
                "live": live,
                "answers": cell.metadata.get("answers", "").split() if twin else [],
                "fails": index in failing,
                "draws": not live and any("image/png" in one.get("data", {}) for one in outputs),
                "todo": "YOUR CODE HERE" in cell.source,
                "recorded": (recorded or {}).get(index, ""),
                "short": _short(
                    [one.source for one in cells[:index]],
                    [i for i in failing if i < index],
                    cell.metadata.get("page", ""),
                ),
            }
        )
    return told


def _short(before: list[str], failing: list[int], source: str) -> dict | None:
    """The short way to a widget, after the cells before it."""
    return {"source": source, "needs": needs([*before, source], failing)[-1]} if source else None


@cache
def prompts() -> tuple[str, ...]:
    """Return the words that begin what the text of every widget and card says, in each language.

    >>> prompts()
    ('Bewegliche Regler erscheinen', 'Live controls appear')
    """
    found = []
    for language in languages():
        with spoken(language):
            found.append(" ".join(word(MEND).split()[:3]).rstrip(","))
    return tuple(found)


def shows(source: str, outputs) -> str:
    """Tell what a cell shows that answers: ``"widget"``, ``"card"``, or ``""`` for neither.

    What its saved outputs tell: both begin with the same words, and a card is followed by its still. A cell
    that needs a module which no page has shows nothing there.

    >>> shows("quiz('01')", [])
    ''
    """
    data = [output.get("data", {}) for output in outputs]
    texts = [one.get("text/plain", "") for one in data]
    if not any(prompt in text for prompt in prompts() for text in texts) or AWAY.search(source):
        return ""
    return "card" if any("cnn-still" in one.get("text/html", "") for one in data) else "widget"
