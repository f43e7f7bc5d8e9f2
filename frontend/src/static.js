// The static picture that lies beneath the live one in the notebook, for when there is no kernel.

const LATER = [0, 300, 1000, 3000]; // milliseconds: the picture may arrive after the live view

export class StaticPicture {
  /** @param {HTMLElement} root the live view  @param {string} alt the words of its static picture */
  constructor(root, alt) {
    this.root = root;
    this.alt = alt;
    this.output = null;
    this.timers = null;
  }

  /** Hide the first image after the live view that has its words; called when there is a live picture. */
  hide() {
    this.timers ??= LATER.map((delay) => setTimeout(() => this.look(), delay));
  }

  look() {
    if (this.output) return;
    for (const image of this.root.ownerDocument.querySelectorAll("img")) {
      const after = this.root.compareDocumentPosition(image) & Node.DOCUMENT_POSITION_FOLLOWING;
      if (!after || image.alt !== this.alt) continue;
      this.output = image.closest(".jp-OutputArea-child") ?? image;
      this.output.style.display = "none";
      return;
    }
  }

  /** The live view is gone: show the static picture again. */
  close() {
    this.timers?.forEach(clearTimeout);
    if (this.output) this.output.style.display = "";
  }
}
