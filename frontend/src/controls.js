// The declared controls as native inputs, each with a name for screen readers.
import { segments, thumbnails, wordOf } from "./choices.js";
import { h, uniqueId } from "./dom.js";
import { boxNumber, shortNumber, typed } from "./scale.js";
import { heard, say } from "./speech.js";

const LONG = 100; // letters from which on a text takes a row of its own
const LOG_STEPS = 240; // positions of a log slider at most
const TIGHT = 0.1; // share of the track below which a zone's word may begin beneath the zone before
const LOG_STEP = 0.0125; // and the least factor between two of them, as a logarithm

/** Round to the control's own steps and range, as a dragged handle needs. */
export function snap(spec, value) {
  const inside = Math.min(spec.high, Math.max(spec.low, value));
  if (spec.integer) return Math.round(inside);
  if (spec.log) return Number(inside.toPrecision(3));
  const steps = Math.round((inside - spec.low) / spec.step);
  return Number(Math.min(spec.high, spec.low + steps * spec.step).toPrecision(12));
}

/** Slider position of a value, and back: equal movements are equal factors on a log slider. */
export const logScale = {
  /** How many steps the slider has: in a narrow range fewer, so that three digits tell each from the next. */
  steps: ({ low, high }) => Math.max(1, Math.min(LOG_STEPS, Math.floor(Math.log(high / low) / LOG_STEP))),
  position: (spec, value) =>
    Math.round((logScale.steps(spec) * Math.log(value / spec.low)) / Math.log(spec.high / spec.low)),
  value: (spec, position) => {
    const steps = logScale.steps(spec);
    if (position <= 0) return spec.low;
    if (position >= steps) return spec.high;
    return Number((spec.low * (spec.high / spec.low) ** (position / steps)).toPrecision(3));
  },
};

function labelled(spec, id, ...inputs) {
  const unit = spec.unit ? h("span", { class: "cnn-unit" }, ` (${spec.unit})`) : null;
  const help = spec.help ? h("span", { class: "cnn-help", id: `${id}-help` }, spec.help) : null;
  const kind = `cnn-control cnn-${spec.kind}`;
  return h("div", { class: kind }, h("label", { for: id }, spec.label, unit), ...inputs, help);
}

const describedBy = (spec, id) => (spec.help ? `${id}-help` : undefined);

/** A box for a number, or what `write` makes of it. Sends its text as it is: the kernel answers a wrong one with a sentence. */
function numberBox(attributes, nudge, change, write = boxNumber) {
  const box = h("input", { type: "text", inputmode: "decimal", autocomplete: "off", class: "cnn-box", ...attributes });
  const given = write === boxNumber ? typed : String; // a text goes as it is
  let typing = false;
  box.addEventListener("input", () => (typing = true));
  const commit = () => {
    if (!typing) return;
    typing = false;
    change(given(box.value));
  };
  box.addEventListener("copy", (event) => {
    event.clipboardData.setData("text/plain", given(box.value.slice(box.selectionStart, box.selectionEnd)));
    event.preventDefault();
  });
  box.addEventListener("change", commit);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey) commit(); // JupyterLab may keep the change event from coming
    const direction = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (direction && nudge) {
      event.preventDefault();
      nudge(direction);
    }
  });
  const set = (value) => {
    const text = write(value);
    if (!typing && box.value !== text) box.value = text; // never beneath the learner's fingers
  };
  return { box, set };
}

function slider(original, change) {
  const id = uniqueId(original.name);
  const spec = { ...original };
  let current = spec.default;
  const range = h("input", { type: "range", id, "aria-describedby": describedBy(spec, id) });
  const send = (value) => {
    show(value);
    change(value);
  };
  const nudge = (direction) => {
    if (spec.log) send(logScale.value(spec, logScale.position(spec, current) + direction));
    else send(snap(spec, Number(current) + direction * spec.step));
  };
  const track = new Track(spec);
  const exact = numberBox({ "aria-label": say("{label}, exact value", { label: spec.label }) }, nudge, (text) => change(text));
  const show = (value) => {
    current = value;
    const position = spec.log ? logScale.position(spec, value) : value;
    if (Number(range.value) !== Number(position)) range.value = position;
    const zone = track.zoneOf(value);
    range.setAttribute("aria-valuetext", `${heard(shortNumber(value))}${spec.unit ? ` ${spec.unit}` : ""}${zone ? `: ${zone}` : ""}`);
    range.style.setProperty("--cnn-share", track.share(value).toFixed(4));
    exact.set(value);
  };
  const setRange = (low, high) => {
    Object.assign(spec, { low, high });
    range.min = spec.log ? 0 : low;
    range.max = spec.log ? logScale.steps(spec) : high;
    range.step = spec.log ? 1 : spec.step;
    range.disabled = exact.box.disabled = low === high;
    range.style.setProperty("--cnn-share", track.share(current).toFixed(4));
  };
  setRange(spec.low, spec.high);
  range.addEventListener("input", () => {
    const value = spec.log ? logScale.value(spec, Number(range.value)) : Number(range.value);
    send(spec.integer ? Math.round(value) : value);
  });
  const element = labelled(spec, id, range, exact.box);
  const showZones = (zones) => element.classList.toggle("cnn-zoned", track.show(zones, element));
  return { element, set: show, setRange, showZones, range, spec };
}

/** What the values of a slider lead to: stripes on its track, a word beneath each. */
class Track {
  constructor(spec) {
    this.spec = spec;
    this.key = "";
    this.zones = [];
  }

  /** Where a value lies on the track, from 0 to 1. */
  share(value) {
    const { low, high, log } = this.spec;
    if (!(high > low)) return 0;
    const share = log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
    return Math.min(1, Math.max(0, share)) || 0;
  }

  zoneOf(value) {
    return this.zones.find((zone) => value <= zone.end)?.text ?? "";
  }

  show(zones, parent) {
    const { low, high } = this.spec;
    const key = JSON.stringify([zones, low, high]);
    if (key === this.key) return zones.length > 0;
    this.key = key;
    this.zones = zones;
    this.element?.remove();
    let start = 0;
    const parts = zones.map((zone) => {
      const end = this.share(zone.end);
      const part = h("span", { class: end - start < TIGHT && zone !== zones.at(-1) ? "cnn-zone cnn-tight" : "cnn-zone" }, h("span", {}, zone.sign, h("i", {}, zone.text)));
      part.style.cssText = `left:${100 * start}%;width:${100 * (end - start)}%;--cnn-zone:${zone.color.startsWith("#") ? zone.color : `var(--cnn-${zone.color}, ${zone.color})`}`;
      if (zone.border) part.append(h("em", { style: `translate:${100 * (1 - end)}%` }, zone.border)); // within the track
      start = end;
      return part;
    });
    this.element = h("span", { class: "cnn-zones", "aria-hidden": "true" }, ...parts);
    if (zones.length) parent.append(this.element);
    return zones.length > 0;
  }
}

function number(original, change) {
  const id = uniqueId(original.name);
  const spec = { ...original };
  let current = spec.default;
  const nudge = (direction) => change(snap(spec, Number(current) + direction * spec.step));
  const { box, set } = numberBox({ id, "aria-describedby": describedBy(spec, id) }, nudge, change);
  const show = (value) => {
    current = value;
    set(value);
  };
  const nudger = (sign, direction, word) =>
    h("button", { type: "button", class: "cnn-button cnn-round", "aria-label": `${spec.label}, ${word}`, onClick: () => nudge(direction) }, sign);
  const pair = h("span", { class: "cnn-nudge" }, nudger("−", -1, say("less")), box, nudger("+", 1, say("more")));
  return { element: labelled(spec, id, pair), set: show, setRange: (low, high) => Object.assign(spec, { low, high }), spec };
}

function word(spec, change) {
  const id = uniqueId(spec.name);
  const { box, set } = numberBox({ id, inputmode: "text", maxlength: spec.longest, "aria-describedby": describedBy(spec, id) }, null, change, String);
  const element = labelled(spec, id, box);
  if (spec.longest > LONG) {
    element.classList.add("cnn-whole");
    box.addEventListener("focus", () => box.select()); // one gesture copies it, one replaces it
  }
  return { element, set, spec };
}

function choice(spec, change) {
  if (spec.picker === "segments") return segments(spec, change);
  if (spec.picker === "thumbnails") return thumbnails(spec, change);
  const id = uniqueId(spec.name);
  const list = h("select", { id, "aria-describedby": describedBy(spec, id) });
  let offered = "";
  const setOptions = (words) => {
    if (words.join("\n") === offered) return;
    offered = words.join("\n");
    const { value } = list;
    list.replaceChildren(...words.map((word) => h("option", { value: word }, wordOf(spec, spec.options.indexOf(word)))));
    if (value) set(value);
  };
  const set = (value) => {
    if (list.value !== value) list.querySelector("[data-gone]")?.remove();
    list.value = value;
    if (list.value === value) return;
    list.append(h("option", { value, "data-gone": true }, value)); // not offered at the moment, and yet the state
    list.value = value;
  };
  setOptions(spec.options);
  list.addEventListener("change", () => change(list.value));
  return { element: labelled(spec, id, list), set, setOptions, spec };
}

function toggle(spec, change) {
  const id = uniqueId(spec.name);
  const box = h("input", { type: "checkbox", id, "aria-describedby": describedBy(spec, id) });
  box.addEventListener("change", () => change(box.checked));
  return { element: labelled(spec, id, box), set: (value) => (box.checked = value), spec };
}

function grid(spec, change) {
  const rows = spec.default.map((row, r) =>
    row.map((_, c) => numberBox({ "aria-label": say("{label}, row {row}, column {column}", { label: spec.label, row: r + 1, column: c + 1 }) }, null, () => send())),
  );
  const send = () => change(rows.map((row) => row.map(({ box }) => typed(box.value))));
  const lines = rows.map((row) => h("div", { class: "cnn-row" }, ...row.map(({ box }) => box)));
  const set = (value) => value.forEach((row, r) => row.forEach((cell, c) => rows[r][c].set(cell)));
  const element = h("fieldset", { class: "cnn-control cnn-grid" }, h("legend", {}, spec.label), ...lines);
  return { element, set, spec };
}

function button(spec, change, press) {
  const sign = spec.label.length === 1;
  const look = sign ? { class: "cnn-button cnn-round", "aria-label": spec.help || undefined, title: spec.help || undefined } : { class: "cnn-button" };
  const element = h("button", { type: "button", ...look }, spec.label);
  element.addEventListener("click", () => press(spec.name));
  return { element, set: () => {}, spec };
}

const KINDS = { slider, number, word, choice, toggle, grid, button };

/**
 * All controls of a widget: `change(values)` when one moved, `press(name)` when a button was pressed.
 * `element` holds those that are shown; the view moves each to its slot.
 */
export function buildControls(specs, change, press) {
  const element = h("div", { class: "cnn-controls" });
  const byName = new Map();
  for (const spec of specs) {
    const control = KINDS[spec.kind](spec, (value) => change({ [spec.name]: value }), press);
    byName.set(spec.name, control);
    if (spec.shown) element.append(control.element);
  }
  return { element, byName };
}
