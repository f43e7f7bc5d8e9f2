"""Take from the built pages what the theme brings for icons that no page shows: 150 kB of each page's weight.

The theme loads the whole of Font Awesome: a font, a rule for every icon, a script for icons of one's own.
The pages need some twenty icons of the font, and no script.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

ICON = re.compile(r"fa-[a-z0-9-]+")
RULE = re.compile(r"(?P<names>\.fa-[a-z0-9-]+(?:,\.fa-[a-z0-9-]+)*)\{--fa:\"[^\"]*\"\}")
SIGN = re.compile(r"\\([ef][0-9a-f]{3})\b")
SCRIPT = re.compile(r"\s*<script[^>]*/scripts/fontawesome\.js[^>]*></script>")
FONT = "fa-solid-900.woff2"


def lighten(site: Path) -> None:
    """Change the pages, the theme's style sheet and its font of icons in place."""
    theme = site / "_static" / "styles" / "pydata-sphinx-theme.css"
    pages = [
        path for path in site.rglob("*.html") if path.relative_to(site).parts[0] not in ("lite", "_static")
    ]
    texts = {path: path.read_text("utf-8") for path in pages}
    scripts = [
        path.read_text("utf-8") for path in (site / "_static").rglob("*.js") if path.stem != "fontawesome"
    ]
    used = {name for text in (*texts.values(), *scripts) for name in ICON.findall(text)}
    style = without_unused(theme.read_text("utf-8"), used)
    theme.write_text(style, "utf-8")
    others = [path.read_text("utf-8") for path in (site / "_static").rglob("*.css")]
    signs = {int(sign, 16) for text in (style, *others) for sign in SIGN.findall(text)}
    (font,) = (site / "_static").rglob(FONT)
    font.write_bytes(subset(font.read_bytes(), signs))
    for path, text in texts.items():
        path.write_text(SCRIPT.sub("", text), "utf-8")


def without_unused(style: str, used: set[str]) -> str:
    """Drop the rules of icons that are not used.

    >>> without_unused('.fa-sun{--fa:"\\\\f185"}.fa-truck{--fa:"\\\\f0d1"}.b{top:0}', {"fa-sun"})
    '.fa-sun{--fa:"\\\\f185"}.b{top:0}'
    """

    def kept(rule: re.Match) -> str:
        return rule.group() if used & set(rule["names"].replace(".", "").split(",")) else ""

    return RULE.sub(kept, style)


def subset(font: bytes, signs: set[int]) -> bytes:
    """Return a font with the given signs alone."""
    whole, smaller, file = TTFont(io.BytesIO(font)), Subsetter(Options()), io.BytesIO()
    smaller.populate(unicodes=signs)
    smaller.subset(whole)
    whole.save(file)  # as it came, compressed
    return file.getvalue()
