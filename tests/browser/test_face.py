"""The widgets' face on a plain page: sizes, phones, keyboard, saved pictures; no JupyterLab."""

import io
import xml.etree.ElementTree as tree

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")


from tools.screenshots import OpenPage, make

SPIRALS = "Playground(dataset='spiral', neurons=[[8, 8, 0, 0, 0, 0]], seed=0.50025, epoch=40)"
WINDOW = 690  # pixels of height that JupyterLab leaves of a 1280x800 screen


@pytest.fixture
def opened(browser):
    """Open a widget on a page of a width (of the widget, in pixels)."""
    pages = []

    def show(line, width=1060, theme="light", **options):
        page = browser.new_page(viewport={"width": width + 24, "height": WINDOW}, **options)
        pages.append(page)
        return OpenPage(page, make(line), theme)

    yield show
    for page in pages:
        page.close()


@pytest.mark.parametrize(
    ("line", "width"),
    [(line, width) for line in (SPIRALS, "TrainingView") for width in (1060, 860)]
    + [("LossSlice", 1060), ("LossSlice", 800)],
)
def test_it_fits_the_window_that_jupyterlab_leaves(opened, line, width):
    card = opened(line, width).page.locator(".cnn-widget").bounding_box()
    assert card["height"] <= WINDOW + 10


def test_three_controls_beside_figures_stand_on_a_line_of_their_own(opened):
    page = opened("EscapeExplorer", 760).page
    bottoms = {round(box.bounding_box()["y"]) for box in page.locator(".cnn-settings > .cnn-slider").all()}
    assert len(bottoms) == 1 and page.locator(".cnn-settings > .cnn-slider").count() == 3
    assert bottoms.pop() > page.locator(".cnn-figure").first.bounding_box()["y"]


@pytest.mark.parametrize("width", [1060, 800])
def test_what_arrives_is_chosen_above_its_bars_and_the_card_fits_the_window(opened, width):
    page = opened("NormalizationSteps", width).page
    choice = page.locator(".cnn-anchor > .cnn-segments-group").bounding_box()
    picture = page.locator(".cnn-picture > canvas").bounding_box()
    assert abs(choice["x"] + choice["width"] - picture["x"] - picture["width"]) <= 2
    assert choice["y"] > picture["y"] + 0.4 * picture["height"]
    assert page.locator(".cnn-row-of > *").count() == 0
    assert page.locator(".cnn-widget").bounding_box()["height"] <= WINDOW


def test_a_dot_of_x_is_dragged_and_its_line_follows(opened):
    one = opened("NormalizationSteps")
    spot = """(canvas, y) => {
      const [box] = canvas.picture.boxes, area = canvas.getBoundingClientRect();
      const dot = box.panel.marks.find((mark) => mark.emits === "x3");
      return [area.left + box.x(dot.x), area.top + box.y(y)];
    }"""
    canvas, mouse = one.page.locator(".cnn-picture > canvas"), one.page.mouse
    mouse.move(*canvas.evaluate(spot, 6))
    mouse.down()
    mouse.move(*canvas.evaluate(spot, 3.97), steps=4)
    mouse.up()
    one.pump()
    assert one.widget.state["x3"] == 4 and one.widget.facts["mean"] == pytest.approx(2.5)


def test_an_empty_box_of_a_width_is_clicked(opened):
    one = opened("SeedHistogram(opening=0)")
    spot = """(canvas) => {
      const [box] = canvas.picture.boxes, area = canvas.getBoundingClientRect();
      return [area.left + box.x(9.5), area.top + box.y(1.5)];
    }"""
    one.page.mouse.click(*one.page.locator(".cnn-picture > canvas").evaluate(spot))
    one.pump()
    assert one.widget.state["width"] == "16"


def test_on_a_phone_four_sliders_stand_two_and_two(opened):
    page = opened("ChainRule", 366).page
    boxes = [box.bounding_box() for box in page.locator(".cnn-row-of > .cnn-slider").all()]
    rows = sorted(round(box["y"]) for box in boxes)
    assert rows[0] == rows[1] < rows[2] == rows[3]


def test_figures_stand_at_the_right_without_controls_too(opened):
    page = opened("MistakeExplorer").page
    card, last = (page.locator(name).last.bounding_box() for name in (".cnn-widget", ".cnn-figure"))
    assert card["x"] + card["width"] - last["x"] - last["width"] < 40


@pytest.mark.parametrize(
    "line", [SPIRALS, "TrainingView", "DescentExplorer", "ContourExplorer", "LossExplorer"]
)
def test_on_a_phone_nothing_scrolls_sideways_and_targets_are_large(opened, line):
    page = opened(line, 366, has_touch=True, is_mobile=True).page
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = page.locator(".cnn-widget :is(button, select, input[type=range])").evaluate_all(
        """(nodes) => nodes.filter((n) => n.offsetParent && !n.closest(".cnn-handle"))
        .filter((n) => !n.closest(".cnn-anchor:has(> .cnn-round)")) // these have a test of their own
        .map((n) => [n.outerHTML.slice(0, 90), n.getBoundingClientRect()])
        .filter(([, r]) => r.height > 1 && r.height < 40).map(([html]) => html)"""
    )
    assert [html for html in small if "cnn-close" not in html] == []


@pytest.mark.parametrize(
    ("line", "share"), [("ContourExplorer", 0.9), ("OptimizerRace", 0.8), ("BatchNoise", 0.6)]
)
def test_a_map_uses_the_width_of_a_narrow_page(opened, line, share):
    """JupyterLab at 800 pixels leaves 600 of them."""
    page = opened(line, 600).page
    look = """() => {
      const { picture } = document.querySelector(".cnn-picture > canvas");
      const { left, right } = picture.boxes.find((box) => box.panel.name === "map");
      return [(right - left) / picture.width, picture.height];
    }"""
    wide, height = page.evaluate(look)
    assert wide > share and height < 1100
    page.set_viewport_size({"width": 414, "height": WINDOW})
    page.wait_for_function(f"() => ({look})()[1] < {height} - 60")
    assert page.evaluate(look)[0] > 0.84


def test_the_last_links_of_a_narrow_playground_keep_off_the_note_on_neurons(opened):
    page = opened("Playground", 600).page
    look = """() => {
      const { picture } = document.querySelector(".cnn-picture > canvas");
      const { ctx } = picture, found = { ends: [], notes: [] };
      const [curve, text] = [ctx.bezierCurveTo, ctx.fillText];
      ctx.bezierCurveTo = (...to) => { found.ends.push(to); curve.apply(ctx, to); };
      ctx.fillText = (words, x, y, ...more) => {
        const box = [x, y, x + ctx.measureText(words).width, y + 14];
        if (/neuron: its|everywhere|Point at/.test(words)) found.notes.push(box);
        text.call(ctx, words, x, y, ...more);
      };
      picture.paint();
      for (const name of ["bezierCurveTo", "fillText"]) delete ctx[name];
      return found;
    }"""
    found = page.evaluate(look)
    assert found["notes"]
    lowest = max(end[5] for end in found["ends"])
    for x1, y1, x2, y2, x3, y3 in (end for end in found["ends"] if end[5] == lowest):
        t = np.linspace(0.2, 1, 200)  # a Bezier curve without its beginning, which is at the right
        start = np.array([x1 - 50, y1])
        points = (
            (1 - t[:, None]) ** 3 * start
            + 3 * t[:, None] * (1 - t[:, None]) ** 2 * np.array([x1, y1])
            + 3 * t[:, None] ** 2 * (1 - t[:, None]) * np.array([x2, y2])
            + t[:, None] ** 3 * np.array([x3, y3])
        )
        for left, top, right, bottom in found["notes"]:
            inside = (points > (left, top)).all(axis=1) & (points < (right, bottom)).all(axis=1)
            assert not inside.any()


def test_the_keyboard_finds_play_first_and_walks_among_the_nodes(opened):
    one = opened(SPIRALS)
    page = one.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.title") == "Play"
    page.locator(".cnn-picture").focus()
    for key in ("ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)
        one.pump()
    node = one.widget.state["node"]
    assert node.startswith("node 1.") and page.locator(".cnn-focus").is_visible()
    assert one.widget.scene.panels[1].title == node.capitalize()


def test_pointing_at_a_node_needs_no_message_to_show_its_links(opened):
    one = opened("TrainingView")
    one.pump()
    one.page.evaluate("window.take()")
    box = one.page.locator(".cnn-picture > canvas").bounding_box()
    one.page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + box["height"] - 80)
    one.page.wait_for_timeout(100)
    assert one.page.locator(".cnn-picture > .cnn-tip").inner_text().startswith("filter")
    assert one.page.evaluate("window.take()") == []


def test_a_click_on_the_picture_draws_no_frame_around_it_and_a_key_does(opened):
    one = opened("KernelSlices")
    picture = one.page.locator(".cnn-picture")
    picture.locator("canvas").click(position={"x": 100, "y": 80})
    outline = "(node) => [getComputedStyle(node).outlineStyle, document.activeElement === node]"
    assert picture.evaluate(outline) == ["none", True]
    one.page.keyboard.press("ArrowRight")
    one.pump()
    assert picture.evaluate(outline) == ["solid", True]


def test_the_cursor_rewinds_by_mouse_and_by_keyboard(opened):
    one = opened(SPIRALS)
    page = one.page
    x, y = page.locator(".cnn-timeline > canvas").evaluate(
        """(canvas) => {
          const [box] = canvas.picture.boxes, area = canvas.getBoundingClientRect();
          const mark = box.panel.marks.find((one) => one.kind === "cursor");
          return [area.left + box.x(mark.x), area.top + (box.top + box.bottom) / 2];
        }"""
    )
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 60, y, steps=3)
    page.mouse.up()
    one.pump()
    assert 0 < one.widget.state["epoch"] < 40
    page.get_by_label("Rewind to epoch", exact=True).focus()
    page.keyboard.press("Home")
    one.pump()
    assert one.widget.state["epoch"] == 0 and page.locator(".cnn-first .cnn-value").inner_text() == "0"


def test_the_picture_is_saved_as_png_and_svg(opened):
    page = opened(SPIRALS).page
    page.get_by_role("button", name="More", exact=True).click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="as SVG").click()
    root = tree.parse(saved.value.path()).getroot()
    assert saved.value.suggested_filename == "playground.svg"
    words = {node.text for node in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"Features", "Neurons", "Output"} <= words
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save picture as PNG").click()
    assert saved.value.path().read_bytes()[1:4] == b"PNG"


def test_less_motion_means_two_pictures_a_second(opened):
    one = opened("DescentExplorer", reduced_motion="reduce")
    count = """() => {
      const {picture} = document.querySelector(".cnn-picture > canvas"), show = picture.show.bind(picture);
      window.shown = 0;
      picture.show = (...scene) => { window.shown += 1; show(...scene); };
    }"""
    one.page.evaluate(count)
    frame = None
    for _ in range(8):
        one.widget.live.changed()
        frame, one.frames = one.frames[-1], []
        frame[0]["playing"] = True
        one.page.evaluate("([message, buffers]) => window.give(message, buffers)", list(frame))
    assert one.page.evaluate("window.shown") <= 2
    one.widget.live.changed()  # the frame that ends the playing is shown at once
    one.pump()
    assert one.page.evaluate("window.shown") <= 3


def test_high_contrast_keeps_the_grid_faint_and_the_tracks_of_sliders(opened):
    page = opened("FirstLoss", 700, forced_colors="active", color_scheme="dark").page
    page.wait_for_timeout(300)
    theme = page.locator(".cnn-picture > canvas").evaluate("c => c.picture.theme")
    assert len({theme["ink"], theme["paper"], theme["grid"]}) == 3, theme
    shot = page.locator("input[type=range]").first.screenshot()
    pixels = np.asarray(Image.open(io.BytesIO(shot)).convert("L")).astype(int)
    middle = pixels[pixels.shape[0] // 2]
    assert (np.abs(middle - pixels[0, 0]) > 20).mean() > 0.9, middle  # all but the rim of the knob


@pytest.mark.parametrize("line", [SPIRALS, "TrainingView", "ChainRule"])
def test_play_stays_in_reach_while_a_phone_scrolls(opened, line):
    page = opened(line, 366, has_touch=True, is_mobile=True).page
    play = page.get_by_title("Play", exact=True)
    high = page.locator(".cnn-widget").bounding_box()["height"]
    assert high > WINDOW  # there is something to scroll
    for share in (0, 0.5, 0.9):
        page.evaluate("y => scrollTo(0, y)", share * (high - WINDOW))
        box = play.bounding_box()
        assert 0 <= box["y"] <= WINDOW - box["height"]
        over = page.evaluate(
            "([x, y]) => document.elementFromPoint(x, y).closest('button')?.title",
            [box["x"] + 20, box["y"] + 20],
        )
        assert over == "Play"


def test_on_a_phone_the_round_buttons_of_the_network_keep_apart_and_are_reached_from_around(opened):
    page = opened(SPIRALS, 366, has_touch=True, is_mobile=True).page
    faults = page.locator(".cnn-anchor > .cnn-round").evaluate_all(
        """(nodes) => nodes.filter((n) => n.offsetParent).flatMap((n, i, all) => {
          n.scrollIntoView({ block: "center" });
          const r = n.getBoundingClientRect();
          const at = (dy) => document.elementFromPoint(r.left + r.width / 2, r.top + dy);
          const hits = [-5, r.height + 5].some((dy) => at(dy) === n);
          const on = all.slice(0, i).some((other) => {
            const o = other.getBoundingClientRect();
            return r.left < o.right && o.left < r.right && r.top < o.bottom && o.top < r.bottom;
          });
          return [...(hits ? [] : ["small"]), ...(on ? ["on another"] : [])];
        })"""
    )
    assert faults == []
