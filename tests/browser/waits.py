"""What the drivers of other browsers than Chromium share."""

import time


class Waits:
    """A browser that can `evaluate` an expression of its page."""

    def wait(self, code: str, seconds: float = 240) -> None:
        """Wait until an expression of the page is true."""
        end = time.monotonic() + seconds
        while not self.evaluate(code):
            assert time.monotonic() < end, f"in vain: {code}"
            time.sleep(0.2)
