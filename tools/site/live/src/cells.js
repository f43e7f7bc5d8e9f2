// The cells of the page: what stands in them, what they need, and what they show when they run here.
import { h } from "./dom.js";
import { Outputs } from "./outputs.js";
import { showWhenNear } from "./showing.js";

// NumPy in a browser has no flags of the processor to ask, so a cell that is to fail at an overflow does not.
// A cell that works for minutes in a browser shows its widget at once by another line.
const IN_SHORT = (line) => ["Shown at once, by ", h("code", {}, line), ". Run works through the whole cell, which takes minutes in a browser."];

const NO_FLAGS = "On a computer this cell ends in the error shown on this page; Python in a browser does not notice it.";

// Pixels that a live view is taller than its still, beside each other and, on a phone, one below the other.
const NARROW = 600;
const MORE = { widget: [160, 840], card: [60, 200] };
const FOLDED = 300; // and more where the still lies in a fold
const SPARE = 80; // pixels of that room which may stay empty, rather than that all below moves once more

export class Cell {
  constructor(element, index, told, notebook) {
    Object.assign(this, told);
    this.element = element;
    this.index = index;
    this.notebook = notebook;
    this.name = String(index);
    this.input = element.querySelector(".cell_input");
    this.output = element.querySelector(".cell_output");
    this.original = (this.input?.querySelector("pre")?.textContent ?? "").replace(/\n$/, "");
    this.source = this.original;
    this.ran = null; // {source, order} of the last run
    this.shortly = false; // whether that was of the short way to its widget
    this.room = 0; // pixels of the cell with what has been reserved
    this.outputs = new Outputs(notebook.drawing);
    this.place = h("div", { class: "cnn-here" });
    this.build();
  }

  build() {
    this.runButton = h("button", { type: "button", class: "cnn-small", onClick: () => this.notebook.run(this) }, "Run");
    this.editButton = h("button", { type: "button", class: "cnn-small", onClick: () => this.edit() }, "Edit");
    this.backButton = h("button", { type: "button", class: "cnn-small", onClick: () => this.back() }, "As it was");
    this.backButton.hidden = true;
    const tools = h("div", { class: "cnn-tools", role: "group", "aria-label": `Cell ${this.index + 1}` }, this.runButton, this.editButton, this.backButton);
    this.input?.append(tools);
    this.input?.after(this.place);
    if (this.live) this.offer();
  }

  /** One button, in view: over a picture, on the still of a card, over a fold that keeps an answer, or alone. */
  offer() {
    const start = () => this.notebook.warm();
    const press = () => {
      this.notebook.reserve(this);
      this.notebook.run(this, this.short !== null && this.source === this.original);
    };
    const words = this.live === "card" ? "Answer here" : "▶ Make it live";
    this.liveButton = h("button", { type: "button", class: "cnn-live-it", onClick: press, onPointerenter: start }, words);
    const row = h("div", { class: "cnn-live-row" }, this.liveButton);
    if (!this.output) {
      this.output = h("div", { class: "cell_output" });
      this.place.after(this.output);
    }
    this.output.addEventListener("pointerenter", () => this.notebook.warmIfKept());
    const last = (selector) => [...this.output.querySelectorAll(selector)].pop();
    const card = last(".cnn-still");
    if (card) {
      card.querySelector(":scope > p:last-child > em")?.parentElement.remove(); // it says how to run it elsewhere
      card.append(row);
      return;
    }
    const fold = last(".cnn-answer");
    this.still = fold ? null : last(".cnn-picture");
    const before = fold ?? this.still;
    if (before) before.before(row);
    else this.output.prepend(row);
    if (this.recorded && this.still) this.move();
  }

  /** A recording moves before Python has come; the button then brings the real one. */
  move() {
    const address = new URL(`recorded/${this.recorded}`, this.notebook.base).href;
    showWhenNear(this.still, address, this.notebook.drawing, (close) => {
      this.closeRecorded = close;
      if (this.outputs.widgets > 0) this.unrecord();
      this.liveButton.textContent = "▶ Run it in Python";
    });
  }

  unrecord() {
    if (!this.closeRecorded) return;
    this.closeRecorded();
    this.closeRecorded = null;
    this.still.hidden = false;
  }

  /** What it shows stays covered while a prediction that it answers is open. */
  coverUnless(committed) {
    this.place.classList.toggle("cnn-covered-here", !this.answers.every((name) => committed.has(name)));
  }

  /** Whether nothing has changed since its last run: neither its text nor what it needs. */
  get fresh() {
    if (this.ran === null || this.ran.source !== this.source) return false;
    const needed = this.needs.map((index) => this.notebook.cells[index]);
    return needed.every((cell) => cell.fresh && cell.ran.order < this.ran.order);
  }

  async edit() {
    if (this.editor) return this.editor.focus();
    this.editButton.disabled = true;
    const { edit } = await this.notebook.editing();
    const box = h("div", { class: "cnn-editor" });
    const code = this.input.querySelector(".highlight-python, .highlight-ipython3, .highlight-default, [class*=highlight-]");
    code.hidden = true;
    code.after(box);
    this.editor = edit(box, this.source, {
      label: `Code of cell ${this.index + 1}`,
      changed: (text) => {
        this.source = text;
        this.backButton.hidden = text === this.original;
      },
      run: () => this.notebook.run(this),
    });
    this.editButton.hidden = true;
    return this.editor.focus();
  }

  back() {
    this.editor.dispatch({ changes: { from: 0, to: this.editor.state.doc.length, insert: this.original } });
  }

  /** Before a run: room for what it shows. `asked` is false for a cell that runs because another needs it. */
  begin(asked) {
    this.outputs.clear();
    this.element.classList.add("cnn-runs");
    const inside = asked || this.live ? this.outputs.element : h("details", {}, h("summary", {}, "Ran here"), this.outputs.element);
    this.place.replaceChildren(inside);
    this.place.style.minHeight = "";
    if (this.liveButton) this.liveButton.disabled = true;
  }

  show(output) {
    this.outputs.show(output);
    if (output.kind !== "widget" || !this.live) return;
    // The still stays until there is something to show in its place, which takes no room until then.
    if (!this.output.hidden) this.element.classList.add("cnn-awaits");
    const first = ({ type }) => {
      if (type !== "frame" && type !== "face") return;
      output.model.off("msg:custom", first);
      queueMicrotask(() => this.replaceStill());
    };
    output.model.on("msg:custom", first);
  }

  replaceStill() {
    this.element.classList.remove("cnn-awaits");
    if (this.outputs.widgets === 0) return;
    this.unrecord();
    this.output.hidden = true;
    this.output.style.minHeight = "";
    const spare = this.room - this.element.offsetHeight;
    if (spare > 0 && spare <= SPARE) this.place.style.minHeight = `${this.place.offsetHeight + spare}px`;
  }

  /** Room for what will come, made at the press: what lies below then moves once, under the reader's finger. */
  reserve() {
    const [wide, narrow] = MORE[this.live];
    const more = (this.element.clientWidth > NARROW ? wide : narrow) + (this.live === "widget" && !this.still ? FOLDED : 0);
    if (this.output.hidden) return;
    this.output.style.minHeight = `${this.output.offsetHeight + more}px`;
    this.room = this.element.offsetHeight;
  }

  end(asked) {
    if (this.fails && this.right && this.source === this.original) {
      this.outputs.element.append(h("p", { class: "cnn-note" }, NO_FLAGS));
    }
    if (this.shortly) this.outputs.element.append(h("p", { class: "cnn-note" }, ...IN_SHORT(this.short.source.split("\n").at(-1))));
    this.element.classList.remove("cnn-runs");
    if (this.outputs.widgets === 0) this.element.classList.remove("cnn-awaits");
    if (this.liveButton) this.liveButton.disabled = false;
    if (this.live && this.outputs.widgets === 0) {
      this.output.hidden = false;
      this.output.style.minHeight = "";
    }
    if (!asked && !this.live && this.outputs.element.childElementCount === 0) this.place.replaceChildren();
    const saved = this.output && !this.live && this.place.contains(this.outputs.element);
    if (saved && asked) this.output.hidden = true;
  }

  /** Python has ended: what it showed is dead. */
  reset() {
    this.ran = null;
    const alive = this.outputs.widgets > 0;
    if (alive) {
      this.outputs.clear();
      this.place.replaceChildren();
    }
    if (this.live) {
      this.output.hidden = false;
      this.output.style.minHeight = "";
    }
    this.element.classList.remove("cnn-runs");
    if (this.outputs.widgets === 0) this.element.classList.remove("cnn-awaits");
    if (this.liveButton) this.liveButton.disabled = false;
    return alive;
  }
}
