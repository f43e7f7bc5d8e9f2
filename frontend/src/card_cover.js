// Hides the output of the next code cells until a prediction is committed (where the page has cells: JupyterLab).
const COVERED = "cnn-covered";

export class Cover {
  constructor(root) {
    this.root = root;
    this.wanted = 0;
    this.cells = [];
  }

  /** Cover so many code cells beneath the card; 0 uncovers. */
  set(wanted) {
    this.wanted = wanted;
    this.observer ??= this.watch();
    this.apply();
  }

  /** Cells come and go while one scrolls: look again whenever the notebook's list changes. */
  watch() {
    const list = this.root.closest(".jp-Cell")?.parentElement;
    if (!list) return null;
    const observer = new MutationObserver(() => this.apply());
    observer.observe(list, { childList: true });
    return observer;
  }

  apply() {
    const cells = this.next();
    this.cells.filter((cell) => !cells.includes(cell)).forEach((cell) => mark(cell, -1));
    cells.filter((cell) => !this.cells.includes(cell)).forEach((cell) => mark(cell, 1));
    this.cells = cells;
  }

  /** The next code cells, whatever prose lies between. */
  next() {
    const found = [];
    let cell = this.root.closest(".jp-Cell")?.nextElementSibling;
    for (; cell && found.length < this.wanted; cell = cell.nextElementSibling)
      if (cell.classList.contains("jp-CodeCell")) found.push(cell);
    return found;
  }

  close() {
    this.observer?.disconnect();
    this.wanted = 0;
    this.apply();
  }
}

/** Several cards may cover one cell: it is bare when the last of them lets go. */
function mark(cell, by) {
  cell.cnnCovers = (cell.cnnCovers ?? 0) + by;
  cell.classList.toggle(COVERED, cell.cnnCovers > 0);
}
