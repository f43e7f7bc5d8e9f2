"""How soon a page of the site is live, and how well it moves: in a headless Chromium, from this machine.

    python -m tools.build_site
    python -m benchmarks.live_pages               on loopback, and as through a line of 20 Mbit/s
    python -m benchmarks.live_pages --write       the same, into results/live_pages.md

Processor time is that of the threads that a picture waits for, the page's and Python's, so that a busy
machine does not count against the page; what Chromium compiles meanwhile beside them is told apart.
"""

import argparse
import functools
import gzip
import http.server
import io
import json
import os
import statistics
import threading
import time
import urllib.parse
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks import live_pages_report as report
from cnnlib.learning import items
from tests.browser.lab import BROWSER_FLAGS, CHROMIUM
from tools.site import settings, staging

TEXTS = (".html", ".css", ".js", ".mjs", ".svg", ".json")
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
LOADED = """[performance.getEntriesByType("navigation")[0], ...performance.getEntriesByType("resource")]
  .map(entry => entry.name)"""
SHIFTS = """globalThis.shift = 0;
  const add = ({ hadRecentInput, value }) => (shift += hadRecentInput ? 0 : value);
  new PerformanceObserver(list => list.getEntries().forEach(add))
    .observe({ type: "layout-shift", buffered: true });
"""
#: Scroll through the page as a reader does, so that whatever comes when it is near has come.
READ = """async () => {
  for (let y = 0; y < document.documentElement.scrollHeight; y += 500) {
    scrollTo(0, y);
    await new Promise((done) => setTimeout(done, 60));
  }
  await new Promise((done) => setTimeout(done, 1000));
}"""
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
#: Promise the moment at which a widget's sentence stands on the page.
LISTEN = """box => {
  box.answered = new Promise((done) => {
    const look = () => box.querySelector(".cnn-live .cnn-widget .cnn-text:not(:empty)") && done();
    new MutationObserver(look).observe(box, { childList: true, characterData: true, subtree: true });
  });
}"""
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
            total += len(compressed(path)) if path.suffix in TEXTS else path.stat().st_size
    return total


@functools.cache
def compressed(path: Path) -> bytes:
    """A text as most servers send it."""
    return gzip.compress(path.read_bytes(), 6)


class Server(http.server.SimpleHTTPRequestHandler):
    """Serves files, as slowly as `rate` (bytes a second, shared by all connections) asks; compressed text."""

    protocol_version = "HTTP/1.1"
    rate = 0.0
    lock = threading.Lock()
    sent = 0

    def log_message(self, *arguments):
        pass

    def send_head(self):
        """Texts travel compressed, as most servers send them."""
        path = Path(self.translate_path(self.path))
        if path.suffix not in TEXTS or not path.is_file():
            return super().send_head()
        packed = compressed(path)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(packed)))
        self.end_headers()
        return io.BytesIO(packed)

    def copyfile(self, source, target):
        while piece := source.read(16384):
            type(self).sent += len(piece)
            if self.rate:
                with self.lock:
                    time.sleep(len(piece) / self.rate)
            target.write(piece)


@dataclass
class Spent:
    """Seconds of processor time of the browser: of the threads that a picture waits for, and of all."""

    waited: float
    all: float

    def __sub__(self, other):
        return Spent(self.waited - other.waited, self.all - other.all)


def processes_below() -> list[int]:
    """Return the processes that this one has started, and those in turn."""
    below: dict[int, list] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except OSError:
                continue
            below.setdefault(parent, []).append(int(entry.name))
    todo, found = [os.getpid()], []
    while todo:
        children = below.get(todo.pop(), [])
        todo += children
        found += children
    return found


def spent() -> Spent:
    """Return what the browser has spent so far; a page waits for its first thread and its workers."""
    waited = everything = 0
    for process in processes_below():
        for thread in Path(f"/proc/{process}/task").glob("*/stat"):
            try:
                name, rest = thread.read_text().split("(", 1)[1].rsplit(")", 1)
                is_page = b"--type=renderer" in Path(f"/proc/{process}/cmdline").read_bytes()
            except OSError:
                continue
            ticks = sum(map(int, rest.split()[11:13]))
            everything += ticks
            is_main = thread.parent.name == str(process)
            waited += ticks * (is_page and (is_main or name.startswith("DedicatedWorker")))
    return Spent(waited / os.sysconf("SC_CLK_TCK"), everything / os.sysconf("SC_CLK_TCK"))


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
    button = box.locator(".cnn-live-it")
    button.scroll_into_view_if_needed()
    at = button.bounding_box()
    box.evaluate(LISTEN)  # the page is not asked again and again meanwhile: asking is work too
    began, before = time.perf_counter(), spent()
    page.mouse.click(
        at["x"] + at["width"] / 2, at["y"] + at["height"] / 2
    )  # what it moves at once is no shift
    box.evaluate("box => box.answered")
    seconds, processor = time.perf_counter() - began, spent() - before
    return box.locator(".cnn-live .cnn-widget"), seconds, processor


def visit(context, address: str) -> tuple:
    """Make a widget of notebook 05 live; return its page, its view, and what that took."""
    page = open_page(context, f"{address}notebooks/05_gradient_descent.html")
    before = Server.sent
    view, seconds, processor = make_live(page, "DescentExplorer(")
    found = {"seconds": seconds, "processor": asdict(processor), "megabytes": (Server.sent - before) / 1e6}
    return (
        page,
        view,
        found | {"shift": page.evaluate("shift"), "stages": page.evaluate("cnnNotebook.python.times")},
    )


def measure(browser, address: str, site: Path, width: int) -> dict:
    """Return the measurements of one size of screen."""
    size = {"viewport": {"width": width, "height": 844}, "has_touch": width < 500, "is_mobile": width < 500}
    context = browser.new_context(**size)
    page = open_page(context, f"{address}notebooks/05_gradient_descent.html")
    found = {"width": width, "paint": page.evaluate(PAINT), "weight": weight(site, page.evaluate(LOADED))}
    page.close()
    page, _, found["first"] = visit(context, address)
    page.wait_for_timeout(6000)  # what is kept for the next visit is kept some seconds later
    page.close()
    page, view, found["second"] = visit(context, address)
    before = spent()
    moves = page.evaluate(SLIDE, [view.element_handle(), 40])
    found["slider"] = {"median": statistics.median(moves), "late": sorted(moves)[int(0.95 * len(moves))]}
    found["slider"]["processor"] = 1000 * (spent() - before).waited / len(moves)
    page.close()
    page = open_page(context, f"{address}notebooks/10_spirals.html")
    view, *_ = make_live(page, "Playground(")
    view.get_by_role("button", name="Play").click()
    page.wait_for_timeout(2000)
    before = spent()
    found["frames"] = page.evaluate(COUNT, 5)
    found["frame_processor"] = 1000 * (spent() - before).waited / max(1, 5 * found["frames"])
    context.close()
    return found | {"load": os.getloadavg()[0]}


def survey(browser, address: str, site: Path) -> dict:
    """Return weight, opened and read to its end, and layout shift of the notebooks and the front page."""
    found: dict = {}
    for width in (1300, 390):
        context = browser.new_context(viewport={"width": width, "height": 844}, is_mobile=width < 500)
        paths = [path.relative_to(settings.ROOT).with_suffix("") for path in staging.notebooks()]
        for name in ["index", *(path.as_posix() for path in paths if path.parent.name == "notebooks")]:
            page = open_page(context, f"{address}{name}.html")
            found.setdefault(name, {})["weight"] = weight(site, page.evaluate(LOADED))
            page.evaluate(READ)
            found[name] |= {"read": weight(site, page.evaluate(LOADED)), str(width): page.evaluate("shift")}
            page.close()
        context.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--mbit", type=float, nargs="*", default=[0, 20], help="speeds of the line; 0: loopback"
    )
    parser.add_argument("--site", type=Path, default=settings.OUTPUT)
    parser.add_argument("--write", action="store_true", help="into results/live_pages.md")
    options = parser.parse_args()
    from playwright.sync_api import sync_playwright

    handler = functools.partial(Server, directory=options.site)
    with (
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server,
        sync_playwright() as playwright,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/"
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=BROWSER_FLAGS)
        pages, runs = survey(browser, address, options.site), []
        for speed in options.mbit:
            Server.rate = speed * 1e6 / 8
            runs += [{"mbit": speed} | measure(browser, address, options.site, wide) for wide in (1060, 390)]
        text = report.page(runs, pages, browser.version)
        browser.close()
        server.shutdown()
    print(text)
    if options.write:
        report.RESULTS.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
