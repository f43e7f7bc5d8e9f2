"""Everything of the live pages that lies beside the readable ones."""

from __future__ import annotations

import shutil
from pathlib import Path

from tools.site import settings
from tools.site.live.python import build_python
from tools.site.live.scripts import build_scripts


def build_live(output: Path, work: Path, wheel: Path, root: Path = settings.ROOT) -> None:
    """Write the scripts and Python into `output`, the folder ``live`` of the site."""
    shutil.rmtree(output, ignore_errors=True)
    build_scripts(output, root)
    build_python(output / "python", work, wheel)
