// The learner's language: the words of this script, and the marks in its numbers, as the kernel's catalogue has them.
import { heard as spelled, raised, readable as nodes } from "./powers.js";

let speech = {};

/** Speak as the spec of a widget or card says. Each of them loads this script anew: two languages on a page do not mix. */
export function speak(spec) {
  speech = spec.speech ?? {};
}

/** A text of this script; what stands in braces is put in: say("{number} of {total}", { number: 1, total: 5 }). */
export function say(text, values = {}) {
  return (speech.words?.[text] ?? text).replace(/\{(\w+)\}/g, (hole, name) => values[name] ?? hole);
}

/** A number that was written in English, such as "1,234.5", as a box takes it. */
export const inLanguage = (text) => (speech.marks ? text.replace(/[.,]/g, (mark) => speech.marks[mark]) : text);

/** The same as it is read: with powers of ten, its sign a minus and no hyphen. */
export const localised = (text) => inLanguage(raised(text)).replace(/^-/, "−");

/** A text as it is heard, and the nodes of a text that is both seen and heard. */
export const heard = (text) => spelled(text, say);
export const readable = (text) => nodes(text, say);
