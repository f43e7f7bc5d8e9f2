// Small helpers for building elements.
let count = 0;

/** A name that no other element of the page has. */
export function uniqueId(word) {
  count += 1;
  return `cnn-${word}-${count}-${Math.random().toString(36).slice(2, 8)}`;
}

/**
 * Keep JupyterLab's shortcuts away from an element that has the focus: in command mode it takes the arrow
 * keys from every focused element that does not say so itself.
 */
export function ownKeys(element) {
  element.setAttribute("data-lm-suppress-shortcuts", "true");
}

/** Build an element: h("input", {type: "range", onInput: f}, children…). */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  if (["input", "select", "button"].includes(tag)) ownKeys(element);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false || value === null) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2).toLowerCase(), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}
