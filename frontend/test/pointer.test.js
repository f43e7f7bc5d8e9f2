// What the pointer tells the widget when it comes to rest, and when it goes.
import { expect, test } from "vitest";
import { Pointer, movesUp, tipWords } from "../src/pointer.js";

function tracker() {
  const events = [];
  const pointer = Object.create(Pointer.prototype);
  Object.assign(pointer, { place: "", target: { event: (event) => events.push(event) } });
  return { pointer, events };
}

const at = (row, hovers = 26) => ({ mark: { emits: "layer 1", hovers }, x: 1, y: 2, row, col: 0 });

test("one event for each place, and one when the pointer leaves", () => {
  const { pointer, events } = tracker();
  for (const found of [at(0), at(5), at(25), at(26), null, null]) pointer.track(found);
  expect(events.map(({ kind, row }) => [kind, row])).toEqual([
    ["hover", 0],
    ["hover", 26],
    ["leave", undefined],
  ]);
});

test("marks that do not ask are not reported", () => {
  const { pointer, events } = tracker();
  pointer.track(at(3, 0));
  pointer.track(null);
  expect(events).toEqual([]);
});

test("only what can be dragged upwards keeps the page from scrolling", () => {
  const marks = [
    { kind: "handle", sets: { x: "w" } },
    { kind: "handle", sets: { x: "w", y: "e" } },
    { kind: "heatmap", emits: "drawing", hovers: 0 },
    { kind: "heatmap", sets: { row: "r", col: "c" }, hovers: 0 },
    { kind: "heatmap", emits: "layer 1", hovers: 26 },
    { kind: "heatmap", emits: "", sets: {}, hovers: 0 },
    { kind: "points", emits: "start", sets: {} },
  ];
  expect(marks.map(movesUp)).toEqual([false, true, true, true, false, false, false]);
});

const axis = (label, more = {}) => ({ label, visible: true, ...more });
const bare = { label: "", visible: false };

function tip(mark, { row, col, value, x = 0, y = 0, axes = [bare, bare], title = "conv 1" }) {
  return tipWords({ mark: { kind: "heatmap", ...mark }, box: { panel: { title, x: axes[0], y: axes[1] } }, x, y, row, col, value });
}

test("the pointer reads a map's own rows and columns, and nothing between maps", () => {
  const mark = { z: { shape: [7, 11] }, tile: [3, 3, 1], tile_names: [] };
  expect(tip(mark, { row: 6, col: 9, value: 0.25 })).toBe("conv 1, map 5, row 2, column 1: 0.25");
  expect(tip(mark, { row: 3, col: 9, value: NaN })).toBe("");
  expect(tip(mark, { row: 3, col: 9, value: 0 })).toBe("");
  expect(tip({ ...mark, tile_names: ["image 40"], means: "ink" }, { row: 0, col: 2, value: 1 })).toBe("ink, image 40, row 0, column 2: 1");
});

test("a value that stands for something is read in words", () => {
  const mark = { z: { shape: [2, 2] }, words: ["", "ends in A"] };
  expect(tip(mark, { row: 0, col: 0, value: 1 })).toBe("ends in A");
  expect(tip(mark, { row: 0, col: 0, value: 9 })).toBe("");
});

test("a value has its name and its place in the units that can be read", () => {
  const axes = [axis("rate"), axis("momentum")];
  const mark = { z: { shape: [50, 50] }, means: "loss" };
  expect(tip(mark, { row: 7, col: 9, x: 0.123456, y: 0.9, value: 2.5, axes })).toBe("loss, rate 0.123, momentum 0.9: 2.5");
  const classes = [axis("guess", { ticks: [0, 1], names: ["cat", "dog"] }), axis("true class", { ticks: [0, 1], names: ["cat", "dog"] })];
  expect(tip({ z: { shape: [2, 2] } }, { row: 0, col: 1, x: 0.9, y: 0.2, value: 3, axes: classes, title: "Confusion" })).toBe("Confusion, guess dog, true class cat: 3");
  const link = { mark: { kind: "links", emits: "link" }, box: { panel: { title: "" } }, index: 3, value: -0.5 };
  expect(tipWords(link)).toBe("link: −0.5");
  const square = { z: { shape: [50, 50] }, means: "output", places: ["X₁", "X₂"] };
  expect(tip(square, { row: 7, col: 9, x: -4.26, y: 0.9, value: 0.5, axes, title: "0.50000: 0.491" })).toBe("output, X₁ −4.3, X₂ 0.9: 0.5");
});

test("what cannot be read has no words, though it can be clicked", () => {
  expect(tip({ z: { shape: [5, 1] }, hover: false, emits: "table" }, { row: 0, col: 0, value: 0 })).toBe("");
});

test("a place names rows and columns only where there are several", () => {
  const scores = { z: { shape: [3, 1] }, tile: [1, 1, 0], tile_names: ["class 0", "class 1", "class 2"], means: "score" };
  expect(tip(scores, { row: 2, col: 0, value: 4 })).toBe("score, class 2: 4");
  const vector = { z: { shape: [3, 1] }, tile: [3, 1, 1], tile_names: [""], means: "scores" };
  expect(tip(vector, { row: 2, col: 0, value: 4 })).toBe("scores, row 2: 4");
});

test("a link is read with what it joins", () => {
  const tiles = (ids, names) => ({ kind: "tiles", ids: { data: ids }, names });
  const mark = { kind: "links", means: "weight", sources: { data: [1, 1] }, targets: { data: [101, 900] } };
  const box = { panel: { title: "", marks: [tiles([0, 1], ["X₁, on", "X₂, on"]), tiles([101], ["node 1.1"])] } };
  expect(tipWords({ mark, box, index: 0, value: -0.5 })).toBe("weight, X₂ → node 1.1: −0.5");
  expect(tipWords({ mark, box, index: 1, value: -0.5 })).toBe("weight, from X₂: −0.5");
});

test("the words at the pointer stay within the picture", () => {
  const pointer = Object.create(Pointer.prototype);
  const node = { style: {}, offsetWidth: 180, offsetHeight: 20 };
  Object.assign(pointer, { tip: node, picture: { width: 300, height: 100 } });
  const found = { mark: { kind: "links", emits: "link" }, box: { panel: { title: "" } }, value: 1 };
  const spots = [[290, 99], [10, 5], [200, 140]].map(([x, y]) => (pointer.showTip(found, x, y), node.style.transform.match(/[\d.]+px/g)));
  expect(spots).toEqual([["120px", "69px"], ["22px", "0px"], ["120px", "80px"]]);
});
