// The colours of the page around the widget, and word of when they change.
import colors from "./colors.json" with { type: "json" };

const WATCHED = ["class", "style", "theme", "data-jp-theme-name", "data-jp-theme-light", "data-vscode-theme-kind"];

/** Reads ink, muted, grid and paper from the style sheet's variables. */
export function readTheme(element) {
  const style = getComputedStyle(element);
  const read = (name, fallback) => style.getPropertyValue(`--cnn-${name}`).trim() || fallback;
  return {
    ink: read("ink", "#1f1f1f"),
    muted: read("muted", "#757575"),
    grid: read("grid", "#e4e4e4"),
    paper: read("paper", "#ffffff"),
    font: style.fontFamily || "sans-serif",
  };
}

/** A colour's CSS text: a name of the palette, of the theme, or #rrggbb. */
export function cssColor(name, theme) {
  return colors.palette[name] ?? theme[name] ?? name;
}

/**
 * Calls `changed(theme)` whenever the theme has changed. An element that is not on the page yet has no theme:
 * call `look()` when it may have got there, and `end()` when it is gone for good.
 */
export function watchTheme(element, changed) {
  let last = "";
  let timers = [];
  const look = () => {
    if (!element.isConnected) return;
    const theme = readTheme(element);
    const now = JSON.stringify(theme);
    if (now === last) return;
    last = now;
    changed(theme);
  };
  const soon = () => {
    timers.forEach(clearTimeout);
    timers = [0, 100, 400, 1000].map((delay) => setTimeout(look, delay)); // style sheets load late
  };
  const observer = new MutationObserver(soon);
  for (const node of [document.documentElement, document.body]) {
    observer.observe(node, { attributes: true, attributeFilter: WATCHED });
  }
  const scheme = globalThis.matchMedia?.("(prefers-color-scheme: dark)");
  scheme?.addEventListener?.("change", soon);
  soon();
  const end = () => {
    observer.disconnect();
    scheme?.removeEventListener?.("change", soon);
    timers.forEach(clearTimeout);
  };
  return { look, end };
}
