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
def page(desk):
    """A notebook with one playground, run."""
    name = desk.lab.notebook("playground.ipynb", CELLS)
    with desk.opened(name, size={"width": 1300, "height": 1300}) as page:
        view(page).locator(".cnn-text").filter(has_text="Epoch 0").wait_for(timeout=60_000)
        yield page


def view(page):
    return page.get_by_role("group", name="Playground")


def words(page):
    return playwright.expect(view(page).locator(".cnn-text"))


def picture(page):
    return view(page).locator(".cnn-picture > canvas")


def tile(page, emits, index):
    """Where the middle of a tile of the network lies on the canvas."""
    script = """(canvas, [emits, index]) => {
        const [box] = canvas.picture.boxes, mark = box.panel.marks.find((one) => one.emits === emits);
        const [dx, dy] = mark.shift;
        return {x: box.x(mark.x.data[index]) + dx, y: box.y(mark.y.data[index]) + dy};
    }"""
    return picture(page).evaluate(script, [emits, index])


def more(page):
    """Open what is rare."""
    button = view(page).get_by_role("button", name="More", exact=True)
    if button.get_attribute("aria-expanded") == "false":
        button.click()


def test_a_click_on_a_feature_switches_it_on(page):
    canvas = picture(page)
    for check in ("to_be_checked", "not_to_be_checked"):
        canvas.click(position=tile(page, "feature", 2))
        getattr(playwright.expect(view(page).get_by_label("X₁²", exact=True)), check)()


def test_a_click_on_a_node_shows_its_map(page):
    canvas = picture(page)
    more(page)
    canvas.click(position=tile(page, "layer 1", 4))
    playwright.expect(view(page).get_by_label("Large map")).to_have_value("node 1.5")
    canvas.click(position=tile(page, "layer 1", 4))
    playwright.expect(view(page).get_by_label("Large map")).to_have_value("output")


def test_pointing_at_a_node_shows_its_map(page):
    canvas = picture(page)
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
    canvas.hover(position=tile(page, "layer 1", 5))
    page.wait_for_function("window.words.some(word => word.startsWith('Node 1.6'))", timeout=10_000)
    page.evaluate("window.words.length = 0")
    canvas.hover(position={"x": 300, "y": 8})
    page.wait_for_function("window.words.some(word => word.startsWith('Output'))", timeout=10_000)


def test_a_link_is_chosen_where_its_curve_runs_and_a_bias_tells_its_value(page):
    canvas = picture(page)
    place = canvas.evaluate(
        """(canvas) => {
            const [box] = canvas.picture.boxes, mark = box.panel.marks.find((one) => one.emits === "link 0");
            const i = 14, t = 0.3, ease = 3 * t ** 2 - 2 * t ** 3; // from the first feature to the last node
            const [x0, x1] = [box.x(mark.x0.data[i]) + mark.inset[0], box.x(mark.x1.data[i]) - mark.inset[1]];
            const across = 1.5 * t * (1 - t) ** 2 + 1.5 * t * t * (1 - t) + t ** 3; // level at both ends
            const [y0, y1] = [box.y(mark.y0.data[i]), box.y(mark.y1.data[i])];
            return {x: x0 + across * (x1 - x0), y: y0 + ease * (y1 - y0)};
        }"""
    )
    canvas.click(position=place)
    words(page).to_contain_text("Chosen: the weight from X₁ to node 1.8 is")
    card = view(page).locator(".cnn-popover")
    playwright.expect(card).to_contain_text("X₁ → node 1.8")
    card.get_by_role("button", name="Close").click()
    playwright.expect(card).to_be_hidden()
    canvas.hover(position=tile(page, "bias", 8))
    playwright.expect(view(page).locator(".cnn-picture > .cnn-tip")).to_have_text("bias of node 2.1: 0.1")
    canvas.click(position=tile(page, "bias", 0))
    words(page).to_contain_text("Chosen: the bias of node 1.1 is 0.1.")
    playwright.expect(card).to_be_visible()
    more(page)
    view(page).get_by_label("from (0: bias)", exact=True).focus()
    page.keyboard.press("ArrowRight")
    words(page).to_contain_text("Chosen: the weight from X₁ to node 1.1 is")


def test_play_trains_pause_stops_and_the_keyboard_rewinds(page):
    group = view(page)
    group.get_by_role("button", name="Play").click()
    words(page).to_contain_text(re.compile(r"Epoch \d{2,}"), timeout=30_000)
    group.get_by_role("button", name="Pause").click()
    playwright.expect(group.get_by_role("button", name="Play")).to_be_visible()
    text = group.locator(".cnn-text").inner_text()
    page.wait_for_timeout(600)
    assert group.locator(".cnn-text").inner_text() == text
    slider = group.get_by_label("Rewind to epoch", exact=True)
    slider.focus()
    page.keyboard.press("Home")
    words(page).to_contain_text("Epoch 0, before the first step:")
    losses = group.locator(".cnn-figure:not(.cnn-first *)")
    playwright.expect(losses).to_have_text(["Test loss0.521", "Training loss0.505"])
    page.keyboard.press("ArrowRight")
    words(page).to_contain_text("Epoch 1:")
    playwright.expect(losses).to_have_text(["Test loss0.480", "Training loss0.491"])


def test_the_keyboard_alone_changes_a_weight_and_a_bias(page):
    group = view(page)
    more(page)
    group.get_by_label("to node", exact=True).focus()
    page.keyboard.press("End")  # wherever another test has left it
    words(page).to_contain_text("to node 1.8")
    page.keyboard.press("Home")
    words(page).to_contain_text("to node 1.1")
    group.get_by_label("from (0: bias)", exact=True).focus()
    for key, chosen in (("Home", "the bias of node 1.1"), ("ArrowRight", "the weight from X₁")):
        page.keyboard.press(key)  # choosing a link opens the card with its value
        words(page).to_contain_text(chosen)
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


def test_pointing_at_a_node_makes_its_links_strong_without_a_message(page):
    """The page alone answers: no state and no event is needed to see where a node's links go."""
    close = view(page).locator(".cnn-popover").get_by_role("button", name="Close")
    if close.is_visible():
        close.click()
    canvas = picture(page)
    canvas.hover(position=tile(page, "layer 1", 3))
    assert canvas.evaluate("canvas => canvas.picture.pointed") == 103
    canvas.hover(position={"x": 300, "y": 8})
    assert canvas.evaluate("canvas => canvas.picture.pointed") is None


def test_thumbnails_are_radio_buttons_that_the_arrow_keys_move(page):
    group = view(page)
    spirals = group.get_by_role("radio", name="spirals")
    playwright.expect(spirals).to_be_checked()
    spirals.focus()
    page.keyboard.press("Home")
    playwright.expect(group.get_by_role("radio", name="circle")).to_be_checked()
    playwright.expect(group.locator(".cnn-title")).to_have_text("Can the network separate blue from orange?")
    more(page)
    group.get_by_role("radio", name="plane").click()
    playwright.expect(group.locator(".cnn-title")).to_have_text("Can the network learn a slope?")
    playwright.expect(group.get_by_role("radio", name="circle")).not_to_be_checked()
