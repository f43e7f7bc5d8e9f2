// What page.js is given in place of anywidget's model: the same few methods, over whatever answers it.

export class WidgetModel {
  /**
   * @param {object} spec what the page needs to know once
   * @param {(message: object) => void} send takes what the page says
   */
  constructor(spec, send) {
    this.values = { spec };
    this.sending = send;
    this.listeners = new Set();
  }

  get(name) {
    return this.values[name];
  }

  set(name, value) {
    this.values[name] = value;
  }

  save_changes() {}

  send(message) {
    this.sending(message);
  }

  on(name, listener) {
    if (name === "msg:custom") this.listeners.add(listener);
  }

  off(name, listener) {
    this.listeners.delete(listener);
  }

  /** A message for the page, with its arrays. */
  hear(message, buffers) {
    for (const listener of [...this.listeners]) listener(message, buffers);
  }
}
