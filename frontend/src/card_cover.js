// Hides the output of the next code cell until a prediction is committed (where the page has cells: JupyterLab).
const COVERED = "cnn-covered";

export class Cover {
  constructor(root) {
    this.root = root;
    this.wanted = false;
    this.cell = null;
  }

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
    const cell = this.wanted ? this.next() : null;
    if (cell === this.cell) return;
    this.cell?.classList.remove(COVERED);
    cell?.classList.add(COVERED);
    this.cell = cell;
  }

  /** The next code cell, whatever prose lies between. */
  next() {
    let cell = this.root.closest(".jp-Cell")?.nextElementSibling;
    while (cell && !cell.classList.contains("jp-CodeCell")) cell = cell.nextElementSibling;
    return cell ?? null;
  }

  close() {
    this.observer?.disconnect();
    this.cell?.classList.remove(COVERED);
    this.cell = null;
  }
}
