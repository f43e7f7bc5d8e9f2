"""The loop behind Play: it trains in the kernel and never keeps a button waiting.

It is an asyncio task in the kernel's own event loop. It works for one slice of time, gives the
event loop some turns, in which a press on Pause or a moved slider arrives, and sends a frame when one is
due and the page keeps up. No thread, no lock.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

#: Seconds of work before the event loop has its turns again.
SLICE = 0.012

#: Seconds between two frames. More are hardly seen, and painting them takes processor time from the training.
PERIOD = 1 / 27

#: Turns of the event loop after a slice: a message may need some from the socket to its handler.
TURNS = 4

#: Speeds in steps a second; None is as fast as it goes.
SPEEDS: dict[str, float | None] = {
    "1 step a second": 1,
    "5 steps a second": 5,
    "25 steps a second": 25,
    "100 steps a second": 100,
    "as fast as possible": None,
}


class PlayLoop:
    """Call `step` again and again, `frame` now and then, until `step` returns False or `stop` is called.

    Parameters
    ----------
    step : () -> bool
        One unit of work; False when there is no more.
    frame : () -> None
        Shows how things stand. Called after a slice of work when a frame is due and the page is `ready()`,
        and once at the end.
    ready : () -> bool
        Whether the page keeps up with the frames it was sent.
    speed : () -> float or None
        Steps a second at the moment; None: as fast as possible.
    """

    def __init__(self, step, frame, ready, speed) -> None:
        self._step, self._frame, self._ready, self._speed = step, frame, ready, speed
        self._task: asyncio.Task | None = None
        self._due = 0.0

    @property
    def running(self) -> bool:
        return self._task is not None

    def start(self) -> None:
        """Begin in the running event loop; a RuntimeError says so if there is none."""
        if not self.running:
            self._task = asyncio.get_running_loop().create_task(self._run())

    def stop(self) -> None:
        """End at once: no further step is taken."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self) -> None:
        task = asyncio.current_task()
        try:
            more = True
            while more and self._task is task:
                begin = time.perf_counter()
                more = self._slice()
                await self._give_way(time.perf_counter() - begin)
                if self._task is task and time.perf_counter() >= self._due and self._ready():
                    self._due = max(self._due, time.perf_counter() - PERIOD) + PERIOD
                    self._frame()
        finally:
            if self._task is task:
                self._task = None
                self._frame()

    async def _give_way(self, worked: float) -> None:
        """Let messages in: until the speed allows the next step, otherwise briefly."""
        speed = self._speed()
        if speed is not None:
            await asyncio.sleep(max(0.0, 1 / speed - worked))
            return
        for _ in range(TURNS):
            await asyncio.sleep(0)

    def _slice(self) -> bool:
        """Work for one slice of time, or until a frame is due, or for one step if the speed is limited."""
        begin = time.perf_counter()
        end = begin + SLICE
        if begin < self._due < end:
            end = self._due
        while self._step():
            if self._speed() is not None or time.perf_counter() >= end:
                return True
        return False


def run_for(step: Callable[[], bool], count: int) -> int:
    """Call `step` up to `count` times, until it returns False; return how often it returned True.

    >>> run_for(lambda: True, 3)
    3
    """
    for done in range(count):
        if not step():
            return done
    return count
