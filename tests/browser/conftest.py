"""A JupyterLab and a headless Chromium for the tests of this folder; skipped where there is no Chromium."""

import contextlib
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from lab import BROWSER_FLAGS, CHROMIUM, Lab

ENDS = contextlib.ExitStack()  # what the tests of this folder share, and what ends with the last of them


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item, nextitem):
    """End what was shared: Playwright holds an event loop, and no other can run as long as it lives."""
    yield
    if nextitem is None or Path(__file__).parent not in nextitem.path.parents:
        ENDS.close()


@pytest.fixture(scope="session")
def browser():
    """A Chromium."""
    if CHROMIUM is None:
        pytest.skip(
            "no Chromium found: install it (Debian: apt-get install chromium) to run the browser tests"
        )
    sync_api = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
    sync_api.expect.set_options(timeout=30_000)  # a busy machine answers late
    playwright = ENDS.enter_context(sync_api.sync_playwright())
    chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=BROWSER_FLAGS)
    ENDS.callback(chromium.close)
    return chromium


@pytest.fixture(scope="session")
def lab(browser, tmp_path_factory):
    """A server over an empty folder."""
    server = Lab(tmp_path_factory.mktemp("lab"))
    ENDS.callback(server.close)
    return server


@pytest.fixture(scope="module")
def context(browser):
    context = browser.new_context(viewport={"width": 1200, "height": 1000})
    yield context
    context.close()


class Notebook:
    """An open notebook whose cells have run."""

    def __init__(self, lab, context, name, cells):
        self.lab, self.name = lab, lab.notebook(name, *cells)
        self.page = lab.open(context, self.name, run=False)
        self.errors = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        lab.run_all(self.page)
        self.widget(0).locator(".cnn-text:not(:empty)").wait_for(timeout=60_000)

    def widget(self, index):
        """The live view of the widget in a cell."""
        return self.page.locator(".jp-CodeCell").nth(index).locator(".cnn-widget")

    def run(self, code):
        """Run code in the kernel beside the cells; return what it prints."""
        return self.page.evaluate(
            """async (code) => {
              const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
              const future = kernel.requestExecute({code});
              let printed = "";
              future.onIOPub = (message) => {
                if (message.header.msg_type === "stream") printed += message.content.text;
                if (message.header.msg_type === "error") printed += message.content.traceback.join("\\n");
              };
              await future.done;
              return printed;
            }""",
            code,
        ).strip()

    def theme(self, name):
        """Change JupyterLab's theme to Light or Dark, and wait until the widgets have followed."""
        self.lab.command(self.page, "apputils:change-theme", theme=f"JupyterLab {name}")
        light = "true" if name == "Light" else "false"
        self.page.wait_for_function("light => document.body.dataset.jpThemeLight === light", arg=light)
        self.page.wait_for_timeout(1200)


@pytest.fixture(scope="module")
def notebook(lab, context, request):
    """Make and open notebooks: ``notebook("name", cell, cell, …)``; each name is opened once a module."""
    opened = {}

    def make(name, *cells):
        if name not in opened:
            opened[name] = Notebook(lab, context, f"{name}.ipynb", cells)
        return opened[name]

    yield make
    for one in opened.values():
        one.page.close()
