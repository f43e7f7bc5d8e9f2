"""Where a learner's own files are kept: on this computer, beside the course they work in, and nowhere else.

They lie beside the notebooks' folder (git ignores them, so an update of the course never touches them): that
of the learner's own copy of the course, in which the notebook runs, even where a class shares one installed
cnnlib. Elsewhere it is that of the course which cnnlib lies in; where there is none, or nobody may write
there, the home folder. The environment variable ``CNNLIB_PROGRESS`` names another file for the exercises,
beside which the record lies as well, or is ``off``. What runs in ``solutions`` is nobody's learning.
"""

from __future__ import annotations

import os
from pathlib import Path


def own_file(name: str) -> Path | None:
    """Return the path of a learner's file ``.NAME.json``, or None if nothing is to be kept.

    Parameters
    ----------
    name : str
        ``"progress"`` for the exercises, ``"learning"`` for the record.

    Examples
    --------
    >>> os.environ["CNNLIB_PROGRESS"] = "off"
    >>> own_file("learning") is None
    True
    """
    named = os.environ.get("CNNLIB_PROGRESS")
    if named == "off":
        return None
    if named:
        path = Path(named)
        return path if name == "progress" else path.with_name(f"{path.stem}.{name}.json")
    here, installed = Path.cwd(), Path(__file__).resolve().parents[2]
    for course in (here, *here.parents, installed):
        if _is_course(course) and os.access(course, os.W_OK):
            return course / f".{name}.json"
    return Path.home() / f".cnnlib-{name}.json"


def counts() -> bool:
    """Whether what is done in the present folder is a learner's own: not in that of the solutions."""
    return Path.cwd().name != "solutions"


def _is_course(folder: Path) -> bool:
    return (folder / "notebooks" / "00_start_here.ipynb").is_file() and (folder / "course.py").is_file()
