"""A notebook that runs by itself, with what it needs written in its first cell (PEP 723).

`uvx juv run 05_gradient_descent.ipynb` reads that cell, gets Python and the packages, and opens JupyterLab:
whoever has uv and this one file has all. `tools.build_notebooks --alone` writes it.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import nbformat

from tools import set_repository

ROOT = Path(__file__).resolve().parents[1]
LINK = re.compile(r"(?<=\]\()(?!\w+:|#|/)([^)\s]+)")
BLOCK = re.compile(r"(?m)^# /// script$\s(?P<content>(^#(| .*)$\s)+)^# ///$")  # as PEP 723 has it


def metadata(repository: str, root: Path = ROOT) -> str:
    """Return what a notebook needs, as a comment that PEP 723 defines.

    `repository`, as ``owner/name``, is where the course is published; while there is none, the package comes
    from this folder.

    >>> print(metadata("ada/course"))
    # /// script
    # requires-python = ">=3.11"
    # dependencies = ["cnnlib @ git+https://github.com/ada/course"]
    # ///
    """
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    place = f"git+{set_repository.HOST}{repository}" if repository else root.as_uri()
    lines = [f'requires-python = "{project["requires-python"]}"', f'dependencies = ["cnnlib @ {place}"]']
    return "\n".join(["# /// script", *(f"# {line}" for line in lines), "# ///"])


def alone(notebook, repository: str, root: Path = ROOT):
    """Return a built notebook with the metadata as its first cell, folded; its links lead to the course."""
    cell = nbformat.v4.new_code_cell(metadata(repository, root), id="needs")
    cell.metadata["jupyter"] = {"source_hidden": True}
    notebook.cells.insert(0, cell)
    base = (
        f"{set_repository.HOST}{repository}/blob/HEAD/notebooks/"
        if repository
        else f"{root.as_uri()}/notebooks/"
    )
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = LINK.sub(lambda link: base + link[1], cell.source)
    return notebook


def write(path: Path, folder: Path, repository: str = "", root: Path = ROOT) -> Path:
    """Write the built notebook `path` into `folder` so that it runs by itself; return the new file."""
    folder.mkdir(parents=True, exist_ok=True)
    made = alone(nbformat.read(path, as_version=4), repository, root)
    nbformat.validate(made)
    nbformat.write(made, folder / path.name)
    return folder / path.name
