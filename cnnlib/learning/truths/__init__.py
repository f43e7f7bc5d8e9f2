"""What is right, computed: a module a notebook, a function an item.

A function's arguments are the values given in the question, or else names of the notebook's own variables:
what a long experiment has just found out is not computed a second time.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from cnnlib.learning.items import Item


class NotYet(Exception):
    """The cell that finds it out has not run; the message names what is missing."""


def function_of(item: Item) -> Callable:
    """Return the function that computes an item's truth.

    Raises
    ------
    ValueError
        If there is none of that name.
    """
    module = importlib.import_module(
        f"{__name__}.{'of_test' if item.use == 'test' else 'nb' + item.notebook}"
    )
    function = getattr(module, item.truth, None)
    if function is None:
        raise ValueError(f"item {item.id}: truth {item.truth!r} is no function of {module.__name__}")
    return function


def needs(item: Item) -> tuple[str, ...]:
    """Return the notebook's variables that an item's truth is read from."""
    if not item.truth:
        return ()
    parameters = inspect.signature(function_of(item)).parameters.values()
    return tuple(p.name for p in parameters if p.default is p.empty and p.name not in item.values())


def compute(item: Item, form: int = 0, namespace: Mapping[str, Any] | None = None) -> Any:
    """Return what is right: a number, a choice's text, an order, a line, or a sketch's (x, y).

    Raises
    ------
    NotYet
        If the notebook's variables that it is read from are not there.
    """
    if not item.truth:
        return item.right
    values, wanted = item.values(form), needs(item)
    missing = [name for name in wanted if name not in (namespace or {})]
    if missing:
        raise NotYet(", ".join(missing))
    arguments = {name: namespace[name] for name in wanted} | {
        name: value
        for name, value in values.items()
        if name in inspect.signature(function_of(item)).parameters
    }
    found = function_of(item)(**arguments)
    return item.answers[int(found)] if item.kind == "choice" else found
