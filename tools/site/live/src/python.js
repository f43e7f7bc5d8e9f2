// The page's one Python: started when first wanted, ended and started anew when a cell does not end.
import { WidgetModel } from "./model.js";

export class Python extends EventTarget {
  /**
   * @param {string} base address of the folder with the worker
   * @param {string} folder where the page's notebook lies in the course, such as "notebooks"
   * @param {{text: string, keep: (text: string) => void}} record the learner's record
   */
  constructor(base, folder, record) {
    super();
    this.base = base;
    this.folder = folder;
    this.record = record;
    this.state = "none"; // then "coming", "here" or "failed"
    this.models = new Map();
    this.waiting = new Map();
    this.count = 0;
    this.times = {};
  }

  /** Start, unless that has been done; the promise ends when Python is here or cannot be had. */
  start() {
    if (this.starting) return this.starting;
    this.change("coming");
    this.worker = new Worker(new URL("worker.js", this.base), { type: "module" });
    this.worker.onmessage = ({ data }) => this.hear(data);
    this.starting = new Promise((done, failed) => {
      this.settle = { done, failed };
      this.worker.onerror = (event) => this.fail(event.message || "its script could not be loaded");
    });
    this.starting.catch(() => {});
    const base = new URL("python/", this.base).href;
    this.worker.postMessage({ type: "start", base, folder: this.folder, record: this.record.text });
    return this.starting;
  }

  change(state, detail = {}) {
    this.state = state;
    this.dispatchEvent(new CustomEvent("change", { detail: { state, ...detail } }));
  }

  fail(text) {
    this.end();
    this.why = text;
    this.change("failed", { text });
  }

  /** End Python at once, whatever it does. Its widgets are dead, its variables gone. */
  end() {
    this.worker?.terminate();
    this.worker = null;
    const { settle, waiting } = this;
    this.starting = this.settle = null;
    this.models.clear();
    this.waiting = new Map();
    this.change("none");
    settle?.failed(new Error("ended"));
    for (const { failed } of waiting.values()) failed(new Error("ended"));
  }

  /** Run a cell; true if it ended without an error. `show(output)` takes what it shows. */
  async run(cell, source, draws, show) {
    await this.start();
    this.count += 1;
    const id = this.count;
    return new Promise((done, failed) => {
      this.waiting.set(id, { cell, done, failed, show });
      this.worker.postMessage({ type: "run", id, cell, source, draws });
    });
  }

  hear(data) {
    if (data.type === "time") this.times[data.what] = data.ms;
    else if (data.type === "progress") this.change("coming", { done: data.done, total: data.total });
    else if (data.type === "started") {
      this.change("here");
      this.settle.done();
    } else if (data.type === "ran") this.finish(data.id, ({ done }) => done(data.right));
    else if (data.type === "failed" && data.id === undefined) this.fail(data.text);
    else if (data.type === "failed") this.finish(data.id, ({ failed }) => failed(new Error(data.text)));
    else if (data.type === "widget") this.models.get(data.key)?.hear(data.message, data.buffers);
    else if (data.type === "record") this.record.keep(data.text);
    else if (data.type === "output") this.show(data);
  }

  show(output) {
    const running = [...this.waiting.values()].find(({ cell }) => cell === output.cell);
    if (output.kind === "widget") {
      output.model = new WidgetModel(output.spec, (message) => {
        this.worker?.postMessage({ type: "widget", key: output.key, message });
      });
      this.models.set(output.key, output.model);
    }
    running?.show(output);
  }

  finish(id, how) {
    const found = this.waiting.get(id);
    this.waiting.delete(id);
    if (found) how(found);
  }

  /** Give Python a record that a learner has brought. */
  bring(text) {
    this.worker?.postMessage({ type: "record", text });
  }
}
