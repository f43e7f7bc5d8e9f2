"""What the site costs a class that reads it from the teacher's laptop, over plain http.

    python -m tools.build_site --only pages
    python -m benchmarks.class_site              print
    python -m benchmarks.class_site --write      into results/class_site.json

Python's own server hands `build/site` out under this machine's address in its network, as TEACHING.md says; a
headless Chromium opens notebook 03 there and makes a widget live. What it asked for is then fetched by 25
askers at once. Over http a page is in no secure context: the browser keeps nothing for the next visit.
"""

import argparse
import json
import platform
import socket
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

from tests.browser.lab import BROWSER_FLAGS, CHROMIUM, free_port
from tools.site import settings

RESULTS = Path(__file__).parent / "results" / "class_site.json"
PAGE = "notebooks/03_backpropagation.html"
LEARNERS = 25
WIDGET = "cnnNotebook.cells.findIndex((cell) => cell.live === 'widget')"


def own_address() -> str:
    """This machine's address in its network; no packet is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return probe.getsockname()[0]


def visit(address: str) -> tuple[list[str], bool]:
    """Open the page, make a widget live; return what was fetched, and whether the context is secure."""
    from playwright.sync_api import sync_playwright

    asked: dict[str, None] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=BROWSER_FLAGS)
        context = browser.new_context(viewport={"width": 1060, "height": 800})
        context.on("request", lambda request: asked.setdefault(request.url))
        page = context.new_page()
        page.goto(f"{address}/{PAGE}")
        page.wait_for_function("globalThis.cnnNotebook")
        cell = page.locator("div.cell").nth(page.evaluate(WIDGET))
        cell.locator(".cnn-live-it").evaluate("(button) => button.click()")
        cell.locator(".cnn-live .cnn-widget .cnn-text:not(:empty)").first.wait_for(timeout=240_000)
        secure = page.evaluate("isSecureContext")
        browser.close()
    return [url for url in asked if url.startswith(address)], secure


def fetch(urls: list[str]) -> int:
    """Fetch files one after the other; return their bytes."""
    return sum(len(urllib.request.urlopen(url, timeout=120).read()) for url in urls)


def measure(site: Path) -> dict:
    """Serve, visit, and let all learners ask at once."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "http.server", str(port), "--directory", str(site)], stderr=subprocess.DEVNULL
    )
    try:
        time.sleep(1)
        urls, secure = visit(f"http://{own_address()}:{port}")
        size = fetch(urls)
        python = fetch([url for url in urls if "/live/python/" in url])
        began = time.perf_counter()
        with ThreadPoolExecutor(LEARNERS) as pool:
            whole = sum(pool.map(fetch, [urls] * LEARNERS))
        seconds = time.perf_counter() - began
    finally:
        server.terminate()
        server.wait(10)
    about = {"date": date.today().isoformat(), "machine": platform.machine(), "page": PAGE, "secure": secure}
    return about | {
        "learners": LEARNERS,
        "files": len(urls),
        "mb": round(size / 1e6, 2),
        "python_mb": round(python / 1e6, 2),
        "all_mb": round(whole / 1e6, 1),
        "seconds": round(seconds, 1),
    }


def main() -> None:
    """Measure; print or write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--site", type=Path, default=settings.OUTPUT)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    text = json.dumps(measure(options.site), indent=1)
    print(text)
    if options.write:
        RESULTS.write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
