"""The kernel's Interrupt, brought to the loops that play.

Between two messages a kernel ignores SIGINT, so a loop that plays in its event loop would never hear of it.
While one plays, a handler stands where the signal would be ignored. A cell that is interrupted while a loop
plays ends both.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import weakref


class Interrupts:
    """Knows the loops that play and ends them when the learner interrupts."""

    def __init__(self) -> None:
        self._loops: weakref.WeakSet = weakref.WeakSet()

    def watch(self, loop) -> None:
        """`loop` plays: hear of the next interrupt. Cheap; called before every slice of its work."""
        self._loops.add(loop)
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and _in_main_thread():
            with contextlib.suppress(ValueError, OSError):  # where there are no signals, as in a browser
                signal.signal(signal.SIGINT, lambda _number, _frame: self.end_all())

    def end_all(self) -> None:
        """End every loop that plays."""
        for loop in list(self._loops):
            if loop.running:
                loop.interrupt()


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


INTERRUPTS = Interrupts()
