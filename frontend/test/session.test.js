import { expect, test, vi } from "vitest";

import { Session, toFloats, withShared } from "../src/session.js";

/** A model that keeps what is sent, a clock that is wound by hand, and a view that notes what it is shown. */
function open({ first = undefined, own = null, kept = {}, kernel = undefined } = {}) {
  const listeners = {};
  const model = {
    sent: [],
    get: (name) => ({ first })[name],
    widget_manager: { kernel },
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
  const view = { frames: [], silence: "", showFrame: (...frame) => view.frames.push(frame) };
  view.showSilence = (why) => (view.silence = why);
  const session = new Session(model, own, kept, clock);
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
  expect(open().model.sent).toEqual([{ type: "ready", frame: -1 }]);
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
  expect(view.silence).toBe("silent");
  session.setState({ a: 2 });
  expect(states().length).toBe(2);
  frame({ answers: 2 });
  expect(view.silence).toBe("");
});

test("a connection that is gone is said at once", () => {
  const { session, model, view } = open();
  model.send = vi.fn(() => {
    throw new Error("disposed");
  });
  session.command({ type: "step" });
  expect(view.silence).toBe("silent");
});

const whole = (more = {}, values = [1, 2]) => ({
  frame: { type: "frame", frame: 3, answers: 0, playing: false, cell: true, scene: { arrays: [["a", [2], 0]] }, ...more },
  buffers: [new DataView(new Float32Array(values).buffer)],
});

test("the first frame came with the model: it is drawn before any answer", () => {
  const { view, model, wait } = open({ first: whole() });
  expect([...view.frames[0][1][0].data]).toEqual([1, 2]);
  expect(model.sent).toEqual([{ type: "ready", frame: 3 }]);
  wait();
  expect(view.silence).toBe(""); // nobody has asked anything
});

test("a second view begins with the newest frame, not with the first", () => {
  const kept = {};
  const { frame } = open({ first: whole(), kept });
  frame({ frame: 9, scene: { arrays: [["a", [2], -1]] } });
  const { view, model } = open({ first: whole(), kept });
  expect(view.frames.map(([message]) => message.frame)).toEqual([9]);
  expect([...view.frames[0][1][0].data]).toEqual([1, 2]);
  expect(model.sent).toEqual([{ type: "ready", frame: 9 }]);
});

test("without a kernel nothing is drawn and nothing asked, until there is one", () => {
  const own = { comm_live: false };
  const { view, model, listeners } = open({ first: whole(), own });
  expect([view.frames, model.sent]).toEqual([[], []]);
  own.comm_live = true;
  listeners.comm_live_update();
  expect([view.frames.length, model.sent.length]).toEqual([1, 1]);
});

test("while a cell runs a question waits without an alarm, and is not asked twice", () => {
  const { session, view, wait, frame, states, listeners } = open({ first: whole() });
  for (const a of [1, 2, 3]) session.setState({ a });
  wait();
  wait();
  expect(view.silence).toBe("cell");
  expect(states().length).toBe(2);
  frame({ frame: 4, answers: 2, cell: false });
  expect([view.silence, states().at(-1).values.a]).toEqual(["", 3]);
  wait();
  expect(view.silence).toBe("silent");
  listeners["msg:custom"]({ type: "cell", cell: true });
  expect(view.silence).toBe("cell");
});

test("a kernel that works on the question itself is not said to be gone", () => {
  const kernel = { status: "busy" };
  const { session, view, wait } = open({ kernel });
  session.command({ type: "step" });
  wait();
  expect(view.silence).toBe("working");
});

test("a pointer that only passes asks nothing", () => {
  const { session, view, wait } = open();
  session.event({ name: "map", kind: "hover" });
  session.event({ name: "", kind: "leave" });
  wait();
  expect(view.silence).toBe("");
  session.event({ name: "map", kind: "click" });
  wait();
  expect(view.silence).toBe("silent");
});

const asked = (model) => model.sent.filter((message) => message.type === "ready").map((message) => message.frame);

test("an unknown array is asked for once, and again if no answer comes", () => {
  const { view, model, frame, wait } = open();
  const lost = { frame: 5, scene: { arrays: [["b", [1], -1]] } };
  frame(lost);
  frame({ ...lost, frame: 6 });
  expect(asked(model)).toEqual([-1, -1]); // when it was opened, and now
  wait();
  expect(asked(model).length).toBe(3);
  frame({ ...whole({ frame: 7 }).frame, buffers: whole().buffers });
  expect(view.frames.length).toBe(1);
  wait();
  expect(asked(model).length).toBe(3);
});

test("a page that plays and hears nothing more asks how things stand", () => {
  const { model, frame, wait } = open();
  frame({ frame: 2, playing: true });
  wait();
  wait();
  expect(asked(model)).toEqual([-1, -1, -1]);
  frame({ frame: 3, playing: false });
  wait();
  expect(asked(model).length).toBe(3);
});

test("a page that was cut off asks when it is connected again", () => {
  let told = null;
  const connectionStatusChanged = { connect: (slot) => (told = slot), disconnect: () => (told = null) };
  const { session, model, frame } = open({ kernel: { connectionStatusChanged } });
  frame({ frame: 8 });
  told(null, "connecting");
  told(null, "connected");
  expect(asked(model)).toEqual([-1, 8]);
  session.close();
  expect(told).toBe(null);
});

test("answers to another page's questions are no answers to later ones here", () => {
  const { session, states, frame } = open();
  frame({ answers: 57 });
  for (const a of [1, 2, 3]) session.setState({ a });
  expect(states().length).toBe(2);
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

test("marks get back what marks of their kind have in common, unless they say otherwise", () => {
  const marks = [{ kind: "text", x: 1 }, { kind: "text", size: 14 }, { kind: "line" }];
  const scene = { height: 9, shared: { text: { size: 11, bold: false } }, panels: [{ name: "a", marks }] };
  const whole = [{ kind: "text", x: 1, size: 11, bold: false }, { kind: "text", size: 14, bold: false }, { kind: "line" }];
  expect(withShared(scene)).toEqual({ height: 9, panels: [{ name: "a", marks: whole }] });
  expect(withShared({ panels: [] })).toEqual({ panels: [] });
});

test("a frame is shown with what its marks share", () => {
  const { view, frame } = open();
  frame({ scene: { arrays: [], shared: { text: { size: 11 } }, panels: [{ marks: [{ kind: "text" }] }] } });
  expect(view.frames.at(-1)[0].scene.panels[0].marks).toEqual([{ kind: "text", size: 11 }]);
});

test("an array of one number stands in the list itself", () => {
  const { view, frame } = open();
  frame({ scene: { arrays: [0.5, ["a", [2], 0]], panels: [] }, buffers: [Float32Array.of(1, 2).buffer] });
  const [half, two] = view.frames.at(-1)[1];
  expect([[...half.data], half.shape, [...two.data]]).toEqual([[0.5], [1], [1, 2]]);
});
