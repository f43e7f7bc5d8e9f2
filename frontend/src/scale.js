// Axes: from data to pixels and back, ticks and their words. The arithmetic is d3-scale's.
import { format } from "d3-format";
import { scaleLinear, scaleLog } from "d3-scale";
import { ten } from "./powers.js";
import { inLanguage, localised } from "./speech.js";

/** A d3 scale for one axis of a panel, over the pixels [from, to]. */
export function makeScale(axis, from, to) {
  const scale = axis.log ? scaleLog() : scaleLinear();
  return scale.domain([axis.low, axis.high]).range([from, to]);
}

/** A power of ten as a word: 0.01, 1, 100, otherwise 10 with a raised exponent. */
export function powerOfTen(value) {
  const exponent = Math.round(Math.log10(value));
  if (exponent >= -3 && exponent <= 3) return localised(String(Number(value.toPrecision(1))));
  return ten(exponent);
}

/** Ticks of an axis as [{value, text}], about one every `spacing` pixels. */
export function axisTicks(axis, length, spacing) {
  if (axis.ticks) {
    return axis.ticks.map((value, i) => ({ value, text: axis.names ? axis.names[i] : plain(value) }));
  }
  const count = Math.max(2, Math.floor(length / spacing));
  if (axis.log) return logTicks(axis, count);
  const scale = makeScale(axis, 0, length);
  const text = scale.tickFormat(count);
  const values = scale.ticks(count);
  if (!axis.whole) return values.map((value) => ({ value, text: localised(text(value)) }));
  return values.filter(Number.isInteger).map((value) => ({ value, text: localised(String(value)) }));
}

function logTicks(axis, count) {
  const [low, high] = [Math.min(axis.low, axis.high), Math.max(axis.low, axis.high)];
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  if (last - first < 1) {
    const scale = makeScale(axis, 0, 1);
    return scale.ticks(Math.min(count, 4)).map((value) => ({ value, text: plain(value) }));
  }
  const stride = Math.max(1, Math.ceil((last - first + 1) / count));
  const ticks = [];
  for (let exponent = first; exponent <= last; exponent += stride) {
    const value = 10 ** exponent;
    ticks.push({ value, text: powerOfTen(value) });
  }
  return ticks;
}

function plain(value) {
  return localised(sixDigits(value));
}

const formats = new Map();

/** `value` by a Python-like format such as ".2f" or "d". */
export function formatNumber(specifier, value) {
  if (!formats.has(specifier)) {
    let made;
    try {
      made = format(specifier);
    } catch {
      made = plain;
    }
    formats.set(specifier, made);
  }
  return localised(formats.get(specifier)(value));
}

/** A number for a tip: six significant digits, no trailing zeros. */
export function shortNumber(value) {
  return Number.isFinite(value) ? localised(sixDigits(value)) : String(value);
}

/** The same for a box, which is typed in: without powers of ten; `typed` is what it gives to code, where the sign is a hyphen. */
export function boxNumber(value) {
  return Number.isFinite(value) ? inLanguage(sixDigits(value)).replace(/^-/, "−") : String(value);
}

export const typed = (text) => text.replaceAll("−", "-");

const sixDigits = (value) => String(Number(value.toPrecision(6)));
