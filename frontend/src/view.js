// One view of a widget: controls, picture, sentences, put together.
import { buildControls, snap } from "./controls.js";
import { h, ownKeys, uniqueId } from "./dom.js";
import { Picture, resolve } from "./picture.js";
import { Pointer } from "./pointer.js";
import { StaticPicture } from "./static.js";
import { buildToolbar } from "./toolbar.js";
import { TextLine, challengeLine, copyButton } from "./words.js";

const SILENCES = {
  "": "",
  cell: "Python is busy with another cell. This picture follows when that cell has ended.",
  working: "Python is still working on this. To stop it, interrupt the kernel.",
  silent: "The kernel does not answer: it was restarted, or the connection is lost. If this stays, run the cell again.",
};
const WORDS = 200; // milliseconds between two changes of words and controls while playing: each lays out the page
const KEYS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [1, -1], ArrowDown: [1, 1] };

/** What the arrow keys move: the controls that the scene names, otherwise those of its handle. */
function movedByArrows(scene) {
  if (scene.arrows.length > 0) return scene.arrows.map((name) => ({ name, sign: 1 }));
  for (const panel of scene.panels) {
    const { sets } = panel.marks.find((mark) => mark.kind === "handle") ?? {};
    const up = panel.y?.low < panel.y?.high ? -1 : 1; // values that grow upwards grow with the key that points there
    if (sets) return [sets.x && { name: sets.x, sign: 1 }, sets.y && { name: sets.y, sign: up }];
  }
  return [];
}

export class View {
  constructor(parent, spec, session) {
    this.session = session;
    this.root = h("div", { class: "cnn-widget", role: "group", "aria-label": spec.title || "Widget" });
    this.root.style.display = "none"; // until there is a picture: the still one stands there
    parent.append(this.root);
    const send = (message) => session.command(message);
    this.controls = buildControls(
      spec.controls,
      (values) => session.setState(values),
      (name) => send({ type: "press", name }),
    );
    this.toolbar = buildToolbar(spec, send);
    const title = h("p", { class: "cnn-title" }, spec.title);
    title.hidden = !spec.title;
    this.root.append(title, this.controls.element, this.toolbar.element);
    this.picture = new Picture(this.root, spec);
    this.pointer = new Pointer(this.picture, { set: (values) => this.touch(values), event: (e) => session.event(e) });
    this.text = new TextLine(uniqueId("text"));
    this.picture.canvas.setAttribute("aria-describedby", this.text.element.id);
    this.picture.frame.addEventListener("keydown", (event) => this.arrow(event));
    this.message = h("p", { class: "cnn-message", role: "status" });
    this.silence = h("p", { class: "cnn-message cnn-silence", role: "status" });
    this.silence.hidden = true;
    this.challenge = challengeLine(spec.challenge);
    this.copy = copyButton();
    this.root.append(this.text.element, this.message, this.silence, this.challenge.element, this.copy.element);
    this.static = new StaticPicture(this.root, spec.picture);
    this.state = {};
    this.wordsDue = 0;
  }

  /** Show a frame; while the kernel owes answers (`behind`), the inputs keep what the learner set. */
  showFrame(frame, arrays, behind) {
    this.root.style.display = "";
    this.static.hide();
    this.picture.show(resolve(frame.scene, arrays), frame.playing);
    if (!behind) this.state = frame.state;
    const now = performance.now();
    if (frame.playing && this.playing && now < this.wordsDue) return;
    this.playing = frame.playing;
    this.wordsDue = now + WORDS;
    this.showWords(frame, behind);
  }

  /** Everything but the picture: it follows some times a second while playing, and at once otherwise. */
  showWords(frame, behind) {
    this.text.show(frame.text, frame.playing);
    for (const [name, [low, high]] of Object.entries(frame.ranges)) this.controls.byName.get(name)?.setRange?.(low, high);
    for (const [name, words] of Object.entries(frame.options ?? {})) this.controls.byName.get(name)?.setOptions?.(words);
    if (!behind) {
      for (const [name, value] of Object.entries(frame.state)) this.controls.byName.get(name)?.set(value);
    }
    this.toolbar.show(frame);
    if (this.message.textContent !== frame.message) this.message.textContent = frame.message;
    this.challenge.show(frame.challenge);
    this.copy.show(frame.line);
    this.arrows(movedByArrows(frame.scene));
  }

  /** Values from the picture: rounded as their controls round, shown by them, and sent. */
  touch(values) {
    const rounded = {};
    for (const [name, value] of Object.entries(values)) {
      const control = this.controls.byName.get(name);
      if (!control) continue;
      rounded[name] = control.spec.step ? snap(control.spec, value) : value;
      control.set(rounded[name]);
    }
    Object.assign(this.state, rounded);
    this.session.setState(rounded);
  }

  /** Arrow keys on the picture move these controls: [across, down], each {name, sign} or undefined. */
  arrows(moved) {
    this.moved = moved;
    const names = moved.filter(Boolean).map(({ name }) => name);
    const { frame } = this.picture;
    if (names.length === 0 || frame.hasAttribute("tabindex")) return;
    const words = names.map((name) => this.controls.byName.get(name)?.spec.label ?? name);
    frame.setAttribute("tabindex", "0");
    ownKeys(frame);
    frame.setAttribute("role", "application");
    frame.setAttribute("aria-label", `Picture: arrow keys move ${words.join(" and ")}`);
  }

  arrow(event) {
    const [axis, direction] = KEYS[event.key] ?? [];
    const { name, sign } = this.moved?.[axis] ?? {};
    const control = this.controls.byName.get(name);
    if (!control) return;
    event.preventDefault();
    this.touch({ [name]: this.state[name] + sign * direction * control.spec.step });
  }

  /** Say why a question of the learner's waits: a key of SILENCES, "" when it does not. */
  showSilence(why) {
    const words = SILENCES[why];
    this.silence.hidden = words === "";
    if (this.silence.textContent !== words) this.silence.textContent = words;
  }

  close() {
    this.picture.close();
    this.text.close();
    this.static.close();
    this.root.remove();
  }
}
