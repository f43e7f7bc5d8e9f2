"""Every address and version that the site depends on: this file is the one place to change them."""

from __future__ import annotations

import os
from pathlib import Path

from tools import set_repository

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
OUTPUT = ROOT / "build" / "site"

TITLE, SHORT_TITLE = "How convolutional networks train", "How networks train"

#: Where the course is kept, as ``owner/name`` on GitHub: Binder and Colab open notebooks from there. It is
#: what `tools.set_repository` wrote, unless a variable says otherwise; GitHub's workflows set the last one.
#: Empty: the pages offer JupyterLite alone.
REPOSITORY = (
    os.environ.get("COURSE_REPOSITORY")
    or set_repository.repository()
    or os.environ.get("GITHUB_REPOSITORY", "")
)
BRANCH = os.environ.get("COURSE_BRANCH", "HEAD")

#: Where a notebook runs; ``{path}`` is its place, ``{up}`` leads from a page to the site's root.
JUPYTERLITE = "{up}lite/lab/index.html?path={path}"
BINDER = "https://mybinder.org/v2/gh/{repository}/{branch}?urlpath=lab/tree/{path}"
COLAB = "https://colab.research.google.com/github/{repository}/blob/{branch}/{path}"
COLAB_FIRST = "%pip install -q git+https://github.com/{repository}"  # what Colab needs in a cell of its own
UV = "https://docs.astral.sh/uv/"  # what runs one notebook by itself

#: Where Python for the browser (Pyodide, its version pinned in package.json) keeps its compiled packages. The
#: build fetches from here what no package index has; what it cannot reach then, the reader's browser will.
#: The variable PYODIDE_PACKAGES names another server, or a folder of packages for the live pages.
_place = os.environ.get("PYODIDE_PACKAGES", "")
PYODIDE_PACKAGES = _place if "://" in _place else "https://cdn.jsdelivr.net/pyodide/v{version}/full/"
PYODIDE_FOLDER = _place if "://" not in _place else ""

#: The same for the pages that run their own cells, whose Pyodide is another (pyodide-pages in package.json).
PYODIDE_PAGES = "https://cdn.jsdelivr.net/pyodide/v{version}/full/"


def links(path: str, up: str, repository: str = REPOSITORY, branch: str = BRANCH) -> dict[str, str]:
    """Return where the notebook `path` can be run, by name; `up` is ``../`` for each folder of the page.

    >>> links("notebooks/02_loss.ipynb", "../", repository="")
    {'JupyterLite': '../lite/lab/index.html?path=notebooks/02_loss.ipynb'}
    >>> list(links("notebooks/02_loss.ipynb", "../", repository="ada/course"))
    ['JupyterLite', 'Binder', 'Colab']
    """
    found = {"JupyterLite": JUPYTERLITE.format(path=path, up=up)}
    if repository:
        words = {"path": path, "repository": repository, "branch": branch}
        found |= {"Binder": BINDER.format(**words), "Colab": COLAB.format(**words)}
    return found


#: Compiled packages of which the package index has a wheel for Python in the browser, taken from there in the
#: version of requirements.txt. The others come from `PYODIDE_PACKAGES`.
COMPILED_ON_INDEX = ("contourpy",)

#: What the notebooks' kernel needs beside the course.
KERNEL = ("micropip", "ipython", "jedi", "comm")

#: Required by a package on the reader's own computer alone: here JupyterLite brings the same files.
IN_JUPYTERLITE = ("widgetsnbextension", "jupyterlab-widgets")

#: JupyterLab extensions that the site carries, of those installed beside this Python.
EXTENSIONS = ("@jupyter-widgets/jupyterlab-manager", "@jupyterlite/pyodide-kernel-extension", "anywidget")

#: Where a kernel in the browser keeps the learner's progress and looks for images: its files.
KERNEL_ENVIRONMENT = {"CNNLIB_PROGRESS": "/drive/progress.json", "CNNLIB_DATA": "/drive/data"}
