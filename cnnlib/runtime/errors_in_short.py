"""An error that is meant, shown as one line: for cells that fail on purpose."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def in_short() -> Iterator[None]:
    """Let an error through, and have a notebook show its last line without the way through the library.

    IPython asks an exception for ``_render_traceback_`` before it draws the usual page of frames.

    >>> try:
    ...     with in_short():
    ...         int("x")
    ... except ValueError as error:
    ...     error._render_traceback_()
    ["ValueError: invalid literal for int() with base 10: 'x'"]
    """
    try:
        yield
    except Exception as error:
        line = f"{type(error).__name__}: {error}"
        error._render_traceback_ = lambda: [line]
        raise
