// Where each panel's plot lies on the canvas, in CSS pixels.
import { axisTicks, makeScale } from "./scale.js";

export const TICK_FONT = 11;
export const LABEL_FONT = 12;
const GAP = 10; // between panels
const TICK = 4;

/** Sizes of grid tracks of the given weights within `total` pixels, as [start, end] pairs. */
export function tracks(weights, total) {
  const sum = weights.reduce((a, b) => a + b, 0);
  let start = 0;
  return weights.map((weight) => {
    const size = (total * weight) / sum;
    start += size;
    return [start - size, start];
  });
}

/**
 * Plot areas of a scene's panels.
 * @param {(text: string, size: number) => number} measure width of a text in pixels
 * @returns {Array<{panel, left, right, top, bottom, x, y, xTicks, yTicks}>}
 */
export function layout(scene, width, height, measure) {
  const rows = tracks(scene.rows, height);
  const columns = tracks(scene.columns, width);
  return scene.panels.map((panel) => {
    const [row, column, rowSpan, columnSpan] = panel.at;
    const cell = {
      left: columns[column][0] + (column > 0 ? GAP / 2 : 0),
      right: columns[column + columnSpan - 1][1] - (column + columnSpan < columns.length ? GAP / 2 : 0),
      top: rows[row][0] + (row > 0 ? GAP / 2 : 0),
      bottom: rows[row + rowSpan - 1][1] - (row + rowSpan < rows.length ? GAP / 2 : 0),
    };
    return place(panel, cell, measure);
  });
}

function place(panel, cell, measure) {
  const top = cell.top + (panel.title ? 22 : 8);
  const bottom = cell.bottom - (panel.x.visible ? TICK + TICK_FONT + 5 + (panel.x.label ? LABEL_FONT + 5 : 0) : 4);
  const yTicks = panel.y.visible ? axisTicks(panel.y, bottom - top, 34) : [];
  const widest = Math.max(0, ...yTicks.map((tick) => measure(tick.text, TICK_FONT)));
  const left = cell.left + (panel.y.visible ? widest + TICK + 5 + (panel.y.label ? LABEL_FONT + 6 : 0) : 4);
  const lastWide = panel.x.visible ? 14 : 4;
  const box = { panel, left, right: Math.max(left + 20, cell.right - lastWide), top, bottom };
  box.bottom = Math.max(top + 20, bottom);
  if (panel.equal) squeeze(box);
  box.x = makeScale(panel.x, box.left, box.right);
  box.y = makeScale(panel.y, box.bottom, box.top);
  box.xTicks = panel.x.visible ? axisTicks(panel.x, box.right - box.left, 70) : [];
  box.yTicks = yTicks;
  return box;
}

/** Shrinks the plot so that one unit is as long on both axes; it stays centred. */
function squeeze(box) {
  const { x, y } = box.panel;
  const [unitsX, unitsY] = [Math.abs(x.high - x.low), Math.abs(y.high - y.low)];
  const scale = Math.min((box.right - box.left) / unitsX, (box.bottom - box.top) / unitsY);
  const [spareX, spareY] = [box.right - box.left - unitsX * scale, box.bottom - box.top - unitsY * scale];
  box.left += spareX / 2;
  box.right -= spareX / 2;
  box.top += spareY / 2;
  box.bottom -= spareY / 2;
}
