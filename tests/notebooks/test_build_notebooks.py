"""The builder: stubs that run, twins with answers, nothing machine-bound saved, drift seen."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tools import build_notebooks as builder
from tools.saved_outputs import WIDGET_VIEW, absolute_paths, clean_outputs, saved_output_faults, tidy

ROOT = Path(__file__).parents[2]

SOURCE = '''# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
# ---

# %% [markdown]
# # A question?
# Back to [start](00_start.ipynb), see [data](../data.md) and <img src="pictures/a.png" alt="a">.
#
# **1.** *Warm-up, 2 minutes.* Double it.

# %%
import matplotlib.pyplot as plt
import ipywidgets
import cnnlib
print("cnnlib", cnnlib.__version__, object())

# %%
def double(x):
    """Twice x."""
    ### BEGIN SOLUTION
    # Why: doubling is adding a number to itself.
    return x + x
    ### END SOLUTION

# %%
def check(name, function):
    print(name, "not attempted yet" if function(1) is None else "right")

# %%
check("01.double", double)

# %% [markdown] tags=["solution-only"]
# For the teacher alone.

# %% alt="A straight line"
fig, ax = plt.subplots(figsize=(1, 1))
ax.plot([1, 2])
plt.show()

# %%
class Picture(ipywidgets.IntSlider):
    def _repr_mimebundle_(self, **keywords):
        return super()._repr_mimebundle_(**keywords) | {"image/png": "AAAA"}
    def __repr__(self):
        return "a slider"
Picture()

# %% tags=["raises-exception"]
cnnlib.no_such_thing
'''


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Both notebooks of SOURCE, built and executed once."""
    source = tmp_path_factory.mktemp("course") / "notebooks" / "source" / "01_demo.py"
    source.parent.mkdir(parents=True)
    source.write_text(SOURCE, encoding="utf-8")
    builder.build(source, repository=ROOT)
    return source


@pytest.fixture
def course(built, tmp_path):
    """A fresh copy of the built course, to be spoilt; returns its source."""
    shutil.copytree(built.parents[1], tmp_path / "notebooks")
    return tmp_path / "notebooks" / "source" / built.name


def load(source, answers=False):
    """Read the learner's notebook or the twin."""
    return nbformat.read(builder.targets(source)[answers], as_version=4)


def save(notebook, source, answers=False):
    """Write the learner's notebook or the twin."""
    nbformat.write(notebook, builder.targets(source)[answers])


def cell_with(notebook, text):
    """The one cell whose source holds a text."""
    return next(cell for cell in notebook.cells if text in cell.source)


def test_the_learner_gets_stubs_that_run(built):
    notebook = load(built)
    stub = cell_with(notebook, "def double")
    assert stub.source.endswith('    """Twice x."""\n    # YOUR CODE HERE\n    ...')
    assert cell_with(notebook, 'check("01').outputs[0].text == "01.double not attempted yet\n"
    assert not any("teacher" in cell.source for cell in notebook.cells)


def test_a_stub_outside_a_function_prints_nothing():
    source = "rate = 0.3\n### BEGIN SOLUTION\n# Why: less is too slow.\nrate = 1.0\n### END SOLUTION"
    assert builder.clear_solutions(source) == "rate = 0.3\n# YOUR CODE HERE"


def test_the_twin_has_the_answers_and_the_line_on_why(built):
    twin = load(built, answers=True)
    assert "### BEGIN SOLUTION\n    # Why: doubling" in cell_with(twin, "def double").source
    assert cell_with(twin, 'check("01').outputs[0].text == "01.double right\n"
    assert cell_with(twin, "For the teacher alone")


def test_links_of_the_twin_lead_to_the_same_files(built):
    opening = load(built, answers=True).cells[0].source
    assert "](00_start.ipynb)" in opening
    assert "](../../data.md)" in opening
    assert 'src="../pictures/a.png"' in opening
    assert "](../01_demo.ipynb)" in opening


def test_both_are_executed_in_order_and_hold_nothing_of_this_run_or_machine(built):
    for answers in (False, True):
        notebook = load(built, answers)
        assert [c.execution_count for c in notebook.cells if c.cell_type == "code"] == list(range(1, 8))
        assert notebook.metadata == builder.METADATA
        text = builder.targets(built)[answers].read_text(encoding="utf-8")
        assert str(ROOT) not in text and str(Path.home()) + "/" not in text and "0x…" in text
        assert WIDGET_VIEW not in text and '"execution": {' not in text


def test_a_widget_keeps_its_static_picture(built):
    (output,) = cell_with(load(built), "class Picture").outputs
    assert set(output.data) == {"text/plain", "image/png"}


def test_pictures_get_their_alt_text_from_the_cell_or_from_the_text_beside_them(built):
    notebook = load(built)
    assert cell_with(notebook, "plt.subplots").outputs[-1].metadata["image/png"]["alt"] == "A straight line"
    assert cell_with(notebook, "class Picture").outputs[0].metadata["image/png"]["alt"] == "a slider"


def test_ids_follow_the_source_and_are_shared_by_both(built):
    learner, twin = load(built), load(built, answers=True)
    assert [c.id for c in learner.cells] == [c.id for c in twin.cells if "teacher" not in c.source]
    assert [cell.id for cell in builder.read_source(built)] == [cell.id for cell in twin.cells]


def test_equal_cells_get_different_ids(course):
    course.write_text(SOURCE + "\n# %%\n1\n\n# %%\n1\n", encoding="utf-8")
    ids = [cell.id for cell in builder.read_source(course)]
    assert len(set(ids)) == len(ids)


def test_answers_and_checks_are_marked_for_nbgrader(built):
    notebook = load(built)
    answer, check = cell_with(notebook, "def double"), cell_with(notebook, 'check("01')
    assert answer.metadata.nbgrader.solution and not answer.metadata.nbgrader.grade
    wanted = {"grade": True, "solution": False, "locked": True, "points": 2, "grade_id": "check-01-double"}
    assert check.metadata.nbgrader.items() >= wanted.items()


def test_nbgrader_gets_names_it_accepts_and_none_twice(course):
    answer = "def f():\n    ### BEGIN SOLUTION\n    # Why: so.\n    return 1\n    ### END SOLUTION"
    cells = [answer, 'check("01.double", f)', answer, 'check("01.double", f)']
    text = "# %% [markdown]\n# **1.** *Core, 1 minutes.* **2.** *Core, 1 minutes.*\n\n"
    course.write_text(text + "".join(f"# %%\n{cell}\n\n" for cell in cells), encoding="utf-8")
    names = [cell.metadata.nbgrader.grade_id for cell in builder.read_source(course)[1:]]
    assert len(set(names)) == 4
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]+", name) for name in names)


def test_nbgraders_source_has_the_answers_but_nothing_else_of_the_twin(built, monkeypatch, tmp_path):
    monkeypatch.setattr(builder, "find_sources", lambda names: [built])
    assert builder.main(["--nbgrader", str(tmp_path / "week1"), "01"]) == 0
    source = nbformat.read(tmp_path / "week1" / "01_demo.ipynb", as_version=4)
    assert "return x + x" in cell_with(source, "def double").source
    assert not any("teacher" in cell.source for cell in source.cells)
    for cell in source.cells:
        cell.source = builder.clear_solutions(cell.source) if cell.cell_type == "code" else cell.source
    assert [(c.id, c.source) for c in source.cells] == [(c.id, c.source) for c in load(built).cells]


def test_no_drift_after_a_build(built):
    assert builder.drift(built) == []
    assert builder.strays(built.parents[1]) == []


@pytest.mark.parametrize("answers", [False, True])
def test_drift_is_seen_in_either_notebook(course, answers):
    def spoilt(change):
        notebook = load(course, answers)
        change(notebook)
        save(notebook, course, answers)
        return builder.drift(course)

    original = builder.targets(course)[answers].read_bytes()
    changes = {
        "source": lambda notebook: notebook.cells[1].update(source="1"),
        "metadata differ": lambda notebook: notebook.metadata.update(widgets={}),
        "its metadata": lambda notebook: notebook.cells[3].metadata.update(tags=["x"]),
        "its id": lambda notebook: notebook.cells[2].update(id="other"),
        "not executed": lambda notebook: notebook.cells[1].update(execution_count=None),
        "cells where the source makes": lambda notebook: notebook.cells.pop(),
    }
    for message, change in changes.items():
        faults = spoilt(change)
        assert message in " ".join(faults), (message, faults)
        builder.targets(course)[answers].write_bytes(original)
    assert builder.drift(course) == []


def test_drift_is_seen_when_the_source_moves_or_a_notebook_is_missing_or_stray(course):
    course.write_text(SOURCE.replace("x + x", "2 * x"), encoding="utf-8")
    assert "source" in " ".join(builder.drift(course))
    builder.targets(course)[True].unlink()
    assert "missing" in " ".join(builder.drift(course))
    save(nbformat.v4.new_notebook(), course.with_name("02_stray.py"))
    assert "02_stray.ipynb: has no source" in " ".join(builder.strays(course.parents[1]))
    kept = course.parents[1] / ".ipynb_checkpoints" / "03_open-checkpoint.ipynb"
    kept.parent.mkdir()
    kept.write_text("{}", encoding="utf-8")
    assert "checkpoint" not in " ".join(builder.strays(course.parents[1])), (
        "JupyterLab keeps it of an open one"
    )


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("### BEGIN SOLUTION\n# Why: x\n1", "never closed"),
        ("### END SOLUTION", "partner"),
        ("### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION", "partner"),
        ("### BEGIN SOLUTION\n1\n### END SOLUTION", "Why"),
        ('### BEGIN SOLUTION\n# Why: x\n1\n### END SOLUTION\ncheck("01.a", 1)', "cells of their own"),
        ('check("01.a", 1)\ncheck("01.b", 1)', "one check"),
        ("if 1:\n### BEGIN SOLUTION\n    # Why: x\n    1\n### END SOLUTION", "not Python"),
    ],
)
def test_a_bad_source_is_refused_by_name(tmp_path, source, message):
    path = tmp_path / "01_bad.py"
    path.write_text(f"# %% [markdown]\n# # A?\n\n# %%\n{source}\n", encoding="utf-8")
    with pytest.raises(builder.BuildError, match=message):
        builder.make_notebook(builder.read_source(path), path.stem, answers=False)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ('print("/home/ada/course")', "absolute path '/home/ada'"),
        ('print("xxxxxxxxx\\n" * 60_000)', "KB"),
        ('# %% tags=["raises-exception"]\nprint(1)', "did not raise"),
    ],
)
def test_a_notebook_that_breaks_a_rule_is_not_written(tmp_path, code, message):
    path = tmp_path / "notebooks" / "source" / "01_bad.py"
    path.parent.mkdir(parents=True)
    cell = code if code.startswith("# %%") else f"# %%\n{code}"
    path.write_text(f"# %% [markdown]\n# # A?\n\n{cell}\n", encoding="utf-8")
    with pytest.raises(builder.BuildError, match=message):
        builder.build(path, repository=ROOT)
    assert not builder.targets(path)[False].exists()


def test_paths_are_told_from_addresses_on_the_web_and_fractions():
    assert absolute_paths("see https://example.org/home/ada and 1/2 and a/tmp/b and /N/M") == []
    for text in (
        "/home/ada/x",
        "C:\\Users\\ada",
        "C:\\a\\b",
        "file:///x",
        "'/Users/ada'",
        "~/a/b",
        "=/tmp/a",
    ):
        assert absolute_paths(text), text


def test_tidy_shortens_paths_in_tracebacks():
    line = "File \x1b[32m~/.venv/lib/python3.11/site-packages/numpy/x.py:12\x1b[39m"
    assert tidy(line, ROOT) == "File \x1b[32msite-packages/numpy/x.py:12\x1b[39m"
    assert tidy(f"File {ROOT}/cnnlib/x.py:3", ROOT) == "File cnnlib/x.py:3"
    assert tidy("C:\\Users\\a\\Temp\\ipykernel_1\\2.py:3: RuntimeWarning", ROOT) == "<cell>:3: RuntimeWarning"


@pytest.mark.parametrize(("tags", "lines"), [(["raises-exception"], 1), ([], 3)])
def test_a_failure_that_is_meant_keeps_its_last_line(tags, lines):
    output = nbformat.v4.new_output("error", ename="E", evalue="no", traceback=["-----", "File x", "E: no"])
    cell = nbformat.v4.new_code_cell("1", outputs=[output], metadata={"tags": tags})
    clean_outputs(nbformat.v4.new_notebook(cells=[cell]), ROOT)
    assert len(cell.outputs[0].traceback) == lines and cell.outputs[0].traceback[-1] == "E: no"


def test_widget_state_and_views_are_faults_until_cleaned():
    output = nbformat.v4.new_output("display_data", {WIDGET_VIEW: {"model_id": "a"}, "text/plain": "a"})
    cell = nbformat.v4.new_code_cell("1", outputs=[output], execution_count=1)
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata={"widgets": {}})
    assert len(saved_output_faults(notebook, 10)) == 2
    clean_outputs(notebook, ROOT)
    assert saved_output_faults(notebook, 10) == []


def test_sources_are_found_by_number_name_and_path(built):
    folder = built.parents[1]
    for name in ("01", "01_demo", "notebooks/source/01_demo.py", "01_demo.ipynb"):
        assert builder.find_sources([name], folder) == [built]
    with pytest.raises(builder.BuildError, match="no source called '7'"):
        builder.find_sources(["7"], folder)


def test_the_committed_notebooks_agree_with_their_sources(capsys):
    assert builder.main(["--check"]) == 0, capsys.readouterr().out


# What nbval sees, with the repository's own conftest and patterns


def png(data):
    """Change the picture of the last output."""
    return lambda cell: cell.outputs[-1].data.update({"image/png": data})


FIGURE, WIDGET, STREAM = "plt.subplots", "class Picture", 'check("01'
SPOILT = {  # name of the copy: (whether its changes pass, {text in a cell: what is done to the cell})
    "pictures_differ": (True, {FIGURE: png("BBBB"), WIDGET: png("BBBB")}),
    "texts_differ": (
        False,
        {
            STREAM: lambda cell: cell.outputs[0].update(text="01.double right\n"),
            WIDGET: lambda cell: cell.outputs[0].data.update({"text/plain": "a"}),
            FIGURE: lambda cell: cell.outputs.pop(),
        },
    ),
    "pictures_are_missing": (
        False,
        {
            WIDGET: lambda cell: cell.outputs[0].data.pop("image/png"),
            FIGURE: lambda cell: cell.outputs.append(cell.outputs[0]),
        },
    ),
}


@pytest.fixture(scope="module")
def nbval_report(built, tmp_path_factory):
    """Run nbval once, in a process of its own, over copies of the built notebook, spoilt in some cells."""
    folder = tmp_path_factory.mktemp("nbval")
    shutil.copy(ROOT / "conftest.py", folder)
    for name, (_, changes) in SPOILT.items():
        notebook = load(built)
        for text, change in changes.items():
            change(cell_with(notebook, text))
        nbformat.write(notebook, folder / f"{name}.ipynb")
    shutil.copy(builder.targets(built)[True], folder / "twin.ipynb")
    options = ["--nbval", "--nbval-current-env", "-q", "-rA", "-p", "no:cacheprovider", f"--rootdir={folder}"]
    config = f"--nbval-sanitize-with={ROOT / 'tests' / 'nbval_sanitize.cfg'}"
    command = [sys.executable, "-m", "pytest", *options, config, str(folder)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment).stdout


@pytest.mark.parametrize("name", [*SPOILT, "twin"])
def test_nbval_compares_text_by_content_and_pictures_by_presence(built, nbval_report, name):
    passes, changes = SPOILT.get(name, (True, {}))
    code = [cell.source for cell in load(built).cells if cell.cell_type == "code"]
    changed = {f"Cell {n}" for n, source in enumerate(code) if any(text in source for text in changes)}
    failed = set(re.findall(rf"^FAILED {name}.ipynb::(Cell \d+)", nbval_report, re.MULTILINE))
    assert failed == (set() if passes else changed), nbval_report
    assert nbval_report.count(f"PASSED {name}.ipynb::") == len(code) - len(failed), nbval_report
