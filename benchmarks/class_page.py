"""A learner of `class_server.py` with a real page: Chromium, logged in at the hub."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

from lab import BROWSER_FLAGS, CHROMIUM, Lab
from playwright.sync_api import sync_playwright

READY = "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
DONE = """() => jupyterapp.shell.currentWidget.content.widgets
    .filter(cell => cell.model.type === 'code').every(cell => cell.model.executionCount)"""
WATCH = """
(canvas) => {
  const small = document.createElement("canvas"); small.width = 64; small.height = 32;
  const ctx = small.getContext("2d", {willReadFrequently: true});
  const look = () => {
    ctx.clearRect(0, 0, 64, 32); ctx.drawImage(canvas, 0, 0, 64, 32);
    return ctx.getImageData(0, 0, 64, 32).data.reduce((hash, byte) => (hash * 31 + byte) | 0, 0);
  };
  const w = window.watched = {pressed: 0, seen: 0, last: look()};
  document.addEventListener("keydown", () => { w.pressed = performance.now(); }, {capture: true});
  const tick = () => {
    const now = look();
    if (now !== w.last) { w.last = now; w.seen = performance.now(); }
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}
"""


class Page:
    """JupyterLab of one learner in Chromium."""

    def __init__(self, hub, name: str) -> None:
        self.hub, self.name, self.moved = hub, name, 0

    def __enter__(self) -> Page:
        self.playwright = sync_playwright().start()
        self.browser = self.playwright.chromium.launch(executable_path=CHROMIUM, args=BROWSER_FLAGS)
        context = self.browser.new_context(viewport={"width": 1200, "height": 1000})
        self.page = context.new_page()
        self.page.goto(f"{self.hub.url}/hub/login")
        self.page.fill("input[name=username]", self.name)
        self.page.fill("input[name=password]", "any")
        self.page.click("[type=submit]")
        self.page.wait_for_url("**/user/**", timeout=60_000)
        return self

    def __exit__(self, *_) -> None:
        self.browser.close()
        self.playwright.stop()

    def open(self, notebook: str) -> None:
        self.page.goto(f"{self.hub.server_of(self.name)}/lab/tree/course/{notebook}?reset")
        self.page.wait_for_function(READY, timeout=120_000)
        Lab.command(self.page, "filebrowser:hide-main")

    def run_all(self) -> None:
        Lab.command(self.page, "notebook:run-all-cells")
        self.page.wait_for_function(DONE, timeout=120_000)

    def widget(self, title: str):
        return self.page.get_by_role("group", name=title)

    def look_at(self, title: str, control: str) -> None:
        """Bring a slider and its picture before the eyes of `press`."""
        widget = self.widget(title)
        widget.scroll_into_view_if_needed()
        self.page.wait_for_timeout(1500)
        widget.locator(".cnn-picture canvas").evaluate(WATCH)
        widget.get_by_label(control, exact=True).focus()

    def press(self) -> float:
        """Press a key; return the seconds until the picture has changed."""
        key = "ArrowRight" if self.moved % 2 == 0 else "ArrowLeft"
        self.moved += 1
        seen = self.page.evaluate("watched.seen")
        self.page.keyboard.press(key)
        self.page.wait_for_function("seen => watched.seen > seen", arg=seen, timeout=20_000)
        spent = self.page.evaluate("watched.seen - watched.pressed") / 1000
        self.page.wait_for_timeout(100)
        return spent


OWN_CODE = """import numpy as np
from cnnlib.checks import check
check("03.relu_backward", lambda dy, x: np.where(x > 0, dy, 0.0))"""
ADD = """([index, source]) => {
  const model = jupyterapp.shell.currentWidget.model.sharedModel;
  model.insertCell(index, {cell_type: "code", source});
}"""
SCROLL = """async (words) => {
  const book = jupyterapp.shell.currentWidget.content;
  const index = book.widgets.findIndex(
    (cell) => cell.model.type === "code" && cell.model.sharedModel.source.includes(words));
  await book.scrollToItem(index, "start");
}"""
INK = "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v) => v)"
TITLE, NOTE = "A small network learns to read digits", "# a note that was never saved"


def lost_and_found(hub, name: str) -> dict:
    """Stop a learner's server in the middle of a training and start it again; return what was kept."""
    course = hub.homes / name / "course"
    with Page(hub, name) as learner:
        learner.open("notebooks/00_start_here.ipynb")
        page, widget = learner.page, learner.widget(TITLE)
        page.evaluate(ADD, [1, OWN_CODE])
        learner.run_all()
        widget.scroll_into_view_if_needed()
        Lab.command(page, "docmanager:save")
        _wait(lambda: OWN_CODE in _sources(course), 30)
        page.evaluate(ADD, [2, NOTE])
        widget.get_by_role("button", name="Play").click()
        widget.locator(".cnn-text", has_text=re.compile("After [1-9]")).wait_for(timeout=60_000)
        training = widget.locator(".cnn-text").inner_text()
        hub.stop(name)
        page.wait_for_timeout(3000)
        kept = {"it was stopped at": training, **_on_disk(course)}
        kept["open page: keeps the last picture"] = widget.locator(".cnn-picture canvas").evaluate(INK)
        kept["open page: keeps the last sentence"] = "After" in widget.locator(".cnn-text").inner_text()
        begin = time.monotonic()
        hub.start(name)
        kept["seconds until the server is back"] = round(time.monotonic() - begin, 1)
        again = page.context.new_page()  # what the page's own Restart button opens: it logs in anew
        again.goto(f"{hub.server_of(name)}/lab/tree/course/course.py")
        again.wait_for_function("window.jupyterapp !== undefined", timeout=60_000)
        page.get_by_role("button", name="Dismiss").click()
        Lab.command(page, "docmanager:save")
        kept["open page: saves afterwards what was not saved"] = _wait(lambda: NOTE in _sources(course), 30)
        return kept | _after_reload(learner)


def _after_reload(learner: Page) -> dict:
    """Open the notebook anew; then run it again."""
    page, found = learner.page, {}
    learner.open("notebooks/00_start_here.ipynb")
    page.evaluate(SCROLL, "TrainingView(")
    cell = page.locator(".jp-CodeCell", has_text="TrainingView(").first
    picture = cell.locator('img[src^="data:image/png"]')
    found["reopened: still picture"] = _wait(picture.first.is_visible, 20)
    learner.run_all()
    widget = learner.widget(TITLE)
    widget.scroll_into_view_if_needed()
    widget.get_by_role("button", name="Play").click()
    widget.locator(".cnn-text", has_text=re.compile("After [1-9]")).wait_for(timeout=60_000)
    return found | {"run again: it trains": True}


def _on_disk(course: Path) -> dict:
    notebook = json.loads((course / "notebooks/00_start_here.ipynb").read_text("utf-8"))
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    alts = [output.get("metadata", {}).get("image/png", {}).get("alt", "") for output in outputs]
    progress = course / ".progress.json"
    return {
        "file: the learner's own cell": OWN_CODE in _sources(course),
        "file: still picture and its sentence": any("Before the first step" in alt for alt in alts),
        "progress: the exercise is right": progress.exists() and '"right"' in progress.read_text(),
    }


def _sources(course: Path) -> list[str]:
    text = (course / "notebooks/00_start_here.ipynb").read_text("utf-8")
    try:
        return ["".join(cell["source"]) for cell in json.loads(text)["cells"]]
    except ValueError:  # while it is being written
        return []


def _wait(look, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if look():
            return True
        time.sleep(0.2)
    return False
