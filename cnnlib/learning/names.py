"""What notebooks and exercises were called before: the one place that brings old records to the new names.

When notebooks get other numbers, add one table to `RENUMBERED`, such as ``{"04": "05", "05": "06"}``, all
changes of one day together: they happen at once, so a number may be given up and taken in the same table.
Rename ``items/nbNN.toml``, ``truths/nbNN.py`` and the ids in them (``was`` too), and the exercises, in the
same commit. A record says with its ``version`` which tables it has seen; an older one is read through the
rest. An older course leaves a newer record alone.

A single exercise that gets another name stands in `EXERCISES`; a single question keeps its former names
itself, as ``was`` in its file (see `cnnlib.learning.items`).
"""

from __future__ import annotations

from collections.abc import Mapping

#: Tables ``{old number: new number}`` of notebooks, in the order of time.
RENUMBERED: tuple[Mapping[str, str], ...] = (
    {
        "04": "05",
        "05": "06",
        "06": "07",
        "07": "08",
        "08": "10",
        "09": "11",
        "10": "13",
    },  # 04, 09, 12 are new
)

#: ``{"03.former_name": "03.present_name"}``, under the present numbers.
EXERCISES: Mapping[str, str] = {"03.conv2d_backward": "04.conv2d_backward"}


def edition() -> int:
    """Return the version of a record that is written now: 1, and one more for each table of `RENUMBERED`.

    >>> edition() == 1 + len(RENUMBERED)
    True
    """
    return 1 + len(RENUMBERED)


def renumbered(name: str, version: int) -> str:
    """Return the name under the present numbers of what a record of some version calls `name`.

    >>> renumbered("03.relu_backward", version=edition()), renumbered("04.sgd", version=1)
    ('03.relu_backward', '05.sgd')
    """
    for table in RENUMBERED[max(0, version - 1) :]:
        notebook, dot, rest = name.partition(".")
        name = table.get(notebook, notebook) + dot + rest
    return name


def present_exercise(name: str) -> str:
    """Return the present name of an exercise that may have had another."""
    return EXERCISES.get(name, name)
