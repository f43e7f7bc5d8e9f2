// The maps of a layer on a strict grid, and the scale of colours beneath them.
import { colorTable } from "./colormap.js";
import { bitmap, paintNumbers } from "./heatmap.js";
import { rectOf, within } from "./spots.js";

const FRAMES = [["grid", 1, 0.5], ["muted", 1, 0.5], ["you", 2.5, 1.5]]; // colour, width and distance, by state
const AIR = 4; // pixels between the maps and their common frame
const BAR = [46, 7]; // of a scale, in pixels

const lifted = new WeakMap();

/** The array with its smaller values raised to `floor`, made once. */
export function floored(z, floor) {
  if (!lifted.has(z)) lifted.set(z, { shape: z.shape, data: z.data.map((value) => (value < floor ? floor : value)) });
  return lifted.get(z);
}

/** The block in pixels: {left, top, wide, high, stepX, stepY, columns} with the size of one map and its distance to the next. */
export function gridOf(mark, box) {
  const [height, width, gap] = mark.tile;
  const full = (mark.pitch - mark.gap) / Math.max(height, width);
  const cell = full * (mark.needs ? Math.min(1, (box.right - box.left) / mark.needs) : 1);
  const [wide, high] = [width * cell, height * cell];
  const [stepX, stepY] = [wide + mark.gap, height * full + mark.gap]; // each stays in its row
  const down = Math.ceil(mark.count / mark.across);
  return {
    left: Math.round(box.x(mark.x) - (mark.across * stepX - mark.gap) / 2),
    top: Math.round(box.y(mark.y) - ((down - 1) * stepY + high) / 2),
    wide, high, stepX, stepY, cell, down,
    columns: Math.floor((mark.z.shape[1] + gap) / (width + gap)),
  };
}

const corner = (mark, grid, i) => [grid.left + (i % mark.across) * grid.stepX, grid.top + Math.floor(i / mark.across) * grid.stepY];

export function maps(ctx, mark, box, theme) {
  const grid = gridOf(mark, box);
  const [height, width, gap] = mark.tile;
  const picture = bitmap(mark, theme);
  ctx.imageSmoothingEnabled = false;
  if (mark.framed) {
    ctx.beginPath();
    ctx.roundRect(grid.left - AIR, grid.top - AIR, mark.across * grid.stepX - mark.gap + 2 * AIR, (grid.down - 1) * grid.stepY + grid.high + 2 * AIR, 6);
    ctx.fillStyle = theme.panel;
    ctx.fill();
  }
  for (let i = 0; i < mark.count; i += 1) {
    const [left, top] = corner(mark, grid, i);
    ctx.fillStyle = theme.paper;
    ctx.globalAlpha = 1;
    ctx.fillRect(left, top, grid.wide, grid.high);
    ctx.globalAlpha = mark.opacity?.data[i] ?? 1;
    const [sx, sy] = [(i % grid.columns) * (width + gap), Math.floor(i / grid.columns) * (height + gap)];
    ctx.drawImage(picture, sx, sy, width, height, left, top, grid.wide, grid.high);
    ctx.globalAlpha = 1;
  }
  if (mark.numbers && mark.count === 1) {
    const [left, top] = corner(mark, grid, 0);
    const scale = { x: (column) => left + column * grid.cell, y: (row) => top + row * grid.cell };
    paintNumbers(ctx, { ...mark, extent: [0, width, 0, height] }, scale, theme);
  }
  for (const wanted of [0, 1, 2]) { // the chosen one's frame above its neighbours'
    for (let i = 0; i < mark.count; i += 1) {
      const state = mark.ids && box.pointed !== null && box.pointed === mark.ids.data[i] ? 2 : (mark.state?.data[i] ?? 0);
      if (state !== wanted) continue;
      frame(ctx, theme, ...corner(mark, grid, i), grid, state);
    }
  }
  boxes(ctx, mark, grid, theme);
}

function frame(ctx, theme, left, top, grid, state) {
  const [color, width, away] = FRAMES[state];
  ctx.strokeStyle = theme[color];
  ctx.lineWidth = width;
  ctx.strokeRect(left - away, top - away, grid.wide + 2 * away, grid.high + 2 * away);
}

/** Frames around cells, in teal with a rim of paper. */
function boxes(ctx, mark, grid, theme) {
  if (!mark.boxes) return;
  for (let k = 0; k < mark.boxes.data.length; k += 5) {
    const [i, row0, row1, col0, col1] = mark.boxes.data.slice(k, k + 5);
    const [left, top] = corner(mark, grid, i);
    const high = (row1 - row0 + 1) * grid.cell;
    const wide = (col1 - col0 + 1) * grid.cell;
    const more = Math.max(0, 5 - Math.min(high, wide)) / 2; // a single small cell stays to be seen
    const rect = [left + col0 * grid.cell - more, top + row0 * grid.cell - more, wide + 2 * more, high + 2 * more];
    ctx.strokeStyle = theme.paper;
    ctx.lineWidth = 3.5;
    ctx.strokeRect(...rect);
    ctx.strokeStyle = theme.you;
    ctx.lineWidth = 1.75;
    ctx.strokeRect(...rect);
  }
}

/** The cell under a pixel, counted in the mosaic, or null: {row, col, x, y, value, id}, x and y in its columns and rows. */
export function mapUnder(mark, box, px, py) {
  const grid = gridOf(mark, box);
  const [height, width, gap] = mark.tile;
  for (let i = 0; i < mark.count; i += 1) {
    const [left, top] = corner(mark, grid, i);
    const [dx, dy] = [px - left, py - top];
    if (dx < 0 || dy < 0 || dx >= grid.wide || dy >= grid.high) continue;
    const row = Math.floor(i / grid.columns) * (height + gap) + Math.min(height - 1, Math.floor(dy / grid.cell));
    const col = (i % grid.columns) * (width + gap) + Math.min(width - 1, Math.floor(dx / grid.cell));
    const [x, y] = [col + (dx / grid.cell) % 1 - 0.5, row + (dy / grid.cell) % 1 - 0.5]; // within the cell
    return { row, col, x, y, value: mark.z.data[row * mark.z.shape[1] + col], id: mark.ids?.data[i] };
  }
  return null;
}

/** A bar of colours with the values of its ends in words. */
export function colorscale(ctx, mark, box, theme) {
  if (box.right - box.left < mark.needs) return;
  const [wide, high] = BAR;
  const [dx, dy] = mark.shift ?? [0, 0];
  ctx.font = `11px ${theme.font}`;
  const [low, end] = mark.words.map((word) => ctx.measureText(word).width + 5);
  const across = within(rectOf(box.x(mark.x) + dx - wide / 2 - low, 0, low + wide + end, high), { left: box.cell.left, right: box.cell.right, top: 0, bottom: high });
  const [left, top] = [Math.round(across.left + low), Math.round(box.y(mark.y) + dy - high / 2)];
  const table = colorTable(mark.cmap, theme);
  const size = table.length / 3;
  for (let i = 0; i < wide; i += 1) {
    const at = 3 * Math.min(size - 1, Math.floor(((i + 0.5) / wide) * size));
    ctx.fillStyle = `rgb(${table[at]},${table[at + 1]},${table[at + 2]})`;
    ctx.fillRect(left + i, top, 1, high);
  }
  ctx.strokeStyle = theme.grid;
  ctx.lineWidth = 1;
  ctx.strokeRect(left - 0.5, top - 0.5, wide + 1, high + 1);
  ctx.font = `11px ${theme.font}`;
  ctx.textBaseline = "middle";
  ctx.fillStyle = theme.muted;
  ctx.textAlign = "right";
  ctx.fillText(mark.words[0], left - 4, top + high / 2);
  ctx.textAlign = "left";
  ctx.fillText(mark.words[1], left + wide + 4, top + high / 2);
}
