"""Rules of the notebooks: links lead somewhere, pictures are here and have words."""

from __future__ import annotations

import re
from urllib.parse import unquote

from tools.page import COURSE, LINK, MARKDOWN_PICTURE
from tools.saved_outputs import PICTURES, output_texts

HTML_PICTURE = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
REMOTE = re.compile(r"^(?:https?:)?//", re.IGNORECASE)


def pictures_have_alt_text(page):
    """Every picture has its words, in the prose and in the outputs (there in ``metadata[kind]["alt"]``)."""
    faults = []
    for number, text in page.markdown:
        faults += [
            f"cell {number}: picture {m[1]!r} has no alt text"
            for m in MARKDOWN_PICTURE.findall(text)
            if not m[0].strip()
        ]
        for tag in HTML_PICTURE.findall(text):
            if not re.search(r"\balt=[\"'][^\"']*\w[^\"']*[\"']", tag):
                faults.append(f"cell {number}: {tag[:60]!r} has no alt text")
    for number, cell in page.code:
        for output in cell.get("outputs", []):
            for kind in (kind for kind in PICTURES if kind in output.get("data", {})):
                if not str(output.get("metadata", {}).get(kind, {}).get("alt", "")).strip():
                    faults.append(
                        f'cell {number}: its picture has no alt text; put alt="…" into the cell\'s header'
                    )
    return faults


def pictures_are_here(page):
    """No picture from elsewhere: the course works offline and tells nobody who reads it."""
    faults = []
    texts = [*page.markdown, *((number, text) for number, _, text in output_texts(page.notebook))]
    for number, text in texts:
        targets = [match[1] for match in MARKDOWN_PICTURE.findall(text)]
        targets += re.findall(r"<img\b[^>]*\bsrc=[\"']([^\"']+)", text, re.IGNORECASE)
        faults += [f"cell {number}: remote picture {target}" for target in targets if REMOTE.match(target)]
    return faults


def links_resolve(page):
    """Links within the repository lead somewhere: to a file, to a heading of this notebook."""
    faults = []
    for number, text in page.markdown:
        targets = [match[0] or match[1] for match in LINK.findall(text)]
        targets += [match[1] for match in MARKDOWN_PICTURE.findall(text)]
        faults += [
            f"cell {number}: {target!r} leads nowhere" for target in targets if not _resolves(target, page)
        ]
    return faults


def _resolves(target, page):
    """Whether a link leads somewhere; links out of the repository are taken at their word."""
    if re.match(r"^(?:https?|mailto|attachment|data):", target):
        return True
    file, _, anchor = unquote(target).partition("#")
    if not file:
        return anchor.lower() in _anchors(page)
    path = (page.path.parent / file).resolve()
    planned = path.suffix == ".ipynb" and path.stem in (*COURSE, "review")
    return (path.exists() or planned) and page.root.resolve() in path.parents


def _anchors(page):
    """The anchors that JupyterLab gives to headings, and those set by hand, in small letters."""
    text = "\n".join(text for _, text in page.markdown)
    headings = re.findall(r"^#+\s+(.*?)\s*$", text, re.MULTILINE)
    by_hand = re.findall(r"\b(?:id|name)=[\"']([^\"']+)", text)
    return {heading.replace(" ", "-").lower() for heading in headings} | {name.lower() for name in by_hand}
