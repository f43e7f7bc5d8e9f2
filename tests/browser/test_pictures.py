"""A few widgets against pictures that were looked at: has something moved, gone or changed its colour?

The pictures in `pictures/` are half as large as the page. They are renewed, and then looked at, by

    CNNLIB_RENEW_PICTURES=1 python -m pytest tests/browser/test_pictures.py

The font is the one that matplotlib ships, so that they are the same on every machine with Chromium.
"""

import base64
import io
import os
from pathlib import Path

import numpy as np
import pytest
from matplotlib import get_data_path
from PIL import Image

pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

from tools.screenshots import THEMES, OpenPage, make

KEPT = Path(__file__).parent / "pictures"
WIDTH = 860
LINES = {
    "contours": "ContourExplorer(optimizer='Momentum')",
    "convolution": "ConvolutionMicroscope",
    "descent": "DescentExplorer",
    "losses": "LossExplorer",
    "playground": "Playground(dataset='spiral', neurons=[[4, 2, 0, 0, 0, 0]], seed=0.50025, epoch=20)",
    "xray": "NetworkXRay",
}
BLOCK = 8  # pixels of a kept picture along a side of a block
CHANGED = 12.0  # mean difference, of 255, from which on a block counts as changed
MOST = 4  # two runs differ in none, a kept picture of 256 colours in 2, the least planted fault in 8
FONTS = {400: "DejaVuSans.ttf", 700: "DejaVuSans-Bold.ttf"}


def font_style():
    """The font as CSS, whatever the machine has."""
    rules = [":root { --jp-ui-font-family: 'Kept'; }"]
    for weight, name in FONTS.items():
        data = base64.b64encode((Path(get_data_path()) / "fonts" / "ttf" / name).read_bytes()).decode()
        source = f"font-weight: {weight}; src: url(data:font/ttf;base64,{data})"
        rules.append(f"@font-face {{ font-family: 'Kept'; {source}; }}")
    return "\n".join(rules)


def shot(page, line, theme, spoil=""):
    """A widget as an array (H, W, 3), half as large; `spoil` is a script that plants a fault."""
    page.set_viewport_size({"width": WIDTH + 24, "height": 690})
    one = OpenPage(page, make(line), theme, style=font_style())
    page.evaluate("Promise.all([400, 700].map((weight) => document.fonts.load(`${weight} 12px Kept`)))")
    if spoil:
        page.evaluate(spoil)
    for width in (WIDTH + 25, WIDTH + 24):  # drawn anew, with the font
        page.set_viewport_size({"width": width, "height": 690})
        page.wait_for_timeout(150)
    data = page.locator(".cnn-widget").screenshot(animations="disabled", caret="hide")
    one.close()
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB").reduce(2))


def changed(kept, now):
    """Number of blocks of a picture that have changed; all of them if its size has, by more than a line."""
    if abs(kept.shape[0] - now.shape[0]) > BLOCK or kept.shape[1] != now.shape[1]:
        return kept.size // (3 * BLOCK**2)
    rows, columns = (min(kept.shape[i], now.shape[i]) // BLOCK for i in (0, 1))
    kept, now = (one[: rows * BLOCK, : columns * BLOCK].astype(float) for one in (kept, now))
    apart = np.abs(kept - now)
    means = apart.reshape(rows, BLOCK, columns, BLOCK, 3).mean(axis=(1, 3, 4))
    return int((means > CHANGED).sum())


@pytest.fixture(scope="module")
def page(browser):
    page = browser.new_page(device_scale_factor=1)
    yield page
    page.close()


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", LINES)
def test_it_looks_as_it_did_when_it_was_last_looked_at(page, tmp_path, name, theme):
    now, path = shot(page, LINES[name], theme), KEPT / f"{name}_{theme}.png"
    if os.environ.get("CNNLIB_RENEW_PICTURES"):
        Image.fromarray(now).quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    found = changed(np.asarray(Image.open(path).convert("RGB")), now)
    print(name, theme, found)
    Image.fromarray(now).save(tmp_path / path.name)
    assert found <= MOST, f"{found} blocks differ: compare {path} with {tmp_path / path.name}"


FAULTS = {
    "a line's colour": """(() => {
      const { picture } = document.querySelector('.cnn-picture > canvas');
      const marks = picture.scene.panels.flatMap((panel) => panel.marks);
      for (const mark of marks) if (mark.color === 'path') mark.color = 'green';
    })()""",
    "no large number": "document.querySelector('.cnn-large').style.visibility = 'hidden'",
    "a moved button": "document.querySelector('.cnn-play').style.translate = '-8px'",
    "a smaller title": "document.querySelector('.cnn-title').style.fontSize = '16px'",
    "no cursor": """(() => {
      const { picture } = document.querySelector('.cnn-picture > canvas');
      for (const panel of picture.scene.panels) {
        const kept = panel.marks.filter((mark) => mark.kind !== 'cursor');
        panel.marks.splice(0, panel.marks.length, ...kept);
      }
    })()""",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_measure_finds_a_planted_fault(page, fault):
    sound = shot(page, LINES["descent"], "light")
    again = shot(page, LINES["descent"], "light")
    spoiled = shot(page, LINES["descent"], "light", FAULTS[fault])
    print(fault, changed(sound, again), changed(sound, spoiled))
    assert changed(sound, again) == 0
    assert changed(sound, spoiled) > MOST
