// Maps on their grid: which cell lies under a pixel, and in which coordinates of the mosaic.
import { expect, test } from "vitest";
import { floored, mapUnder } from "../src/maps.js";

const box = { x: (value) => value, y: (value) => value };
// Two images of 2x2 cells beneath one another in the mosaic, a gap between; on the page beside one another.
const mark = { tile: [2, 2, 1], pitch: 23, gap: 3, count: 2, across: 2, x: 50, y: 30, z: { shape: [5, 2], data: [0, 1, 2, 3, NaN, NaN, 4, 5, 6, 7] }, ids: { data: [10, 11] } };

test("a pixel of the second map is a cell of the mosaic's lower rows", () => {
  // The block is 43 wide: left edge at 50 - 21.5, rounded; the second map begins 23 pixels further on.
  expect(mapUnder(mark, box, 29 + 23 + 15, 20 + 5)).toEqual({ row: 3, col: 1, x: 1, y: 3, value: 5, id: 11 });
  expect(mapUnder(mark, box, 29 + 21, 25)).toBeNull(); // between the two
});

test("a floor raises the smaller values and keeps the gaps", () => {
  const z = { shape: [1, 3], data: Float32Array.from([-2, NaN, 3]) };
  expect([...floored(z, 0).data]).toEqual([0, NaN, 3]);
  expect(floored(z, 0)).toBe(floored(z, 0));
});

test("in a narrow panel maps become smaller and stay in their rows", () => {
  const upright = { ...mark, across: 1, needs: 200, y: 100 };
  const middles = (wide) => {
    const rows = [];
    for (let y = 0; y < 200; y += 0.5) rows.push(mapUnder(upright, { ...box, left: 0, right: wide }, 50, y)?.id ?? null);
    return [10, 11].map((id) => [rows.indexOf(id), rows.lastIndexOf(id)]);
  };
  const [full, half] = [middles(400), middles(100)];
  for (const i of [0, 1]) {
    expect(half[i][1] - half[i][0]).toBeLessThan(0.55 * (full[i][1] - full[i][0]));
    expect(Math.abs(half[i][0] + half[i][1] - full[i][0] - full[i][1])).toBeLessThan(5);
  }
});
