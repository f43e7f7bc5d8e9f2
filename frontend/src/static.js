// The static picture that lies beneath the live one in the notebook, for when there is no kernel.

const SOON = 10_000; // milliseconds within which the picture arrives, if it comes after the live view

export class StaticPicture {
  /** @param {HTMLElement} root the live view  @param {string} end last letters of its picture, in base64 */
  constructor(root, end) {
    this.root = root;
    this.end = end;
    this.output = null;
    this.observer = null;
  }

  /** Hide the first image after the live view that is its picture; called when there is a live picture. */
  hide() {
    if (this.observer) return;
    this.observer = new MutationObserver(() => this.look());
    this.observer.observe(this.root.ownerDocument.body, { childList: true, subtree: true });
    this.timer = setTimeout(() => this.stopLooking(), SOON);
    this.look();
  }

  look() {
    if (this.output || !this.end || !this.root.isConnected) return;
    for (const image of this.root.ownerDocument.querySelectorAll("img")) {
      const after = this.root.compareDocumentPosition(image) & Node.DOCUMENT_POSITION_FOLLOWING;
      if (!after || !image.getAttribute("src")?.replace(/=+$/, "").endsWith(this.end)) continue;
      this.output = image.closest(".jp-OutputArea-child") ?? image;
      this.output.style.display = "none";
      this.stopLooking();
      return;
    }
  }

  stopLooking() {
    this.observer?.disconnect();
    clearTimeout(this.timer);
  }

  /** The live view is gone: show the static picture again. */
  close() {
    this.stopLooking();
    if (this.output) this.output.style.display = "";
  }
}
