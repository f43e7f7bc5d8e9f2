"""What is printed needs KaTeX and reveal.js, which npm brings, and what the site is built with."""

import shutil

import pytest


@pytest.fixture(scope="session", autouse=True)
def npm_packages():
    """Fetched once; skipped where npm or the `site` extra is missing."""
    pytest.importorskip("markdown_it", reason='pip install -c requirements.txt -e ".[site]"')
    if shutil.which("npm") is None:
        pytest.skip("npm is missing: install Node to make what is printed")
    from tools.build_site import fetch_npm_packages

    fetch_npm_packages()
