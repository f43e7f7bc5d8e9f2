// Values to colours: 256 colours a map, the same as the static picture's.
import colors from "./colors.json" with { type: "json" };
import { cssColor, hexToBytes, toBytes } from "./theme.js";

const FAINTEST = 0.12; // what is left of a link of weight zero on a dark page
const tables = new Map();

/** The 256 (or fewer) colours of a map as bytes r, g, b, r, g, b, … */
export function colorTable(cmap, theme) {
  if (cmap === "category") {
    return Uint8Array.from(colors.categories.flatMap((name) => toBytes(cssColor(name, theme))));
  }
  if (!tables.has(cmap)) tables.set(cmap, Uint8Array.from(hexToBytes(colors.maps[cmap])));
  return tables.get(cmap);
}

/** A function from value to the index of its colour in the table; -1 for values that are not finite. */
export function colorIndex(mark, size) {
  const [low, high] = mark.cmap === "category" ? [0, size] : [mark.vmin, mark.vmax];
  const scale = size / (high - low);
  return (value) => {
    if (!Number.isFinite(value)) return -1;
    return Math.min(size - 1, Math.max(0, Math.floor((value - low) * scale)));
  };
}

/** A function from value to CSS colour, or null where there is none. */
export function valueColor(mark, theme) {
  const table = colorTable(mark.cmap, theme);
  const index = colorIndex(mark, table.length / 3);
  return (value) => {
    const i = 3 * index(value);
    return i < 0 ? null : `rgb(${table[i]},${table[i + 1]},${table[i + 2]})`;
  };
}

/** Black or white, whichever is read more easily on rgb (relative luminance, WCAG 2). */
export function readableOn([r, g, b]) {
  const linear = [r, g, b].map((byte) => {
    const c = byte / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] > 0.179 ? "#000000" : "#ffffff";
}

/** As valueColor, for lines: on a dark page the pale middle of a signed map gives way to the page, or zero would glare. */
export function lineColor(mark, theme) {
  const paint = valueColor(mark, theme);
  const paper = toBytes(theme.paper);
  if (readableOn(paper) === "#000000" || !(mark.vmax > 0 && mark.vmin === -mark.vmax)) return paint;
  return (value) => {
    const color = paint(value);
    const share = Math.min(1, FAINTEST + (2 * Math.abs(value)) / mark.vmax);
    return color && `rgb(${toBytes(color).map((byte, i) => Math.round(share * byte + (1 - share) * paper[i])).join(",")})`;
  };
}
