"""The keyboard's way through five widgets in a real JupyterLab, with Tab alone."""

import pytest

pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

NAMES = ("Playground", "NetworkXRay", "OneUpdate", "ContourExplorer", "ConvolutionMicroscope")
MOST = 27  # stops: the picture is one of them, however many nodes it has
HERE = """(root) => {
  const node = document.activeElement;
  if (!root.contains(node)) return null;
  const labels = [...(node.labels ?? [])].map((label) => label.textContent);
  const words = [node.getAttribute("aria-label"), ...labels, node.title, node.textContent];
  const box = (node.closest(".cnn-handle") ?? node).getBoundingClientRect();
  const label = words.find((word) => word?.trim()) ?? "";
  const ring = getComputedStyle(node.closest(".cnn-handle") ?? node).outlineStyle;
  return { label: label.trim(), seen: box.width > 3 && box.height > 3, ring };
}"""


@pytest.fixture(scope="module")
def book(notebook):
    cells = [f"from cnnlib.widgets import {name}\nw{i} = {name}()\nw{i}" for i, name in enumerate(NAMES)]
    book = notebook("tabs", *cells)
    for index in range(len(NAMES)):
        book.widget(index).locator(".cnn-text:not(:empty)").wait_for(state="attached", timeout=60_000)
    return book


def stops(book, index):
    """What has the focus after each Tab from the widget's begin on, until the focus leaves the widget."""
    root = book.widget(index)
    root.scroll_into_view_if_needed()
    root.evaluate("(node) => { node.tabIndex = -1; node.focus(); }")
    found = []
    for _ in range(80):
        book.page.keyboard.press("Tab")
        here = root.evaluate(HERE)
        if here is None:
            return found
        found.append(here)
    raise AssertionError("the focus never leaves the widget")


@pytest.mark.parametrize("index", range(len(NAMES)), ids=NAMES)
def test_tab_walks_through_a_widget_and_out_of_it(book, index):
    found = stops(book, index)
    labels = [one["label"] for one in found]
    print(NAMES[index], len(labels), labels)
    assert len(labels) <= MOST and "More" in labels
    assert all(labels), "a stop has no name"
    assert [one["label"] for one in found if not one["seen"]] == []
    assert [one["label"] for one in found if one["ring"] == "none"] == []
    if "Play" in labels:
        assert labels[0] == "Play"
    assert book.errors == []
