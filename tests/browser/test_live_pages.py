"""The site's pages run their own cells: live widgets, exercises, the learner's record, without a network."""

import gzip
import json
import re

import nbformat
import pytest

import cnnlib.widgets
from benchmarks.live_pages import LOADED, READ, SHIFTS, weight
from cnnlib.learning import Record, items
from tests.browser.test_site import page, server  # noqa: F401  (fixtures)
from tests.browser.test_widgets_hands import SHEET, stroke
from tests.course.site_built import built
from tools.site import settings, staging
from tools.site.live.cells import plan

LEARNER = [path for path in staging.notebooks() if path.parent.name == "notebooks"]
MOVERS = "input[type=range], .cnn-step, select, [role=radio], .cnn-button:not(.cnn-pill), [type=checkbox]"
#: The handle of a picture comes first: it is answered at once, where a list may train a network anew.
HANDLES = ".cnn-handle input[type=range]"
#: What a finger moves: what stands for a handle of the picture is for the keyboard.
TOUCHED = "input[type=range]:not(.cnn-handle *):visible, .cnn-step:visible"
#: The sentence and the picture of a view, once Python has answered and the page has drawn it.
LOOK = """async box => {
  const drawn = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  await drawn();
  await cnnNotebook.python.run("test", "0;", false, () => {});
  await drawn();
  const picture = box.querySelector(".cnn-picture > canvas");
  return [box.querySelector(".cnn-text").textContent, picture?.toDataURL() ?? ""];
}"""
PYTHON = "() => cnnNotebook.python.state"
FIND = "text => cnnNotebook.cells.findIndex(cell => cell.live && cell.original.includes(text))"
CARDS = "cnnNotebook.cells.filter(cell => cell.live === 'card').map(cell => cell.index)"
#: A learner who has passed over every prediction: nothing is covered.
PASSED = json.dumps(
    {
        "version": 1,
        "key": "test",
        "events": [
            {"what": "skip", "id": item.id, "when": "2026-01-01T00:00:00+00:00"}
            for item in items("prediction")
        ],
    }
)
COMPUTER, PHONE = {"width": 1060, "height": 900}, {"width": 390, "height": 844}
WRONG = "def relu_backward(dy, x):\n    return dy * (dy > 0)\n"
RIGHT = "import numpy as np\ndef relu_backward(dy, x):\n    return np.where(x > 0, dy, 0.0)\n"


def name_of(path):
    return path.relative_to(settings.ROOT).with_suffix(".html").as_posix()


def told_of(path):
    return plan(nbformat.read(path, as_version=4), twin=staging.twin_of(path))


def widgets_of(path):
    return [index for index, one in enumerate(told_of(path)) if one["live"] == "widget"]


WITH_WIDGETS = [path for path in LEARNER if widgets_of(path)]


@pytest.fixture(scope="module")
def site():
    return built()


@pytest.fixture(scope="module")
def has_python(site):
    """Skip where the site has no Python for its pages."""
    manifest = json.loads((site / "live/python/manifest.json").read_text("utf-8"))
    if "missing" in manifest:
        pytest.skip(
            "NumPy for the browser is neither beside the course nor at its server: see PYODIDE_PACKAGES"
        )
    return manifest


@pytest.fixture
def live(has_python, page):  # noqa: F811
    """A page of a fresh browser, on a site that has Python for it."""
    return page


def shared_pages(browser, address, **size):
    """Pages of one browser that keeps Python from the first to the last, its predictions passed over."""
    context = browser.new_context(reduced_motion="reduce", **size)  # nothing plays by itself meanwhile
    record, local = json.dumps(PASSED), (address, "data:", "blob:")
    context.add_init_script(f"localStorage['cnnlib.record'] ??= {record}")
    while True:
        opened = context.new_page()
        opened.away, opened.said = [], []
        opened.on("pageerror", lambda error, said=opened.said: said.append(str(error)))
        opened.on(
            "request", lambda r, away=opened.away: None if r.url.startswith(local) else away.append(r.url)
        )
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def visits(browser, server, has_python):  # noqa: F811
    return shared_pages(browser, server, viewport=COMPUTER)


@pytest.fixture(scope="module")
def touches(browser, server, has_python):  # noqa: F811
    return shared_pages(browser, server, viewport=PHONE, has_touch=True, is_mobile=True)


@pytest.fixture
def visit(visits):
    """A page of the browser that all tests share: Python comes from what it has kept."""
    return next(visits)


@pytest.fixture
def phone(touches):
    """A page of a phone: narrow, and touched."""
    return next(touches)


@pytest.fixture(scope="module", params=WITH_WIDGETS, ids=lambda path: path.stem)
def notebook_page(request, touches, server):  # noqa: F811
    """A notebook's page and its path; a phone first, then a computer, so that Python starts once for both."""
    opened = next(touches)
    opened.goto(server + name_of(request.param))
    return opened, request.param


def become_computer(page):  # noqa: F811
    """Make a wide page without touch of a phone's."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": False})
    session.send("Emulation.setDeviceMetricsOverride", {**COMPUTER, "deviceScaleFactor": 1, "mobile": False})
    page.wait_for_function("innerWidth === 1060 && !matchMedia('(any-pointer: coarse)').matches")


def cell(page, index):  # noqa: F811
    return page.locator("div.cell").nth(index)


def find(page, text):  # noqa: F811
    """The live cell in which a text stands."""
    index = page.evaluate(FIND, text)
    assert index >= 0, text
    return index


def make_live(page, index):  # noqa: F811
    """Press the button of a cell; return the live view."""
    box = cell(page, index)
    box.locator(".cnn-live-it").evaluate("button => button.click()")
    view = box.locator(".cnn-live .cnn-widget").last
    there = view.locator(".cnn-text:not(:empty)").or_(box.locator(".cnn-here .cnn-error-out"))
    there.first.wait_for(timeout=240_000, state="attached")
    assert box.locator(".cnn-here .cnn-error-out").all_inner_texts() == []
    return view


def moves(page, view):  # noqa: F811
    """Whether some control of a view changes its picture or its sentence."""
    before = view.evaluate(LOOK)
    for control in [*view.locator(HANDLES).all(), *view.locator(MOVERS).all()]:
        if not control.is_visible() or not control.is_enabled():
            continue
        control.focus()
        for key in ("ArrowRight", "End", "Home", "Enter"):
            page.keyboard.press(key)
            if view.evaluate(LOOK) != before:
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


def test_a_phone_makes_a_page_live_and_moves_it(notebook_page):
    phone, path = notebook_page
    index = widgets_of(path)[1 if path.stem.startswith("00") else 0]
    cell(phone, index).locator(".cnn-live-it").tap()
    view = cell(phone, index).locator(".cnn-live .cnn-widget")
    view.locator(".cnn-text:not(:empty)").wait_for(timeout=240_000)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    before = view.evaluate(LOOK)
    control = view.locator(TOUCHED).first
    control.scroll_into_view_if_needed()  # a finger reaches what is on the screen
    area = control.bounding_box()
    assert area["height"] >= 30 and 0 <= area["x"] and area["x"] + area["width"] <= 390
    if control.evaluate("one => one.type") == "range":
        for share in (0.2, 0.8):  # one of them is not where it stands
            phone.touchscreen.tap(area["x"] + share * area["width"], area["y"] + area["height"] / 2)
            phone.wait_for_timeout(500)
    else:
        control.tap()
        phone.wait_for_timeout(500)
        if view.evaluate(LOOK) == before:  # it stands at the last step: go back
            view.locator(TOUCHED).nth(1).tap()
    phone.wait_for_function(
        "([box, before]) => box.querySelector('.cnn-picture > canvas').toDataURL() !== before[1]"
        " || box.querySelector('.cnn-text').textContent !== before[0]",
        arg=[view.element_handle(), before],
        timeout=30_000,
    )


def test_every_widget_of_a_page_goes_live_and_moves(notebook_page):
    visit, path = notebook_page
    become_computer(visit)
    told = told_of(path)
    buttons = visit.evaluate(
        "cnnNotebook.cells.map(cell => cell.element.querySelectorAll('.cnn-live-it').length)"
    )
    assert buttons == [int(bool(one["live"])) for one in told], (
        "one button where there is something to answer"
    )
    for index in widgets_of(path):
        view = cell(visit, index).locator(".cnn-live .cnn-widget").last
        if not view.count():  # a phone has brought one of them
            view = make_live(visit, index)
        assert moves(visit, view), f"nothing that cell {index} offers moves its picture"
        assert not cell(visit, index).locator(".cnn-picture > img").last.is_visible()
    visit.evaluate("cnnNotebook.queue")
    for index in visit.evaluate(CARDS):
        assert cell(visit, index).locator(".cnn-card").is_visible(), "Python is here, so the cards answer"
    assert visit.locator(".cnn-error-out").all_text_contents() == []
    assert visit.away == [] and visit.said == []


def test_nothing_is_told_before_a_prediction_is_committed(live, server, tmp_path):  # noqa: F811
    live.goto(server + "notebooks/02_loss.html")
    answers = find(live, "FirstLoss(challenge")
    button = cell(live, answers).locator(".cnn-live-it")
    assert button.is_visible() and not cell(live, answers).locator(".cnn-picture").is_visible()
    make_live(live, answers)
    shown = cell(live, answers).locator(".cnn-live .cnn-widget")
    card = cell(live, find(live, 'predict("02.first")')).locator(".cnn-card")
    card.wait_for(timeout=60_000)
    assert card.locator(".cnn-card-truth").count() == 0 and not shown.is_visible()
    card.locator(".cnn-card-number, .cnn-card-option").first.click()
    live.keyboard.insert_text("2.3")
    card.get_by_role("button", name="Commit").click()
    shown.wait_for(timeout=30_000)
    cell(live, find(live, 'quiz("02")')).get_by_role("button", name="Begin").click()
    record = live.evaluate("localStorage['cnnlib.record']")
    live.locator(".cnn-record summary").click()
    with live.expect_download() as saved:
        live.get_by_role("button", name="Save my record").click()
    saved.value.save_as(tmp_path / "record.json")
    assert saved.value.suggested_filename == f"my-record-{json.loads(record)['key']}.json"
    on_a_computer = Record(tmp_path / "mine.json")
    assert on_a_computer.take_in((tmp_path / "record.json").read_text("utf-8"))[0] >= 1
    assert on_a_computer.predictions()["02.first"]["value"] is not None


def test_one_button_brings_all_cards(visit, server):  # noqa: F811
    visit.goto(server + "notebooks/05_gradient_descent.html")
    cards = visit.evaluate(CARDS)
    button = cell(visit, cards[1]).get_by_role("button", name="Answer here")
    assert cell(visit, cards[1]).locator(".cnn-still").get_by_role("button").count() == 1
    button.click()
    for index in cards:
        cell(visit, index).locator(".cnn-card").wait_for(timeout=60_000)
        assert not cell(visit, index).locator(".cnn-still").is_visible()


def test_a_widget_says_in_the_page_what_it_says_on_a_computer(visit, server):  # noqa: F811
    visit.goto(server + "notebooks/05_gradient_descent.html")
    view = make_live(visit, find(visit, "DescentExplorer("))
    box = view.locator("input.cnn-box:visible").first
    box.fill("0.5")
    box.press("Enter")
    view.evaluate(LOOK)
    view.locator(".cnn-copy").evaluate("button => button.click()")
    line = view.locator("code.cnn-line").text_content()
    name, arguments = re.fullmatch(r"(\w+)\((.*)\)", line).groups()
    twin = eval(f"cls({arguments})", {"cls": getattr(cnnlib.widgets, name)})
    assert view.locator(".cnn-text").inner_text() == twin.text
    paper = "box => getComputedStyle(box).getPropertyValue('--cnn-paper').trim()"
    light, (_, picture) = view.evaluate(paper), view.evaluate(LOOK)
    visit.evaluate("document.documentElement.dataset.theme = 'dark'")
    visit.wait_for_timeout(1000)  # colours change gently
    assert view.evaluate(paper) != light and view.evaluate(LOOK)[1] != picture


#: The sizes of some files of Python as they are kept, once all are kept as they are read.
PLAIN = """async names => {
  const kept = await caches.open("cnnlib-python");
  for (;;) {
    const found = await Promise.all(names.map(name => kept.match(`${location.origin}/live/python/${name}`)));
    const all = found.every(one => one?.headers.has("X-Plain"));
    if (all) return Promise.all(found.map(async one => (await one.arrayBuffer()).byteLength));
    await new Promise(done => setTimeout(done, 100));
  }
}"""


def test_python_is_counted_as_it_comes_and_kept_for_the_second_visit(live, server, site, has_python):  # noqa: F811
    files = has_python["files"].values()
    total = sum(file["bytes"] for file in files if not file["later"])
    assert total < 9.6e6  # megabytes that the text tells a class of: 9.5
    assert all((site / "live/python" / f["file"]).stat().st_size == f["bytes"] for f in files)
    live.goto(server + "notebooks/02_loss.html")
    live.evaluate(
        """() => {
          const hear = ({ detail }) => detail.total && heard.push(detail);
          globalThis.heard = [];
          cnnNotebook.python.addEventListener("change", hear);
        }"""
    )
    make_live(live, find(live, "LossExplorer("))
    heard = live.evaluate("heard")
    assert heard[-1]["done"] == heard[-1]["total"] == total
    assert live.locator(".cnn-python").is_hidden()
    names = [file["file"] for file in files if not file["later"]]
    plain = [len(gzip.decompress((site / "live/python" / name).read_bytes())) for name in names]
    assert live.evaluate(PLAIN, names) == plain  # the next visit has nothing to decompress
    asked, again = [], live.context.new_page()
    again.on("response", lambda answer: asked.append(answer.url))
    again.goto(server + "notebooks/02_loss.html")
    make_live(again, find(again, "LossExplorer("))
    assert [address for address in asked if address.endswith(".bin") and "/python/" in address] == []


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
    kept = "JSON.parse(localStorage['cnnlib.record']).events.map(event => event.outcome)"
    assert live.evaluate(kept) == ["wrong"]
    editor.click()
    live.keyboard.press("Control+a")
    live.keyboard.insert_text(RIGHT)
    run(live, judged)
    record = live.evaluate("localStorage['cnnlib.record']")
    assert live.evaluate(kept) == ["wrong", "right"]
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


def test_an_endless_loop_is_ended_and_widgets_come_back(visit, server):  # noqa: F811
    visit.goto(server + "notebooks/05_gradient_descent.html")
    index = find(visit, "DescentExplorer(")
    make_live(visit, index)
    visit.evaluate(
        "cnnNotebook.cells[1].source = 'while True:\\n    pass'; cnnNotebook.run(cnnNotebook.cells[1]); 0"
    )
    visit.wait_for_function("cnnNotebook.current === cnnNotebook.cells[1]")  # no earlier cell is stopped
    stop = visit.locator(".cnn-python").get_by_role("button", name="Stop")
    stop.wait_for(timeout=20_000)
    stop.click()
    cell(visit, 1).locator(".cnn-error-out").wait_for()
    assert "Stopped" in cell(visit, 1).locator(".cnn-error-out").inner_text()
    view = cell(visit, index).locator(".cnn-live .cnn-widget")
    view.locator(".cnn-text:not(:empty)").wait_for(timeout=240_000)
    assert run(visit, 1, "print(6 * 7)").inner_text().strip() == "42"


def test_an_error_is_shown_with_the_learners_line_and_the_next_cell_runs(visit, server):  # noqa: F811
    visit.goto(server + "notebooks/05_gradient_descent.html")
    said = run(visit, 0, "first = 1\nfirst / 0").locator(".cnn-error-out").inner_text()
    assert "ZeroDivisionError" in said and "line 2" in said and "first / 0" in said
    assert "course_page" not in said
    assert run(visit, 1, "import numpy; numpy.arange(3) + 1").inner_text().strip() == "array([1, 2, 3])"


def test_cells_needed_before_a_widget_run_by_themselves_with_their_output_folded(visit, server):  # noqa: F811
    visit.goto(server + "notebooks/11_train_a_cnn.html")
    index = find(visit, "TrainingView(")
    needs = visit.evaluate("index => cnnNotebook.cells[index].needs", index)
    make_live(visit, index)
    folded = visit.locator(".cnn-here > details")
    assert folded.count() >= 1
    assert not folded.first.locator(".cnn-out").is_visible()
    order = visit.evaluate("cnnNotebook.cells.map(cell => cell.ran?.order ?? 0)")
    ran = [order[one] for one in (*needs, index)]
    assert needs and ran == sorted(ran) and 0 not in ran
    assert order[find(visit, "EvidenceExplorer(")] == 0


def test_without_python_a_sentence_and_the_picture_stays(page, server):  # noqa: F811
    page.context.route("**/live/python/**", lambda route: route.abort())
    page.goto(server + "notebooks/04_convolution_backward.html")
    box = cell(page, find(page, "PixelInWindows("))
    box.locator(".cnn-live-it").click()
    page.locator(".cnn-python").get_by_text("Python cannot be had here").wait_for(timeout=30_000)
    assert box.locator(".cnn-picture > img").is_visible()
    assert box.locator(".cnn-live-it").is_enabled()


def test_the_download_can_be_cancelled(live, server):  # noqa: F811
    live.context.route("**/packages.pack*", lambda route: None)  # never answered
    live.goto(server + "notebooks/04_convolution_backward.html")
    index = find(live, "PixelInWindows(")
    cell(live, index).locator(".cnn-live-it").click()
    live.locator(".cnn-python").get_by_text(re.compile(r"\d\.\d of 9\.\d MB")).wait_for(timeout=30_000)
    live.locator(".cnn-python").get_by_role("button", name="Cancel").click()
    assert live.locator(".cnn-python").is_hidden() and live.evaluate(PYTHON) == "none"
    assert cell(live, index).locator(".cnn-picture > img").is_visible()
    live.context.unroute("**/packages.pack*")
    make_live(live, index)


def test_recorded_widgets_move_before_any_python(page, server):  # noqa: F811
    """Where they answer no prediction: a recording would tell it."""
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(server + "notebooks/07_minima.html")
    index = find(page, "LossSlice(challenge")
    cell(page, index).scroll_into_view_if_needed()
    view = cell(page, index).locator(".cnn-recorded .cnn-widget")
    view.locator(".cnn-text:not(:empty)").wait_for(timeout=60_000)
    before = view.locator(".cnn-text").inner_text()
    for handle in view.locator("input[type=range]").all():
        handle.focus()
        page.keyboard.press("Home")
        page.wait_for_timeout(500)
    assert view.locator(".cnn-text").inner_text() != before
    assert [address for address in asked if "/live/python/" in address] == []
    assert page.said == []


HEAVIEST = ("02_loss.html", "07_minima.html", "11_train_a_cnn.html")


LIGHT = [
    name for name in map(name_of, LEARNER) if name.endswith(HEAVIEST)
]  # benchmarks/live_pages.py weighs all
LIGHT += ["index.html", "notebooks/00_start_here.html", "notebooks/10_spirals.html"]


@pytest.mark.parametrize("name", LIGHT)
def test_a_page_is_light_and_a_recording_bounded(page, server, site, name):  # noqa: F811
    """As most servers send it; what was recorded counts when it comes by itself at the opening of a page."""
    page.goto(server + name)
    page.wait_for_timeout(700)
    assert weight(site, page.evaluate(LOADED)) < 400_000
    if not name.endswith(HEAVIEST):
        return
    page.evaluate(READ)
    loaded = page.evaluate(LOADED)
    recorded = [address for address in loaded if "/recorded/" in address]
    assert weight(site, [address for address in loaded if address not in recorded]) < 400_000
    assert all(weight(site, [address]) < 1_000_000 for address in recorded)


@pytest.mark.parametrize("name, text", [("07_minima", "LossSlice(challenge"), ("02_loss", "ImageGallery(")])
def test_a_recording_that_comes_under_a_reader_s_eyes_moves_nothing(page, server, name, text):  # noqa: F811
    page.add_init_script(SHIFTS)
    page.context.route("**/recorded/*", lambda route: (held.append(route), None)[1])  # until it is in view
    held: list = []
    page.goto(f"{server}notebooks/{name}.html")
    box = cell(page, find(page, text))
    box.scroll_into_view_if_needed()
    page.wait_for_timeout(1000)
    assert held
    for route in held:
        route.continue_()
    view = box.locator(".cnn-recorded .cnn-widget")
    view.locator(".cnn-text:not(:empty)").wait_for(timeout=60_000, state="attached")
    page.wait_for_timeout(1000)
    assert page.evaluate("shift") < 0.01
    place = view.locator("xpath=..")
    assert place.bounding_box()["height"] + 1 >= view.bounding_box()["height"], "nothing of it is cut off"
    assert "cnn-in-room" not in place.get_attribute("class")
    view.locator("button:visible").first.click()
    page.wait_for_timeout(1000)
    assert place.bounding_box()["height"] >= view.bounding_box()["height"]
    assert page.evaluate("shift") < 0.01 and page.said == []


@pytest.mark.parametrize("name", ["02_loss", "07_minima", "11_train_a_cnn"])
def test_a_still_has_the_room_of_its_recording_and_little_more(page, server, name):  # noqa: F811
    for width in (1300, 390):
        page.set_viewport_size({"width": width, "height": 844})
        page.goto(f"{server}notebooks/{name}.html")
        page.wait_for_timeout(500)
        for still in page.locator(".cnn-room").all():
            room = still.evaluate("still => parseFloat(getComputedStyle(still).minHeight)")
            around = still.locator("xpath=..")
            around.scroll_into_view_if_needed()
            view = around.locator(".cnn-recorded .cnn-widget")
            view.locator(".cnn-text:not(:empty)").wait_for(timeout=60_000, state="attached")
            assert -1 <= room - view.bounding_box()["height"] <= 40, (name, width)


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


@pytest.mark.parametrize("name", [name_of(path) for path in LEARNER if path.stem != "review"][::3])
def test_a_page_begins_with_what_moves(page, server, name):  # noqa: F811
    """Before goals and prerequisites, without Python, in room that was kept for it."""
    page.goto(server + name)
    cover = page.locator(".cnn-cover")
    words = cover.locator(".cnn-recorded .cnn-text:not(:empty)")
    words.wait_for(timeout=60_000)
    before = words.inner_text()
    page.wait_for_function(
        "before => document.querySelector('.cnn-cover .cnn-text').textContent !== before", arg=before
    )
    first = page.evaluate(
        "document.querySelector('.cnn-cover').compareDocumentPosition(document.querySelector('ol'))"
    )
    assert first & 4  # the list of goals follows
    room, view = (
        page.locator(place).bounding_box()["height"] for place in (".cnn-cover", ".cnn-cover .cnn-widget")
    )
    assert -1 <= room - view <= 60, (room, view)
    cover.get_by_role("button", name="Pause").or_(cover.get_by_role("button", name="Play")).first.click()
    assert page.said == [] and page.away == []


def test_nothing_moves_by_itself_for_those_who_want_that(page, server):  # noqa: F811
    page.emulate_media(reduced_motion="reduce")
    page.goto(server + "index.html")
    words = page.locator(".cnn-recorded .cnn-text:not(:empty)")
    words.wait_for(timeout=60_000)
    before = words.inner_text()
    page.wait_for_timeout(1500)
    assert words.inner_text() == before


def test_a_page_in_another_language_speaks_it_when_it_is_live(live, server):  # noqa: F811
    live.goto(server + "notebooks/de/00_start_here.html")
    view = make_live(live, find(live, "SetupCheck("))
    assert "Pakete" in view.locator(".cnn-text").inner_text()


@pytest.mark.parametrize(
    "name, text",
    [("05_gradient_descent", "DescentExplorer("), ("04_convolution_backward", "load_mnist_cnn(),")],
)
def test_what_was_visited_works_without_a_network(live, server, name, text):  # noqa: F811
    """Python, the page, and MNIST if a cell has loaded it."""
    name = f"notebooks/{name}.html"
    live.goto(server + name)
    live.wait_for_function("navigator.serviceWorker.controller !== null", timeout=30_000)
    live.reload()
    index = find(live, text)
    make_live(live, index)
    live.wait_for_timeout(1000)
    live.context.set_offline(True)
    live.goto(server + name)
    make_live(live, index)
    live.context.set_offline(False)


def test_a_finger_draws_on_a_phone_and_the_page_stays(phone, server):  # noqa: F811
    phone.goto(server + "notebooks/01_forward_pass.html")
    index = find(phone, 'source="your drawing"')
    canvas = make_live(phone, index).locator(".cnn-picture > canvas").first
    phone.evaluate("cnnNotebook.queue")
    canvas.evaluate(f"canvas => scrollBy({{ top: ({SHEET})(canvas)[0][1] - 420, behavior: 'instant' }})")
    phone.wait_for_timeout(300)
    before = phone.evaluate("scrollY")
    words = cell(phone, index).locator(".cnn-text").first
    assert "The drawing is empty" in words.inner_text()
    stroke(phone, *canvas.evaluate(SHEET))
    phone.evaluate("cnnNotebook.python.run('test', '0;', false, () => {})")
    phone.wait_for_timeout(500)
    assert "The drawing is empty" not in words.inner_text()
    assert phone.evaluate("scrollY") == before
