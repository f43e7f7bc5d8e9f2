// What stands around the picture: head, bar, strip, foot, sentence, More; and which control lives where.
import { h, uniqueId } from "./dom.js";
import { say } from "./speech.js";

/** The controls of each slot in the order in which the widget names them, and the parts that are no controls. */
export function sortIntoSlots(spec, controls, extras) {
  const bySlot = new Map();
  const put = (slot, element) => bySlot.set(slot, [...(bySlot.get(slot) ?? []), element]);
  const placed = new Set();
  for (const [slot, names] of Object.entries(spec.slots ?? {})) {
    for (const name of names) {
      const control = controls.byName.get(name);
      const element = control?.spec.shown ? control.element : extras[name]?.element;
      if (element && !placed.has(name)) put(slot, element);
      placed.add(name);
    }
  }
  for (const [name, control] of controls.byName) {
    if (!placed.has(name) && control.spec.shown) put("bar", control.element);
  }
  for (const [name, { element, slot }] of Object.entries(extras)) {
    if (!placed.has(name) && element) put(slot, element);
  }
  return bySlot;
}

/** The More button and the sheet that it opens. */
function more(elements) {
  const id = uniqueId("more");
  const sheet = h("div", { class: "cnn-more", id }, ...elements);
  sheet.hidden = true;
  const button = h("button", { type: "button", class: "cnn-button cnn-pill", "aria-expanded": "false", "aria-controls": id }, say("More"));
  button.addEventListener("click", () => {
    sheet.hidden = !sheet.hidden;
    button.setAttribute("aria-expanded", String(!sheet.hidden));
    sheet.dispatchEvent(new Event("cnn-opened", { bubbles: true }));
  });
  return { button, sheet };
}

/** The frame as elements; `settings`, above the picture, and `foot`, below it, share the picture's columns where their slots are called "foot 0", "foot 1", … */
export function buildFrame(spec, bySlot, run, figures, challenge) {
  const take = (slot) => bySlot.get(slot) ?? [];
  const title = h("p", { class: "cnn-title" }, spec.title);
  const { button, sheet } = more(take("more"));
  const head = h("div", { class: "cnn-head" }, title, ...take("head"), challenge, button);
  const first = h("div", { class: "cnn-settings" }, ...take("bar"));
  first.hidden = take("bar").length === 0;
  const bar = h("div", { class: "cnn-bar" }, run, figures[0], first, ...take("time"), figures[1]);
  const row = (name) => {
    const columns = [...bySlot.keys()].filter((slot) => slot.startsWith(`${name} `)).sort();
    const cells = columns.map((slot) => h("div", { class: "cnn-cell" }, ...take(slot)));
    const element = h("div", { class: cells.length ? "cnn-row-of cnn-columns" : "cnn-row-of" }, ...cells, ...take(name));
    element.hidden = element.children.length === 0;
    return element;
  };
  const [settings, foot] = [row("settings"), row("foot")];
  const handle = h("div", { class: "cnn-handle" }, ...take("handle"));
  return { title, head, bar, settings, foot, handle, sheet };
}

/** Trouble and the ways out of it. */
export class TroubleStrip {
  constructor(controls) {
    this.controls = controls;
    this.words = h("p", {});
    this.ways = h("div", { class: "cnn-ways" });
    this.element = h("div", { class: "cnn-strip", role: "status" }, this.words, this.ways);
    this.element.hidden = true;
    this.key = "";
  }

  show(strip) {
    const key = JSON.stringify(strip ?? null);
    if (key === this.key) return;
    this.key = key;
    this.element.hidden = !strip;
    this.words.textContent = strip?.text ?? "";
    this.ways.replaceChildren(...(strip?.buttons ?? []).map((name) => this.controls.get(name)?.element).filter(Boolean));
  }
}
