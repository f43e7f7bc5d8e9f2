"""Make the README's pictures of widgets: ``python -m tools.make_pictures``.

docs/training.webp moves: a network learns to read digits. The others stand still. Each file keeps, as XMP, a
check sum of the words of its widget, so that a test notices when the widget has changed.

Needs Chromium and the `test` extra.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from cnnlib.widgets import Widget
from tools.screenshots import FLAGS, OpenPage, chromium, make

DOCS = Path(__file__).resolve().parents[1] / "docs"
MOVING = ("training", "TrainingView()", (0, *[1] * 6, *[2] * 5, *[5] * 4, *[12] * 4, *[40] * 8))
#: Name of a file, what makes its widget, and how many steps it takes.
STILL = (
    (
        "playground",
        "Playground(dataset='spiral', neurons=[[8, 6, 0, 0, 0, 0]], "
        "xSquared=True, ySquared=True, xTimesY=True, sinX=True, sinY=True)",
        300,
    ),
    ("xray", "NetworkXRay(opened=True, layer='convolution 2', channel=1, row=6, column=6)", 0),
    ("descent", "ContourExplorer(surface='curved valley', optimizer='Momentum')", 0),
    ("microscope", "ConvolutionMicroscope()", 0),
)
MILLISECONDS, LAST = 140, 3000  # that a picture of the moving ones stays, and the last of them
LOOK = {"width": 1084, "height": 690}


def words_of(widget: Widget) -> str:
    """A check sum of a widget's title, its controls' labels and the titles of what it draws."""
    labels = [str(control.label) for control in widget.controls]
    titles = [str(panel.title) for panel in widget.scene.panels]
    return hashlib.sha256("\n".join([str(widget.title), *labels, *titles]).encode()).hexdigest()


def shot(page) -> Image.Image:
    """The widget as it stands."""
    return Image.open(io.BytesIO(page.locator(".cnn-widget").screenshot())).convert("RGB")


def same_height(pictures: list[Image.Image]) -> list[Image.Image]:
    """The pictures with white beneath those that are lower: a sentence may take one line or two."""
    size = pictures[0].width, max(picture.height for picture in pictures)
    sheets = [Image.new("RGB", size, "white") for _ in pictures]
    for sheet, picture in zip(sheets, pictures, strict=True):
        sheet.paste(picture, (0, 0))
    return sheets


def take_moving(browser, target: Path) -> None:
    """An animated WebP of a widget that takes steps, its last picture held."""
    _, made_by, steps = MOVING
    widget, pictures = make(made_by), []
    page = browser.new_page(viewport=LOOK, device_scale_factor=1)
    words, opened = words_of(widget), OpenPage(page, widget)
    for count in steps:
        widget.advance(count)
        opened.pump()
        pictures.append(shot(page))
    opened.close()
    page.close()
    pictures = same_height(pictures)
    times = [MILLISECONDS] * (len(pictures) - 1) + [LAST]
    look = {"duration": times, "loop": 0, "quality": 50, "method": 6, "xmp": words.encode()}
    pictures[0].save(target, save_all=True, append_images=pictures[1:], **look)


def take_still(browser, made_by: str, steps: int, target: Path) -> None:
    """One picture, with twice as many pixels for fine screens."""
    widget = make(made_by)
    words = words_of(widget)
    widget.advance(steps)
    page = browser.new_page(viewport=LOOK, device_scale_factor=1.5)
    opened = OpenPage(page, widget)
    shot(page).save(target, quality=70, method=6, xmp=words.encode())
    opened.close()
    page.close()


def main() -> None:
    """Take all pictures."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=FLAGS)
        take_moving(browser, DOCS / f"{MOVING[0]}.webp")
        for name, made_by, steps in STILL:
            take_still(browser, made_by, steps, DOCS / f"{name}.webp")
        browser.close()
    for name in (MOVING[0], *(name for name, *_ in STILL)):
        target = DOCS / f"{name}.webp"
        print(f"docs/{target.name}: {Image.open(target).size}, {target.stat().st_size // 1000} KB")


if __name__ == "__main__":
    main()
