"""Short texts as HTML: code between backticks, emphasis, formulae set by KaTeX."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from functools import cache

from tools.build_site import fetch_npm_packages
from tools.site.formulae import render

FORMULA = re.compile(r"\$\$(.+?)\$\$|\$([^$\n]+?)\$", re.DOTALL)
CODE = re.compile(r"`([^`]+)`")
COMMENT = re.compile(r"\s*<!--.*?-->", re.DOTALL)
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\([^)]+\)")


@cache
def has_node() -> bool:
    """Whether formulae can be set and slides made: by Node and packages that npm fetches the first time."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return False
    try:
        fetch_npm_packages()
    except subprocess.CalledProcessError:  # no connection: npm has said so
        return False
    return True


def with_formulae(text: str) -> str:
    """Replace the formulae of a text of Markdown or HTML by their markup, each on one line.

    A root is drawn by a path whose numbers KaTeX writes on several lines: these would end a row of a table.
    Without Node they stay as they were typed.
    """
    spans = [match for match in FORMULA.finditer(text) if not _in_code(text, match.start())]
    if not spans:
        return text
    if not has_node():
        return FORMULA.sub(lambda match: f"<i>{html.escape((match[1] or match[2]).strip())}</i>", text)
    markup = render([((m[1] or m[2]).strip(), bool(m[1])) for m in spans])
    parts, end = [], 0
    for match, set_formula in zip(spans, markup, strict=True):
        parts += [text[end : match.start()], set_formula.replace("\n", " ")]
        end = match.end()
    return "".join([*parts, text[end:]])


def _in_code(text: str, place: int) -> bool:
    line = text[text.rfind("\n", 0, place) + 1 : place]
    return line.count("`") % 2 == 1


def inline(text: str) -> str:
    """Return one line of Markdown as HTML.

    >>> inline("`a < b` is *so*")
    '<code>a &lt; b</code> is <em>so</em>'
    """
    text = LINK.sub(r"\1", COMMENT.sub("", text))
    parts = CODE.split(text)
    for place in range(0, len(parts), 2):
        plain = FORMULA.split(parts[place])
        if len(plain) == 1:
            parts[place] = _emphasis(html.escape(parts[place], quote=False))
        else:
            parts[place] = _emphasis(with_formulae(parts[place]))
    parts[1::2] = [f"<code>{html.escape(code, quote=False)}</code>" for code in parts[1::2]]
    return "".join(parts)


def markdown(text: str) -> str:
    """Return Markdown as HTML, its formulae set; tables and lists stay what they are."""
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": True}).enable("table").render(with_formulae(text))


def _emphasis(text: str) -> str:
    text = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", text)
    return re.sub(r"\*(.+?)\*", r"<em>\1</em>", text)
