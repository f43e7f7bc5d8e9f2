"""JupyterLite with the course in it: JupyterLab and Python run in the reader's browser."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

from tools.site import settings
from tools.site.runtime import build_runtime
from tools.site.staging import copy, notebooks, targets, written_pages

KERNEL_PLUGIN = "@jupyterlite/pyodide-kernel-extension:kernel"


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
    return absent


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
        whole = json.dumps(nbformat.read(path, as_version=4), indent=1, ensure_ascii=False)
        (folder / path.relative_to(root)).write_text(whole, "utf-8")


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
