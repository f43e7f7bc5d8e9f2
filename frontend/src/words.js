// The sentences beneath the picture: what it shows, what was wrong with an input, the challenge.
import { h } from "./dom.js";

const QUIET = 500; // milliseconds without a change before a screen reader hears the text

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
      this.element.textContent = text;
    }
    clearTimeout(this.timer);
    if (!playing) this.timer = setTimeout(() => this.announce(), QUIET);
  }

  announce() {
    if (this.element.getAttribute("aria-live") === "polite") return;
    this.element.setAttribute("aria-live", "polite");
    this.element.textContent = "";
    this.element.textContent = this.text;
  }

  close() {
    clearTimeout(this.timer);
  }
}

/** The challenge, and whether it was reached. */
export function challengeLine(text) {
  const mark = h("span", { class: "cnn-mark" }, "");
  const element = h("p", { class: "cnn-challenge", role: "status" }, h("strong", {}, "Challenge: "), text, " ", mark);
  element.hidden = text === "";
  const show = (how) => {
    const word = how === "" ? "" : `✓ ${how}`;
    if (mark.textContent !== word) mark.textContent = word;
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
  const button = h("button", { type: "button", class: "cnn-button cnn-copy" }, "Copy this state as code");
  button.addEventListener("click", async () => {
    shown.hidden = false;
    shown.textContent = line;
    try {
      await navigator.clipboard.writeText(line);
      word.textContent = "Copied:";
    } catch {
      word.textContent = "Copy this line:";
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
  return { element: h("div", { class: "cnn-foot" }, button, word, shown), show };
}
