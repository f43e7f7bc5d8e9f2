// The page as a notebook: which cells run, in which order, and what happens when one does not end.
import { Bar } from "./bar.js";
import { Cell } from "./cells.js";
import { Python } from "./python.js";
import { isKept } from "./store.js";

export class Notebook {
  constructor(base, folder, plan, record) {
    this.base = base;
    this.record = record;
    this.python = new Python(base, folder, record);
    this.drawing = () => (this.drawn ??= import(new URL("page.js", base).href).then((module) => module.default));
    this.editing = () => (this.edits ??= import(new URL("editor.js", base).href));
    const elements = [...document.querySelectorAll("div.cell")];
    this.cells = elements.map((element, index) => new Cell(element, index, plan[index], this));
    this.bar = new Bar(this.python, { cancel: () => this.cancel(), stop: () => this.stop() });
    this.order = 0;
    this.queue = Promise.resolve();
    record.addEventListener("brought", () => this.python.bring(record.text));
    for (const name of ["kept", "brought"]) record.addEventListener(name, () => this.cover());
    this.cover();
    this.python.addEventListener("change", ({ detail }) => detail.state === "failed" && this.reset());
  }

  /** A pointer is near a button: begin to fetch, unless the visitor saves data. */
  warm() {
    if (!navigator.connection?.saveData) this.python.start();
    this.drawing();
  }

  /** A pointer is near a picture: begin if that costs no download. */
  async warmIfKept() {
    if (this.python.state === "none" && (await isKept(new URL("python/", this.base).href))) this.warm();
  }

  /** Run a cell, or the short way to its widget, and before it what that needs and what has not run as it stands. */
  run(cell, shortly = false) {
    this.drawing();
    this.queue = this.queue.then(() => this.runNow(cell, shortly)).catch(() => {});
    return this.queue;
  }

  async runNow(cell, shortly = false) {
    for (const index of shortly ? cell.short.needs : cell.needs) {
      const needed = this.cells[index];
      if (!needed.fresh) await this.one(needed, false);
    }
    await this.one(cell, true, shortly);
    this.askAll();
  }

  /** Python is here: all cards of the page come alive, for what they ask is asked before it is answered. */
  askAll() {
    if (this.asking) return;
    this.asking = true;
    for (const card of this.cells) if (card.live === "card") this.queue = this.queue.then(() => card.fresh || this.runNow(card)).catch(() => {});
  }

  /** A button was pressed: room for what it brings, and for the cards that come with it. */
  reserve(cell) {
    for (const one of this.cells) if (one === cell || (one.live === "card" && !this.asking)) one.reserve();
  }

  cover() {
    const { committed } = this.record;
    for (const cell of this.cells) cell.coverUnless(committed);
  }

  async one(cell, asked, shortly = false) {
    cell.begin(asked);
    this.order += 1;
    const source = shortly ? cell.short.source : cell.source;
    cell.ran = { source, order: this.order };
    cell.shortly = shortly;
    this.current = cell;
    try {
      await this.python.start();
      this.bar.running(`Cell ${cell.index + 1}`);
      cell.right = await this.python.run(cell.name, source, cell.draws, (output) => cell.show(output));
    } catch (error) {
      cell.ran = null;
      throw error;
    } finally {
      this.current = null;
      this.bar.running(null);
      cell.end(asked);
      if (this.python.state === "failed") this.bar.change({ state: "failed", text: this.python.why });
    }
  }

  cancel() {
    this.python.end();
    this.reset();
  }

  /** A cell does not end: end Python, start it anew, and bring the other widgets back to life. */
  async stop() {
    const culprit = this.current;
    this.python.end();
    const alive = this.reset();
    culprit?.outputs.show({ kind: "error", text: "Stopped. Python has started anew: variables are gone, cells run again when they are needed." });
    await this.queue;
    for (const cell of alive) if (cell !== culprit) this.run(cell, cell.shortly);
  }

  reset() {
    this.asking = false;
    return this.cells.filter((cell) => cell.reset());
  }
}
