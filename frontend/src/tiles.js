// Small square images: the maps, filters and nodes of a network.
import { bitmap } from "./heatmap.js";

const FRAMES = [["grid", 1, 0.5], ["ink", 1.25, 0.6], ["you", 3, 2.5]]; // colour, width and distance, by state

const SEEN = 4; // pixels of a cell from which on it is seen that another is wider by one

/** Side of the tiles in pixels: smaller where the panel has no room; large cells then stay of one size. */
export function sideOf(mark, box) {
  const room = mark.fit ? Math.floor(Math.abs(box.x(mark.fit) - box.x(0))) : mark.size;
  if (room >= mark.size) return mark.size;
  const columns = mark.z.shape[2];
  return room >= SEEN * columns ? room - (room % columns) : room;
}

/** Left and top of tile i in pixels. */
export function tileAt(mark, box, i) {
  const half = sideOf(mark, box) / 2;
  const [dx, dy] = mark.shift ?? [0, 0];
  return [Math.round(box.x(mark.x.data[i]) - half + dx), Math.round(box.y(mark.y.data[i]) - half + dy)];
}

export function tiles(ctx, mark, box, theme) {
  const [count, rows, columns] = mark.z.shape;
  if (count === 0) return; // the browser makes no image without rows
  const picture = bitmap(mark, theme);
  const side = sideOf(mark, box);
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
    ctx.roundRect(left, top, side, side, mark.radius);
    ctx.clip();
    ctx.fillStyle = theme.paper;
    ctx.fillRect(left, top, side, side);
    ctx.drawImage(picture, 0, i * rows, columns, rows, left, top, side, side);
    ctx.restore();
    frame(ctx, mark, theme, [left, top, side], pointed ? Math.max(1, mark.state?.data[i] ?? 0) : (mark.state?.data[i] ?? 0));
    if (mark.captions.length) {
      ctx.fillStyle = theme.muted;
      ctx.fillText(mark.captions[i], left + side / 2, top + side + 5);
    }
  }
}

function frame(ctx, mark, theme, [left, top, side], state) {
  const [color, width, away] = FRAMES[state] ?? FRAMES[0];
  ctx.strokeStyle = theme[color];
  ctx.lineWidth = width;
  ctx.beginPath();
  ctx.roundRect(left - away, top - away, side + 2 * away, side + 2 * away, mark.radius + away);
  ctx.stroke();
}

/** The tile under a pixel, or null: {index, row, col, value, name}. */
export function tileUnder(mark, box, px, py) {
  const [, rows, columns] = mark.z.shape;
  const side = sideOf(mark, box);
  for (let i = 0; i < mark.x.data.length; i += 1) {
    const [left, top] = tileAt(mark, box, i);
    const [dx, dy] = [px - left, py - top];
    if (dx < 0 || dy < 0 || dx >= side || dy >= side) continue;
    const [row, col] = [Math.floor((dy / side) * rows), Math.floor((dx / side) * columns)];
    return { index: i, row, col, id: mark.ids?.data[i], name: mark.tips === false ? undefined : mark.names[i] };
  }
  return null;
}
