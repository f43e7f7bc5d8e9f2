"""The view of notebook 00 in a real page: seconds from Play to 95 and to 98 %, steps and pictures a second.

Opens the view as notebook 00 does, MNIST whole with a twelfth held back, in JupyterLab and Chromium, chooses
a speed, presses Play, and notes when each picture was painted and what the sentence beneath it said by then.
Every turn begins with a fresh kernel.

    python benchmarks/first_view.py [--turns 3] [--seconds 16] [--write]

The page's clock is meant. It holds for a machine that does nothing else, so how much of it was in use is told
beside it, and how many steps the kernel takes in a second of its own processor time, all threads together.
Needs Playwright and Chromium, as the browser tests do. `--write` keeps the table as results/first_view.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import sys
import tempfile
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
sys.path.insert(0, str(ROOT / "tests" / "browser"))

from lab import BROWSER_FLAGS, CHROMIUM, Lab  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402
from slider_measures import cpu_seconds  # noqa: E402

VIEW = """import os
from pathlib import Path

from cnnlib import load_mnist
from cnnlib.networks import mnist_cnn
from cnnlib.widgets import TrainingView

Path("pid").write_text(str(os.getpid()))
mnist = load_mnist()
parts = mnist.hold_back(len(mnist.x_train) // 12)
TrainingView(parts, make_model=mnist_cnn, judged="validation images", batch_size=64, goal=0.98)"""
SPEEDS = ("100 steps a second", "as fast as possible")
SHARES = (95, 98)
SENTENCE = re.compile(r"After ([\d,]+) steps? \(.*\) ([\d.]+) % of")
# Each painted picture, with the sentence that stands beneath it.
WATCH = """(view) => {
  const { picture } = view.querySelector("canvas"), text = view.querySelector(".cnn-text");
  const show = picture.show;
  picture.show = (...scene) => {
    show.apply(picture, scene);
    requestAnimationFrame(() => painted.push([performance.now() - window.pressed, text.textContent]));
  };
  window.painted = [];
  view.querySelector(".cnn-play").addEventListener("click", () => window.pressed = performance.now(), true);
}"""


def busy() -> tuple[float, float]:
    """Seconds of processor time so far: of the whole machine, and of it what nobody used."""
    fields = [int(v) for v in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return sum(fields) / os.sysconf("SC_CLK_TCK"), (fields[3] + fields[4]) / os.sysconf("SC_CLK_TCK")


def turn(lab: Lab, browser, speed: str, seconds: float) -> dict[str, float]:
    """One run in a page and kernel of its own."""
    context = browser.new_context(viewport={"width": 1200, "height": 1000})
    page = lab.open(context, lab.notebook("first.ipynb", VIEW))
    view = page.locator(".cnn-widget").first
    view.locator(".cnn-text:not(:empty)").wait_for(timeout=120_000)
    view.scroll_into_view_if_needed()
    view.get_by_role("button", name="More", exact=True).click()
    view.get_by_label("Speed").select_option(speed)
    page.wait_for_timeout(1000)
    view.evaluate(WATCH)
    pid = int((lab.folder / "pid").read_text())
    before = cpu_seconds(pid)
    view.locator(".cnn-play").click()
    page.wait_for_timeout(1000 * seconds)
    painted, worked = page.evaluate("painted"), cpu_seconds(pid) - before
    page.evaluate("jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    context.close()
    return measured(painted, worked)


def measured(painted: list, worked: float) -> dict[str, float]:
    """What the painted pictures tell: seconds to each share (inf if not reached), and rates a second.

    `worked` are the seconds of processor time that the kernel took for all of them.
    """
    told = [(at / 1000, SENTENCE.match(words)) for at, words in painted]
    told = [(at, int(m[1].replace(",", "")), float(m[2])) for at, m in told if m]
    found = {f"{share} %": next((at for at, _, s in told if s > share), float("inf")) for share in SHARES}
    (first, begin, _), (last, end, _) = told[0], told[-1]
    return found | {
        "steps a second": (end - begin) / (last - first),
        "pictures a second": (len(told) - 1) / (last - first),
        "steps a second of processor time": end / worked,
    }


def measure(turns: int, seconds: float) -> tuple[dict, float]:
    """All turns by speed, and the share of the machine that was in use all the while."""
    found, before = {speed: [] for speed in SPEEDS}, busy()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, sync_playwright() as playwright:
        lab = Lab(Path(folder))
        try:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=BROWSER_FLAGS)
            for _ in range(turns):
                for speed in SPEEDS:
                    found[speed].append(turn(lab, browser, speed, seconds))
                    words = ", ".join(f"{name} {value:.1f}" for name, value in found[speed][-1].items())
                    print(f"{speed}: {words}", flush=True)
            browser.close()
        finally:
            lab.close()
    everything, idle = (now - then for now, then in zip(busy(), before, strict=True))
    return found, 1 - idle / everything


def table(found: dict, used: float) -> str:
    """The medians as Markdown."""
    names = list(next(iter(found.values()))[0])
    rows = [
        f"| {speed} | " + " | ".join(f"{median(run[name] for run in runs):.1f}" for name in names) + " |"
        for speed, runs in found.items()
    ]
    heads = [f"seconds to {name}" if name.endswith("%") else name for name in names]
    turns = len(next(iter(found.values())))
    return "\n".join(
        [
            f"Medians of {turns}, in JupyterLab and Chromium; {os.cpu_count()} cores, {platform.machine()},"
            f" Python {platform.python_version()}; {used:.0%} of the machine in use, load average at the end"
            f" {os.getloadavg()[0]:.1f}.",
            "",
            f"| speed | {' | '.join(heads)} |",
            "|---" * (len(heads) + 1) + "|",
            *rows,
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=16)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):  # as on a learner's machine
        os.environ.pop(name, None)
    text = table(*measure(options.turns, options.seconds))
    print(text)
    if options.write:
        (RESULTS / "first_view.md").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
