"""A widget's life in a real page: its first picture, a busy kernel, a forgotten Play, an interrupt, a cut."""

import json
import urllib.request

import pytest

EXPLORER = "from cnnlib.widgets import DescentExplorer\nw = DescentExplorer()\nw"
TRAINING = "from cnnlib.widgets import TrainingView\nview = TrainingView()\nview"
GATE = "import pathlib, time\nwhile not pathlib.Path('gate').exists(): time.sleep(0.05)"
INK = "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v) => v)"


@pytest.fixture
def gated(lab, desk):
    """A notebook whose second cell runs until `gate` is opened."""
    (lab.folder / "gate").unlink(missing_ok=True)
    with desk.opened(lab.notebook("gated.ipynb", EXPLORER, GATE)) as page:
        yield page
        (lab.folder / "gate").touch()


def test_a_widget_is_drawn_and_right_while_later_cells_run(lab, gated):
    widget = gated.locator(".jp-CodeCell").first.locator(".cnn-widget")
    widget.locator(".cnn-text", has_text="After 10 steps the weight is −0.872").wait_for(timeout=30_000)
    assert gated.locator(".jp-CodeCell").nth(1).locator(".jp-InputPrompt").inner_text() == "[*]:"
    gated.wait_for_timeout(300)
    assert widget.locator("canvas").evaluate(INK)
    assert widget.get_by_label("Steps, exact value").input_value() == "10"
    assert not gated.locator(".jp-OutputArea img").first.is_visible()
    gated.wait_for_timeout(4500)  # longer than a learner's question may wait
    assert widget.locator(".cnn-silence").inner_text() == ""
    widget.get_by_label("Steps", exact=True).focus()
    gated.keyboard.press("ArrowRight")
    widget.locator(".cnn-silence", has_text="busy with another cell").wait_for(timeout=10_000)
    (lab.folder / "gate").touch()
    widget.locator(".cnn-text", has_text="After 11 steps").wait_for(timeout=10_000)
    assert widget.locator(".cnn-silence").inner_text() == ""


@pytest.fixture
def training(notebook):
    """A training view, at its beginning."""
    book = notebook("life", TRAINING)
    book.run("view.reset()")
    book.widget(0).get_by_role("button", name="Play").wait_for()
    return book


def activity(lab):
    """When the kernels last did something, as the server says."""
    with urllib.request.urlopen(f"{lab.url}/api/kernels") as answer:
        return {kernel["id"]: kernel["last_activity"] for kernel in json.load(answer)}


def test_interrupt_stops_what_plays_and_says_so(training):
    widget = training.widget(0)
    widget.get_by_role("button", name="Play").click()
    widget.get_by_role("button", name="Pause").wait_for()
    training.lab.command(training.page, "notebook:interrupt-kernel")
    widget.get_by_role("button", name="Play").wait_for(timeout=5000)
    assert "interrupted" in widget.locator(".cnn-message").first.inner_text()
    assert training.run("print(view.live.loop.running)") == "False"


def test_a_page_that_was_cut_off_while_playing_does_not_stay_behind(training):
    widget = training.widget(0)
    widget.get_by_role("button", name="Play").click()
    widget.get_by_role("button", name="Pause").wait_for()
    training.run(
        "send = view.live.page.send; view.live.page.send = lambda *lost: None; view.live.loop.stop()"
    )
    training.run("view.live.changed(); view.live.page.send = send")
    widget.get_by_role("button", name="Play").wait_for(timeout=10_000)


def test_a_forgotten_play_ends_and_lets_the_kernel_rest(training):
    training.run("from cnnlib.widgets.base import pace; pace.FORGOTTEN = 1.0")
    training.widget(0).get_by_role("button", name="Play").click()
    training.widget(0).get_by_role("button", name="Pause").wait_for()
    training.lab.command(training.page, "notebook:clear-all-cell-outputs")
    training.widget(0).wait_for(state="detached")
    training.page.wait_for_timeout(4000)
    before = activity(training.lab)
    training.page.wait_for_timeout(2500)
    assert activity(training.lab) == before
    assert training.run("print(view.live.loop.running)") == "False"
    training.run("pace.FORGOTTEN = 60.0")
    training.lab.run_all(training.page)
    training.widget(0).wait_for(timeout=20_000)
