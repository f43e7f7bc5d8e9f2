// Text with code between backticks and emphasis between stars, as nodes.
import { h } from "./dom.js";
import { readable } from "./speech.js";

const MARKED = /(`[^`]+`|\*[^*\s][^*]*\*)/;

export const inline = (text) =>
  String(text ?? "").split(MARKED).filter((part) => part !== "").flatMap((part) => {
    if (part.length > 2 && part.startsWith("`")) return h("code", {}, part.slice(1, -1));
    return part.length > 2 && MARKED.test(part) ? h("em", {}, part.slice(1, -1)) : readable(part);
  });
