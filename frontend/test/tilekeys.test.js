// @vitest-environment jsdom
import { beforeEach, expect, test } from "vitest";

import { TileKeys } from "../src/tilekeys.js";

let frame, told, pointed, keys;

beforeEach(() => {
  frame = document.createElement("div");
  document.body.replaceChildren(frame);
  told = [];
  pointed = [];
  keys = new TileKeys({ frame, point: (id) => pointed.push(id) }, { event: (event) => told.push([event.kind, event.name, event.index]) });
  const tiles = (emits, x, ids) => ({
    kind: "tiles", emits, hovers: true, x: { data: [x, x] }, y: { data: [1, 2] }, z: { shape: [2, 1, 1] }, size: 20, fit: 0,
    shift: [0, 0], names: [`${emits} a`, `${emits} b`], ids: { data: ids },
  });
  const box = { x: (v) => 100 * v, y: (v) => 100 * v, panel: { marks: [tiles("left", 1, [1, 2]), tiles("right", 3, [3, 4])] } };
  keys.placed([box]);
});

const press = (key) => frame.dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true }));

test("a picture with tiles is one tab stop; arrows move to the nearest tile and show its links", () => {
  expect([frame.tabIndex, frame.getAttribute("role"), frame.hasAttribute("data-lm-suppress-shortcuts")]).toEqual([0, "application", true]);
  for (const key of ["ArrowDown", "ArrowDown", "ArrowRight", "ArrowUp", "ArrowUp", "ArrowLeft"]) press(key);
  expect(told.map(([, name, index]) => `${name} ${index}`)).toEqual(["left 0", "left 1", "right 1", "right 0", "left 0"]);
  expect(pointed).toEqual([1, 2, 4, 3, 1]);
  expect([keys.voice.textContent, keys.ring.hidden, keys.ring.style.left]).toEqual(["left a", false, "86px"]);
});

test("Enter chooses and Escape leaves", () => {
  press("Enter");
  expect(told).toEqual([]);
  press("ArrowDown");
  press("Enter");
  press("Escape");
  expect(told).toEqual([["hover", "left", 0], ["click", "left", 0], ["leave", "", undefined]]);
  expect([keys.ring.hidden, pointed.at(-1)]).toEqual([true, null]);
});
