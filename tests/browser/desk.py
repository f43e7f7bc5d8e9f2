"""JupyterLab pages that are used again: to open JupyterLab costs five times what a notebook in it does."""

from __future__ import annotations

import contextlib

from tests.browser.lab import Lab

SOON = 60_000  # milliseconds: how long a kernel may take, in a page that is open

#: Close what is open without saving it, end its kernel, and count the dialogs that wait for an answer.
CLEAR = """async () => {
  for (const one of [...jupyterapp.shell.widgets("main")]) {
    await one.sessionContext?.shutdown().catch(() => {});
    one.dispose();
  }
  return document.querySelectorAll(".jp-Dialog").length;
}"""
OPEN = """async (path) => {
  const opened = await jupyterapp.commands.execute("docmanager:open", { path, factory: "Notebook" });
  await opened.context.ready;
}"""
IDLE = "jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
LIGHT = "document.body.dataset.jpThemeLight === 'true'"
SIZE = {"width": 1200, "height": 1000}


class Desk:
    """Pages over one server, each with one notebook at a time and a kernel of its own.

    A page comes back as it was: its notebook closed, its kernel ended, in the light theme, of the usual size.
    """

    def __init__(self, lab: Lab, browser) -> None:
        self.lab, self.browser = lab, browser
        self.free: dict[bool, list] = {True: [], False: []}
        self.contexts: dict[bool, object] = {}

    def open(self, name: str, *, run: bool = True, touch: bool = False, size: dict = SIZE, **media):
        """Open a notebook and run all its cells; `touch`: for fingers; `media`: what the system asks.

        Returns
        -------
        Page
            To be given back by `leave`.
        """
        if touch not in self.contexts:
            self.contexts[touch] = self.browser.new_context(viewport=SIZE, has_touch=touch)
        page = self._reopened(name, self.free[touch].pop()) if self.free[touch] else None
        page = page or self.lab.open(self.contexts[touch], name, run=False)
        page.set_viewport_size(size)
        page.emulate_media(**media)
        if run:
            self.lab.run_all(page)
        return page

    def _reopened(self, name: str, page):
        """The page with another notebook; None where JupyterLab has missed that its kernel is ready."""
        from playwright.sync_api import TimeoutError  # here, since without playwright these tests are skipped

        page.evaluate(OPEN, name)
        with contextlib.suppress(TimeoutError):
            page.wait_for_function(IDLE, timeout=SOON)
            return page
        page.close()
        return None

    @contextlib.contextmanager
    def opened(self, name: str, **options):
        """An open notebook, closed at the end."""
        page = self.open(name, **options)
        try:
            yield page
        finally:
            self.leave(page)

    def leave(self, page) -> None:
        """Close the notebook of a page and keep the page, unless a test has left a question open there."""
        asked = page.evaluate(CLEAR)
        if asked:
            page.close()
            return
        if not page.evaluate(LIGHT):
            self.lab.command(page, "apputils:change-theme", theme="JupyterLab Light")
            page.wait_for_function(LIGHT)
        page.emulate_media(forced_colors="null", color_scheme="null", reduced_motion="null")
        self.free[page.context is self.contexts.get(True)].append(page)
