"""Hands and eyes on a picture in a real page: touch, keys after a click, words at the pointer, contrast."""

import pytest

XRAY = "from cnnlib.widgets import NetworkXRay\nx = NetworkXRay(source='your drawing')\nx"
EXPLORER = "from cnnlib.widgets import DescentExplorer\nw = DescentExplorer()\nw"
MANY = "\n".join(f"print({i})" for i in range(60))


@pytest.fixture(scope="module")
def touching(desk):
    """A page that is touched, with more below the picture than fits."""
    name = desk.lab.notebook("touch.ipynb", XRAY, EXPLORER, MANY)
    with desk.opened(name, touch=True, size={"width": 1000, "height": 700}) as page:
        page.locator(".cnn-widget").nth(1).locator(".cnn-text:not(:empty)").wait_for(timeout=60_000)
        yield page


def stroke(page, start, end, steps=8):
    """One finger from `start` to `end`."""
    session = page.context.new_cdp_session(page)

    def send(kind, *points):
        spots = [{"x": x, "y": y} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": spots})

    send("touchStart", start)
    for i in range(1, steps + 1):
        send("touchMove", tuple(a + (b - a) * i / steps for a, b in zip(start, end, strict=True)))
        page.wait_for_timeout(30)
    send("touchEnd")
    page.wait_for_timeout(300)


SCROLLED = "document.querySelector('.jp-WindowedPanel-outer').scrollTop"
SHEET = """canvas => {
  const area = canvas.getBoundingClientRect();
  const isSheet = (mark) => mark.kind === "maps" && mark.emits === "input";
  const box = canvas.picture.boxes.find((one) => one.panel.marks.some(isSheet));
  const sheet = box.panel.marks.find(isSheet);
  const x = area.left + box.x(sheet.x) - sheet.pitch / 16.4;
  const at = (share) => [x, area.top + box.y(sheet.y) + share * sheet.pitch];
  return [at(0.35), at(-0.35)];
}"""


def test_an_upward_stroke_on_the_sheet_draws_and_does_not_scroll(touching):
    canvas = touching.locator(".cnn-widget").first.locator(".cnn-picture > canvas")
    canvas.scroll_into_view_if_needed()
    before = touching.evaluate(SCROLLED)
    stroke(touching, *canvas.evaluate(SHEET))
    assert touching.evaluate(SCROLLED) == before
    drawn = touching.locator(".jp-CodeCell").first.locator(".cnn-line")
    touching.locator(".cnn-widget").first.get_by_role("button", name="Copy as code").click()
    assert drawn.inner_text().count("1.0") >= 5, drawn.inner_text()


def test_a_stroke_beside_what_can_be_moved_scrolls_the_page(touching):
    canvas = touching.locator(".cnn-widget").nth(1).locator(".cnn-picture > canvas")
    canvas.scroll_into_view_if_needed()
    area = canvas.bounding_box()
    before = touching.evaluate(SCROLLED)
    spot = (area["x"] + 0.85 * area["width"], area["y"] + 0.4 * area["height"])
    stroke(touching, spot, (spot[0], spot[1] + 150))
    assert touching.evaluate(SCROLLED) != before


def test_the_ink_of_a_high_contrast_mode_is_that_of_the_system(desk):
    name = desk.lab.notebook("contrast.ipynb", EXPLORER)
    with desk.opened(name, forced_colors="active", color_scheme="dark") as page:
        look_at_ink(page)


def look_at_ink(page):
    canvas = page.locator(".cnn-widget canvas").first
    canvas.wait_for(timeout=60_000)
    page.wait_for_timeout(1200)
    ink, paper = page.evaluate(
        """() => ["CanvasText", "Canvas"].map((name) => {
          const probe = document.createElement("span");
          probe.style.color = name;
          document.body.append(probe);
          const color = getComputedStyle(probe).color;
          probe.remove();
          return color;
        })"""
    )
    theme = canvas.evaluate("c => [c.picture.theme.ink, c.picture.theme.paper]")
    assert theme == [ink, paper] and ink != paper


@pytest.mark.parametrize("place", ["knob", "plot"])
def test_arrow_keys_after_a_click_on_the_picture_move_its_control(notebook, place):
    book = notebook("keys", EXPLORER, "1")
    widget, page = book.widget(0), book.page
    book.run("w.reset()")
    page.locator(".jp-CodeCell").nth(1).click()
    widget.scroll_into_view_if_needed()
    x, y = widget.locator(".cnn-picture > canvas").first.evaluate(
        """(canvas, place) => {
          const [box] = canvas.picture.boxes, area = canvas.getBoundingClientRect();
          const knob = box.panel.marks.find((mark) => mark.kind === "handle");
          const [w, e] = place === "knob" ? [knob.x, knob.y] : [2.2, 0.3];
          return [area.left + box.x(w), area.top + box.y(e)];
        }""",
        place,
    )
    page.mouse.click(x, y)
    before = float(book.run("print(w.state['start'])"))
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(500)
    assert float(book.run("print(w.state['start'])")) > before
    active = page.locator(".jp-Notebook-cell.jp-mod-active")
    assert active.count() == 1 and active.locator(".cnn-widget").count() == 1


def test_the_words_at_the_pointer_do_not_widen_the_page(notebook):
    book = notebook("tip", "from cnnlib.widgets import NetworkXRay\nx = NetworkXRay(opened=True)\nx")
    canvas, page = book.widget(0).locator(".cnn-picture > canvas"), book.page
    spots = canvas.evaluate(
        """canvas => canvas.picture.boxes.map((box) =>
             [box.x(box.panel.x.high * 0.4), box.y(box.panel.y.low * 0.4)])"""
    )
    area = canvas.bounding_box()
    seen = 0
    for x, y in spots:
        page.mouse.move(area["x"] + x, area["y"] + y)
        page.wait_for_timeout(50)
        tip = book.widget(0).locator(".cnn-tip")
        if not tip.is_visible():
            continue
        seen += 1
        words, box = tip.inner_text(), tip.bounding_box()
        assert ": " in words and "NaN" not in words and not words.startswith("row")
        assert box["x"] >= area["x"] - 1 and box["x"] + box["width"] <= area["x"] + area["width"] + 1
        assert box["y"] + box["height"] <= area["y"] + area["height"] + 1
        assert canvas.bounding_box() == area
    assert seen >= 3
