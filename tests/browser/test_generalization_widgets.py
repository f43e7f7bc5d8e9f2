"""The widgets of generalization in a real page: mouse, touch and keyboard move them, the sentence follows."""

import os
from pathlib import Path

import pytest

CELLS = (
    "from cnnlib.widgets import MemoriseExplorer\nmemory = MemoriseExplorer(epoch=0)\nmemory",
    "from cnnlib.widgets import CalibrationExplorer\nsure = CalibrationExplorer()\nsure",
)
SPOT = """(canvas, [panel, x, y]) => {
  const box = canvas.picture.boxes[panel], area = canvas.getBoundingClientRect();
  return [area.left + box.x(x), area.top + box.y(y)];
}"""


@pytest.fixture(scope="module")
def book(desk):
    """Both widgets in one page that can be touched too."""
    errors = []

    def hear(error):
        errors.append(str(error))

    with desk.opened(desk.lab.notebook("generalization.ipynb", *CELLS), touch=True) as page:
        page.on("pageerror", hear)
        for index in (0, 1):
            page.locator(".cnn-widget").nth(index).locator(".cnn-text:not(:empty)").wait_for(timeout=120_000)
        yield page
        page.remove_listener("pageerror", hear)
    assert errors == []


def see(widget, words):
    widget.locator(".cnn-text", has_text=words).wait_for(timeout=30_000)


def spot(widget, panel, x, y):
    """Where on the page a point of a panel lies."""
    widget.scroll_into_view_if_needed()
    return widget.locator(".cnn-picture > canvas").evaluate(SPOT, [panel, x, y])


def test_memorising_plays_and_is_dragged_back(book):
    widget = book.locator(".cnn-widget").nth(0)
    widget.scroll_into_view_if_needed()
    see(widget, "No epoch yet: 200 images with true labels wait")
    widget.get_by_label("Labels replaced at random").select_option(index=3)
    see(widget, "200 of the labels drawn anew")
    widget.get_by_role("button", name="Play").click()
    see(widget, "After epoch 60 on 200 images")
    see(widget, "100 % of the training images get the label they were given")
    book.mouse.move(*spot(widget, 1, 60, 50))
    book.mouse.down()
    book.mouse.move(*spot(widget, 1, 20, 50), steps=6)
    book.mouse.up()
    see(widget, "After epoch 20 on 200 images")


def test_memorising_answers_the_keyboard(book):
    widget = book.locator(".cnn-widget").nth(0)
    widget.get_by_label("Epoch", exact=True).focus()
    book.keyboard.press("Home")
    see(widget, "No epoch yet")
    book.keyboard.press("ArrowRight")
    see(widget, "After epoch 1 on 200 images")
    widget.get_by_role("radio", name="100", exact=True).focus()
    book.keyboard.press("Space")
    see(widget, "on 100 images")


def test_the_temperature_is_dragged_by_mouse_and_by_finger(book):
    widget = book.locator(".cnn-widget").nth(1)
    see(widget, "At temperature 1.00 the network is 87 % sure on average and 76 % right: too sure.")
    book.mouse.move(*spot(widget, 2, 1.0, 15))
    book.mouse.down()
    book.mouse.move(*spot(widget, 2, 1.75, 15), steps=6)
    book.mouse.up()
    see(widget, "At temperature 1.7")
    assert "reached" in widget.inner_text()
    session = book.context.new_cdp_session(book)
    for kind, places in (
        ("touchStart", [1.75]),
        ("touchMove", [2.5]),
        ("touchMove", [3.0]),
        ("touchEnd", []),
    ):
        points = [dict(zip("xy", spot(widget, 2, place, 15), strict=True)) for place in places]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        book.wait_for_timeout(60)
    see(widget, "too modest")


def test_the_temperature_answers_the_keyboard_and_another_network_is_chosen(book):
    widget = book.locator(".cnn-widget").nth(1)
    widget.get_by_label("Temperature", exact=True).focus()
    book.keyboard.press("Home")
    see(widget, "At temperature 0.25")
    widget.get_by_role("radio", name="label smoothing").click()
    widget.get_by_label("Temperature", exact=True).focus()
    book.keyboard.press("End")
    see(widget, "74 % right")
    assert widget.locator(".cnn-message").first.inner_text() == ""


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
@pytest.mark.parametrize("width", [1060, 800, 390])
def test_nothing_hangs_over_the_edge(book, theme, width):
    """Pictures of it go to the folder that CNNLIB_SHOTS names."""
    book.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', { theme })", theme)
    book.set_viewport_size({"width": width + 90, "height": 900})
    book.wait_for_timeout(1200)
    for index in (0, 1):
        widget = book.locator(".cnn-widget").nth(index)
        widget.scroll_into_view_if_needed()
        book.wait_for_timeout(500)
        assert widget.evaluate("el => el.scrollWidth <= el.clientWidth + 1")
        if folder := os.environ.get("CNNLIB_SHOTS"):
            widget.screenshot(path=Path(folder) / f"{index}_{theme[-5:].strip()}_{width}.png")
