// Messages to and from the kernel. The newest state wins: at most two requests are on their way, and
// while they are, later slider positions replace each other instead of queueing.

const IN_FLIGHT = 2;
const SILENCE = 4000; // milliseconds without an answer after which the page says so

export class Session {
  /** @param {{send: Function, on: Function, off: Function}} model anywidget's model */
  constructor(model, clock = globalThis) {
    this.model = model;
    this.clock = clock;
    this.sent = 0;
    this.answered = 0;
    this.pendingState = null;
    this.pendingEvents = new Map();
    this.arrays = new Map();
    this.view = null;
    this.timer = null;
    this.onMessage = (message, buffers) => this.receive(message, buffers ?? []);
    this.onLife = () => this.ask();
  }

  /** Attach the view, listen, and ask for the first frame. */
  open(view) {
    this.view = view;
    this.model.on("msg:custom", this.onMessage);
    this.model.on("comm_live_update", this.onLife);
    this.ask();
  }

  close() {
    this.model.off("msg:custom", this.onMessage);
    this.model.off("comm_live_update", this.onLife);
    this.clock.clearTimeout(this.timer);
  }

  /** Ask for a whole frame; the answer also shows that the kernel is alive. */
  ask() {
    this.send({ type: "ready" });
    this.expectAnswer();
  }

  get waiting() {
    return this.sent > this.answered || this.pendingState !== null || this.pendingEvents.size > 0;
  }

  /** Set controls in the kernel: sent now, or merged into what is sent next. */
  setState(values) {
    this.pendingState = { ...this.pendingState, ...values };
    this.flush();
  }

  /** Report a touched mark. Drags and hovers replace each other, clicks do not. */
  event(event) {
    const key = event.kind === "click" ? Symbol("click") : `${event.name}/${event.kind}`;
    this.pendingEvents.set(key, event);
    this.flush();
  }

  /** Send a message that is never merged: a pressed button. */
  command(message) {
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
      this.expectAnswer();
    }
  }

  send(message) {
    try {
      this.model.send(message);
    } catch {
      this.view?.showSilence(true); // the connection is gone; the timer has nothing to add
    }
  }

  expectAnswer() {
    if (this.timer !== null) return;
    this.timer = this.clock.setTimeout(() => {
      this.timer = null;
      this.answered = this.sent; // do not hold back what comes next
      this.view?.showSilence(true);
      this.flush();
    }, SILENCE);
  }

  receive(message, buffers) {
    if (message.type !== "frame") return;
    this.clock.clearTimeout(this.timer);
    this.timer = null;
    this.view?.showSilence(false);
    this.answered = Math.max(this.answered, message.answers);
    const arrays = this.unpack(message.scene.arrays, buffers);
    if (arrays !== null) this.view?.showFrame(message, arrays, this.waiting);
    if (message.asks) this.send({ type: "painted", frame: message.frame });
    this.flush();
    if (this.sent > this.answered) this.expectAnswer();
  }

  /** The frame's arrays in order; null if one is unknown here, which a whole frame then mends. */
  unpack(entries, buffers) {
    const next = new Map();
    for (const [name, shape, index] of entries) {
      const data = index >= 0 ? toFloats(buffers[index]) : this.arrays.get(name)?.data;
      if (data === undefined) return null;
      next.set(name, this.arrays.get(name) ?? { name, shape, data });
    }
    this.arrays = next;
    return [...next.values()];
  }
}

/**
 * A Float32Array of a buffer as it arrives: an ArrayBuffer or a view that may not be aligned. A length that is
 * no multiple of four bytes tells of float16, see packer.py.
 */
export function toFloats(buffer) {
  const whole = buffer instanceof ArrayBuffer;
  if (buffer.byteLength % 4 === 2) return halves(whole ? new DataView(buffer) : buffer);
  if (whole) return new Float32Array(buffer);
  const bytes = buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength);
  return new Float32Array(bytes);
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
