// Matrices as coloured cells: one bitmap, kept while neither values nor colours change.
import { colorIndex, colorTable, readableOn, tableName } from "./colormap.js";
import { formatNumber } from "./scale.js";
import { say } from "./speech.js";

const bitmaps = new WeakMap();
const SMALLEST_NUMBER = 15; // pixels; smaller cells show no number
const BOLD = 20; // pixels from which on a number is what is read first
const ZERO = 0.55; // opacity of a number that reads zero: it adds nothing, and is still read (4.5:1)

/** The matrix as a small canvas, one pixel a cell. */
export function bitmap(mark, theme) {
  const key = `${tableName(mark.cmap, theme)}/${mark.vmin}/${mark.vmax}`;
  const kept = bitmaps.get(mark.z);
  if (kept?.key === key) return kept.canvas;
  const columns = mark.z.shape.at(-1);
  const rows = mark.z.data.length / columns; // many images lie beneath one another
  const canvas = kept?.canvas ?? document.createElement("canvas");
  canvas.width = columns;
  canvas.height = rows;
  const ctx = canvas.getContext("2d");
  const image = ctx.createImageData(columns, rows);
  const table = colorTable(mark.cmap, theme);
  const index = colorIndex(mark, table.length / 3);
  mark.z.data.forEach((value, i) => {
    const at = 3 * index(value);
    if (at < 0) return;
    image.data[4 * i] = table[at];
    image.data[4 * i + 1] = table[at + 1];
    image.data[4 * i + 2] = table[at + 2];
    image.data[4 * i + 3] = 255;
  });
  ctx.putImageData(image, 0, 0);
  bitmaps.set(mark.z, { key, canvas });
  return canvas;
}

export function paintHeatmap(ctx, mark, box, theme) {
  const [rows, columns] = mark.z.shape;
  const [x0, x1, y0, y1] = mark.extent;
  ctx.save();
  ctx.globalAlpha = mark.alpha;
  ctx.imageSmoothingEnabled = mark.smooth ?? false;
  const [left, bottom] = [box.x(x0), box.y(y0)];
  ctx.translate(left, bottom);
  ctx.scale((box.x(x1) - left) / columns, (box.y(y1) - bottom) / rows);
  ctx.drawImage(bitmap(mark, theme), 0, 0);
  ctx.restore();
  if (mark.numbers) paintNumbers(ctx, mark, box, theme);
}

/** The numbers of a matrix in its cells, where these are large enough. */
export function paintNumbers(ctx, mark, box, theme) {
  const [rows, columns] = mark.z.shape;
  const [x0, x1, y0, y1] = mark.extent;
  const [dx, dy] = [(x1 - x0) / columns, (y1 - y0) / rows];
  const wide = Math.abs(box.x(x0 + dx) - box.x(x0));
  const high = Math.abs(box.y(y0 + dy) - box.y(y0));
  if (Math.min(wide, high) < SMALLEST_NUMBER) return;
  const table = colorTable(mark.cmap, theme);
  const index = colorIndex(mark, table.length / 3);
  const most = Math.min(mark.type_size || 14, high * 0.6);
  ctx.font = `${most}px ${theme.font}`;
  let words, size, widest;
  const fits = mark.numbers.split("|").some((format) => {
    words = Array.from(mark.z.data, (value) => formatNumber(format, value));
    widest = Math.max(1, ...words.map((text) => ctx.measureText(text).width)) / most; // of one pixel of type
    size = Math.max(8, Math.min(most, (mark.type_size ? wide - 2 : 0.82 * wide) / widest));
    return size * widest <= wide - 1;
  });
  if (!fits) return;
  ctx.font = `${size >= BOLD ? "600 " : ""}${size}px ${theme.font}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  mark.z.data.forEach((value, i) => {
    const at = 3 * index(value);
    if (at < 0) return;
    ctx.fillStyle = readableOn([table[at], table[at + 1], table[at + 2]]);
    ctx.globalAlpha = (mark.alpha ?? 1) * (size >= BOLD || /[1-9]/.test(words[i]) ? 1 : ZERO);
    const [row, column] = [Math.floor(i / columns), i % columns];
    ctx.fillText(words[i], box.x(x0 + (column + 0.5) * dx), box.y(y0 + (row + 0.5) * dy));
  });
  ctx.globalAlpha = 1;
}

/** Row and column where there is more than one of each, after the name of what has them. */
function cellInWords(name, [row, rows], [col, columns]) {
  return [name, rows > 1 ? say("row {row}", { row }) : "", columns > 1 ? say("column {col}", { col }) : ""].filter(Boolean).join(", ");
}

/** Where a cell lies, in words: in its own image of a mosaic, null in the gaps between them. */
export function placeInWords(mark, row, col) {
  const [rows, columns] = mark.z.shape;
  if (!mark.tile) return cellInWords("", [row, rows], [col, columns]);
  const [height, width, gap] = mark.tile;
  const [down, y] = [Math.floor(row / (height + gap)), row % (height + gap)];
  const [right, x] = [Math.floor(col / (width + gap)), col % (width + gap)];
  if (y >= height || x >= width) return null;
  const index = down * Math.ceil(mark.z.shape[1] / (width + gap)) + right;
  const name = mark.tile_names?.[index] ?? say("map {index}", { index: mark.numbered?.[index] ?? index });
  return cellInWords(name, [y, height], [x, width]);
}

/** The cell of a heat map at a point in data coordinates, or null: {row, col, value}. */
export function cellAt(mark, x, y) {
  const [rows, columns] = mark.z.shape;
  const [x0, x1, y0, y1] = mark.extent;
  const col = Math.floor(((x - x0) / (x1 - x0)) * columns);
  const row = Math.floor(((y - y0) / (y1 - y0)) * rows);
  if (row < 0 || col < 0 || row >= rows || col >= columns) return null;
  return { row, col, value: mark.z.data[row * columns + col] };
}
