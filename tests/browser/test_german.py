"""The first notebook in German, as a learner meets it: it opens, runs, asks and trains, and speaks German."""

import re
import shutil

import pytest

from tests.browser.lab import ROOT
from tests.browser.test_first_notebook import run_all, wait_for

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
RIGHT = re.compile(r"([\d,]+) % der (?:letzten )?[\d.]+ Validierungsbilder")
ENGLISH = re.compile(
    r"\b(?:the|of|and|is|are|images?|loss|step|right|wrong|show|run|answer)\b", re.IGNORECASE
)
#: What the page shows of widgets and cards: not the learner's code, and not what Python's own cells print.
SEEN = """() => [...document.querySelectorAll('.cnn-widget, .cnn-card')].flatMap((root) => [
  root.innerText, ...[...root.querySelectorAll('[aria-label], [title]')].flatMap(
    (part) => [part.getAttribute('aria-label'), part.getAttribute('title')]),
  ...[...root.querySelectorAll('option')].map((part) => part.textContent)]).filter(Boolean)"""


@pytest.fixture
def page(desk):
    """The notebook in German, in a JupyterLab of the tests."""
    name = "de_00_start_here.ipynb"
    shutil.copy(ROOT / "notebooks" / "de" / "00_start_here.ipynb", desk.lab.folder / name)
    with desk.opened(name, run=False) as page:
        yield page


def share(text):
    """The share of validation images that a sentence calls right; 0 if it names none."""
    found = RIGHT.search(text)
    return float(found[1].replace(",", ".")) if found else 0.0


def test_the_first_notebook_speaks_german(page):
    assert run_all(page) == []
    first = page.get_by_role("group", name="Sag voraus").filter(has_text="Vor jedem Training")
    first.scroll_into_view_if_needed()
    first.get_by_role("textbox").fill("50,5")
    first.get_by_role("button", name="Festlegen").click()  # till then the cells beneath stay covered
    playwright.expect(first).to_contain_text("50,5")
    card = page.get_by_role("group", name="Sag voraus").filter(has_text="Wie viele der Trainingsbilder")
    card.scroll_into_view_if_needed()
    card.get_by_text("zwischen 5.000 und 20.000").click()
    card.get_by_text("ziemlich sicher").click()
    card.get_by_role("button", name="Festlegen").click()
    playwright.expect(card).to_contain_text("festgelegt: ziemlich sicher")

    view = page.get_by_role("group", name="Ein kleines Netz lernt Ziffern lesen")
    view.scroll_into_view_if_needed()
    words = view.locator(".cnn-text")
    playwright.expect(words).to_contain_text("Vor dem ersten Schritt")
    view.get_by_role("button", name="Abspielen").click()
    wait_for(lambda: share(words.inner_text()) > 90, 90)
    view.get_by_role("button", name="Pause").click()
    playwright.expect(view.get_by_role("button", name="Abspielen")).to_be_visible()
    view.get_by_role("button", name="Zurückspulen").click()
    playwright.expect(words).to_contain_text("Vor dem ersten Schritt")
    view.get_by_label("Lernrate, genauer Wert").fill("0,01")
    view.get_by_label("Lernrate, genauer Wert").press("Enter")
    playwright.expect(view.get_by_label("Lernrate, genauer Wert")).to_have_value("0,01")

    quiz = page.get_by_role("group", name="Fragen")
    quiz.scroll_into_view_if_needed()
    quiz.get_by_role("button", name="Anfangen").click()
    playwright.expect(quiz).to_contain_text("1 von 5")
    assert [text for text in page.evaluate(SEEN) if ENGLISH.search(text)] == []


def test_two_languages_on_a_page_do_not_mix(desk):
    cell = "from cnnlib.runtime import speak\nfrom cnnlib.widgets import TrainingView\n"
    cells = [f"{cell}speak({language!r})\nTrainingView()" for language in ("de", "en")]
    with desk.opened(desk.lab.notebook("two_languages.ipynb", *cells)) as page:
        look_at_both(page)


def look_at_both(page):
    german, english = page.locator(".cnn-widget").nth(0), page.locator(".cnn-widget").nth(1)
    for view, play, text in ((german, "Abspielen", "Vor dem ersten"), (english, "Play", "Before the first")):
        playwright.expect(view.locator(".cnn-text")).to_contain_text(text, timeout=60_000)
        playwright.expect(view.get_by_role("button", name=play, exact=True)).to_be_visible()
    german.scroll_into_view_if_needed()
    german.get_by_role("button", name="Abspielen").click()
    playwright.expect(german.get_by_role("button", name="Pause")).to_be_visible()
    german.get_by_role("button", name="Pause").click()
    playwright.expect(german.get_by_role("button", name="Abspielen")).to_be_visible()
