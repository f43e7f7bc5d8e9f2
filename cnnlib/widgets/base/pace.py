"""How fast frames may follow one another: which of them ask the page to answer, and when nobody looks."""

from __future__ import annotations

import time

#: After so many seconds without an answer the page is taken to be gone, and playing goes on.
PATIENCE = 2.0

#: After so many seconds of playing without an answer nobody looks any more, and playing ends.
FORGOTTEN = 60.0

#: While playing, only every so many frames ask the page to answer when they are painted: an answer costs the
#: page and the kernel more than a frame does. Where it takes longer than `PROMPT` seconds, every frame asks.
ASK_EVERY, PROMPT = 5, 0.1


class Pace:
    """Counts frames that were sent and painted.

    Attributes
    ----------
    frame : int
        Number of the last frame that was sent.

    >>> pace = Pace()
    >>> pace.send(playing=True), pace.send(playing=False)
    (True, False)
    """

    def __init__(self) -> None:
        self.frame = 0
        self._painted = 0
        self._asked = 0
        self._ask_every = 1
        self._sent_at = self._asked_at = 0.0
        self._alone = 0.0

    def send(self, playing: bool) -> bool:
        """Count a frame that is sent; whether it asks for an answer, as some do while it plays."""
        self.frame += 1
        self._sent_at = time.monotonic()
        if not playing:
            self._painted = self._asked = self.frame
            return False
        if self.frame < self._asked + self._ask_every:
            return False
        self._asked, self._asked_at = self.frame, self._sent_at
        return True

    def painted(self, frame: int) -> None:
        """The page has answered: it has painted a frame."""
        self._painted = max(self._painted, frame)
        if self._painted == self._asked:
            self._ask_every = ASK_EVERY if time.monotonic() - self._asked_at < PROMPT else 1

    def ready(self) -> bool:
        """Whether no more frames are on their way than until the next answer, and one."""
        return self.frame - self._painted <= self._ask_every or time.monotonic() - self._sent_at > PATIENCE

    def heard(self) -> None:
        """The page has sent something: it is there."""
        self._alone = 0.0

    def forgotten(self, seconds: float) -> bool:
        """Whether no page has answered for `FORGOTTEN` seconds of playing, of which `seconds` are new."""
        self._alone = self._alone + seconds if self._asked > self._painted else 0.0
        return self._alone >= FORGOTTEN
