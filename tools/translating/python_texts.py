"""The texts of Python files: what `say`, `say_many`, `word` and `marked` are given, and what is shown.

Words without values stand in the code as they are (``Panel(title="Loss")``) and are looked up where they are
shown. So all strings that read like words are taken, but docstrings, keys, names and errors of the library.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

CALLS = {"say": 1, "say_many": 2, "word": 1}  # how many of their first arguments are texts
#: Errors whose text is a sentence for the learner.
SPOKEN_ERRORS = {"BadValue", "Misfit", "NewerRecord", "NotYet", "Unreadable"}
#: Arguments that a learner reads whatever they look like, by name and by place.
SHOWN = {
    *("border", "captions", "help", "label", "means", "names", "options", "places", "popover"),
    *("ask", "head", "hint", "note", "text", "title", "subtitle", "tile_names", "unit", "words"),
}
PLACES = {
    **{"Axis": (2,), "Challenge": (0,), "Choice": (1,), "Figure": (0, 1, 2), "Note": (2,), "Panel": (3,)},
    **{"Reference": (0,), "Strip": (0,), "Text": (2,), "Zone": (1, 4), "button": (1,)},
}
#: Arguments and calls that are never read by a learner.
UNSEEN = {
    *("align", "at", "cmap", "color", "dash", "doc", "emits", "kind", "legend", "mark", "name", "outline"),
    *("panel", "picker", "rows", "columns", "shape", "sets", "signature", "inputs", "outputs", "truth"),
    *("form", "loc", "textcoords", "xycoords"),
}
UNSEEN_CALLS = {
    *("getattr", "isinstance", "setattr", "compile", "match", "fullmatch", "sub", "split", "rsplit"),
    *("startswith", "endswith", "partition", "rpartition", "strip", "rstrip", "lstrip", "warn", "find"),
    *("removesuffix", "removeprefix", "replace", "read_text", "encode", "import_module", "register_event"),
}
WORDS = re.compile(r"[^\W\d_]{2}.* .*[^\W\d_]|[^\W\d_].* .*[^\W\d_]{2}|^[A-Z][a-z]{2,}\W{0,2}$")
LETTERS = re.compile(r"[^\W\d_]{2}")
SAID = re.compile(r"[^\W\d_]{2}|“")
OPTION = re.compile(r"[A-Za-z][a-z]{2,}[a-z -]*")
NO_TEXTS = {"__all__", "slots", "SLOTS", "NARROW", "FRAME", "UNSEEN", "COLORS", "OPTIONAL"}
STYLE = re.compile(r"[\w-]+:[^ ]+;")
HOLE = re.compile(r"\{[^{}]*(\{[^{}]*\}[^{}]*)*\}")


def texts(source: str, options: bool = False) -> Iterator[str | tuple[str, str]]:
    """The texts of a Python file in their order; of `say_many` pairs; with `options` also what choices offer.

    >>> list(texts('say("{n} steps", n=3)\\nPanel(x, title="Loss", color="ink")'))
    ['{n} steps', 'Loss']
    >>> list(texts('say_many("{number} step", "{number} steps", n)\\nraise ValueError("no such thing")'))
    [('{number} step', '{number} steps')]
    """
    yield from _Texts(options).of(ast.parse(source))


class _Texts:
    """A walk over a syntax tree that knows whether what it sees is read by a learner."""

    def __init__(self, options: bool) -> None:
        self.takes_options = options

    def of(self, node: ast.AST, shown: bool = False) -> Iterator[str | tuple[str, str]]:
        """Texts in a node; with `shown` any word counts, otherwise what reads like words."""
        special = getattr(self, f"_{type(node).__name__}", None)
        if special is not None:
            yield from special(node, shown)
        else:
            shown = shown and isinstance(node, (ast.List, ast.Tuple, ast.IfExp, ast.Starred))
            for child in ast.iter_child_nodes(node):
                yield from self.of(child, shown)

    def _Constant(self, node, shown):
        text = node.value if isinstance(node.value, str) else ""
        if (LETTERS if shown else WORDS).search(text) and not STYLE.match(text):
            yield text

    def _Expr(self, node, shown):
        if not isinstance(node.value, ast.Constant):  # a docstring
            yield from self.of(node.value)

    def _Call(self, node, shown):
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name in UNSEEN_CALLS:
            return
        yield from self.of(node.func)
        if name == "say_many":
            yield tuple(argument.value for argument in node.args[:2])
        for place, argument in enumerate(node.args):
            if name == "say_many" and place < 2:
                continue
            if place < CALLS.get(name, 0) and isinstance(argument, ast.Constant):
                if SAID.search(HOLE.sub("", argument.value)):
                    yield argument.value
                continue
            yield from self.of(argument, name == "marked" or place in PLACES.get(name, ()))
        for keyword in node.keywords:
            if keyword.arg not in UNSEEN:
                yield from self.of(keyword.value, keyword.arg in SHOWN and name not in CALLS)

    def _Raise(self, node, shown):
        name = getattr(getattr(node.exc, "func", None), "id", "")
        for child in ast.walk(node) if name not in SPOKEN_ERRORS else ():
            if isinstance(child, ast.Call) and getattr(child.func, "id", "") in CALLS:
                yield from self.of(child)
                return
        if name in SPOKEN_ERRORS:
            yield from self.of(node.exc)

    def _Dict(self, node, shown):
        for key, value in zip(node.keys, node.values, strict=True):
            named = getattr(key, "value", None)
            if named not in UNSEEN:
                yield from self.of(value, named in SHOWN)

    def _Assign(self, node, shown):
        names = {getattr(target, "id", "") for target in node.targets}
        if not names & NO_TEXTS:
            yield from self.of(node.value, bool(names & {"title", "at_end"}))
        if self.takes_options and node.col_offset == 0 and all(map(str.isupper, names)):
            yield from self.options(node.value)

    def options(self, node):
        """Words in a table of a module, or its keys: what a choice offers."""
        for child in getattr(node, "keys", getattr(node, "elts", ())):
            text = getattr(child, "value", None)
            if isinstance(text, str) and (OPTION.fullmatch(text) or WORDS.search(text)):
                yield text

    def _AnnAssign(self, node, shown):
        if node.value is not None:
            yield from self.of(node.value)

    def _arguments(self, node, shown):
        for default in (*node.defaults, *filter(None, node.kw_defaults)):
            yield from self.of(default)

    def _FunctionDef(self, node, shown):
        yield from self.of(node.args)
        for statement in node.body if node.name != "__post_init__" else ():
            yield from self.of(statement)

    def _JoinedStr(self, node, shown):
        for child in ast.walk(node):
            if isinstance(child, ast.Call) and getattr(child.func, "id", "") in CALLS:
                yield from self.of(child)

    def _Subscript(self, node, shown):
        yield from self.of(node.value)

    def _nothing(self, node, shown):
        return iter(())

    _Compare = _Import = _ImportFrom = _Assert = _nothing
