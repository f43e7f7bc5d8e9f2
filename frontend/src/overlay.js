// HTML over the canvas: slots in cells of the picture's grid, and controls anchored to places of a panel.
import { h } from "./dom.js";
import { cellOf, tracks } from "./layout.js";
import { readable, say } from "./speech.js";

export class Overlay {
  /** @param {Map} controls by name  @param {Map<string, HTMLElement[]>} bySlot what each slot holds */
  constructor(controls, bySlot) {
    this.element = h("div", { class: "cnn-over" });
    this.controls = controls;
    this.bySlot = bySlot;
    this.slots = new Map();
    this.anchored = new Map();
    this.closed = ""; // the popover that the learner has closed
  }

  /** Put everything where the picture's arrangement says. */
  place(arrangement, boxes, width, height, anchors) {
    const rows = tracks(arrangement.rows, height);
    const columns = tracks(arrangement.columns, width);
    const shown = new Set();
    for (const [slot, at] of arrangement.slots) {
      shown.add(slot.name);
      const cell = cellOf(at, rows, columns, 0);
      const { element, title, text } = this.slot(slot.name);
      setText(title, slot.title);
      setText(text, slot.text);
      setStyle(element, `left:${cell.left}px;top:${cell.top}px;width:${cell.right - cell.left}px;height:${cell.bottom - cell.top}px`);
    }
    for (const [name, { element }] of this.slots) element.hidden = !shown.has(name);
    this.anchor(anchors, boxes, width);
  }

  slot(name) {
    if (!this.slots.has(name)) {
      const title = h("h4", {});
      const text = h("p", { class: "cnn-hint" });
      const element = h("div", { class: `cnn-slot cnn-slot-${name}` }, title, text, ...(this.bySlot.get(name) ?? []));
      this.element.append(element);
      this.slots.set(name, { element, title, text });
    }
    return this.slots.get(name);
  }

  /** First all that is written, then all sizes, then the places: the page is laid out once a frame, not once a card. */
  anchor(anchors, boxes, width) {
    const wanted = new Set(anchors.map((anchor) => anchor.control));
    for (const [name, card] of this.anchored) card.element.hidden = !wanted.has(name);
    const placed = [];
    for (const anchor of anchors) {
      const box = boxes.find(({ panel }) => panel.name === anchor.panel);
      const card = this.card(anchor);
      if (!box || !card) continue;
      const popover = anchor.popover !== "";
      card.element.hidden = popover && this.closed === key(anchor);
      card.element.classList.toggle("cnn-popover", popover);
      setText(card.title, anchor.popover);
      setText(card.text, anchor.text);
      placed.push({ element: card.element, anchor, box, popover });
    }
    for (const one of placed) [one.wide, one.high] = [one.element.offsetWidth, one.element.offsetHeight];
    for (const { element, anchor, box, popover, wide, high } of placed) {
      const within = (px) => Math.max(0, Math.min(width - wide, px));
      const [x, y] = [box.x(anchor.x) + anchor.dx, box.y(anchor.y) + anchor.dy];
      // from the edge that stays where it is, when a chosen word becomes bold and wider
      const across = anchor.align === "right" ? `right:${within(width - x)}px` : `left:${within(anchor.align === "left" ? x : x - wide / 2)}px`;
      setStyle(element, `${across};top:${popover ? y : y - high / 2}px`);
    }
  }

  card(anchor) {
    const control = this.controls.get(anchor.control);
    if (!control) return null;
    if (!this.anchored.has(anchor.control)) {
      const title = h("strong", {});
      const text = h("p", { class: "cnn-hint" });
      const close = h("button", { type: "button", class: "cnn-close", "aria-label": say("Close") }, "×");
      const element = h("div", { class: "cnn-anchor" }, title, close, control.element, text);
      const shut = () => {
        this.closed = key(this.anchored.get(anchor.control).last);
        element.hidden = true;
      };
      close.addEventListener("click", shut);
      element.addEventListener("keydown", (event) => event.key === "Escape" && shut());
      if (control.spec.kind === "toggle") control.element.querySelector("input").tabIndex = -1; // arrows and Enter on the picture reach it
      this.element.append(element);
      this.anchored.set(anchor.control, { element, title, text });
    }
    const card = this.anchored.get(anchor.control);
    card.last = anchor;
    return card;
  }
}

/** Only what changes is written: the browser lays out anew for the same text and the same place too. */
function setText(element, text) {
  if (element.textContent !== text) element.replaceChildren(...readable(text));
}

const styles = new WeakMap();
function setStyle(element, style) {
  if (styles.get(element) === style) return;
  styles.set(element, style);
  element.style.cssText = style;
}

const key = (anchor) => `${anchor.control}/${anchor.popover}`;
