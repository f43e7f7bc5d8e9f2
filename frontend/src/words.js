// The sentences beneath the picture: what it shows, what was wrong with an input, the challenge.
import { h } from "./dom.js";
import { readable, say } from "./speech.js";

const QUIET = 500; // milliseconds without a change before a screen reader hears the text
const LEAD = 42; // letters of a first sentence that stands out

/** What the picture shows. It is seen at once and announced when it has stopped changing. */
export class TextLine {
  constructor(id) {
    this.element = h("p", { class: "cnn-text", id, "aria-live": "polite", "aria-atomic": "true" });
    this.timer = null;
    this.text = "";
  }

  show(text, playing) {
    if (text !== this.text) {
      if (this.text !== "") this.element.setAttribute("aria-live", "off");
      this.text = text;
      this.fill();
    }
    clearTimeout(this.timer);
    if (!playing) this.timer = setTimeout(() => this.announce(), QUIET);
  }

  /** The first sentence stands out where it is short: it says what is the case, the rest what that means. */
  fill() {
    const end = this.text.indexOf(". ") + 1;
    if (end > 0 && end <= LEAD) this.element.replaceChildren(h("strong", {}, ...readable(this.text.slice(0, end))), ...readable(this.text.slice(end)));
    else this.element.replaceChildren(...readable(this.text));
  }

  announce() {
    if (this.element.getAttribute("aria-live") === "polite") return;
    this.element.setAttribute("aria-live", "polite");
    this.element.textContent = "";
    this.fill();
  }

  close() {
    clearTimeout(this.timer);
  }
}

/** The goal, how near it is, and whether it was reached: a ring that fills, and a tick. */
export function challengeLine(text) {
  const ring = h("span", { class: "cnn-ring", "aria-hidden": "true" });
  const mark = h("span", { class: "cnn-mark" }, "");
  const words = h("span", {}, h("strong", {}, h("span", { class: "cnn-goal" }, say("Goal: ")), text), mark);
  const element = h("p", { class: "cnn-challenge", role: "status" }, ring, words);
  element.hidden = text === "";
  const show = (how, goal) => {
    element.hidden = text === "" || goal?.fits === false;
    const now = goal?.text ?? "";
    const word = how === "" ? now : `✓ ${how}${now ? `; ${now}` : ""}`;
    if (mark.textContent !== word) mark.replaceChildren(...readable(word));
    ring.style.setProperty("--cnn-done", how === "" ? String(goal?.share ?? 0) : "1");
    element.classList.toggle("cnn-reached", how !== "");
  };
  return { element, show };
}

/** A button that copies the line of Python that recreates the widget as it stands. */
export function copyButton() {
  let line = "";
  const shown = h("code", { class: "cnn-line" });
  shown.hidden = true;
  const word = h("span", { role: "status", class: "cnn-copied" });
  const button = h("button", { type: "button", class: "cnn-quiet cnn-copy" }, say("Copy as code"));
  button.addEventListener("click", async () => {
    shown.hidden = false;
    shown.textContent = line;
    try {
      await navigator.clipboard.writeText(line);
      word.textContent = say("Copied:");
    } catch {
      word.textContent = say("Copy this line:");
      getSelection()?.selectAllChildren(shown);
    }
  });
  const show = (text) => {
    line = text;
    if (!shown.hidden && shown.textContent !== text) {
      shown.hidden = true;
      word.textContent = "";
    }
  };
  return { element: h("div", { class: "cnn-copying" }, word, shown, button), show };
}
