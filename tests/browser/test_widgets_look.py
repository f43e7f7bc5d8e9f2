"""All widgets on one page, in both themes: accessible, responsive, and like their static pictures."""

import ast
import json
import os
from pathlib import Path

import numpy as np
import pytest

import cnnlib.widgets
from cnnlib.viz import (
    Axis,
    Bars,
    Cursor,
    Handle,
    Heatmap,
    Line,
    Links,
    Panel,
    Points,
    Reference,
    Region,
    Scene,
    Tiles,
)
from cnnlib.viz.static import draw
from cnnlib.widgets.base import Widget

AXE = Path(__file__).resolve().parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
NAMES = [
    name
    for name in cnnlib.widgets.__all__
    if name != "Widget"
    and isinstance(getattr(cnnlib.widgets, name), type)
    and issubclass(getattr(cnnlib.widgets, name), Widget)
]
SHOTS = os.environ.get("CNNLIB_SCREENSHOTS")  # a folder: the pictures of both themes are left there

GRADIENT = np.add.outer(np.arange(8.0), np.arange(8.0))
SCENES = {
    "curve": Panel(
        [
            Region(6, 8, None, 2, color="orange", alpha=1),
            Bars([2], [3], width=1, color="green"),
            Line([0, 10], [6, 6], color="blue", width=8),
            Points([2, 8], [8, 8], color="vermilion", size=9, shape="square"),
            Handle(5, 8, color="purple", size=9),
            Line([0, 10], [9.3, 9.3], color="muted", width=8),
            Links([4], [4], [9], [4], color="sky", widths=[9]),
        ],
        Axis(0, 10, "w"),
        Axis(0, 10, "E"),
    ),
    "log": Panel(
        [Points([0.01, 1, 100], [1, 10, 100], color="blue", size=9)],
        Axis(0.001, 1000, "rate", log=True),
        Axis(0.1, 1000, log=True),
    ),
    "viridis": Panel([Heatmap(GRADIENT)], Axis(-0.5, 7.5), Axis(7.5, -0.5), equal=True),
    "diverging": Panel(
        [Heatmap(GRADIENT - 5, (-3, 3, -3, 3), cmap="diverging")], Axis(-3, 3), Axis(-3, 3), grid=False
    ),
    "signs": Panel(
        [
            Heatmap(GRADIENT - 7, (-3, 3, -3, 3), cmap="ink"),
            Links([-2, -2], [0, 1], [2, 2], [0, 1], values=[1, -1], vmin=-1, vmax=1, widths=[16, 16]),
            Reference("a level", y=-2, color="neg", dash="solid"),
            Cursor(2),
        ],
        Axis(-3, 3),
        Axis(-3, 3),
        grid=False,
    ),
    "tiles": Panel(
        [Tiles([1, 3], [1, 3], [[[-1.0]], [[1.0]]], size=40, vmin=-1, vmax=1)],
        Axis(0, 4),
        Axis(0, 4),
        grid=False,
    ),
    "category": Panel([Heatmap(GRADIENT % 8, cmap="category")], Axis(-0.5, 7.5), Axis(-0.5, 7.5)),
}
SAMPLES = {
    "curve": [(7, 1), (2, 1.5), (3, 6), (2, 8), (8, 8), (5, 8), (6, 4), (3, 9.3)],
    "log": [(0.01, 1), (1, 10), (100, 100)],
    "viridis": [(c, r) for c in range(8) for r in (0, 3, 7)],
    "diverging": [(-2.6, -2.6), (0.4, 0.4), (2.6, 2.6), (-2.6, 2.6)],
    "signs": [(-2.6, -2.6), (-2.6, 0.6), (2.6, -2.6), (2.6, 2.6), (0, 0), (0, 1), (2, -1)],
    "tiles": [(1, 1), (3, 3)],
    "category": [(c, 0) for c in range(8)],
}
PAINTED = """
from cnnlib.widgets import Widget
import importlib.util, sys
sys.path.insert(0, {folder!r})
from test_widgets_look import SCENES, one_panel
class Painted(Widget):
    title = "Painted"
    def compute(self, state):
        return one_panel({name!r})
Painted()
"""


def one_panel(name):
    return Scene([SCENES[name]], "Colours at known places.", height=400)


def test_the_picture_is_sharp_and_follows_the_theme(desk):
    name = desk.lab.notebook("sharp.ipynb", "from cnnlib.widgets import DescentExplorer\nDescentExplorer()")
    with desk.opened(name, size={"width": 1000, "height": 900}, run=False) as page:
        session = page.context.new_cdp_session(page)
        screen = {"width": 1000, "height": 900, "deviceScaleFactor": 2, "mobile": False}
        session.send("Emulation.setDeviceMetricsOverride", screen)
        desk.lab.run_all(page)
        look_at_both_themes(desk.lab, page)
        session.send("Emulation.clearDeviceMetricsOverride")
        session.detach()


def look_at_both_themes(lab, page):
    canvas = page.locator(".cnn-picture canvas")
    page.locator(".cnn-text:not(:empty)").wait_for(timeout=60_000)
    width, shown = canvas.evaluate("c => [c.width, c.clientWidth]")
    assert width == 2 * shown
    inks = []
    for theme, light in (("Light", "true"), ("Dark", "false")):
        lab.command(page, "apputils:change-theme", theme=f"JupyterLab {theme}")
        page.wait_for_function("light => document.body.dataset.jpThemeLight === light", arg=light)
        page.wait_for_timeout(1500)
        inks.append(canvas.evaluate("c => c.picture.theme.ink"))
    assert inks[0] != inks[1], json.dumps(inks)


@pytest.fixture(scope="module")
def everything(notebook):
    book = notebook(
        "everything",
        *[f"from cnnlib.widgets import {name}\nw{i} = {name}()\nw{i}" for i, name in enumerate(NAMES)],
    )
    for index in range(len(NAMES)):
        book.widget(index).locator(".cnn-text:not(:empty)").wait_for(state="attached", timeout=60_000)
    return book


def test_buttons_are_as_round_as_they_are_drawn(everything):
    """JupyterLab has a rule of its own for every button, with more weight than one class."""
    radius = "(node) => getComputedStyle(node).borderRadius"
    wanted = {".cnn-pill": "18px", ".cnn-play": "50%", ".cnn-copy": "6px", ".cnn-segment": "0px"}
    for selector, round in wanted.items():
        assert everything.page.locator(f".cnn-widget {selector}").first.evaluate(radius) == round, selector


#: JupyterLab hides what its window has no room for, and axe would pass over it: all of it is laid out.
LAID_OUT = """body { height: 100vh }
.jp-ThemedContainer { overflow: visible !important }
.jp-Notebook-cell { content-visibility: visible !important }"""
#: One run over all widgets, as axe reads the whole page in every run: what it finds, by the widget's place.
AUDIT = """async () => {
  const areas = [...document.querySelectorAll(".jp-OutputArea")];
  const options = { preload: false, resultTypes: ["violations"], elementRef: true };
  const { violations } = await axe.run(areas, options);
  return violations.filter(({ impact }) => ["serious", "critical"].includes(impact)).flatMap(
    ({ id, help, nodes }) => nodes.map(({ element, html, failureSummary }) => [
      areas.findIndex((area) => area.contains(element)), id, help,
      html.slice(0, 200), failureSummary.slice(0, 300)]));
}"""
PLANT = """all => all.forEach(words => {
  words.style.color = "#777";
  words.after(document.createElement("button"));
})"""
PULL_OUT = """all => all.forEach(words => {
  words.style.color = "";
  words.nextSibling.remove();
})"""
#: In view, and drawn there.
IN_VIEW = """async (node) => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  node.scrollIntoView({ block: "nearest" });
  for (let frames = 0; frames < 4; frames++) await frame();
}"""


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_no_serious_violation_of_accessibility(everything, theme):
    if not AXE.exists():
        pytest.skip("axe-core is missing: run `npm ci` in frontend/")
    page = everything.page
    everything.theme(theme)
    page.add_script_tag(path=AXE)
    added = page.add_style_tag(content=LAID_OUT)
    for index, name in enumerate(NAMES):
        everything.widget(index).evaluate(IN_VIEW)
        if SHOTS:
            everything.widget(index).screenshot(path=Path(SHOTS) / f"{name}_{theme.lower()}.png")
    assert [(NAMES[index], *told) for index, *told in page.evaluate(AUDIT)] == []
    words = page.locator(".cnn-widget .cnn-text")
    words.evaluate_all(PLANT)
    page.wait_for_timeout(300)  # colours change gently
    seen = {(index, id) for index, id, *_ in page.evaluate(AUDIT)}
    words.evaluate_all(PULL_OUT)
    added.evaluate("style => style.remove()")
    planted = {(index, id) for index in range(len(NAMES)) for id in ("color-contrast", "button-name")}
    assert seen == planted, "faults that are planted must be seen, in every widget"


def test_many_widgets_on_one_page_each_answer(everything):
    """Every widget with a number answers its keyboard, though all are open at once."""
    page = everything.page
    states = f"print([str(w.state) for w in ({', '.join(f'w{index}' for index in range(len(NAMES)))},)])"
    before, waiting = ast.literal_eval(everything.run(states)), set()
    for index, name in enumerate(NAMES):
        ranges = everything.widget(index).locator("input[type=range]:enabled:visible")
        if ranges.count() == 0:
            continue
        waiting.add(name)
        slider = ranges.first
        slider.focus()
        slider.press("Home" if slider.evaluate("r => r.value !== r.min") else "End")
    for _ in range(50):
        now = ast.literal_eval(everything.run(states))
        waiting -= {name for name, old, new in zip(NAMES, before, now, strict=True) if old != new}
        if not waiting:
            break
        page.wait_for_timeout(500)
    assert waiting == set(), "these did not answer"
    assert everything.errors == []


def test_words_and_controls_are_not_cut_off(everything):
    """No control reaches beyond its widget, and no panel is squeezed to nothing."""
    for width in (1200, 760):
        everything.page.set_viewport_size({"width": width, "height": 1000})
        everything.page.wait_for_timeout(500)
        for index, name in enumerate(NAMES):
            everything.widget(index).scroll_into_view_if_needed()  # what is out of sight keeps its old width
            everything.page.wait_for_timeout(150)
            found = everything.widget(index).evaluate(
                """(root) => {
                  const edge = root.getBoundingClientRect().right + 1;
                  const outside = [...root.querySelectorAll("input, select, button, label, p")]
                    .filter((node) => node.getBoundingClientRect().right > edge)
                    .map((node) => node.outerHTML.slice(0, 90));
                  const boxes = root.querySelector(".cnn-picture > canvas").picture.boxes;
                  const flat = boxes.filter((b) => b.right - b.left < 8 || b.bottom - b.top < 20.5).length;
                  return [outside, flat];
                }"""
            )
            assert found == [[], 0], (name, width, found)
    everything.page.set_viewport_size({"width": 1200, "height": 1000})


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_both_painters_show_the_same_colors_at_the_same_places(notebook, theme):
    folder = str(Path(__file__).parent)
    book = notebook("painted", *[PAINTED.format(folder=folder, name=name) for name in SCENES])
    book.widget(0).locator(".cnn-text:not(:empty)").wait_for(state="attached", timeout=60_000)
    book.theme(theme)
    for index, name in enumerate(SCENES):
        widget = book.widget(index)
        widget.locator(".cnn-text:not(:empty)").wait_for(state="attached")
        widget.scroll_into_view_if_needed()
        book.page.wait_for_timeout(200)
        seen = widget.locator("canvas").evaluate(
            """(canvas, points) => {
              const [box] = canvas.picture.boxes, {ratio, ctx} = canvas.picture;
              const color = ([x, y]) => [...ctx.getImageData(box.x(x) * ratio, box.y(y) * ratio, 1, 1).data];
              return [points.map(color), box.x.domain(), box.y.domain()];
            }""",
            SAMPLES[name],
        )
        figure = draw(one_panel(name), theme=theme.lower())
        figure.canvas.draw()
        shot, axes = np.asarray(figure.canvas.buffer_rgba()), figure.axes[0]
        assert tuple(seen[1]) == axes.get_xlim() and tuple(seen[2]) == axes.get_ylim()
        for point, color in zip(SAMPLES[name], seen[0], strict=True):
            left, bottom = axes.transData.transform(point)
            static = shot[shot.shape[0] - 1 - int(bottom), int(left), :3]
            assert np.abs(static.astype(int) - color[:3]).max() <= 3, (name, point, static, color)
