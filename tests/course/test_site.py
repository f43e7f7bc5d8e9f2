"""The site as it is built: every notebook a page, nothing from elsewhere, a runtime that knows the course."""

import json
import re
import subprocess
import sys
import types
from pathlib import Path

import jinja2
import nbformat
import pytest
import yaml
from fontTools.ttLib import TTFont
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.course.site_built import built
from tools.site import check, conf, lighter, lite, settings, staging
from tools.site.live.cells import prompts

NOTEBOOKS = staging.notebooks()
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@pytest.fixture(scope="module")
def site():
    return built()


def page_of(site, path):
    return (site / path.relative_to(settings.ROOT)).with_suffix(".html")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem + path.parent.name[:3])
def test_every_notebook_is_a_page(site, path):
    notebook = nbformat.read(path, as_version=4)
    if len(path.parent.name) > 2:
        staging.bring_answers(notebook, staging.twin_of(path))
    text = page_of(site, path).read_text("utf-8")
    page = check.Page(text)
    assert f"<h1>{staging.title(notebook)}<" in text.replace("’", "'")
    pictures = sum("image/png" in o.get("data", {}) for c in notebook.cells for o in c.get("outputs", []))
    assert text.count('class="cnn-picture') == pictures and page.wordless == []
    place = path.relative_to(settings.ROOT).as_posix()
    assert any(link.endswith(f"lite/lab/index.html?path={place}") for link in page.links)
    assert text.count("<details") >= sum(c.source.count("<details") for c in notebook.cells)
    assert (
        not any(prompt in text for prompt in prompts())
        and "<!-- " not in text.split("<main")[1].split("</main")[0]
    )


def test_the_other_pages_are_there(site):
    for name in staging.written_pages():
        assert (site / name).with_suffix(".html").exists(), name
    assert (site / "search.html").exists() and (site / "searchindex.js").stat().st_size > 50_000


def test_nothing_is_broken_wordless_or_from_elsewhere(site):
    assert check.faults(site) == []


def test_formulae_are_set_without_a_script(site):
    text = (site / "notebooks/03_backpropagation.html").read_text("utf-8")
    assert text.count('<span class="katex">') > 30 and text.count("<math ") > 30
    assert "katex.min.js" not in text and "MathJax" not in text


def test_the_size_is_bounded(site):
    sizes = check.size(site)
    print({half: f"{size / 1e6:.1f} MB" for half, size in sizes.items()})
    assert sizes["pages"] < 16_000_000 and sizes["lite"] < 90e6
    heaviest = max(page_of(site, path).stat().st_size for path in NOTEBOOKS)
    assert heaviest < 400_000, "a page is to open at once, also on a phone"


def test_the_font_of_icons_has_those_that_a_page_shows(site):
    (path,) = (site / "_static").rglob("fa-solid-900.woff2")
    signs = TTFont(path).getBestCmap()
    theme = (site / "_static/styles/pydata-sphinx-theme.css").read_text("utf-8")
    text = (site / "notebooks/02_loss.html").read_text("utf-8")
    used = set(lighter.ICON.findall(text)) - {"fa-solid", "fa-lg"}
    assert used and len(signs) < 100 and "fontawesome.js" not in text
    for name in used:
        assert int(re.search(rf'\.{name}[,{{][^}}]*"\\(\w+)"', theme)[1], 16) in signs, name


def test_all_faults_are_found(tmp_path):
    page = (
        '<h1 id="top">x</h1><a href="#top">1</a><a href="gone.html">2</a><a href="#gone">3</a>'
        '<a href="../up.html">4</a><a href="https://example.org">5</a>'
        '<img src="a.png" alt="words"><img src="a.png">'
        '<script src="https://cdn.example.org/x.js"></script>'
        '<link rel="stylesheet" href="//fonts.example.org/f.css">'
        "<p style=\"background: url('http://example.org/b.png')\">"
    )
    (tmp_path / "index.html").write_text(page)
    (tmp_path / "a.png").write_bytes(b"")
    (tmp_path / "s.css").write_text("@import 'https://example.org/s.css'; a {background: url(gone.woff2)}")
    found = check.faults(tmp_path)
    assert sorted(line.split(": ", 1)[1] for line in found) == [
        "a picture without alt text: a.png",
        "leads nowhere: gone.html",
        "leads nowhere: gone.woff2",
        "leads out of the site: ../up.html",
        "loads from elsewhere: //fonts.example.org/f.css",
        "loads from elsewhere: http://example.org/b.png",
        "loads from elsewhere: https://cdn.example.org/x.js",
        "loads from elsewhere: https://example.org/s.css",
        "no such place on the page: #gone",
    ]


def test_a_widget_becomes_a_picture_with_its_sentence(tmp_path):
    text, sentence = f"Slope()\nThe slope is 2.\n{prompts()[0]} in JupyterLab.", "The slope is <2>."
    output = nbformat.v4.new_output
    cell = nbformat.v4.new_code_cell(
        "Slope()",
        outputs=[
            output("display_data", {"text/plain": text}),
            output(
                "display_data",
                {"image/png": PIXEL, "text/plain": sentence},
                metadata={"image/png": {"alt": sentence}},
            ),
            output("stream", name="stdout", text="kept\n"),
        ],
    )
    prose = nbformat.v4.new_markdown_cell("# Why?\n\nBecause. <!-- test: x -->")
    notebook = nbformat.v4.new_notebook(cells=[prose, cell])
    staging.prepare(notebook, tmp_path, "../")
    picture, kept = notebook.cells[1].outputs
    assert notebook.cells[0].source.endswith("Because.") and kept.text == "kept\n"
    (file,) = tmp_path.iterdir()
    html = picture.data["text/html"]
    assert f'src="../{tmp_path.name}' not in html and f'src="../pictures/{file.name}"' in html
    assert 'alt="The slope is &lt;2&gt;."' in html and 'width="1" height="1"' in html
    assert '<p class="course-says" aria-hidden="true">The slope is &lt;2&gt;.</p>' in html


def test_a_picture_in_a_table_becomes_a_file_that_comes_when_it_is_near(tmp_path):
    table = (
        f'<table><tr><td><img width="1" alt="a dot" src="data:image/png;base64,{PIXEL}"></td></tr></table>'
    )
    shown = nbformat.v4.new_output("execute_result", {"text/html": table})
    cell = nbformat.v4.new_code_cell("table", outputs=[shown])
    staging.prepare(nbformat.v4.new_notebook(cells=[cell]), tmp_path, "../")
    (file,) = tmp_path.iterdir()
    html = cell.outputs[0].data["text/html"]
    assert f'alt="a dot" loading="lazy" decoding="async" src="../pictures/{file.name}"' in html


def test_badges_of_other_servers_and_links_to_folders_stay_behind(tmp_path):
    badge = "[![Tests](https://example.org/badge.svg)](https://example.org)"
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "01_x.ipynb").write_text("{}")
    (tmp_path / "data").mkdir()
    text = f"<!-- badges -->\n{badge}\n<!-- end of badges -->\n[in](notebooks/) [data](data) [b](b.md#c)\n"
    (tmp_path / "page.md").write_text(f"# A\n\n{text}")
    staging.copy_page(tmp_path / "page.md", tmp_path / "out" / "page.md", tmp_path)
    made = (tmp_path / "out" / "page.md").read_text()
    assert made.split("\n")[-2] == "[in](notebooks/01_x.ipynb) data [b](b.md#c)" and "example.org" not in made


def test_links_come_from_one_address():
    found = settings.links("notebooks/02_loss.ipynb", "../", repository="ada/course", branch="v1")
    assert (
        found["Binder"] == "https://mybinder.org/v2/gh/ada/course/v1?urlpath=lab/tree/notebooks/02_loss.ipynb"
    )
    assert found["Colab"].endswith("/github/ada/course/blob/v1/notebooks/02_loss.ipynb")
    assert list(settings.links("notebooks/02_loss.ipynb", "../", repository="")) == ["JupyterLite"]


def lock_of(site):
    return json.loads((site / "lite/static/pyodide/pyodide-lock.json").read_text("utf-8"))["packages"]


def test_a_published_page_offers_the_notebook_that_runs_by_itself(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "REPOSITORY", "ada/course")
    app = types.SimpleNamespace(outdir=tmp_path, srcdir=tmp_path / "pages")
    context = {}
    conf.add_run_links(app, "notebooks/02_loss", "", context, None)
    assert context["alone_link"] == "../alone/02_loss.ipynb"
    first, *_ = nbformat.read(tmp_path / "alone" / "02_loss.ipynb", as_version=4).cells
    assert "git+https://github.com/ada/course" in first.source
    conf.add_run_links(app, "notebooks/solutions/02_loss", "", twin := {}, None)
    assert "alone_link" not in twin
    text = (settings.HERE / "templates" / "run-this.html").read_text("utf-8")
    names = {"run_links": {}, "alone_link": "../alone/02_loss.ipynb"}
    assert "uvx juv run 02_loss.ipynb" in jinja2.Template(text).render(names | {"run_links": {"Colab": "x"}})


def test_the_runtime_has_all_that_the_course_needs(site):
    """In versions within the course's ranges, each a file of the site or at the one known address."""
    from tools.site.runtime import metadata

    packages, folder = lock_of(site), site / "lite/static/pyodide"
    course = metadata(folder / packages["cnnlib"]["file_name"])
    wanted = [Requirement(text) for text in course.get_all("Requires-Dist")]
    wanted = [one for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]
    assert {one.name for one in wanted} >= {"numpy", "matplotlib", "ipywidgets", "anywidget"}
    for one in wanted:
        assert one.specifier.contains(packages[canonicalize_name(one.name)]["version"]), one
    todo, seen = ["cnnlib", *settings.KERNEL], set()
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += [canonicalize_name(one) for one in packages[name]["depends"]]
    away = {name for name in seen if "://" in packages[name]["file_name"]}
    assert away <= {"numpy", "matplotlib", "pillow", "kiwisolver"}
    assert {(folder / packages[name]["file_name"]).is_file() for name in seen - away} == {True}
    start = settings.PYODIDE_PACKAGES.split("{")[0]
    assert all(packages[name]["file_name"].startswith(start) for name in away)


def test_widgets_have_the_same_version_on_both_sides(site):
    """The page's half of ipywidgets and anywidget, and Python's."""
    packages = lock_of(site)
    extensions = site / "lite/extensions"
    found = json.loads((extensions / "anywidget/package.json").read_text("utf-8"))["version"]
    assert Version(found) == Version(packages["anywidget"]["version"])
    manager = json.loads((extensions / "@jupyter-widgets/jupyterlab-manager/package.json").read_text("utf-8"))
    assert Version(manager["version"]).major == 5 and Version(packages["ipywidgets"]["version"]).major == 8


def test_npm_and_the_kernel_mean_the_same_pyodide():
    constants = pytest.importorskip("jupyterlite_pyodide_kernel.constants")
    package = json.loads((settings.HERE / "package.json").read_text("utf-8"))
    assert package["devDependencies"]["pyodide"] == constants.PYODIDE_VERSION


def test_the_learner_finds_every_file(site):
    folder = site / "lite/files"
    for name in staging.written_pages():
        assert (folder / name).read_bytes() == (settings.ROOT / name).read_bytes()
    for path in NOTEBOOKS:
        copy = folder / path.relative_to(settings.ROOT)
        here = nbformat.read(copy, as_version=4)
        here.cells = [cell for cell in here.cells if cell.id != "in-the-browser"]
        assert here == nbformat.read(path, as_version=4)
        outputs = [
            o for cell in json.loads(copy.read_text("utf-8"))["cells"] for o in cell.get("outputs", [])
        ]
        lists = [value for o in outputs for value in o.get("data", {}).values() if isinstance(value, list)]
        assert lists == [], "JupyterLite would show commas between the lines"
    listed = json.loads((site / "lite/api/contents/notebooks/all.json").read_text("utf-8"))["content"]
    assert {entry["name"] for entry in listed} >= {path.name for path in NOTEBOOKS} | {"solutions"}


def test_what_comes_first_in_the_browser_tells_what_lacks_and_silences_the_font_list():
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("# Why?"), nbformat.v4.new_code_cell("import numpy as np")]
    )
    lite.begin_in_the_browser(notebook, Path("notebooks/solutions/05_x.ipynb"))
    assert [cell.id == "in-the-browser" for cell in notebook.cells] == [False, True, False]
    first = notebook.cells[1].source
    box = "import logging; logging.getLogger('matplotlib.font_manager').warning('building the font cache')"
    there = subprocess.run([sys.executable, "-c", f"{first}\n{box}"], capture_output=True, text=True)
    assert (there.returncode, there.stderr) == (0, "")
    lacks = f"import sys; sys.modules['numpy'] = None\n{first}"
    said = subprocess.run([sys.executable, "-c", lacks], capture_output=True, text=True).stderr
    assert "NumPy cannot be fetched from https://" in said and "notebooks/solutions/05_x.html" in said


def test_a_kernel_that_answers_elsewhere_ends_the_build(tmp_path):
    (tmp_path / "1.js").write_text("createMessage({msgType:'other'})")
    with pytest.raises(lite.LiteError, match="0 scripts, expected one"):
        lite.go_on_after_failures(tmp_path)


def test_an_unreachable_server_leaves_the_address_to_the_browser(tmp_path):
    from tools.site.runtime import RuntimeBuildError, fetch

    assert fetch("http://127.0.0.1:9/numpy.whl", "00", tmp_path) is None
    (tmp_path / "other.whl").write_bytes(b"not what the lock describes")
    with pytest.raises(RuntimeBuildError, match="not the file"):
        fetch("http://127.0.0.1:9/other.whl", "00", tmp_path)
    assert not (tmp_path / "other.whl").exists()


def test_a_formula_that_cannot_be_read_is_an_error(site):
    from tools.site.formulae import render

    assert re.match(r'<span class="katex">', render([("x^2", False)])[0])
    with pytest.raises(ValueError, match=r"frca"):
        render([(r"\frca{1}{2}", True)])


def test_the_workflow_publishes_what_the_tool_builds():
    workflow = yaml.safe_load((settings.ROOT / ".github/workflows/pages.yml").read_text("utf-8"))
    steps = workflow["jobs"]["build"]["steps"]
    assert "python -m tools.build_site" in [step.get("run") for step in steps]
    uploaded = [step["with"]["path"] for step in steps if "upload-pages" in step.get("uses", "")]
    assert [settings.ROOT / path for path in uploaded] == [settings.OUTPUT]
    assert any("--constraint requirements.txt" in step.get("run", "") for step in steps)


def test_the_site_s_addresses_stand_in_one_file():
    """No other file of the tool names a server."""
    for path in (
        *settings.HERE.rglob("*.py"),
        *settings.HERE.glob("templates/*"),
        *settings.HERE.glob("static/*"),
    ):
        if path.name != "settings.py" and "node_modules" not in path.parts:
            found = re.findall(
                r"https?://(?!127\.0\.0\.1|www\.w3\.org/2000/svg)[\w.]+", path.read_text("utf-8")
            )
            assert found == [], path
