// @vitest-environment jsdom
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import colors from "../src/colors.json" with { type: "json" };
import { contrast, legible, toBytes, watchTheme } from "../src/theme.js";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function coloured(ink) {
  const element = document.createElement("div");
  element.style.setProperty("--cnn-ink", ink);
  return element;
}

test("a theme is read once the element is on the page", () => {
  const seen = [];
  const element = coloured("#e8e8e8");
  const watch = watchTheme(element, (theme) => seen.push(theme.ink));
  vi.advanceTimersByTime(2000);
  expect(seen).toEqual([]);
  document.body.append(element);
  watch.look();
  expect(seen).toEqual(["#e8e8e8"]);
  watch.end();
});

test("a change of the theme is told once", async () => {
  const seen = [];
  const element = coloured("#e8e8e8");
  document.body.append(element);
  const watch = watchTheme(element, (theme) => seen.push(theme.ink));
  vi.advanceTimersByTime(2000);
  element.style.setProperty("--cnn-ink", "#1f1f1f");
  document.body.setAttribute("data-jp-theme-light", "true");
  await Promise.resolve();
  vi.advanceTimersByTime(2000);
  expect(seen).toEqual(["#e8e8e8", "#1f1f1f"]);
  watch.end();
});

test.each(["light", "dark"])("every colour of a line can be read as a word in the %s theme", (name) => {
  const theme = colors.themes[name];
  for (const color of Object.values(colors.palette)) {
    const word = toBytes(legible(color, theme));
    expect(contrast(word, toBytes(theme.paper))).toBeGreaterThanOrEqual(4.5);
  }
  expect(legible(theme.ink, theme)).toBe(theme.ink);
});
