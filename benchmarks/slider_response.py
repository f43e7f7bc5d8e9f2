"""How fast a slider answers: the course's widgets beside what notebooks usually do.

A real JupyterLab in headless Chromium. One notebook holds four ways to move the same picture (a 400-point
curve, a 30-point path, a 100x100 heat map) with a slider, and they take turns:

a  the bare round trip: an ipywidgets slider whose value a Label repeats;
b  a widget of this course;
c  `interact` and `plt.show()`;
d  ipympl: artists updated, `draw_idle`.

Measured are the time from a key press to changed pixels, and what a drag of some seconds with 30 events a
second shows: painted frames a second, how late the last position appears, blank frames, and processor time
of the kernel. Then a network trains in the same kernel, then the playground does (`slider_live.py`); then
1,000 updates show whether memory stays.

    python benchmarks/slider_response.py [--only speed,training,playground,memory] [--write]

Needs the test extras, ipympl and Chromium. Speeds on different machines do not compare: read the ratios.
With `--write` the results of the parts measured replace those in `results/sliders.json` and `sliders.md`.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "browser"))

from lab import BROWSER_FLAGS, CHROMIUM, Lab  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402
from slider_cells import INTERACT, IPYMPL, LABEL, OURS, PLAYGROUND, SETUP, TRAIN, WATCH  # noqa: E402
from slider_live import playground, training  # noqa: E402
from slider_measures import cpu_seconds, percentile, resident_mb  # noqa: E402
from slider_report import keep  # noqa: E402

# In cell order; the slider's element, and what shows the picture.
WAYS = {
    "a label": (LABEL, ".noUi-handle", ".jupyter-widgets.widget-label:last-child"),
    "b ours": (OURS, "input[type=range]", ".cnn-picture canvas"),
    "c interact": (INTERACT, ".noUi-handle", ".jp-OutputArea img"),
    "d ipympl": (IPYMPL, ".noUi-handle", ".jupyter-matplotlib-canvas-div canvas"),
}


class Bench:
    """The open notebook and the ways in it."""

    def __init__(self, page, pid: int) -> None:
        self.page, self.pid = page, pid

    def watch(self, way: str) -> None:
        cell = list(WAYS).index(way) + 1
        self.cell = self.page.locator(".jp-CodeCell").nth(cell)
        self.slider = self.cell.locator(WAYS[way][1]).first
        self.slider.scroll_into_view_if_needed()
        self.page.evaluate("([cell, selector]) => watch(cell, selector)", [cell, WAYS[way][2]])
        self.page.wait_for_timeout(300)

    def unwatch(self) -> dict:
        seen = self.page.evaluate("(watched.stop = true, watched)")
        self.page.wait_for_timeout(100)
        return seen

    def presses(self, way: str, count: int) -> tuple[list[float], int]:
        """Milliseconds from key to pixels, and blank frames."""
        self.watch(way)
        self.slider.focus()
        times = []
        for i in range(count):
            before = self.page.evaluate("watched.changes.length")
            self.page.keyboard.press("ArrowRight" if i % 2 == 0 else "ArrowLeft")
            self.page.wait_for_function("n => watched.changes.length > n", arg=before, timeout=5000)
            times.append(self.page.evaluate("n => watched.changes[n] - watched.inputs.at(-1)", before))
            self.page.wait_for_timeout(60)
        return times, self.unwatch()["blanks"]

    def drag(self, way: str, seconds: float) -> dict:
        """A drag with 30 events a second."""
        self.watch(way)
        box = self.slider.bounding_box()
        x, y, reach = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, 60
        if way != "b ours":
            reach = 100
        else:
            x = box["x"] + box["width"] / 4
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        begin, cpu, spent = time.perf_counter(), cpu_seconds(self.pid), 0
        steps = round(seconds * 30)
        for i in range(steps):
            self.page.mouse.move(x + reach * (1 - abs(1 - 2 * ((i / 75) % 1))), y)
            time.sleep(max(0, begin + (i + 1) / 30 - time.perf_counter()))
        spent = time.perf_counter() - begin
        self.page.wait_for_timeout(1200)
        self.page.mouse.up()
        cpu = cpu_seconds(self.pid) - cpu
        seen = self.unwatch()
        frames = len(seen["changes"]) - 1
        late = seen["changes"][-1] - seen["inputs"][-1]
        return {
            "frames": frames / spent,
            "last": late,
            "blank": seen["blanks"],
            "kernel": 1000 * cpu / max(frames, 1),
        }

    def run(self, code: str) -> str:
        """Run code in a new last cell and return what it shows."""
        page = self.page
        page.evaluate(
            """async (code) => {
              const kernel = jupyterapp.shell.currentWidget.sessionContext.session.kernel;
              const future = kernel.requestExecute({code, silent: false});
              window.answer = "";
              future.onIOPub = (message) => {
                if (message.header.msg_type === "stream") window.answer += message.content.text;
              };
              await future.done;
            }""",
            code,
        )
        page.wait_for_timeout(200)
        return page.evaluate("window.answer")


def speed(bench: Bench, options: argparse.Namespace) -> dict:
    """Presses of all ways in turns, then a drag of each."""
    rounds, presses = 12, {way: ([], 0) for way in WAYS if way[0] in options.ways}
    for _ in range(rounds):
        for way in presses:
            times, blanks = bench.presses(way, options.presses // rounds)
            presses[way] = (presses[way][0] + times, presses[way][1] + blanks)
    ways = {}
    for way, (times, blanks) in presses.items():
        drag = bench.drag(way, options.drag)
        drag["blank"] += blanks
        ways[way] = {"median": statistics.median(times), "p95": percentile(times, 0.95), **drag}
        print(way, {name: round(value, 1) for name, value in ways[way].items()}, flush=True)
    found = {"presses": len(times), "seconds": options.drag, "ways": ways}
    if "b ours" in ways:
        found["computes"] = float(bench.run("print(1000 * sum(spent) / len(spent))"))
    return found


def memory(bench: Bench, options: argparse.Namespace, updates: int = 1000) -> dict:
    """What a thousand updates leave behind, in the kernel and in the page."""
    client = bench.page.context.new_cdp_session(bench.page)
    client.send("Performance.enable")

    def measure():
        for _ in range(2):
            client.send("HeapProfiler.collectGarbage")
        found = {m["name"]: m["value"] for m in client.send("Performance.getMetrics")["metrics"]}
        figures = bench.run("import gc; gc.collect(); print(len(plt.get_fignums()))")
        return resident_mb(bench.pid), found["JSHeapUsedSize"] / 1e6, found["Nodes"], int(figures)

    bench.presses("b ours", 100)
    before = measure()
    bench.presses("b ours", updates)
    after = measure()
    names = ("kernel's resident MB", "page's heap, MB", "page's nodes", "open figures")
    return {"updates": updates, "rows": list(zip(names, before, after, strict=True))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--presses", type=int, default=120)
    parser.add_argument("--drag", type=float, default=5)
    parser.add_argument("--live", type=float, default=4, help="seconds of a live run")
    parser.add_argument("--option", action="append", default=[], help="passed to the server")
    parser.add_argument("--ways", default="abcd", help="which of the four")
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--usual", action="store_true", help="a server without the course's settings")
    parser.add_argument("--write", action="store_true", help="keep the results in results/sliders.*")
    options = parser.parse_args()
    lab = Lab(Path(tempfile.mkdtemp(prefix="slider_response_")), *options.option, course=not options.usual)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=BROWSER_FLAGS)
            measure(open_notebook(lab, browser), options)
            browser.close()
    finally:
        lab.close()


def open_notebook(lab: Lab, browser) -> Bench:
    """Open the notebook and run its cells."""
    context = browser.new_context(viewport={"width": 1300, "height": 1000})
    cells = [SETUP, *(code for code, _, _ in WAYS.values()), TRAIN, PLAYGROUND]
    page = lab.open(context, lab.notebook("speed.ipynb", *cells))
    page.locator(".jp-CodeCell").last.locator(".cnn-text:not(:empty)").wait_for(timeout=120_000)
    page.wait_for_timeout(1500)
    page.evaluate(WATCH)
    process = page.locator(".jp-CodeCell").first.locator(".jp-OutputArea-output").text_content()
    return Bench(page, int(process))


PARTS = {"speed": speed, "training": training, "playground": playground, "memory": memory}


def measure(bench: Bench, options: argparse.Namespace) -> None:
    """Measure the parts asked for."""
    for part in options.only.split(","):
        found = PARTS[part](bench, options) | {"load": os.getloadavg()[0], "cores": os.cpu_count()}
        print(part, json.dumps(found), flush=True)
        if options.write:
            keep(f"{part}, usual server" if options.usual else part, found)


if __name__ == "__main__":
    main()
