// The entry point of a page: it becomes a notebook, and recorded widgets move at once.
import { Notebook } from "./notebook.js";
import { recordMenu, LearnersRecord } from "./record.js";
import { followTheme } from "./theme.js";

const script = document.querySelector("script[data-cnn-live]");
const base = new URL("./", import.meta.url).href;
followTheme();
const told = document.getElementById("cnn-plan");
if (told) {
  const record = new LearnersRecord();
  const notebook = new Notebook(base, script.dataset.cnnLive, JSON.parse(told.textContent), record);
  document.querySelector(".cnn-run")?.after(recordMenu(record));
  globalThis.cnnNotebook = notebook;
}
