"""The widgets of notebooks 01 to 03 in a real page: clicks on maps, a drawn digit, keys, stepping."""

import pytest

SETUP = """from cnnlib import load_digits
from cnnlib.networks import load_digits_cnn
from cnnlib.widgets import *
small = load_digits_cnn(), load_digits()"""
CELLS = {
    "xray": "xray = NetworkXRay(*small)\nxray",
    "draw": "draw = NetworkXRay(*small, source='your drawing', layer='input')\ndraw",
    "sizes": "sizes = SizeExplorer()\nsizes",
    "losses": "losses = LossExplorer()\nlosses",
    "first": "first = FirstLoss()\nfirst",
    "chain": "chain = ChainRule(step=0)\nchain",
    "slope": "slope = GradientCheckExplorer()\nslope",
    "blame": "blame = BlameMicroscope(*small, row=0, column=0)\nblame",
    "update": "update = OneUpdate()\nupdate",
    "broken": "broken = BrokenBackward()\nbroken",
}
KEYS = [
    ("xray", "Number of the image", "ArrowRight", "xray.state['image']", "1"),
    ("sizes", "Kernel (pixels)", "End", "sizes.state['kernel_size']", "9"),
    ("losses", "Score of cat", "Home", "losses.state['cat']", "-12.0"),
    ("first", "Weights times", "End", "first.state['scale']", "10.0"),
    ("chain", "Step", "ArrowRight", "chain.state['step']", "1"),
    ("slope", "Step ε", "Home", "slope.state['step']", "1e-14"),
    ("blame", "Row", "ArrowRight", "blame.state['row']", "1"),
    ("update", "Step", "Home", "update.state['step']", "0"),
    ("broken", "Learning rate", "Home", "broken.state['rate']", "0.001"),
]


@pytest.fixture(scope="module")
def book(notebook):
    """One notebook with all of them; the first cell only imports, so that each names its own."""
    book = notebook("networks", *[f"{SETUP}\n{cell}" for cell in CELLS.values()])
    for index in range(len(CELLS)):
        view = book.widget(index)
        view.scroll_into_view_if_needed()
        view.locator(".cnn-text:not(:empty)").wait_for(timeout=60_000)
    return book


def view_of(book, name):
    return book.widget(list(CELLS).index(name))


def becomes(book, expression, expected):
    """Wait until an expression in the kernel prints what is expected."""
    for _ in range(100):
        seen = book.run(f"print({expression})")
        if seen == expected:
            return
        book.page.wait_for_timeout(100)
    raise AssertionError(f"{expression} is {seen}, expected {expected}")


def at(view, x, y):
    """A point of the picture, in shares of its width and height, as page coordinates."""
    canvas = view.locator(".cnn-picture canvas")
    canvas.evaluate("node => node.scrollIntoView({block: 'center'})")
    view.page.wait_for_timeout(300)
    box = canvas.bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


@pytest.mark.parametrize(("name", "label", "key", "expression", "expected"), KEYS)
def test_sliders_answer_to_keys_and_the_sentence_follows(book, name, label, key, expression, expected):
    view = view_of(book, name)
    before = view.locator(".cnn-text").inner_text()
    slider, more = view.get_by_label(label, exact=True), view.get_by_role("button", name="More", exact=True)
    hidden = not slider.is_visible()
    if hidden:
        more.click()
    slider.focus()
    book.page.keyboard.press(key)
    becomes(book, expression, expected)
    sentence = book.run(f"print({name}.text)")
    assert sentence != before
    view.locator(".cnn-text", has_text=sentence).wait_for(timeout=10_000)
    if hidden:
        more.click()
    assert not book.errors


def test_a_click_on_a_map_opens_its_unit(book):
    view = view_of(book, "xray")
    book.page.mouse.click(*at(view, 0.222, 0.16))
    becomes(book, "xray.state['layer'], xray.state['channel']", "convolution 1 0")
    book.page.mouse.click(*at(view, 0.88, 0.3))
    becomes(book, "xray.state['layer']", "scores")
    view.locator(".cnn-text", has_text="Score of the digit").wait_for(timeout=10_000)


def test_a_click_asks_for_the_blame_of_a_unit(book):
    view = view_of(book, "blame")
    book.page.mouse.click(*at(view, 0.61, 0.6))
    becomes(book, "blame.state['layer']", "convolution 1")
    view.locator(".cnn-text", has_text="Convolution 1").wait_for(timeout=10_000)


def test_a_digit_drawn_with_the_mouse_is_guessed(book):
    view, mouse = view_of(book, "draw"), book.page.mouse
    mouse.move(*at(view, 0.082, 0.24))
    mouse.down()
    for step in range(13):
        mouse.move(*at(view, 0.082, 0.24 + 0.0145 * step))
        book.page.wait_for_timeout(60)
    mouse.up()
    becomes(book, "draw.facts['guess'], draw.facts['ink'] > 6", "1 True")
    view.get_by_role("button", name="Clear the drawing").click()
    becomes(book, "draw.facts['ink']", "0.0")


def test_the_chain_rule_is_stepped_and_rewound_by_buttons(book):
    view = view_of(book, "chain")
    view.get_by_role("button", name="Rewind").click()
    becomes(book, "chain.state['step']", "0")
    view.get_by_role("button", name="Step", exact=True).click()
    becomes(book, "chain.state['step']", "1")
    view.locator(".cnn-text", has_text="forwards: p = w · x").wait_for(timeout=10_000)
