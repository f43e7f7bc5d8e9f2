// How very small and very large numbers are read: 4.7 × 10⁻⁶. The twin of cnnlib/runtime/powers.py.
import { h } from "./dom.js";

const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const WITH_E = /^(-?)(\d+(?:\.\d+)?)e([+-]?\d+)$/;
const PLAIN = /^\+?0?[2-5]$/; // powers up to this are written out: 1,400
const ZEROS = /^(-?)0\.(000\d{2,})$/;
const RAISED = /(?:[\d.,]+\u00a0×\u00a0)?10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+/g;

/** 10 with a raised exponent. */
export function ten(power) {
  const digits = [...String(Math.abs(power))].map((digit) => SUPERSCRIPTS[digit]).join("");
  return `10${power < 0 ? "⁻" : ""}${digits}`;
}

/** A number in English digits with a power of ten in place of an "e" and of decimals that begin with three zeros. */
export function raised(text) {
  const found = WITH_E.exec(text);
  if (found && PLAIN.test(found[3])) return Number(text).toLocaleString("en");
  if (found) return scientific(found[1], found[2], Number(found[3]));
  const [, sign, decimals] = ZEROS.exec(text) ?? [];
  const digits = decimals?.replace(/^0+/, "");
  if (!digits) return text;
  const rest = digits.slice(1);
  return scientific(sign, digits[0] + (rest && `.${rest}`), digits.length - decimals.length - 1);
}

const scientific = (sign, digits, power) => sign + (digits === "1" ? "" : `${digits}\u00a0×\u00a0`) + ten(power);

/** The same for somebody who listens: a screen reader passes over small raised digits. */
export function heard(text, say) {
  return text.replace(RAISED, (found) => {
    const [number, power] = found.includes("×") ? found.split("\u00a0×\u00a010") : ["", found.slice(2)];
    const plain = power.replace(/./g, (digit) => (digit === "⁻" ? "−" : SUPERSCRIPTS.indexOf(digit)));
    const values = { number, power: plain };
    return number ? say("{number} times 10 to the power of {power}", values) : say("10 to the power of {power}", values);
  });
}

/** A text for an element: what it shows has raised digits, what is heard has words in their place. */
export function readable(text, say) {
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(RAISED)) {
    parts.push(text.slice(end, found.index), h("span", { role: "img", "aria-label": heard(found[0], say) }, found[0]));
    end = found.index + found[0].length;
  }
  return [...parts, text.slice(end)].filter((part) => part !== "");
}
