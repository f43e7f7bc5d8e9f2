"""How soon a page of the site is live, and how well it moves: in a headless Chromium, from this machine.

    python -m tools.build_site
    python -m benchmarks.live_pages               on loopback
    python -m benchmarks.live_pages --mbit 20     as through a line of 20 Mbit/s

Processor time is that of the browser's processes, so that a busy machine does not count against the page.
"""

import argparse
import functools
import gzip
import http.server
import json
import os
import statistics
import threading
import time
import urllib.parse
from pathlib import Path

from cnnlib.learning import items
from tests.browser.lab import BROWSER_FLAGS, CHROMIUM
from tools.site import settings

TEXTS = (".html", ".css", ".js", ".mjs", ".svg", ".json")
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
LOADED = """[performance.getEntriesByType("navigation")[0], ...performance.getEntriesByType("resource")]
  .map(entry => entry.name)"""
SHIFTS = """globalThis.shift = 0;
  const add = ({ hadRecentInput, value }) => (shift += hadRecentInput ? 0 : value);
  new PerformanceObserver(list => list.getEntries().forEach(add))
    .observe({ type: "layout-shift", buffered: true });
"""
#: Move the first slider step by step; milliseconds from each move to the frame that answers it.
SLIDE = """async ([box, moves]) => {
  const slider = box.querySelector("input[type=range]"), times = [];
  const model = [...cnnNotebook.python.models.values()].find((one) => !one.get("spec").card);
  for (let i = 0; i < moves; i += 1) {
    const answered = new Promise((done) => {
      const listen = () => { model.off("msg:custom", listen); done(); };
      model.on("msg:custom", listen);
    });
    const began = performance.now();
    slider.value = Number(slider.min) + ((i * 37) % 100) / 100 * (slider.max - slider.min);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await answered;
    times.push(performance.now() - began);
    await new Promise((done) => setTimeout(done, 60));
  }
  return times;
}"""
#: A learner who has passed over every prediction: no picture is covered.
SKIPPED = [
    {"what": "skip", "id": item.id, "when": "2026-01-01T00:00:00+00:00"} for item in items("prediction")
]
RECORD = json.dumps(json.dumps({"version": 1, "key": "benchmark", "events": SKIPPED}))
FIND = """text => cnnNotebook.cells
  .findIndex(cell => cell.live === "widget" && cell.original.includes(text))"""
COUNT = """async (seconds) => {
  const model = [...cnnNotebook.python.models.values()].find((one) => !one.get("spec").card);
  let frames = 0;
  const listen = () => (frames += 1);
  model.on("msg:custom", listen);
  await new Promise((done) => setTimeout(done, 1000 * seconds));
  model.off("msg:custom", listen);
  return frames / seconds;
}"""


def weight(site: Path, addresses: list[str]) -> int:
    """Bytes of what a page has loaded, text compressed as most servers do it."""
    total = 0
    for address in set(addresses):
        path = site / urllib.parse.unquote(urllib.parse.urlsplit(address).path).lstrip("/")
        if path.is_file():
            content = path.read_bytes()
            total += len(gzip.compress(content, 6)) if path.suffix in TEXTS else len(content)
    return total


class Server(http.server.SimpleHTTPRequestHandler):
    """Serves files, as slowly as `rate` (bytes a second, shared by all connections) asks; compressed text."""

    rate = 0.0
    lock = threading.Lock()
    sent = 0

    def log_message(self, *arguments):
        pass

    def copyfile(self, source, target):
        while piece := source.read(16384):
            type(self).sent += len(piece)
            if self.rate:
                with self.lock:
                    time.sleep(len(piece) / self.rate)
            target.write(piece)


def processor_seconds() -> float:
    """Seconds of processor time of all processes below this one."""
    below: dict[int, list] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            below.setdefault(int(fields[1]), []).append((int(entry.name), int(fields[11]) + int(fields[12])))
    todo, ticks = [os.getpid()], 0
    while todo:
        for process, used in below.get(todo.pop(), []):
            ticks += used
            todo.append(process)
    return ticks / os.sysconf("SC_CLK_TCK")


def open_page(context, address):
    """Open a page and let it come to rest."""
    page = context.new_page()
    page.add_init_script(f"localStorage['cnnlib.record'] ??= {RECORD};" + SHIFTS)
    page.goto(address)
    page.wait_for_timeout(1500)
    return page


def make_live(page, text):
    """Press the button of a widget's cell; return the view, seconds and processor seconds until then."""
    box = page.locator("div.cell").nth(page.evaluate(FIND, text))
    box.locator(".cnn-live-it").scroll_into_view_if_needed()
    began, used = time.perf_counter(), processor_seconds()
    box.locator(".cnn-live-it").click()  # a real one: what it moves at once is no shift
    view = box.locator(".cnn-live .cnn-widget")
    view.locator(".cnn-text:not(:empty)").wait_for(timeout=240_000)
    return view, time.perf_counter() - began, processor_seconds() - used


def measure(browser, address: str, site: Path, width: int) -> None:
    """Print the measurements of one size of screen."""
    size = {"viewport": {"width": width, "height": 844}, "has_touch": width < 500, "is_mobile": width < 500}
    context = browser.new_context(**size)
    page = open_page(context, f"{address}notebooks/05_gradient_descent.html")
    kilobytes = weight(site, page.evaluate(LOADED)) / 1000
    print(f"  first paint {page.evaluate(PAINT):.0f} ms, {kilobytes:.0f} kB without Python")
    for visit in ("first", "second"):
        if visit == "second":
            page = open_page(context, f"{address}notebooks/05_gradient_descent.html")
        before = Server.sent
        view, seconds, used = make_live(page, "DescentExplorer(")
        megabytes = (Server.sent - before) / 1e6
        times = page.evaluate("cnnNotebook.python.times")
        stages = ", ".join(f"{name} {ms / 1000:.2f}" for name, ms in times.items())
        print(f"  {visit} visit: live {seconds:.2f} s after the click, {used:.2f} s of processor time,")
        print(f"    {megabytes:.2f} MB; in the worker {stages} s; layout shift {page.evaluate('shift'):.3f}")
    moves = page.evaluate(SLIDE, [view.element_handle(), 40])
    late = sorted(moves)[int(0.95 * len(moves))]
    print(f"  slider: median {statistics.median(moves):.1f} ms, 95 % within {late:.1f} ms")
    page = open_page(context, f"{address}notebooks/10_spirals.html")
    view, seconds, used = make_live(page, "Playground(")
    view.get_by_role("button", name="Play").click()
    page.wait_for_timeout(2000)
    print(f"  spirals: live after {seconds:.2f} s; playing {page.evaluate(COUNT, 5):.1f} frames a second")
    context.close()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mbit", type=float, default=0, help="speed of the line; 0: that of loopback")
    parser.add_argument("--site", type=Path, default=settings.OUTPUT)
    options = parser.parse_args()
    from playwright.sync_api import sync_playwright

    Server.rate = options.mbit * 1e6 / 8
    handler = functools.partial(Server, directory=options.site)
    with (
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server,
        sync_playwright() as playwright,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=BROWSER_FLAGS)
        for width in (1060, 390):
            print(f"{width} pixels wide, load of this machine {os.getloadavg()[0]:.1f}")
            measure(browser, f"http://127.0.0.1:{server.server_port}/", options.site, width)
        browser.close()
        server.shutdown()


if __name__ == "__main__":
    main()
