import { expect, test, vi } from "vitest";

import { Session, toFloats } from "../src/session.js";

/** A model that keeps what is sent, a clock that is wound by hand, and a view that notes what it is shown. */
function open() {
  const listeners = {};
  const model = {
    sent: [],
    send: (message) => model.sent.push(message),
    on: (name, listener) => (listeners[name] = listener),
    off: (name) => delete listeners[name],
  };
  const timers = new Map();
  let count = 0;
  const clock = {
    setTimeout: (action) => (timers.set((count += 1), action), count),
    clearTimeout: (id) => timers.delete(id),
  };
  const view = { frames: [], silent: false, showFrame: (...frame) => view.frames.push(frame) };
  view.showSilence = (silent) => (view.silent = silent);
  const session = new Session(model, clock);
  session.open(view);
  const frame = (more = {}) => {
    const message = { type: "frame", frame: 1, answers: 0, playing: false, scene: { arrays: [] }, ...more };
    listeners["msg:custom"](message, more.buffers ?? []);
  };
  const wait = () => [...timers.entries()].forEach(([id, action]) => (timers.delete(id), action()));
  const states = () => model.sent.filter((message) => message.type === "state");
  return { model, session, view, frame, wait, states, listeners };
}

test("it asks for a frame when it opens", () => {
  expect(open().model.sent).toEqual([{ type: "ready" }]);
});

test("at most two states are on their way, and the newest wins", () => {
  const { session, states, frame } = open();
  for (let value = 1; value <= 9; value += 1) session.setState({ rate: value });
  expect(states().map((m) => m.values.rate)).toEqual([1, 2]);
  frame({ answers: 1 });
  expect(states().map((m) => m.values.rate)).toEqual([1, 2, 9]);
  frame({ answers: 3 });
  expect(states().length).toBe(3);
});

test("states of different controls that wait are merged", () => {
  const { session, states, frame } = open();
  session.setState({ a: 1 });
  session.setState({ a: 2 });
  session.setState({ b: 1 });
  session.setState({ a: 3 });
  frame({ answers: 2 });
  expect(states().at(-1).values).toEqual({ a: 3, b: 1 });
});

test("waiting drags replace each other, clicks do not", () => {
  const { session, model, frame } = open();
  session.setState({ a: 1 });
  session.setState({ a: 2 });
  for (const x of [1, 2, 3]) session.event({ name: "map", kind: "drag", x });
  session.event({ name: "map", kind: "click", x: 4 });
  session.event({ name: "map", kind: "click", x: 5 });
  frame({ answers: 2 });
  frame({ answers: 4 });
  const events = model.sent.filter((message) => message.type === "event").map((m) => [m.event.kind, m.event.x]);
  expect(events).toEqual([["drag", 3], ["click", 4], ["click", 5]]);
});

test("the view knows whether the kernel still owes an answer", () => {
  const { session, view, frame } = open();
  session.setState({ a: 1 });
  session.setState({ a: 2 });
  frame({ answers: 1 });
  frame({ answers: 2 });
  expect(view.frames.map(([, , behind]) => behind)).toEqual([true, false]);
});

test("only a frame that asks is acknowledged", () => {
  const { model, frame } = open();
  frame({ frame: 4 });
  frame({ frame: 5, playing: true, asks: true });
  frame({ frame: 6, playing: true, asks: false });
  expect(model.sent.filter((m) => m.type === "painted")).toEqual([{ type: "painted", frame: 5 }]);
});

test("arrays that did not change are kept, and forgotten when a frame no longer has them", () => {
  const { view, frame } = open();
  const data = new Float32Array([1, 2, 3]);
  frame({ scene: { arrays: [["a", [3], 0]] }, buffers: [new DataView(data.buffer)] });
  frame({ scene: { arrays: [["a", [3], -1]] } });
  expect([...view.frames[1][1][0].data]).toEqual([1, 2, 3]);
  expect(view.frames[1][1][0]).toBe(view.frames[0][1][0]);
  frame({ scene: { arrays: [] } });
  frame({ scene: { arrays: [["a", [3], -1]] } });
  expect(view.frames.length).toBe(3); // the fourth cannot be shown
});

test("a buffer that is not aligned is read all the same", () => {
  const bytes = new Uint8Array(9);
  new DataView(bytes.buffer).setFloat32(1, 2.5, true);
  expect([...toFloats(new DataView(bytes.buffer, 1, 8))]).toEqual([2.5, 0]);
});

test("silence is said, and ends with the next frame", () => {
  const { session, view, wait, frame, states } = open();
  frame();
  session.setState({ a: 1 });
  wait();
  expect(view.silent).toBe(true);
  session.setState({ a: 2 });
  expect(states().length).toBe(2);
  frame({ answers: 2 });
  expect(view.silent).toBe(false);
});

test("a connection that is gone is said at once", () => {
  const { session, model, view } = open();
  model.send = vi.fn(() => {
    throw new Error("disposed");
  });
  session.command({ type: "step" });
  expect(view.silent).toBe(true);
});

test("closing takes the listeners away", () => {
  const { session, listeners } = open();
  session.close();
  expect(listeners).toEqual({});
});

test("large heatmaps arrive as float16 with a power of two, told by their length", () => {
  const bits = new Uint16Array([0x3c00, 0xc000, 0x7e00, 0x0001, 0x3555, 0x8000, -3]);
  const numbers = toFloats(bits.buffer);
  expect([...numbers]).toEqual([0.125, -0.25, NaN, 2 ** -27, 0.333251953125 / 8, -0]);
  const shifted = new Uint8Array([9, 9, 9, ...new Uint8Array(bits.buffer)]);
  expect(toFloats(new DataView(shifted.buffer, 3))).toEqual(numbers);
});
