import { describe, expect, test } from "vitest";

import { colorIndex, colorTable, lineColor, readableOn, valueColor } from "../src/colormap.js";
import { toBytes } from "../src/theme.js";
import { cellAt, paintNumbers } from "../src/heatmap.js";
import { layout, tracks } from "../src/layout.js";
import { alongCurve, linkCurve, linkEnds, links } from "../src/links.js";
import { paintMarks } from "../src/marks.js";
import { lens } from "../src/notes.js";
import { hit, toSegment } from "../src/pointer.js";
import { sideOf, tiles } from "../src/tiles.js";
import { axisTicks, formatNumber, makeScale, powerOfTen, shortNumber } from "../src/scale.js";

const axis = (low, high, more = {}) => ({ low, high, label: "", log: false, ticks: null, names: null, whole: false, visible: true, ...more });
const panel = (marks, x, y, more = {}) => ({ marks, x, y, title: "", at: [0, 0, 1, 1], equal: false, grid: true, legend: "", ...more });
const vector = (...data) => ({ shape: [data.length], data: Float32Array.from(data) });
const place = (one) => layout({ panels: [[one, one.at]], rows: [1], columns: [1] }, 400, 300, (text) => 6 * text.length)[0];

describe("axes", () => {
  test("data and pixels are inverse, upside down and logarithmic too", () => {
    for (const one of [axis(0, 10), axis(7.5, -0.5), axis(1e-4, 10, { log: true })]) {
      const scale = makeScale(one, 50, 350);
      expect(scale(one.low)).toBe(50);
      expect(scale.invert(350)).toBeCloseTo(one.high, 9);
    }
  });
  test("ticks", () => {
    expect(axisTicks(axis(0, 10), 300, 70).map((t) => t.text)).toEqual(["0", "2", "4", "6", "8", "10"]);
    expect(axisTicks(axis(0, 3, { whole: true }), 600, 70).map((t) => t.text)).toEqual(["0", "1", "2", "3"]);
    expect(axisTicks(axis(1e-4, 10, { log: true }), 600, 70).map((t) => t.text)).toEqual(["10⁻⁴", "0.001", "0.01", "0.1", "1", "10"]);
    expect(axisTicks(axis(0, 1, { ticks: [0, 1], names: ["no", "yes"] }), 300, 70).map((t) => t.text)).toEqual(["no", "yes"]);
    expect(axisTicks(axis(2, 5, { log: true }), 300, 70).length).toBeGreaterThan(1);
  });
  test("numbers as words", () => {
    expect([powerOfTen(1e-12), powerOfTen(1000), powerOfTen(1e6)]).toEqual(["10⁻¹²", "1000", "10⁶"]);
    expect([formatNumber(".2f", -1.239), formatNumber("not a format", 0.5)]).toEqual(["−1.24", "0.5"]);
    expect([shortNumber(0.30000000000000004), shortNumber(NaN)]).toEqual(["0.3", "NaN"]);
  });
});

test("a text without words, which a frame leaves out, is drawn as nothing", () => {
  const drawn = [];
  const ctx = new Proxy({}, { get: (_, name) => (name === "fillText" ? (word) => drawn.push(word) : name === "measureText" ? () => ({ width: 9 }) : () => {}), set: () => true });
  const words = { kind: "text", x: vector(0.5), y: vector(0.5), text: ["here"], align: "left", baseline: "middle", size: 11, color: "ink" };
  const box = { ...place(panel([words, { ...words, x: vector(), y: vector(), text: undefined }], axis(0, 1), axis(0, 1))), size: [400, 300] };
  paintMarks(ctx, box, { font: "sans-serif", ink: "#000000" });
  expect(drawn).toEqual(["here"]);
});

describe("layout", () => {
  test("tracks share the space by weight", () => {
    expect(tracks([3, 1], 400)).toEqual([[0, 300], [300, 400]]);
  });
  test("equal panels have square units and stay inside", () => {
    const box = place(panel([], axis(-0.5, 149.5, { visible: false }), axis(99.5, -0.5, { visible: false }), { equal: true }));
    expect((box.right - box.left) / 150).toBeCloseTo((box.bottom - box.top) / 100, 9);
    expect(box.left).toBeGreaterThanOrEqual(0);
    expect(box.right).toBeLessThanOrEqual(400);
  });
  test("wide tick words get room", () => {
    const narrow = place(panel([], axis(0, 1), axis(0, 1)));
    const wide = place(panel([], axis(0, 1), axis(0, 1, { ticks: [0.5], names: ["a very long name"] })));
    expect(wide.left).toBeGreaterThan(narrow.left + 50);
  });
});

describe("colours", () => {
  const mark = { cmap: "viridis", vmin: 0, vmax: 1 };
  test("ends, middle, beyond, and what is no number", () => {
    const index = colorIndex(mark, 256);
    expect([0, 0.5, 1, -3, 7, NaN, Infinity].map(index)).toEqual([0, 128, 255, 0, 255, -1, -1]);
    expect(valueColor(mark, {})(0)).toBe("rgb(68,1,84)");
    expect(valueColor(mark, {})(NaN)).toBe(null);
  });
  test("the diverging map is near white at zero", () => {
    const table = colorTable("diverging", {});
    expect([...table.slice(3 * 128, 3 * 129)].every((byte) => byte > 240)).toBe(true);
  });
  test("categories follow the theme where they must", () => {
    const table = colorTable("category", { muted: "#808080", paper: "#ffffff" });
    expect([...table.slice(0, 3), ...table.slice(-3)]).toEqual([0, 114, 178, 128, 128, 128]);
  });
  test("a grey that lets the paper through is what is seen on it", () => {
    expect(toBytes("rgba(0, 0, 0, .54)", toBytes("white"))).toEqual([117, 117, 117]);
    expect(toBytes("rgba(255,255,255,.7)", toBytes("#111"))).toEqual([184, 184, 184]);
  });
  test("words on a colour can be read", () => {
    expect([readableOn([255, 255, 255]), readableOn([0, 0, 80])]).toEqual(["#000000", "#ffffff"]);
    expect([toBytes("#fff"), toBytes("rgba(1, 2, 3, 1)"), toBytes("?")]).toEqual([[255, 255, 255], [1, 2, 3], [117, 117, 117]]);
  });
});

test("links have the colour of their sign, and fade towards zero", () => {
  const paint = lineColor({ cmap: "diverging", vmin: -1, vmax: 1 }, { pos: "#0072b2", neg: "#d46f05" });
  expect([paint(1), paint(-2)]).toEqual(["rgba(0,114,178,1.000)", "rgba(212,111,5,1.000)"]);
  expect(paint(0)).toBe("rgba(212,111,5,0.150)");
  expect(paint(NaN)).toBe(null);
});

describe("what the pointer touches", () => {
  const heat = { kind: "heatmap", z: { shape: [2, 3], data: Float32Array.from([0, 1, 2, 3, 4, 5]) }, extent: [-0.5, 2.5, -0.5, 1.5], emits: "map", sets: {} };
  const box = place(panel([heat], axis(-0.5, 2.5), axis(1.5, -0.5)));
  test("cells", () => {
    expect(cellAt(heat, 2, 1)).toEqual({ row: 1, col: 2, value: 5 });
    expect(cellAt(heat, 3, 0)).toBe(null);
    const found = hit([box], box.x(1), box.y(0), () => true);
    expect([found.row, found.col]).toEqual([0, 1]);
    expect(found.x).toBeCloseTo(1, 6);
  });
  test("handles lie above, points and links are found within reach", () => {
    const knob = { kind: "handle", x: 1, y: 0, size: 8, sets: { x: "start" } };
    const dots = { kind: "points", x: vector(0, 2), y: vector(1, 1), size: 3 };
    const link = { kind: "links", x0: vector(0), y0: vector(0), x1: vector(2), y1: vector(0) };
    const full = place(panel([link, dots, knob], axis(-0.5, 2.5), axis(1.5, -0.5)));
    expect(hit([full], full.x(1) + 5, full.y(0), () => true).mark).toBe(knob);
    expect(hit([full], full.x(2) + 8, full.y(1), () => true).index).toBe(1);
    expect(hit([full], full.x(0.5), full.y(0) + 4, () => true).mark).toBe(link);
    expect(hit([full], full.x(1), full.y(1), () => true)).toBe(null);
    expect(toSegment(0, 1, -1, 0, 1, 0)).toBe(1);
  });
  test("a curved link is found where it is drawn", () => {
    const flat = { kind: "links", x0: vector(0), y0: vector(0.2), x1: vector(2), y1: vector(0.2), curved: true };
    const steep = { kind: "links", x0: vector(0), y0: vector(0), x1: vector(2), y1: vector(1), curved: true, values: vector(-0.3) };
    const full = place(panel([flat, steep], axis(-0.5, 2.5), axis(1.5, -0.5)));
    for (const t of [0.1, 0.25, 0.5, 0.8]) {
      const drawn = [full.x(2 * t), full.y(3 * t ** 2 - 2 * t ** 3)];
      const found = hit([full], ...drawn, () => true);
      expect([found.mark, found.value]).toEqual([steep, Math.fround(-0.3)]);
    }
    expect(hit([full], full.x(0.2 * 2), full.y(0.2), (mark) => mark === steep)).toBe(null); // on the straight line
  });
  test("points that can be clicked tell their value, others do not", () => {
    const bias = { kind: "points", x: vector(0), y: vector(0), values: vector(0.25), size: 3, emits: "bias" };
    const data = { kind: "points", x: vector(2), y: vector(1), values: vector(1), size: 3, emits: "" };
    const full = place(panel([bias, data], axis(-0.5, 2.5), axis(1.5, -0.5)));
    expect(hit([full], full.x(0), full.y(0), () => true)).toMatchObject({ index: 0, value: 0.25 });
    expect(hit([full], full.x(2), full.y(1), () => true).value).toBe(undefined);
  });
});

test("links that are only beside have no ends where the other panel lies beneath", () => {
  const scale = (value) => value;
  const far = { top: 300, right: 380, x: scale, y: scale };
  const box = { top: 0, bottom: 200, right: 400, x: scale, y: scale, byName: new Map([["far", far]]) };
  const mark = { to: "far", x0: vector(1), y0: vector(2), x1: vector(3), y1: vector(4) };
  expect(linkEnds({ ...mark, beside: true }, box, 0).every(Number.isNaN)).toBe(true);
  expect(linkEnds({ ...mark, inset: [5, 10] }, box, 0)).toEqual([6, 2, 368, 290]); // they come from above to its right end
  expect(linkEnds({ ...mark, beside: true }, { ...box, byName: new Map([["far", { ...far, top: 0 }]]) }, 0)).toEqual([1, 2, 3, 4]);
});

test("all links with a port end in one ring at the other panel's edge", () => {
  const arcs = [];
  const curves = [];
  const ctx = new Proxy({}, { get: (_, name) => (name === "arc" ? (...at) => arcs.push(at) : name === "bezierCurveTo" ? (...at) => curves.push(at) : () => {}), set: () => true });
  const scale = (value) => value;
  const far = { left: 100, right: 200, top: 0, bottom: 90, x: scale, y: scale };
  const box = (other) => ({ top: 0, bottom: 100, right: 240, x: scale, y: scale, byName: new Map([["far", other]]), pointed: null });
  const mark = { to: "far", curved: true, port: 11, inset: [0, 11], color: "ink", x0: vector(10, 10), y0: vector(20, 60), x1: vector(100, 100), y1: vector(50, 50) };
  const theme = { ink: "#000", paper: "#fff", colors: { ink: "#000" } };
  links(ctx, mark, box(far), theme);
  expect(curves.map((curve) => curve.slice(-2))).toEqual([[89, 50], [89, 50]]);
  expect(arcs.map((arc) => arc.slice(0, 2))).toEqual([[94.5, 50]]);
  const beneath = { ...far, top: 150, bottom: 240 };
  links(ctx, mark, box(beneath), theme);
  expect(arcs[1].slice(0, 2)).toEqual([188, 144.5]);
  const course = linkCurve(mark, box(beneath), 0);
  expect(alongCurve(course, 0)).toEqual([10, 20]);
  expect(alongCurve(course, 1)).toEqual([188, 139]);
});

test("a mark without tiles draws nothing", () => {
  const ctx = new Proxy({}, { get: (_, name) => () => { throw new Error(name); } });
  expect(() => tiles(ctx, { z: { shape: [0, 1, 1] } }, {}, {})).not.toThrow(); // a browser makes no image without rows
});

test("a wedge from an upright edge is not drawn to a panel beneath", () => {
  const drawn = [];
  const ctx = new Proxy({}, { get: (_, name) => (name === "lineTo" ? (...at) => drawn.push(at) : () => {}), set: () => true });
  const scale = (value) => value;
  const far = (top) => ({ left: 0, right: 100, top, bottom: top + 100, x: scale, y: scale });
  const box = (top) => ({ left: 0, right: 100, top: 0, bottom: 100, x: scale, y: scale, byName: new Map([["far", far(top)]]) });
  const edge = { to: "far", color: "you", far_x: vector(0, 0), far_y: vector(0, 1) };
  const theme = { colors: { you: "#000" } };
  const upright = { ...edge, x: vector(5, 5), y: vector(0, 1) };
  lens(ctx, upright, box(120), theme);
  expect(drawn).toEqual([]);
  lens(ctx, upright, box(0), theme);
  lens(ctx, { ...edge, x: vector(0, 5), y: vector(1, 1) }, box(120), theme);
  expect(drawn.length).toBe(10);
});

test("links that lead to no other panel end in their own, whatever panels without a name there are", () => {
  const mark = { to: "", x0: vector(0), y0: vector(0), x1: vector(10), y1: vector(10) };
  const own = place(panel([mark], axis(0, 10), axis(0, 10)));
  const other = place(panel([], axis(-900, 900), axis(-900, 900)));
  own.byName = new Map([["", other]]);
  expect(linkEnds(mark, own, 0)).toEqual([own.x(0), own.y(0), own.x(10), own.y(10)]);
});

test("a tile that has to shrink keeps its large cells of one size", () => {
  const box = { x: makeScale(axis(0, 8), 0, 8 * 43.7) };
  const tile = (columns, size) => sideOf({ size, fit: 0.9, z: { shape: [1, columns, columns] } }, box);
  expect(tile(5, 45)).toBe(35); // of 39 pixels
  expect(tile(28, 56)).toBe(39);
  expect(sideOf({ size: 45, fit: 0, z: { shape: [1, 4, 4] } }, box)).toBe(45);
});

describe("numbers in the cells of a matrix", () => {
  /** A pen that writes letters of 0.6 times their size; what it wrote, and in which size. */
  const written = (wide, more) => {
    const texts = [];
    const pen = { font: "", measureText: (text) => ({ width: 0.6 * Number.parseFloat(pen.font) * text.length }), fillText: (text) => texts.push([text, Number.parseFloat(pen.font)]) };
    const z = { shape: [1, 2], data: Float32Array.of(-0.5, 1) };
    const scale = makeScale(axis(0, 2), 0, 2 * wide);
    const mark = { z, extent: [0, 2, 0, 1], cmap: "viridis", vmin: -1, vmax: 1, numbers: ".1f", ...more };
    paintNumbers(pen, mark, { x: scale, y: makeScale(axis(0, 1), 30, 0) }, { font: "sans-serif" });
    return texts;
  };
  test("have the size that is asked for, are smaller where they have no room, and none where they could not be read", () => {
    expect(written(40, { type_size: 12 })).toEqual([["−0.5", 12], ["1.0", 12]]);
    const [[text, size]] = written(24, { type_size: 12 });
    expect(text).toBe("−0.5");
    expect(size).toBeCloseTo(22 / 2.4, 5);
    expect(written(19, { type_size: 12 })).toEqual([]);
  });
  test("have the first of several formats that has room", () => {
    const shown = (wide) => written(wide, { type_size: 12, numbers: ".3f|.1f" }).map(([text]) => text);
    expect(shown(40)).toEqual(["−0.500", "1.000"]);
    expect(shown(24)).toEqual(["−0.5", "1.0"]);
    expect(shown(19)).toEqual([]);
  });
  test("are faint where they read zero, and as strong as ever after it", () => {
    const strengths = [];
    const pen = { globalAlpha: 1, font: "", measureText: () => ({ width: 1 }), fillText: (text) => strengths.push([text, pen.globalAlpha]) };
    const z = { shape: [1, 3], data: Float32Array.of(0, 0.001, 1) };
    const mark = { z, extent: [0, 3, 0, 1], cmap: "viridis", vmin: -1, vmax: 1, numbers: ".2f" };
    paintNumbers(pen, mark, { x: makeScale(axis(0, 3), 0, 90), y: makeScale(axis(0, 1), 30, 0) }, { font: "sans-serif" });
    expect(strengths).toEqual([["0.00", 0.55], ["0.00", 0.55], ["1.00", 1]]);
    expect(pen.globalAlpha).toBe(1);
  });
});

test("zero is the middle of a signed map, whatever its ends", () => {
  const index = colorIndex({ cmap: "diverging", vmin: -8, vmax: 2 }, 256);
  expect([-8, -4, 0, 1, 2].map(index)).toEqual([0, 64, 128, 192, 255]);
});
