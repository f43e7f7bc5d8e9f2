"""Read a built site and tell what is wrong with it: broken links, wordless pictures, foreign resources."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {"img": "src", "script": "src", "source": "src", "iframe": "src", "embed": "src", "object": "data"}
LOADING_RELATIONS = {"stylesheet", "icon", "preload", "modulepreload", "prefetch", "preconnect", "manifest"}
STYLE_ADDRESS = re.compile(r"url\(\s*[\"']?([^\"')\s]+)|@import\s+[\"']([^\"']+)")


class Page(HTMLParser):
    """What a page links to, loads, names and shows."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.names: set[str] = set()
        self.wordless: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = {key: value or "" for key, value in attributes}
        self.names |= {found[key] for key in ("id", "name") if key in found}
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        if found.get(LOADED.get(tag, "")):
            self.loads.append(found[LOADED[tag]])
        if tag == "link" and LOADING_RELATIONS & set(found.get("rel", "").split()):
            self.loads.append(found.get("href", ""))
        if tag == "img" and not found.get("alt", "").strip():
            self.wordless.append(found.get("src", ""))
        self.loads += _style_addresses(found.get("style", ""))

    def handle_data(self, data):
        self.words.append(data)


def is_elsewhere(address: str) -> bool:
    """Tell whether an address leads to another server.

    >>> is_elsewhere("//cdn.example.org/x.js"), is_elsewhere("../x.js"), is_elsewhere("data:image/png,xx")
    (True, False, False)
    """
    return address.startswith("//") or urlsplit(address).scheme in ("http", "https", "ws", "wss", "ftp")


def _style_addresses(text: str) -> list[str]:
    return [first or second for first, second in STYLE_ADDRESS.findall(text)]


def faults(site: Path, folders_to_trust: tuple[str, ...] = ("lite",)) -> list[str]:
    """List the faults of the readable pages; JupyterLite is only a place that links may lead to."""
    site = site.resolve()
    pages = {path: Page(path.read_text("utf-8")) for path in html_files(site, folders_to_trust)}
    found = []
    for path, page in pages.items():
        where = path.relative_to(site).as_posix()
        found += [f"{where}: a picture without alt text: {address}" for address in page.wordless]
        found += [
            f"{where}: loads from elsewhere: {address}" for address in page.loads if is_elsewhere(address)
        ]
        for address in (*page.links, *page.loads):
            if not is_elsewhere(address) and (why := _broken(path, address, site, pages)):
                found.append(f"{where}: {why}: {address}")
    for path in sorted(site.rglob("*.css")):
        if path.relative_to(site).parts[0] not in folders_to_trust:
            found += _style_faults(path, site)
    return found


def html_files(site: Path, folders_to_trust: tuple[str, ...] = ("lite",)) -> list[Path]:
    """Return the readable pages of a site."""
    files = sorted(site.rglob("*.html"))
    return [file for file in files if file.relative_to(site).parts[0] not in (*folders_to_trust, "_static")]


def _broken(path: Path, address: str, site: Path, pages: dict[Path, Page]) -> str:
    """Say why an address on a page leads nowhere; empty if it leads somewhere."""
    parts = urlsplit(address)
    if parts.scheme:  # mailto:, data: and the like
        return ""
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    if not target.is_relative_to(site):
        return "leads out of the site"
    target = target / "index.html" if target.is_dir() else target
    if not target.is_file():
        return "leads nowhere"
    if parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].names:
        return "no such place on the page"
    return ""


def _style_faults(path: Path, site: Path) -> list[str]:
    where, found = path.relative_to(site).as_posix(), []
    for address in _style_addresses(path.read_text("utf-8")):
        if is_elsewhere(address):
            found.append(f"{where}: loads from elsewhere: {address}")
        elif not address.startswith(("data:", "#")) and not (path.parent / urlsplit(address).path).is_file():
            found.append(f"{where}: leads nowhere: {address}")
    return found


def size(site: Path) -> dict[str, int]:
    """Return the bytes of the readable pages, of what makes them live, and of JupyterLite."""
    sizes = {"pages": 0, "live": 0, "lite": 0}
    for path in site.rglob("*"):
        if path.is_file():
            part = path.relative_to(site).parts[0]
            sizes[part if part in sizes else "pages"] += path.stat().st_size
    return sizes
