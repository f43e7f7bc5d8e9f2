// The learner's record: one text in JSON, kept in this browser, the same file as on a computer.
import { h } from "./dom.js";

const KEY = "cnnlib.record";

/** The content of a record; null for a text that is none. */
function read(text) {
  try {
    const found = JSON.parse(text);
    return Array.isArray(found?.events) ? found : null;
  } catch {
    return null;
  }
}

export class LearnersRecord extends EventTarget {
  constructor(storage = globalThis.localStorage) {
    super();
    this.storage = storage;
    this.here = ""; // for a browser that keeps nothing
    addEventListener("storage", (event) => event.key === KEY && this.dispatchEvent(new Event("brought")));
  }

  get text() {
    try {
      return this.storage.getItem(KEY) ?? "";
    } catch {
      return this.here;
    }
  }

  /** The predictions that were made, or passed over. */
  get committed() {
    const events = read(this.text)?.events ?? [];
    return new Set(events.filter(({ what }) => what === "prediction" || what === "skip").map(({ id }) => id));
  }

  keep(text) {
    this.here = text;
    try {
      if (text) this.storage.setItem(KEY, text);
      else this.storage.removeItem(KEY);
    } catch {
      // kept as long as the page is open
    }
    this.dispatchEvent(new Event("kept"));
  }

  /** Take in a file: what is here stays, and what it has beyond that is added; false if it is no record. */
  async bring(file) {
    const text = await file.text();
    const [brought, here] = [read(text), read(this.text)];
    if (!brought) return false;
    const known = new Set(here?.events.map((event) => JSON.stringify(event)));
    const added = brought.events.filter((event) => !known.has(JSON.stringify(event)));
    this.keep(here ? JSON.stringify({ ...here, events: [...here.events, ...added] }, null, 1) : text);
    this.dispatchEvent(new Event("brought"));
    return true;
  }

  save() {
    const address = URL.createObjectURL(new Blob([this.text], { type: "application/json" }));
    h("a", { href: address, download: `my-record-${read(this.text)?.key ?? "0"}.json` }).click();
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
    h("p", {}, "What you predicted, answered and solved is kept in this browser and sent nowhere. As a file it can be taken to a computer, and back."),
    h("p", { class: "cnn-row-of-buttons" }, save, h("label", { for: "cnn-record-file", class: "cnn-small" }, "Open a record"), input, said),
  );
}
