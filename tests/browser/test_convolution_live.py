"""A convolution's way back in a real page: mouse, keys, a finger, and Play to the end."""

import pytest

BACK = "from cnnlib.widgets import ConvolutionBackward\nback = ConvolutionBackward()\nback"
PIXEL = "from cnnlib.widgets import PixelInWindows\npixel = PixelInWindows()\npixel"
PLACE = """(canvas, [name, column, row]) => {
  const area = canvas.getBoundingClientRect();
  const box = canvas.picture.boxes.find((one) => one.panel.name === name);
  return [area.left + box.x(column), area.top + box.y(row)];
}"""


@pytest.fixture(scope="module")
def book(notebook):
    return notebook("convolution", BACK, PIXEL)


def place(view, panel, column, row):
    """Where a cell of a panel lies on the page."""
    canvas = view.locator("canvas").first
    canvas.evaluate("node => node.scrollIntoView({block: 'center'})")
    view.page.wait_for_timeout(300)
    return canvas.evaluate(PLACE, [panel, column, row])


def says(view, words):
    view.locator(".cnn-text", has_text=words).wait_for(timeout=30_000)


def test_mouse_keys_and_play_move_the_steps(book):
    view = book.widget(0)
    says(view, "Step 4 of 9, output by output")
    view.get_by_role("button", name="Rewind").click()
    says(view, "Step 0 of 9: nothing has gone back yet.")
    book.page.mouse.click(*place(view, "first", 2, 1))
    says(view, "Step 6 of 9, output by output: dy at row 1, column 2")
    view.get_by_label("Step", exact=True).focus()
    book.page.keyboard.press("ArrowLeft")
    says(view, "Step 5 of 9")
    book.page.mouse.click(*place(view, "matrix", 2, 2))
    says(view, "Step 14 of 25, row by row")
    view.get_by_label("Stride (pixels)", exact=True).focus()
    book.page.keyboard.press("End")
    says(view, "of 25, row by row")
    view.get_by_role("button", name="Play").click()
    says(view, "Finished: the four readings differ by 0.")
    assert book.errors == []


def test_a_pixel_is_chosen_by_mouse_and_keys(book):
    view = book.widget(1)
    says(view, "lies in 4 of the 4 windows")
    book.page.mouse.click(*place(view, "dx", 0, 2))
    says(view, "Pixel row 2, column 0 lies in 1 of the 4 windows")
    view.get_by_label("Row of the pixel", exact=True).focus()
    book.page.keyboard.press("ArrowLeft")
    says(view, "Pixel row 1, column 0 lies in 2 of the 4 windows")
    assert book.errors == []


def test_a_finger_chooses_a_reading_and_a_step(desk):
    name = desk.lab.notebook("finger.ipynb", BACK)
    with desk.opened(name, touch=True, size={"width": 390, "height": 844}) as page:
        view = page.locator(".cnn-widget").first
        says(view, "Step 4 of 9, output by output")
        view.get_by_role("radio", name="weight by weight").tap()
        says(view, "Step 4 of 9, weight by weight: weight row 1, column 0")
        page.touchscreen.tap(*place(view, "second", 1, 2))
        says(view, "Step 8 of 9, weight by weight: weight row 2, column 1")
