"""Pages for paper: HTML from a template, and PDF from it by Chromium."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from PIL import Image

from tools.screenshots import FLAGS, chromium
from tools.site.pages import copy_katex
from tools.teaching.text import has_node, inline

HERE = Path(__file__).resolve().parent


def environment() -> Environment:
    """Return the templates, with what they call."""
    loader = FileSystemLoader(HERE / "templates")
    made = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters["inline"] = inline
    return made


def write(template: str, path: Path, **values) -> Path:
    """Write a page from a template; the formulae's style sheet lies beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if has_node() and not (path.parent / "katex").exists():
        copy_katex(path.parent / "katex")
    path.write_text(environment().get_template(template).render(**values), "utf-8")
    return path


def words_of(page: Path) -> str:
    """Return a check sum of what is to be read on a page."""
    text = re.sub(r"<style.*?</style>|<[^>]+>", " ", page.read_text("utf-8"), flags=re.DOTALL)
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()


def take_picture(started, page: Path, target: Path) -> Path:
    """Save a page down to where its second begins, as WebP; its words' check sum lies in the file."""
    view = started.new_page(viewport={"width": 720, "height": 100}, device_scale_factor=1.4)
    view.emulate_media(media="print")
    view.goto(page.resolve().as_uri())
    view.evaluate("document.fonts.ready.then(() => true)")
    view.evaluate("document.querySelector('.behind')?.remove()")
    view.evaluate("document.body.style.padding = '12px'")
    drawn = Image.open(io.BytesIO(view.screenshot(full_page=True)))
    view.close()
    drawn.convert("RGB").save(target, quality=60, method=6, xmp=words_of(page).encode())
    return target


@contextmanager
def browser() -> Iterator:
    """Start Chromium, by Playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield started
        started.close()


def print_pdf(started, page: Path, query: str = "") -> Path:
    """Print a page to PDF beside it, on the paper that it asks for; of a deck one page a slide."""
    target = page.with_suffix("").with_suffix(".pdf")
    view = started.new_page(viewport={"width": 1280, "height": 720})
    view.goto(page.resolve().as_uri() + query)
    if query:
        view.wait_for_function("Reveal.isReady() && document.querySelector('.pdf-page')")
    view.evaluate("document.fonts.ready.then(() => true)")
    view.pdf(path=target, prefer_css_page_size=True, print_background=True)
    view.close()
    return target
