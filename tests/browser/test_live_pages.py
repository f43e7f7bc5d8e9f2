"""The site's pages run their own cells: live widgets, exercises, the learner's record."""

import json
import re

import pytest

import cnnlib.widgets
from cnnlib.learning import Record
from tests.browser.live import (
    LEARNER,
    LOOK,
    become_computer,
    cell,
    find,
    make_live,
    moves,
    name_of,
    run,
    told_of,
    widgets_of,
)
from tests.browser.test_widgets_hands import SHEET, stroke
from tests.less_training import FROM_HERE_ON

#: What a finger moves, or else the picture: what stands for a handle of the picture is for the keyboard.
CONTROLS = "input[type=range]:not(.cnn-handle *):visible, .cnn-step:visible, .cnn-rewind:visible"
PICTURE = ".cnn-picture > canvas"
CARDS = "cnnNotebook.cells.filter(cell => cell.live === 'card').map(cell => cell.index)"
WRONG = "def relu_backward(dy, x):\n    return dy * (dy > 0)\n"
RIGHT = "import numpy as np\ndef relu_backward(dy, x):\n    return np.where(x > 0, dy, 0.0)\n"
WITH_WIDGETS = [path for path in LEARNER if widgets_of(path)]


@pytest.fixture(scope="module", params=WITH_WIDGETS, ids=lambda path: path.stem)
def notebook_page(request, touches, server):
    """A notebook's page and its path; a phone first, then a computer, so that Python starts once for both."""
    opened = next(touches)
    opened.goto(server + name_of(request.param))
    return opened, request.param


def test_a_phone_makes_a_page_live_and_moves_it(notebook_page):
    phone, path = notebook_page
    index = widgets_of(path)[1 if path.stem.startswith("00") else 0]
    cell(phone, index).locator(".cnn-live-it").tap()
    view = cell(phone, index).locator(".cnn-live .cnn-widget")
    view.locator(".cnn-text:not(:empty)").wait_for(timeout=240_000)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    before = view.evaluate(LOOK)
    control = view.locator(CONTROLS if view.locator(CONTROLS).count() else PICTURE).first
    control.scroll_into_view_if_needed()  # a finger reaches what is on the screen
    area = control.bounding_box()
    assert area["height"] >= 30 and 0 <= area["x"] and area["x"] + area["width"] <= 390
    if control.evaluate("one => one.type") == "range":
        for share in (0.2, 0.8):  # one of them is not where it stands
            phone.touchscreen.tap(area["x"] + share * area["width"], area["y"] + area["height"] / 2)
            phone.wait_for_timeout(500)
    elif control.evaluate("one => one.tagName") == "CANVAS":
        for share in (0.12, 0.3):  # pixels of a map that fills the width
            place = area["x"] + share * area["width"], area["y"] + share * area["width"]
            phone.touchscreen.tap(*place)
            phone.wait_for_timeout(500)
    else:
        control.tap()
        others = view.locator(CONTROLS)
        if others.count() > 1 and not changes(phone, view, before, 3_000):  # at the last step: go back
            others.nth(1).tap()
    assert changes(phone, view, before, 30_000)


def changes(page, view, before, patience):
    """Whether the picture or the sentence of a view becomes another within some milliseconds."""
    from playwright.sync_api import TimeoutError as Late

    try:
        page.wait_for_function(
            "([box, before]) => box.querySelector('.cnn-picture > canvas').toDataURL() !== before[1]"
            " || box.querySelector('.cnn-text').textContent !== before[0]",
            arg=[view.element_handle(), before],
            timeout=patience,
        )
    except Late:
        return False
    return True


def test_every_widget_of_a_page_goes_live_and_moves(notebook_page):
    visit, path = notebook_page
    become_computer(visit)
    visit.evaluate("code => cnnNotebook.python.run('test', code, false, () => {})", FROM_HERE_ON)
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


def test_nothing_is_told_before_a_prediction_is_committed(live, server, tmp_path):
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


def test_one_button_brings_all_cards(visit, server):
    visit.goto(server + "notebooks/05_gradient_descent.html")
    cards = visit.evaluate(CARDS)
    button = cell(visit, cards[1]).get_by_role("button", name="Answer here")
    assert cell(visit, cards[1]).locator(".cnn-still").get_by_role("button").count() == 1
    button.click()
    for index in cards:
        cell(visit, index).locator(".cnn-card").wait_for(timeout=60_000)
        assert not cell(visit, index).locator(".cnn-still").is_visible()


def test_a_widget_says_in_the_page_what_it_says_on_a_computer(visit, server):
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


def test_an_exercise_is_done_wrong_then_right_and_recorded(live, server, tmp_path):
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


def test_a_file_that_is_no_record_is_refused(page, server, tmp_path):
    page.goto(server + "notebooks/00_start_here.html")
    (tmp_path / "other.json").write_text("[1, 2")
    page.locator(".cnn-record summary").click()
    page.locator("#cnn-record-file").set_input_files(tmp_path / "other.json")
    page.get_by_text("This file is no record").wait_for()
    assert page.evaluate("localStorage['cnnlib.record'] ?? ''") == ""


def test_an_endless_loop_is_ended_and_widgets_come_back(visit, server):
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


def test_an_error_is_shown_with_the_learners_line_and_the_next_cell_runs(visit, server):
    visit.goto(server + "notebooks/05_gradient_descent.html")
    said = run(visit, 0, "first = 1\nfirst / 0").locator(".cnn-error-out").inner_text()
    assert "ZeroDivisionError" in said and "line 2" in said and "first / 0" in said
    assert "course_page" not in said
    assert run(visit, 1, "import numpy; numpy.arange(3) + 1").inner_text().strip() == "array([1, 2, 3])"


def test_cells_needed_before_a_widget_run_by_themselves_with_their_output_folded(visit, server):
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


def test_a_page_in_another_language_speaks_it_when_it_is_live(live, server):
    live.goto(server + "notebooks/de/00_start_here.html")
    view = make_live(live, find(live, "SetupCheck("))
    assert "Pakete" in view.locator(".cnn-text").inner_text()


def test_a_finger_draws_on_a_phone_and_the_page_stays(phone, server):
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
