// Where each panel's plot lies on the canvas, in CSS pixels.
import { headOf } from "./lines.js";
import { axisTicks, makeScale } from "./scale.js";

export const TICK_FONT = 11;
export const LABEL_FONT = 12;
export const TITLE_FONT = 13;
export const NARROW = 640; // pixels of width from which the picture has columns
const FONTS = { title: TITLE_FONT, subtitle: LABEL_FONT };
const GAP = 10; // between panels
const [AIR, AIR_OF_TICKS] = [8, 12]; // pixels between a head and its plot: more where the uppermost tick's word reaches up
export const PILL_MORE = 5; // pixels by which a label makes way for the pill of a cursor
const PILL_FOOT = 24; // pixels that a pill takes beneath its plot
const TICK = 4;
export const TICK_LINE = 13; // pixels from a line of ticks' words to the next
const MOST_LINES = 3;

/** Pixels of a fixed size: "40px", or "min(40px, 30%)", at most so large a share of the whole. */
function pixels(size, total) {
  const [most, share] = size.match(/[\d.]+/g).map(Number);
  return share === undefined ? most : Math.min(most, (total * share) / 100);
}

/** Sizes of grid tracks within `total` pixels, as [start, end] pairs: what is in pixels is fixed, the rest goes by weight. */
export function tracks(sizes, total) {
  const fixed = sizes.map((size) => (typeof size === "string" ? pixels(size, total) : 0));
  const weights = sizes.map((size) => (typeof size === "string" ? 0 : size));
  const sum = weights.reduce((a, b) => a + b, 0) || 1;
  const spare = Math.max(0, total - fixed.reduce((a, b) => a + b, 0));
  let start = 0;
  return sizes.map((_, i) => {
    const size = fixed[i] + (spare * weights[i]) / sum;
    start += size;
    return [start - size, start];
  });
}

const OF_WIDTH = /^(?:min\(([\d.]+)px, )?(?:([\d.]+)px \+ )?(\d+)% of width\)?$/;

/** The height of a narrow page's row: "72% of width" and "min(420px, 10px + 79% of width)" become pixels. */
function rowAt(size, width) {
  const [, most = Infinity, more = 0, share] = String(size).match(OF_WIDTH) ?? [];
  return share === undefined ? size : `${Math.round(Math.min(most, Number(more) + (width * share) / 100))}px`;
}

const MOST_STACKED = 4; // panels that are put beneath one another in a narrow place

/** Where panels and slots go at this width: {rows, columns, height, panels: [[panel, at]], slots: [[slot, at]]}. */
export function arrange(scene, width) {
  const slots = scene.slots ?? [];
  if (scene.narrow && width < (scene.narrow.below ?? NARROW)) {
    const { columns, at } = scene.narrow;
    const rows = scene.narrow.rows.map((size) => rowAt(size, width));
    const height = scene.narrow.height ?? rows.reduce((sum, size) => sum + pixels(size), 0);
    const placed = (list) => list.filter((item) => at[item.name]).map((item) => [item, at[item.name]]);
    return { rows, columns, height, panels: placed(scene.panels), slots: placed(slots), narrow: true };
  }
  const { rows, columns, height } = scene;
  const only = scene.narrow?.only ?? []; // panels of the narrow grid alone
  const wide = { rows, columns, height, panels: scene.panels.filter((panel) => !only.includes(panel.name)).map((panel) => [panel, panel.at]), slots: slots.map((slot) => [slot, slot.at]), narrow: false };
  const many = scene.panels.length;
  if (width >= NARROW || many < 2 || many > MOST_STACKED || slots.length > 0) return wide;
  return stack(wide, width);
}

/** One panel beneath the other, in reading order; square ones as wide as the page. */
function stack({ rows, height, panels }, width) {
  const cuts = tracks(rows, height);
  const order = [...panels].sort(([, a], [, b]) => a[0] - b[0] || a[1] - b[1]);
  const sizes = order.map(([panel, [row, , span]]) => {
    const own = cuts[row + span - 1][1] - cuts[row][0];
    return panel.equal ? Math.min(own, width * 1.05) : Math.min(Math.max(own, 170), 280);
  });
  const total = sizes.reduce((a, b) => a + b, 0);
  return { rows: sizes.map((size) => `${size}px`), columns: [1], height: total, panels: order.map(([panel], i) => [panel, [i, 0, 1, 1]]), slots: [], narrow: true };
}

/** The rectangle of a place in the grid, in pixels. */
export function cellOf(at, rows, columns, gap = GAP) {
  const [row, column, rowSpan, columnSpan] = at;
  return {
    left: columns[column][0] + (column > 0 ? gap / 2 : 0),
    right: columns[column + columnSpan - 1][1] - (column + columnSpan < columns.length ? gap / 2 : 0),
    top: rows[row][0] + (row > 0 ? gap / 2 : 0),
    bottom: rows[row + rowSpan - 1][1] - (row + rowSpan < rows.length ? gap / 2 : 0),
  };
}

/**
 * Plot areas of an arrangement's panels.
 * @param {(text: string, size: number, bold?: boolean) => number} measure width of a text in pixels
 * @returns {Array<{panel, head, left, right, top, bottom, x, y, xTicks, yTicks}>}
 */
export function layout(arrangement, width, height, measure) {
  const rows = tracks(arrangement.rows, height);
  const columns = tracks(arrangement.columns, width);
  const cells = arrangement.panels.map(([, at]) => cellOf(at, rows, columns));
  const heads = arrangement.panels.map(([panel], i) => headOf(panel, cells[i].right - cells[i].left, measure, FONTS));
  const highest = (i) => Math.max(...heads.filter((head, k) => head.title.length && cells[k].top === cells[i].top).map((head) => head.high));
  const airOf = ({ y }) => (y.visible ? AIR_OF_TICKS : AIR);
  const most = (i) => Math.max(...heads.map((head, k) => (head.title.length && cells[k].top === cells[i].top ? airOf(arrangement.panels[k][0]) : 0)));
  const level = (i) => (heads[i].title.length ? { ...heads[i], high: highest(i), air: most(i) } : { ...heads[i], air: airOf(arrangement.panels[i][0]) }); // what is in a row stays in a row
  const boxes = arrangement.panels.map(([panel], i) => place(panel, cells[i], level(i), measure));
  for (const box of boxes) box.size = [width, height];
  for (const box of boxes) if (box.panel.group) {
    alignWith(box, boxes);
    asHigh(box, boxes);
  }
  return boxes;
}

/** Left and right edge of a plot in line with those of its group in the same columns. */
function alignWith(box, boxes) {
  const mates = boxes.filter((b) => b.panel.group === box.panel.group && b.cell.left === box.cell.left && b.cell.right === box.cell.right);
  const left = Math.max(...mates.map((b) => b.left));
  const right = Math.min(...mates.map((b) => b.right));
  for (const mate of mates) {
    Object.assign(mate, { left, right });
    mate.x = makeScale(mate.panel.x, left, right);
  }
  const beneath = mates.filter((b) => b.cell.top >= box.cell.bottom);
  for (const mate of box.spare > 0 ? beneath : []) moveUp(mate, box.spare);
}

/** What stands beside a square panel of its group is as high as that. */
function asHigh(box, boxes) {
  const square = boxes.find((b) => b.panel.group === box.panel.group && b.panel.equal && b.cell.top === box.cell.top && b.cell.bottom === box.cell.bottom);
  if (!square || box.panel.equal) return;
  Object.assign(box, { top: square.top, bottom: square.bottom });
  box.y = makeScale(box.panel.y, box.bottom, box.top);
}

/** A panel follows the square one above it, which needs less height than its cell has. */
function moveUp(box, by) {
  box.cell = { ...box.cell, top: box.cell.top - by, bottom: box.cell.bottom - by };
  [box.top, box.bottom] = [box.top - by, box.bottom - by];
  box.y = makeScale(box.panel.y, box.bottom, box.top);
}

function place(panel, cell, head, measure) {
  const bare = !panel.x.visible && !panel.y.visible;
  const top = cell.top + (head.high ? head.high + head.air - 4 : panel.y.visible ? 8 : 2);
  const pill = panel.marks.some((mark) => mark.kind === "cursor" && mark.text && !mark.bare);
  let bottom = cell.bottom - (panel.x.visible ? Math.max(pill ? PILL_FOOT : 0, TICK + TICK_FONT + 5 + (panel.x.label ? LABEL_FONT + 5 + (pill ? PILL_MORE : 0) : 0)) : 4);
  const yTicks = panel.y.visible ? axisTicks(panel.y, bottom - top, 34) : [];
  const widest = Math.max(0, ...yTicks.map((tick) => measure(tick.text, TICK_FONT)));
  const left = cell.left + (panel.y.visible ? widest + TICK + 5 + (panel.y.label ? LABEL_FONT + 6 : 0) : bare ? 1 : 4);
  const lastWide = Math.max(panel.x.visible ? 14 : bare ? 1 : 4, endWords(panel, measure));
  const lines = panel.x.visible && panel.x.staggered ? tickLines(panel, cell.right - lastWide - left, bottom - top, measure) : 1;
  bottom -= (lines - 1) * TICK_LINE;
  const box = { panel, cell, head, pill, lines, left, right: Math.max(left + 20, cell.right - lastWide), top, bottom };
  box.bottom = Math.max(top + 20, bottom);
  if (panel.equal) squeeze(box);
  box.x = makeScale(panel.x, box.left, box.right);
  box.y = makeScale(panel.y, box.bottom, box.top);
  box.xTicks = panel.x.visible ? axisTicks(panel.x, box.right - box.left, 70) : [];
  box.yTicks = yTicks;
  return box;
}

/** In how many lines, in turn, the words of an x axis find room side by side. */
function tickLines({ x, y, equal }, width, height, measure) {
  const units = Math.abs(x.high - x.low);
  const span = equal ? Math.min(width, (height * units) / Math.abs(y.high - y.low)) : width;
  const words = axisTicks(x, span, 70).map((tick) => [(tick.value * span) / units, measure(tick.text, TICK_FONT) / 2]);
  const fits = (lines) => words.every(([at, half], i) => i < lines || at - half >= words[i - lines][0] + words[i - lines][1] + 6);
  return [1, 2].find(fits) ?? MOST_LINES;
}

/** Pixels at the right for labels at the ends of lines. */
function endWords(panel, measure) {
  if (panel.legend !== "ends") return 0;
  return 10 + Math.max(0, ...panel.marks.filter((mark) => mark.label).map((mark) => measure(mark.label, LABEL_FONT, true)));
}

/** Shrinks the plot so that one unit is as long on both axes; images stay at the left, plots with axes in the middle. */
function squeeze(box) {
  const { x, y } = box.panel;
  const [unitsX, unitsY] = [Math.abs(x.high - x.low), Math.abs(y.high - y.low)];
  const scale = Math.min((box.right - box.left) / unitsX, (box.bottom - box.top) / unitsY);
  const spare = box.right - box.left - unitsX * scale;
  const bare = !box.panel.y.visible;
  box.left += bare ? 0 : spare / 2;
  box.right -= bare ? spare : spare / 2;
  box.spare = Math.max(0, box.bottom - box.top - unitsY * scale);
  box.bottom = box.top + unitsY * scale;
}
