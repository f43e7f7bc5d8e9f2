// The learner's record: one text in JSON, kept in this browser, the same file as on a computer.
import { h } from "./dom.js";

const KEY = "cnnlib.record";
export const FILE = "cnnlib-record.json";

export class LearnersRecord extends EventTarget {
  constructor(storage = globalThis.localStorage) {
    super();
    this.storage = storage;
    addEventListener("storage", (event) => event.key === KEY && this.dispatchEvent(new Event("brought")));
  }

  get text() {
    try {
      return this.storage.getItem(KEY) ?? "";
    } catch {
      return ""; // a browser that keeps nothing
    }
  }

  keep(text) {
    try {
      if (text) this.storage.setItem(KEY, text);
      else this.storage.removeItem(KEY);
    } catch {
      // a browser that keeps nothing
    }
    this.dispatchEvent(new Event("kept"));
  }

  /** Take over a file; false if it is none of the course's. */
  async bring(file) {
    const text = await file.text();
    try {
      const found = JSON.parse(text);
      if (found === null || typeof found !== "object" || Array.isArray(found)) return false;
    } catch {
      return false;
    }
    this.keep(text);
    this.dispatchEvent(new Event("brought"));
    return true;
  }

  save() {
    const address = URL.createObjectURL(new Blob([this.text], { type: "application/json" }));
    h("a", { href: address, download: FILE }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  }
}

/** Buttons to save the record as a file and to open one. */
export function recordMenu(record) {
  const said = h("span", { role: "status" });
  const save = h("button", { type: "button", class: "cnn-small", onClick: () => record.save() }, "Save my record as a file");
  const input = h("input", { type: "file", accept: ".json,application/json", id: "cnn-record-file", class: "cnn-file" });
  input.addEventListener("change", async () => {
    const [file] = input.files;
    if (!file) return;
    said.textContent = (await record.bring(file)) ? "Your record is here." : "This file is no record of the course.";
    input.value = "";
  });
  const look = () => (save.disabled = record.text === "");
  for (const name of ["kept", "brought"]) record.addEventListener(name, look);
  look();
  return h(
    "details",
    { class: "cnn-record" },
    h("summary", {}, "Your record"),
    h("p", {}, "Which exercises you have done is kept in this browser and sent nowhere. As a file it can be taken to a computer, and back."),
    h("p", { class: "cnn-row-of-buttons" }, save, h("label", { for: "cnn-record-file", class: "cnn-small" }, "Open a record"), input, said),
  );
}
