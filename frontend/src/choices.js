// Choices that are seen: a row of segments, and thumbnails that are small pictures of the options.
import { h, uniqueId } from "./dom.js";
import { layout } from "./layout.js";
import { paintMarks } from "./marks.js";

/** Arrow keys, Home and End move within a group of radio buttons, of which one is in the tab order. */
function roving(buttons, choose) {
  buttons.forEach((button, i) => {
    button.addEventListener("click", () => choose(i));
    button.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
      const ends = { Home: 0, End: buttons.length - 1 }[event.key];
      if (step === undefined && ends === undefined) return;
      event.preventDefault();
      const next = ends ?? (i + step + buttons.length) % buttons.length;
      buttons[next].focus();
      choose(next);
    });
  });
  return (chosen) => {
    buttons.forEach((button, i) => {
      button.setAttribute("aria-checked", String(i === chosen));
      button.tabIndex = i === Math.max(0, chosen) ? 0 : -1;
    });
  };
}

/** What the page shows for an option. */
export const wordOf = (spec, i) => spec.words?.[i] ?? spec.options[i];

function group(spec, buttons, kind, change) {
  const id = uniqueId(spec.name);
  let idle = false;
  let value = spec.default;
  const mark = roving(buttons, (i) => {
    idle = false;
    mark(i);
    change(spec.options[i]);
  });
  const show = () => mark(idle ? -1 : spec.options.indexOf(value));
  const list = h("div", { class: kind, role: "radiogroup", "aria-labelledby": id }, ...buttons);
  const label = h("span", { class: "cnn-label", id }, spec.label);
  const help = spec.help ? h("span", { class: "cnn-help" }, spec.help) : null;
  const element = h("div", { class: `cnn-control cnn-choice ${kind}-group` }, label, list, help);
  const set = (next) => {
    value = next;
    show();
  };
  const setIdle = (next) => {
    if (next === idle) return;
    idle = next;
    show();
  };
  return { element, set, setIdle, spec };
}

export function segments(spec, change) {
  const buttons = spec.options.map((option, i) => h("button", { type: "button", role: "radio", class: "cnn-segment" }, wordOf(spec, i)));
  return group(spec, buttons, "cnn-segments", change);
}

const SIDE = 56; // pixels of a thumbnail

export function thumbnails(spec, change) {
  const canvases = spec.options.map(() => h("canvas", { "aria-hidden": "true" }));
  const buttons = spec.options.map((option, i) => {
    const word = h("span", { class: "cnn-thumb-word" }, wordOf(spec, i));
    return h("button", { type: "button", role: "radio", class: "cnn-thumb", title: wordOf(spec, i) }, canvases[i], word);
  });
  let panels = null;
  let seen = "";
  const control = group(spec, buttons, "cnn-thumbs", change);
  control.showPictures = (next, theme) => {
    const key = JSON.stringify(theme);
    if ((!next || next === panels) && key === seen) return;
    panels = next ?? panels;
    seen = key;
    panels?.forEach((panel, i) => canvases[i] && paintThumbnail(canvases[i], panel, theme));
  };
  return control;
}

function paintThumbnail(canvas, panel, theme) {
  const ratio = globalThis.devicePixelRatio || 1;
  canvas.width = canvas.height = SIDE * ratio;
  const ctx = canvas.getContext("2d");
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  const arrangement = { rows: [1], columns: [1], panels: [[panel, [0, 0, 1, 1]]] };
  for (const box of layout(arrangement, SIDE, SIDE, () => 0)) paintMarks(ctx, box, theme);
}
