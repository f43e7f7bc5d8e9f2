"""The page's half of the live pages: bundled, with the drawing of the widgets beside it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tools.site import settings


def build_scripts(output: Path, root: Path = settings.ROOT) -> None:
    """Write the scripts and style sheets of the live pages into `output`."""
    output.mkdir(parents=True, exist_ok=True)
    script = settings.HERE / "live" / "bundle.mjs"
    subprocess.run(["node", str(script), str(output)], cwd=settings.HERE, check=True)
    for name in ("page.js", "page.css"):
        shutil.copy(root / "cnnlib" / "widgets" / "static" / name, output)
    (output / "sw.js").replace(output.parent / "sw.js")  # it serves what lies beside it and below
