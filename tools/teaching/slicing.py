"""The statements of a notebook that one answer needs: its function, and what that function refers to.

A notebook trains and draws for minutes; to mark one function, its imports, helpers and numbers are enough.

>>> needed([(1, "import math"), (2, "print('hello')"), (3, "def f(x):\\n    return math.exp(x)")], "f")[0]
[(1, 'import math', 0), (3, 'def f(x):\\n    return math.exp(x)', 0)]
"""

from __future__ import annotations

import ast
import re
import symtable
import warnings
from dataclasses import dataclass

MAGIC = re.compile(r"^[ \t]*[%!].*$", re.MULTILINE)


@dataclass
class Statement:
    """A statement of a cell: the names that it binds, refers to, and whose objects it changes."""

    cell: int
    text: str
    line: int
    binds: set
    uses: set
    changes: set
    imports: bool


def needed(cells: list[tuple[int, str]], target: str) -> tuple[list[tuple[int, str, int]], list[str]]:
    """Return the statements that an expression needs, and what is to be said of the cells.

    Parameters
    ----------
    cells : list of (int, str)
        Number and source of each code cell.
    target : str
        An expression, such as the name of a function.

    Returns
    -------
    statements : list of (int, str, int)
        Number of the cell, text, and how many lines of the cell stand above it.
    said : list of str
        One sentence for each cell that is no Python.
    """
    statements: list[Statement] = []
    said: list[str] = []
    for number, source in cells:
        try:
            statements += list(_statements(number, MAGIC.sub("", source)))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            said.append(f"Cell {number} is no Python ({type(error).__name__}: {str(error)[:80]}).")
    modules = set().union(*(s.binds for s in statements if s.imports))
    for statement in statements:
        statement.binds |= statement.changes - modules  # plt.show() changes nothing that is needed
    wanted, chosen = _names(target)[1] | {"*"}, set()
    while True:
        new = [i for i, s in enumerate(statements) if i not in chosen and s.binds & wanted]
        if not new:
            break
        chosen |= set(new)
        wanted |= set().union(*(statements[i].uses for i in new))
    return [(s.cell, s.text, s.line) for i, s in enumerate(statements) if i in chosen], said


def _statements(number: int, source: str):
    """Yield the top-level statements of a cell."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        lines = source.splitlines()
        for node in ast.parse(source).body:
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
            text = "\n".join(lines[first - 1 : node.end_lineno])
            if node.col_offset or ";" in lines[node.end_lineno - 1]:  # several statements on one line
                text = ast.unparse(node)
            binds, uses = _names(text)
            imports = isinstance(node, (ast.Import, ast.ImportFrom))
            yield Statement(number, text, first - 1, binds, uses, _changed(node), imports)


def _names(text: str) -> tuple[set, set]:
    """Names that a text binds at its top level, and global names that it refers to anywhere."""
    top = symtable.symtable(text, "cell", "exec")
    binds = {
        s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()
    }
    uses = {s.get_name() for s in top.get_symbols() if s.is_referenced()}
    tables = list(top.get_children())
    while tables:
        table = tables.pop()
        tables += table.get_children()
        for symbol in table.get_symbols():
            if symbol.is_global():
                uses.add(symbol.get_name())
    return binds | ({"*"} if re.search(r"^\s*from\s.+import\s+\*", text) else set()), uses


def _changed(node: ast.stmt) -> set:
    """Names whose object a statement changes: `a[0] = 1`, `a.b = 1`, `a.append(1)`."""
    found = set()
    for part in ast.walk(node):
        target = None
        if isinstance(part, (ast.Attribute, ast.Subscript)) and isinstance(part.ctx, ast.Store):
            target = part
        if isinstance(part, ast.Expr) and isinstance(part.value, ast.Call):
            target = part.value.func if isinstance(part.value.func, ast.Attribute) else None
        while isinstance(target, (ast.Attribute, ast.Subscript)):
            target = target.value
        if isinstance(target, ast.Name):
            found.add(target.id)
    return found
