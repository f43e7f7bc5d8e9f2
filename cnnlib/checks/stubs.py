"""Tell an exercise that was not begun from an attempt."""

import ast
import dis
import inspect
import re
import textwrap

import numpy as np

IDLE = ("NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE")
STUB = re.compile(r"#\s*YOUR CODE HERE\s*\n\s*(?:\.\.\.|pass)\s*$", re.MULTILINE)


def is_stub(answer):
    """Whether an answer has not been begun: None, ``...``, or a function that does nothing.

    >>> def relu_backward(dy, x):
    ...     "Gradient of ReLU."
    >>> is_stub(relu_backward), is_stub(None), is_stub(lambda dy, x: dy)
    (True, True, False)
    """
    if answer is None or answer is Ellipsis:
        return True
    code = getattr(answer, "__code__", None)
    if code is None:
        return False
    steps = [step for step in dis.get_instructions(code) if step.opname != "RESUME"]
    return all(step.opname in IDLE and step.argval is None for step in steps)


def is_untouched(answer, try_out):
    """Whether a function still has its stub and nothing of the learner's beside it.

    The stub alone says little: many write above or below it. So what the function returns counts too:
    nothing, or the zeros that a notebook begins with.

    Parameters
    ----------
    answer : callable
    try_out : callable
        ``try_out(function)`` calls a function on a case; what it raises is caught.
    """
    try:
        source = textwrap.dedent(inspect.getsource(answer))
        body = ast.parse(source).body[0].body if STUB.search(source) else None
    except (OSError, TypeError, IndexError, SyntaxError, AttributeError):
        return False
    if body is None or not all(map(_is_given, body)):
        return False
    results = []
    try_out(lambda *arguments: results.append(answer(*arguments)) or results[-1])
    return all(map(_is_nothing, results))


def _is_given(statement):
    """Whether a statement may have been there from the start: a docstring, a name given, the end."""
    if isinstance(statement, ast.Return):
        return statement.value is None or isinstance(statement.value, ast.Name)
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    return isinstance(statement, (ast.Assign, ast.Pass))


def _is_nothing(result):
    """Whether a result is None or zeros."""
    try:
        return result is None or not np.any(np.asarray(result))
    except (TypeError, ValueError):
        return False
