"""Make the readable pages with Sphinx; whatever it warns of, a broken link among it, ends the build."""

from __future__ import annotations

import io
import re
import shutil
from pathlib import Path

from tools.site.lighter import lighten
from tools.site.settings import HERE, ROOT
from tools.site.staging import stage

OLD_FORMATS = re.compile(r',url\([^)]+\.(?:woff|ttf)\) format\("(?:woff|truetype)"\)')


class PagesError(Exception):
    """What Sphinx warned of."""


def build_pages(output: Path, work: Path, root: Path = ROOT) -> None:
    """Write the pages into `output`; `work` holds what lies in between."""
    from sphinx.application import Sphinx  # here, so that the other half of the site does without

    stage(work / "pages", root)
    copy_katex(work / "katex")
    said = io.StringIO()
    app = Sphinx(
        srcdir=work / "pages",
        confdir=HERE,
        outdir=output,
        doctreedir=work / "doctrees",
        buildername="html",
        status=None,
        warning=said,
        freshenv=True,
        confoverrides={
            "html_static_path": [str(HERE / "static"), str(work / "katex")],
            "html_extra_path": [str(work / "pages" / "extra")],
        },
    )
    app.build()
    if said.getvalue().strip():
        raise PagesError(said.getvalue())
    for left in (*output.rglob("*.map"), output / "objects.inv", output / ".buildinfo"):
        left.unlink(missing_ok=True)
    lighten(output)


def copy_katex(folder: Path) -> None:
    """Copy the style sheet of the formulae, and its fonts in the format that every browser reads."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "fonts").mkdir(parents=True)
    source = HERE / "node_modules" / "katex" / "dist"
    style = (source / "katex.min.css").read_text("utf-8")
    (folder / "katex.min.css").write_text(OLD_FORMATS.sub("", style), "utf-8")
    for font in (source / "fonts").glob("*.woff2"):
        shutil.copy(font, folder / "fonts")
