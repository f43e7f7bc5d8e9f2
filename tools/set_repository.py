"""Write where the course is published into every place that names it.

    python -m tools.set_repository OWNER/NAME     write
    python -m tools.set_repository --check        tell whether all places agree

The one place is `Repository` under `[project.urls]` in pyproject.toml; README.md (badges, links to Binder
and Colab) and CITATION.cff follow it. As long as nothing stands there, nothing is linked: a badge for an
address that does not exist would not tell the truth. Whoever publishes a copy of the course calls this once.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLACES = ("pyproject.toml", "README.md", "CITATION.cff")
HOST = "https://github.com/"
FIRST = "notebooks/00_start_here.ipynb"
BADGES = re.compile(r"<!-- badges -->\n.*?<!-- end of badges -->\n", re.DOTALL)
URLS = re.compile(r"\n\[project\.urls\]\nRepository = \"[^\"]*\"\n")
CITED = re.compile(r"^repository-code: .*\n", re.MULTILINE)


def repository(folder=ROOT):
    """Return `OWNER/NAME` as pyproject.toml has it; empty if it has none.

    >>> repository().count("/") in (0, 1)
    True
    """
    project = tomllib.loads((Path(folder) / "pyproject.toml").read_text("utf-8"))["project"]
    return project.get("urls", {}).get("Repository", "").removeprefix(HOST)


def links(name):
    """Where the course can be opened or seen, by what is linked."""
    return {
        "tests": f"{HOST}{name}/actions/workflows/tests.yml",
        "Binder": f"https://mybinder.org/v2/gh/{name}/HEAD?urlpath=lab/tree/{FIRST}",
        "Colab": f"https://colab.research.google.com/github/{name}/blob/HEAD/{FIRST}",
    }


def badges(name):
    """Return the lines of README.md between its two marks.

    >>> badges("")
    '<!-- badges -->\\n<!-- end of badges -->\\n'
    """
    lines = []
    if name:
        where = links(name)
        pictures = {
            "tests": ("Tests", f"{where['tests']}/badge.svg"),
            "Binder": ("Open in Binder", "https://mybinder.org/badge_logo.svg"),
            "Colab": ("Open in Colab", "https://colab.research.google.com/assets/colab-badge.svg"),
        }
        lines = [f"[![{alt}]({source})]({where[key]})" for key, (alt, source) in pictures.items()]
        lines += ["", "In Colab, run this in a first cell of its own: "]
        lines[-1] += f"`%pip install -q git+{HOST}{name}`."
    return "\n".join(["<!-- badges -->", *lines, "<!-- end of badges -->", ""])


def wanted(name, folder=ROOT):
    """Return the text of each file as it is to be, by its name."""
    texts = {file: (folder / file).read_text("utf-8") for file in PLACES}
    if len(BADGES.findall(texts["README.md"])) != 1:
        raise ValueError("README.md must hold the marks <!-- badges --> and <!-- end of badges --> once")
    texts["README.md"] = BADGES.sub(lambda _: badges(name), texts["README.md"])
    project, cited = URLS.sub("", texts["pyproject.toml"]), CITED.sub("", texts["CITATION.cff"])
    if name:
        before = "\n[project.optional-dependencies]"
        project = project.replace(before, f'\n[project.urls]\nRepository = "{HOST}{name}"\n{before}')
        cited = cited.replace("license:", f"repository-code: {HOST}{name}\nlicense:", 1)
    return {**texts, "pyproject.toml": project, "CITATION.cff": cited}


def main(arguments, folder=ROOT):
    """Write or check; return the exit code."""
    if len(arguments) != 1 or not re.fullmatch(r"--check|[\w.-]+/[\w.-]+", arguments[0]):
        print(__doc__)
        return 2
    check = arguments[0] == "--check"
    texts = wanted(repository(folder) if check else arguments[0], folder)
    differ = [file for file, text in texts.items() if (folder / file).read_text("utf-8") != text]
    if check:
        print("\n".join(f"{file} names another repository than pyproject.toml" for file in differ))
        return int(bool(differ))
    for file in differ:
        (folder / file).write_text(texts[file], encoding="utf-8", newline="\n")
    print(f"written: {', '.join(differ) or 'nothing, all was so'}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
