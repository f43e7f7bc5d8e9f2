// What a cell shows when it runs in the page.
import { h } from "./dom.js";
import { toHtml } from "./markdown.js";
import { openView } from "./model.js";

export class Outputs {
  /** @param {() => Promise<object | Function>} drawing loads the page's half of the widgets */
  constructor(drawing) {
    this.drawing = drawing;
    this.element = h("div", { class: "cnn-out" });
    this.stream = null;
    this.closers = [];
    this.widgets = 0;
  }

  clear() {
    for (const close of this.closers) close();
    this.closers = [];
    this.widgets = 0;
    this.stream = null;
    this.element.replaceChildren();
  }

  show(output) {
    if (output.kind === "stream") return this.write(output);
    this.stream = null;
    if (output.kind === "clear") return this.clear();
    if (output.kind === "widget") return this.widget(output);
    const drawn = {
      text: () => h("pre", { class: "cnn-text-out", tabindex: "0" }, output.text),
      error: () => h("pre", { class: "cnn-error-out", tabindex: "0" }, output.text),
      html: () => filled("cnn-html-out", output.text),
      markdown: () => filled("cnn-html-out", toHtml(output.text)),
      image: () => h("img", { class: "cnn-image-out", alt: "Drawn by this cell", src: `data:image/png;base64,${output.data}` }),
    }[output.kind];
    if (drawn) this.element.append(drawn());
    return undefined;
  }

  /** Printed text; a carriage return begins its line anew, as progress bars do. */
  write({ name, text }) {
    if (!this.stream || this.stream.dataset.name !== name) {
      this.stream = h("pre", { class: `cnn-text-out cnn-${name}`, "data-name": name, tabindex: "0" });
      this.element.append(this.stream);
    }
    const lines = (this.stream.textContent + text).replaceAll("\r\n", "\n").split("\n");
    this.stream.textContent = lines
      .map((line) => line.split("\r").reduce((shown, now) => now + shown.slice(now.length), ""))
      .join("\n")
      .slice(-200_000);
  }

  widget({ model }) {
    this.widgets += 1;
    const place = h("div", { class: "cnn-live" });
    this.element.append(place);
    const opened = this.drawing().then((drawing) => openView(drawing, model, place));
    this.closers.push(() => opened.then((close) => close()));
  }
}

function filled(name, html) {
  const element = h("div", { class: name });
  element.innerHTML = html;
  return element;
}
