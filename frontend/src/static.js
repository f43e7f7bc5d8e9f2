// The static picture that lies beneath the live one in the notebook, for when there is no kernel.

/** Hides the first image after `root` whose words are `alt`; returns what was hidden, or null. */
export function hideStatic(root, alt) {
  for (const image of root.ownerDocument.querySelectorAll("img")) {
    const after = root.compareDocumentPosition(image) & Node.DOCUMENT_POSITION_FOLLOWING;
    if (!after || image.alt !== alt) continue;
    const output = image.closest(".jp-OutputArea-child") ?? image;
    output.style.display = "none";
    return output;
  }
  return null;
}

/** Shows again what `hideStatic` hid. */
export function showStatic(output) {
  if (output !== null) output.style.display = "";
}
