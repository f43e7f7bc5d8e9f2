"""The site in a browser: accessible, alone with its server, answers that unfold, words that are found."""

import pytest

from tests.browser.test_widgets_look import AXE
from tools.site import settings, staging

#: Marks one text of each look: its colour, size and weight, and all that may lie behind it. A second text of
#: that look would be judged as the first is, and axe takes milliseconds for each. What stands at a place of
#: its own may lie on anything, so its texts are looked at for themselves.
LOOKS = """() => {
  const grounds = new Map(), seen = new Set();
  const moved = (style) => style.position !== "static" &&
    (style.position !== "relative" || [style.top, style.left, style.bottom, style.right].some(parseFloat));
  const ground = (one) => {
    if (one === null) return "";
    if (!grounds.has(one)) {
      const style = getComputedStyle(one), { backgroundColor, backgroundImage, opacity, filter } = style;
      const own = [backgroundColor, backgroundImage, opacity, filter].join();
      const place = moved(style) || style.transform !== "none" ? `at ${grounds.size}` : "";
      const plain = own === "rgba(0, 0, 0, 0),none,1,none" && place === "";
      grounds.set(one, ground(one.parentElement) + (plain ? "" : `|${own} ${place}`));
    }
    return grounds.get(one);
  };
  for (const one of document.querySelectorAll("[data-look]")) one.removeAttribute("data-look");
  for (const one of document.querySelectorAll("body, body *:not(.katex-html *)")) {
    const words = [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim() !== "");
    if (!words && !one.matches("input, select, textarea")) continue;
    const style = getComputedStyle(one);
    const { color, fontSize, fontWeight, textShadow, display, visibility } = style;
    const look = [color, fontSize, fontWeight, textShadow, display, visibility, ground(one)].join("|");
    if (!seen.has(look) || !words) one.setAttribute("data-look", "");
    seen.add(look);
  }
}"""
#: What a formula shows is hidden from those who listen, in the colour of the text, and thousands of elements.
VIOLATIONS = """async (rules) => {
  (LOOKS)();
  axe.configure({ rules: [{ id: "color-contrast", selector: "[data-look]" }] });
  const { violations } = await axe.run(
    { exclude: [[".katex-html"]] },
    { preload: false, resultTypes: ["violations"], ...(rules && { runOnly: rules }) });
  return violations.filter(found => ["serious", "critical"].includes(found.impact))
    .map(found => [found.id, found.nodes[0].html.slice(0, 200), found.nodes[0].failureSummary.slice(0, 300)]);
}""".replace("LOOKS", LOOKS)


def pages():
    """The readable pages by name; twins with answers are left out, whose pages are made the same way."""
    names = ["index.html", "search.html", "genindex.html"]
    names += [name.removesuffix(".md") + ".html" for name in staging.written_pages()]
    learner = [path for path in staging.notebooks() if path.parent.name == "notebooks"]
    return names + [path.relative_to(settings.ROOT).with_suffix(".html").as_posix() for path in learner]


#: Whether code that scrolls sideways can be reached by Tab, to be scrolled with the arrow keys.
REACHED = """() => [...document.querySelectorAll("pre[tabindex='-1']")]
  .every((one) => one.scrollWidth <= one.clientWidth)"""


#: Of written pages some of each kind: long text, wide tables, formulae, code.
WRITTEN = ("index", "search", "genindex", "README", "TEACHING", "docs/glossary", "docs/notation")
WRITTEN += ("docs/class_servers", "teaching/rubrics", "benchmarks/results/class_server")
LOOKED_AT = [name for name in pages() if name.removesuffix(".html") in WRITTEN]
LOOKED_AT += [name for name in pages() if name.startswith("notebooks/")][::2]


def test_no_page_of_a_phone_scrolls_sideways(page, server):
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(reduced_motion="reduce")
    for name in pages():
        page.goto(server + name)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, name
    assert page.away == [] and page.said == []


@pytest.mark.parametrize("name", [*LOOKED_AT, "notebooks/solutions/03_backpropagation.html"])
def test_a_page_is_accessible_in_both_themes_and_asks_no_other_server(page, server, name):
    if not AXE.exists():
        pytest.skip("axe-core is missing: run `npm ci` in frontend/")
    page.emulate_media(reduced_motion="reduce")
    page.goto(server + name)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    page.add_script_tag(path=AXE)
    assert page.evaluate(VIOLATIONS, None) == []
    page.add_style_tag(content="* { transition: none !important; }")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    if not name.startswith("notebooks/"):  # side bars are the same there, and the text is looked at below
        assert page.evaluate(VIOLATIONS, ["color-contrast"]) == []
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(600)  # the theme waits before it looks anew what is to be reached by Tab,
    page.wait_for_function(REACHED, timeout=10_000)  # and longer on a busy machine
    assert page.evaluate(VIOLATIONS, ["scrollable-region-focusable", "target-size", "color-contrast"]) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, "a phone scrolls downwards only"
    assert page.away == [] and page.said == []


def test_the_theme_can_be_chosen_and_is_kept(page, server):
    page.goto(server + "notebooks/02_loss.html")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator(".bd-header button.theme-switch-button").click()
    page.locator(".bd-header button.theme-change-button[data-mode=dark]").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
    page.goto(server + "docs/glossary.html")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_answers_are_folded_and_unfold(page, server):
    page.goto(server + "notebooks/00_start_here.html")
    answers = page.locator("details").first
    inside = answers.locator("p").first
    assert not inside.is_visible()
    answers.locator("summary").focus()
    page.keyboard.press("Enter")
    assert inside.is_visible()


def test_search_finds_a_word(page, server):
    page.goto(server + "search.html?q=backpropagation")
    page.locator('#search-results a[href*="03_backpropagation"]').first.wait_for(timeout=20_000)
    assert page.away == []
