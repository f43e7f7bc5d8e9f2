"""The first command of the README, as a learner meets it: notebook 00 opens, runs, trains, pauses."""

import re
import time

import pytest

from tests.course.test_course_server import free_port, started_lab

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
ACCURACY = re.compile(r"([\d.]+) % of the (?:last )?[\d,]+ validation images")


@pytest.fixture
def page(browser, tmp_path, monkeypatch):
    """JupyterLab as `python3 course.py` opens it, in Chromium; it saves nothing."""
    settings = tmp_path / "settings" / "@jupyterlab" / "docmanager-extension"
    settings.mkdir(parents=True)
    (settings / "plugin.jupyterlab-settings").write_text('{"autosave": false}')
    monkeypatch.setenv("JUPYTERLAB_SETTINGS_DIR", str(tmp_path / "settings"))
    monkeypatch.setenv("JUPYTERLAB_WORKSPACES_DIR", str(tmp_path / "workspaces"))
    with started_lab(tmp_path, "--port", str(free_port()), "--LabApp.expose_app_in_browser=True") as (_, log):
        address = wait_for(
            lambda: re.search(r"http://127\.0\.0\.1:\S+token=\w+", log.read_text()), 60
        ).group()
        context = browser.new_context(viewport={"width": 1200, "height": 1000})
        page = context.new_page()
        page.goto(address)
        yield page
        context.close()


def wait_for(look, seconds):
    """Call `look` until it returns something; return that."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited {seconds} s in vain")


#: The cell that trains for three epochs: every other run of this notebook does, notebooks/ among the tests.
SHORTER = """() => {
  const long = jupyterapp.shell.currentWidget.content.widgets.map(({ model }) => model.sharedModel)
    .filter((cell) => cell.getSource().includes("epochs=3,"));
  for (const cell of long) cell.setSource(cell.getSource().replace("epochs=3,", "epochs=1,"));
  return long.length;
}"""


def run_all(page):
    """Run every cell of the notebook, one for a third of its time; return the errors in their outputs."""
    ready = "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
    page.wait_for_function(ready, timeout=90_000)
    assert page.evaluate(SHORTER) == 1
    page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")
    done = """() => jupyterapp.shell.currentWidget.content.widgets
        .filter(cell => cell.model.type === 'code').every(cell => cell.model.executionCount)"""
    page.wait_for_function(done, timeout=120_000)
    return page.evaluate(
        """() => jupyterapp.shell.currentWidget.content.widgets.filter(cell => cell.model.type === 'code')
        .flatMap(cell => cell.model.outputs.toJSON()).filter(output => output.output_type === 'error')"""
    )


def test_the_first_command_shows_a_network_in_training(page):
    assert run_all(page) == []
    assert page.evaluate("jupyterapp.shell.currentWidget.context.path") == "notebooks/00_start_here.ipynb"

    check = page.get_by_role("group", name="Is everything here?")
    check.scroll_into_view_if_needed()
    check.get_by_role("button", name="Press me").click()
    playwright.expect(check.locator(".cnn-text")).to_contain_text("1 press has arrived")

    for question in ("what share of the test images", "How many of the training images"):
        card = page.get_by_role("group", name="Predict").filter(has_text=question)
        card.scroll_into_view_if_needed()  # till both are answered or passed over the view stays covered
        card.get_by_role("button", name="Show without a guess").click()
    view = page.get_by_role("group", name="A small network learns to read digits")
    view.scroll_into_view_if_needed()
    words = view.locator(".cnn-text")
    playwright.expect(words).to_contain_text("Before the first step")
    view.get_by_role("button", name="Play").click()
    wait_for(lambda: (found := ACCURACY.search(words.inner_text())) and float(found[1]) > 95, 60)

    view.get_by_role("button", name="Pause").click()
    playwright.expect(view.get_by_role("button", name="Play")).to_be_visible()
    paused = words.inner_text()
    page.wait_for_timeout(1000)
    assert words.inner_text() == paused and float(ACCURACY.search(paused)[1]) > 90

    view.get_by_role("button", name="Rewind").click()
    playwright.expect(words).to_contain_text("Before the first step")
