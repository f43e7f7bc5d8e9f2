"""What is handed out: the notebooks named, each in all its languages, with links that lead somewhere."""

import json
import re

import pytest

from tools.teaching.release import in_every_language, release, without_dead_links


@pytest.fixture(scope="module")
def handed_out(tmp_path_factory):
    target = tmp_path_factory.mktemp("monday") / "course"
    release(["03"], target)
    return target


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
