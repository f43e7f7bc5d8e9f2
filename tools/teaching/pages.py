"""Pages for paper: HTML from a template, and PDF from HTML by Chromium."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tools.site.pages import copy_katex
from tools.teaching.text import inline

HERE = Path(__file__).resolve().parent
BROWSERS = ("chromium", "google-chrome", "chromium-browser", "chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-pdf-header-footer",
)


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
    if not (path.parent / "katex").exists():
        copy_katex(path.parent / "katex")
    path.write_text(environment().get_template(template).render(**values), "utf-8")
    return path


def browser() -> str:
    """Return the path of Chromium or Chrome.

    Raises
    ------
    FileNotFoundError
        If there is none; the message says how to name one.
    """
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise FileNotFoundError("no Chromium or Chrome: set CHROMIUM to its path, or print the page by hand")
    return found


def print_pdf(page: Path, query: str = "") -> Path:
    """Print a page to PDF beside it."""
    target = page.with_suffix("").with_suffix(".pdf")
    with tempfile.TemporaryDirectory() as profile:
        options = [
            *FLAGS,
            f"--user-data-dir={profile}",
            "--virtual-time-budget=10000",
            f"--print-to-pdf={target}",
        ]
        address = page.resolve().as_uri() + query
        subprocess.run([browser(), *options, address], check=True, capture_output=True, timeout=180)
    return target
