"""A page of the site in Firefox: it loads, a recording moves, it goes live, a slider changes its sentence."""

import json

import pytest

from tests.browser.firefox import FIREFOX, Firefox
from tests.browser.test_live_pages import FIND, PASSED, has_python, site  # noqa: F401  (fixtures)
from tests.browser.test_site import server  # noqa: F401  (a fixture)

ERRORS = "globalThis.said = []; addEventListener('error', ({ message }) => said.push(message))"
RIGHT = "\ue014"  # the key →, as WebDriver names it


@pytest.fixture(scope="module")
def firefox(tmp_path_factory):
    if FIREFOX is None:
        pytest.skip("no Firefox found: install it (Debian: apt-get install firefox-esr)")
    browser = Firefox(tmp_path_factory.mktemp("firefox"))
    script = f"() => {{ {ERRORS}; localStorage['cnnlib.record'] ??= {json.dumps(PASSED)} }}"
    browser.ask("script.addPreloadScript", functionDeclaration=script)
    yield browser
    browser.close()


def slide(firefox, box):
    """Move the first slider of a view by keys; return its sentence before and after."""
    words = f"{box}.querySelector('.cnn-text').textContent"
    firefox.wait(f"({words}) !== ''")
    before = firefox.evaluate(words)
    firefox.evaluate(f"{box}.querySelector('input[type=range]').focus() ?? 0")
    firefox.press(RIGHT, RIGHT, RIGHT)
    firefox.wait(f"({words}) !== {json.dumps(before)}", 30)
    return before, firefox.evaluate(words)


def test_a_page_goes_live_in_firefox_and_a_slider_moves_its_sentence(firefox, server, has_python):  # noqa: F811
    firefox.open(server + "notebooks/05_gradient_descent.html")
    index = firefox.evaluate(f"({FIND})('DescentExplorer(')")
    button = f"cnnNotebook.cells[{index}].element.querySelector('.cnn-live-it')"
    firefox.evaluate(f"{button}.scrollIntoView({{ block: 'center', behavior: 'instant' }}) ?? 0")
    area = firefox.evaluate(f"{button}.getBoundingClientRect()")
    firefox.click(area["x"] + area["width"] / 2, area["y"] + area["height"] / 2)
    box = f"cnnNotebook.cells[{index}].element.querySelector('.cnn-live .cnn-widget')"
    firefox.wait(f"{box} !== null")
    before, after = slide(firefox, box)
    assert before != after and firefox.evaluate("cnnNotebook.python.state") == "here"
    picture = f"cnnNotebook.cells[{index}].element.querySelector('.cnn-picture > img')"
    assert not firefox.evaluate(f"{picture}.checkVisibility()") and firefox.evaluate("said") == []


def test_a_recording_moves_in_firefox(firefox, server):  # noqa: F811
    firefox.open(server + "notebooks/02_loss.html")
    index = firefox.evaluate(f"({FIND})('ImageGallery(')")
    firefox.evaluate(f"cnnNotebook.cells[{index}].element.scrollIntoView() ?? 0")
    box = f"cnnNotebook.cells[{index}].element.querySelector('.cnn-recorded .cnn-widget')"
    firefox.wait(f"{box} !== null", 60)
    before, after = slide(firefox, box)
    assert before != after and firefox.evaluate("said") == []
