// One view of a widget: head, bar, picture with its slots, foot and sentences, put together.
import { buildControls, snap } from "./controls.js";
import { h, ownKeys, uniqueId } from "./dom.js";
import { Figures } from "./figures.js";
import { TroubleStrip, buildFrame, sortIntoSlots } from "./frame.js";
import { Overlay } from "./overlay.js";
import { Picture, prefersStillness, resolve } from "./picture.js";
import { Pointer } from "./pointer.js";
import { saveButtons } from "./save.js";
import { say } from "./speech.js";
import { StaticPicture } from "./static.js";
import { TileKeys } from "./tilekeys.js";
import { buildToolbar } from "./toolbar.js";
import { TextLine, challengeLine, copyButton } from "./words.js";

const SILENCES = {
  "": () => "",
  cell: () => say("Python is busy with another cell. This picture follows when that cell has ended."),
  working: () => say("Python is still working on this. To stop it, interrupt the kernel."),
  silent: () => say("The kernel does not answer: it was restarted, or the connection is lost. If this stays, run the cell again."),
};
const WORDS = 200; // milliseconds between two changes of words and controls while playing: each lays out the page
const CALM = 500; // milliseconds between two pictures while playing, for readers who want less motion
const TIME = 76; // pixels of height of the plot of time
const TITLED = 140; // with a title above it
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
    this.spec = spec;
    this.root = h("div", { class: "cnn-widget", role: "group", "aria-label": spec.title || say("Widget") });
    this.root.dataset.slots = Object.keys(spec.slots ?? {}).join(" ");
    this.root.style.display = "none"; // until there is a picture: the still one stands there
    parent.append(this.root);
    const send = (message) => session.command(message);
    this.controls = buildControls(
      spec.controls,
      (values) => session.setState(values),
      (name) => send({ type: "press", name }),
    );
    this.toolbar = buildToolbar(spec, send);
    this.text = new TextLine(uniqueId("text"));
    this.copy = copyButton();
    this.build(spec);
    const numbers = this.figures.element; // the sentence need not repeat them
    numbers.id = uniqueId("figures");
    this.picture.canvas.setAttribute("aria-describedby", `${this.text.element.id} ${numbers.id}`);
    this.picture.frame.addEventListener("keydown", (event) => this.arrow(event));
    this.root.addEventListener("keydown", (event) => this.space(event));
    this.static = new StaticPicture(this.root, spec.picture);
    this.state = {};
    this.wordsDue = this.pictureDue = 0;
  }

  build(spec) {
    this.figures = new Figures();
    this.first = new Figures();
    this.first.element.classList.add("cnn-first");
    this.challenge = challengeLine(spec.challenge);
    const { toolbar, controls } = this;
    this.timePlace = h("div", { class: "cnn-time" });
    const extras = {
      time: { element: this.timePlace, slot: "time" },
      text: { element: this.text.element, slot: "says" },
      copy: { element: this.copy.element, slot: "says" },
      speed: { element: toolbar.speed, slot: "more" },
      reset: { element: toolbar.reset, slot: "more" },
      save: { element: saveButtons(() => this, spec.title), slot: "more" },
    };
    const bySlot = sortIntoSlots(spec, controls, extras);
    const frame = buildFrame(spec, bySlot, toolbar.element ?? "", [this.first.element, this.figures.element], this.challenge.element);
    this.frame = frame;
    this.strip = new TroubleStrip(controls.byName);
    this.message = h("p", { class: "cnn-message", role: "status" });
    this.silence = h("p", { class: "cnn-message cnn-silence", role: "status" });
    this.silence.hidden = true;
    const says = h("div", { class: "cnn-says" }, ...(bySlot.get("says") ?? []));
    // Play comes first for the keyboard, though the head stands above it.
    this.root.append(frame.bar, frame.head, frame.settings, this.strip.element, this.message, this.silence);
    this.overlay = new Overlay(controls.byName, bySlot);
    this.picture = new Picture(this.root, spec, { placed: (...how) => this.placed(...how) });
    this.picture.frame.append(this.overlay.element, frame.handle);
    this.root.append(frame.foot, says, frame.sheet);
    const target = { set: (values) => this.touch(values), event: (e) => this.emitted(e) };
    this.pointer = new Pointer(this.picture, target);
    this.tileKeys = new TileKeys(this.picture, target);
    this.target = target;
  }

  /** A mark was touched: what was closed before may open again. */
  emitted(event) {
    if (event.kind === "click") this.overlay.closed = "";
    this.session.event(event);
  }

  /** The small plot of time, in the bar or a slot, made when a scene first has one. */
  timeline(panel, playing) {
    if (!panel) return;
    const height = panel.title ? TITLED : TIME;
    if (!this.time) {
      this.time = new Picture(this.timePlace, { title: "", height }, { name: "cnn-timeline" });
      this.time.canvas.setAttribute("aria-hidden", "true");
      this.time.frame.append(this.frame.handle);
      this.timePointer = new Pointer(this.time, this.target);
      this.frame.bar.classList.toggle("cnn-timed", this.frame.bar.contains(this.timePlace));
    }
    this.time.show({ panels: [panel], rows: [1], columns: [1], height }, playing);
  }

  /** The picture was laid out: HTML goes where it belongs. */
  placed(arrangement, boxes, theme) {
    const { width, height, scene } = this.picture;
    this.root.classList.toggle("cnn-narrow", arrangement.narrow);
    this.tileKeys.placed(boxes);
    this.overlay.place(arrangement, boxes, width, height, scene.anchors ?? []);
    if (arrangement !== this.arrangement) {
      this.arrangement = arrangement;
      const fixed = arrangement.columns.at(-1);
      this.root.style.setProperty("--cnn-last", typeof fixed === "string" && arrangement.columns.length > 1 ? fixed : "auto");
      const tracks = arrangement.columns.map((size) => (typeof size === "string" ? size : `minmax(0, ${size}fr)`));
      this.root.style.setProperty("--cnn-columns", arrangement.narrow ? "repeat(2, minmax(0, 1fr))" : tracks.join(" "));
    }
    for (const control of this.controls.byName.values()) control.showPictures?.(this.pictures?.[control.spec.name], theme);
  }

  /** Show a frame; while the kernel owes answers (`behind`), the inputs keep what the learner set. */
  showFrame(frame, arrays, behind) {
    this.root.style.display = "";
    this.static.hide();
    const scene = resolve(frame.scene, arrays);
    if (scene.pictures) this.pictures = scene.pictures;
    const now = performance.now();
    const still = frame.playing && this.playing && prefersStillness();
    if (!still || now >= this.pictureDue) {
      this.pictureDue = now + CALM;
      this.picture.show(scene, frame.playing);
      this.timeline(scene.timeline, frame.playing);
    }
    if (!behind) this.state = frame.state;
    if (frame.playing && this.playing && now < this.wordsDue) return;
    this.playing = frame.playing;
    this.wordsDue = now + WORDS;
    this.showWords(frame, behind);
  }

  /** Everything but the picture: it follows some times a second while playing, and at once otherwise. */
  showWords(frame, behind) {
    const { scene } = frame;
    this.text.show(frame.text, frame.playing);
    const title = scene.title || this.spec.title;
    if (this.frame.title.textContent !== title) this.frame.title.textContent = title;
    for (const [name, [low, high]] of Object.entries(frame.ranges)) this.controls.byName.get(name)?.setRange?.(low, high);
    for (const [name, words] of Object.entries(frame.options ?? {})) this.controls.byName.get(name)?.setOptions?.(words);
    if (!behind) {
      for (const [name, value] of Object.entries(frame.state)) this.controls.byName.get(name)?.set(value);
    }
    const idle = new Set(scene.idle);
    for (const [name, control] of this.controls.byName) {
      control.showZones?.(scene.zones?.[name] ?? []);
      control.setIdle?.(idle.has(name));
      control.element.classList.toggle("cnn-idle", idle.has(name));
    }
    this.figures.show((scene.figures ?? []).filter((figure) => !figure.first));
    this.first.show((scene.figures ?? []).filter((figure) => figure.first));
    this.strip.show(scene.strip);
    this.toolbar.show(frame);
    if (this.message.textContent !== frame.message) this.message.textContent = frame.message;
    this.challenge.show(frame.challenge, frame.goal);
    this.copy.show(frame.line);
    this.arrows(movedByArrows(scene));
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

  /** Space plays and pauses wherever no field or button has the focus. */
  space(event) {
    if (event.key !== " " || event.target.closest("input, select, button, textarea")) return;
    if (!this.toolbar.play) return;
    event.preventDefault();
    this.toolbar.play.click();
  }

  /** Arrow keys on the picture move these controls: [across, down], each {name, sign} or undefined. */
  arrows(moved) {
    this.moved = moved;
    const names = moved.filter(Boolean).map(({ name }) => name);
    const { frame } = this.picture;
    if (names.length === 0 || frame.hasAttribute("tabindex")) return;
    const words = names.map((name) => this.controls.byName.get(name)?.spec.label ?? name);
    const controls = words.join(say(" and "));
    frame.setAttribute("tabindex", "0");
    ownKeys(frame);
    frame.setAttribute("role", "application");
    frame.setAttribute("aria-label", say("Picture: arrow keys move {controls}", { controls }));
  }

  arrow(event) {
    if (event.target !== this.picture.frame) return;
    const [axis, direction] = KEYS[event.key] ?? [];
    const { name, sign } = this.moved?.[axis] ?? {};
    const control = this.controls.byName.get(name);
    if (!control) return;
    event.preventDefault();
    this.touch({ [name]: this.state[name] + sign * direction * control.spec.step });
  }

  /** Say why a question of the learner's waits: a key of SILENCES, "" when it does not. */
  showSilence(why) {
    const words = SILENCES[why]();
    this.silence.hidden = words === "";
    if (this.silence.textContent !== words) this.silence.textContent = words;
  }

  close() {
    this.picture.close();
    this.time?.close();
    this.text.close();
    this.static.close();
    this.root.remove();
  }
}
