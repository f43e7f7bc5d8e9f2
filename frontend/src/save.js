// The picture as it stands, as a PNG or SVG file for a slide.
import { h } from "./dom.js";
import { say } from "./speech.js";
import { SvgContext } from "./svg_context.js";

const SCALE = 2; // dots a CSS pixel of a saved PNG

function download(blob, name) {
  const link = h("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** The picture painted once more, as large as it is and twice as fine, on paper. */
export function toPng(picture) {
  const { width, height, canvas, ctx, ratio } = picture;
  const copy = h("canvas", { width: width * SCALE, height: height * SCALE });
  const pen = copy.getContext("2d");
  pen.fillStyle = picture.theme.paper;
  pen.fillRect(0, 0, copy.width, copy.height);
  Object.assign(picture, { canvas: copy, ctx: pen, ratio: SCALE });
  picture.paint(false);
  Object.assign(picture, { canvas, ctx, ratio });
  picture.paint();
  return new Promise((resolve) => copy.toBlob(resolve, "image/png"));
}

/** The picture as SVG: lines and words as such, matrices as small images. */
export function toSvg(picture) {
  const { ctx, ratio } = picture;
  const pen = new SvgContext(picture.width, picture.height, picture.theme.paper, ctx);
  Object.assign(picture, { ctx: pen, ratio: 1 });
  picture.paint(false);
  Object.assign(picture, { ctx, ratio });
  picture.paint();
  return pen.toString();
}

/** Two buttons; `view()` is asked when one is pressed. */
export function saveButtons(view, title) {
  const name = (title || "picture").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
  const png = h("button", { type: "button", class: "cnn-button" }, say("Save picture as PNG"));
  png.addEventListener("click", async () => download(await toPng(view().picture), `${name}.png`));
  const svg = h("button", { type: "button", class: "cnn-button" }, say("as SVG"));
  svg.addEventListener("click", () => download(new Blob([toSvg(view().picture)], { type: "image/svg+xml" }), `${name}.svg`));
  return h("div", { class: "cnn-control cnn-save" }, png, svg);
}
