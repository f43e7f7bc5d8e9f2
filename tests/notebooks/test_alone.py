"""A notebook that runs by itself: what its first cell asks for is valid, complete, and read by uv."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tools import alone, build_notebooks

ROOT = Path(__file__).parents[2]
BUILT = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def told(cell):
    """What the metadata of a cell say, read as PEP 723 has it."""
    (block,) = alone.BLOCK.finditer(cell.source)
    lines = block["content"].splitlines(keepends=True)
    return tomllib.loads("".join(line[2:] if line.startswith("# ") else line[1:] for line in lines))


@pytest.mark.parametrize("repository", ["", "ada/engines"])
def test_the_first_cell_says_what_is_needed(repository, tmp_path):
    path = alone.write(BUILT[5], tmp_path, repository)
    first, second, *_ = nbformat.read(path, as_version=4).cells
    assert first.cell_type == "code" and first.metadata["jupyter"] == {"source_hidden": True}
    assert second.source.startswith("# ")
    found = told(first)
    assert set(found) == {"requires-python", "dependencies"}
    assert SpecifierSet(found["requires-python"]) == SpecifierSet(PROJECT["requires-python"])
    (needed,) = map(Requirement, found["dependencies"])
    assert needed.name == PROJECT["name"]
    if repository:
        assert needed.url == "git+https://github.com/ada/engines"
    else:
        assert Path(needed.url.removeprefix("file://")) == ROOT


@pytest.mark.parametrize("path", BUILT, ids=lambda path: path.stem)
def test_all_that_a_notebook_imports_comes_with_the_course(path):
    """PyTorch apart, which a notebook asks for itself and does without."""
    cells = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    modules = set()
    for source in cells:
        try:
            tree = ast.parse(source)
        except SyntaxError:  # a magic of IPython, a cell that is meant to fail
            continue
        for node in ast.walk(tree):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            modules |= {name.partition(".")[0] for name in names}
    brought = {canonicalize_name(Requirement(one).name) for one in PROJECT["dependencies"]}
    here = {"cnnlib", "torch", "IPython", "mpl_toolkits"}  # IPython comes with every kernel
    assert modules - here - set(sys.stdlib_module_names) <= brought


def test_links_lead_to_the_published_course(tmp_path):
    made = nbformat.read(alone.write(BUILT[5], tmp_path, "ada/engines"), as_version=4)
    text = "\n".join(cell.source for cell in made.cells if cell.cell_type == "markdown")
    assert "](https://github.com/ada/engines/blob/HEAD/notebooks/03_backpropagation.ipynb)" in text
    assert not re.search(r"\]\((?!\w+:|#)", text)


def test_the_command_writes_it(tmp_path, capsys):
    assert build_notebooks.main(["--alone", str(tmp_path), "05"]) == 0
    assert (tmp_path / "05_gradient_descent.ipynb").is_file()
