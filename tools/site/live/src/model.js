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

/**
 * Open a view of a model in an element with what page.js exports; the promise brings the function that closes it.
 * anywidget takes an object with `render`, or a function that makes one for each model.
 */
export async function openView(drawing, model, el) {
  model.drawing ??= Promise.resolve(typeof drawing === "function" ? drawing() : drawing);
  const { render } = await model.drawing;
  return (await render({ model, el })) ?? (() => {});
}
