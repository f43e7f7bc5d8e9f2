// Small square images: the maps, filters and nodes of a network.
import { bitmap } from "./heatmap.js";

const FRAMES = [["grid", 1, 0.5], ["ink", 1.25, 0.6], ["you", 3, 2.5]]; // colour, width and distance, by state

/** Left and top of tile i in pixels. */
export function tileAt(mark, box, i) {
  const half = mark.size / 2;
  const [dx, dy] = mark.shift ?? [0, 0];
  return [Math.round(box.x(mark.x.data[i]) - half + dx), Math.round(box.y(mark.y.data[i]) - half + dy)];
}

export function tiles(ctx, mark, box, theme) {
  const [, rows, columns] = mark.z.shape;
  const picture = bitmap(mark, theme);
  ctx.imageSmoothingEnabled = false;
  ctx.font = `11px ${theme.font}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "top";
  for (let i = 0; i < mark.x.data.length; i += 1) {
    const [left, top] = tileAt(mark, box, i);
    if (!Number.isFinite(left) || !Number.isFinite(top)) continue;
    const pointed = mark.ids !== null && mark.ids !== undefined && box.pointed === mark.ids.data[i];
    ctx.globalAlpha = (mark.opacity?.data[i] ?? 1) * (mark.alpha ?? 1);
    ctx.save();
    ctx.beginPath();
    ctx.roundRect(left, top, mark.size, mark.size, mark.radius);
    ctx.clip();
    ctx.fillStyle = theme.paper;
    ctx.fillRect(left, top, mark.size, mark.size);
    ctx.drawImage(picture, 0, i * rows, columns, rows, left, top, mark.size, mark.size);
    ctx.restore();
    frame(ctx, mark, theme, left, top, pointed ? Math.max(1, mark.state?.data[i] ?? 0) : (mark.state?.data[i] ?? 0));
    if (mark.captions.length) {
      ctx.fillStyle = theme.muted;
      ctx.fillText(mark.captions[i], left + mark.size / 2, top + mark.size + 5);
    }
  }
}

function frame(ctx, mark, theme, left, top, state) {
  const [color, width, away] = FRAMES[state] ?? FRAMES[0];
  ctx.strokeStyle = theme[color];
  ctx.lineWidth = width;
  ctx.beginPath();
  ctx.roundRect(left - away, top - away, mark.size + 2 * away, mark.size + 2 * away, mark.radius + away);
  ctx.stroke();
}

/** The tile under a pixel, or null: {index, row, col, value, name}. */
export function tileUnder(mark, box, px, py) {
  const [, rows, columns] = mark.z.shape;
  for (let i = 0; i < mark.x.data.length; i += 1) {
    const [left, top] = tileAt(mark, box, i);
    const [dx, dy] = [px - left, py - top];
    if (dx < 0 || dy < 0 || dx >= mark.size || dy >= mark.size) continue;
    const [row, col] = [Math.floor((dy / mark.size) * rows), Math.floor((dx / mark.size) * columns)];
    return { index: i, row, col, id: mark.ids?.data[i], name: mark.names[i] };
  }
  return null;
}
