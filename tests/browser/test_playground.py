"""The playground in a real JupyterLab: the mouse on the picture, the keyboard, playing and pausing."""

import re

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
CELLS = """
from cnnlib.widgets import Playground
view = Playground(dataset="spiral", neurons=[[8, 8, 0, 0, 0, 0]], seed=0.50025)
view
"""


@pytest.fixture(scope="module")
def page(lab, browser):
    """A notebook with one playground, run."""
    context = browser.new_context(viewport={"width": 1300, "height": 1300})
    lab.notebook("playground.ipynb", CELLS)
    page = lab.open(context, "playground.ipynb")
    view(page).locator(".cnn-text").filter(has_text="Epoch 0").wait_for(timeout=60_000)
    yield page
    context.close()


def view(page):
    return page.get_by_role("group", name="Playground")


def words(page):
    return playwright.expect(view(page).locator(".cnn-text"))


def network_point(page, x, y):
    """Where a point of the network's panel (nodes are 1 wide) lies on the canvas, in pixels."""
    box = view(page).locator("canvas").bounding_box()
    width, height = box["width"] * 7 / 11 - 5 - 8, box["height"] - 12
    scale = min(width / 14.8, height / 12.2)
    left, top = 4 + (width - 14.8 * scale) / 2, 8 + (height - 12.2 * scale) / 2
    return {"x": left + x * scale, "y": top + (y + 1.7) * scale}


def test_a_click_on_a_feature_switches_it_on(page):
    canvas = view(page).locator("canvas")
    canvas.click(position=network_point(page, 2.4, 2 * 1.3 + 0.5))
    playwright.expect(view(page).get_by_label("X₁²", exact=True)).to_be_checked()
    canvas.click(position=network_point(page, 2.4, 2 * 1.3 + 0.5))
    playwright.expect(view(page).get_by_label("X₁²", exact=True)).not_to_be_checked()


def test_a_click_on_a_node_shows_its_map(page):
    canvas = view(page).locator("canvas")
    middle = 1.9 + (13.5 - 1.9) / 3 + 0.5
    canvas.click(position=network_point(page, middle, 4 * 1.3 + 0.5))
    playwright.expect(view(page).get_by_label("Large map")).to_have_value("node 1.5")
    canvas.click(position=network_point(page, middle, 4 * 1.3 + 0.5))
    playwright.expect(view(page).get_by_label("Large map")).to_have_value("output")


def test_pointing_at_a_node_shows_its_map(page):
    canvas = view(page).locator("canvas")
    middle = 1.9 + (13.5 - 1.9) / 3 + 0.5
    page.evaluate(
        """() => {
            const draw = CanvasRenderingContext2D.prototype.fillText;
            window.words = [];
            CanvasRenderingContext2D.prototype.fillText = function (text, ...where) {
                window.words.push(text);
                return draw.call(this, text, ...where);
            };
        }"""
    )
    canvas.hover(position=network_point(page, middle, 5 * 1.3 + 0.5))
    page.wait_for_function("window.words.some(word => word.startsWith('Node 1.6'))", timeout=10_000)
    page.evaluate("window.words.length = 0")
    canvas.hover(position=network_point(page, middle + 1.5, -1.5))
    page.wait_for_function("window.words.some(word => word.startsWith('Output'))", timeout=10_000)


def test_a_link_is_chosen_where_its_curve_runs_and_a_bias_tells_its_value(page):
    canvas = view(page).locator("canvas")
    first, second = 1.9 + (13.5 - 1.9) / 3, 1.9 + 2 * (13.5 - 1.9) / 3
    t, start, end = (
        0.3,
        0.5,
        7 * 1.3 + 0.5 - 0.125,
    )  # from the first feature to the last node, level at both ends
    place = network_point(page, 2.9 + t * (first - 2.9), start + (3 * t**2 - 2 * t**3) * (end - start))
    canvas.click(position=place)
    words(page).to_contain_text("Chosen: the weight from X₁ to node 1.8 is")
    canvas.hover(position=network_point(page, second - 0.06, 2 * 1.3 + 1.08))
    playwright.expect(view(page).locator(".cnn-tip")).to_have_text("bias: 0.1")
    canvas.click(position=network_point(page, first - 0.06, 1.08))
    words(page).to_contain_text("Chosen: the bias of node 1.1 is 0.1.")
    view(page).get_by_label("from (0: bias)", exact=True).focus()
    page.keyboard.press("ArrowRight")
    words(page).to_contain_text("Chosen: the weight from X₁ to node 1.1 is")


def test_play_trains_pause_stops_and_the_keyboard_rewinds(page):
    group = view(page)
    group.get_by_role("button", name="Play").click()
    words(page).to_contain_text(re.compile(r"Epoch \d{3,}"), timeout=30_000)
    group.get_by_role("button", name="Pause").click()
    playwright.expect(group.get_by_role("button", name="Play")).to_be_visible()
    text = group.locator(".cnn-text").inner_text()
    page.wait_for_timeout(600)
    assert group.locator(".cnn-text").inner_text() == text
    slider = group.get_by_label("Rewind to epoch", exact=True)
    slider.focus()
    page.keyboard.press("Home")
    words(page).to_contain_text("Epoch 0: training loss 0.505, test loss 0.521.")
    page.keyboard.press("ArrowRight")
    words(page).to_contain_text("Epoch 1: training loss 0.491, test loss 0.480.")


def test_the_keyboard_alone_changes_a_weight_and_a_bias(page):
    group = view(page)
    group.get_by_label("Value", exact=True).focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("2,5")
    page.keyboard.press("Enter")
    words(page).to_contain_text("the weight from X₁ to node 1.1 is 2.5.")
    group.get_by_label("from (0: bias)", exact=True).focus()
    page.keyboard.press("Home")
    words(page).to_contain_text("the bias of node 1.1 is")
    group.get_by_label("Value", exact=True).focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("much")
    page.keyboard.press("Enter")
    message = group.locator(".cnn-message").first
    playwright.expect(message).to_contain_text("Value: expected a number from -100 to 100, received 'much'")
