// @vitest-environment jsdom
import { beforeEach, expect, test, vi } from "vitest";

import { Picture } from "../src/picture.js";
import { View } from "../src/view.js";

beforeEach(() => {
  vi.stubGlobal("ResizeObserver", class { observe() {} disconnect() {} });
  HTMLCanvasElement.prototype.getContext = () => ({});
  vi.useFakeTimers({ now: 1000, toFake: ["performance", "setTimeout", "clearTimeout"] });
});

function open(end = "") {
  const spec = { title: "A toy", controls: [], playable: true, speeds: ["fast"], challenge: "", height: 100, picture: end };
  const view = new View(document.body, spec, { setState() {}, event() {}, command() {} });
  let painted = 0;
  view.picture.show = () => (painted += 1);
  const show = (text, playing) => {
    const scene = { panels: [], arrows: [] };
    view.showFrame({ scene, text, playing, state: {}, ranges: {}, message: "", speed: "fast", line: "", challenge: "" }, [], false);
    return [painted, view.text.element.textContent];
  };
  return { view, show };
}

test("while playing every frame is painted, and the words follow a few times a second", () => {
  const { show } = open();
  expect(show("0", true)).toEqual([1, "0"]);
  vi.advanceTimersByTime(40);
  expect(show("1", true)).toEqual([2, "0"]);
  vi.advanceTimersByTime(170);
  expect(show("2", true)).toEqual([3, "2"]);
});

test("the frame that ends the playing is told at once", () => {
  const { view, show } = open();
  show("0", true);
  expect(view.root.querySelector(".cnn-play").textContent).toContain("Pause");
  expect(show("1", false)).toEqual([2, "1"]);
  expect(view.root.querySelector(".cnn-play").textContent).toContain("Play");
  expect(show("2", false)).toEqual([3, "2"]);
});

test("silence is shown with its reason, and taken back", () => {
  const { view } = open();
  expect(view.silence.hidden).toBe(true);
  view.showSilence("silent");
  expect(view.silence.textContent).toContain("run the cell again");
  view.showSilence("cell");
  expect(view.silence.textContent).toContain("busy with another cell");
  view.showSilence("");
  expect([view.silence.hidden, view.silence.textContent]).toEqual([true, ""]);
});

const picture = (end) => Object.assign(document.createElement("img"), { src: `data:image/png;base64,${end}` });

test("a view without a picture takes no room and leaves the still one", async () => {
  document.body.replaceChildren();
  const { view, show } = open("abcd");
  document.body.append(picture("xabcd=="));
  const still = document.querySelector("img");
  expect([view.root.style.display, still.style.display]).toEqual(["none", ""]);
  show("0", false);
  expect([view.root.style.display, still.style.display]).toEqual(["", "none"]);
  view.close();
  expect(still.style.display).toBe("");
});

test("a still picture that arrives later goes before it is seen", async () => {
  document.body.replaceChildren();
  const { show } = open("abcd");
  show("0", false);
  document.body.append(picture("other"), picture("abcd"));
  await Promise.resolve();
  expect([...document.querySelectorAll("img")].map((image) => image.style.display)).toEqual(["", "none"]);
});

test("dashes crawl while playing, and not for readers who want less motion", () => {
  const picture = new Picture(document.body, { title: "", height: 100 });
  const scene = { height: 100, panels: [] };
  const play = (playing) => (picture.show(scene, playing), vi.advanceTimersByTime(50), picture.crawl);
  expect([play(false), play(false), play(true), play(true), play(true), play(false)]).toEqual([0, 0, 0, 1.5, 3, 3]);
  vi.stubGlobal("matchMedia", () => ({ matches: true }));
  expect([play(true), play(true)]).toEqual([3, 3]);
  vi.unstubAllGlobals();
});

test("arrow keys move the handle where the scene names nothing else, upwards with the axis", () => {
  const control = (name) => ({ name, kind: "slider", label: name, low: -2, high: 2, step: 0.5, default: 0, shown: true });
  const spec = { title: "", controls: ["a", "b"].map(control), playable: false, speeds: [], challenge: "", height: 100, picture: "" };
  const sent = [];
  const view = new View(document.body, spec, { setState: (values) => sent.push(values), event() {}, command() {} });
  view.picture.show = () => {};
  const handle = { kind: "handle", sets: { x: "a", y: "b" } };
  const show = (arrows, y) => {
    const scene = { panels: [{ marks: [{ kind: "line" }, handle], y }], arrows };
    view.showFrame({ scene, text: "", playing: false, state: { a: 0, b: 0 }, ranges: {}, message: "", line: "", challenge: "" }, [], false);
  };
  const press = (key) => view.picture.frame.dispatchEvent(new KeyboardEvent("keydown", { key }));
  show([], { low: 0, high: 1 });
  press("ArrowUp");
  press("ArrowLeft");
  show([], { low: 1, high: 0 });
  press("ArrowUp");
  show(["b", "a"], { low: 0, high: 1 });
  press("ArrowRight");
  press("ArrowUp");
  expect(sent).toEqual([{ b: 0.5 }, { a: -0.5 }, { b: -0.5 }, { b: 0.5 }, { a: -0.5 }]);
  expect(view.picture.frame.getAttribute("tabindex")).toBe("0");
});
