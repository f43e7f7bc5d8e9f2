// @vitest-environment jsdom
import axe from "axe-core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CardView } from "../src/cards.js";

class Model {
  constructor() {
    this.sent = [];
    this.handlers = {};
  }
  get(name) {
    return name === "first" ? null : { card: true, title: "Predict", still: "cnn-still-x" };
  }
  on(name, handler) {
    this.handlers[name] = handler;
  }
  off() {}
  send(message) {
    this.sent.push(message);
  }
  face(face) {
    this.handlers["msg:custom"]({ type: "face", face: { title: "Predict", mark: "?", tone: "", ask: "How many?", ...face } });
  }
}

const COMMIT = [{ name: "commit", label: "Commit", primary: true, takes: true }, { name: "skip", label: "Show without a guess" }];
const SURE = ["a guess", "fairly sure", "certain"];
let model, view;
const find = (selector) => view.root.querySelector(selector);
const all = (selector) => [...view.root.querySelectorAll(selector)];
const button = (text) => all("button").find((one) => one.textContent === text);
const key = (target, name) => target.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));

beforeEach(() => {
  vi.useFakeTimers();
  document.body.innerHTML = "<main></main><div class='cnn-still-x'>still</div>";
  model = new Model();
  view = new CardView(document.querySelector("main"), model);
});
afterEach(() => {
  view.close();
  vi.useRealTimers();
});

describe("a card", () => {
  it("asks for its face, hides the still beneath it, and gives it back when it goes", () => {
    expect(model.sent).toEqual([{ type: "ready" }]);
    model.face({});
    vi.advanceTimersByTime(10);
    expect(document.querySelector(".cnn-still-x").style.display).toBe("none");
    view.close();
    expect(document.querySelector(".cnn-still-x").style.display).toBe("");
  });

  it("commits a number with Enter, and with how sure one is", () => {
    model.face({ input: { kind: "number", unit: "steps", sure: SURE }, buttons: COMMIT });
    find(".cnn-card-number").value = "24";
    all(".cnn-card-sure input")[2].checked = true;
    key(find(".cnn-card-number"), "Enter");
    expect(model.sent.at(-1)).toEqual({ type: "commit", value: "24", sure: "certain" });
  });

  it("keeps what was typed when the answer is a complaint", () => {
    model.face({ input: { kind: "number" }, buttons: COMMIT });
    find(".cnn-card-number").value = "many";
    model.face({ input: { kind: "number" }, buttons: COMMIT, message: "A number is wanted." });
    expect(find(".cnn-card-number").value).toBe("many");
    expect(find(".cnn-card-message").textContent).toBe("A number is wanted.");
  });

  it("keeps what was typed, chosen and focused when the kernel tells the same question once more", () => {
    model.face({ input: { kind: "number", sure: SURE }, buttons: COMMIT, note: "1 of 1 close" });
    find(".cnn-card-number").value = "24";
    find(".cnn-card-number").focus();
    all(".cnn-card-sure input")[1].checked = true;
    model.face({ input: { kind: "number", sure: SURE }, buttons: COMMIT, note: "2 of 2 close" });
    expect([find(".cnn-card-number").value, document.activeElement]).toEqual(["24", find(".cnn-card-number")]);
    expect(find(".cnn-card-note").textContent).toBe("2 of 2 close");
    button("Commit").click();
    expect(model.sent.at(-1)).toEqual({ type: "commit", value: "24", sure: "fairly sure" });
  });

  it("leaves a button in place when the kernel tells the same face once more", () => {
    const face = { rows: ["None yet."], buttons: [{ name: "save", label: "Save" }] };
    model.face(face);
    button("Save").focus();
    model.face(face);
    expect(document.activeElement).toBe(button("Save"));
  });

  it("chooses with the keys 1 to 9 and answers with Enter", () => {
    model.face({ input: { kind: "choice", options: ["a", "b", "c"] }, buttons: COMMIT });
    key(find(".cnn-card-options"), "2");
    key(find(".cnn-card-options"), "Enter");
    expect(model.sent.at(-1)).toEqual({ type: "commit", value: "b" });
  });

  it("sends the number of a line, counted from 1", () => {
    model.face({ input: { kind: "line", options: ["x = 1", "y = 2"] }, buttons: COMMIT });
    all("input")[1].checked = true;
    button("Commit").click();
    expect(model.sent.at(-1).value).toBe(2);
  });

  it("moves things of an order with buttons and arrow keys", () => {
    model.face({ input: { kind: "order", options: ["a", "b", "c"] }, buttons: COMMIT });
    find("[aria-label='Move down: a']").click();
    expect(document.activeElement.textContent).toContain("a");
    key(all("li")[2], "ArrowUp");
    button("Commit").click();
    expect(model.sent.at(-1).value).toEqual(["b", "c", "a"]);
  });

  it("begins a sketch at the height of the first stroke, and writes words inside the picture", () => {
    const axes = { x: [0, 10, "epoch"], y: [0, 100, "%"] };
    model.face({ input: { kind: "sketch", ...axes, columns: 5 }, buttons: COMMIT });
    const picture = find(".cnn-card-sketch");
    picture.getBoundingClientRect = () => ({ left: 0, top: 0, width: 440, height: 212 });
    picture.dispatchEvent(new MouseEvent("pointerdown", { clientX: 233, clientY: 24 }));
    button("Commit").click();
    expect(model.sent.at(-1).value).toEqual([100, 100, 100, 100, 100]);
    model.face({ curves: { ...axes, said: [0, 50, 50, 50, 50], was: [[0, 0], [10, 50], [10, 50]] } });
    expect(all("text.cnn-strong").slice(-2).map((one) => one.getAttribute("text-anchor"))).toEqual(["end", "end"]);
  });

  it("draws a sketch by powers of ten where the picture does", () => {
    const axes = { x: [1, 1000, "epoch"], y: [0, 100, "%"], log: true };
    model.face({ curves: { ...axes, said: [0, 50, 50, 100], was: [[1, 0], [10, 50], [100, 50], [1000, 100]] } });
    const drawn = (kind) => find(`path.${kind}`).getAttribute("d");
    expect(drawn("cnn-sketch")).toBe(drawn("cnn-came"));
    model.face({ input: { kind: "sketch", ...axes, columns: 4 }, buttons: COMMIT });
    key(find(".cnn-card-sketch"), "ArrowRight");
    expect(find(".cnn-card-sketch").getAttribute("aria-valuetext")).toMatch(/^10:/);
  });

  it("takes a sketch from the arrow keys, and none before one was drawn", () => {
    model.face({ input: { kind: "sketch", x: [0, 5, "epoch"], y: [0, 2, "loss"], columns: 6 }, buttons: COMMIT });
    button("Commit").click();
    expect(model.sent.at(-1).value).toBe(null);
    const picture = find(".cnn-card-sketch");
    key(picture, "ArrowRight");
    key(picture, "ArrowUp");
    button("Commit").click();
    expect(model.sent.at(-1).value).toEqual([1, 1.1, 1.1, 1.1, 1.1, 1.1]);
    expect(picture.getAttribute("aria-valuetext")).toBe("1: 1.1");
  });

  it("shows both numbers on one scale, and marks by sign and word, not by colour alone", () => {
    model.face({
      tone: "far", mark: "≠", figures: [{ label: "You said", value: "16" }, { label: "It was", value: "22", truth: true }],
      scale: { low: -10, high: 60, log: false, said: 16, was: 22, text: "You said 16, it was 22" },
      says: [{ tone: "", head: "Why?", text: "The `w` counts *twice*." }],
    });
    expect(find("svg").getAttribute("aria-label")).toBe("You said 16, it was 22");
    expect(find(".cnn-card-says code").textContent).toBe("w");
    expect(find(".cnn-card-says em").textContent).toBe("twice");
    expect(find(".cnn-card-mark").textContent).toBe("≠");
  });

  it("moves the focus to the words that answer, and only after an answer", () => {
    model.face({ input: { kind: "number" }, buttons: COMMIT });
    expect(document.activeElement).toBe(document.body);
    button("Commit").click();
    model.face({ says: [{ tone: "far", head: "Not this one.", text: "Look." }], buttons: [] });
    expect(document.activeElement.textContent).toContain("Not this one.");
  });

  it("says so when the kernel does not answer", () => {
    model.face({ input: { kind: "number" }, buttons: COMMIT });
    button("Show without a guess").click();
    vi.advanceTimersByTime(4100);
    expect(view.root.textContent).toContain("The kernel does not answer");
    model.face({});
    expect(view.root.textContent).not.toContain("The kernel does not answer");
  });

  it("does not complain of a kernel that is busy with other cells while the card is whole", () => {
    model.face({ input: { kind: "number" }, buttons: COMMIT });
    model.handlers.comm_live_update();
    vi.advanceTimersByTime(4100);
    expect(model.sent.at(-1)).toEqual({ type: "ready" });
    expect(view.root.textContent).not.toContain("The kernel does not answer");
  });

  it("sends the text of a file that is chosen, and of a huge one none", async () => {
    vi.useRealTimers();
    const clicked = vi.spyOn(HTMLInputElement.prototype, "click").mockImplementation(() => {});
    for (const [text, size] of [["{}", 2], ["", 9e6]]) {
      model.face({ buttons: [{ name: "bring", label: "Bring in", file: ".json" }] });
      button("Bring in").click();
      const input = clicked.mock.contexts.at(-1);
      expect([input.type, input.accept]).toEqual(["file", ".json"]);
      Object.defineProperty(input, "files", { value: [{ name: "a.json", size, text: async () => "{}" }] });
      input.dispatchEvent(new Event("change"));
      await vi.waitFor(() => expect(model.sent.at(-1)).toEqual({ type: "bring", file: "a.json", text }));
    }
    clicked.mockRestore();
  });

  const covered = () => [...document.querySelectorAll(".cnn-covered")].map((cell) => cell.id);

  it("covers the outputs of the code cells that answer until a prediction is committed", () => {
    document.body.innerHTML = `<div><div class="jp-Cell jp-CodeCell"><main></main></div><div class="jp-Cell jp-MarkdownCell"></div>
      <div class="jp-Cell jp-CodeCell" id="a"></div><div class="jp-Cell jp-CodeCell" id="b"></div><div class="jp-Cell jp-CodeCell" id="c"></div></div>`;
    view = new CardView(document.querySelector("main"), model);
    model.face({ cover: 1 });
    expect(covered()).toEqual(["a"]);
    model.face({ cover: 2 });
    expect(covered()).toEqual(["a", "b"]);
    model.face({ cover: 0 });
    expect(covered()).toEqual([]);
  });

  it("uncovers no cell that another card covers as well", () => {
    document.body.innerHTML = `<div><div class="jp-Cell jp-CodeCell"><main></main></div>
      <div class="jp-Cell jp-CodeCell" id="card"><p></p></div><div class="jp-Cell jp-CodeCell" id="a"></div></div>`;
    const [first, second] = [new Model(), new Model()];
    view = new CardView(document.querySelector("main"), first);
    const below = new CardView(document.querySelector("#card p"), second);
    first.face({ cover: 2 });
    second.face({ cover: 1 });
    first.face({ cover: 0 });
    expect(covered()).toEqual(["a"]);
    below.close();
    expect(covered()).toEqual([]);
  });

  it.each([
    ["number", { kind: "number", unit: "steps", sure: SURE }],
    ["choice", { kind: "choice", options: ["a", "b"], sure: SURE }],
    ["line", { kind: "line", options: ["a", "b"] }],
    ["order", { kind: "order", options: ["a", "b"] }],
    ["sketch", { kind: "sketch", x: [0, 1, "x"], y: [0, 1, "y"], columns: 5 }],
  ])("is accessible with a %s", async (_name, input) => {
    vi.useRealTimers();
    model.face({ input, buttons: COMMIT, note: "1 of 2 close", dots: "hm" });
    const found = await axe.run(view.root, { rules: { "color-contrast": { enabled: false } } });
    expect(found.violations.map((one) => one.id)).toEqual([]);
  });
});
