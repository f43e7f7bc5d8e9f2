// @vitest-environment jsdom
import { beforeEach, expect, test } from "vitest";

import { breakLines, headOf } from "../src/lines.js";
import { firstFree, isFree, nearestFree, rectOf, within } from "../src/spots.js";
import { segments, thumbnails } from "../src/choices.js";
import { buildControls } from "../src/controls.js";
import { Figures } from "../src/figures.js";
import { TroubleStrip, buildFrame, sortIntoSlots } from "../src/frame.js";
import { arrange, layout, tracks } from "../src/layout.js";
import { Overlay } from "../src/overlay.js";
import { SvgContext } from "../src/svg_context.js";
import { tileUnder } from "../src/tiles.js";
import { challengeLine } from "../src/words.js";

beforeEach(() => {
  document.body.replaceChildren();
  HTMLCanvasElement.prototype.getContext = () => ({});
});

const number = (name) => ({ name, kind: "slider", label: name, low: 0, high: 1, step: 0.1, default: 0, shown: true });
const axis = (low, high, visible = true) => ({ low, high, label: "", log: false, ticks: null, names: null, whole: false, visible });
const panel = (name, at, more = {}) => ({ name, at, marks: [], x: axis(0, 10), y: axis(0, 10), title: "", subtitle: "", equal: false, grid: true, legend: "", group: "", ...more });

test("each control is in the slot that names it, others in the bar, and parts can be put among them", () => {
  const controls = buildControls(["rate", "seed", "epoch", "other"].map(number), () => {}, () => {});
  const [speed, copy] = [document.createElement("i"), document.createElement("b")];
  const spec = { title: "T", slots: { more: ["seed", "seed"], "settings 1": ["rate", "speed"], handle: ["epoch"] } };
  const bySlot = sortIntoSlots(spec, controls, { speed: { element: speed, slot: "more" }, copy: { element: copy, slot: "says" } });
  const of = (name) => controls.byName.get(name).element;
  expect(bySlot.get("more")).toEqual([of("seed")]);
  expect(bySlot.get("settings 1")).toEqual([of("rate"), speed]);
  expect([bySlot.get("bar"), bySlot.get("handle"), bySlot.get("says")]).toEqual([[of("other")], [of("epoch")], [copy]]);
});

test("the plot of time stands in the bar, or in the slot that names it", () => {
  const time = document.createElement("i");
  const extras = { time: { element: time, slot: "time" } };
  const bar = (slots) => {
    const bySlot = sortIntoSlots({ slots }, buildControls([], () => {}, () => {}), extras);
    return [buildFrame({ title: "T" }, bySlot, "", ["", ""], "").bar.contains(time), bySlot.get("output")];
  };
  expect(bar({})).toEqual([true, undefined]);
  time.remove();
  expect(bar({ output: ["time"] })).toEqual([false, [time]]);
});

test("More opens and closes, and says so", () => {
  const bySlot = new Map([["more", [document.createElement("i")]]]);
  const frame = buildFrame({ title: "T" }, bySlot, "", ["", ""], "");
  document.body.append(frame.head, frame.sheet);
  const button = document.querySelector("button");
  expect([frame.sheet.hidden, button.getAttribute("aria-expanded")]).toEqual([true, "false"]);
  button.click();
  expect([frame.sheet.hidden, button.getAttribute("aria-expanded")]).toEqual([false, "true"]);
  expect(button.getAttribute("aria-controls")).toBe(frame.sheet.id);
});

test("tracks: pixels stay, the rest goes by weight", () => {
  expect(tracks(["100px", 1, 3], 500)).toEqual([[0, 100], [100, 200], [200, 500]]);
  expect(tracks([1, "min(300px, 40%)"], 500)).toEqual([[0, 300], [300, 500]]);
  expect(tracks([1, "min(100px, 40%)"], 500)).toEqual([[0, 400], [400, 500]]);
  expect(tracks(["300px", "300px"], 500)).toEqual([[0, 300], [300, 600]]);
});

test("a panel follows the square one of its group that needs less height than its cell", () => {
  const axis = { low: 0, high: 1, visible: false, label: "", ticks: [] };
  const square = { ...panel("map", [0, 0, 1, 1]), x: axis, y: axis, marks: [], equal: true, group: "output" };
  const bar = { ...panel("ramp", [1, 0, 1, 1]), x: axis, y: axis, marks: [], group: "output" };
  const scene = { rows: ["400px", "40px"], columns: [1], height: 440, slots: [], panels: [square, bar] };
  const boxes = (width, panels) => layout({ ...arrange(scene, 900), panels }, width, 440, (text) => 6 * text.length);
  const [map, ramp] = boxes(200, arrange(scene, 900).panels);
  expect(ramp.top - map.bottom).toBeLessThan(30);
  expect([ramp.left, ramp.right]).toEqual([map.left, map.right]);
  const alone = boxes(200, [[square, square.at], [{ ...bar, group: "" }, bar.at]])[1];
  expect(alone.top - map.bottom).toBeGreaterThan(150);
});

test("what stands beside a square panel of its group is as high as that", () => {
  const axis = { low: -1, high: 1, visible: false, label: "", ticks: [] };
  const square = { ...panel("map", [0, 0, 1, 1]), x: axis, y: axis, equal: true, title: "Map", group: "map" };
  const bar = { ...panel("ramp", [0, 1, 1, 1]), x: axis, y: axis, group: "map" };
  const scene = { rows: ["400px"], columns: [1, "36px"], height: 400, slots: [], panels: [square, bar] };
  for (const width of [250, 1000]) {
    const [map, ramp] = layout(arrange(scene, 900), width, 400, (text) => 6 * text.length);
    expect([ramp.top, ramp.bottom]).toEqual([map.top, map.bottom]);
    expect(ramp.y(1)).toBe(map.top);
    expect(ramp.left).toBeGreaterThan(map.right);
  }
});

test("a narrow place stacks up to four panels, or takes the scene's own arrangement", () => {
  const scene = { rows: [1], columns: [1, 1], height: 300, slots: [], panels: [panel("a", [0, 0, 1, 1]), panel("b", [0, 1, 1, 1])] };
  expect(arrange(scene, 700).columns).toEqual([1, 1]);
  const stacked = arrange(scene, 380);
  expect([stacked.columns, stacked.panels.map(([, at]) => at[0]), stacked.narrow]).toEqual([[1], [0, 1], true]);
  const own = { ...scene, narrow: { rows: ["90px"], columns: [1], height: 90, at: { b: [0, 0, 1, 1] } } };
  expect(arrange(own, 380).panels.map(([one]) => one.name)).toEqual(["b"]);
});

test("a row of a narrow place may be a share of the width, up to a limit; the height is then the sum", () => {
  const narrow = { rows: ["min(420px, 80% of width)", "50% of width", "min(290px, 10px + 50% of width)", "90px"], columns: [1], height: null, at: {} };
  const scene = { rows: [1], columns: [1], height: 300, panels: [], narrow };
  expect(arrange(scene, 400)).toMatchObject({ rows: ["320px", "200px", "210px", "90px"], height: 820 });
  expect(arrange(scene, 600)).toMatchObject({ rows: ["420px", "300px", "290px", "90px"], height: 1100 });
});

test("plots of one group are in line", () => {
  const upper = panel("a", [0, 0, 1, 1], { group: "time", y: axis(0, 1e6) });
  const arrangement = { rows: [1, 1], columns: [1], panels: [[upper, upper.at], [panel("b", [1, 0, 1, 1], { group: "time" }), [1, 0, 1, 1]]] };
  const [one, two] = layout(arrangement, 400, 400, (text) => 6 * text.length);
  expect([one.left, one.right]).toEqual([two.left, two.right]);
  expect(two.x(0)).toBe(one.x(0));
});

test("a head that finds no room on one line is broken between words, and no word of it is lost", () => {
  const fonts = { title: 13, subtitle: 12 };
  const measure = (text, size, bold) => text.length * (bold ? 8 : 6);
  const one = panel("a", [0, 0, 1, 1], { title: "How wrong it is", subtitle: "0 is perfect; 1 is not" });
  expect(headOf(one, 300, measure, fonts)).toMatchObject({ beside: true, high: 20 });
  expect(headOf(one, 200, measure, fonts)).toMatchObject({ beside: false, high: 37, title: ["How wrong it is"] });
  const small = headOf(one, 80, measure, fonts);
  expect([small.title, small.subtitle]).toEqual([["How wrong", "it is"], ["0 is perfect;", "1 is not"]]);
  expect(small.wide).toBeLessThanOrEqual(80);
  expect(breakLines("each step leaves 81 % of it", 19 * 6, (text) => text.length * 6)).toEqual(["each step leaves", "81 % of it"]);
  expect(breakLines("unbreakable", 10, (text) => text.length * 6)).toEqual(["unbreakable"]);
});

test("pictures in a row stay in a row when one of their titles takes two lines", () => {
  const two = [panel("a", [0, 0, 1, 1], { title: "a title of many words" }), panel("b", [0, 1, 1, 1], { title: "short" })];
  const boxes = layout({ rows: [1], columns: [1, 1], panels: two.map((one) => [one, one.at]) }, 200, 200, (text) => 8 * text.length);
  expect(boxes[0].head.title.length).toBeGreaterThan(1);
  expect(boxes[1].top).toBe(boxes[0].top);
});

test("words keep off one another and within the picture", () => {
  const room = { left: 0, top: 0, right: 100, bottom: 100 };
  const taken = [rectOf(50, 50, 40, 10, "center", "middle")];
  const place = nearestFree(rectOf(80, 50, 40, 10), taken, room);
  expect(place.right).toBe(100);
  expect(isFree(place, taken)).toBe(true);
  expect(within(rectOf(-20, 95, 10, 10), room)).toEqual({ left: 0, top: 90, right: 10, bottom: 100 });
});

function radios(make, more = {}) {
  const seen = [];
  const spec = { name: "data", label: "Data", options: ["a", "b", "c"], words: ["A", "B", "C"], default: "a", ...more };
  const control = make(spec, (value) => seen.push(value));
  document.body.append(control.element);
  control.set("a");
  const buttons = [...control.element.querySelectorAll("[role=radio]")];
  return { control, buttons, seen, checked: () => buttons.map((b) => b.getAttribute("aria-checked") === "true") };
}

test.each([["segments", segments], ["thumbnails", thumbnails]])("%s are one tab stop, and arrows choose", (_, make) => {
  const { buttons, seen, checked } = radios(make);
  expect(buttons.map((b) => b.tabIndex)).toEqual([0, -1, -1]);
  expect(buttons.map((b) => b.textContent)).toEqual(["A", "B", "C"]);
  buttons[0].dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowLeft" }));
  buttons[2].dispatchEvent(new KeyboardEvent("keydown", { key: "Home" }));
  buttons[1].click();
  expect(seen).toEqual(["c", "a", "b"]);
  expect(checked()).toEqual([false, true, false]);
});

test("an idle choice marks none, and the option that it holds can be chosen again", () => {
  const { control, buttons, seen, checked } = radios(thumbnails);
  control.setIdle(true);
  expect([checked(), buttons[0].tabIndex]).toEqual([[false, false, false], 0]);
  buttons[0].click();
  expect([seen, checked()]).toEqual([["a"], [true, false, false]]);
});

test("zones are drawn along a slider's track and said with its value", () => {
  const { byName, element } = buildControls([{ ...number("rate"), low: 0.01, high: 1, log: true }], () => {}, () => {});
  const rate = byName.get("rate");
  rate.showZones([{ end: 0.1, text: "crawls", color: "muted", sign: "▲", border: "" }, { end: 1, text: "explodes", color: "#76818f", sign: "", border: "border" }]);
  rate.set(0.5);
  const zones = [...element.querySelectorAll(".cnn-zone")];
  expect(zones.map((zone) => [zone.style.left, zone.style.width, zone.textContent])).toEqual([["0%", "50%", "▲crawls"], ["50%", "50%", "explodesborder"]]);
  expect(zones.map((zone) => zone.style.getPropertyValue("--cnn-zone"))).toEqual(["var(--cnn-muted, muted)", "#76818f"]);
  expect(rate.range.getAttribute("aria-valuetext")).toBe("0.5: explodes");
});

test("a narrow zone may begin beneath the one before, the last one never", () => {
  const { byName, element } = buildControls([number("rate")], () => {}, () => {});
  byName.get("rate").showZones([0.85, 0.93, 1].map((end) => ({ end, text: "word", color: "muted", sign: "", border: "" })));
  expect([...element.querySelectorAll(".cnn-zone")].map((zone) => zone.classList.contains("cnn-tight"))).toEqual([false, true, false]);
});

test("the sign before a number has the colour of its curve", () => {
  const figures = new Figures();
  figures.show([{ label: "Loss", value: "1", unit: "", large: true, mark: "dashed", color: "path" }, { label: "Other", value: "1", unit: "", mark: "solid", color: "ink" }]);
  expect([...figures.element.querySelectorAll(".cnn-key")].map((key) => key.style.borderColor)).toEqual(["var(--cnn-path)", ""]);
});

test("figures keep their elements while only values change", () => {
  const figures = new Figures();
  const one = { label: "Loss", value: "0.5", unit: "", large: true, mark: "solid", color: "ink" };
  figures.show([one]);
  const value = figures.element.querySelector(".cnn-value");
  figures.show([{ ...one, value: "0.4" }]);
  expect(figures.element.querySelector(".cnn-value")).toBe(value);
  expect([value.textContent, figures.element.hidden]).toEqual(["0.4", false]);
  figures.show([]);
  expect(figures.element.hidden).toBe(true);
});

test("the goal tells its present value, and that it was reached", () => {
  const goal = challengeLine("error below 0.02");
  goal.show("", { text: "now 0.05", share: 0.4 });
  expect(goal.element.textContent).toBe("Goal: error below 0.02now 0.05");
  expect(goal.element.querySelector(".cnn-ring").style.getPropertyValue("--cnn-done")).toBe("0.4");
  goal.show("reached", { text: "now 0.01", share: 1 });
  expect(goal.element.textContent).toContain("✓ reached; now 0.01");
  goal.show("", { text: "", share: 0, fits: false }); // it is about other data than those chosen
  expect(goal.element.hidden).toBe(true);
  goal.show("", { text: "now 0.05", share: 0.4 });
  expect(goal.element.hidden).toBe(false);
});

test("trouble shows its buttons", () => {
  const controls = buildControls([{ name: "weights", kind: "button", label: "New weights", shown: true }], () => {}, () => {});
  const strip = new TroubleStrip(controls.byName);
  strip.show({ text: "No number any more.", buttons: ["weights"] });
  expect([strip.element.hidden, strip.element.textContent]).toEqual([false, "No number any more.New weights"]);
  strip.show(null);
  expect(strip.element.hidden).toBe(true);
});

test("anchored controls follow their place; a card that was closed stays closed until another is opened", () => {
  const { byName } = buildControls([number("value")], () => {}, () => {});
  const overlay = new Overlay(byName, new Map());
  document.body.append(overlay.element);
  const box = { panel: { name: "map" }, x: (v) => 10 * v, y: (v) => 20 * v };
  const arrangement = { rows: [1], columns: [1], slots: [] };
  const anchor = { control: "value", panel: "map", x: 3, y: 2, dx: 1, dy: 0, align: "center", popover: "X → Y", text: "Gradient." };
  const show = (...anchors) => overlay.place(arrangement, [box], 400, 300, anchors);
  show(anchor);
  const card = overlay.element.querySelector(".cnn-anchor");
  expect([card.style.left, card.style.top, card.hidden]).toEqual(["31px", "40px", false]);
  card.querySelector(".cnn-close").click();
  show(anchor);
  expect(card.hidden).toBe(true);
  show({ ...anchor, popover: "X → Z" });
  expect(card.hidden).toBe(false);
  show();
  expect(card.hidden).toBe(true);
});

test("a tile is hit as large as it is drawn, and shrinks where there is no room", () => {
  const mark = { kind: "tiles", x: { data: [5] }, y: { data: [5] }, z: { shape: [1, 4, 4] }, size: 40, fit: 0, ids: { data: [7] }, names: ["map 7"], shift: [0, 0] };
  const box = { x: (v) => 10 * v, y: (v) => 10 * v };
  expect(tileUnder(mark, box, 69, 31)).toEqual({ index: 0, row: 0, col: 3, id: 7, name: "map 7" });
  expect(tileUnder({ ...mark, fit: 2 }, box, 69, 31)).toBe(null);
});

test("the picture as SVG: paths, words and what must be escaped", () => {
  const pen = new SvgContext(100, 50, "#fff", { measureText: () => ({ width: 9 }) });
  pen.save();
  pen.beginPath();
  pen.rect(0, 0, 10, 10);
  pen.clip();
  pen.globalAlpha = 0.5;
  pen.fillText("a < b & c", 5, 6);
  pen.restore();
  pen.moveTo(0, 0);
  pen.lineTo(5, 5);
  pen.stroke();
  const svg = pen.toString();
  const parsed = new DOMParser().parseFromString(svg, "image/svg+xml");
  expect(parsed.querySelector("parsererror")).toBe(null);
  expect([parsed.querySelector("text").textContent, parsed.querySelector("text").getAttribute("opacity")]).toEqual(["a < b & c", "0.5"]);
  expect(parsed.querySelector("g").getAttribute("clip-path")).toBe("url(#c1)");
});

test("words of a level take the first free place, and move least where all are taken", () => {
  const room = { left: 0, top: 0, right: 100, bottom: 100 };
  const [left, right] = [rectOf(0, 50, 40, 10), rectOf(60, 50, 40, 10)];
  expect(firstFree([left, right], [rectOf(10, 45, 20, 30)], room)).toEqual(right);
  const place = firstFree([left, right], [rectOf(10, 40, 20, 30), rectOf(70, 58, 20, 10)], room);
  expect(place.left).toBe(60);
  expect(place.top).toBeLessThan(50);
  expect(place.top).toBeGreaterThan(44);
});
