// Words at an axis: their distance from the heading, their minus, and how they make way for a cursor's pill.
import { describe, expect, test } from "vitest";

import { paintAxes } from "../src/axes.js";
import { layout } from "../src/layout.js";
import { axisTicks } from "../src/scale.js";

const axis = (low, high, more = {}) => ({ low, high, label: "", log: false, ticks: null, names: null, whole: false, visible: true, ...more });
const panel = (marks, x, y, more = {}) => ({ marks, x, y, title: "", at: [0, 0, 1, 1], equal: false, grid: true, legend: "", ...more });
const measure = (text) => 6 * text.length;
const placed = (panels, columns = [1]) => layout({ panels: panels.map((one) => [one, one.at]), rows: [1], columns }, 400, 300, measure);
const cursor = (x, text = `now ${x}`) => ({ kind: "cursor", x, text, bare: false, sets: { x: "step" }, color: "you" });

/** Every word that is drawn as [word, x, y]; turned words have no place. */
function words(box) {
  const drawn = [];
  const ctx = new Proxy({}, { get: (_, name) => (name === "fillText" ? (...what) => drawn.push(what) : name === "measureText" ? (text) => ({ width: measure(text) }) : () => {}), set: () => true });
  paintAxes(ctx, box, { font: "sans-serif" });
  return drawn;
}

const at = (drawn, word) => drawn.filter(([text]) => text === word);

describe("a heading and the word of the top tick", () => {
  test("are 12 pixels apart, and plots and pictures of a row begin together", () => {
    const plot = panel([], axis(0, 1), axis(0, 100), { title: "Loss", at: [0, 0, 1, 1] });
    const picture = panel([], axis(0, 1, { visible: false }), axis(0, 1, { visible: false }), { title: "Map", at: [0, 1, 1, 1] });
    const boxes = placed([plot, picture], [1, 1]);
    expect(boxes[0].top).toBe(boxes[1].top);
    for (const box of boxes) {
      const [[, , title]] = words(box);
      expect(box.top - title).toBeGreaterThanOrEqual(12);
      expect(title).toBeGreaterThan(12); // and the heading is whole
    }
  });
  test("a picture alone keeps its heading near", () => {
    const [box] = placed([panel([], axis(0, 1, { visible: false }), axis(0, 1, { visible: false }), { title: "Map" })]);
    expect(box.top - words(box)[0][2]).toBeLessThan(10);
  });
});

describe("a cursor's pill", () => {
  const box = (x, more = {}) => placed([panel([cursor(x)], axis(0, 3000, { label: "step", ticks: [0, 1000, 2000, 3000], ...more }), axis(0, 1))])[0];
  test("covers the words beneath it, and no other", () => {
    for (const [now, covered] of [[0, 0], [30, 0], [1000, 1000], [2980, 3000]]) {
      const drawn = words(box(now));
      for (const value of [0, 1000, 2000, 3000]) expect(at(drawn, String(value)).length).toBe(value === covered ? 0 : 1);
    }
  });
});

test("negative words have a minus on every kind of axis", () => {
  const signs = (one) => axisTicks(one, 300, 70)[0].text[0];
  expect([axis(-3, 3), axis(-3, 3, { whole: true }), axis(-3, 3, { ticks: [-3, 3] })].map(signs)).toEqual(["−", "−", "−"]);
});
