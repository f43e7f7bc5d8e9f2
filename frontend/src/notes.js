// What explains a picture: notes with an arrow, reference lines in words, the cursor of time.
import { breakLines } from "./lines.js";
import { firstFree, moved, nearestFree, rectOf, roomOf, within } from "./spots.js";
import { cssColor } from "./theme.js";

const SIZE = 12;
const LINE = 16;
const PLATE = 0.82; // opacity of the paper behind a note

/** Words with a rim of paper, so that lines behind them do not disturb. */
export function haloText(ctx, theme, text, x, y, color) {
  ctx.lineJoin = "round";
  ctx.lineWidth = 4;
  ctx.strokeStyle = theme.paper;
  ctx.strokeText(text, x, y);
  ctx.fillStyle = color;
  ctx.fillText(text, x, y);
}

/** Words in the plot or beside it, with an arrow: near their place, on no other words. */
export function note(ctx, mark, box, theme) {
  if (box.right - box.left < (mark.needs ?? 0)) return;
  const color = cssColor(mark.color, theme);
  ctx.font = `${mark.tag ? "" : "italic "}${SIZE}px ${theme.font}`;
  const room = roomOf(box);
  const measure = (text) => ctx.measureText(text).width;
  const lines = breakLines(mark.text, Math.min(mark.width, room.right - room.left), measure);
  const wide = Math.max(...lines.map(measure));
  const wanted = rectOf(box.x(mark.x), box.y(mark.y), wide, lines.length * LINE, mark.align);
  const rect = nearestFree(wanted, box.taken ?? [], room);
  box.taken?.push(rect);
  const x = { left: rect.left, center: (rect.left + rect.right) / 2, right: rect.right }[mark.align];
  ctx.textAlign = mark.align;
  ctx.textBaseline = "top";
  if (!mark.tag) plate(ctx, theme, rect);
  lines.forEach((line, i) => haloText(ctx, theme, line, x, rect.top + i * LINE, color));
  if (mark.to) leader(ctx, [x, rect.top, lines.length * LINE, mark.align], [box.x(mark.to[0]), box.y(mark.to[1])], color);
}

/** Quiet paper behind words: grid and lines do not show between letters. */
function plate(ctx, theme, rect) {
  const [alpha, wide, high] = [ctx.globalAlpha, rect.right - rect.left + 2, rect.bottom - rect.top + 2];
  ctx.globalAlpha = alpha * PLATE;
  ctx.fillStyle = theme.paper;
  ctx.beginPath();
  ctx.roundRect(rect.left - 1, rect.top - 2, wide, high, 2);
  ctx.fill();
  ctx.globalAlpha = alpha;
}

/** A thin curve from the corner of the words that is nearest to the target, with an open head. */
function leader(ctx, [x, y, height, align], [tx, ty], color) {
  const from = { left: x - 6, right: x + 6, center: x }[align];
  const above = ty < y;
  const startY = align === "center" ? (above ? y - 3 : y + height) : y + 6;
  const [cx, cy] = align === "center" ? [tx, (startY + ty) / 2] : [from - (align === "left" ? 6 : -6), (startY + ty) / 2];
  ctx.strokeStyle = color;
  ctx.lineWidth = 1;
  ctx.beginPath();
  ctx.moveTo(from, startY);
  ctx.quadraticCurveTo(cx, cy, tx, ty);
  ctx.stroke();
  const turn = Math.atan2(ty - cy, tx - cx);
  ctx.beginPath();
  ctx.moveTo(tx - 7 * Math.cos(turn - 0.45), ty - 7 * Math.sin(turn - 0.45));
  ctx.lineTo(tx, ty);
  ctx.lineTo(tx - 7 * Math.cos(turn + 0.45), ty - 7 * Math.sin(turn + 0.45));
  ctx.stroke();
}

const DASHES = { solid: [], dashed: [6, 4], dotted: [2, 3] };

export function reference(ctx, mark, box, theme) {
  const color = cssColor(mark.color, theme);
  const upright = mark.x !== null;
  const at = Math.round(upright ? box.x(mark.x) : box.y(mark.y)) + 0.5;
  const [low, high] = upright ? [box.left, box.right] : [box.top, box.bottom];
  if (!(at >= low - 1 && at <= high + 1)) return;
  ctx.strokeStyle = color;
  ctx.lineWidth = 1.25;
  ctx.setLineDash(DASHES[mark.dash]);
  ctx.beginPath();
  ctx.moveTo(upright ? at : box.left, upright ? box.top : at);
  ctx.lineTo(upright ? at : box.right, upright ? box.bottom : at);
  ctx.stroke();
  ctx.setLineDash([]);
  referenceWords(ctx, mark, box, theme, [upright, at, color]);
}

const LEVEL = 13; // pixels between lines of a level's words

/** Whether a cursor of the panel runs through a rectangle. */
const underCursor = (box, { left, right }) => box.panel.marks.some(({ kind, x }) => kind === "cursor" && box.x(x) > left - 3 && box.x(x) < right + 3);

/** The words of a level: at the end that the mark names, on the side and at the end where neither words nor a cursor are. */
function referenceWords(ctx, mark, box, theme, [upright, at, color]) {
  ctx.font = `11px ${theme.font}`;
  const measure = (text) => ctx.measureText(text).width;
  const lines = breakLines(mark.text, Math.max(40, box.right - box.left - 8), measure);
  const [wide, high] = [Math.max(...lines.map(measure)), lines.length * LEVEL];
  const end = mark.at === "end";
  const across = [end ? rectOf(box.right - 4, 0, wide, high, "right") : rectOf(box.left + 4, 0, wide, high)];
  across.push(end ? rectOf(box.left + 4, 0, wide, high) : rectOf(box.right - 4, 0, wide, high, "right"));
  const places = upright
    ? [end ? box.top + 1 : box.bottom - 3 - high, end ? box.bottom - 3 - high : box.top + 1].flatMap((top) => {
        const sides = [moved(rectOf(at + 5, 0, wide, high), 0, top), moved(rectOf(at - 5, 0, wide, high, "right"), 0, top)];
        return at + wide + 10 > box.right ? sides.reverse() : sides;
      })
    : across.flatMap((rect) => {
        const sides = [moved(rect, 0, at - 2 - high), moved(rect, 0, at + 3)];
        return at - 3 - high < box.top ? sides.reverse() : sides;
      });
  const room = { ...roomOf(box), left: box.cell.left };
  const possible = places.map((one) => within(one, room));
  possible.sort((a, b) => underCursor(box, a) - underCursor(box, b));
  const rect = firstFree(possible, box.taken ?? [], room);
  box.taken?.push(rect);
  ctx.textAlign = "left";
  ctx.textBaseline = "top";
  lines.forEach((line, i) => haloText(ctx, theme, line, rect.left, rect.top + i * LEVEL, color));
}

const PILL = 20; // height of the pill in pixels

export function cursor(ctx, mark, box, theme) {
  const x = Math.min(box.right, Math.max(box.left, box.x(mark.x)));
  const color = cssColor(mark.color, theme);
  ctx.fillStyle = ctx.strokeStyle = color;
  ctx.lineWidth = 2;
  ctx.beginPath();
  ctx.moveTo(x, mark.text || mark.bare ? box.top : box.top + 4);
  ctx.lineTo(x, box.bottom + (mark.text ? 3 : 0));
  ctx.stroke();
  if (mark.bare) return;
  if (mark.text) pill(ctx, mark, box, theme);
  else knob(ctx, box, theme, x);
}

/** Left and right end of a cursor's pill. */
export function pillSpan(ctx, mark, box, theme) {
  const x = Math.min(box.right, Math.max(box.left, box.x(mark.x)));
  ctx.font = `700 12px ${theme.font}`;
  const wide = ctx.measureText(`◂ ${mark.text} ▸`).width + 18;
  const left = Math.min(box.cell.right - wide, Math.max(box.cell.left, x - wide / 2));
  return [left, left + wide];
}

function pill(ctx, mark, box, theme) {
  const text = `◂ ${mark.text} ▸`;
  const [left, right] = pillSpan(ctx, mark, box, theme);
  const wide = right - left;
  ctx.beginPath();
  ctx.roundRect(left, box.bottom + 2, wide, PILL, PILL / 2);
  ctx.fill();
  ctx.fillStyle = theme["on-you"];
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  ctx.fillText(text, left + wide / 2, box.bottom + 2.5 + PILL / 2);
}

function knob(ctx, box, theme, x) {
  ctx.beginPath();
  ctx.roundRect(x - 6, box.top - 6, 12, 20, 3);
  ctx.fill();
  ctx.strokeStyle = theme["on-you"];
  ctx.lineWidth = 1.5;
  ctx.beginPath();
  for (const dx of [-2, 2]) {
    ctx.moveTo(x + dx, box.top);
    ctx.lineTo(x + dx, box.top + 8);
  }
  ctx.stroke();
}

/** Whether a pixel is on the cursor's line, its knob or its pill. */
export function cursorUnder(mark, box, px, py) {
  const x = Math.min(box.right, Math.max(box.left, box.x(mark.x)));
  const pilled = mark.text && py > box.bottom - 4 && Math.abs(px - x) < 40;
  return Math.abs(px - x) <= 10 || pilled;
}

const LENS = 0.14; // opacity of a wedge
const FAR = 90; // pixels between two panels that no wedge bridges

/** A shaded wedge from an edge in this panel to one in another, which shows large what lies here. */
export function lens(ctx, mark, box, theme) {
  const far = box.byName?.get(mark.to);
  if (!far || Math.max(far.top - box.bottom, box.top - far.bottom, far.left - box.right) > FAR) return;
  if (mark.x.data[0] === mark.x.data[1] && far.top > box.bottom) return; // an upright edge leads to the side
  if (mark.x.data[0] !== mark.x.data[1] && far.bottom < box.top) return; // and a level one down, not back over its own panel
  const near = [0, 1].map((i) => [box.x(mark.x.data[i]), box.y(mark.y.data[i])]);
  const ends = [0, 1].map((i) => [far.x(mark.far_x.data[i]), far.y(mark.far_y.data[i])]);
  ctx.fillStyle = ctx.strokeStyle = cssColor(mark.color, theme);
  const strength = mark.alpha ?? 1;
  ctx.globalAlpha = LENS * strength;
  ctx.beginPath();
  [near[0], near[1], ends[1], ends[0]].forEach((point, i) => (i ? ctx.lineTo(...point) : ctx.moveTo(...point)));
  ctx.fill();
  ctx.beginPath();
  for (const i of [0, 1]) {
    ctx.moveTo(...near[i]);
    ctx.lineTo(...ends[i]);
  }
  for (const [color, width, alpha] of [[theme.paper, 3, 0.5], [ctx.fillStyle, 1.25, 1]]) { // to be seen on any ground
    Object.assign(ctx, { strokeStyle: color, lineWidth: width, globalAlpha: alpha * strength });
    ctx.stroke();
  }
}
