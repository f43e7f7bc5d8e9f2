"""The page's half of the widgets, as far as it can be judged without Node."""

import hashlib
import json
import re
from pathlib import Path

import pytest

import cnnlib.widgets

STATIC = Path(cnnlib.widgets.__file__).parent / "static"
ROOT = Path(__file__).resolve().parents[2]
FRONTEND = ROOT / "frontend"


def test_the_shipped_files_are_built_from_the_present_sources():
    digest = hashlib.sha256()
    for file in sorted((FRONTEND / "src").iterdir(), key=lambda file: file.name):
        text = file.read_text("utf-8").replace("\r\n", "\n")
        digest.update(f"{file.name}\0{text}\0".encode())
    for name in ("page.js", "page.css"):
        first = (STATIC / name).read_text("utf-8").splitlines()[0]
        assert digest.hexdigest()[:16] in first, f"{name} is old: run `npm run build` in frontend/"


def test_the_shipped_module_asks_the_network_for_nothing():
    script = (STATIC / "page.js").read_text("utf-8")
    forbidden = r"\b(fetch|importScripts|XMLHttpRequest|WebSocket|EventSource|sendBeacon)\b|\bimport\s*\("
    assert not re.search(forbidden, script)
    assert not re.search(r"^\s*import\b", script, flags=re.MULTILINE)
    assert "url(" not in (STATIC / "page.css").read_text("utf-8")
    assert len(script) < 150_000


def test_the_lock_file_names_no_registry():
    lock = json.loads((FRONTEND / "package-lock.json").read_text("utf-8"))
    assert lock["lockfileVersion"] == 3
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]
    assert all("integrity" in package for name, package in lock["packages"].items() if name)


SHEETS = [*(ROOT / "frontend" / "src").glob("*.css"), ROOT / "tools" / "site" / "live" / "src" / "live.css"]


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_no_rule_has_a_change_look_at_every_element(path):
    """`a:has(b) *` or `a:has(b) > :not(c)`: whatever changes anywhere, all styles of the page are looked at."""
    selectors = re.findall(r"([^{}]+)\{", re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL))
    each = [one.strip() for selector in selectors for one in re.split(r",(?![^()]*\))", selector)]
    assert [one for one in each if ":has(" in one and names_nothing(one)] == []


def names_nothing(selector):
    """Whether what a selector is about has neither a name, nor a class, nor an id.

    >>> [names_nothing(one) for one in ("a:has(b) > *", "a:has(b) > :not(.c)", "a:has(b) .c:not(d)", ".a:has(b)")]
    [True, True, False, False]
    """
    while (bare := re.sub(r"\([^()]*\)", "", selector)) != selector:
        selector = bare
    return re.search(r"(^|[\s>+~])(\*|:[^\s>+~]*)$", selector) is not None
