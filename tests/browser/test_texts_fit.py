"""Every word drawn in a picture: none lies on another, none is cut, on phones and at large zooms."""

import pytest

pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

from tools.screenshots import OpenPage, all_names, make

#: Width of the page in CSS pixels: 800 pixels at a zoom of 200 %, 1400 at 200 %, 800, a desktop.
WIDTHS = (400, 700, 800, 1084)
TEXTS = """async () => {
  await document.fonts.ready;
  const found = [];
  for (const canvas of document.querySelectorAll(".cnn-picture > canvas, .cnn-timeline > canvas")) {
    const { picture } = canvas, { ctx } = picture, paint = ctx.fillText;
    ctx.fillText = (text, x, y, most) => {
      const size = ctx.measureText(text), to = ctx.getTransform();
      const share = most === undefined ? 1 : Math.min(1, most / size.width);
      const across = [-size.actualBoundingBoxLeft * share, size.actualBoundingBoxRight * share];
      const down = [-size.actualBoundingBoxAscent, size.actualBoundingBoxDescent];
      const at = (dx, dy) => new DOMPoint(x + dx, y + dy).matrixTransform(to);
      const corners = across.flatMap((dx) => down.map((dy) => at(dx, dy)));
      const [xs, ys] = [corners.map((c) => c.x / picture.ratio), corners.map((c) => c.y / picture.ratio)];
      const box = [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
      const seen = text.trim() && ctx.globalAlpha > 0.05;
      if (seen) found.push({ text, box, share, size: [picture.width, picture.height] });
      paint.call(ctx, text, x, y, most);
    };
    picture.paint();
    delete ctx.fillText;
  }
  return found;
}"""


def faults(texts, air=0.5):
    """What is wrong with drawn texts, in words: cut by the picture's edge, squeezed, or lying on another."""
    found = []
    for one in texts:
        left, top, right, bottom = one["box"]
        width, height = one["size"]
        if left < -1 or top < -1 or right > width + 1 or bottom > height + 1:
            found.append(f"cut: {one['text']!r} at {[round(c) for c in one['box']]} of {one['size']}")
        if one["share"] < 0.9:
            found.append(f"squeezed to {one['share']:.2f}: {one['text']!r}")
    for i, one in enumerate(texts):
        for other in texts[:i]:
            if one["size"] != other["size"]:
                continue  # of another picture
            a, b = one["box"], other["box"]
            over = [min(a[k + 2], b[k + 2]) - max(a[k], b[k]) for k in (0, 1)]
            if min(over) > air:
                found.append(
                    f"overlap by {over[0]:.0f} x {over[1]:.0f}: {other['text']!r} and {one['text']!r}"
                )
    return found


#: Two pictures later: what was laid out anew has been drawn.
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
CUT = """() => {
  const beyond = [...document.querySelectorAll(".cnn-zone em")].filter((node) => {
    const [own, all] = [node.getBoundingClientRect(), node.closest(".cnn-control").getBoundingClientRect()];
    return own.width && (own.left < all.left - 2 || own.right > all.right + 2);
  });
  return [...beyond.map((node) => node.textContent), ...[...document.querySelectorAll(".cnn-widget *")]
  .filter((node) => node.offsetParent && node.children.length === 0 && node.textContent.trim())
  .filter((node) => node.clientWidth > 2 && node.scrollWidth > node.clientWidth + 1)
  .filter((node) => getComputedStyle(node).overflowX !== "visible")
  .filter((node) => !node.closest(".cnn-handle, .cnn-zones"))
  .map((node) => node.textContent)];
}"""


@pytest.fixture(scope="module")
def zoomed(browser):
    """A page of two dots a pixel, as a zoom of 200 % gives."""
    page = browser.new_page(viewport={"width": 400, "height": 690}, device_scale_factor=2)
    yield page
    page.close()


@pytest.mark.parametrize("name", all_names())
def test_words_lie_apart_and_within_the_picture_at_every_width(zoomed, name):
    widget, found = make(name), []
    for steps in (0, 7) if widget.playable else (0,):
        if steps:
            widget.advance(steps)
        one = OpenPage(zoomed, widget)
        for width in WIDTHS:
            zoomed.set_viewport_size({"width": width, "height": 690})
            zoomed.evaluate(PAINTED)
            wrong = faults(zoomed.evaluate(TEXTS))
            wrong += [f"cut: {words!r}" for words in zoomed.evaluate(CUT)]
            if zoomed.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wrong.append("the page scrolls sideways")
            found += [f"{width} px, step {steps}: {fault}" for fault in wrong]
        one.close()
    assert found == []


def test_the_measure_of_words_finds_what_overlaps_and_what_is_cut():
    def word(text, *box, share=1):
        return {"text": text, "box": box, "share": share, "size": [100, 50]}

    sound = [word("a", 0, 0, 10, 10), word("b", 11, 0, 20, 10)]
    assert faults(sound) == []
    assert "overlap" in faults([*sound, word("c", 5, 5, 15, 15)])[0]
    assert "cut" in faults([word("d", 95, 0, 105, 10)])[0]
    assert "squeezed" in faults([word("e", 0, 0, 10, 10, share=0.7)])[0]
