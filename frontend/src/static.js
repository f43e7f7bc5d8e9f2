// The static picture that lies beneath the live one in the notebook, for when there is no kernel.

const LATER = [0, 300, 1000, 3000]; // milliseconds: the picture may arrive after the live view

export class StaticPicture {
  /** @param {HTMLElement} root the live view  @param {string} end last letters of its picture, in base64 */
  constructor(root, end) {
    this.root = root;
    this.end = end;
    this.output = null;
    this.timers = null;
  }

  /** Hide the first image after the live view that is its picture; called when there is a live picture. */
  hide() {
    this.timers ??= LATER.map((delay) => setTimeout(() => this.look(), delay));
  }

  look() {
    if (this.output) return;
    for (const image of this.root.ownerDocument.querySelectorAll("img")) {
      const after = this.root.compareDocumentPosition(image) & Node.DOCUMENT_POSITION_FOLLOWING;
      if (!after || !image.src.replace(/=+$/, "").endsWith(this.end)) continue;
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
