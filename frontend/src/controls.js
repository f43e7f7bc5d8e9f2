// The declared controls as native inputs, each with a name for screen readers.
import { h, uniqueId } from "./dom.js";
import { shortNumber } from "./scale.js";

const LOG_STEPS = 240;

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
  position: (spec, value) => Math.round((LOG_STEPS * Math.log(value / spec.low)) / Math.log(spec.high / spec.low)),
  value: (spec, position) => {
    if (position <= 0) return spec.low;
    if (position >= LOG_STEPS) return spec.high;
    return Number((spec.low * (spec.high / spec.low) ** (position / LOG_STEPS)).toPrecision(3));
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
function numberBox(attributes, nudge, change, write = shortNumber) {
  const box = h("input", { type: "text", inputmode: "decimal", autocomplete: "off", class: "cnn-box", ...attributes });
  let typing = false;
  box.addEventListener("input", () => (typing = true));
  const commit = () => {
    if (!typing) return;
    typing = false;
    change(box.value);
  };
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
  const exact = numberBox({ "aria-label": `${spec.label}, exact value` }, nudge, (text) => change(text));
  const show = (value) => {
    current = value;
    const position = spec.log ? logScale.position(spec, value) : value;
    if (Number(range.value) !== Number(position)) range.value = position;
    range.setAttribute("aria-valuetext", `${shortNumber(value)}${spec.unit ? ` ${spec.unit}` : ""}`);
    exact.set(value);
  };
  const setRange = (low, high) => {
    Object.assign(spec, { low, high });
    range.min = spec.log ? 0 : low;
    range.max = spec.log ? LOG_STEPS : high;
    range.step = spec.log ? 1 : spec.step;
    range.disabled = low === high;
  };
  setRange(spec.low, spec.high);
  range.addEventListener("input", () => {
    const value = spec.log ? logScale.value(spec, Number(range.value)) : Number(range.value);
    send(spec.integer ? Math.round(value) : value);
  });
  return { element: labelled(spec, id, range, exact.box), set: show, setRange, spec };
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
  return { element: labelled(spec, id, box), set: show, setRange: (low, high) => Object.assign(spec, { low, high }), spec };
}

function word(spec, change) {
  const id = uniqueId(spec.name);
  const { box, set } = numberBox({ id, inputmode: "text", maxlength: spec.longest, "aria-describedby": describedBy(spec, id) }, null, change, String);
  return { element: labelled(spec, id, box), set, spec };
}

function choice(spec, change) {
  const id = uniqueId(spec.name);
  const list = h("select", { id, "aria-describedby": describedBy(spec, id) });
  let offered = "";
  const setOptions = (words) => {
    if (words.join("\n") === offered) return;
    offered = words.join("\n");
    const { value } = list;
    list.replaceChildren(...words.map((word) => h("option", { value: word }, word)));
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
    row.map((_, c) => numberBox({ "aria-label": `${spec.label}, row ${r + 1}, column ${c + 1}` }, null, () => send())),
  );
  const send = () => change(rows.map((row) => row.map(({ box }) => box.value)));
  const lines = rows.map((row) => h("div", { class: "cnn-row" }, ...row.map(({ box }) => box)));
  const set = (value) => value.forEach((row, r) => row.forEach((cell, c) => rows[r][c].set(cell)));
  const element = h("fieldset", { class: "cnn-control cnn-grid" }, h("legend", {}, spec.label), ...lines);
  return { element, set, spec };
}

function button(spec, change, press) {
  const element = h("button", { type: "button", class: "cnn-button" }, spec.label);
  element.addEventListener("click", () => press(spec.name));
  return { element, set: () => {}, spec };
}

const KINDS = { slider, number, word, choice, toggle, grid, button };

/** All controls of a widget: `change(values)` when one moved, `press(name)` when a button was pressed. */
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
