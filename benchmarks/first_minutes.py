"""From `git clone` to a network that trains before your eyes: how long a newcomer waits.

Clones the course, sets it up with pip and nothing cached, starts JupyterLab as `python3 course.py` does,
opens notebook 00 in Chromium, runs its cells, presses Play, and stops the watch at the first sentence that
tells of more than nine of ten validation images right.

    python benchmarks/first_minutes.py [--python PYTHON] [--uv]

Downloads come from wherever pip is set up to look, so the second line says as much about the network as
about the course. Needs Playwright and Chromium, as the browser tests do.

The first line says how much there is to fetch, and what of it are images of 28x28 pixels. Before MNIST came
with the course and after: the clone (one branch, packed) 7.5 and 18.0 MB, the checkout 8.2 and 18.6 MB, the
wheel, which Colab and the browser fetch, 0.5 and 2.2 MB.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "browser"))

from lab import BROWSER_FLAGS, CHROMIUM, free_port  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402

TITLE = "A small network learns to read digits"
READY = "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
LEARNT = re.compile(r"9[0-9]\.\d % of the (?:last )?[\d,]+ validation images|100\.0 %")


class Watch:
    """Prints what was reached, and when."""

    def __init__(self) -> None:
        self.begin = self.last = time.monotonic()

    def lap(self, what: str) -> None:
        now = time.monotonic()
        print(f"{now - self.begin:7.1f} s  (+{now - self.last:5.1f})  {what}", flush=True)
        self.last = now


def environment(home: Path, uv: bool) -> dict:
    """That of a newcomer: nothing cached, no uv unless asked for."""
    path = os.environ["PATH"].split(os.pathsep)
    if not uv:
        path = [folder for folder in path if not (Path(folder) / "uv").exists()]
    new = {"HOME": str(home), "PATH": os.pathsep.join(path), "PIP_NO_CACHE_DIR": "1", "UV_NO_CACHE": "1"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL"))}
    return kept | new


def megabytes(*paths: Path) -> float:
    """Size of files and folders."""
    files = [file for path in paths for file in (path.rglob("*") if path.is_dir() else [path])]
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


def sizes(course: Path) -> str:
    """How much a newcomer has fetched, and how much of it is MNIST, whole and in part."""
    assets = course / "cnnlib" / "assets"
    whole, part = assets / "mnist.xz", assets / "mnist_sample.xz"
    everything, packed = megabytes(course), megabytes(course / ".git")
    return (
        f"cloned: {packed:.1f} MB of history, {everything - packed:.1f} MB checked out, of both"
        f" {megabytes(whole):.1f} MB are MNIST and {megabytes(part):.1f} MB the part of it in the package"
    )


def address_in(log: Path, process: subprocess.Popen, seconds: float = 400) -> str:
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        if found := re.search(r"http://127\.0\.0\.1:\S+token=\w+", log.read_text("utf-8", "replace")):
            return found.group()
        time.sleep(0.1)
    raise RuntimeError(log.read_text("utf-8", "replace")[-2000:])


def play(address: str, watch: Watch) -> None:
    """What a newcomer does in the page."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=BROWSER_FLAGS)
        page = browser.new_page(viewport={"width": 1200, "height": 1000})
        page.goto(address)
        page.wait_for_function(READY, timeout=120_000)
        watch.lap("the notebook is open and its kernel ready")
        page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
        view = page.get_by_role("group", name=TITLE)
        view.scroll_into_view_if_needed(timeout=60_000)
        view.get_by_role("button", name="Play").click()
        watch.lap("Play is pressed")
        view.locator(".cnn-text", has_text=LEARNT).wait_for(timeout=60_000)
        watch.lap(
            "more than nine of ten validation images are right: " + view.locator(".cnn-text").inner_text()
        )
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--uv", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        course, log = Path(folder) / "course", Path(folder) / "log"
        environ, watch = environment(Path(folder), arguments.uv), Watch()
        subprocess.run(["git", "clone", "--quiet", f"file://{ROOT}", str(course)], check=True)
        watch.lap(sizes(course))
        options = ["--no-browser", f"--port={free_port()}", "--LabApp.expose_app_in_browser=True"]
        with open(log, "w") as file:
            process = subprocess.Popen(
                [arguments.python, "course.py", "lab", *options],
                cwd=course,
                env=environ,
                stdout=file,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
        try:
            address = address_in(log, process)
            watch.lap("set up, JupyterLab answers")
            play(address, watch)
        finally:
            process.terminate()
            process.wait(20)


if __name__ == "__main__":
    main()
