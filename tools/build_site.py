"""Build the web site of the course: pages that run their own cells, and JupyterLite with every notebook.

    python -m tools.build_site                 into build/site
    python -m tools.build_site --serve         and show it on this computer
    python -m tools.build_site --only pages    without JupyterLite (some seconds)
    COURSE_REPOSITORY=owner/name python -m tools.build_site     with links to Binder and Colab

Needs the `site` extra, Node and npm. `tools/site/settings.py` holds every address.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import http.server
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # so that the file runs as a script too

from tools.site import check, settings
from tools.site.staging import notebooks

IGNORED = ("node_modules", "__pycache__")  # not what the site is made from, as are hidden files


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, default=settings.OUTPUT, help="folder of the site")
    parser.add_argument("--only", choices=["pages", "lite"], help="build one half")
    parser.add_argument("--serve", action="store_true", help="show the site on this computer afterwards")
    options = parser.parse_args(arguments)
    found = build(options.output.resolve(), options.only)
    for fault in found:
        print(fault, file=sys.stderr)
    if options.serve and not found:
        serve(options.output)
    return len(found) > 0


def build(output: Path, only: str | None = None) -> list[str]:
    """Build the site, or one half of it; return what is wrong with it."""
    from tools.site.lite import build_lite, build_wheel  # here, so that --help needs none of these packages
    from tools.site.live.build import build_live
    from tools.site.live.record import build_recordings
    from tools.site.pages import build_pages

    fetch_npm_packages()
    work = output.with_name(f"{output.name}-work")
    work.mkdir(parents=True, exist_ok=True)
    (work / "inputs").unlink(missing_ok=True)
    if only != "lite":
        build_recordings(work / "recorded")
        build_pages(output, work)
        missing = build_live(output / "live", work, build_wheel(work / "course", settings.ROOT))
        if missing:
            print(f"pages without Python: {missing}")
    if only != "pages":
        absent = build_lite(output / "lite", work)
        if absent:
            address = settings.PYODIDE_PACKAGES.split("{")[0]
            print(f"left to the reader's browser, from {address}: {', '.join(absent)}")
    sizes = check.size(output)
    words = {"pages": "pages", "live": "their Python and recordings", "lite": "JupyterLite"}
    print(f"{output}:", ", ".join(f"{words[part]} {size / 1e6:.1f} MB" for part, size in sizes.items()))
    faults = check.faults(output)
    if only is None and not faults:
        (work / "inputs").write_text(inputs(), "utf-8")
    return [fault for fault in faults if only is None or "lite/lab" not in fault]


def inputs() -> str:
    """Return a check sum of all that the site is made from."""
    digest, folders = hashlib.sha256(), ("cnnlib", "docs", "tools/site")
    files = [path for folder in folders for path in sorted((settings.ROOT / folder).rglob("*"))]
    files += notebooks()  # not what else a learner keeps in that folder
    for path in [*files, *sorted(settings.ROOT.glob("*.*"))]:
        parts = path.relative_to(settings.ROOT).parts
        if path.is_file() and not any(part[0] == "." or part in IGNORED for part in parts):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def is_current(output: Path) -> bool:
    """Tell whether `output` holds the whole site, built without a fault from the files as they are."""
    stamp = output.with_name(f"{output.name}-work") / "inputs"
    return output.is_dir() and stamp.is_file() and stamp.read_text("utf-8") == inputs()


def fetch_npm_packages() -> None:
    """Install what package-lock.json names into tools/site/node_modules, unless it is there."""
    have, want = settings.HERE / "node_modules" / ".package-lock.json", settings.HERE / "package-lock.json"
    if have.exists() and have.stat().st_mtime >= want.stat().st_mtime:
        return
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is missing: install Node (https://nodejs.org) to build the site")
    subprocess.run([npm, "ci", "--no-audit", "--no-fund", "--silent"], cwd=settings.HERE, check=True)


def serve(folder: Path, port: int = 0) -> None:
    """Serve the site on this computer until Ctrl+C."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        print(f"http://127.0.0.1:{server.server_port}/  (end with Ctrl+C)")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    sys.exit(main())
