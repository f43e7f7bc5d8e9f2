"""WebKit, the engine of Safari, in the small browser that Debian has of it, driven by Selenium."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from selenium import webdriver
from selenium.webdriver import ActionChains
from selenium.webdriver.common.actions.action_builder import ActionBuilder

from tests.browser.waits import Waits

DRIVER, SCREEN = shutil.which("WebKitWebDriver"), shutil.which("Xvfb")
BROWSER = next(iter(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser")), None)
#: No picture is drawn by the graphics card; a container has no rights to make a sandbox of its own.
ENVIRONMENT = {
    "LIBGL_ALWAYS_SOFTWARE": "1",
    "NO_AT_BRIDGE": "1",
    "WEBKIT_DISABLE_COMPOSITING_MODE": "1",
    "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
}


class WebKit(Waits):
    """A browser with one page, on a screen of its own; what `prepare` says runs on each page.

    Parameters
    ----------
    profile : Path
        An empty folder.
    """

    def __init__(self, profile: Path) -> None:
        number, given = os.pipe()
        screen = [SCREEN, "-displayfd", str(given), "-screen", "0", "1200x1000x24", "-nolisten", "tcp"]
        with (profile / "screen.log").open("w") as log:
            self.screen = subprocess.Popen(screen, pass_fds=[given], stderr=log)
        os.close(given)
        with os.fdopen(number) as said:
            display = f":{said.readline().strip()}"
        homes = {f"XDG_{kind}_HOME": str(profile / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA")}
        options = webdriver.WebKitGTKOptions()
        options.binary_location = str(BROWSER)
        options.add_argument("--automation")
        environment = {**os.environ, **ENVIRONMENT, **homes, "DISPLAY": display}
        service = webdriver.webkitgtk.service.Service(DRIVER, env=environment)
        self.driver = webdriver.WebKitGTK(options=options, service=service)
        self.driver.set_script_timeout(240)
        self.script = ""

    def prepare(self, script: str) -> None:
        """Have a script run on each page."""
        self.script = script

    def open(self, address: str) -> None:
        """Open an address, and once more with what the script has left; return when it is loaded."""
        for again in (False, True):
            self.driver.refresh() if again else self.driver.get(address)
            self.driver.execute_script(self.script)

    def evaluate(self, code: str):
        """Return what an expression or promise of the page gives, as JSON has it."""
        whole = f'(async () => JSON.stringify(await ({code})) ?? "null")()'
        ended = "(arguments[0], (error) => arguments[0](['failed', String(error)]))"
        found = self.driver.execute_async_script(f"{whole}.then{ended}")
        if isinstance(found, list):
            raise RuntimeError(found[1])
        return json.loads(found)

    def press(self, *keys: str) -> None:
        """Press keys one after the other, as WebDriver names them."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def click(self, x: float, y: float) -> None:
        """Press the mouse's button at a point of the window."""
        actions = ActionBuilder(self.driver)
        actions.pointer_action.move_to_location(round(x), round(y)).click()
        actions.perform()

    def close(self) -> None:
        """End the browser and its screen."""
        self.driver.quit()
        self.screen.terminate()
        self.screen.wait(60)
