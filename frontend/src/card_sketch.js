// A sketch: a line drawn on the axes of the picture that follows, by finger, mouse or arrow keys.
import { across as valueAt, frame, line, pointsOf } from "./card_pictures.js";
import { h, ownKeys } from "./dom.js";
import { shortNumber } from "./scale.js";
import { s } from "./elements.js";
import { say } from "./speech.js";

export function sketch(spec, enter) {
  const [low, high] = spec.y;
  const heights = new Array(spec.columns).fill((low + high) / 2);
  let [drawn, column, last] = [Boolean(spec.value), 0, null];
  if (spec.value) heights.splice(0, heights.length, ...spec.value);
  const { px, py, parts, size, box } = frame(spec);
  const picture = s("svg", { viewBox: `0 0 ${size[0]} ${size[1]}`, class: "cnn-card-curves cnn-card-sketch", tabindex: "0", role: "slider" });
  const word = () => `${shortNumber(xOf(column))}: ${shortNumber(heights[column])}`;
  const xOf = (index) => valueAt(spec, index / (spec.columns - 1));
  ownKeys(picture);
  const draw = () => {
    const points = pointsOf(spec, heights, { px, py });
    const handle = s("circle", { cx: points[column][0], cy: points[column][1], r: 6, class: "cnn-said cnn-handle" });
    picture.replaceChildren(...parts, line(points, drawn ? "cnn-sketch" : "cnn-sketch cnn-faint"), handle);
    for (const [name, value] of Object.entries({ label: say("Your sketch: left and right choose a place, up and down move it"), valuemin: low, valuemax: high, valuenow: heights[column], valuetext: word() }))
      picture.setAttribute(`aria-${name}`, value);
  };
  const put = (event) => {
    const area = picture.getBoundingClientRect();
    const x = ((event.clientX - area.left) / area.width) * size[0];
    const y = ((event.clientY - area.top) / area.height) * size[1];
    const share = (value, from, to) => Math.min(1, Math.max(0, (value - from) / (to - from)));
    column = Math.round(share(x, box.left, box.right) * (spec.columns - 1));
    const height = high - (high - low) * share(y, box.top, box.bottom);
    const from = last ?? { column, height };
    if (!drawn) heights.fill(height); // who begins inside the picture means the same at its left edge
    const steps = Math.max(1, Math.abs(column - from.column));
    for (let k = 0; k <= steps; k += 1) heights[Math.round(from.column + ((column - from.column) * k) / steps)] = from.height + ((height - from.height) * k) / steps;
    [last, drawn] = [{ column, height }, true];
    draw();
  };
  if (!spec.done) {
    picture.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      last = null;
      picture.setPointerCapture?.(event.pointerId);
      put(event);
    });
    picture.addEventListener("pointermove", (event) => last && put(event));
    for (const end of ["pointerup", "pointercancel"]) picture.addEventListener(end, () => (last = null));
    picture.addEventListener("keydown", (event) => {
      const across = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      const up = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (event.key === "Enter") enter();
      else if (across) column = Math.min(spec.columns - 1, Math.max(0, column + across));
      else if (up) {
        const height = Math.min(high, Math.max(low, heights[column] + (up * (high - low)) / 20));
        for (let index = column; index < spec.columns; index += 1) heights[index] = height; // what lies ahead comes along
        drawn = true;
      } else return;
      event.preventDefault();
      draw();
    });
  }
  draw();
  const help = h("p", { class: "cnn-card-hint" }, spec.done ? "" : say("Draw from left to right. With the keyboard: arrows choose a place and move the line from there on."));
  return { element: h("div", {}, picture, help), value: () => (drawn ? [...heights] : null) };
}
