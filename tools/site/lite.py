"""JupyterLite with the course in it: JupyterLab and Python run in the reader's browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

from tools.site import settings
from tools.site.runtime import build_runtime
from tools.site.staging import copy, notebooks, targets, written_pages

KERNEL_PLUGIN = "@jupyterlite/pyodide-kernel-extension:kernel"

#: The first code cell of every notebook there. Matplotlib makes its list of fonts at each visit, and says so.
FIRST = """# Only here in the browser: NumPy comes now, and matplotlib looks for its fonts without a word.
import logging

logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
try:
    import numpy
except ImportError:
    raise ImportError("{sentence}") from None
"""
NO_NUMPY = (
    "NumPy cannot be fetched from {server}: no cell of the course runs without it. When this computer is"
    " online and may reach that address, reload the page. The same notebook to be read: {page}"
)

#: Where JupyterLite's kernel answers that a cell has run. An answer that says "error" has it drop the cells
#: that wait, but for one whose cause is an interrupt; a cell that is meant to fail asks that they be kept.
REPLY = re.compile(
    r'(msgType:"execute_reply",channel:"shell",parentHeader:(\w+)\.header,session:\2\.header\.session,content:\w+)\}'
)
KEEPING = r'\1,metadata:!1===\2.content.stop_on_error?{cause:"interrupt"}:{}}'


class LiteError(Exception):
    """What JupyterLite's own build said when it failed."""


def build_lite(output: Path, work: Path, root: Path = settings.ROOT) -> list[str]:
    """Write JupyterLite into `output`; return the packages that it will fetch from elsewhere."""
    lite = work / "lite"
    shutil.rmtree(lite, ignore_errors=True)
    shutil.rmtree(output, ignore_errors=True)
    absent = build_runtime(lite / "static" / "pyodide", work, build_wheel(work / "course", root))
    copy_contents(lite / "files", root)
    (lite / "jupyter-lite.json").write_text(json.dumps(configuration(), indent=1), "utf-8")
    (lite / "jupyter_lite_config.json").write_text(json.dumps(instructions(lite, output), indent=1), "utf-8")
    command = [sys.executable, "-m", "jupyterlite_core", "build"]
    done = subprocess.run(command, cwd=lite, capture_output=True, text=True)
    if done.returncode:
        raise LiteError(done.stdout + done.stderr)
    go_on_after_failures(output / "build")
    return absent


def go_on_after_failures(scripts: Path) -> None:
    """Have "Run All Cells" go on after a cell that is meant to fail, as JupyterLab does.

    Raises
    ------
    LiteError
        If JupyterLite's kernel answers at another place, or at several.
    """
    found = [path for path in scripts.rglob("*.js") if REPLY.search(path.read_text("utf-8"))]
    if len(found) != 1:
        raise LiteError(f"JupyterLite's kernel answers in {len(found)} scripts, expected one: see REPLY")
    text, times = REPLY.subn(KEEPING, found[0].read_text("utf-8"))
    if times != 1:
        raise LiteError(f"JupyterLite's kernel answers at {times} places, expected one: see REPLY")
    found[0].write_text(text, "utf-8")


def build_wheel(folder: Path, root: Path) -> Path:
    """Build the wheel of `cnnlib`."""
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    if done.returncode:
        raise LiteError(done.stdout + done.stderr)
    (wheel,) = folder.glob("*.whl")
    return wheel


def copy_contents(folder: Path, root: Path) -> None:
    """Copy what a learner finds in the file browser: the notebooks, their twins, and the written pages.

    A notebook's texts are written as one string each: JupyterLite shows a list of lines with commas between.
    """
    pages = [root / name for name in written_pages(root)]
    pictures = [target for page in pages for target in targets(page) if target.suffix in (".webp", ".png")]
    for path in (*pages, *pictures):
        copy(path, folder / path.relative_to(root))
    for path in notebooks(root):
        (folder / path.relative_to(root)).parent.mkdir(parents=True, exist_ok=True)
        notebook = nbformat.read(path, as_version=4)
        begin_in_the_browser(notebook, path.relative_to(root))
        whole = json.dumps(notebook, indent=1, ensure_ascii=False)
        (folder / path.relative_to(root)).write_text(whole, "utf-8")


def begin_in_the_browser(notebook, place: Path) -> None:
    """Put the cell that a notebook needs in JupyterLite alone before its first code cell."""
    page = f"../../{place.with_suffix('.html').as_posix()}"  # from lite/lab/
    sentence = NO_NUMPY.format(server=settings.PYODIDE_PACKAGES.split("{")[0], page=page)
    first = nbformat.v4.new_code_cell(FIRST.format(sentence=sentence), id="in-the-browser")
    at = next(index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code")
    notebook.cells.insert(at, first)


def instructions(lite: Path, output: Path) -> dict:
    """Return what JupyterLite's build is told."""
    extensions = Path(sys.prefix) / "share" / "jupyter" / "labextensions"
    build = {
        "lite_dir": str(lite),
        "output_dir": str(output),
        "apps": ["lab"],
        "no_sourcemaps": True,
        "no_unused_shared_packages": True,
        "ignore_sys_prefix": ["federated_extensions"],
        "federated_extensions": [str(extensions / name) for name in settings.EXTENSIONS],
    }
    return {"LiteBuildConfig": build}


def configuration() -> dict:
    """Return JupyterLite's settings: our own runtime, and where a kernel keeps what it writes."""
    kernel = {
        "pyodideUrl": "./static/pyodide/pyodide.mjs",
        "loadPyodideOptions": {"env": settings.KERNEL_ENVIRONMENT},
    }
    data = {
        "appName": settings.TITLE,
        "exposeAppInBrowser": True,
        "litePluginSettings": {KERNEL_PLUGIN: kernel},
    }
    return {"jupyter-lite-schema-version": 0, "jupyter-config-data": data}
