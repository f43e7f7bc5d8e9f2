// Small pictures of a card: two numbers on one scale, a sketch beside what came out.
import { s } from "./elements.js";
import { shortNumber } from "./scale.js";
import { say } from "./speech.js";

const [WIDE, LEFT, RIGHT] = [440, 14, 426];

/** What was said and what it was, on one axis. */
export function scale({ low, high, log, said, was, text }) {
  const f = log ? Math.log10 : (value) => value;
  const at = (value) => LEFT + ((RIGHT - LEFT) * (f(value) - f(low))) / (f(high) - f(low) || 1);
  const ticks = log ? powers(low, high) : evenly(low, high);
  const near = Math.abs(at(said) - at(was)) < 60;
  const anchor = (value) => (at(value) < 40 ? "start" : at(value) > 400 ? "end" : "middle");
  const diamond = `M${at(was)} 38l9 9-9 9-9-9z`;
  return s("svg", { viewBox: `0 0 ${WIDE} 84`, class: "cnn-card-scale", role: "img", "aria-label": text },
    s("path", { d: `M${LEFT} 47H${RIGHT}`, class: "cnn-axis" }),
    ...ticks.flatMap((tick) => [
      s("path", { d: `M${at(tick)} 47v5`, class: "cnn-axis" }),
      s("text", { x: at(tick), y: 74, "text-anchor": anchor(tick) }, shortNumber(tick)),
    ]),
    s("path", { d: `M${at(said)} 47H${at(was)}`, class: "cnn-gap" }),
    s("circle", { cx: at(said), cy: 47, r: 7, class: "cnn-said" }),
    s("path", { d: diamond, class: "cnn-was" }),
    s("text", { x: at(said), y: near ? 12 : 28, "text-anchor": anchor(said), class: "cnn-strong" }, say("you")),
    s("text", { x: at(was), y: 28, "text-anchor": anchor(was), class: "cnn-strong" }, say("it was")));
}

function powers(low, high) {
  const found = [];
  for (let power = Math.ceil(Math.log10(low) - 1e-9); power <= Math.log10(high) + 1e-9; power += 1) found.push(10 ** power);
  const every = Math.ceil(found.length / 6);
  return found.length ? found.filter((_, index) => index % every === 0) : [low, high];
}

function evenly(low, high) {
  const step = (high - low) / 4;
  const size = 10 ** Math.floor(Math.log10(step || 1));
  const round = [1, 2, 2.5, 5, 10].map((factor) => factor * size).find((value) => value >= step) ?? step;
  const found = [];
  for (let tick = Math.ceil(low / round) * round; tick <= high + 1e-9; tick += round) found.push(Number(tick.toPrecision(10)));
  return found.length ? found : [low];
}

const [TALL, TOP, BOTTOM, INDENT] = [212, 24, 176, 40];

/** The value at a share (0 to 1) of a sketch's way from left to right, by powers of ten if `log`. */
export const across = ({ x: [low, high], log }, share) => (log ? low * (high / low) ** share : low + (high - low) * share);

/** The frame of a sketch: scales from data to the picture, axes and ticks. */
export function frame({ x, y, log }) {
  const f = log ? Math.log : (value) => value;
  const px = (value) => INDENT + ((RIGHT - INDENT) * (f(value) - f(x[0]))) / (f(x[1]) - f(x[0]));
  const py = (value) => BOTTOM - ((BOTTOM - TOP) * (value - y[0])) / (y[1] - y[0]);
  const parts = [
    ...evenly(y[0], y[1]).flatMap((tick) => [
      s("path", { d: `M${INDENT} ${py(tick)}H${RIGHT}`, class: "cnn-rule" }),
      s("text", { x: INDENT - 6, y: py(tick) + 4, "text-anchor": "end" }, shortNumber(tick)),
    ]),
    ...(log ? powers : evenly)(x[0], x[1]).map((tick) => s("text", { x: px(tick), y: BOTTOM + 16, "text-anchor": "middle" }, shortNumber(tick))),
    s("text", { x: RIGHT, y: TALL - 4, "text-anchor": "end", class: "cnn-strong" }, x[2] ?? ""),
    s("text", { x: 8, y: 12, class: "cnn-strong" }, y[2] ?? ""),
  ];
  return { px, py, parts, size: [WIDE, TALL], box: { left: INDENT, right: RIGHT, top: TOP, bottom: BOTTOM } };
}

const path = (points) => points.map(([x, y], index) => `${index ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

/** A sketch's heights, evenly spaced, as points of the picture. */
export function pointsOf(spec, heights, { px, py }) {
  return heights.map((height, index) => [px(across(spec, index / (heights.length - 1))), py(height)]);
}

export const line = (points, kind) => s("path", { d: path(points), class: kind });

/** A word at a place runs towards the middle of the picture. */
const inwards = (x) => (x > WIDE / 2 ? "end" : "start");

/** Yours, dashed, and what came out. */
export function curves(spec) {
  const { px, py, parts, size } = frame(spec);
  const said = pointsOf(spec, spec.said, { px, py });
  const was = spec.was.map(([x, y]) => [px(x), py(y)]);
  const area = s("path", { d: `${path(said)}L${path([...was].reverse()).slice(1)}Z`, class: "cnn-between" });
  const [sx, sy] = said[Math.floor(said.length * 0.7)];
  const [wx, wy] = was[Math.floor(was.length * 0.6)];
  return s("svg", { viewBox: `0 0 ${size[0]} ${size[1]}`, class: "cnn-card-curves", role: "img", "aria-label": say("Your sketch, dashed, and what came out") },
    ...parts, area, line(said, "cnn-sketch"), line(was, "cnn-came"),
    s("text", { x: sx, y: sy - 8, "text-anchor": inwards(sx), class: "cnn-strong" }, say("your sketch")),
    s("text", { x: wx, y: wy - 8, "text-anchor": inwards(wx), class: "cnn-strong cnn-came-word" }, say("what came out")));
}
