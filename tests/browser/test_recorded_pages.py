"""What the site's pages show before Python comes: recordings that move, in room kept for them."""

import pytest

from benchmarks.live_pages import LOADED, READ, SHIFTS, weight
from tests.browser.live import LEARNER, cell, find, name_of

HEAVIEST = ("02_loss.html", "07_minima.html", "11_train_a_cnn.html")
#: What is weighed here; benchmarks/live_pages.py weighs all.
LIGHT = [name for name in map(name_of, LEARNER) if name.endswith(HEAVIEST)]
LIGHT += ["index.html", "notebooks/00_start_here.html", "notebooks/10_spirals.html"]


def test_recorded_widgets_move_before_any_python(page, server):
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


@pytest.mark.parametrize("name", LIGHT)
def test_a_page_is_light_and_a_recording_bounded(page, server, site, name):
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
def test_a_recording_that_comes_under_a_reader_s_eyes_moves_nothing(page, server, name, text):
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
def test_a_still_has_the_room_of_its_recording_and_little_more(page, server, name):
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


def test_the_front_page_learns_before_ones_eyes(page, server):
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
def test_a_page_begins_with_what_moves(page, server, name):
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


def test_nothing_moves_by_itself_for_those_who_want_that(page, server):
    page.emulate_media(reduced_motion="reduce")
    page.goto(server + "index.html")
    words = page.locator(".cnn-recorded .cnn-text:not(:empty)")
    words.wait_for(timeout=60_000)
    before = words.inner_text()
    page.wait_for_timeout(1500)
    assert words.inner_text() == before
