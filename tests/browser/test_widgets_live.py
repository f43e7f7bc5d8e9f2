"""A widget in a real page: keyboard, pointer, wrong input, playing, running a cell again, a lost kernel."""

import json

import pytest

EXPLORER = "from cnnlib.widgets import DescentExplorer\nw = DescentExplorer()\nw"
TRAINING = "from cnnlib.widgets import TrainingView\nview = TrainingView()\nview"


@pytest.fixture
def explorer(notebook):
    """The explorer in its default state."""
    book = notebook("explorer", EXPLORER, "import ipywidgets; len(ipywidgets.Widget.widgets)")
    book.run("w.reset()")
    see(book.widget(0), "After 10 steps the weight is −0.872")
    return book


def becomes(book, expression, expected):
    """Wait until an expression in the kernel prints what is expected."""
    for _ in range(100):
        seen = book.run(f"print({expression})")
        if seen == expected:
            return
        book.page.wait_for_timeout(100)
    raise AssertionError(f"{expression} is {seen}, expected {expected}")


def see(widget, words):
    """Wait until the text line holds `words`."""
    widget.locator(".cnn-text", has_text=words).wait_for(timeout=30_000)


def test_sliders_move_with_the_keys(explorer):
    widget, page = explorer.widget(0), explorer.page
    for label, key, name, expected in [
        ("Steps", "ArrowRight", "steps", "11"),
        ("Start", "ArrowRight", "start", "-2.49"),
        ("Start", "End", "start", "3.0"),
        ("Learning rate", "Home", "rate", "0.0001"),
        ("Curvature", "ArrowLeft", "curvature", "0.9"),
    ]:
        widget.get_by_label(label, exact=True).focus()
        page.keyboard.press(key)
        box = widget.get_by_label(f"{label}, exact value")
        becomes(explorer, f"round(w.state['{name}'], 9)", expected)
        assert float(box.input_value().replace("−", "-")) == pytest.approx(float(expected))


def test_every_control_is_reached_by_tab_and_shows_its_focus(explorer):
    widget, page = explorer.widget(0), explorer.page
    widget.get_by_role("button", name="More", exact=True).focus()
    page.keyboard.press("Enter")
    wanted = widget.locator("input, select, button").count()
    widget.locator("input, select, button").first.focus()
    seen = []
    for _ in range(wanted):
        seen.append(
            page.evaluate(
                """() => {
                  const node = document.activeElement, style = getComputedStyle(node);
                  const own = node.labels?.[0]?.innerText || node.getAttribute("aria-label");
                  const outline = [parseFloat(style.outlineWidth), style.outlineStyle];
                  const words = own || node.innerText || node.labels?.[0]?.textContent || node.title;
                  return [words, node.matches(":focus-visible"), ...outline];
                }"""
            )
        )
        page.keyboard.press("Tab")
    assert len({label for label, *_ in seen}) == wanted
    for label, visible, width, style in seen:
        assert label and visible and width >= 2 and style == "solid", (label, visible, width, style)


def test_lists_boxes_and_buttons_work_from_the_keyboard(explorer):
    widget, page = explorer.widget(0), explorer.page
    if not widget.get_by_label("Optimizer").is_visible():
        widget.get_by_role("button", name="More", exact=True).press("Enter")
    widget.get_by_label("Optimizer").focus()
    page.keyboard.press("ArrowDown")
    becomes(explorer, "w.state['optimizer']", "Momentum")
    widget.get_by_label("Learning rate, exact value").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("0,25")
    page.keyboard.press("Enter")
    becomes(explorer, "w.state['rate']", "0.25")
    page.keyboard.press("ArrowUp")
    becomes(explorer, "0.25 < w.state['rate'] < 0.3", "True")
    widget.get_by_role("button", name="Step").focus()
    page.keyboard.press("Space")
    see(widget, "After 11 steps")
    widget.get_by_role("button", name="Rewind").focus()
    page.keyboard.press("Enter")
    see(widget, "no step is taken yet")


@pytest.mark.parametrize("text", ["", "abc", "1e400", "-7"])
def test_a_wrong_number_gives_a_sentence_and_the_widget_lives_on(explorer, text):
    widget, page = explorer.widget(0), explorer.page
    box = widget.get_by_label("Learning rate, exact value")
    box.fill(text)
    page.keyboard.press("Enter")
    widget.locator(".cnn-message", has_text="Learning rate: expected a number from 0.0001 to 10").wait_for()
    assert box.input_value() == "0.1"
    box.fill("0.2")
    page.keyboard.press("Enter")
    see(widget, "After 10 steps the weight is −0.268")
    assert widget.locator(".cnn-message:not(.cnn-silence)").inner_text() == ""


def test_the_start_is_dragged_on_the_curve(explorer):
    widget, page = explorer.widget(0), explorer.page
    widget.scroll_into_view_if_needed()
    spot = """canvas => {
      const [box] = canvas.picture.boxes, area = canvas.getBoundingClientRect();
      const knob = box.panel.marks.find((mark) => mark.kind === "handle");
      const at = (w, e) => [area.left + box.x(w), area.top + box.y(e)];
      return [at(knob.x, knob.y), at(1.5, 2)];
    }"""
    here, there = widget.locator(".cnn-picture > canvas").evaluate(spot)
    page.mouse.move(*here)
    page.mouse.down()
    page.mouse.move(*there, steps=5)
    page.mouse.up()
    see(widget, "right of the minimum")
    assert float(explorer.run("print(w.state['start'])")) == pytest.approx(1.5, abs=0.05)


def test_set_state_in_a_cell_moves_the_controls(explorer):
    explorer.run("w.set_state(rate=2.5, steps=4)")
    see(explorer.widget(0), "After 4 steps")
    assert explorer.widget(0).get_by_label("Learning rate, exact value").input_value() == "2.5"


def test_the_state_is_copied_as_a_line(explorer):
    explorer.run("w.set_state(start=1.25)")
    explorer.page.wait_for_timeout(300)
    explorer.widget(0).get_by_role("button", name="Copy as code").click()
    assert explorer.widget(0).locator(".cnn-line").inner_text() == "DescentExplorer(start=1.25)"


def test_running_the_cell_again_stops_the_earlier_loop_and_doubles_nothing(notebook):
    book = notebook("twice", TRAINING)
    book.widget(0).get_by_role("button", name="Play").click()
    see(book.widget(0), "epochs")
    book.run("old = view")
    before = int(book.run("import ipywidgets; print(len(ipywidgets.widgets.widget._instances))"))
    book.lab.command(book.page, "notebook:run-all-cells")
    see(book.widget(0), "Before the first step")
    assert book.run("print(old.live.loop.running, old.live.page, view is old)") == "False None False"
    count = int(book.run("print(len(old.losses))"))
    book.widget(0).get_by_role("button", name="Step").click()
    see(book.widget(0), "After 1 step (")
    assert int(book.run("print(len(old.losses))")) == count
    assert int(book.run("print(len(ipywidgets.widgets.widget._instances))")) == before
    assert book.widget(0).count() == 1


def test_play_pause_step_rewind_and_rewinding_to_a_step(notebook):
    book = notebook("twice", TRAINING)
    book.run("view.reset()")
    widget = book.widget(0)
    widget.get_by_role("button", name="Play").click()
    widget.locator(".cnn-reached").wait_for(timeout=30_000)
    widget.get_by_role("button", name="Pause").click()
    widget.get_by_role("button", name="Play").wait_for()
    count = int(book.run("print(len(view.losses))"))
    assert count > 100 and int(book.run("print(len(view.losses))")) == count
    see(widget, f"After {count} steps")
    slider = widget.get_by_label("Rewind to step", exact=True)
    slider.focus()
    book.page.keyboard.press("Home")
    see(widget, "Before the first step")
    book.page.keyboard.press("ArrowRight")
    see(widget, "After 1 step (")
    widget.get_by_role("button", name="Rewind").click()
    see(widget, "Before the first step")


def test_the_text_line_is_quiet_while_playing_and_polite_afterwards(notebook):
    book = notebook("twice", TRAINING)
    book.run("view.reset()")
    widget = book.widget(0)
    line = widget.locator(".cnn-text")
    widget.get_by_role("button", name="Play").click()
    see(widget, "epochs")
    assert line.get_attribute("aria-live") == "off"
    widget.get_by_role("button", name="Pause").click()
    widget.locator(".cnn-text[aria-live=polite]").wait_for()


def test_the_saved_notebook_keeps_the_picture_and_no_widget_state(explorer):
    explorer.page.evaluate("async () => { await jupyterapp.shell.currentWidget.context.save(); }")
    saved = json.loads((explorer.lab.folder / explorer.name).read_text("utf-8"))
    assert "widgets" not in saved["metadata"]
    view, picture = saved["cells"][0]["outputs"]
    text = "".join(view["data"]["text/plain"])
    assert text.startswith("DescentExplorer()\nAfter 10 steps the weight is −0.872")
    assert "image/png" in picture["data"] and picture["metadata"]["image/png"]["alt"].startswith("After 10")
    image = explorer.page.locator(".jp-CodeCell").first.locator(".jp-OutputArea img")
    assert image.count() == 1 and not image.is_visible()


def test_a_reloaded_page_is_live_again_and_a_reopened_notebook_shows_the_still_picture(notebook):
    book = notebook("reopened", EXPLORER)
    book.run("w.set_state(steps=7)")
    book.page.evaluate("async () => { await jupyterapp.shell.currentWidget.context.save(); }")
    book.page.reload()
    see(book.widget(0), "After 7 steps")
    book.page.wait_for_function("jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel")
    book.page.evaluate("async () => { await jupyterapp.shell.currentWidget.sessionContext.shutdown(); }")
    book.page.goto(f"{book.lab.url}/lab/tree/{book.name}?reset")
    book.page.locator(".jp-OutputArea img").wait_for(timeout=60_000)
    assert book.page.locator(".cnn-widget").count() == 0


def test_a_lost_kernel_leaves_the_picture_and_a_sentence(notebook):
    book = notebook("lost", EXPLORER)
    widget = book.widget(0)
    book.page.evaluate(
        "async () => { await jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart(); }"
    )
    widget.get_by_label("Steps", exact=True).focus()
    book.page.keyboard.press("ArrowRight")
    widget.locator(".cnn-silence", has_text="run the cell again").wait_for(timeout=20_000)
    ink = "c => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v) => v)"
    assert widget.locator(".cnn-picture > canvas").evaluate(ink)
    book.lab.run_all(book.page)

    see(book.widget(0), "After 10 steps")
    assert book.errors == []
