"""A Chromium, a JupyterLab and the built site for the tests of this folder; skipped without a Chromium."""

import contextlib
import functools
import http.server
import json
import threading
from pathlib import Path

import pytest

from tests.browser.desk import Desk
from tests.browser.lab import BROWSER_FLAGS, CHROMIUM, Lab
from tests.browser.live import COMPUTER, PHONE, shared_pages
from tests.course.site_built import built

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


@pytest.fixture(scope="session")
def desk(lab, browser):
    """JupyterLab pages over that server, which all tests use again."""
    return Desk(lab, browser)


class Notebook:
    """An open notebook whose cells have run."""

    def __init__(self, desk, name, cells):
        self.desk, self.lab, self.name = desk, desk.lab, desk.lab.notebook(name, *cells)
        self.page = desk.open(self.name, run=False)
        self.errors = []
        self.page.on("pageerror", self.hear)
        self.lab.run_all(self.page)
        self.widget(0).locator(".cnn-text:not(:empty)").wait_for(timeout=60_000)

    def hear(self, error):
        self.errors.append(str(error))

    def close(self):
        self.page.remove_listener("pageerror", self.hear)
        self.desk.leave(self.page)

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
def notebook(desk):
    """Make and open notebooks: ``notebook("name", cell, cell, …)``; another name closes the one before."""
    opened = {}

    def make(name, *cells):
        if name not in opened:
            close()
            opened[name] = Notebook(desk, f"{name}.ipynb", cells)
        return opened[name]

    def close():
        while opened:
            opened.popitem()[1].close()

    yield make
    close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="session")
def site():
    """The folder of the built site."""
    return built()


@pytest.fixture(scope="session")
def server(site):
    """The address of the built site, served from this machine."""
    handler = functools.partial(Quiet, directory=site)
    found = ENDS.enter_context(http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler))
    threading.Thread(target=found.serve_forever, daemon=True).start()
    ENDS.callback(found.shutdown)
    return f"http://127.0.0.1:{found.server_port}/"


@pytest.fixture
def page(browser, server):
    """A page of a fresh browser; `page.away` notes what it asks other servers for, `page.said` its errors."""
    context = browser.new_context(viewport={"width": 1300, "height": 900}, color_scheme="light")
    opened = context.new_page()
    opened.away, opened.said = [], []
    local = (server, "data:", "blob:")
    context.on("request", lambda r: None if r.url.startswith(local) else opened.away.append(r.url))
    opened.on("pageerror", lambda error: opened.said.append(str(error)))
    opened.on("console", lambda m: opened.said.append((m.text, m.location)) if m.type == "error" else None)
    yield opened
    context.close()


@pytest.fixture(scope="session")
def has_python(site):
    """Skip where the site has no Python for its pages."""
    manifest = json.loads((site / "live/python/manifest.json").read_text("utf-8"))
    if "missing" in manifest:
        pytest.skip(
            "NumPy for the browser is neither beside the course nor at its server: see PYODIDE_PACKAGES"
        )
    return manifest


@pytest.fixture
def live(has_python, page):
    """A page of a fresh browser, on a site that has Python for it."""
    return page


@pytest.fixture(scope="session")
def visits(browser, server, has_python):
    return shared_pages(browser, server, viewport=COMPUTER)


@pytest.fixture(scope="session")
def touches(browser, server, has_python):
    return shared_pages(browser, server, viewport=PHONE, has_touch=True, is_mobile=True)


@pytest.fixture
def visit(visits):
    """A page of the browser that all tests share: Python comes from what it has kept."""
    return next(visits)


@pytest.fixture
def phone(touches):
    """A page of a phone: narrow, and touched."""
    return next(touches)
