"""Make the README's pictures from the running course: ``python -m tools.make_pictures``.

docs/course.png   notebook 00 in JupyterLab, its network trained
docs/training.webp the live view while it trains

Needs Chromium and the `test` extra.
"""

from __future__ import annotations

import io
import shutil
import tempfile
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser.lab import BROWSER_FLAGS, CHROMIUM, Lab

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
FRAMES = 40
SECONDS_A_FRAME = 0.12


def shots(page, view, count):
    """Take `count` pictures of an element, a little apart."""
    pictures = []
    for _ in range(count):
        pictures.append(Image.open(io.BytesIO(view.screenshot())).convert("RGB"))
        page.wait_for_timeout(1000 * SECONDS_A_FRAME)
    return pictures


def save_moving(pictures, path):
    """Write an animated WebP, its last picture held for three seconds."""
    times = [int(1000 * SECONDS_A_FRAME)] * (len(pictures) - 1) + [3000]
    first, *others = pictures
    first.save(path, save_all=True, append_images=others, duration=times, loop=0, quality=50, method=5)


def main():
    """Open notebook 00, play its live view, and take the pictures."""
    DOCS.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp())
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    lab = Lab(folder)
    try:
        with sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=BROWSER_FLAGS)
            page = lab.open(
                browser.new_context(viewport={"width": 1200, "height": 860}), "notebooks/00_start_here.ipynb"
            )
            view = page.get_by_role("group", name="A small network learns to read digits")
            view.wait_for(timeout=60_000)
            time.sleep(10)  # until the cells below have run too and the page stands still
            view.scroll_into_view_if_needed()
            view.get_by_label("Speed").select_option("25 steps a second")
            view.get_by_role("button", name="Play").click()
            pictures = shots(page, view, FRAMES)
            view.get_by_label("Speed").select_option("as fast as possible")
            pictures += shots(page, view, FRAMES // 2)
            view.locator(".cnn-text", has_text="30 epochs").wait_for(timeout=60_000)  # its last
            pictures += shots(page, view, 1)
            save_moving(pictures, DOCS / "training.webp")
            page.screenshot(path=DOCS / "course.png")
            browser.close()
    finally:
        lab.close()
        shutil.rmtree(folder, ignore_errors=True)
    for name in ("course.png", "training.webp"):
        print(f"docs/{name}: {(DOCS / name).stat().st_size // 1000} KB")


if __name__ == "__main__":
    main()
