"""The loop behind Play: it trains in the kernel and never keeps a button waiting.

It is an asyncio task in the kernel's own event loop. It works for one slice of time, gives the
event loop some turns, in which a press on Pause or a moved slider arrives, and sends a frame when one is
due and the page keeps up. No thread, no lock. It ends by itself where nobody looks any more, and when the
learner interrupts the kernel.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from cnnlib.widgets.base.interrupts import INTERRUPTS

#: Seconds of work before the event loop has its turns again.
SLICE = 0.012

#: Seconds between two frames. More are hardly seen, and painting them takes processor time from the training.
PERIOD = 1 / 27

#: Turns of the event loop after a slice: a message may need some from the socket to its handler.
TURNS = 4

#: Of the time between two slices no more than so many seconds count as playing: a cell took the rest.
LONGEST_WAIT = 1.0

#: Seconds for an answer to get from the socket to its handler, before a loop without answers is given up.
GRACE = 0.2

GAVE_UP = "Play stopped by itself: for about a minute no page had shown it. Press Play to go on."
INTERRUPTED = "Play stopped: the kernel was interrupted. Press Play to go on."

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
    forgotten : (seconds: float) -> bool
        Told how long it has played since it was last asked; True when nobody looks any more.
    tell : (sentence: str) -> None
        Why it ended although nobody pressed Pause; called before the last frame.
    """

    def __init__(self, step, frame, ready, speed, forgotten=lambda _: False, tell=lambda _: None) -> None:
        self._step, self._frame, self._ready, self._speed = step, frame, ready, speed
        self._forgotten, self._tell = forgotten, tell
        self._task: asyncio.Task | None = None
        self._due = 0.0
        self._interrupted = self._working = False

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

    def interrupt(self) -> None:
        """End after the present step; asked a second time meanwhile, in the middle of it."""
        if self._interrupted and self._working:
            raise KeyboardInterrupt
        if self._task is not None:
            self._interrupted = True
            self._task.get_loop().call_soon_threadsafe(self._end_interrupted)

    def _end_interrupted(self) -> None:
        self._interrupted = False
        if self.running:
            self.stop()
            self._tell(INTERRUPTED)
            self._frame()

    async def _run(self) -> None:
        task = asyncio.current_task()
        self._interrupted = False
        try:
            while self._task is task and await self._turn():
                if self._task is task and time.perf_counter() >= self._due and self._ready():
                    self._due = max(self._due, time.perf_counter() - PERIOD) + PERIOD
                    self._frame()
        except KeyboardInterrupt:
            self._end_interrupted()
        finally:
            if self._task is task:
                self._task = None
                self._frame()

    async def _turn(self) -> bool:
        """A slice of work and a pause for messages; False when nothing is left to do, or nobody looks."""
        INTERRUPTS.watch(self)
        begin = time.perf_counter()
        self._working = True
        try:
            more = self._slice()
        finally:
            self._working = False
        worked = time.perf_counter() - begin
        await self._give_way(worked)
        waited = time.perf_counter() - begin - worked
        if more and self._forgotten(worked + min(waited, LONGEST_WAIT)):
            await asyncio.sleep(GRACE)
            if self._forgotten(0.0):
                self._tell(GAVE_UP)
                return False
        return more

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
        while not self._interrupted and self._step():
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
