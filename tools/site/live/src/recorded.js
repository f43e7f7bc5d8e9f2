// A widget whose frames were recorded: it answers its page as Python would, from a file.
import { WidgetModel } from "./model.js";

/** Fetch a recording: what it tells, and its arrays. */
export async function fetchRecording(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  const stream = answer.body.pipeThrough(new DecompressionStream("gzip"));
  return readRecording(await new Response(stream).arrayBuffer());
}

export function readRecording(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const told = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  let at = 4 + length;
  const arrays = told.sizes.map((size) => {
    at += size;
    return buffer.slice(at - size, at);
  });
  return { ...told, arrays };
}

const stepsASecond = (name) => Number.parseFloat(name) || 100; // "as fast as possible" has no number

/** What both kinds share: messages, frames, playing. A kind says where it stands and how it goes on. */
class Recorded extends WidgetModel {
  constructor(recording) {
    super(recording.spec, (message) => this.answer(message));
    this.recording = recording;
    this.count = 0;
    this.answered = 0;
    this.speed = recording.speed;
    this.message = "";
    this.timer = null;
    this.reached = false;
  }

  answer(message) {
    this.answered = message.id ?? this.answered;
    this.message = "";
    const act = {
      state: () => this.move(message.values),
      play: () => this.play(),
      pause: () => this.pause(),
      step: () => this.pause() || this.next(),
      rewind: () => this.pause() || this.rewind(),
      reset: () => this.pause() || this.reset(),
      speed: () => this.setSpeed(message.value),
    }[message.type];
    if (message.type === "painted") return;
    act?.();
    this.show();
  }

  get playing() {
    return this.timer !== null;
  }

  play() {
    this.pause();
    if (!this.next(true)) return;
    this.timer = setInterval(() => {
      if (!this.next()) this.pause();
      this.show();
    }, 1000 / stepsASecond(this.speed));
  }

  pause() {
    clearInterval(this.timer);
    this.timer = null;
  }

  setSpeed(name) {
    this.speed = name;
    if (this.playing) this.play();
  }

  show() {
    const frame = this.frame();
    this.reached ||= frame.challenge === "reached";
    this.count += 1;
    const { arrays: entries } = frame.scene; // a bare number is an array of one
    const buffers = entries.map((entry) => this.recording.arrays[entry[0]]);
    const arrays = entries.map((entry, index) => (entry.length ? [`recorded ${entry[0]}`, entry[1], index] : entry));
    this.hear(
      {
        ...frame,
        scene: { ...frame.scene, arrays },
        type: "frame",
        frame: this.count,
        asks: false,
        answers: this.answered,
        message: this.message,
        playing: this.playing,
        speed: this.speed,
        challenge: frame.challenge || (this.reached ? "reached earlier" : ""),
      },
      buffers,
    );
  }
}

/** A widget of which every position of its controls was recorded. */
export class RecordedWhole extends Recorded {
  constructor(recording) {
    super(recording);
    this.controls = recording.spec.controls.filter(({ valued }) => valued);
    this.place = this.first();
  }

  first() {
    return this.recording.start.split("/").map(Number);
  }

  frame() {
    return this.recording.frames[this.place.join("/")];
  }

  /** Set controls; what is no position of a control is said, and the rest is set. */
  move(values) {
    const place = [...this.place];
    this.controls.forEach((control, index) => {
      if (!(control.name in values)) return;
      const found = position(control, values[control.name]);
      if (found === null) {
        const expected = control.options ? `one of ${control.options.join(", ")}` : `a number from ${control.low} to ${control.high}`;
        this.message = `${control.label}: expected ${expected}, received ${values[control.name]}.`;
      } else place[index] = found;
    });
    this.place = this.held(place);
  }

  /** The nearest place that was recorded: some ranges depend on other controls. */
  held(place) {
    const free = place.map((_, index) => index).filter((index) => !this.controls[index].options);
    for (const index of free) {
      const tried = [...place];
      for (; tried[index] >= 0; tried[index] -= 1) if (this.recording.frames[tried.join("/")]) return tried;
    }
    return this.recording.frames[place.join("/")] ? place : this.place;
  }

  next(dry = false) {
    const index = this.controls.findIndex(({ name }) => name === this.recording.advances);
    if (index < 0) return false;
    const place = this.place.map((value, at) => (at === index ? value + 1 : value));
    const there = this.recording.frames[place.join("/")] !== undefined;
    if (there && !dry) this.place = place;
    return there;
  }

  rewind() {
    const index = this.controls.findIndex(({ name }) => name === this.recording.advances);
    if (index >= 0) this.place = this.place.map((value, at) => (at === index ? 0 : value));
  }

  reset() {
    this.place = this.first();
    this.reached = false;
  }
}

/** Which position of a control a value is; null for none. */
export function position(control, value) {
  if (control.options) {
    const found = control.options.indexOf(value);
    return found < 0 ? null : found;
  }
  if (control.kind === "toggle") return Number(value);
  const number = typeof value === "string" ? Number(value.trim().replace(",", ".") || Number.NaN) : value;
  if (!(number >= control.low && number <= control.high)) return null;
  return Math.round((number - control.low) / control.step);
}

/** A training run, recorded as it is played. */
export class RecordedRun extends Recorded {
  constructor(recording) {
    super(recording);
    this.at = 0;
  }

  frame() {
    return this.recording.run[this.at];
  }

  move() {}

  next(dry = false) {
    const there = this.at + 1 < this.recording.run.length;
    if (there && !dry) this.at += 1;
    return there;
  }

  /** Play from the start if the end was reached. */
  play() {
    if (!this.next(true)) this.at = 0;
    super.play();
  }

  rewind() {
    this.at = 0;
  }

  reset() {
    this.at = 0;
    this.reached = false;
  }
}

export const recordedModel = (recording) => (recording.run ? new RecordedRun(recording) : new RecordedWhole(recording));
