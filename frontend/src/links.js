// Links between the places of one panel, or of two: their course, and how they are painted.
import { lineColor } from "./colormap.js";
import { cssColor } from "./theme.js";

const CRAWL = [9, 1]; // dash and gap of links that crawl, in pixels
const OUT = 50; // pixels by which links to a panel beneath run out to the right before they turn down
const DOWN = 0.85; // share of the way down after which they turn to their end: notes stand left of that
const CORNER = 12; // pixels between their end and that panel's right edge

/** Both ends of link i in pixels: [x0, y0, x1, y1]. */
export function linkEnds(mark, box, i) {
  const far = (mark.to && box.byName?.get(mark.to)) || box; // panels without a name are many
  const shrunk = mark.needs ? Math.min(1, (box.right - box.left) / mark.needs) : 1;
  const [start, end] = (mark.inset ?? [0, 0]).map((inset, k) => inset + (k ? -1 : 1) * shrunk * ((k ? mark.dx1 : mark.dx0)?.data[i] ?? 0));
  if (mark.beside && (far.bottom < box.top || far.top > box.bottom)) return [NaN, NaN, NaN, NaN];
  const [x0, y0] = [box.x(mark.x0.data[i]) + start, box.y(mark.y0.data[i]) + shrunk * (mark.dy0?.data[i] ?? 0)];
  if (far.top > box.bottom) return [x0, y0, far.right - CORNER, far.top - end];
  return [x0, y0, far.x(mark.x1.data[i]) - end, far.y(mark.y1.data[i]) + shrunk * (mark.dy1?.data[i] ?? 0)];
}

/** The course of link i, a Bézier curve in pixels: level at both ends, and coming from above into a panel beneath. */
export function linkCurve(mark, box, i) {
  const [x0, y0, x1, y1] = linkEnds(mark, box, i);
  if (!mark.curved) return [x0, y0, x0, y0, x1, y1, x1, y1];
  const far = mark.to && box.byName?.get(mark.to);
  if (far && far.top > box.bottom) return [x0, y0, Math.min(Math.max(x0, x1) + OUT, box.right), y0, x1, y0 + DOWN * (y1 - y0), x1, y1];
  const middle = (x0 + x1) / 2;
  return [x0, y0, middle, y0, middle, y1, x1, y1];
}

/** Where a Bézier curve is at `t` of its way. */
export function alongCurve([x0, y0, x1, y1, x2, y2, x3, y3], t) {
  const [a, b, c, d] = [(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t ** 3];
  return [a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3];
}

/** Whether link i begins or ends at the tile that is pointed at. */
function joined(mark, pointed, i) {
  return pointed !== null && (mark.sources?.data[i] === pointed || mark.targets?.data[i] === pointed);
}

/** How strongly link i is painted while a tile is pointed at: 1 if it begins or ends there. */
function related(mark, pointed, i) {
  if (pointed === null || pointed === undefined || !(mark.sources || mark.targets)) return 1;
  return joined(mark, pointed, i) ? 1 : 0.08;
}

export function links(ctx, mark, box, theme) {
  const paint = mark.values ? lineColor(mark, theme) : () => cssColor(mark.color, theme);
  if (mark.crawls && box.playing) {
    ctx.setLineDash(CRAWL);
    ctx.lineDashOffset = -(box.crawl ?? 0);
  }
  const width = (i) => (mark.widths ? mark.widths.data[i] : 1.5);
  const order = Array.from(mark.x0.data.keys());
  if (mark.widths) order.sort((a, b) => width(a) - width(b)); // strong ones on top
  for (const i of order) {
    const [x0, y0, ...onwards] = linkCurve(mark, box, i);
    const color = mark.quiet && !joined(mark, box.pointed, i) ? null : paint(mark.values?.data[i]);
    if (color === null || ![x0, y0, ...onwards].every(Number.isFinite)) continue;
    ctx.globalAlpha = joined(mark, box.pointed, i) ? 1 : (mark.alpha ?? 1) * related(mark, box.pointed, i);
    ctx.strokeStyle = color;
    ctx.lineWidth = width(i);
    ctx.beginPath();
    ctx.moveTo(x0, y0);
    ctx.bezierCurveTo(...onwards);
    ctx.stroke();
  }
  if (mark.port && order.length) port(ctx, mark, box, theme);
}

/** The ring in which all links of a mark end, at the edge of the other panel. */
function port(ctx, mark, box, theme) {
  const [, , , , x2, y2, x, y] = linkCurve(mark, box, 0);
  const half = mark.port / 2;
  const length = Math.hypot(x - x2, y - y2) || 1;
  ctx.setLineDash([]);
  ctx.globalAlpha = 1;
  ctx.beginPath();
  ctx.arc(x + (half * (x - x2)) / length, y + (half * (y - y2)) / length, half - 0.75, 0, 2 * Math.PI);
  ctx.fillStyle = theme.paper;
  ctx.fill();
  ctx.strokeStyle = theme.ink;
  ctx.lineWidth = 1.5;
  ctx.stroke();
}
