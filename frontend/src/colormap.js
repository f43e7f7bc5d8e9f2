// Values to colours: 256 colours a map, the same as the static picture's.
import colors from "./colors.json" with { type: "json" };
import { cssColor, hexToBytes, toBytes } from "./theme.js";

const FAINTEST = 0.15; // opacity of a link of weight zero
const tables = new Map();

/** What tells the tables of a map in both themes apart. */
export const tableName = (cmap, theme) => (typeof colors.maps[cmap] === "string" ? cmap : `${cmap}/${theme.dark}/${theme.muted}`);

/** The 256 (or fewer) colours of a map as bytes r, g, b, r, g, b, … */
export function colorTable(cmap, theme) {
  if (cmap === "category") {
    return Uint8Array.from(colors.categories.flatMap((name) => toBytes(cssColor(name, theme))));
  }
  const key = tableName(cmap, theme);
  if (!tables.has(key)) {
    const map = colors.maps[cmap];
    tables.set(key, Uint8Array.from(hexToBytes(map[theme.dark ? "dark" : "light"] ?? map)));
  }
  return tables.get(key);
}

/** A function from value to the index of its colour in the table; -1 for values that are not finite. */
export function colorIndex(mark, size) {
  const [low, high] = mark.cmap === "category" ? [0, size] : [mark.vmin, mark.vmax];
  const signed = mark.cmap === "diverging" && low < 0 && high > 0; // zero is its middle, whatever its ends
  const share = signed ? (value) => 0.5 + (0.5 * value) / (value < 0 ? -low : high) : (value) => (value - low) / (high - low);
  return (value) => {
    if (!Number.isFinite(value)) return -1;
    return Math.min(size - 1, Math.max(0, Math.floor(share(value) * size)));
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

/** As valueColor, for lines: in a signed map the sign's colour, less and less opaque towards zero. */
export function lineColor(mark, theme) {
  if (mark.cmap !== "diverging") return valueColor(mark, theme);
  const [minus, plus] = [toBytes(theme.neg).join(","), toBytes(theme.pos).join(",")];
  return (value) => {
    if (!Number.isFinite(value)) return null;
    const share = Math.min(1, FAINTEST + ((1 - FAINTEST) * Math.abs(value)) / mark.vmax);
    return `rgba(${value > 0 ? plus : minus},${share.toFixed(3)})`;
  };
}
