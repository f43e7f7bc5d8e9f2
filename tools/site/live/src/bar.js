// The line at the foot of the page that says what Python does: coming, busy, gone.
import { h, megabytes } from "./dom.js";

const [SHORT, LONG] = [600, 10_000]; // milliseconds after which a running cell is named, and remarked upon

export class Bar {
  /** @param {Python} python  @param {{cancel: () => void, stop: () => void}} actions */
  constructor(python, actions) {
    this.words = h("span", { role: "status" });
    this.meter = h("progress", { max: "1", value: "0", "aria-label": "Download of Python" });
    this.cancel = h("button", { type: "button", class: "cnn-small", onClick: actions.cancel }, "Cancel");
    this.stop = h("button", { type: "button", class: "cnn-small", onClick: actions.stop }, "Stop");
    this.close = h("button", { type: "button", class: "cnn-small", onClick: () => this.hide() }, "Close");
    this.element = h("div", { class: "cnn-python" }, this.words, this.meter, this.cancel, this.stop, this.close);
    this.element.hidden = true;
    this.timers = [];
    document.body.append(this.element);
    python.addEventListener("change", ({ detail }) => this.change(detail));
  }

  show(words, { meter = false, cancel = false, stop = false, close = false }) {
    this.words.textContent = words;
    this.meter.hidden = !meter;
    this.cancel.hidden = !cancel;
    this.stop.hidden = !stop;
    this.close.hidden = !close;
    this.element.dataset.about = "python";
    this.element.hidden = false;
  }

  hide() {
    this.element.hidden = true;
  }

  change({ state, done, total, text }) {
    if (state === "coming" && total) {
      const all = done >= total;
      this.meter.value = done / total;
      const words = all ? "Python starts …" : `Python is coming: ${megabytes(done)} of ${megabytes(total)} MB`;
      this.show(words, { meter: !all, cancel: true });
    } else if (state === "coming") this.show("Python starts …", { cancel: true });
    else if (state === "failed") {
      this.show(`Python cannot be had here (${text}). The pictures stay as they are; try again when you are online.`, { close: true });
    } else this.hide();
  }

  /** A cell runs; called again with null when it has ended. */
  running(name) {
    for (const timer of this.timers) clearTimeout(timer);
    if (name === null) {
      this.timers = [];
      if (this.element.dataset.about === "cell") this.hide();
      return;
    }
    const say = (words) => () => {
      this.show(words, { stop: true });
      this.element.dataset.about = "cell";
    };
    const late = `${name} still runs. Stop ends it, and Python starts anew.`;
    this.timers = [setTimeout(say(`${name} runs …`), SHORT), setTimeout(say(late), LONG)];
  }
}
