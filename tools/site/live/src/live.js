// The entry point of a page: it becomes a notebook, and recorded widgets move at once.
import { Notebook } from "./notebook.js";
import { recordMenu, LearnersRecord } from "./record.js";
import { showWhenNear } from "./showing.js";
import { followTheme } from "./theme.js";

const script = document.querySelector("script[data-cnn-live]");
const base = new URL("./", import.meta.url).href;
followTheme();
const told = document.getElementById("cnn-plan");
if (told) {
  const record = new LearnersRecord();
  const notebook = new Notebook(base, script.dataset.cnnLive, JSON.parse(told.textContent), record);
  document.querySelector(".course-run")?.after(recordMenu(record));
  globalThis.cnnNotebook = notebook;
}

// The front page: a network learns before one's eyes, unless the visitor wants nothing to move by itself.
for (const still of document.querySelectorAll("[data-recorded]")) {
  const drawing = () => import(new URL("page.js", base).href).then((module) => module.default);
  showWhenNear(still, new URL(`recorded/${still.dataset.recorded}`, base).href, drawing, (close, model) => {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    setTimeout(() => model.playing || model.answer({ type: "play" }), 400);
  });
}

// What was visited is there without a network. Failing that (a page opened as a file), everything else works.
navigator.serviceWorker?.register(new URL("../sw.js", base)).catch(() => {});
