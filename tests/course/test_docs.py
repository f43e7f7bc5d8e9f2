"""The written pages: links that resolve, a glossary in order."""

import ast
import json
import re
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *ROOT.glob("*/s*/README.md")])
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_within_the_repository_resolve(page):
    targets = [target for target in LINK.findall(page.read_text("utf-8")) if "://" not in target]
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_claim_has_a_verdict():
    rows = re.findall(
        r"^\| (\d+) \| .+ \| [\d, ]+ \| (.+) \|$", (ROOT / "docs/claims.md").read_text("utf-8"), re.M
    )
    assert [int(number) for number, verdict in rows if verdict.strip()] == list(range(1, 15))


def test_contributing_says_what_each_module_is_for():
    """One line a room, in a tree of the package that holds nothing else; and every path in it exists."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    tree = dict(re.findall(r"^  (\w+)/ +(.+)$", text.partition("cnnlib/\n")[2].partition("```")[0], re.M))
    rooms = {path.name for path in (ROOT / "cnnlib").iterdir() if path.is_dir() and path.name[0] not in "_."}
    assert set(tree) == rooms and all(len(words.split()) >= 3 for words in tree.values())
    paths = [path for path in re.findall(r"`([\w./]+/[\w./]*)`", text) if "NN" not in path]
    assert len(paths) > 8 and [path for path in paths if not (ROOT / path).exists()] == []


def test_a_glossary_entry_points_to_notebooks_that_use_its_word():
    """All words of one of its names, each without its ending, in the text before the references."""
    entries = re.findall(
        r"^\*\*(.+?)\*\* (.+)$", (ROOT / "docs/glossary.md").read_text("utf-8"), re.MULTILINE
    )
    missing = []
    for entry, explained in entries:
        names = [re.findall(r"[\w-]{2,}", name.lower()) for name in re.split(r"[,()]", entry)]
        stems = [[re.sub(r"(s|ing|ation|ion|y)$", "", word) for word in name] for name in names if name]
        for number in re.findall(r"\[(\d\d)\]\(\.\./notebooks/", explained):
            (source,) = (ROOT / "notebooks" / "source").glob(f"{number}_*.py")
            text = source.read_text("utf-8").partition("# ## References")[0].lower()
            if not any(all(stem in text for stem in name) for name in stems):
                missing.append(f"{entry} in {number}")
    assert not missing, "; ".join(missing)


def test_the_glossary_is_in_order_and_every_word_once():
    words = re.findall(r"^\*\*(.+?)\*\*", (ROOT / "docs" / "glossary.md").read_text("utf-8"), re.MULTILINE)
    assert len(words) >= 50 and words == sorted(
        set(words), key=lambda word: re.sub(r"[^a-z ]", "", word.lower())
    )


def imported(path):
    """The packages that a module imports, by their first names."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.partition(".")[0]


def test_what_makes_the_sheets_and_the_site_is_in_the_extra_that_installs_it():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    named = [*project["dependencies"], *extras["site"], *extras["teaching"]]
    named = {re.split(r"[<>=\[;~ ]", name)[0].lower() for name in named} | {"pillow", "nbformat", "docutils"}
    of = packages_distributions()
    files = [path for folder in ("teaching", "site") for path in (ROOT / "tools" / folder).rglob("*.py")]
    own = [path for path in files if "node_modules" not in path.parts]
    found = {of[name][0].lower() for path in own for name in imported(path) if name in of} - {"cnnlib"}
    assert {"jupytext", "playwright"} <= found and found - named == set()


def test_the_front_page_tells_the_measured_seconds_on_mnist():
    rows = json.loads((ROOT / "benchmarks/results/mnist.json").read_text("utf-8"))["AVX-512"]["rows"]
    ours, theirs = rows["cnnlib"], min(row["seconds"] for name, row in rows.items() if name != "cnnlib")
    share, seconds = 100 * sorted(ours["right"])[1], ours["seconds"]
    page = " ".join((ROOT / "README.md").read_text("utf-8").split())
    assert f"to {share:.1f} % of MNIST's 10,000 test images in {seconds:.1f} seconds" in page
    assert f"with the same settings and both cores, takes {theirs:.1f}." in page
    assert "on a processor with AVX-512" in page
