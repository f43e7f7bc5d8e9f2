// Cards: a question, an input, what came of it. The kernel says what is on a card (its face); this draws it.
import { h, uniqueId } from "./dom.js";
import { Cover } from "./card_cover.js";
import { curves, scale } from "./card_pictures.js";
import { buildInput } from "./card_inputs.js";
import { inline } from "./inline.js";
import { say } from "./speech.js";

const SILENT = () => say("The kernel does not answer: it is busy, or it was restarted. If this stays, run the cell again.");
const PATIENCE = 4000; // milliseconds
const LONGEST = 8e6; // bytes of a file that is read: a record of years is far smaller
const LATER = [0, 300, 1000, 3000]; // the still may arrive after the live card
const DOTS = { h: () => say("close"), m: () => say("not close"), s: () => say("seen without a guess"), ".": () => say("not yet") };

export class CardView {
  constructor(parent, model) {
    this.model = model;
    this.spec = model.get("spec");
    this.root = h("section", { class: "cnn-card", role: "group", "aria-label": this.spec.title });
    parent.append(this.root);
    this.silence = h("p", { class: "cnn-card-message", role: "status" });
    this.cover = new Cover(this.root);
    this.onMessage = (message) => message.type === "face" && this.show(message.face);
    this.onLife = () => this.send({ type: "ready" });
    model.on("msg:custom", this.onMessage);
    model.on("comm_live_update", this.onLife);
    const first = model.get("first"); // travels with the model, so a page that is reloaded starts with it
    if (first?.face) this.show(first.face);
    this.send({ type: "ready" });
  }

  /** Send to the kernel. That it is silent is told to whoever waits for something: not while all is drawn. */
  send(message) {
    clearTimeout(this.timer);
    if (message.type !== "ready" || !this.face) this.timer = setTimeout(() => this.silent(true), PATIENCE);
    try {
      this.model.send(message);
    } catch {
      this.silent(true);
    }
  }

  silent(yes) {
    this.silence.textContent = yes ? SILENT() : "";
  }

  /** A button was pressed: what it sends, and that the next face's words take the focus. */
  press(spec) {
    if (spec.file) return this.choose(spec);
    this.pressed = true;
    this.send({ type: spec.name, ...(spec.takes ? { value: this.input?.value(), ...this.sureness() } : {}) });
  }

  /** Let the learner choose a file, and send its text. */
  choose(spec) {
    const input = h("input", { type: "file", accept: spec.file });
    input.addEventListener("change", async () => {
      const [file] = input.files;
      const text = file.size < LONGEST ? await file.text() : "";
      this.pressed = true;
      this.send({ type: spec.name, file: file.name, text });
    });
    input.click();
  }

  sureness() {
    const chosen = this.root.querySelector(".cnn-card-sure input:checked");
    return chosen ? { sure: chosen.value } : {};
  }

  show(face) {
    clearTimeout(this.timer);
    this.silent(false);
    this.timers ??= LATER.map((delay) => setTimeout(() => this.hideStill(), delay));
    const told = JSON.stringify(face);
    if (asksTheSame(face, this.face)) this.renew(face);
    else if (told !== this.told || this.pressed) this.draw(face);
    [this.face, this.told] = [face, told];
    this.cover.set(Number(face.cover ?? 0));
  }

  /** The same question once more: what was typed or chosen since stays, and so does the focus. */
  renew(face) {
    this.message.textContent = face.message ?? "";
    this.root.querySelector(".cnn-card-head").replaceWith(head(face));
    this.pressed = false;
  }

  draw(face) {
    const primary = (face.buttons ?? []).find((spec) => spec.primary);
    this.input = face.input ? buildInput(face.input, () => primary?.takes && this.press(primary)) : null;
    this.message = h("p", { class: "cnn-card-message", role: "status" }, face.message ?? "");
    const ask = h("p", { class: "cnn-card-ask", id: uniqueId("ask"), tabindex: "-1" }, ...inline(face.ask));
    const says = h("div", { class: "cnn-card-says", role: "status" }, ...(face.says ?? []).map(sentence));
    const body = h("div", { class: "cnn-card-body" }, head(face), ask, code(face.code), this.input?.element ?? null,
      figures(face.figures), face.scale ? scale(face.scale) : null, face.curves ? curves(face.curves) : null,
      says, ...(face.rows ?? []).map((row) => h("p", {}, ...inline(row))), table(face.table), this.foot(face), this.message, this.silence);
    const mark = h("div", { class: "cnn-card-mark", "aria-hidden": "true" }, face.mark);
    this.root.className = `cnn-card ${face.tone ? `cnn-card-${face.tone}` : ""}`;
    this.root.replaceChildren(mark, body);
    if (this.pressed) (face.says?.length ? body.querySelector(".cnn-card-says") : ask).setAttribute("tabindex", "-1");
    if (this.pressed) (face.says?.length ? says : ask).focus({ preventScroll: true });
    this.pressed = false;
  }

  foot(face) {
    const sure = face.input?.sure ? sureness(face.input.sure, face.input.sure_words) : null;
    const buttons = (face.buttons ?? []).map((spec) =>
      h("button", { type: "button", class: `cnn-card-button ${spec.primary ? "cnn-card-prime" : ""}`, onClick: () => this.press(spec) }, spec.label));
    const hint = face.hint ? h("span", { class: "cnn-card-hint" }, face.hint) : null;
    return sure || buttons.length || hint ? h("div", { class: "cnn-card-row" }, sure, ...buttons, hint) : null;
  }

  /** The still beneath is for readers without a kernel: with a live card it would ask twice. */
  hideStill() {
    if (this.still) return;
    for (const still of this.root.ownerDocument.querySelectorAll(`.${this.spec.still}`)) {
      if (!(this.root.compareDocumentPosition(still) & Node.DOCUMENT_POSITION_FOLLOWING)) continue;
      this.still = still.closest(".jp-OutputArea-child") ?? still;
      this.still.style.display = "none";
      return;
    }
  }

  close() {
    this.model.off("msg:custom", this.onMessage);
    this.model.off("comm_live_update", this.onLife);
    clearTimeout(this.timer);
    this.timers?.forEach(clearTimeout);
    this.cover.close();
    if (this.still) this.still.style.display = "";
    this.root.remove();
  }
}

const asksTheSame = (face, drawn) =>
  Boolean(drawn && face.input && !face.input.done) && ["ask", "code", "input", "buttons"].every((part) => JSON.stringify(face[part]) === JSON.stringify(drawn[part]));

function head(face) {
  const dots = face.dots ? h("span", { class: "cnn-card-dots", role: "img", "aria-label": words(face.dots) }, ...marks(face.dots)) : null;
  const note = face.note || dots ? h("span", { class: "cnn-card-note" }, face.note ?? "", dots) : null;
  return h("p", { class: "cnn-card-head" }, h("b", {}, face.title), note);
}

const marks = (text) => [...text].map((sign) => h("i", { class: `cnn-dot cnn-dot-${sign === "." ? "open" : sign}` }));

function words(text) {
  const counts = Object.entries(DOTS).map(([sign, word]) => [[...text].filter((one) => one === sign).length, word]);
  return counts.filter(([count]) => count).map(([count, word]) => `${count} ${word()}`).join(", ");
}

const code = (lines) => (lines ? h("pre", { class: "cnn-card-code" }, lines.join("\n")) : null);

const sentence = (part) =>
  h("p", { class: `cnn-card-sentence cnn-card-to-${part.tone || "all"}` }, part.head ? h("b", {}, `${part.head} `) : null, ...inline(part.text));

function figures(list) {
  if (!list?.length) return null;
  const one = ({ label, value, unit, truth }) =>
    h("div", {}, h("div", { class: "cnn-card-label" }, label),
      h("div", { class: `cnn-card-figure ${truth ? "cnn-card-truth" : ""} ${value.length > 14 ? "cnn-card-long" : ""}` }, ...inline(value), unit ? h("small", {}, ` ${unit}`) : null));
  return h("div", { class: "cnn-card-figures" }, ...list.map(one));
}

function sureness(choices, words = choices) {
  const name = uniqueId("sure");
  const one = (word, index) => h("label", {}, h("input", { type: "radio", name, value: word, checked: index === 0 }), h("span", {}, words[index]));
  return h("fieldset", { class: "cnn-card-sure" }, h("legend", { class: "cnn-card-sr" }, say("How sure are you?")), ...choices.map(one));
}

function table(spec) {
  if (!spec) return null;
  const cell = (text, index) =>
    index === 0 ? h("th", { scope: "row" }, text) : h("td", { "data-head": spec.head[index] }, text ? h("span", { class: "cnn-card-dots", role: "img", "aria-label": words(text) }, ...marks(text)) : "");
  const rows = spec.rows.map((row) => h("tr", {}, ...row.map(cell)));
  return h("table", { class: "cnn-card-table" }, h("caption", {}, spec.caption),
    h("thead", {}, h("tr", {}, ...spec.head.map((text) => h("th", { scope: "col" }, text)))), h("tbody", {}, ...rows));
}
