// The numbers that matter, large, in the bar.
import { h } from "./dom.js";
import { readable } from "./speech.js";

function build(figure) {
  const sign = figure.mark ? h("span", { class: `cnn-key cnn-key-${figure.mark}`, "aria-hidden": "true" }) : null;
  if (sign && figure.color !== "ink") sign.style.borderColor = `var(--cnn-${figure.color})`; // as the curve
  const value = h("span", { class: "cnn-value" }, figure.value);
  const unit = h("span", { class: "cnn-of" }, figure.unit);
  const label = h("span", { class: "cnn-name" }, sign, figure.label);
  const kind = figure.large ? "cnn-figure cnn-large" : "cnn-figure";
  const element = h("div", { class: kind }, label, h("span", { class: "cnn-number" }, value, unit));
  return { element, value, unit };
}

/** The rows of numbers: rebuilt when labels change, otherwise only their words. */
export class Figures {
  constructor() {
    this.element = h("div", { class: "cnn-figures" });
    this.key = "";
    this.shown = [];
  }

  show(figures) {
    const key = JSON.stringify(figures.map(({ label, large, mark, color }) => [label, large, mark, color]));
    if (key !== this.key) {
      this.key = key;
      this.shown = figures.map(build);
      this.element.replaceChildren(...this.shown.map(({ element }) => element));
      this.element.hidden = figures.length === 0;
    }
    figures.forEach((figure, i) => {
      const { value, unit } = this.shown[i];
      if (value.textContent !== figure.value) value.replaceChildren(...readable(figure.value));
      if (unit.textContent !== figure.unit) unit.textContent = figure.unit;
      value.style.color = figure.color === "ink" ? "" : `var(--cnn-${figure.color})`;
    });
  }
}
