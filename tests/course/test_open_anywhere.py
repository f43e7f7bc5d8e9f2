"""What Binder, Colab, VS Code, JupyterHub and GitHub read from the repository, read as they do."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest
import yaml
from traitlets.config import PyFileConfigLoader

from tools import set_repository

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("**/*.ipynb"))
PYTHONS = [
    text.rpartition(" ")[2]
    for text in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["classifiers"]
    if ":: Python :: 3." in text
]


# --- Binder: repo2docker's rules (https://repo2docker.readthedocs.io, "Configuration files") ---------------


def test_binder_takes_environment_yml_and_nothing_else():
    """A folder `binder` or `.binder` would hide the top level; a Dockerfile or an R or Julia file wins."""
    others = ("Dockerfile", "Project.toml", "install.R", "runtime.txt", "default.nix")
    for name in ("binder", ".binder", *others):
        assert not (ROOT / name).exists(), name
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    assert set(environment) == {"name", "channels", "dependencies"}
    (python,) = [each for each in environment["dependencies"] if re.match(r"python\b", str(each))]
    assert re.fullmatch(r"python=(\d+\.\d+)", python)[1] in PYTHONS
    pip = environment["dependencies"][-1]["pip"]
    assert pip == ["--constraint requirements.txt", "--editable .[lab]"]  # conda runs it beside the file


def test_what_binder_runs_gives_a_course_that_imports():
    """The editable installation leaves the notebooks' cnnlib where it lies, so no postBuild is needed."""
    extra = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert any(each.startswith("jupyterlab") for each in extra["lab"])
    assert not (ROOT / "postBuild").exists() and not (ROOT / "start").exists()


# --- every Jupyter: kernels are asked for by the name that all of them have --------------------------------


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_notebooks_ask_for_the_kernel_that_every_installation_has(path):
    """`python3` is ipykernel's own name; somebody's own name would make VS Code and Colab ask."""
    notebook = json.loads(path.read_text("utf-8"))
    kernel = notebook["metadata"]["kernelspec"]
    assert kernel["name"] == "python3" and kernel.get("language", "python") == "python"
    assert not re.search(r"venv|conda|cnnlib", kernel["display_name"], re.IGNORECASE)
    assert (notebook["nbformat"], notebook["nbformat_minor"] >= 5) == (4, True)


def test_vs_code_is_told_the_two_extensions_it_needs():
    found = json.loads((ROOT / ".vscode" / "extensions.json").read_text("utf-8"))
    assert found == {"recommendations": ["ms-python.python", "ms-toolsai.jupyter"]}


def test_a_codespace_installs_the_course_as_everybody_does():
    """The container has a Python that the course is tested on, and ends with the course's own environment."""
    found = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8"))
    assert re.fullmatch(r"mcr\.microsoft\.com/devcontainers/python:(3\.\d+)", found["image"])[1] in PYTHONS
    assert found["postCreateCommand"] == "python3 course.py test --version"
    code = found["customizations"]["vscode"]
    wanted = json.loads((ROOT / ".vscode" / "extensions.json").read_text("utf-8"))
    assert code["extensions"] == wanted["recommendations"]
    assert code["settings"]["python.defaultInterpreterPath"].endswith("/.venv/bin/python")


# --- Colab -----------------------------------------------------------------------------------

COLAB = """
import sys, types
calls = []
for name in ("google", "google.colab", "google.colab.output"):
    sys.modules[name] = types.ModuleType(name)
output = sys.modules["google.colab.output"]
output._widgets = types.SimpleNamespace(_installed_url=None)  # where Colab notes its manager's address
def enable_custom_widget_manager():
    calls.append("enabled")
    output._widgets._installed_url = "https://example.org/manager.js"
output.enable_custom_widget_manager = enable_custom_widget_manager
import IPython.display
shown = []
IPython.display.publish_display_data = lambda data, metadata=None, **more: shown.append((data, metadata))
from cnnlib.widgets import DescentExplorer
DescentExplorer()._ipython_display_()
view, picture = shown
assert calls, "Colab draws no widget of others until its manager is switched on"
assert "application/vnd.jupyter.widget-view+json" in view[0] and "image/png" in picture[0]
(where,) = view[1].values()
assert where == {"colab": {"custom_widget_manager": {"url": "https://example.org/manager.js"}}}, view[1]
"""


def test_widgets_switch_colab_s_manager_on_by_themselves():
    """In a fresh process with modules in the place of Colab's own: nothing must be typed for widgets."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "agg"}
    done = subprocess.run([sys.executable, "-c", COLAB], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr


def test_elsewhere_colab_is_left_alone():
    code = "import sys, cnnlib.widgets as w; w.DescentExplorer(); assert 'google.colab' not in sys.modules"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


# --- JupyterHub ------------------------------------------------------------------------------


def test_the_hub_s_settings_load_and_lead_to_the_course(monkeypatch):
    config = PyFileConfigLoader("jupyterhub_config.py", str(ROOT / "docs")).load_config()
    spawner = config.Spawner
    assert spawner.start_timeout >= 120 and spawner.http_timeout >= 120
    path = spawner.default_url.removeprefix("/lab/tree/course/")
    assert (ROOT / path).is_file()
    assert Path(spawner.environment["JUPYTER_CONFIG_PATH"]) == ROOT / "tools" / "jupyter"


@pytest.mark.parametrize("user", [None, "ada"])
def test_under_a_hub_the_hub_decides_on_address_and_folder(monkeypatch, user):
    """The setting that makes sliders prompt holds on both; the addresses of a laptop on neither's server."""
    monkeypatch.delenv("JUPYTERHUB_USER", raising=False)
    if user:
        monkeypatch.setenv("JUPYTERHUB_USER", user)
    config = PyFileConfigLoader("jupyter_server_config.py", str(ROOT / "tools" / "jupyter")).load_config()
    assert "kernel_websocket_connection_class" in config.ServerApp
    places = ("ip" in config.ServerApp, "root_dir" in config.ServerApp, "default_url" in config.LabApp)
    assert places == ((user is None,) * 3)


# --- addresses -------------------------------------------------------------------------------


def test_all_places_name_the_same_repository():
    assert set_repository.main(["--check"]) == 0


def test_no_place_beyond_them_names_it():
    """Other pages link inside the repository, or would have to be changed when it moves."""
    name = set_repository.repository()
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "notebooks" / "source").glob("*.py")]
    found = [page.name for page in pages if name and name in page.read_text("utf-8")]
    assert set(found) <= {"README.md"}


@pytest.fixture
def published(tmp_path):
    """A copy whose repository is set."""
    for name in ("pyproject.toml", "README.md", "CITATION.cff"):
        shutil.copy(ROOT / name, tmp_path)
    assert set_repository.main(["ada/engines"], tmp_path) == 0
    return tmp_path


def test_one_command_sets_it_everywhere(published):
    assert set_repository.repository(published) == "ada/engines"
    assert set_repository.main(["--check"], published) == 0
    citation = yaml.safe_load((published / "CITATION.cff").read_text("utf-8"))
    assert citation["repository-code"] == "https://github.com/ada/engines"
    once = (published / "README.md").read_text("utf-8")
    assert set_repository.main(["ada/engines"], published) == 0
    assert (published / "README.md").read_text("utf-8") == once
    assert set_repository.main(["ben/looms"], published) == 0
    assert not any("ada/engines" in path.read_text("utf-8") for path in published.iterdir())
    (published / "README.md").write_text(once, encoding="utf-8")
    assert set_repository.main(["--check"], published) == 1


def test_badges_lead_where_they_say(published):
    text = (published / "README.md").read_text("utf-8")
    (between,) = set_repository.BADGES.findall(text)
    badges = dict(re.findall(r"\[!\[([^\]]+)\]\([^)]+\)\]\(([^)]+)\)", between))
    assert set(badges) == {"Tests", "Open in Binder", "Open in Colab"}
    workflow = urlparse(badges["Tests"]).path.rpartition("/")[2]
    assert (ROOT / ".github" / "workflows" / workflow).is_file()
    binder = urlparse(badges["Open in Binder"])
    assert binder.path == "/v2/gh/ada/engines/HEAD"
    assert (ROOT / parse_qs(binder.query)["urlpath"][0].removeprefix("lab/tree/")).is_file()
    colab = urlparse(badges["Open in Colab"]).path
    assert (ROOT / colab.removeprefix("/github/ada/engines/blob/HEAD/")).is_file()
    assert "%pip install -q git+https://github.com/ada/engines" in text


def test_a_wrong_name_is_refused(tmp_path, capsys):
    for arguments in ([], ["engines"], ["https://github.com/ada/engines"], ["ada/engines", "more"]):
        assert set_repository.main(arguments, tmp_path) == 2
    assert "OWNER/NAME" in capsys.readouterr().out
