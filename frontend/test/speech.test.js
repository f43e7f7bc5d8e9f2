// @vitest-environment jsdom
import { afterEach, expect, test, vi } from "vitest";

import { buildInput } from "../src/card_inputs.js";
import { formatNumber, powerOfTen, shortNumber } from "../src/scale.js";
import { TextLine } from "../src/words.js";
import { heard, localised, readable, say, speak } from "../src/speech.js";
import { buildToolbar } from "../src/toolbar.js";

const GERMAN = {
  speech: {
    language: "de",
    marks: { ",": ".", ".": "," },
    words: { Play: "Abspielen", Pause: "Pause", Speed: "Tempo", "{thing}: now {place} of {total}": "{thing}: jetzt {place} von {total}" },
  },
};

afterEach(() => speak({}));

test("without a catalogue everything is English", () => {
  expect([say("Play"), localised("1,234.5"), shortNumber(0.5)]).toEqual(["Play", "1,234.5", "0.5"]);
});

test("a text of the catalogue is said with its values in place; what it lacks stays English", () => {
  speak(GERMAN);
  expect(say("{thing}: now {place} of {total}", { thing: "ReLU", place: 1, total: 3 })).toBe("ReLU: jetzt 1 von 3");
  expect(say("Rewind {what}", { what: 3 })).toBe("Rewind 3");
  expect(say("{unknown} stays")).toBe("{unknown} stays");
});

test("numbers have the language's marks", () => {
  speak(GERMAN);
  expect(localised("1,234.5")).toBe("1.234,5");
  expect([shortNumber(0.03), powerOfTen(0.01), formatNumber(",.1f", 1234.5)]).toEqual(["0,03", "0,01", "1.234,5"]);
});

test("small and large numbers have powers of ten, which are heard as words", () => {
  const seen = [0.00018, -4.7e-6, 1e-7, 6.02e23].map(shortNumber);
  expect(seen).toEqual(["1.8\u00a0×\u00a010⁻⁴", "−4.7\u00a0×\u00a010⁻⁶", "10⁻⁷", "6.02\u00a0×\u00a010²³"]);
  expect([0.0001, 0.0312, 0, 1234567].map(shortNumber)).toEqual(["0.0001", "0.0312", "0", "1234570"]);
  expect([1400, 1.2e5, 1.2e6].map((value) => formatNumber(".2g", value))).toEqual(["1,400", "120,000", "1.2\u00a0×\u00a010⁶"]);
  expect(formatNumber(".2g", 4.7e-6)).toBe("4.7\u00a0×\u00a010⁻⁶");
  expect(heard("it is 4.7\u00a0×\u00a010⁻⁶, below 10⁻⁵")).toBe("it is 4.7 times 10 to the power of −6, below 10 to the power of −5");
  expect(readable("below 10⁻⁵.").map((part) => part.ariaLabel ?? part.getAttribute?.("aria-label") ?? part)).toEqual(["below ", "10 to the power of −5", "."]);
  speak(GERMAN);
  expect(formatNumber(".2g", 1400)).toBe("1.400");
  expect(shortNumber(4.7e-6)).toBe("4,7\u00a0×\u00a010⁻⁶");
});

test("a sentence with a power of ten reads as it is seen, and is heard in words", () => {
  const line = new TextLine("text");
  line.show("The error is 4.7\u00a0×\u00a010⁻⁶. That is small.", true);
  expect(line.element.textContent).toBe("The error is 4.7\u00a0×\u00a010⁻⁶. That is small.");
  expect(line.element.querySelector("[role=img]").getAttribute("aria-label")).toBe("4.7 times 10 to the power of −6");
});

test("the bar's buttons and speeds speak, and send what they always did", () => {
  speak(GERMAN);
  const send = vi.fn();
  const spec = { playable: true, speeds: ["5 steps a second"], speed_words: ["5 Schritte je Sekunde"] };
  const toolbar = buildToolbar(spec, send);
  expect(toolbar.play.title).toBe("Abspielen");
  toolbar.play.click();
  expect(send).toHaveBeenCalledWith({ type: "play" });
  const option = toolbar.speed.querySelector("option");
  expect([option.textContent, option.value]).toEqual(["5 Schritte je Sekunde", "5 steps a second"]);
});

test("a choice shows its words and answers with its value", () => {
  const input = buildInput({ kind: "choice", options: ["all three", "only 0.03"], words: ["alle drei", "nur 0,03"] }, () => {});
  expect([...input.element.querySelectorAll("label")].map((label) => label.textContent)).toEqual(["alle drei", "nur 0,03"]);
  input.element.querySelectorAll("input")[1].checked = true;
  expect(input.value()).toBe("only 0.03");
});

test("an order shows its words and answers with its values, however they were moved", () => {
  const input = buildInput({ kind: "order", options: ["loss", "step"], words: ["Verlust", "Schritt"] }, () => {});
  document.body.append(input.element);
  input.element.querySelectorAll("button")[1].click();
  expect([...input.element.querySelectorAll("li > span")].map((span) => span.textContent)).toEqual(["Schritt", "Verlust"]);
  expect(input.value()).toEqual(["step", "loss"]);
});
