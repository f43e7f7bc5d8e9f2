"""Whether a cell runs at the moment: while one does, no page is answered, and the page may say so."""

from __future__ import annotations

import weakref

from cnnlib.widgets.base.interrupts import INTERRUPTS


class RunningCell:
    """Follows the beginning and the end of cells, and tells the widgets that are displayed."""

    def __init__(self) -> None:
        self.running = False
        self._lives: weakref.WeakSet = weakref.WeakSet()
        self._followed = None

    def tell(self, live) -> None:
        """`live` is displayed in a cell that runs now: tell it from now on. Nothing outside a notebook."""
        shell = _shell()
        if shell is None:
            return
        self._lives.add(live)
        if self._followed is not shell:
            self._followed, self.running = shell, True
            shell.events.register("pre_run_cell", lambda *_: self._is(True))
            shell.events.register("post_run_cell", self._ended)

    def _ended(self, result) -> None:
        self._is(False)
        if isinstance(result.error_in_exec, KeyboardInterrupt):
            INTERRUPTS.end_all()

    def _is(self, running: bool) -> None:
        self.running = running
        for live in list(self._lives):
            live.tell_cell(running)


def _shell():
    """The shell of a notebook's kernel, or None."""
    try:
        from IPython import get_ipython
    except ImportError:
        return None
    shell = get_ipython()
    return shell if getattr(shell, "kernel", None) is not None else None


CELL = RunningCell()
