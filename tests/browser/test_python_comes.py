"""How Python comes to a page of the site: counted, cancelled, kept for the next visit, or not at all."""

import gzip
import re

import pytest

from tests.browser.live import cell, find, make_live

PYTHON = "() => cnnNotebook.python.state"
#: The sizes of some files of Python as they are kept, once all are kept as they are read.
PLAIN = """async names => {
  const kept = await caches.open("cnnlib-python");
  for (;;) {
    const found = await Promise.all(names.map(name => kept.match(`${location.origin}/live/python/${name}`)));
    const all = found.every(one => one?.headers.has("X-Plain"));
    if (all) return Promise.all(found.map(async one => (await one.arrayBuffer()).byteLength));
    await new Promise(done => setTimeout(done, 100));
  }
}"""


def test_python_is_counted_as_it_comes_and_kept_for_the_second_visit(live, server, site, has_python):
    files = has_python["files"].values()
    total = sum(file["bytes"] for file in files if not file["later"])
    assert total < 9.75e6  # megabytes that the text tells a class of: 9.7
    assert all((site / "live/python" / f["file"]).stat().st_size == f["bytes"] for f in files)
    live.goto(server + "notebooks/02_loss.html")
    live.evaluate(
        """() => {
          const hear = ({ detail }) => detail.total && heard.push(detail);
          globalThis.heard = [];
          cnnNotebook.python.addEventListener("change", hear);
        }"""
    )
    make_live(live, find(live, "LossExplorer("))
    heard = live.evaluate("heard")
    assert heard[-1]["done"] == heard[-1]["total"] == total
    assert live.locator(".cnn-python").is_hidden()
    names = [file["file"] for file in files if not file["later"]]
    plain = [len(gzip.decompress((site / "live/python" / name).read_bytes())) for name in names]
    assert live.evaluate(PLAIN, names) == plain  # the next visit has nothing to decompress
    asked, again = [], live.context.new_page()
    again.on("response", lambda answer: asked.append(answer.url))
    again.goto(server + "notebooks/02_loss.html")
    make_live(again, find(again, "LossExplorer("))
    assert [address for address in asked if address.endswith(".bin") and "/python/" in address] == []


def test_without_python_a_sentence_and_the_picture_stays(page, server):
    page.context.route("**/live/python/**", lambda route: route.abort())
    page.goto(server + "notebooks/04_convolution_backward.html")
    box = cell(page, find(page, "PixelInWindows("))
    box.locator(".cnn-live-it").click()
    page.locator(".cnn-python").get_by_text("Python cannot be had here").wait_for(timeout=30_000)
    assert box.locator(".cnn-picture > img").is_visible()
    assert box.locator(".cnn-live-it").is_enabled()


def test_the_download_can_be_cancelled(live, server):
    live.context.route("**/packages.pack*", lambda route: None)  # never answered
    live.goto(server + "notebooks/04_convolution_backward.html")
    index = find(live, "PixelInWindows(")
    cell(live, index).locator(".cnn-live-it").click()
    live.locator(".cnn-python").get_by_text(re.compile(r"\d\.\d of 9\.\d MB")).wait_for(timeout=30_000)
    live.locator(".cnn-python").get_by_role("button", name="Cancel").click()
    assert live.locator(".cnn-python").is_hidden() and live.evaluate(PYTHON) == "none"
    assert cell(live, index).locator(".cnn-picture > img").is_visible()
    live.context.unroute("**/packages.pack*")
    make_live(live, index)


@pytest.mark.parametrize(
    "name, text",
    [("05_gradient_descent", "DescentExplorer("), ("04_convolution_backward", "load_mnist_cnn(),")],
)
def test_what_was_visited_works_without_a_network(live, server, name, text):
    """Python, the page, and MNIST if a cell has loaded it."""
    name = f"notebooks/{name}.html"
    live.goto(server + name)
    live.wait_for_function("navigator.serviceWorker.controller !== null", timeout=30_000)
    live.reload()
    index = find(live, text)
    make_live(live, index)
    live.wait_for_timeout(1000)
    live.context.set_offline(True)
    live.goto(server + name)
    make_live(live, index)
    live.context.set_offline(False)
