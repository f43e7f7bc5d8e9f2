"""What a teacher projects and prints, in a real browser: decks that fit 1280 x 720, plans of one page."""

import pytest

from tools.build_site import fetch_npm_packages
from tools.teaching.lessons import find, lessons
from tools.teaching.pages import print_pdf
from tools.teaching.plans import write_plan
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


@pytest.fixture(scope="module")
def slide_page(context):
    fetch_npm_packages()
    page = context.new_page()
    page.set_viewport_size({"width": 1280, "height": 720})
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
    assert slide_page.evaluate(OVER) == []
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


@pytest.mark.parametrize("topic", list(lessons()))
def test_a_plan_is_one_page_of_paper(browser, tmp_path, topic):
    fetch_npm_packages()
    assert pages_of(print_pdf(browser, write_plan(find(topic), tmp_path, "https://course"))) == 1
