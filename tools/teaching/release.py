"""`course.py release 03 04 --to FOLDER`: what learners get of the course.

    python3 course.py release 03 04 --to ../week3

The folder opens by the same two commands, on the first notebook named. It holds the notebooks named, without
answers and outputs, and with them always 00, where progress is shown, and review, where questions come back,
each in all its languages; `cnnlib`, which the notebooks are about; the tests of the package's core. It holds
no solutions, no sources, no teacher's files.

What no release can hide: the cards and checks judge on the learner's own computer, so what is right lies in
`cnnlib/learning` and `cnnlib/checks`; and the package computes what some exercises ask for.
"""

from __future__ import annotations

import json
import posixpath
import re
import shutil
import sys
from pathlib import Path

from cnnlib import __version__
from tools.teaching.calling import ROOT, parser

FILES = (
    "course.py pyproject.toml requirements.txt environment.yml LICENSE LICENSE-TEXT CITATION.cff conftest.py "
    ".gitignore .gitattributes .vscode cnnlib docs/glossary.md docs/notation.md docs/references.md "
    "tools/__init__.py tools/setup_problems.py tools/surroundings.py tools/updating.py tools/jupyter "
    "tools/teaching/__init__.py tools/teaching/calling.py tools/teaching/hand_in.py "
    "tests/conftest.py tests/nbval_sanitize.cfg tests/autodiff tests/nn tests/runtime tests/saving"
).split()
ALWAYS = ("00", "review")
NEVER = shutil.ignore_patterns("__pycache__", "*.pyc", ".ipynb_checkpoints", ".progress.json", ".learning*")
STUB = "# YOUR CODE HERE"
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s]+)\)")
UNCOMPARED = "nbval-ignore-output"
README = """# How convolutional networks train

You need Python 3.11 or newer and, the first time, an internet connection. In this folder:

```
python3 course.py
```

It opens {first} in JupyterLab. On Windows write `py course.py`. The first call
sets up everything inside this folder; later ones start at once.

{notebooks}

When you are done, save the notebooks and make one file for your teacher:

```
python3 course.py hand-in --name "Your Name"
```

It holds your notebooks, and your record of predictions and answers; nothing else of your computer.

{problems}
"""


class Refusal(Exception):
    """Nothing was written; the message is a sentence."""


def chosen(names: list[str], folder: Path = ROOT / "notebooks") -> list[Path]:
    """Return the notebooks that are handed out."""
    there = sorted(folder.glob("*.ipynb"))
    found = {}
    for name in [ALWAYS[0], *names, ALWAYS[1]]:
        match = [p for p in there if p.stem in (name, Path(name).stem) or p.stem.split("_")[0] == name]
        if not match:
            known = ", ".join(path.stem.split("_")[0] for path in there)
            raise Refusal(f"there is no notebook {name}; there are: {known}.")
        found |= dict.fromkeys(match)
    return list(found)


def opens(names: list[str], notebooks: list[Path]) -> Path:
    """Return the notebook that is opened: 00 where it was asked for, else the first that was named.

    >>> opens(["03"], chosen(["03"])).stem, opens(["05", "00"], chosen(["05", "00"])).stem
    ('03_backpropagation', '00_start_here')
    """
    asked = {Path(name).stem for name in names}
    return notebooks[0] if asked & {ALWAYS[0], notebooks[0].stem} else notebooks[1]


def in_every_language(notebooks: list[Path]) -> list[Path]:
    """Return the notebooks, and behind them those of them that are there in another language, ``de/…``.

    >>> [path.parent.name for path in in_every_language(chosen(["03"]))]
    ['notebooks', 'notebooks', 'notebooks', 'de']
    """
    folder = notebooks[0].parent
    twins = [twin for path in notebooks for twin in sorted(folder.glob(f"??/{path.name}"))]
    return [*notebooks, *twins]


def handed_out(content: str, name: str, there: set[str], here: str = "notebooks/") -> str:
    """Return a notebook as learners get it: no outputs, no answers, no link that leads nowhere.

    Raises
    ------
    Refusal
        If somebody has worked in it, so that an answer is in it.
    """
    notebook = json.loads(content)
    for number, cell in enumerate(notebook["cells"], start=1):
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            cell["source"] = without_dead_links(source, there, here).splitlines(keepends=True)
            continue
        if cell["metadata"].get("nbgrader", {}).get("solution") and STUB not in source:
            raise Refusal(
                f"cell {number} of {name} holds an answer: you have worked in it. Keep your notebook under "
                f"another name and fetch the course's again: git checkout -- notebooks/{name}.ipynb"
            )
        cell["outputs"], cell["execution_count"] = [], None
        tags = cell["metadata"].get("tags", [])  # without an output there is nothing to compare with
        cell["metadata"]["tags"] = [*tags, *({UNCOMPARED} - set(tags))]
    notebook["metadata"].pop("widgets", None)
    return json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"


def without_dead_links(text: str, there: set[str], here: str = "notebooks/") -> str:
    """Leave of a link to a file that is not handed out its words.

    >>> without_dead_links("see [02](02_loss.ipynb), [us](https://x.org)", set())
    'see 02, [us](https://x.org)'
    """

    def keep(match: re.Match) -> str:
        target = match[2].partition("#")[0]
        path = posixpath.normpath(here + target)
        outside = not target or "://" in target or target.startswith("mailto:")
        return match[0] if outside or path in there else match[1]

    return LINK.sub(keep, text)


def release(names: list[str], target: Path, root: Path = ROOT) -> list[Path]:
    """Write what learners get into a folder that is new or empty; return the notebooks in it.

    Raises
    ------
    Refusal
        If the folder is not empty, or a notebook is not fit to be handed out.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise Refusal(f"{target} is not empty: name a new folder.")
    notebooks = chosen(names, root / "notebooks")
    places = {path: path.relative_to(root).as_posix() for path in in_every_language(notebooks)}
    there = {"README.md", *FILES, *places.values()}
    texts = {
        place: handed_out(path.read_text("utf-8"), path.stem, there, posixpath.dirname(place) + "/")
        for path, place in places.items()
    }
    for name in FILES:
        source, place = root / name, target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, place, ignore=NEVER)
        else:
            shutil.copy2(source, place)
    for name, text in texts.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_text(text, encoding="utf-8", newline="\n")
    first = opens(names, notebooks)
    (target / "README.md").write_text(readme(root, notebooks, first, there), encoding="utf-8")
    numbered = [path.stem for path in notebooks if path.stem[0].isdigit()]
    about = {"version": __version__, "notebooks": numbered, "opens": places[first]}
    (target / "release.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    return notebooks


def readme(root: Path, notebooks: list[Path], first: Path, there: set[str]) -> str:
    """Return the first page: two commands, the notebooks, how to hand in, what to do without a start."""
    text = (root / "README.md").read_text("utf-8")
    rows = [line for path in notebooks for line in text.splitlines() if f"](notebooks/{path.name}) |" in line]
    table = "\n".join(["| | question | minutes |", "|---|---|---|", *rows])
    others = [path for path in in_every_language(notebooks) if path not in notebooks]
    if others:
        links = (f"[{path.parent.name}](notebooks/{path.parent.name}/{path.name})" for path in others)
        table += f"\n\nIn another language: {', '.join(links)}."
    problems = (
        "## When it does not start" + text.partition("## When it does not start")[2].partition("\n## ")[0]
    )
    link = re.search(rf"\[[^\]]+\]\(notebooks/{first.name}\)", table)
    opened = link[0] if link else first.stem
    return README.format(
        first=opened, notebooks=table, problems=without_dead_links(problems, there, "").rstrip()
    )


def main(arguments: list[str] | None = None) -> int:
    """Write the folder and say what is in it."""
    made = parser("release", "Make a folder to hand out: some notebooks, without solutions and outputs.")
    made.add_argument("names", nargs="+", help="notebooks, such as 03 04; 00 and review come along")
    made.add_argument("--to", type=Path, required=True, help="a new folder")
    options = made.parse_args(arguments)
    target = options.called_from / options.to
    try:
        notebooks = release(options.names, target)
    except Refusal as refusal:
        print(f"course.py: {refusal}", file=sys.stderr)
        return 1
    archive = shutil.make_archive(str(target), "zip", target.parent, target.name)
    print(f"Written: {target.resolve()}, with {', '.join(path.stem for path in notebooks)}.")
    print(f"It opens {opens(options.names, notebooks).stem}.")
    print(f"To give out: {Path(archive).resolve()}, the same in one file.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
