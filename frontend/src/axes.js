// Everything of a panel that is not a mark: grid, axis lines, ticks, labels, title, legend.
import { LABEL_FONT, PILL_MORE, TICK_FONT, TICK_LINE, TITLE_FONT } from "./layout.js";
import { haloText, pillSpan } from "./notes.js";
import { cssColor, wordColor } from "./theme.js";

const BESIDE_PILL = 8; // pixels between a pill and the next tick's word

/** Grid lines, beneath the marks. */
export function paintGrid(ctx, box, theme) {
  if (!box.panel.grid) return;
  ctx.strokeStyle = theme.grid;
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (const tick of box.xTicks) {
    const x = Math.round(box.x(tick.value)) + 0.5;
    ctx.moveTo(x, box.top);
    ctx.lineTo(x, box.bottom);
  }
  for (const tick of box.yTicks) {
    const y = Math.round(box.y(tick.value)) + 0.5;
    ctx.moveTo(box.left, y);
    ctx.lineTo(box.right, y);
  }
  ctx.stroke();
}

/** Axis lines, ticks, labels and the title, above the marks. */
export function paintAxes(ctx, box, theme) {
  const { panel } = box;
  const middle = (box.left + box.right) / 2;
  paintTitle(ctx, box, theme);
  ctx.fillStyle = theme.muted;
  ctx.textAlign = "center";
  if (panel.x.visible) paintX(ctx, box, theme, middle);
  if (panel.y.visible) paintY(ctx, box, theme);
}

/** Title and subtitle above the left edge: on one line where there is room, otherwise in lines. */
function paintTitle(ctx, box, theme) {
  const { panel, cell, head } = box;
  if (!panel.title && !panel.subtitle) return;
  const bare = !panel.x.visible && !panel.y.visible;
  const left = Math.round(Math.max(cell.left, Math.min(bare || panel.equal ? box.left : cell.left, cell.right - head.wide)));
  const bold = () => Object.assign(ctx, { fillStyle: theme.ink, font: `600 ${TITLE_FONT}px ${theme.font}` });
  const plain = () => Object.assign(ctx, { fillStyle: theme.muted, font: `${LABEL_FONT}px ${theme.font}` });
  ctx.textAlign = "left";
  ctx.textBaseline = "alphabetic";
  let line = box.top - head.air - (head.beside && panel.title ? 1 : 0);
  const upwards = (lines, x) => {
    for (const words of [...lines].reverse()) {
      ctx.fillText(words, x, line);
      line -= 15;
    }
    line -= 1;
  };
  if (head.beside && panel.title) {
    bold();
    const after = left + ctx.measureText(panel.title).width + 10;
    ctx.fillText(panel.title, left, line);
    plain();
    if (panel.subtitle) ctx.fillText(panel.subtitle, after, line);
    return;
  }
  plain();
  upwards(head.subtitle, left);
  bold();
  upwards(head.title, left);
}

function rule(ctx, theme, x0, y0, x1, y1) {
  ctx.strokeStyle = theme.grid;
  ctx.lineWidth = 1;
  ctx.beginPath();
  ctx.moveTo(x0, y0);
  ctx.lineTo(x1, y1);
  ctx.stroke();
}

function paintX(ctx, box, theme, middle) {
  const y = Math.round(box.bottom) + 0.5;
  rule(ctx, theme, box.left, y, box.right, y);
  ctx.font = `${TICK_FONT}px ${theme.font}`;
  ctx.textBaseline = "top";
  const pills = box.pill ? box.panel.marks.filter((mark) => mark.kind === "cursor" && mark.text).map((mark) => pillSpan(ctx, mark, box, theme)) : [];
  ctx.font = `${TICK_FONT}px ${theme.font}`;
  const ends = new Array(box.lines).fill(-Infinity);
  for (const [i, tick] of box.xTicks.entries()) {
    const line = i % box.lines;
    const half = ctx.measureText(tick.text).width / 2;
    const x = Math.max(box.cell.left + half, Math.min(box.cell.right - half, box.x(tick.value)));
    const covered = pills.some(([from, to]) => x + half > from - BESIDE_PILL && x - half < to + BESIDE_PILL);
    if (covered || x - half < ends[line]) continue; // no room for this word
    ctx.fillText(tick.text, x, y + 6 + line * TICK_LINE);
    ends[line] = x + half + 6;
  }
  if (panelLabel(box.panel.x)) {
    ctx.font = `${LABEL_FONT}px ${theme.font}`;
    ctx.fillText(box.panel.x.label, middle, y + 8 + TICK_FONT + (box.lines - 1) * TICK_LINE + (box.pill ? PILL_MORE : 0));
  }
}

function paintY(ctx, box, theme) {
  const x = Math.round(box.left) - 0.5;
  rule(ctx, theme, x, box.top, x, box.bottom);
  ctx.font = `${TICK_FONT}px ${theme.font}`;
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  let widest = 0;
  for (const tick of box.yTicks) {
    const y = box.y(tick.value);
    ctx.fillText(tick.text, x - 7, y);
    widest = Math.max(widest, ctx.measureText(tick.text).width);
  }
  if (panelLabel(box.panel.y)) {
    ctx.save();
    ctx.translate(x - widest - 12, (box.top + box.bottom) / 2);
    ctx.rotate(-Math.PI / 2);
    ctx.textAlign = "center";
    ctx.textBaseline = "bottom";
    ctx.font = `${LABEL_FONT}px ${theme.font}`;
    ctx.fillText(box.panel.y.label, 0, 0);
    ctx.restore();
  }
}

function panelLabel(axis) {
  return axis.label !== "";
}

/** The marks with a label, in the corner that the panel names. */
export function paintLegend(ctx, box, theme) {
  const entries = box.panel.marks.filter((mark) => mark.label);
  if (atEnds(box.panel)) {
    paintEnds(ctx, box, theme);
    return;
  }
  if (!box.panel.legend || entries.length === 0) return;
  ctx.font = `${TICK_FONT}px ${theme.font}`;
  const line = TICK_FONT + 6;
  const width = 34 + Math.max(...entries.map((mark) => ctx.measureText(mark.label).width));
  const height = entries.length * line + 6;
  const left = box.panel.legend.includes("right") ? box.right - width - 6 : box.left + 6;
  const top = box.panel.legend.includes("upper") ? box.top + 4 : box.bottom - height - 6;
  ctx.globalAlpha = 0.88;
  ctx.fillStyle = theme.paper;
  ctx.fillRect(left, top, width, height);
  ctx.globalAlpha = 1;
  ctx.strokeStyle = theme.grid;
  ctx.strokeRect(left + 0.5, top + 0.5, width - 1, height - 1);
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  entries.forEach((mark, i) => {
    const y = top + 3 + line * (i + 0.5);
    sample(ctx, mark, theme, left + 6, y);
    ctx.fillStyle = theme.ink;
    ctx.fillText(mark.label, left + 28, y);
  });
}

const atEnds = ({ legend }) => legend === "ends" || legend === "inside";
const FOOT = 12; // pixels from the middle of the lowest label to the axis: its pill and ticks are near

/** Each line's label at its right end, moved apart where two would overlap: [{mark, x, y, wide}]. */
export function endsOf(ctx, box, theme) {
  if (!atEnds(box.panel)) return [];
  const ends = [];
  const entries = box.panel.marks.filter((mark) => mark.label);
  for (const mark of entries) {
    const { x, y } = mark;
    for (let i = (y?.data?.length ?? 0) - 1; i >= 0; i -= 1) {
      const [px, py] = [box.x(x.data[i]), box.y(y.data[i])];
      if (!Number.isFinite(px) || !Number.isFinite(py)) continue;
      ends.push({ mark, x: px, y: Math.min(box.bottom, Math.max(box.top, py)) });
      break;
    }
  }
  ends.sort((a, b) => a.y - b.y);
  for (let i = 1; i < ends.length; i += 1) ends[i].y = Math.max(ends[i].y, ends[i - 1].y + LABEL_FONT + 2);
  const over = ends.length ? Math.max(0, ends.at(-1).y - box.bottom + FOOT) : 0;
  ctx.font = endFont(theme);
  return ends.map(({ mark, x, y }) => ({ mark, x: x + 8, y: y - over, wide: ctx.measureText(mark.label).width, high: LABEL_FONT }));
}

const endFont = (theme) => `600 ${LABEL_FONT}px ${theme.font}`;

function paintEnds(ctx, box, theme) {
  const ends = endsOf(ctx, box, theme);
  ctx.font = endFont(theme);
  ctx.textAlign = "left";
  ctx.textBaseline = "middle";
  for (const { mark, x, y } of ends) haloText(ctx, theme, mark.label, x, y, wordColor(mark.color, theme));
}

function sample(ctx, mark, theme, x, y) {
  const color = cssColor(mark.color, theme);
  ctx.fillStyle = ctx.strokeStyle = color;
  if (mark.kind === "line" || mark.kind === "arrows") {
    ctx.lineWidth = mark.width;
    ctx.setLineDash({ dashed: [6, 4], dotted: [2, 3] }[mark.dash] ?? []);
    ctx.beginPath();
    ctx.moveTo(x, y);
    ctx.lineTo(x + 18, y);
    ctx.stroke();
    ctx.setLineDash([]);
  } else if (mark.kind === "points" || mark.kind === "handle") {
    ctx.beginPath();
    ctx.arc(x + 9, y, Math.min(5, mark.size), 0, 2 * Math.PI);
    ctx.fill();
  } else {
    ctx.globalAlpha = mark.alpha ?? 1;
    ctx.fillRect(x, y - 5, 18, 10);
    ctx.globalAlpha = 1;
  }
}
