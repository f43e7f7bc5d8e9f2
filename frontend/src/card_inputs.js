// What a card takes an answer with: a number, a choice, a line of code, an order, a sketch.
import { h, ownKeys, uniqueId } from "./dom.js";
import { inline } from "./inline.js";
import { say } from "./speech.js";
import { sketch } from "./card_sketch.js";

/** An input of the kind that `spec` names: its element, and `value()`. `enter` commits. */
export function buildInput(spec, enter) {
  const built = KINDS[spec.kind](spec, enter);
  if (spec.done) built.element.querySelectorAll("input, button").forEach((part) => (part.disabled = true));
  return built;
}

function number(spec, enter) {
  const box = h("input", {
    type: "text", inputmode: "decimal", autocomplete: "off", class: "cnn-card-number", placeholder: "?",
    "aria-label": `${say("Your answer")}${spec.unit ? `, ${spec.unit}` : ""}`, value: spec.value === undefined ? undefined : String(spec.value),
  });
  box.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Enter" && !event.shiftKey) enter();
  });
  return { element: h("div", { class: "cnn-card-row" }, box, spec.unit ? h("span", {}, spec.unit) : null), value: () => box.value };
}

/** Native radio buttons, so that arrows, screen readers and touch work; keys 1 to 9 choose, Enter answers. */
function radios(spec, enter, values, shown) {
  const name = uniqueId("choice");
  const inputs = values.map((value, index) => {
    const radio = h("input", { type: "radio", name, value: String(index), checked: spec.value === value });
    return radio;
  });
  const mark = (value) => spec.marks?.[String(value)] ?? "";
  const labels = values.map((value, index) =>
    h("label", { class: `cnn-card-option ${mark(value) ? `cnn-card-${mark(value)}` : ""}` }, inputs[index], h("span", { class: "cnn-card-ring", "aria-hidden": "true" }), shown(value, index)));
  const element = h("fieldset", { class: "cnn-card-options" }, h("legend", { class: "cnn-card-sr" }, say("Answers")), ...labels);
  element.addEventListener("keydown", (event) => {
    const index = Number(event.key) - 1;
    if (inputs[index]) {
      inputs[index].checked = true;
      inputs[index].focus();
    } else if (event.key !== "Enter" || event.shiftKey) return;
    else enter();
    event.preventDefault();
    event.stopPropagation();
  });
  return { element, value: () => values[inputs.findIndex((radio) => radio.checked)] ?? null };
}

/** What the page shows for an answer. */
const wordOf = (spec, value) => spec.words?.[spec.options.indexOf(value)] ?? value;

const choice = (spec, enter) => radios(spec, enter, spec.options, (value) => h("span", {}, ...inline(wordOf(spec, value))));

function line(spec, enter) {
  const built = radios(spec, enter, spec.options.map((_, index) => index + 1), (value, index) => h("code", { class: "cnn-card-line" }, spec.options[index]));
  built.element.classList.add("cnn-card-lines");
  return built;
}

const isCode = (text) => /[=(]/.test(text) || text.endsWith(":");

/** Lines with buttons that move them; with the focus on a line the arrow keys move it as well. */
function order(spec) {
  const things = [...(Array.isArray(spec.value) ? spec.value : spec.options)];
  const list = h("ol", { class: "cnn-card-order" });
  const voice = h("span", { class: "cnn-card-sr", role: "status" });
  const move = (from, by) => {
    const to = from + by;
    if (to < 0 || to >= things.length || spec.done) return;
    things.splice(to, 0, things.splice(from, 1)[0]);
    draw();
    list.children[to].focus();
    voice.textContent = say("{thing}: now {place} of {total}", { thing: wordOf(spec, things[to]), place: to + 1, total: things.length });
  };
  const draw = () =>
    list.replaceChildren(...things.map((value, index) => {
      const thing = wordOf(spec, value);
      const up = h("button", { type: "button", class: "cnn-card-move", tabindex: "-1", "aria-label": say("Move up: {thing}", { thing }), onClick: () => move(index, -1) }, "▲");
      const down = h("button", { type: "button", class: "cnn-card-move", tabindex: "-1", "aria-label": say("Move down: {thing}", { thing }), onClick: () => move(index, 1) }, "▼");
      const row = h("li", { tabindex: "0", "aria-label": say("{place}: {thing}. Arrow keys move it.", { place: index + 1, thing }) }, isCode(thing) ? h("code", { class: "cnn-card-line" }, thing) : h("span", {}, ...inline(thing)), up, down);
      ownKeys(row);
      row.addEventListener("keydown", (event) => {
        const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
        if (!by) return;
        event.preventDefault();
        move(index, by);
      });
      return row;
    }));
  draw();
  return { element: h("div", {}, list, voice), value: () => [...things] };
}

const KINDS = { number, choice, line, order, sketch };
