"""What a learner waits for in JupyterLab: starts, whole notebooks, silent cells, memory.

Opens every notebook of the course in a real JupyterLab and Chromium, runs all of it, and listens to its
kernel: when each cell ran, how long it told nothing meanwhile, and when the view beneath it could be used.
The first notebook is timed from the start of the server, too.

    python benchmarks/felt.py [--turns 5] [--only 03 05] [--write]

Seconds on the clock, medians of the turns; the share of the machine that was in use stands beside them.
What else a learner waits for has a measure of its own: `first_minutes.py` (the first command),
`live_pages.py` (the site), `mnist.py` and `first_view.py` (training), `slider_response.py` (a moved slider).
Linux only: memory is read from /proc. `--write` keeps the tables as results/felt.md, a picture beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
RESULTS = HERE / "results"
sys.path[:0] = [str(HERE), str(ROOT / "tests" / "browser")]

from class_hub import pss_mb, tree  # noqa: E402
from felt_report import write_report  # noqa: E402
from first_view import busy  # noqa: E402
from lab import BROWSER_FLAGS, CHROMIUM, Lab  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402

NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
PATIENCE = 180  # seconds for a notebook to run
# When each cell began and ended, by the kernel's own messages, how long it was silent between them, and when
# the view beneath it could be used. `book.widgets` has every cell, also those not drawn yet.
WATCH = """() => {
  const { content: book, sessionContext } = jupyterapp.shell.currentWidget;
  const { kernel } = sessionContext.session;
  const code = (cell) => cell.model.type === "code" && cell.model.sharedModel.source.trim();
  const asked = performance.now(), seconds = () => (performance.now() - asked) / 1000;
  const told = /^(stream|display_data|update_display_data|execute_result|error|comm_msg|comm_open)$/;
  const runs = new Map();
  const sign = (run) => { run.silent = Math.max(run.silent, seconds() - run.last); run.last = seconds(); };
  window.felt = [];
  window.cells = book.widgets.filter(code);
  kernel.iopubMessage.connect((_, message) => {
    const id = message.parent_header.msg_id, type = message.header.msg_type;
    if (type === "execute_input") {
      felt.push({ cell: felt.length, last: seconds(), silent: 0, ended: null, live: null });
      runs.set(id, felt.at(-1));
    } else if (runs.has(id) && runs.get(id).ended === null) {
      if (told.test(type)) sign(runs.get(id));
      if (type === "status" && message.content.execution_state === "idle") {
        sign(runs.get(id));
        runs.get(id).ended = seconds();
      }
    }
  });
  window.views = (cell) => Array.from(cell.outputArea.node.querySelectorAll(".cnn-widget"));
  window.live = (cell) => views(cell).some((view) => view.querySelector(".cnn-text")?.textContent);
  setInterval(() => felt.forEach((run) => {
    if (run.live === null && live(cells[run.cell])) run.live = seconds();
  }), 50);
  // the command itself resolves before its last cells have run
  window.finished = () => felt.length === cells.length && felt.every((run) => run.ended !== null);
  jupyterapp.commands.execute("notebook:run-all-cells");
}"""
# Scrolls to the cells that JupyterLab has not drawn yet; returns the seconds until each view can be used.
SCROLL = """async () => {
  const book = jupyterapp.shell.currentWidget.content, waited = [];
  for (const run of felt.filter((run) => run.live === null)) {
    const cell = cells[run.cell], asked = performance.now(), since = () => performance.now() - asked;
    await book.scrollToItem(book.widgets.indexOf(cell), "start");
    while (!live(cell) && since() < (views(cell).length ? 10000 : 500)) {
      await new Promise((ok) => setTimeout(ok, 20));
    }
    if (views(cell).length) waited.push(since() / 1000);
  }
  return waited;
}"""


def measured(page) -> dict:
    """Run all of the open notebook; return its seconds, the longest silence, and how long views took."""
    page.evaluate(WATCH)
    page.wait_for_function("window.finished()", timeout=PATIENCE * 1000)
    page.wait_for_timeout(2000)  # a view that comes late
    runs, waited = page.evaluate("felt"), page.evaluate(SCROLL)
    slowest = max(runs, key=lambda run: run["silent"])
    return {
        "seconds": max(run["ended"] for run in runs),
        "silent": slowest["silent"],
        "silent cell": slowest["cell"],
        "silent cells": sum(run["silent"] > 2 for run in runs),
        "late": max((run["live"] - run["ended"] for run in runs if run["live"]), default=0),
        "scrolled": max(waited, default=0),
        "views": len(waited) + sum(run["live"] is not None for run in runs),
    }


def kernels_mb(lab: Lab) -> float:
    """The proportional memory of the kernels of a server."""
    return sum(pss_mb(pid) for pid in tree(lab.process.pid) if pid != lab.process.pid)


def one_notebook(lab: Lab, browser, path: Path) -> dict:
    """A notebook in a page and kernel of its own."""
    (lab.folder / path.name).write_bytes(path.read_bytes())
    context = browser.new_context(viewport={"width": 1200, "height": 1000})
    page = lab.open(context, path.name, run=False)
    found = measured(page) | {"MB": kernels_mb(lab)}
    page.evaluate("jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    context.close()
    return found


def start(browser) -> float:
    """Seconds from the start of the server to the first view of the first notebook, all files read before."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        (Path(folder) / NOTEBOOKS[0].name).write_bytes(NOTEBOOKS[0].read_bytes())
        begin = time.monotonic()
        lab = Lab(Path(folder))
        try:
            context = browser.new_context(viewport={"width": 1200, "height": 1000})
            page = lab.open(context, NOTEBOOKS[0].name)
            page.locator(".cnn-widget .cnn-text:not(:empty)").first.wait_for(
                timeout=PATIENCE * 1000, state="attached"
            )
            seconds = time.monotonic() - begin
            context.close()
        finally:
            lab.close()
    return seconds


def measure(turns: int, notebooks: list[Path]) -> dict:
    """All turns: the starts, and each notebook's findings by name."""
    found, before = {"start": [], "notebooks": {path.stem: [] for path in notebooks}}, busy()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=BROWSER_FLAGS)
        start(browser)  # reads every file once
        for turn in range(turns):
            found["start"].append(start(browser))
            print(f"turn {turn + 1}: {found['start'][-1]:.1f} s to the first view", flush=True)
            (here := Path(folder) / str(turn)).mkdir()
            lab = Lab(here)
            try:
                for path in notebooks:
                    found["notebooks"][path.stem].append(one_notebook(lab, browser, path))
                    print(path.stem, found["notebooks"][path.stem][-1], flush=True)
            finally:
                lab.close()
        browser.close()
    everything, idle = (now - then for now, then in zip(busy(), before, strict=True))
    return found | {
        "used": 1 - idle / everything,
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "date": time.strftime("%Y-%m-%d"),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=[""], help="numbers of notebooks, such as 03")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    notebooks = [path for path in NOTEBOOKS if path.name.startswith(tuple(options.only))]
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):  # as on a learner's machine
        os.environ.pop(name, None)
    found = measure(options.turns, notebooks)
    print(f"{median(found['start']):.1f} s from the server's start to the first view")
    if options.write:
        (RESULTS / "felt.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
        write_report(found, RESULTS)


if __name__ == "__main__":
    main()
