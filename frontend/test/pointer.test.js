// What the pointer tells the widget when it comes to rest, and when it goes.
import { expect, test } from "vitest";
import { Pointer } from "../src/pointer.js";

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
