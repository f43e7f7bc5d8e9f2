"""Take pictures of widgets in both themes and at four widths, to look at: no JupyterLab, one plain page.

    python -m tools.screenshots --out /tmp/shots
    python -m tools.screenshots TrainingView "DescentExplorer(rate=1)" --out /tmp/shots --width 1060

Each picture is of the widget alone, drawn by the front end as it was last built (`node frontend/build.js`),
with the live widget behind it. Needs Playwright and Chromium; set CHROMIUM to its path if it is not found.
"""

from __future__ import annotations

import argparse
import base64
import os
import re
import shutil
import time
from pathlib import Path

import cnnlib.widgets
from cnnlib.widgets import Widget

STATIC = Path(cnnlib.widgets.__file__).parent / "static"
WIDTHS = (1060, 860, 700, 390)
THEMES = ("light", "dark")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PAGE = """<!doctype html><html data-theme="{theme}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body {{ margin: 12px; background: {paper}; font-family: system-ui, sans-serif; }}</style>
<style>{style}</style><body><div id="here"></div></body></html>"""
PAPER = {"light": "#ffffff", "dark": "#0d0f12"}
OPEN = """async ([script, spec]) => {
  const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const { default: define } = await import(address);
  const { render } = define();
  const heard = { "msg:custom": [], comm_live_update: [] };
  window.sent = [];
  window.take = () => window.sent.splice(0);
  window.give = (message, buffers) => {
    const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
    for (const hear of heard["msg:custom"]) hear(message, buffers.map((text) => bytes(text)));
  };
  const model = {
    get: (name) => (name === "spec" ? spec : undefined),
    send: (message) => window.sent.push(message),
    on: (name, hear) => heard[name].push(hear),
    off: () => {},
  };
  window.end = await render({ model, el: document.getElementById("here") });
}"""


class OpenPage:
    """A widget on a plain page: messages go to and fro when `pump` is called."""

    def __init__(self, page, widget: Widget, theme: str = "light", style: str = "") -> None:
        self.page, self.widget, self.frames = page, widget, []
        style = (STATIC / "page.css").read_text("utf-8") + style
        page.set_content(PAGE.format(theme=theme, paper=PAPER[theme], style=style))
        widget.live.page = self
        page.evaluate(OPEN, [(STATIC / "page.js").read_text("utf-8"), widget.live.spec()])
        self.pump()

    def send(self, message: dict, buffers: list[bytes]) -> None:
        """Called by the widget: keep the frame until the page is free."""
        self.frames.append((message, [base64.b64encode(data).decode("ascii") for data in buffers]))

    def pump(self, rounds: int = 6) -> None:
        """Hand messages over in both directions until there are none, or `rounds` times."""
        for _ in range(rounds):
            for message in self.page.evaluate("window.take()"):
                self.widget.live.receive(message)
            frames, self.frames = self.frames, []
            for message, buffers in frames:
                self.page.evaluate(
                    "([message, buffers]) => window.give(message, buffers)", [message, buffers]
                )
            self.page.wait_for_timeout(30)

    def close(self) -> None:
        self.widget.live.page = None


def chromium() -> str:
    """Where Chromium is."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        raise SystemExit("No Chromium found: install it, or set CHROMIUM to its path.")
    return found


def all_names() -> list[str]:
    """Every widget of the package."""
    kinds = ((name, getattr(cnnlib.widgets, name)) for name in cnnlib.widgets.__all__)
    return [
        n for n, kind in kinds if isinstance(kind, type) and issubclass(kind, Widget) and kind is not Widget
    ]


def make(expression: str) -> Widget:
    """A widget from its name, or from a line that makes it.

    >>> make("DescentExplorer(rate=1)").state["rate"]
    1.0
    """
    line = expression if "(" in expression else f"{expression}()"
    return eval(line, {name: getattr(cnnlib.widgets, name) for name in cnnlib.widgets.__all__})


def shoot(browser, expression: str, arguments) -> None:
    """Pictures of one widget at all widths, in all themes."""
    name = re.sub(r"\W+", "_", expression).strip("_")[:60]
    for theme in arguments.theme:
        widget = make(expression)
        widget.advance(arguments.steps)
        for width in arguments.width:
            page = browser.new_page(viewport={"width": width + 24, "height": 690}, device_scale_factor=1)
            errors = []
            page.on("pageerror", lambda error, errors=errors: errors.append(str(error)))
            opened = OpenPage(page, widget, theme)
            for selector in arguments.click:
                page.locator(selector).first.click()
                opened.pump()
            if arguments.hover:
                place, x, y = arguments.hover.rsplit(",", 2)
                page.locator(place).first.hover(position={"x": float(x), "y": float(y)})
                opened.pump()
            card = page.locator(".cnn-widget")
            card.screenshot(path=arguments.out / f"{name}_{theme}_{width}.png")
            box = card.bounding_box()
            sideways = page.evaluate("document.documentElement.scrollWidth > innerWidth")
            notes = [*errors, *(["scrolls sideways"] if sideways else [])]
            print(f"{name} {theme} {width}: {box['height']:.0f} px high {'; '.join(notes)}", flush=True)
            opened.close()
            page.close()


def main() -> None:
    """Parse the command line and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("widgets", nargs="*", help="names or lines that make a widget; all if none is given")
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    parser.add_argument("--width", type=int, nargs="+", default=WIDTHS)
    parser.add_argument("--theme", nargs="+", choices=THEMES, default=THEMES)
    parser.add_argument("--steps", type=int, default=0, help="steps to take before")
    parser.add_argument("--click", nargs="+", default=(), help="CSS selectors to click before")
    parser.add_argument("--hover", help="'SELECTOR,x,y': where the pointer rests")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    from playwright.sync_api import sync_playwright

    begin = time.perf_counter()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for expression in arguments.widgets or all_names():
            shoot(browser, expression, arguments)
        browser.close()
    print(f"{time.perf_counter() - begin:.0f} s")


if __name__ == "__main__":
    main()
