"""What is handed out: the notebooks named, each in all its languages, with links that lead somewhere."""

import json
import re

import pytest
from traitlets.config import PyFileConfigLoader

from tools.teaching.lessons import ROOT
from tools.teaching.release import in_every_language, release, without_dead_links


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory):
    target = tmp_path_factory.mktemp("monday") / "course"
    release(["03"], target)
    return target


def opened(folder):
    """The page that JupyterLab opens in a course's folder."""
    loader = PyFileConfigLoader("jupyter_server_config.py", path=str(folder / "tools" / "jupyter"))
    return loader.load_config()["LabApp"]["default_url"]


def test_the_lesson_that_is_handed_out_opens_and_not_the_one_that_comes_along(handed_out):
    assert opened(handed_out) == "/lab/tree/notebooks/03_backpropagation.ipynb"
    assert "opens [03 Backpropagation](notebooks/03_backpropagation.ipynb) in" in (
        handed_out / "README.md"
    ).read_text("utf-8")
    assert opened(ROOT) == "/lab/tree/notebooks/00_start_here.ipynb"


@pytest.mark.parametrize(
    ("names", "first"), [(["05", "03"], "05_gradient_descent"), (["01", "00"], "00_start_here")]
)
def test_of_several_lessons_the_first_named_opens_and_00_where_it_is_named(names, first, tmp_path):
    release(names, tmp_path / "course")
    assert opened(tmp_path / "course") == f"/lab/tree/notebooks/{first}.ipynb"


def test_a_notebook_comes_in_every_language_that_it_has(handed_out):
    there = sorted(path.relative_to(handed_out).as_posix() for path in handed_out.rglob("*.ipynb"))
    names = ("00_start_here", "03_backpropagation", "de/00_start_here", "review")
    assert there == [f"notebooks/{name}.ipynb" for name in names]
    assert "](notebooks/de/00_start_here.ipynb)" in (handed_out / "README.md").read_text("utf-8")
    assert (handed_out / "cnnlib" / "locale" / "de" / "LC_MESSAGES" / "cnnlib.mo").is_file()


@pytest.mark.parametrize("name", ["00_start_here", "03_backpropagation", "de/00_start_here", "review"])
def test_no_output_and_no_link_that_leads_nowhere(name, handed_out):
    path = handed_out / "notebooks" / f"{name}.ipynb"
    cells = json.loads(path.read_text("utf-8"))["cells"]
    assert all(cell.get("outputs", []) == [] for cell in cells)
    prose = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", prose)]
    inside = [link for link in links if link and "://" not in link]
    assert [link for link in inside if not (path.parent / link).exists()] == []


def test_a_link_is_followed_from_where_it_stands():
    text = "[us](../00_start_here.ipynb), [01](../01_forward_pass.ipynb)"
    assert without_dead_links(text, {"notebooks/00_start_here.ipynb"}, "notebooks/de/") == (
        "[us](../00_start_here.ipynb), 01"
    )


def test_the_twins_stand_behind_the_notebooks(tmp_path):
    for name in ("00_a", "01_b", "de/00_a", "fr/00_a", "solutions/00_a"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.ipynb").touch()
    made = in_every_language([tmp_path / "00_a.ipynb", tmp_path / "01_b.ipynb"])
    names = [path.relative_to(tmp_path).as_posix() for path in made]
    assert names == ["00_a.ipynb", "01_b.ipynb", "de/00_a.ipynb", "fr/00_a.ipynb"]
