// Everything of a panel that is not a mark: grid, axis lines, ticks, labels, title, legend.
import { LABEL_FONT, TICK_FONT } from "./layout.js";
import { cssColor } from "./theme.js";

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
  ctx.fillStyle = theme.ink;
  ctx.textAlign = "center";
  if (panel.title) {
    ctx.font = `600 ${LABEL_FONT}px ${theme.font}`;
    ctx.textBaseline = "bottom";
    ctx.fillText(panel.title, middle, box.top - 5);
  }
  if (panel.x.visible) paintX(ctx, box, theme, middle);
  if (panel.y.visible) paintY(ctx, box, theme);
}

function rule(ctx, theme, x0, y0, x1, y1) {
  ctx.strokeStyle = theme.muted;
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
  let end = -Infinity;
  for (const tick of box.xTicks) {
    const x = box.x(tick.value);
    const half = ctx.measureText(tick.text).width / 2;
    rule(ctx, theme, Math.round(x) + 0.5, y, Math.round(x) + 0.5, y + 4);
    if (x - half < end) continue; // no room for this word
    ctx.fillText(tick.text, x, y + 6);
    end = x + half + 6;
  }
  if (panelLabel(box.panel.x)) {
    ctx.font = `${LABEL_FONT}px ${theme.font}`;
    ctx.fillText(box.panel.x.label, middle, y + 8 + TICK_FONT);
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
    rule(ctx, theme, x - 4, Math.round(y) + 0.5, x, Math.round(y) + 0.5);
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
