"""A headless Firefox by WebDriver BiDi, which it speaks itself (https://w3c.github.io/webdriver-bidi)."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import websocket

from tests.browser.waits import Waits

FIREFOX = os.environ.get("FIREFOX") or next(filter(None, map(shutil.which, ("firefox-esr", "firefox"))), None)
ADDRESS = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
QUIET = """
user_pref("app.update.enabled", false);
user_pref("browser.safebrowsing.malware.enabled", false);
user_pref("browser.safebrowsing.phishing.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("extensions.update.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("toolkit.telemetry.reportingpolicy.firstRun", false);
"""


class Firefox(Waits):
    """A browser with one page.

    Parameters
    ----------
    profile : Path
        An empty folder.
    """

    def __init__(self, profile: Path) -> None:
        (profile / "user.js").write_text(QUIET, "utf-8")
        self.log = profile / "firefox.log"
        options = ["--headless", "--no-remote", "--remote-debugging-port", "0", "--profile", str(profile)]
        with self.log.open("w") as log:
            self.process = subprocess.Popen([FIREFOX, *options], stdout=log, stderr=subprocess.STDOUT)
        self.numbers = itertools.count(1)
        self.socket = websocket.create_connection(
            f"{self._address()}/session", timeout=240, suppress_origin=True
        )
        self.ask("session.new", capabilities={})
        (page,) = self.ask("browsingContext.getTree")["contexts"]
        self.page = page["context"]

    def _address(self, seconds: float = 120) -> str:
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            found = ADDRESS.search(self.log.read_text("utf-8", "replace"))
            if found:
                return found[1]
            time.sleep(0.1)
        raise RuntimeError(f"Firefox does not listen: {self.log.read_text('utf-8', 'replace')[-2000:]}")

    def ask(self, method: str, **params) -> dict:
        """Send a command; return its result."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while (answer := json.loads(self.socket.recv())).get("id") != number:
            pass  # an event
        if answer["type"] == "error":
            raise RuntimeError(f"{method}: {answer['error']}: {answer['message']}")
        return answer["result"]

    def prepare(self, script: str) -> None:
        """Have a script run on each page, before its own."""
        self.ask("script.addPreloadScript", functionDeclaration=f"() => {{ {script} }}")

    def open(self, address: str) -> None:
        """Open an address; return when it is loaded."""
        self.ask("browsingContext.navigate", context=self.page, url=address, wait="complete")

    def evaluate(self, code: str):
        """Return what an expression or promise of the page gives, as JSON has it."""
        target = {"context": self.page}
        whole = f"(async () => JSON.stringify(await ({code})))()"
        answer = self.ask("script.evaluate", expression=whole, target=target, awaitPromise=True)
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"].get("value", "null"))

    def press(self, *keys: str) -> None:
        """Press keys one after the other, as WebDriver names them."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        source = {"type": "key", "id": "keyboard", "actions": actions}
        self.ask("input.performActions", context=self.page, actions=[source])

    def click(self, x: float, y: float) -> None:
        """Press the mouse's button at a point of the window."""
        where = {"type": "pointerMove", "x": round(x), "y": round(y)}
        actions = [where, {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        source = {"type": "pointer", "id": "mouse", "actions": actions}
        self.ask("input.performActions", context=self.page, actions=[source])

    def close(self) -> None:
        """End the browser."""
        self.socket.close()
        self.process.terminate()
        self.process.wait(60)
