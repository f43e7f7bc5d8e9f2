"""A page of the site that runs its own cells: how the tests find a cell, make it live, and see it move."""

import json

import nbformat

from cnnlib.learning import items
from tools.site import settings, staging
from tools.site.live.cells import plan

LEARNER = [path for path in staging.notebooks() if path.parent.name == "notebooks"]
MOVERS = "input[type=range], .cnn-step, select, [role=radio], .cnn-button:not(.cnn-pill), [type=checkbox]"
#: The handle of a picture comes first: it is answered at once, where a list may train a network anew.
HANDLES = ".cnn-handle input[type=range]"
#: The sentence and the picture of a view, once Python has answered and the page has drawn it.
LOOK = """async box => {
  const drawn = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  await drawn();
  await cnnNotebook.python.run("test", "0;", false, () => {});
  await drawn();
  const picture = box.querySelector(".cnn-picture > canvas");
  return [box.querySelector(".cnn-text").textContent, picture?.toDataURL() ?? ""];
}"""
FIND = "text => cnnNotebook.cells.findIndex(cell => cell.live && cell.original.includes(text))"
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


def name_of(path):
    return path.relative_to(settings.ROOT).with_suffix(".html").as_posix()


def told_of(path):
    return plan(nbformat.read(path, as_version=4), twin=staging.twin_of(path))


def widgets_of(path):
    return [index for index, one in enumerate(told_of(path)) if one["live"] == "widget"]


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


def become_computer(page):
    """Make a wide page without touch of a phone's."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setTouchEmulationEnabled", {"enabled": False})
    session.send("Emulation.setDeviceMetricsOverride", {**COMPUTER, "deviceScaleFactor": 1, "mobile": False})
    page.wait_for_function("innerWidth === 1060 && !matchMedia('(any-pointer: coarse)').matches")


def cell(page, index):
    return page.locator("div.cell").nth(index)


def find(page, text):
    """The live cell in which a text stands."""
    index = page.evaluate(FIND, text)
    assert index >= 0, text
    return index


def make_live(page, index):
    """Press the button of a cell; return the live view."""
    box = cell(page, index)
    box.locator(".cnn-live-it").evaluate("button => button.click()")
    view = box.locator(".cnn-live .cnn-widget").last
    there = view.locator(".cnn-text:not(:empty)").or_(box.locator(".cnn-here .cnn-error-out"))
    there.first.wait_for(timeout=240_000, state="attached")
    wrong = box.locator(".cnn-here .cnn-error-out").all_inner_texts()
    assert wrong == [], wrong
    return view


def moves(page, view):
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


def run(page, index, source=None):
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
