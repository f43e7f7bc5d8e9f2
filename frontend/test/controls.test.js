// @vitest-environment jsdom
import { expect, test } from "vitest";

import { buildControls, logScale, snap } from "../src/controls.js";

const rate = { name: "rate", kind: "slider", label: "Rate", low: 1e-4, high: 10, step: 1, log: true, default: 0.1, shown: true };
const steps = { name: "steps", kind: "slider", label: "Steps", low: 0, high: 20, step: 1, integer: true, default: 5, shown: true };
const start = { name: "start", kind: "slider", label: "Start", unit: "m", low: -2, high: 2, step: 0.01, default: 0, shown: true };

function build(...specs) {
  const seen = [];
  const pressed = [];
  const controls = buildControls(specs, (values) => seen.push(values), (name) => pressed.push(name));
  document.body.replaceChildren(controls.element);
  return { ...controls, seen, pressed };
}

function type(input, value, kind = "change") {
  input.value = value;
  input.dispatchEvent(new Event("input"));
  if (kind !== "input") input.dispatchEvent(new Event(kind));
}

test("log slider positions and values are inverse and keep the ends", () => {
  expect([logScale.value(rate, 0), logScale.value(rate, 240)]).toEqual([1e-4, 10]);
  for (let position = 0; position <= 240; position += 1) {
    expect(logScale.position(rate, logScale.value(rate, position))).toBe(position);
  }
});

test("on a log slider every position has a value of its own, so that no arrow key is lost", () => {
  for (const [low, high] of [[0.5, 2], [0.25, 4], [0.9, 1.1], [1e-4, 10], [0.001, 1]]) {
    const spec = { low, high };
    const last = logScale.steps(spec);
    for (let position = 0; position < last; position += 1) {
      const value = logScale.value(spec, position);
      expect(logScale.position(spec, value)).toBe(position);
      expect(logScale.value(spec, position + 1)).toBeGreaterThan(value);
    }
    expect(logScale.value(spec, last)).toBe(high);
  }
});

test("dragged values are rounded to the control's steps and kept in its range", () => {
  expect(snap(start, 0.1234)).toBe(0.12);
  expect(snap(start, 99)).toBe(2);
  expect(snap(steps, 3.7)).toBe(4);
  expect(snap(rate, 0.0123456)).toBe(0.0123);
});

test("a slider sends numbers, its box sends text as it was typed", () => {
  const { element, seen } = build(rate, steps);
  const [rateRange, stepsRange] = element.querySelectorAll("input[type=range]");
  type(rateRange, "120", "input");
  type(stepsRange, "7", "input");
  type(element.querySelectorAll(".cnn-box")[0], "fast");
  expect(seen).toEqual([{ rate: 0.0316 }, { steps: 7 }, { rate: "fast" }]);
});

test("a box for text shows and sends every letter of it", () => {
  const { element, seen, byName } = build({ name: "seed", kind: "word", label: "Seed", default: "0.50000", longest: 40, shown: true });
  const box = element.querySelector("input");
  byName.get("seed").set("0.1234567890123");
  expect([box.value, box.labels[0].textContent, box.maxLength]).toEqual(["0.1234567890123", "Seed", 40]);
  type(box, "0.30000");
  expect(seen).toEqual([{ seed: "0.30000" }]);
});

test("every input has a name", () => {
  const choice = { name: "rule", kind: "choice", label: "Rule", options: ["a", "b"], default: "a", shown: true };
  const toggle = { name: "grid", kind: "toggle", label: "Grid", default: false, shown: true };
  const grid = { name: "kernel", kind: "grid", label: "Kernel", default: [[0, 1]], shown: true };
  const { element } = build(rate, start, choice, toggle, grid);
  const names = [...element.querySelectorAll("input, select")].map(
    (node) => node.getAttribute("aria-label") ?? node.labels[0]?.textContent,
  );
  expect(names).toEqual([
    "Rate", "Rate, exact value", "Start (m)", "Start, exact value", "Rule", "Grid",
    "Kernel, row 1, column 1", "Kernel, row 1, column 2",
  ]);
});

test("every input keeps JupyterLab's shortcuts away", () => {
  const { element } = build(rate, { name: "go", kind: "button", label: "Go", shown: true });
  for (const node of element.querySelectorAll("input, button")) {
    expect(node.hasAttribute("data-lm-suppress-shortcuts")).toBe(true);
  }
});

test("what is being typed is not overwritten by a frame", () => {
  const { element, byName } = build(start);
  const box = element.querySelector(".cnn-box");
  type(box, "1.", "input");
  byName.get("start").set(0.5);
  expect(box.value).toBe("1.");
  box.dispatchEvent(new Event("change"));
  byName.get("start").set(0.5);
  expect(box.value).toBe("0.5");
});

test("Enter commits a box once, arrows step it", () => {
  const { element, seen } = build(start);
  const box = element.querySelector(".cnn-box");
  type(box, "1.5", "input");
  box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
  box.dispatchEvent(new Event("change"));
  box.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowUp" }));
  expect(seen).toEqual([{ start: "1.5" }, { start: 0.01 }]);
});

test("a narrowed range reaches the slider; one with a single value is disabled", () => {
  const { element, byName } = build(steps);
  byName.get("steps").setRange(0, 8);
  const range = element.querySelector("input[type=range]");
  expect(range.max).toBe("8");
  byName.get("steps").setRange(0, 0);
  expect(range.disabled).toBe(true);
});

test("hidden controls are not on the page but can be set", () => {
  const { element, byName } = build({ ...steps, shown: false });
  byName.get("steps").set(3);
  expect(element.children.length).toBe(0);
});

test("a list offers what is there, and shows a state that is not", () => {
  const { byName, element } = build({ name: "node", kind: "choice", label: "Map", options: ["output", "1", "2", "3"], shown: true });
  const node = byName.get("node");
  const words = () => [...element.querySelectorAll("option")].map((option) => option.value);
  node.set("3");
  node.setOptions(["output", "1"]);
  expect([words(), element.querySelector("select").value]).toEqual([["output", "1", "3"], "3"]);
  node.set("1");
  node.setOptions(["output", "1"]);
  expect([words(), element.querySelector("select").value]).toEqual([["output", "1"], "1"]);
});

test("a box shows a minus, is typed with a hyphen, and gives one to code", () => {
  const { element, seen, byName } = build(start);
  byName.get("start").set(-1.5);
  const box = element.querySelector(".cnn-box");
  expect(box.value).toBe("−1.5");
  type(box, "-0.5");
  type(box, "−0.25");
  expect(seen).toEqual([{ start: "-0.5" }, { start: "-0.25" }]);
  byName.get("start").set(-0.25);
  box.setSelectionRange(0, 5);
  const copied = new Event("copy", { cancelable: true });
  copied.clipboardData = { setData: (_, text) => (copied.text = text) };
  box.dispatchEvent(copied);
  expect([copied.text, copied.defaultPrevented]).toEqual(["-0.25", true]);
});
