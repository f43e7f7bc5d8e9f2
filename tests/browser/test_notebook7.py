"""A widget in Jupyter Notebook 7, which many know better than JupyterLab: a slider moves it."""

import pytest

from tests.browser.lab import BUSY, Lab

pytest.importorskip("notebook", reason="pip install notebook")

CELL = "from cnnlib.widgets import DescentExplorer\nDescentExplorer(rate=0.1)"


@pytest.fixture(scope="module")
def server(browser, tmp_path_factory):
    found = Lab(tmp_path_factory.mktemp("notebook7"), course=False, program="notebook")
    yield found
    found.close()


def test_a_widget_answers_in_jupyter_notebook(server, browser):
    context = browser.new_context(viewport={"width": 1200, "height": 1000})
    page = context.new_page()
    page.goto(f"{server.url}/notebooks/{server.notebook('slope.ipynb', CELL)}")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=BUSY)
    page.wait_for_function("window.jupyterapp !== undefined", timeout=BUSY)
    page.wait_for_function(
        "jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'", timeout=BUSY
    )
    server.run_all(page)
    view = page.locator(".cnn-widget")
    sentence = view.locator(".cnn-text:not(:empty)")
    sentence.wait_for(timeout=BUSY)
    before = sentence.inner_text()
    view.locator("input[type=range]").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "before => document.querySelector('.cnn-text').textContent !== before", arg=before, timeout=BUSY
    )
    context.close()
