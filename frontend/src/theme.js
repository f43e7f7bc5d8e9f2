// The colours of the page around the widget, and word of when they change.
import colors from "./colors.json" with { type: "json" };

const WATCHED = ["class", "style", "theme", "data-jp-theme-name", "data-jp-theme-light", "data-vscode-theme-kind"];

/** The theme's colours by name, as the style sheet has them, its font, and whether it is dark. */
export function readTheme(element) {
  const style = getComputedStyle(element);
  const read = (name, fallback) => plain(element, style.getPropertyValue(`--cnn-${name}`).trim() || fallback);
  const theme = { font: style.fontFamily || "sans-serif" };
  for (const [name, fallback] of Object.entries(colors.themes.light)) theme[name] = read(name, fallback);
  const paper = toBytes(theme.paper);
  theme.muted = `rgb(${toBytes(theme.muted, paper).join(",")})`; // the static picture's greys are opaque too
  theme.dark = 0.3 * paper[0] + 0.6 * paper[1] + 0.1 * paper[2] < 110;
  return theme;
}

/** A colour as numbers: those of the system, which a high contrast mode brings, have names such as CanvasText. */
function plain(element, color) {
  if (!/^([a-z]+$|color-mix)/i.test(color)) return color;
  const probe = document.createElement("span");
  probe.style.color = color;
  probe.style.forcedColorAdjust = "none"; // else a mixture of two becomes the text's
  element.append(probe);
  const numbers = getComputedStyle(probe).color;
  probe.remove();
  return numbers || color;
}

export function hexToBytes(hex) {
  return hex.match(/../g).map((pair) => parseInt(pair, 16));
}

/** r, g, b of a CSS colour written as #rrggbb, #rgb, rgb(…) or rgba(…); what is not opaque lies on `paper`. */
export function toBytes(css, paper = [255, 255, 255]) {
  if (/^#[0-9a-f]{6}$/i.test(css)) return hexToBytes(css.slice(1));
  if (/^#[0-9a-f]{3}$/i.test(css)) return [...css.slice(1)].map((digit) => parseInt(digit + digit, 16));
  if (css === "white") return [255, 255, 255];
  const numbers = css.match(/[\d.]+/g)?.map(Number);
  if (!(numbers?.length >= 3)) return [117, 117, 117];
  const [opacity = 1] = numbers.slice(3); // JupyterLab's greys are black or white, let through
  return numbers.slice(0, 3).map((byte, i) => Math.round(opacity * byte + (1 - opacity) * paper[i]));
}

/** A colour's CSS text: a name of the palette, of the theme, or #rrggbb. */
export function cssColor(name, theme) {
  return colors.palette[name] ?? theme[name] ?? name;
}

const READ = 4.5; // contrast that words have at least (WCAG 2, 1.4.3)

function luminance(bytes) {
  const [r, g, b] = bytes.map((byte) => (byte / 255 <= 0.04045 ? byte / 3294.6 : ((byte / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** The colour of words that belong to a mark: a sign's darker shade, a line's as it can be read. */
export function wordColor(name, theme) {
  if (name === "pos" || name === "neg") return theme[`${name}-text`];
  return name in colors.palette ? legible(colors.palette[name], theme) : cssColor(name, theme);
}

/** Contrast of two colours as bytes, from 1 to 21. */
export function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** The colour of a line as one that words can have: mixed with ink until it is read on the paper. */
export function legible(css, theme) {
  const [paper, ink] = [toBytes(theme.paper), toBytes(theme.ink)];
  const color = toBytes(css, paper);
  for (let share = 0; share < 1; share += 0.05) {
    const mixed = color.map((byte, i) => Math.round((1 - share) * byte + share * ink[i]));
    if (contrast(mixed, paper) >= READ) return share === 0 ? css : `rgb(${mixed.join(",")})`;
  }
  return theme.ink;
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
  const schemes = ["(prefers-color-scheme: dark)", "(forced-colors: active)"].map((query) => globalThis.matchMedia?.(query));
  schemes.forEach((scheme) => scheme?.addEventListener?.("change", soon));
  soon();
  const end = () => {
    observer.disconnect();
    schemes.forEach((scheme) => scheme?.removeEventListener?.("change", soon));
    timers.forEach(clearTimeout);
  };
  return { look, end };
}
