// Messages to and from the kernel. The newest state wins: at most two requests are on their way, and
// while they are, later slider positions replace each other instead of queueing.

const IN_FLIGHT = 2;
const PATIENCE = 4000; // milliseconds that a question of the learner's may wait without a word
const LULL = 3000; // milliseconds without a whole frame after which one is asked for, if one is due
const LONGEST_LULL = 60_000;
const RESTING = new Set(["hover", "leave"]); // events that ask nothing

export class Session {
  /**
   * @param {{send: Function, on: Function, off: Function, get: Function}} model anywidget's model
   * @param {{comm_live: boolean} | null} own the front end's model behind it, which knows whether there is a kernel
   * @param {object} kept what the views of one model share: the newest whole frame
   */
  constructor(model, own = null, kept = {}, clock = globalThis) {
    Object.assign(this, { model, own, kept, clock });
    this.sent = 0;
    this.answered = 0;
    this.pendingState = null;
    this.pendingEvents = new Map();
    this.arrays = new Map();
    this.shown = -1; // number of the frame that the view shows
    this.asked = false; // whether a question of the learner's waits
    this.cell = false; // whether a cell runs, as the kernel last said
    this.view = null;
    this.timer = this.lull = null;
    this.onMessage = (message, buffers) => this.receive(message, buffers ?? []);
    this.onLife = () => this.begin();
    this.onConnection = (_, status) => status === "connected" && this.ask();
  }

  /** Attach the view, listen, draw what is known, and ask whether it is still so. */
  open(view) {
    this.view = view;
    this.model.on("msg:custom", this.onMessage);
    this.model.on("comm_live_update", this.onLife);
    this.connection = this.model.widget_manager?.kernel?.connectionStatusChanged; // JupyterLab's
    this.connection?.connect(this.onConnection);
    this.begin();
  }

  close() {
    this.model.off("msg:custom", this.onMessage);
    this.model.off("comm_live_update", this.onLife);
    this.connection?.disconnect(this.onConnection);
    this.clock.clearTimeout(this.timer);
    this.clock.clearTimeout(this.lull);
    this.view = null;
  }

  /** False on a page without a kernel: an exported notebook, or one whose kernel was restarted. */
  get alive() {
    return this.own?.comm_live !== false;
  }

  /** Draw the first frame, which came with the model, or a newer one; without a kernel nothing. */
  begin() {
    if (!this.alive) {
      this.cell = false;
      return;
    }
    const first = this.model.get("first");
    const { frame, arrays } = this.kept;
    if (frame && !(first?.frame.frame > frame.frame)) {
      this.arrays = arrays;
      this.draw(frame);
    } else if (first) {
      this.take(first.frame, first.buffers);
    }
    this.ask();
  }

  /** Say which frame is shown; the kernel sends a whole one unless that is its newest. */
  ask(frame = this.shown) {
    this.send({ type: "ready", frame });
  }

  get waiting() {
    return this.sent > this.answered || this.pendingState !== null || this.pendingEvents.size > 0;
  }

  /** Set controls in the kernel: sent now, or merged into what is sent next. */
  setState(values) {
    this.asked = true;
    this.pendingState = { ...this.pendingState, ...values };
    this.flush();
  }

  /** Report a touched mark. Drags and hovers replace each other, clicks do not. */
  event(event) {
    this.asked ||= !RESTING.has(event.kind);
    const key = event.kind === "click" ? Symbol("click") : `${event.name}/${event.kind}`;
    this.pendingEvents.set(key, event);
    this.flush();
  }

  /** Send a message that is never merged: a pressed button. */
  command(message) {
    this.asked = true;
    this.send(message);
    this.expectAnswer();
  }

  flush() {
    while (this.sent - this.answered < IN_FLIGHT && (this.pendingState || this.pendingEvents.size)) {
      this.sent += 1;
      if (this.pendingState) {
        const values = this.pendingState;
        this.pendingState = null;
        this.send({ type: "state", id: this.sent, values });
      } else {
        const [key, event] = this.pendingEvents.entries().next().value;
        this.pendingEvents.delete(key);
        this.send({ type: "event", id: this.sent, event });
      }
    }
    if (this.waiting) this.expectAnswer();
  }

  send(message) {
    try {
      this.model.send(message);
    } catch {
      if (this.asked) this.view?.showSilence("silent"); // the connection is gone; the timer has nothing to add
    }
  }

  expectAnswer() {
    if (this.timer !== null) return;
    this.timer = this.clock.setTimeout(() => {
      this.timer = null;
      if (this.asked) this.view?.showSilence(this.silence());
      if (this.cell && this.alive) {
        this.expectAnswer(); // what waits is answered when the cell has ended
      } else {
        this.answered = this.sent; // do not hold back what comes next
        this.flush();
      }
    }, PATIENCE);
  }

  /** Why no answer comes: a cell runs, Python works on this very question, or nobody is there. */
  silence() {
    if (!this.alive) return "silent";
    if (this.cell) return "cell";
    return this.model.widget_manager?.kernel?.status === "busy" ? "working" : "silent";
  }

  receive(message, buffers) {
    if (message.type === "cell") this.follow(message.cell);
    if (message.type !== "frame" || !this.alive) return;
    this.clock.clearTimeout(this.timer);
    this.timer = null;
    this.answered = Math.min(this.sent, Math.max(this.answered, message.answers));
    this.asked &&= this.waiting;
    this.view?.showSilence("");
    this.take(message, buffers);
    if (message.asks) this.send({ type: "painted", frame: message.frame });
    this.flush();
  }

  /** A cell has begun or ended; a question that had no answer now knows why. */
  follow(cell) {
    this.cell = cell;
    if (cell && this.asked && this.timer === null) this.view?.showSilence("cell");
  }

  /** Show a frame, or ask for a whole one if an array is unknown here. */
  take(message, buffers) {
    this.cell = message.cell;
    message = { ...message, scene: withShared(message.scene) };
    const arrays = this.unpack(message.scene.arrays, buffers);
    if (arrays === null) {
      if (this.lull === null || !this.lacking) this.ask(-1);
      this.lacking = true;
    } else {
      this.lacking = false;
      this.arrays = arrays;
      Object.assign(this.kept, { frame: message, arrays });
      this.draw(message);
    }
    this.expectFrame(message.playing);
  }

  draw(message) {
    this.shown = message.frame;
    this.view?.showFrame(message, [...this.arrays.values()], this.waiting);
  }

  /** A picture that plays, or lacks something, is followed by another frame: if none comes, ask for one. */
  expectFrame(playing) {
    if (this.lacking && this.lull !== null) return;
    this.clock.clearTimeout(this.lull);
    this.lull = null;
    if (playing || this.lacking) this.askAfter(LULL);
  }

  askAfter(delay) {
    this.lull = this.clock.setTimeout(() => {
      if (!this.alive) return;
      this.ask(-1);
      this.askAfter(Math.min(2 * delay, LONGEST_LULL));
    }, delay);
  }

  /** The frame's arrays by name; null if one is unknown here, which a whole frame then mends. */
  unpack(entries, buffers) {
    const next = new Map();
    for (const entry of entries) {
      if (typeof entry === "number") {
        next.set(`= ${entry}`, { name: `= ${entry}`, shape: [1], data: Float32Array.of(entry) });
        continue;
      }
      const [name, shape, index] = entry;
      const data = index >= 0 ? toFloats(buffers[index]) : this.arrays.get(name)?.data;
      if (data === undefined) return null;
      next.set(name, this.arrays.get(name) ?? { name, shape, data });
    }
    return next;
  }
}

/** A scene whose marks have again what marks of their kind have in common, see shared.py. */
export function withShared({ shared, ...scene }) {
  if (!shared) return scene;
  const whole = (panel) => ({ ...panel, marks: panel.marks.map((mark) => ({ ...shared[mark.kind], ...mark })) });
  return { ...scene, panels: scene.panels.map(whole) };
}

/**
 * A Float32Array of a buffer as it arrives: an ArrayBuffer or a view that may not be aligned. A length that is
 * no multiple of four bytes tells of float16, an odd one of bytes, see packer.py.
 */
export function toFloats(buffer) {
  const whole = buffer instanceof ArrayBuffer;
  if (buffer.byteLength % 2 === 1) return steps(whole ? new DataView(buffer) : buffer);
  if (buffer.byteLength % 4 === 2) return halves(whole ? new DataView(buffer) : buffer);
  if (whole) return new Float32Array(buffer);
  const bytes = buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength);
  return new Float32Array(bytes);
}

/** The numbers of a view of bytes: steps of a 127th of the largest number, which comes last; -128 is none. */
function steps(view) {
  const bytes = new DataView(view.buffer, view.byteOffset, view.byteLength);
  const count = bytes.byteLength - 4;
  const largest = Float32Array.from([0]);
  new Uint8Array(largest.buffer).set(Uint8Array.from({ length: 4 }, (_, i) => bytes.getUint8(count + i)));
  return Float32Array.from({ length: count }, (_, i) => (bytes.getInt8(i) === -128 ? NaN : (bytes.getInt8(i) / 127) * largest[0]));
}

/** The numbers of a view of float16 (sign, 5 bits of exponent, 10 of fraction), the power of two last. */
function halves(view) {
  const bytes = new DataView(view.buffer, view.byteOffset, view.byteLength);
  const count = bytes.byteLength / 2 - 1;
  const scale = 2 ** bytes.getInt16(2 * count, true);
  return Float32Array.from({ length: count }, (_, i) => {
    const bits = bytes.getUint16(2 * i, true);
    const exponent = (bits >> 10) & 31;
    const fraction = (bits & 1023) / 1024;
    if (exponent === 31) return NaN;
    const size = exponent ? 2 ** (exponent - 15) * (1 + fraction) : 2 ** -14 * fraction;
    return (bits >> 15 ? -size : size) * scale;
  });
}
