"""Everything of the live pages that lies beside the readable ones."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tools.site import settings
from tools.site.live.python import PythonMissing, build_python
from tools.site.live.scripts import build_scripts


def build_live(output: Path, work: Path, wheel: Path, root: Path = settings.ROOT) -> str:
    """Write scripts, recordings and Python into `output`, the folder ``live`` of the site.

    Returns a sentence if Python for the browser could not be had: pages then show recordings and stills
    alone, and say so when one is to be made live.
    """
    shutil.rmtree(output, ignore_errors=True)
    build_scripts(output, root)
    (output / "recorded").mkdir()
    for file in sorted((work / "recorded").glob("*.bin")):
        shutil.copy(file, output / "recorded")
    try:
        build_python(output / "python", work, wheel)
    except PythonMissing as missing:
        told = {"missing": "this copy of the site was built without it"}
        (output / "python" / "manifest.json").write_text(json.dumps(told), "utf-8")
        return str(missing)
    return ""
