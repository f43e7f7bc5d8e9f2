"""The widgets of notebooks 05 to 08 in a real page: pointer, keyboard, Play and Rewind are answered."""

import re

import pytest

CELLS = (
    "from cnnlib.widgets import BasinMap\nbasin = BasinMap()\nbasin",
    "from cnnlib.widgets import ContourExplorer\nContourExplorer()",
    "from cnnlib.widgets import RateSweep\nsweep = RateSweep(copies=6, epochs=60, opening=0)\nsweep",
    "from cnnlib.widgets import InitExplorer\nInitExplorer(depth=3)",
    "from cnnlib.widgets import OptimizerRace\nOptimizerRace()",
    "from cnnlib.widgets import BatchNoise\nBatchNoise()",
    "from cnnlib.widgets import EscapeExplorer\nEscapeExplorer()",
    "from cnnlib.widgets import LineBetween, LossSlice\nLossSlice()",
    "LineBetween()",
    "from cnnlib.widgets import SeedHistogram\nSeedHistogram(width='1', opening=0)",
    "from cnnlib.widgets import FilterWatch\nFilterWatch()",
    "from cnnlib.widgets import ScheduleExplorer\nScheduleExplorer(epochs=1)",
)


@pytest.fixture
def book(notebook):
    """One notebook with all of them."""
    book = notebook("descent", *CELLS)
    for index in range(len(CELLS)):
        book.widget(index).locator(".cnn-text:not(:empty)").wait_for(timeout=60_000)
    return book


def see(widget, words, seconds=15):
    """Wait until the text line holds `words`."""
    widget.locator(".cnn-text", has_text=words).wait_for(timeout=1000 * seconds)


def spot(widget, panel, x, y):
    """Where on the page the point (x, y) of a panel lies, in the panel's own coordinates."""
    widget.scroll_into_view_if_needed()
    script = """(canvas, [panel, x, y]) => {
      const box = canvas.picture.boxes[panel], area = canvas.getBoundingClientRect();
      return [area.left + box.x(x), area.top + box.y(y)];
    }"""
    return widget.locator(".cnn-picture > canvas").evaluate(script, [panel, x, y])


def test_a_click_on_the_basin_map_runs_that_descent(book):
    widget = book.widget(0)
    book.page.mouse.click(*spot(widget, 1, 2.0, -1.0))
    see(widget, "in the global minimum C")
    assert float(book.run("print(basin.state['start'])")) == pytest.approx(2.0, abs=0.05)
    assert float(book.run("print(basin.state['rate'])")) == pytest.approx(0.1, rel=0.1)


def test_the_map_is_dragged_across(book):
    widget = book.widget(0)
    book.page.mouse.move(*spot(widget, 1, 2.0, -1.0))
    book.page.mouse.down()
    book.page.mouse.move(*spot(widget, 1, -0.2, -1.0), steps=6)
    book.page.mouse.up()
    see(widget, "in the false minimum B")


def test_the_start_is_dragged_over_the_contours(book):
    widget = book.widget(1)
    book.page.mouse.move(*spot(widget, 0, -2.5, 2.0))
    book.page.mouse.down()
    book.page.mouse.move(*spot(widget, 0, 2.0, 1.0), steps=6)
    book.page.mouse.up()
    box = widget.get_by_label("Start, weight 1, exact value")
    assert float(box.input_value().replace("−", "-")) == pytest.approx(2.0, abs=0.1)


def test_the_sweep_plays_pauses_and_rewinds(book):
    widget = book.widget(2)
    widget.scroll_into_view_if_needed()
    see(widget, "No step yet: 6 networks")
    widget.get_by_role("button", name="Play").click()
    see(widget, "crawling:")
    widget.get_by_role("button", name="Pause").click()
    widget.get_by_role("button", name="Play").wait_for()
    done = int(book.run("print(len(sweep.losses))"))
    widget.get_by_label("Step (drag to rewind), exact value").fill("5")
    book.page.keyboard.press("Enter")
    see(widget, "After 5 steps")
    assert int(book.run("print(len(sweep.losses))")) == done >= 5


def test_scales_train_live_and_the_slider_answers(book):
    widget = book.widget(3)
    widget.scroll_into_view_if_needed()
    widget.get_by_role("button", name="Step").click()
    see(widget, "After 31 steps the")
    widget.get_by_label("Scale (He is 1)", exact=True).focus()
    book.page.keyboard.press("Home")
    see(widget, "Scale 0.1:")


@pytest.mark.parametrize("index", range(len(CELLS)))
def test_every_widget_answers_a_key_and_breaks_nothing(book, index):
    widget = book.widget(index)
    widget.scroll_into_view_if_needed()
    before = widget.locator(".cnn-text").inner_text()
    slider = widget.locator("input[type=range]").first
    if slider.count():
        slider.focus()
        book.page.keyboard.press("End")
        book.page.keyboard.press("Home")
    else:
        widget.get_by_role("radio").nth(1).click()
    book.page.wait_for_timeout(800)
    assert re.search(r"\w", widget.locator(".cnn-text").inner_text()) and before
    assert widget.locator(".cnn-message").first.inner_text() == "" and book.errors == []
