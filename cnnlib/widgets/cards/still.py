"""A card as HTML that needs neither Python nor a script: what a saved notebook shows.

Colours are the page's own, so that it is legible on light and dark; a page that strips styles loses nothing.
"""

from __future__ import annotations

import html
import re

BOX = "border:1px solid;border-radius:12px;padding:8px 16px 12px;max-width:720px;margin:4px 0;opacity:0.9"
HEAD = "font-size:11px;letter-spacing:.06em;text-transform:uppercase;font-weight:600;margin:0 0 6px"
MARKED = re.compile(r"`([^`]+)`|\*([^*\s][^*]*)\*")


def still_html(face: dict, mark: str) -> str:
    """Return the still of a face; `mark` is a class by which the live card finds and hides it.

    >>> "<code>w</code>" in still_html({"title": "Predict", "ask": "Is `w` 1?"}, "cnn-still-x")
    True
    """
    parts = [f'<p style="{HEAD}">{html.escape(face["title"])}</p>', f"<p>{inline(face['ask'])}</p>"]
    shape = face.get("input") or {}
    lines = face.get("code") or []
    if shape.get("kind") == "line":
        lines = [f"{number}  {line}" for number, line in enumerate(shape["options"], start=1)]
    if lines:
        code = html.escape("\n".join(lines))
        parts.append(f'<pre style="background:none;color:inherit">{code}</pre>')
    if shape.get("kind") in ("choice", "order"):
        rows = "".join(f"<li>{inline(option)}</li>" for option in shape.get("words", shape["options"]))
        parts.append(f"<ul>{rows}</ul>")
    for row in face.get("rows", ()):
        parts.append(f"<p>{inline(row)}</p>")
    parts.append(f"<p><em>{html.escape(face.get('still', 'Run this cell to answer on the card.'))}</em></p>")
    return f'<div class="cnn-still {mark}" style="{BOX}">{"".join(parts)}</div>'


def inline(text: str) -> str:
    """Escape a text; what stands between backticks is code, between stars emphasis.

    >>> inline("`w * x` is *not* 1")
    '<code>w * x</code> is <em>not</em> 1'
    """
    return MARKED.sub(_element, html.escape(text, quote=False))


def _element(match: re.Match) -> str:
    code, words = match.groups()
    return f"<code>{code}</code>" if code else f"<em>{words}</em>"
