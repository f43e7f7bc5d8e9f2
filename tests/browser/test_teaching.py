"""What a teacher projects and prints, in a real browser: decks that fit 1280 x 720, plans of one page."""

import pytest

from cnnlib.learning import find as find_item
from cnnlib.learning import items
from tests.browser.lab import BUSY
from tools.build_site import fetch_npm_packages
from tools.teaching.doubles import shown
from tools.teaching.lessons import find, lessons
from tools.teaching.pages import print_pdf
from tools.teaching.plans import write_plan
from tools.teaching.prints import write_prints
from tools.teaching.release import release
from tools.teaching.slides import write_deck

OVER = """() => Reveal.getSlides().map((slide) => {
  const { h, v } = Reveal.getIndices(slide);
  Reveal.slide(h, v, 99);
  const unseen = "aside.notes, .katex-mathml, .katex svg";
  const seen = [...slide.querySelectorAll("*")].filter((one) => !one.closest(unseen));
  const boxes = seen.map((one) => one.getBoundingClientRect()).filter((box) => box.width && box.height);
  const most = (side) => Math.max(0, ...boxes.map((box) => box[side]));
  const [bottom, right] = [most("bottom"), most("right")];
  return bottom > 722 || right > 1282 ? slide.innerText.slice(0, 60) : "";
}).filter(Boolean)"""


#: Texts of a table that run out of their cells.
RUN_OUT = """() => [...document.querySelectorAll(".slides td")].filter((cell) => {
  const range = document.createRange();
  range.selectNodeContents(cell);
  return range.getBoundingClientRect().right > cell.getBoundingClientRect().right + 1;
}).map((cell) => cell.innerText)"""
#: Where the texts of printed slides begin and end.
EDGES = """() => {
  const seen = [...document.querySelectorAll(".pdf-page h1, .pdf-page h2, .pdf-page p, .pdf-page td")];
  const boxes = seen.filter((one) => !one.closest("aside")).map((one) => one.getBoundingClientRect());
  const widths = boxes.filter((box) => box.width);
  return [Math.min(...widths.map((box) => box.left)), Math.max(...widths.map((box) => box.right))];
}"""


#: The numbers at the left of the code cells.
COUNTS = """[...jupyterapp.shell.currentWidget.content.model.cells]
  .filter((cell) => cell.type === "code").map((cell) => cell.executionCount)"""


@pytest.fixture(scope="module")
def slide_page(browser):
    fetch_npm_packages()
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    yield page
    page.close()


def pages_of(pdf):
    return pdf.read_bytes().count(b"/Type /Page\n")


@pytest.mark.parametrize("topic", ["forward_pass", "backpropagation"])
def test_a_deck_fits_its_slides_and_asks_nobody(slide_page, tmp_path, topic):
    path = write_deck(find(topic), tmp_path, "https://course")
    asked, errors = [], []
    slide_page.on("request", lambda request: asked.append(request.url))
    slide_page.on("pageerror", lambda error: errors.append(str(error)))
    slide_page.goto(path.as_uri())
    slide_page.wait_for_function("window.Reveal && Reveal.isReady()")
    assert slide_page.evaluate("document.fonts.ready.then(() => Reveal.getTotalSlides())") > 15
    assert slide_page.evaluate(OVER) == [] and slide_page.evaluate(RUN_OUT) == []
    assert errors == [] and [url for url in asked if not url.startswith(("file:", "data:"))] == []


def test_a_deck_prints_every_slide_and_its_notes_when_asked(browser, slide_page, tmp_path):
    path = write_deck(find("loss"), tmp_path, "https://course")
    slide_page.goto(path.as_uri())
    slide_page.wait_for_function("window.Reveal && Reveal.isReady()")
    slides = slide_page.evaluate(
        "Reveal.getTotalSlides() + document.querySelectorAll('.slides .fragment').length"
    )
    assert (
        pages_of(print_pdf(browser, path, "?print-pdf")) == slides
    )  # an answer on a page after its question
    assert pages_of(print_pdf(browser, path, "?print-pdf&notes")) > slides


def test_a_printed_slide_keeps_its_margin(slide_page, tmp_path):
    path = write_deck(find("loss"), tmp_path, "https://course")
    slide_page.goto(path.as_uri() + "?print-pdf")
    slide_page.wait_for_function("window.Reveal && Reveal.isReady() && document.querySelector('.pdf-page')")
    left, right = slide_page.evaluate(EDGES)
    assert left >= 50 and right <= 1280 - 40


@pytest.mark.parametrize("topic", list(lessons()))
def test_a_plan_is_a_sheet_of_paper_with_two_pages(browser, tmp_path, topic):
    """The 90 minutes in front, what to know behind."""
    fetch_npm_packages()
    assert pages_of(print_pdf(browser, write_plan(find(topic), tmp_path, "https://course"))) == 2


def test_run_all_gives_nothing_away_and_numbers_the_cells_of_the_plan(desk):
    """What is projected: the notebook handed out, run whole; a committed card uncovers its own cells."""
    release(["03"], desk.lab.folder / "for-students")
    expect = pytest.importorskip("playwright.sync_api").expect
    name = "for-students/notebooks/03_backpropagation.ipynb"
    with desk.opened(name, size={"width": 1280, "height": 800}) as page:
        page.wait_for_function(f"({COUNTS}).every(Boolean)", timeout=BUSY)
        asked = items("prediction", "03")
        covered = page.locator(".cnn-covered")
        expect(covered).to_have_count(sum(item.covers for item in asked), timeout=BUSY)
        told = [
            each.number for parts in shown(find("backpropagation")).values() for each in parts if each.number
        ]
        assert page.evaluate(COUNTS) == told
        card = page.locator(".cnn-card", has_text="What is the second number of dX")
        card.scroll_into_view_if_needed()
        expect(page.get_by_text("db [2.0, -1.0]")).not_to_be_visible()
        card.locator("input").first.fill("3")
        card.get_by_role("button", name="Commit").click()
        expect(covered).to_have_count(sum(item.covers for item in asked) - find_item("03.by-hand").covers)
        expect(page.get_by_text("db [2.0, -1.0]")).to_be_visible()


def test_a_sheet_to_print_is_as_many_pages_as_it_says(browser, tmp_path):
    fetch_npm_packages()
    pages = {page.stem: pages_of(print_pdf(browser, page)) for page in write_prints(tmp_path)}
    two = dict.fromkeys(("graph_for_the_board", "kernels_by_hand"), 2)  # blank, and solved
    assert pages == {**two, "notation": 1, "prediction_form": 1}
