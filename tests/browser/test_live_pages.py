"""The site's pages run their own cells: live widgets, exercises, the learner's record, without a network."""

import json
import re

import nbformat
import pytest

import cnnlib.widgets
from tests.browser.test_site import page, server  # noqa: F401  (fixtures)
from tests.course.site_built import built
from tools.site import settings, staging
from tools.site.live.cells import plan

LEARNER = [path for path in staging.notebooks() if path.parent.name == "notebooks"]
WITH_WIDGETS = [p for p in LEARNER if any(cell["live"] for cell in plan(nbformat.read(p, as_version=4)))]
PICTURE = """box => { const c = box.querySelector("canvas"); return c ? c.toDataURL() : "" }"""
MOVERS = "input[type=range], .cnn-step, select, [role=radio], .cnn-button:not(.cnn-pill), [type=checkbox]"
BARRIER = "cnnNotebook.python.run('test', '0;', false, () => {})"
PYTHON = "() => cnnNotebook.python.state"
WRONG = "def relu_backward(dy, x):\n    return dy * (dy > 0)\n"
RIGHT = "import numpy as np\ndef relu_backward(dy, x):\n    return np.where(x > 0, dy, 0.0)\n"


@pytest.fixture(scope="module")
def site():
    return built()


@pytest.fixture
def live(site, page):  # noqa: F811
    """A page of a browser, on a site that has Python for it."""
    manifest = json.loads((site / "live/python/manifest.json").read_text("utf-8"))
    if "missing" in manifest:
        pytest.skip(
            "NumPy for the browser is neither beside the course nor at its server: see PYODIDE_PACKAGES"
        )
    return page


def name_of(path):
    return path.relative_to(settings.ROOT).with_suffix(".html").as_posix()


def cell(page, index):  # noqa: F811
    return page.locator("div.cell").nth(index)


def make_live(page, index):  # noqa: F811
    """Press the button of a cell's picture; return the live view."""
    box = cell(page, index)
    box.locator(".cnn-live-it").click()
    view = box.locator(".cnn-live .cnn-widget").last
    view.locator(".cnn-text:not(:empty)").wait_for(timeout=240_000)
    return view


def moves(page, view):  # noqa: F811
    """Whether some control of a view changes its picture or its sentence."""
    before = [view.evaluate(PICTURE), view.locator(".cnn-text").inner_text()]
    for control in view.locator(MOVERS).all():
        if not control.is_visible() or not control.is_enabled():
            continue
        control.focus()
        for key in ("ArrowRight", "End", "Home", "Enter"):
            page.keyboard.press(key)
            page.wait_for_timeout(100)
            page.evaluate(BARRIER)  # Python has answered what came before
            page.wait_for_timeout(250)
            if [view.evaluate(PICTURE), view.locator(".cnn-text").inner_text()] != before:
                return True
    return False


def run(page, index, source=None):  # noqa: F811
    """Run a cell, with another text if one is given; wait until it has ended."""
    page.evaluate(
        """async ([index, source]) => {
          const cell = cnnNotebook.cells[index];
          if (source !== null) cell.source = source;
          await cnnNotebook.run(cell);
        }""",
        [index, source],
    )
    return cell(page, index).locator(".cnn-out").first


@pytest.mark.parametrize("path", WITH_WIDGETS, ids=lambda path: path.stem)
def test_every_widget_of_a_page_goes_live_and_moves(live, server, path):  # noqa: F811
    live.goto(server + name_of(path))
    told = plan(nbformat.read(path, as_version=4))
    for index in [index for index, one in enumerate(told) if one["live"]]:
        view = make_live(live, index)
        assert moves(live, view), f"nothing that cell {index} offers moves its picture"
        assert not cell(live, index).locator(".cnn-picture > img").is_visible()
    assert live.locator(".cnn-error-out").all_inner_texts() == []
    assert live.away == [] and live.said == []


def test_a_widget_says_in_the_page_what_it_says_on_a_computer(live, server):  # noqa: F811
    live.goto(server + "notebooks/04_gradient_descent.html")
    index = next(i for i, one in enumerate(plan(nbformat.read(LEARNER[4], as_version=4))) if one["live"])
    view = make_live(live, index)
    box = view.locator("input.cnn-box:visible").first
    box.fill("0.5")
    box.press("Enter")
    live.wait_for_timeout(500)
    view.locator(".cnn-copy").click()
    line = view.locator("code.cnn-line").inner_text()
    name, arguments = re.fullmatch(r"(\w+)\((.*)\)", line).groups()
    twin = eval(f"cls({arguments})", {"cls": getattr(cnnlib.widgets, name)})
    assert view.locator(".cnn-text").inner_text() == twin.text


def test_the_second_visit_fetches_nothing_of_python(live, server):  # noqa: F811
    name = "notebooks/02_loss.html"
    live.goto(server + name)
    make_live(live, 7)
    asked = []
    again = live.context.new_page()
    again.on("response", lambda answer: asked.append(answer))
    again.goto(server + name)
    make_live(again, 7)
    packed = [a.url for a in asked if a.url.endswith(".bin") and "/python/" in a.url]
    assert packed == []


def test_what_comes_is_less_than_ten_megabytes_and_is_counted(live, server, site):  # noqa: F811
    manifest = json.loads((site / "live/python/manifest.json").read_text("utf-8"))
    total = sum(file["bytes"] for file in manifest["files"].values())
    assert total < 9.5e6
    assert all(
        (site / "live/python" / f["file"]).stat().st_size == f["bytes"] for f in manifest["files"].values()
    )
    live.goto(server + "notebooks/02_loss.html")
    live.evaluate(
        """() => {
          const hear = ({ detail }) => detail.total && heard.push(detail);
          globalThis.heard = [];
          cnnNotebook.python.addEventListener("change", hear);
        }"""
    )
    make_live(live, 7)
    heard = live.evaluate("heard")
    assert heard[-1]["done"] == heard[-1]["total"] == total
    assert live.locator(".cnn-python").is_hidden()


def test_an_exercise_is_done_wrong_then_right_and_recorded(live, server, tmp_path):  # noqa: F811
    live.goto(server + "notebooks/03_backpropagation.html")
    sources = live.evaluate("cnnNotebook.cells.map(cell => cell.original)")
    todo = next(i for i, text in enumerate(sources) if "def relu_backward" in text and "YOUR CODE" in text)
    judged = next(i for i in range(todo, len(sources)) if 'check("03.relu_backward"' in sources[i])
    live.evaluate("index => cnnNotebook.cells[index].edit()", todo)
    editor = cell(live, todo).locator(".cm-content")
    editor.wait_for()
    editor.click()
    live.keyboard.press("Control+a")
    live.keyboard.insert_text(WRONG)
    cell(live, judged).get_by_role("button", name="Run").click()
    said = cell(live, judged).locator(".cnn-html-out, .cnn-text-out").first
    said.wait_for(timeout=240_000)
    assert "✗" in said.inner_text() or "not" in said.inner_text()
    assert (
        json.loads(live.evaluate("localStorage['cnnlib.record']"))["exercises"]["03.relu_backward"]["outcome"]
        == "wrong"
    )
    editor.click()
    live.keyboard.press("Control+a")
    live.keyboard.insert_text(RIGHT)
    run(live, judged)
    record = live.evaluate("localStorage['cnnlib.record']")
    assert json.loads(record)["exercises"]["03.relu_backward"]["outcome"] == "right"
    live.locator(".cnn-record summary").click()
    with live.expect_download() as saved:
        live.get_by_role("button", name="Save my record").click()
    saved.value.save_as(tmp_path / "record.json")
    assert (tmp_path / "record.json").read_text("utf-8") == record
    live.evaluate("localStorage.clear()")
    live.goto(server + "notebooks/00_start_here.html")
    live.locator(".cnn-record summary").click()
    live.locator("#cnn-record-file").set_input_files(tmp_path / "record.json")
    live.get_by_text("Your record is here.").wait_for()
    assert live.evaluate("localStorage['cnnlib.record']") == record
    shown = run(live, 0, "from cnnlib.checks import progress\nprint(progress().done)")
    assert shown.inner_text().strip() == "1"


def test_a_file_that_is_no_record_is_refused(page, server, tmp_path):  # noqa: F811
    page.goto(server + "notebooks/00_start_here.html")
    (tmp_path / "other.json").write_text("[1, 2")
    page.locator(".cnn-record summary").click()
    page.locator("#cnn-record-file").set_input_files(tmp_path / "other.json")
    page.get_by_text("This file is no record").wait_for()
    assert page.evaluate("localStorage['cnnlib.record'] ?? ''") == ""


def test_an_endless_loop_is_ended_and_widgets_come_back(live, server):  # noqa: F811
    live.goto(server + "notebooks/04_gradient_descent.html")
    make_live(live, 2)
    live.evaluate(
        "cnnNotebook.cells[3].source = 'while True:\\n    pass'; cnnNotebook.run(cnnNotebook.cells[3]); 0"
    )
    stop = live.locator(".cnn-python").get_by_role("button", name="Stop")
    stop.wait_for(timeout=20_000)
    stop.click()
    cell(live, 3).locator(".cnn-error-out").wait_for()
    assert "Stopped" in cell(live, 3).locator(".cnn-error-out").inner_text()
    view = cell(live, 2).locator(".cnn-live .cnn-widget")
    view.locator(".cnn-text:not(:empty)").wait_for(timeout=240_000)
    assert run(live, 3, "print(6 * 7)").inner_text().strip() == "42"


def test_an_error_is_shown_with_the_learners_line_and_the_next_cell_runs(live, server):  # noqa: F811
    live.goto(server + "notebooks/04_gradient_descent.html")
    said = run(live, 0, "first = 1\nfirst / 0").locator(".cnn-error-out").inner_text()
    assert "ZeroDivisionError" in said and "line 2" in said and "first / 0" in said
    assert "course_page" not in said
    assert run(live, 1, "import numpy; numpy.arange(3) + 1").inner_text().strip() == "array([1, 2, 3])"


def test_cells_needed_before_a_widget_run_by_themselves_with_their_output_folded(live, server):  # noqa: F811
    live.goto(server + "notebooks/00_start_here.html")
    assert live.evaluate("cnnNotebook.cells[7].needs") == [0, 1, 2, 5, 6]
    make_live(live, 7)
    folded = live.locator(".cnn-here > details")
    assert folded.count() >= 1
    assert not folded.first.locator(".cnn-out").is_visible()
    order = live.evaluate("cnnNotebook.cells.map(cell => cell.ran?.order ?? 0)")
    ran = [order[index] for index in (0, 1, 2, 5, 6, 7)]
    assert ran == sorted(ran) and 0 not in ran and order[3] == 0


def test_without_python_a_sentence_and_the_picture_stays(page, server):  # noqa: F811
    page.context.route("**/live/python/**", lambda route: route.abort())
    page.goto(server + "notebooks/04_gradient_descent.html")
    cell(page, 2).locator(".cnn-live-it").click()
    page.locator(".cnn-python").get_by_text("Python cannot be had here").wait_for(timeout=30_000)
    assert cell(page, 2).locator(".cnn-picture > img").is_visible()
    assert cell(page, 2).locator(".cnn-live-it").is_enabled()


def test_the_download_can_be_cancelled(live, server):  # noqa: F811
    live.context.route("**/packages.pack*", lambda route: None)  # never answered
    live.goto(server + "notebooks/04_gradient_descent.html")
    cell(live, 2).locator(".cnn-live-it").click()
    live.locator(".cnn-python").get_by_text(re.compile(r"\d\.\d of 9\.\d MB")).wait_for(timeout=30_000)
    live.locator(".cnn-python").get_by_role("button", name="Cancel").click()
    assert live.locator(".cnn-python").is_hidden() and live.evaluate(PYTHON) == "none"
    assert cell(live, 2).locator(".cnn-picture > img").is_visible()
    live.context.unroute("**/packages.pack*")
    make_live(live, 2)


def test_recorded_widgets_move_before_any_python(page, server):  # noqa: F811
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(server + "notebooks/06_minima.html")
    index = next(
        i
        for i, text in enumerate(page.evaluate("cnnNotebook.cells.map(c => c.original)"))
        if "LineBetween(" in text
    )
    cell(page, index).scroll_into_view_if_needed()
    view = cell(page, index).locator(".cnn-recorded .cnn-widget")
    view.locator(".cnn-text:not(:empty)").wait_for(timeout=60_000)
    view.get_by_label("Place on the line").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(300)
    twin = cnnlib.widgets.LineBetween(share=0.525)
    assert view.locator(".cnn-text").inner_text() == twin.text
    play = view.get_by_role("button", name="Play")
    play.click()
    page.wait_for_timeout(1000)
    assert view.locator(".cnn-text").inner_text() != twin.text
    assert [address for address in asked if "/live/python/" in address] == []
    assert page.said == []


def test_the_front_page_learns_before_ones_eyes(page, server):  # noqa: F811
    page.goto(server + "index.html")
    view = page.locator(".cnn-recorded .cnn-widget")
    view.locator(".cnn-text:not(:empty)").wait_for(timeout=60_000)
    page.wait_for_function(
        "document.querySelector('.cnn-recorded .cnn-text').textContent.includes('epochs')", timeout=60_000
    )
    doors = page.locator(".cnn-doors a")
    assert doors.count() == 3 and "Try it here" in doors.first.inner_text()
    assert page.said == [] and page.away == []


def test_nothing_moves_by_itself_for_those_who_want_that(page, server):  # noqa: F811
    page.emulate_media(reduced_motion="reduce")
    page.goto(server + "index.html")
    words = page.locator(".cnn-recorded .cnn-text:not(:empty)")
    words.wait_for(timeout=60_000)
    before = words.inner_text()
    page.wait_for_timeout(1500)
    assert words.inner_text() == before


def test_what_was_visited_works_without_a_network(live, server):  # noqa: F811
    name = "notebooks/04_gradient_descent.html"
    live.goto(server + name)
    live.wait_for_function("navigator.serviceWorker.controller !== null", timeout=30_000)
    live.reload()
    make_live(live, 2)
    live.wait_for_timeout(1000)
    live.context.set_offline(True)
    live.goto(server + name)
    make_live(live, 2)
    live.context.set_offline(False)


def test_the_widgets_follow_the_theme(live, server):  # noqa: F811
    live.goto(server + "notebooks/04_gradient_descent.html")
    view = make_live(live, 2)
    paper = "box => getComputedStyle(box).getPropertyValue('--cnn-paper').trim()"
    before, picture = view.evaluate(paper), view.evaluate(PICTURE)
    live.evaluate("document.documentElement.dataset.theme = 'dark'")
    live.wait_for_timeout(1500)
    assert view.evaluate(paper) != before and view.evaluate(PICTURE) != picture


@pytest.fixture
def phone(browser, server, site):  # noqa: F811
    """A phone: narrow, and touched."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("path", WITH_WIDGETS[:6], ids=lambda path: path.stem)
def test_a_phone_makes_a_page_live_and_moves_it(phone, server, site, path):  # noqa: F811
    if "missing" in json.loads((site / "live/python/manifest.json").read_text("utf-8")):
        pytest.skip(
            "NumPy for the browser is neither beside the course nor at its server: see PYODIDE_PACKAGES"
        )
    phone.goto(server + name_of(path))
    told = plan(nbformat.read(path, as_version=4))
    index = [i for i, one in enumerate(told) if one["live"]][1 if path.stem.startswith("00") else 0]
    cell(phone, index).locator(".cnn-live-it").tap()
    view = cell(phone, index).locator(".cnn-live .cnn-widget")
    view.locator(".cnn-text:not(:empty)").wait_for(timeout=240_000)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    slider = view.locator("input[type=range]:visible, select:visible").first
    area = slider.bounding_box()
    assert area["height"] >= 30 and 0 <= area["x"] and area["x"] + area["width"] <= 390
    before = view.evaluate(PICTURE), view.locator(".cnn-text").inner_text()
    if slider.evaluate("one => one.type") == "range":
        phone.touchscreen.tap(area["x"] + 0.2 * area["width"], area["y"] + area["height"] / 2)
    else:
        slider.select_option(index=1)
    phone.wait_for_function(
        "([box, before]) => box.querySelector('canvas').toDataURL() !== before[0]"
        " || box.querySelector('.cnn-text').textContent !== before[1]",
        arg=[view.element_handle(), before],
        timeout=30_000,
    )
