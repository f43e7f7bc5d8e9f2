// Text with code between backticks, as nodes.
import { h } from "./dom.js";

export const inline = (text) =>
  String(text ?? "").split("`").map((part, index) => (index % 2 ? h("code", {}, part) : part)).filter((part) => part !== "");
