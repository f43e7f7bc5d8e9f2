// What explains a picture: notes with an arrow, reference lines in words, the cursor of time.
import { cssColor } from "./theme.js";

const SIZE = 12;
const LINE = 16;

/** Words with a rim of paper, so that lines behind them do not disturb. */
export function haloText(ctx, theme, text, x, y, color) {
  ctx.lineJoin = "round";
  ctx.lineWidth = 4;
  ctx.strokeStyle = theme.paper;
  ctx.strokeText(text, x, y);
  ctx.fillStyle = color;
  ctx.fillText(text, x, y);
}

/** A text in lines of at most `width` pixels. */
export function wrap(ctx, text, width) {
  const lines = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line ? `${line} ${word}` : word;
    if (line && ctx.measureText(longer).width > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

export function note(ctx, mark, box, theme) {
  if (box.right - box.left < (mark.needs ?? 0)) return;
  const color = cssColor(mark.color, theme);
  ctx.font = `italic ${SIZE}px ${theme.font}`;
  ctx.textAlign = mark.align;
  ctx.textBaseline = "top";
  const lines = wrap(ctx, mark.text, mark.width);
  const [x, y] = [box.x(mark.x), box.y(mark.y)];
  lines.forEach((line, i) => haloText(ctx, theme, line, x, y + i * LINE, color));
  if (mark.to) leader(ctx, [x, y, lines.length * LINE, mark.align], [box.x(mark.to[0]), box.y(mark.to[1])], color);
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
  ctx.font = `11px ${theme.font}`;
  const end = mark.at === "end";
  if (upright) {
    const wide = ctx.measureText(mark.text).width;
    ctx.textAlign = at + wide + 10 > box.right ? "right" : "left";
    ctx.textBaseline = end ? "top" : "bottom";
    haloText(ctx, theme, mark.text, at + (ctx.textAlign === "left" ? 5 : -5), end ? box.top + 2 : box.bottom - 3, color);
    return;
  }
  ctx.textAlign = end ? "right" : "left";
  ctx.textBaseline = at - 16 < box.top ? "top" : "bottom";
  haloText(ctx, theme, mark.text, end ? box.right - 4 : box.left + 4, at + (ctx.textBaseline === "top" ? 4 : -3), color);
}

const PILL = 20; // height of the pill in pixels

export function cursor(ctx, mark, box, theme) {
  const x = Math.min(box.right, Math.max(box.left, box.x(mark.x)));
  const color = cssColor(mark.color, theme);
  ctx.fillStyle = ctx.strokeStyle = color;
  ctx.lineWidth = 2;
  ctx.beginPath();
  ctx.moveTo(x, mark.text ? box.top : box.top + 4);
  ctx.lineTo(x, box.bottom + (mark.text ? 3 : 0));
  ctx.stroke();
  if (mark.text) pill(ctx, mark, box, theme, x);
  else knob(ctx, box, theme, x);
}

function pill(ctx, mark, box, theme, x) {
  ctx.font = `700 12px ${theme.font}`;
  const text = `◂ ${mark.text} ▸`;
  const wide = ctx.measureText(text).width + 18;
  const left = Math.min(box.cell.right - wide, Math.max(box.cell.left, x - wide / 2));
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
