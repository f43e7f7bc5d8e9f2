"""Frames, speed and answers while something trains in the same kernel, for `slider_response.py`."""

from __future__ import annotations

import statistics
import time
from itertools import pairwise

from slider_measures import cpu_seconds, percentile

# When Pause was pressed, and when the button said so.
NOTE_PAUSE = """(button) => {
  document.addEventListener("click", () => window.clicked = performance.now(), true);
  new MutationObserver(() => {
    if (button.textContent.includes("Play")) window.paused = performance.now() - window.clicked;
  }).observe(button, {subtree: true, childList: true, characterData: true});
}"""

# When the picture was painted: each frame that arrives is painted whole.
NOTE_FRAMES = """(canvas) => {
  const picture = canvas.picture;
  window.painted = [];
  delete picture.show; // an earlier turn's
  const show = picture.show;
  picture.show = (...scene) => { show.apply(picture, scene); painted.push(performance.now()); };
}"""

# A text box in the page: from a key's event to the next frame that the page paints.
NOTE_KEYS = """(output) => {
  const box = document.createElement("input");
  box.className = "note-keys";
  output.prepend(box);
  window.keys = [];
  box.addEventListener("input", (event) => {
    const begin = event.timeStamp;
    requestAnimationFrame(() => setTimeout(() => keys.push(performance.now() - begin)));
  });
  window.ticks = 0;
  const tick = () => { ticks += 1; requestAnimationFrame(tick); };
  tick();
}"""


class Run:
    """A widget that trains in the cell `number`, beside the same training alone.

    `alone` is code that does so many `steps` with nothing to show, `count` an expression for the steps of
    the live one.
    """

    def __init__(self, bench, number: int, alone: str, steps: int, count: str) -> None:
        self.bench, self.page, self.number = bench, bench.page, number
        self.code, self.steps, self.count = alone, steps, count
        self.cell = self.page.locator(".jp-CodeCell").nth(number)
        self.cell.scroll_into_view_if_needed()
        self.cell.locator(".cnn-play").evaluate(NOTE_PAUSE)

    def alone(self) -> tuple[float, float]:
        """Steps a second, and steps a second of the kernel's processor time, with nothing to show."""
        cpu = cpu_seconds(self.bench.pid)
        code = f"import time; t = time.perf_counter(); {self.code}; print(time.perf_counter() - t)"
        spent = float(self.bench.run(code))
        return self.steps / spent, self.steps / (cpu_seconds(self.bench.pid) - cpu)

    def live(self, seconds: float, during=None) -> tuple[float, float, list[float]]:
        """The same two while the picture is live, and the gaps between its frames in ms."""
        page = self.page
        self.cell.locator(".cnn-picture > canvas").evaluate(NOTE_FRAMES)
        self.cell.get_by_role("button", name="Play").click()
        page.wait_for_timeout(500)
        page.evaluate("painted.length = 0")
        begin, cpu = time.perf_counter(), cpu_seconds(self.bench.pid)
        count = int(self.bench.run(f"print({self.count})"))
        if during:
            during()
        page.wait_for_timeout(1000 * max(0.0, begin + seconds - time.perf_counter()))
        steps = int(self.bench.run(f"print({self.count})")) - count
        spent, cpu = time.perf_counter() - begin, cpu_seconds(self.bench.pid) - cpu
        gaps = [b - a for a, b in pairwise(page.evaluate("painted"))]
        return steps / spent, steps / cpu, gaps

    def pause(self) -> float:
        """Milliseconds from the press on Pause to the button that says so; then the run is reset."""
        self.cell.get_by_role("button", name="Pause").click()
        self.cell.get_by_role("button", name="Play").wait_for()
        paused = self.page.evaluate("paused")
        reset = self.cell.locator(".cnn-more").get_by_text("Reset", exact=True)
        reset.evaluate("(button) => button.click()")  # behind More
        return paused


def turns(run: Run, seconds: float, count: int = 3, during=None) -> dict:
    """Alone and live in turns."""
    walls, busy, rates, gaps, pauses = [], [], [], [], []
    for _ in range(count):
        alone = run.alone()
        wall, cpu, found = run.live(seconds, during)
        pauses.append(run.pause())
        walls.append(wall / alone[0])
        busy.append(cpu / alone[1])
        rates.append((wall, alone[0]))
        gaps += found
    wall, alone = (statistics.median(column) for column in zip(*rates, strict=True))
    return {
        "frames": 1000 / statistics.mean(gaps),
        "gap": percentile(gaps, 0.95),
        "pause": max(pauses),
        "wall": statistics.median(walls),
        "cpu": statistics.median(busy),
        "steps": wall,
        "alone": alone,
    }


def training(bench, options) -> dict:
    """A small CNN on digits."""
    alone = "TrainingView(epochs=10**6).advance(4500)"
    return turns(Run(bench, 5, alone, 4500, "len(view.losses)"), options.live)


def playground(bench, options) -> dict:
    """The playground on the spirals, and how soon the page around it answers meanwhile."""
    page = bench.page
    run = Run(bench, 6, "Playground(**settings).advance(600)", 600, "spirals.run.epoch")
    run.cell.locator(".jp-OutputArea-output").first.evaluate(NOTE_KEYS)
    spent, ticks = [], []

    def type_keys() -> None:
        begin, before = time.perf_counter(), page.evaluate("ticks")
        run.cell.locator(".note-keys").focus()
        for _ in range(20):
            page.keyboard.press("a")
            page.wait_for_timeout(60)
        spent.append(time.perf_counter() - begin)
        ticks.append(page.evaluate("ticks") - before)

    found = turns(run, options.live, during=type_keys)
    keys = page.evaluate("keys")
    run.cell.locator(".note-keys").evaluate("(box) => box.remove()")
    return found | {
        "key": statistics.median(keys),
        "key95": percentile(keys, 0.95),
        "page": sum(ticks) / sum(spent),
    }
