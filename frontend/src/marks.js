// One painter for each kind of mark. `box` is the panel's place on the canvas, see layout.js.
import { endsOf } from "./axes.js";
import { valueColor } from "./colormap.js";
import { paintHeatmap } from "./heatmap.js";
import { links } from "./links.js";
import { colorscale, maps } from "./maps.js";
import { cursor, lens, note, reference } from "./notes.js";
import { inkOf, nearestFree, rectOf } from "./spots.js";
import { cssColor, wordColor } from "./theme.js";
import { tiles } from "./tiles.js";

const DASHES = { solid: [], dashed: [7, 4], dotted: [2, 3] };

function trace(ctx, xs, ys, box) {
  let pen = false;
  for (let i = 0; i < xs.length; i += 1) {
    const [x, y] = [box.x(xs[i]), box.y(ys[i])];
    if (!Number.isFinite(x) || !Number.isFinite(y)) {
      pen = false;
    } else if (pen) {
      ctx.lineTo(x, y);
    } else {
      ctx.moveTo(x, y);
      pen = true;
    }
  }
}

function line(ctx, mark, box, theme) {
  ctx.strokeStyle = cssColor(mark.color, theme);
  ctx.lineWidth = mark.width;
  ctx.lineJoin = "round";
  ctx.setLineDash(DASHES[mark.dash]);
  ctx.beginPath();
  trace(ctx, mark.x.data, mark.y.data, box);
  ctx.stroke();
}

/** Adds one point's outline to the path. */
function shape(ctx, kind, x, y, r) {
  if (kind === "square") ctx.rect(x - r, y - r, 2 * r, 2 * r);
  else if (kind === "triangle" || kind === "diamond") {
    ctx.moveTo(x, y - r);
    ctx.lineTo(x + r, kind === "diamond" ? y : y + r);
    ctx.lineTo(kind === "diamond" ? x : x - r, y + r);
    if (kind === "diamond") ctx.lineTo(x - r, y);
    ctx.closePath();
  } else if (kind === "cross") {
    ctx.moveTo(x - r, y - r);
    ctx.lineTo(x + r, y + r);
    ctx.moveTo(x - r, y + r);
    ctx.lineTo(x + r, y - r);
  } else {
    ctx.moveTo(x + r, y);
    ctx.arc(x, y, r, 0, 2 * Math.PI);
  }
}

function points(ctx, mark, box, theme) {
  const paint = mark.values ? valueColor(mark, theme) : () => cssColor(mark.color, theme);
  ctx.lineWidth = mark.shape === "cross" ? 2 : 1;
  for (let i = 0; i < mark.x.data.length; i += 1) {
    const [x, y] = [box.x(mark.x.data[i]), box.y(mark.y.data[i])];
    const color = paint(mark.values?.data[i]);
    if (!Number.isFinite(x) || !Number.isFinite(y) || color === null) continue;
    ctx.beginPath();
    shape(ctx, mark.shape, x, y, mark.size);
    ctx.fillStyle = color;
    ctx.strokeStyle = mark.outline ? cssColor(mark.outline, theme) : color;
    if (mark.shape !== "cross") ctx.fill();
    if (mark.outline || mark.shape === "cross") ctx.stroke();
  }
}

function bars(ctx, mark, box, theme) {
  ctx.fillStyle = cssColor(mark.color, theme);
  mark.x.data.forEach((x, i) => {
    const [low, high] = [x - mark.width / 2, x + mark.width / 2];
    const end = mark.base + mark.height.data[i];
    const [a, b] = mark.horizontal ? [box.x(mark.base), box.x(end)] : [box.x(low), box.x(high)];
    const [c, d] = mark.horizontal ? [box.y(low), box.y(high)] : [box.y(mark.base), box.y(end)];
    if ([a, b, c, d].every(Number.isFinite)) ctx.fillRect(Math.min(a, b), Math.min(c, d), Math.abs(b - a), Math.abs(d - c));
  });
}

function arrows(ctx, mark, box, theme) {
  ctx.strokeStyle = ctx.fillStyle = cssColor(mark.color, theme);
  ctx.lineWidth = mark.width;
  mark.x.data.forEach((startX, i) => {
    const startY = mark.y.data[i];
    const [x0, y0] = [box.x(startX), box.y(startY)];
    const [x1, y1] = [box.x(startX + mark.dx.data[i]), box.y(startY + mark.dy.data[i])];
    const length = Math.hypot(x1 - x0, y1 - y0);
    if (!(length > 0.5) || !Number.isFinite(length)) return;
    const [ux, uy] = [(x1 - x0) / length, (y1 - y0) / length];
    const head = Math.min(4 + 2 * mark.width, length);
    ctx.beginPath();
    ctx.moveTo(x0, y0);
    ctx.lineTo(x1 - ux * head * 0.8, y1 - uy * head * 0.8);
    ctx.stroke();
    ctx.beginPath();
    ctx.moveTo(x1, y1);
    ctx.lineTo(x1 - ux * head - uy * head * 0.45, y1 - uy * head + ux * head * 0.45);
    ctx.lineTo(x1 - ux * head + uy * head * 0.45, y1 - uy * head - ux * head * 0.45);
    ctx.fill();
  });
}

/** The words of a text, none in a panel that is too narrow; a mark without words says nothing of them. */
const wordsOf = (mark, box) => (box.right - box.left < (mark.needs ?? 0) ? [] : (mark.text ?? []));

function text(ctx, mark, box, theme) {
  ctx.fillStyle = wordColor(mark.color, theme);
  ctx.font = textFont(mark, theme);
  ctx.textAlign = mark.align;
  ctx.textBaseline = mark.baseline;
  const places = box.places?.get(mark) ?? wordsOf(mark, box).map((_, i) => anchor(mark, box, i));
  wordsOf(mark, box).forEach((word, i) => places[i] && ctx.fillText(word, ...places[i]));
}

const textFont = (mark, theme) => `${mark.bold ? "600 " : ""}${mark.size}px ${theme.font}`;

/** Where word i of a text is anchored, in pixels; null for no place. */
function anchor(mark, box, i) {
  const [dx, dy] = mark.shift ?? [0, 0];
  const [x, y] = [box.x(mark.x.data[i]) + dx, box.y(mark.y.data[i]) + dy];
  return Number.isFinite(x) && Number.isFinite(y) ? [x, y] : null;
}

/**
 * Gives each word of the panel's texts its place: within the picture, and beside a word that was there before.
 * What may stand elsewhere, notes and the words of levels, then finds what is `taken`.
 */
export function placeWords(ctx, box, theme) {
  box.places = new Map();
  box.taken = [];
  if (!box.size) return;
  for (const { x, y, wide, high } of endsOf(ctx, box, theme)) box.taken.push(rectOf(x, y, wide, high, "left", "middle"));
  const room = { left: 0, top: 0, right: box.size[0], bottom: box.size[1] };
  for (const mark of box.panel.marks) {
    if (mark.kind !== "text") continue;
    Object.assign(ctx, { font: textFont(mark, theme), textAlign: mark.align, textBaseline: mark.baseline });
    const places = wordsOf(mark, box).map((word, i) => {
      const spot = anchor(mark, box, i);
      if (!spot || word === "") return spot;
      const rect = inkOf(ctx, word, ...spot);
      const free = nearestFree(rect, box.taken, room, 2);
      box.taken.push(free);
      return [spot[0] + free.left - rect.left, spot[1] + free.top - rect.top];
    });
    box.places.set(mark, places);
  }
}

function region(ctx, mark, box, theme) {
  const x0 = mark.x0 === null ? box.left : box.x(mark.x0);
  const x1 = mark.x1 === null ? box.right : box.x(mark.x1);
  const y0 = mark.y0 === null ? box.bottom : box.y(mark.y0);
  const y1 = mark.y1 === null ? box.top : box.y(mark.y1);
  const rect = [Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0)];
  if (mark.filled) {
    ctx.fillStyle = cssColor(mark.color, theme);
    ctx.fillRect(...rect);
  } else {
    ctx.globalAlpha = 1;
    ctx.strokeStyle = cssColor(mark.color, theme);
    ctx.lineWidth = mark.width;
    ctx.strokeRect(...rect);
  }
}

function band(ctx, mark, box, theme) {
  const xs = [...mark.x.data, ...[...mark.x.data].reverse()];
  const ys = [...mark.low.data, ...[...mark.high.data].reverse()];
  ctx.fillStyle = cssColor(mark.color, theme);
  ctx.beginPath();
  trace(ctx, xs, ys, box);
  ctx.fill();
}

/** A ring of the learner's colour with a dot, on a rim of paper. */
function handle(ctx, mark, box, theme) {
  const [x, y, color] = [box.x(mark.x), box.y(mark.y), cssColor(mark.color, theme)];
  for (const [radius, fill] of [[mark.size + 1.5, theme.paper], [mark.size, color], [mark.size - 2.5, theme.paper], [mark.size / 3, color]]) {
    ctx.beginPath();
    ctx.arc(x, y, radius, 0, 2 * Math.PI);
    ctx.fillStyle = fill;
    ctx.fill();
  }
}

const PAINTERS = { line, points, bars, heatmap: paintHeatmap, arrows, text, region, band, links, handle, tiles, note, reference, maps, colorscale, lens };
const UNCLIPPED = new Set(["text", "handle", "arrows", "tiles", "note", "reference", "maps", "colorscale"]);

/** The cursors of a panel, above its axes and their words. */
export function paintCursors(ctx, box, theme) {
  for (const mark of box.panel.marks) if (mark.kind === "cursor") cursor(ctx, mark, box, theme);
}

/** Paint a panel's marks in order, clipped to the plot except for words, arrows and handles. */
export function paintMarks(ctx, box, theme) {
  placeWords(ctx, box, theme);
  const { marks } = box.panel;
  const isNote = (mark) => mark.kind === "note"; // last: they keep off all other words
  for (const mark of [...marks.filter((one) => !isNote(one)), ...marks.filter(isNote)]) {
    if (mark.kind === "cursor") continue; // above the axes, see paintCursors
    ctx.save();
    if (!UNCLIPPED.has(mark.kind) && !mark.to) {
      const rim = mark.kind === "points" ? Math.max(1, mark.size) : 1; // a point on the border is whole
      ctx.beginPath();
      ctx.rect(box.left - rim, box.top - rim, box.right - box.left + 2 * rim, box.bottom - box.top + 2 * rim);
      ctx.clip();
    }
    ctx.globalAlpha = mark.alpha ?? 1;
    PAINTERS[mark.kind]?.(ctx, mark, box, theme);
    ctx.restore();
  }
}
