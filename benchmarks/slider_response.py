"""How fast a slider answers: the course's widgets beside what notebooks usually do.

A real JupyterLab in headless Chromium. One notebook holds four ways to move the same picture (a 400-point
curve, a 30-point path, a 100x100 heat map) with a slider, and they take turns:

a  the bare round trip: an ipywidgets slider whose value a Label repeats;
b  a widget of this course;
c  `interact` and `plt.show()`;
d  ipympl: artists updated, `draw_idle`.

Measured are the time from a key press to changed pixels, and what a drag of some seconds with 30 events a
second shows: painted frames a second, how late the last position appears, blank frames, and processor time
of the kernel. Then a network trains in the same kernel; then 1,000 updates show whether memory stays.

    python benchmarks/slider_response.py [--presses 120] [--drag 5] [--option --A.b=c …]

Needs the test extras, ipympl and Chromium. Speeds on different machines do not compare: read the ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "browser"))

from lab import BROWSER_FLAGS, CHROMIUM, Lab  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402
from slider_cells import INTERACT, IPYMPL, LABEL, OURS, SETUP, TRAIN, WATCH  # noqa: E402

# In cell order; the slider's element, and what shows the picture.
WAYS = {
    "a label": (LABEL, ".noUi-handle", ".jupyter-widgets.widget-label:last-child"),
    "b ours": (OURS, "input[type=range]", ".cnn-picture canvas"),
    "c interact": (INTERACT, ".noUi-handle", ".jp-OutputArea img"),
    "d ipympl": (IPYMPL, ".noUi-handle", ".jupyter-matplotlib-canvas-div canvas"),
}


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, round(share * (len(values) - 1)))]


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
            "frames/s": frames / spent, "last ms": late, "blank": seen["blanks"],
            "kernel ms/frame": 1000 * cpu / max(frames, 1),
        }  # fmt: skip

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


def speed(bench: Bench, presses: int, seconds: float, wanted: str) -> None:
    rounds, results = 12, {way: ([], 0) for way in WAYS if way[0] in wanted}
    for _ in range(rounds):
        for way in results:
            times, blanks = bench.presses(way, presses // rounds)
            results[way] = (results[way][0] + times, results[way][1] + blanks)
    base = results["a label"][0]
    print(f"{'':12}{'median ms':>10}{'p95 ms':>8}{'of bare':>9}{'p95 of':>8}{'blank':>6}", end="")
    print(f"{'drag f/s':>10}{'last ms':>9}{'blank':>6}{'kernel ms/f':>12}")
    for way, (times, blanks) in results.items():
        middle, high = statistics.median(times), percentile(times, 0.95)
        ratio, high_ratio = middle / statistics.median(base), high / percentile(base, 0.95)
        print(f"{way:12}{middle:10.0f}{high:8.0f}{ratio:9.2f}{high_ratio:8.2f}{blanks:6}", end="")
        drag = bench.drag(way, seconds)
        print(
            f"{drag['frames/s']:10.1f}{drag['last ms']:9.0f}{drag['blank']:6}{drag['kernel ms/frame']:12.1f}",
            flush=True,
        )
    spent = bench.run("print(1000 * sum(spent) / len(spent))")
    print(f"of which b computes and sends in {float(spent):.1f} ms a frame")


def training_alone(bench: Bench, steps: int = 4500) -> tuple[float, float]:
    """Steps a second, and steps a second of the kernel's processor time, with nothing to show."""
    cpu, train = cpu_seconds(bench.pid), f"TrainingView(epochs=10**6).advance({steps})"
    spent = float(bench.run(f"t = time.perf_counter(); {train}; print(time.perf_counter() - t)"))
    return steps / spent, steps / (cpu_seconds(bench.pid) - cpu)


def training_live(bench: Bench, cell, seconds: float) -> tuple[float, float, list[float]]:
    """The same two while the picture is live, and when (in ms) its frames came."""
    page = bench.page
    page.evaluate("([cell, selector]) => watch(cell, selector)", [len(WAYS) + 1, ".cnn-text"])
    cell.get_by_role("button", name="Play").click()
    page.wait_for_timeout(500)
    first, begin, cpu = len(page.evaluate("watched.changes")), time.perf_counter(), cpu_seconds(bench.pid)
    count = int(bench.run("print(len(view.losses))"))
    page.wait_for_timeout(1000 * seconds)
    steps = int(bench.run("print(len(view.losses))")) - count
    spent, cpu = time.perf_counter() - begin, cpu_seconds(bench.pid) - cpu
    return steps / spent, steps / cpu, page.evaluate("watched.changes")[first:]


def training(bench: Bench, seconds: float = 4) -> None:
    """Frames and training speed of a network that trains live, beside the same training alone, in turns."""
    page, cell = bench.page, bench.page.locator(".jp-CodeCell").nth(len(WAYS) + 1)
    cell.scroll_into_view_if_needed()
    page.evaluate("document.addEventListener('click', () => window.clicked = performance.now(), true)")
    cell.locator(".cnn-play").evaluate(
        """(button) => new MutationObserver(() => {
          if (button.textContent.includes("Play")) window.paused = performance.now() - window.clicked;
        }).observe(button, {subtree: true, childList: true, characterData: true})"""
    )
    walls, busy, gaps, pauses = [], [], [], []
    for _ in range(3):
        alone = training_alone(bench)
        wall, cpu, frames = training_live(bench, cell, seconds)
        gaps += [b - a for a, b in pairwise(frames)]
        cell.get_by_role("button", name="Pause").click()
        cell.get_by_role("button", name="Play").wait_for()
        pauses.append(page.evaluate("paused"))
        bench.unwatch()
        walls.append(wall / alone[0])
        busy.append(cpu / alone[1])
        cell.get_by_role("button", name="Reset").click()
    print(
        f"training live does {statistics.median(walls):.2f} of the steps a second that it does alone,",
        end=" ",
    )
    print(f"{statistics.median(busy):.2f} of those a second of the kernel's processor time;")
    late = percentile(gaps, 0.95)
    print(f"{1000 / statistics.mean(gaps):.1f} frames/s, 95 % of the gaps below {late:.0f} ms;", end="")
    print(f" Pause answered within {max(pauses):.0f} ms")


def memory(bench: Bench, updates: int = 1000) -> None:
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
    names = ("kernel MB", "page heap MB", "nodes", "open figures")
    changes = (f"{name} {b:.0f} -> {a:.0f}" for name, b, a in zip(names, before, after, strict=True))
    print(f"{updates} updates: " + ", ".join(changes))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--presses", type=int, default=120)
    parser.add_argument("--drag", type=float, default=5)
    parser.add_argument("--option", action="append", default=[], help="passed to the server")
    parser.add_argument("--ways", default="abcd", help="which of the four")
    parser.add_argument("--only", default="speed,training,memory")
    options = parser.parse_args()
    lab = Lab(Path(tempfile.mkdtemp(prefix="slider_response_")), *options.option)
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
    cells = [SETUP, *(code for code, _, _ in WAYS.values()), TRAIN]
    page = lab.open(context, lab.notebook("speed.ipynb", *cells))
    page.locator(".jp-CodeCell").last.locator(".cnn-text:not(:empty)").wait_for(timeout=120_000)
    page.wait_for_timeout(1500)
    page.evaluate(WATCH)
    process = page.locator(".jp-CodeCell").first.locator(".jp-OutputArea-output").text_content()
    return Bench(page, int(process))


def measure(bench: Bench, options: argparse.Namespace) -> None:
    """Print what was asked for, and how busy the machine was."""
    wanted = options.only.split(",")
    if "speed" in wanted:
        speed(bench, options.presses, options.drag, options.ways)
    if "training" in wanted:
        training(bench)
    if "memory" in wanted:
        memory(bench)
    print(json.dumps({"load": os.getloadavg(), "cores": os.cpu_count()}))


if __name__ == "__main__":
    main()
