"""What is read at the pointer, over the whole picture of every widget: never a bare number, never beyond."""

import re

import pytest

pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

from tools.screenshots import OpenPage, all_names, make

STEP = 7  # pixels between two places where the pointer rests
SWEEP = """(step) => {
  const found = new Map();
  const { right, bottom } = { right: innerWidth, bottom: document.documentElement.scrollHeight };
  for (const canvas of document.querySelectorAll(".cnn-picture > canvas, .cnn-timeline > canvas")) {
    const area = canvas.getBoundingClientRect(), tip = canvas.parentElement.querySelector(".cnn-tip");
    for (let y = area.top + 2; y < area.bottom; y += step) {
      for (let x = area.left + 2; x < area.right; x += step) {
        canvas.dispatchEvent(new PointerEvent("pointermove", { clientX: x, clientY: y, bubbles: true }));
        if (tip.hidden || found.has(tip.textContent)) continue;
        const box = tip.getBoundingClientRect();
        const inside = box.left >= area.left - 1 && box.right <= area.right + 1
          && box.top >= area.top - 1 && box.bottom <= area.bottom + 1;
        found.set(tip.textContent, inside && tip.scrollWidth <= tip.clientWidth + 1);
      }
    }
    canvas.dispatchEvent(new PointerEvent("pointerleave"));
  }
  const wide = document.documentElement.scrollWidth > right;
  return { tips: [...found.entries()], wide };
}"""

NAMED = re.compile(r"[A-Za-z][^:=]*: (−|-)?\d[\d.]*(e[+-]?\d+)?$")  # what it is, where, and one number
WORDS = re.compile(r"[A-Za-z][A-Za-z]")  # or a name alone, such as a class or a state
WRONG = re.compile(r"NaN|undefined|null|Infinity|, ,|^[\d−-]|^(link|table|rates|part)\b|\[object")
PLACE = re.compile(r"row (\d+)(?:, column (\d+))?")


def faults(tips):
    """What is wrong with words at the pointer, of (words, whether they are whole and within the picture)."""
    found = [f"beyond the picture: {words!r}" for words, inside in tips if not inside]
    for words, _ in tips:
        if WRONG.search(words) or not WORDS.search(words):
            found.append(f"no name, or no number: {words!r}")
        elif re.search(r"\d$", words) and ": " in words and not NAMED.match(words):
            found.append(f"not a name, a place and a number: {words!r}")
    return found


@pytest.fixture(scope="module")
def page(browser):
    page = browser.new_page(viewport={"width": 1084, "height": 690})
    yield page
    page.close()


@pytest.mark.parametrize("name", all_names())
def test_every_number_at_the_pointer_has_its_name_and_stays_in_the_picture(page, name):
    widget = make(name)
    if widget.playable:
        widget.advance(7)
    one, found = OpenPage(page, widget), []
    for width in (1084, 400):
        page.set_viewport_size({"width": width, "height": 690})
        page.wait_for_timeout(100)
        seen = page.evaluate(SWEEP, STEP)
        found += [f"{width} px: {fault}" for fault in faults(seen["tips"])]
        if seen["wide"]:
            found.append(f"{width} px: the page has become wider")
    one.close()
    assert found == []


@pytest.mark.parametrize(
    ("line", "side", "fewest"),
    [("NetworkXRay", 28, 500), ("BlameMicroscope", 28, 200), ("OneUpdate", 28, 60), ("ImageGallery", 8, 400)],
)
def test_places_are_the_map_s_own(page, line, side, fewest):
    """Rows and columns count within the map that is pointed at, whose side is at most `side`."""
    page.set_viewport_size({"width": 1084, "height": 690})
    one = OpenPage(page, make(line))
    tips = [words for words, _ in page.evaluate(SWEEP, STEP)["tips"]]
    one.close()
    maps = [words for words in tips if ", map " in words or ", image " in words]
    places = [int(n) for words in maps for pair in PLACE.findall(words) for n in pair if n]
    assert len(maps) >= fewest and side - 4 <= max(places) < side  # the steps may miss the last places


def test_the_measure_of_tips_finds_bare_numbers_and_numbers_without_a_name():
    sound = [("conv 1, map 0, row 2, column 3: −0.25", True), ("ends in A", True), ("filter 3", True)]
    assert faults(sound) == []
    for words in (
        "0.25",
        "-3",
        "NaN",
        "map 1: NaN",
        "0.50000: 0.4, row 1: 2",
        "link 0: 1",
        "input, , row 0: 1",
    ):
        assert faults([(words, True)]), words
    assert "beyond" in faults([("filter 3", False)])[0]
