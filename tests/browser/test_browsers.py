"""A page of the site in Firefox and WebKit (Safari's engine): it moves a recording, goes live, answers."""

import json
import sys

import pytest

from tests.browser import firefox, webkit
from tests.browser.live import FIND, PASSED

ERRORS = "globalThis.said = []; addEventListener('error', ({ message }) => said.push(message))"
RIGHT = "\ue014"  # the key →, as WebDriver names it
#: Of WebKit there is a build to be driven for Linux alone.
BROWSERS = ["Firefox", *(["WebKit"] if sys.platform == "linux" else [])]


@pytest.fixture(scope="module", params=BROWSERS)
def browser(request, tmp_path_factory):
    profile = tmp_path_factory.mktemp(request.param)
    if request.param == "Firefox":
        if firefox.FIREFOX is None:
            pytest.skip("no Firefox found: install it (Debian: apt-get install firefox-esr)")
        made = firefox.Firefox(profile)
    else:
        if not (webkit.DRIVER and webkit.BROWSER and webkit.SCREEN):
            pytest.skip("no WebKit found: install it (Debian: apt-get install webkit2gtk-driver xvfb)")
        made = webkit.WebKit(profile)
    made.prepare(f"{ERRORS}; localStorage['cnnlib.record'] ??= {json.dumps(PASSED)}")
    yield made
    made.close()


def slide(browser, box):
    """Move the first slider of a view by keys; return its sentence before and after."""
    words = f"{box}.querySelector('.cnn-text').textContent"
    browser.wait(f"({words}) !== ''")
    before = browser.evaluate(words)
    browser.evaluate(f"{box}.querySelector('input[type=range]').focus() ?? 0")
    browser.press(RIGHT, RIGHT, RIGHT)
    browser.wait(f"({words}) !== {json.dumps(before)}", 30)
    return before, browser.evaluate(words)


def test_a_page_goes_live_and_a_slider_moves_its_sentence(browser, server, has_python):
    browser.open(server + "notebooks/05_gradient_descent.html")
    index = browser.evaluate(f"({FIND})('DescentExplorer(')")
    button = f"cnnNotebook.cells[{index}].element.querySelector('.cnn-live-it')"
    browser.evaluate(f"{button}.scrollIntoView({{ block: 'center', behavior: 'instant' }}) ?? 0")
    area = browser.evaluate(f"{button}.getBoundingClientRect()")
    browser.click(area["x"] + area["width"] / 2, area["y"] + area["height"] / 2)
    box = f"cnnNotebook.cells[{index}].element.querySelector('.cnn-live .cnn-widget')"
    browser.wait(f"{box} !== null")
    before, after = slide(browser, box)
    assert before != after and browser.evaluate("cnnNotebook.python.state") == "here"
    picture = f"cnnNotebook.cells[{index}].element.querySelector('.cnn-picture > img')"
    assert not browser.evaluate(f"{picture}.checkVisibility()") and browser.evaluate("said") == []


def test_a_recording_moves(browser, server):
    browser.open(server + "notebooks/02_loss.html")
    index = browser.evaluate(f"({FIND})('ImageGallery(')")
    browser.evaluate(f"cnnNotebook.cells[{index}].element.scrollIntoView() ?? 0")
    box = f"cnnNotebook.cells[{index}].element.querySelector('.cnn-recorded .cnn-widget')"
    browser.wait(f"{box} !== null", 60)
    before, after = slide(browser, box)
    assert before != after and browser.evaluate("said") == []
