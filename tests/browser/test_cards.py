"""Cards in JupyterLab: a prediction is covered, committed and met; a quiz answers back."""

import contextlib
import json
import re

import nbformat
import pytest

from cnnlib.learning import Record, find, items
from cnnlib.runtime.language import shown
from tests.browser.desk import Desk
from tests.browser.lab import BUSY, ROOT, Lab
from tools.site.live.cells import needs

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
CARDS = ("predict(", "quiz(", "check(", "worked(", "my_course(")


@pytest.fixture(scope="module")
def course(tmp_path_factory, browser):
    """A server over a folder whose kernels keep a record there."""
    folder = tmp_path_factory.mktemp("cards")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CNNLIB_PROGRESS", str(folder / "progress.json"))
        server = Lab(folder)
    yield server
    server.close()


@pytest.fixture(scope="module")
def desk(course, browser):
    """JupyterLab pages over that server."""
    return Desk(course, browser)


@pytest.fixture
def page_of(desk):
    """Open a notebook of the given cells and run all of it."""
    with contextlib.ExitStack() as ends:

        def open_page(name, *cells, width=1000):
            size = {"width": width, "height": 1000}
            page = ends.enter_context(desk.opened(desk.lab.notebook(name, *cells), size=size))
            page.wait_for_selector(".cnn-card-button", timeout=BUSY)
            return page

        yield open_page


def events(course):
    return json.loads((course.folder / "progress.learning.json").read_text())["events"]


def test_a_prediction_is_covered_committed_and_met(page_of, course):
    page = page_of(
        "predict.ipynb",
        'from cnnlib.widgets.cards import predict\npredict("01.window")',
        'print("the sum is 22")',
    )
    card, printed = page.locator(".cnn-card").first, page.get_by_text("the sum is 22", exact=True)
    playwright.expect(printed).not_to_be_visible()
    card.get_by_label("Your answer").fill("16")
    card.get_by_label("Your answer").press("Enter")
    playwright.expect(card).to_contain_text("committed: a guess")
    playwright.expect(printed).to_be_visible()
    page.evaluate("jupyterapp.shell.currentWidget.content.activeCellIndex = 1")
    Lab.command(page, "notebook:run-cell")
    playwright.expect(card).to_contain_text("It was")
    playwright.expect(card).to_contain_text("The middle row counts twice")
    kept = {event["what"]: event for event in events(course) if event["id"] == "01.window"}
    assert kept["prediction"]["value"] == 16 and kept["surprise"]["near"] is False


def test_a_quiz_is_answered_with_the_keyboard_alone(page_of):
    page = page_of("quiz.ipynb", 'from cnnlib.widgets.cards import worked\nworked("01.bend")')
    card = page.locator(".cnn-card")
    card.get_by_role("button", name="Begin").press("Enter")
    card.get_by_role("radio").first.wait_for()
    texts = card.locator(".cnn-card-option").all_inner_texts()
    far = texts.index("To make the map smaller.")
    card.get_by_role("radio").first.focus()
    page.keyboard.press(str(far + 1))
    page.keyboard.press("Enter")
    playwright.expect(card).to_contain_text("It is pooling that makes maps smaller")
    card.get_by_role("button", name="Try again").press("Enter")
    playwright.expect(card).to_contain_text("Somebody answers")


@pytest.mark.parametrize("width", [1000, 390])
def test_nothing_of_a_card_is_cut_off(page_of, width):
    page = page_of(
        f"wide{width}.ipynb",
        'from cnnlib.widgets.cards import predict, quiz, my_course\npredict("10.height")',
        "my_course()",
        width=width,
    )
    page.wait_for_timeout(500)
    wider = page.evaluate(
        """() => [...document.querySelectorAll('.cnn-card *')].filter(
            one => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).overflowX === 'visible'
                && one.clientWidth > 0 && !one.closest('svg, .cnn-card-sr')).map(one => one.className)"""
    )
    assert wider == []


@pytest.mark.parametrize("name", ["01_forward_pass", "03_backpropagation", "04_convolution_backward"])
def test_a_reader_of_a_saved_notebook_is_told_no_answer(desk, name):
    """Opened and not run: cards ask; folded prose stays folded; no number of an answer's output is there."""
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    nbformat.write(notebook, desk.lab.folder / f"{name}.ipynb")
    with desk.opened(f"{name}.ipynb", run=False, size={"width": 1000, "height": 1000}) as page:
        page.wait_for_timeout(1500)
        assert page.locator(".cnn-still").count() > 0
        seen = page.evaluate("document.querySelector('.jp-Notebook').innerText")
        for item in items("prediction", name[:2]):
            assert item.why not in seen


IDLE = "jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'"
COUNT = "i => jupyterapp.shell.currentWidget.content.widgets[i].model.executionCount"
SHOWN = """i => { const shell = jupyterapp.shell.currentWidget.content; shell.activeCellIndex = i;
    shell.scrollToItem(i, 'center'); }"""


def run_cell(page, index):
    """Run one cell and wait until the kernel has nothing to do."""
    page.evaluate(SHOWN, index)
    Lab.command(page, "notebook:run-cell")
    page.wait_for_function(COUNT, arg=index, timeout=BUSY)
    page.wait_for_function(IDLE, timeout=BUSY)


def commit(card, item):
    """Commit something that nobody would mean seriously, by the means that the card offers."""
    if item.kind == "number":
        card.get_by_label("Your answer").fill("123456")
    elif item.kind == "choice":
        card.locator(".cnn-card-option").last.click()
    card.get_by_role("button", name="Commit").click()
    playwright.expect(card).to_contain_text("committed")


def cells_to_run(notebook):
    """The places of the cards' cells, of those that answer them, and of those that these need."""
    places = [place for place, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    sources = [notebook.cells[place].source for place in places]
    wanted = needs([source if not source.startswith(CARDS) else "" for source in sources])
    for place, index in zip(places, wanted, strict=True):
        if notebook.cells[place].source.startswith("predict("):
            yield place
        elif "answers" in notebook.cells[place].metadata:
            yield from (*(places[earlier] for earlier in index), place)


@pytest.mark.parametrize("name", ["01_forward_pass", "02_loss"])
def test_a_fresh_reader_is_never_told_before_committing(course, desk, name):
    """Card by card through a notebook: what a card is to tell stands nowhere before it was committed."""
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    nbformat.write(notebook, course.folder / f"fresh_{name}.ipynb")
    (course.folder / "progress.learning.json").unlink(missing_ok=True)  # nobody has answered anything yet
    with desk.opened(f"fresh_{name}.ipynb", run=False, size={"width": 1100, "height": 1000}) as page:
        waiting, asked = [], 0
        for place in sorted(set(cells_to_run(notebook))):
            source = notebook.cells[place].source
            run_cell(page, place)
            seen = page.evaluate("document.querySelector('.jp-Notebook').innerText")
            while waiting and not source.startswith("predict("):
                playwright.expect(waiting.pop()).to_contain_text("Why?", timeout=BUSY)
            if source.startswith("predict("):
                item = find(source.split('"')[1])
                assert item.why not in seen and shown(item.why) not in seen
                card = page.locator(".cnn-card", has_text=re.sub("[`*]", "", shown(item.ask))[:40]).last
                commit(card, item)
                asked += 1
                if item.reveal == "run":
                    waiting.append(card)
                else:
                    card.get_by_role("button", name="Show what came out").click()
                    playwright.expect(card).to_contain_text("Why?", timeout=BUSY)
        assert asked == len(items("prediction", name[:2])) and not waiting


def test_a_saved_record_is_brought_in_with_mouse_and_keyboard(page_of, course, tmp_path):
    elsewhere = Record(None)
    elsewhere.note("prediction", "01.window", value=22.0, sure="certain")
    elsewhere.note("surprise", "01.window", near=True, distance=0.0)
    saved = elsewhere.export(tmp_path)
    (tmp_path / "cut.json").write_text(saved.read_text()[:60])
    (course.folder / "progress.learning.json").unlink(missing_ok=True)
    page = page_of("course.ipynb", "from cnnlib.widgets.cards import my_course\nmy_course()")
    card = page.locator(".cnn-card")
    bring = card.get_by_role("button", name="Bring in a saved record")
    with page.expect_file_chooser() as chooser:
        bring.click()
    chooser.value.set_files(tmp_path / "cut.json")
    playwright.expect(card).to_contain_text("cut.json is no record that this course saved")
    for words in ("2 entries came in, 0 were here", "0 entries came in, 2 were here"):
        with page.expect_file_chooser() as chooser:
            bring.press("Enter")
        chooser.value.set_files(saved)
        playwright.expect(card).to_contain_text(words)
    playwright.expect(card).to_contain_text("1 of 1 predictions were close")
    assert len(events(course)) == 2
    card.get_by_role("button", name="Save my record as a file").press("Enter")
    playwright.expect(card).to_contain_text("Saved as my-record-")
    (mine,) = course.folder.glob("my-record-*.json")
    with page.expect_file_chooser() as chooser:
        bring.press("Space")
    chooser.value.set_files(mine)
    playwright.expect(card).to_contain_text("0 entries came in, 2 were here")


def test_with_all_cells_run_every_answering_cell_stays_covered(page_of):
    """Run All before anything is committed: the cells that answer are covered, the next one is not."""
    cells = ['print("first answer")', 'print("second answer")', 'print("what follows")']
    page = page_of("covered.ipynb", 'from cnnlib.widgets.cards import predict\npredict("03.by-hand")', *cells)
    playwright.expect(page.get_by_text("what follows", exact=True)).to_be_visible()
    for words in ("first answer", "second answer"):
        playwright.expect(page.get_by_text(words, exact=True)).not_to_be_visible()
    page.get_by_role("button", name="Show without a guess").click()
    for words in ("first answer", "second answer"):
        playwright.expect(page.get_by_text(words, exact=True)).to_be_visible()
