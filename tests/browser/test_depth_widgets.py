"""The widgets of deep networks in a real page: pointer, finger and keyboard are answered."""

import pytest

CELLS = (
    "from cnnlib.widgets import NormalizationSteps\nsteps = NormalizationSteps(step=0)\nsteps",
    "from cnnlib.widgets import DepthExplorer\ndeep = DepthExplorer(depth=10)\ndeep",
)


@pytest.fixture(scope="module")
def book(notebook):
    """One notebook with both."""
    book = notebook("depth", *CELLS)
    for index in range(len(CELLS)):
        book.widget(index).locator(".cnn-text:not(:empty)").wait_for(timeout=60_000)
    return book


def see(widget, words, seconds=30):
    """Wait until the text line holds `words`."""
    widget.locator(".cnn-text", has_text=words).wait_for(timeout=1000 * seconds)


def test_step_by_mouse_and_the_line_of_time_dragged(book):
    widget = book.widget(0)
    widget.scroll_into_view_if_needed()
    book.run("steps.reset()")
    widget.get_by_role("button", name="Step").click()
    see(widget, "Step 1 of 17, forwards: m, the mean of the four numbers, is 3.00.")
    canvas = widget.locator("canvas").first
    area, script = canvas.bounding_box(), "(c, x) => c.picture.boxes[0].x(x)"
    here, there = (area["x"] + canvas.evaluate(script, at) for at in (1, 14))
    book.page.mouse.move(here, area["y"] + 0.5 * area["height"])
    book.page.mouse.down()
    book.page.mouse.move(there, area["y"] + 0.5 * area["height"], steps=8)
    book.page.mouse.up()
    see(widget, "Step 14 of 17, backwards to dc: a second share comes from v; both together are 0.38")


def test_numbers_are_moved_by_the_keyboard(book):
    widget = book.widget(0)
    book.run("steps.reset(); steps.set_state(step=1)")
    see(widget, "is 3.00.")
    widget.get_by_role("button", name="More").click()
    slider = widget.get_by_role("slider", name="x[3]").first
    slider.focus()
    for _ in range(4):
        book.page.keyboard.press("ArrowLeft")
    see(widget, "Step 1 of 17, forwards: m, the mean of the four numbers, is 2.90.")


def test_the_upstream_gradient_is_chosen(book):
    widget = book.widget(0)
    book.run("steps.reset(); steps.set_state(step=17)")
    widget.get_by_text("1, 1, 1, 1", exact=True).click()
    see(widget, "both together are 0.000, 0.000, 0.000, 0.000")


def test_layers_by_the_keyboard_and_four_networks_train(book):
    widget = book.widget(1)
    widget.scroll_into_view_if_needed()
    see(widget, "10 layers. On its way back the gradient")
    widget.get_by_role("slider", name="Layers").first.focus()
    book.page.keyboard.press("ArrowLeft")
    see(widget, "8 layers. ")
    widget.get_by_role("radio", name="residual").click()
    book.page.wait_for_timeout(300)
    assert book.run("print(deep.state['follow'])").strip() == "residual"
    widget.get_by_role("button", name="More").click()
    widget.get_by_text("how alike", exact=True).click()
    book.page.wait_for_timeout(300)
    assert book.run("print(deep.state['shows'])").strip() == "how alike two images are"
    widget.get_by_role("button", name="More").click()
    widget.get_by_role("button", name="Play").click()
    see(widget, "Loss after 90 steps: plain", seconds=90)
    assert not book.errors


def test_a_finger_steps_and_ticks(desk):
    name = desk.lab.notebook("depth_touch.ipynb", *CELLS)
    with desk.opened(name, touch=True, size={"width": 390, "height": 900}) as page:
        steps, deep = (page.locator(".jp-CodeCell").nth(i).locator(".cnn-widget") for i in range(2))
        steps.locator(".cnn-text:not(:empty)").wait_for(timeout=60_000)
        steps.get_by_role("button", name="Step").tap()
        see(steps, "Step 1 of 17")
        deep.scroll_into_view_if_needed()
        deep.get_by_role("button", name="More").tap()
        deep.get_by_label("Residual blocks start at 0").tap()
        see(deep, "residual ×\u00a01, both ×\u00a01")
