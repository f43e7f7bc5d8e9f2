"""What a learner's own settings, folders and home may be: the course starts, and is the same course."""

import importlib.util
import json
import ntpath
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import surroundings
from tools.setup_problems import explain

ROOT = Path(__file__).parents[2]
LEAKS = {
    "MPLBACKEND": "Agg",
    "MATPLOTLIBRC": "/mine",
    "JUPYTER_PATH": "/mine",
    "JUPYTER_CONFIG_PATH": "/mine",
    "JUPYTERLAB_DIR": "/mine",
    "PYTHONSAFEPATH": "1",
    "PYTHONOPTIMIZE": "2",
    "PYTHONHOME": "/mine",
    "PYTHONPATH": "/mine",
    "PYTHONWARNINGS": "error",
    "PYTHONSTARTUP": "/mine.py",
    "PYTHONINSPECT": "1",
    "PYTHONIOENCODING": "ascii",
    "PYTHONNOUSERSITE": "",
    "PYTHONUSERBASE": "/mine",
    "PIP_TARGET": "/mine",
    "PIP_PREFIX": "/mine",
    "PIP_ROOT": "/mine",
    "PIP_NO_DEPS": "1",
    "PIP_DRY_RUN": "1",
    "PIP_USER": "1",
    "PIP_REQUIREMENT": "x",
    "PIP_CONSTRAINT": "x",
    "UV_SYSTEM_PYTHON": "1",
    "UV_TARGET": "/mine",
    "UV_PYTHON": "3.8",
    "UV_NO_DEPS": "1",
    "__PYVENV_LAUNCHER__": "/mine",
}
WANTED = {
    "HTTPS_PROXY": "http://p:1",
    "PIP_INDEX_URL": "https://m",
    "PIP_CERT": "/c",
    "UV_INDEX_URL": "https://m",
    "UV_INDEX_SCHOOL_PASSWORD": "x",
    "UV_NATIVE_TLS": "1",
    "PATH": "/bin",
    "CNNLIB_DATA": "/d",
    "PYTHONDONTWRITEBYTECODE": "1",
    "JUPYTER_CONFIG_DIR": "/c",
}


@pytest.fixture
def course(tmp_path):
    """Return a fresh course.py in a folder with spaces and accents."""
    folder = tmp_path / "Où est le cours ñ"
    folder.mkdir()
    for name in ("course.py", "pyproject.toml", "requirements.txt"):
        shutil.copy(ROOT / name, folder)
    spec = importlib.util.spec_from_file_location("course_surrounded", folder / "course.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def no_network(course, monkeypatch):
    """An environment that is made and needs nothing."""
    course.ran = []

    def make(uv):
        course.ran.append("make")
        return [sys.executable, "-m", "venv", "--without-pip", course.VENV]

    monkeypatch.setattr(course, "make_command", make)
    monkeypatch.setattr(course, "install_command", lambda extra, uv: [sys.executable, "-c", ""])
    return course


# --- folders and drives ----------------------------------------------------------------------


def test_another_spelling_of_the_folder_keeps_the_environment(no_network, tmp_path, monkeypatch):
    course = no_network
    course.ensure("lab")
    (tmp_path / "link").symlink_to(course.ROOT, target_is_directory=True)
    monkeypatch.setattr(course, "ROOT", str(tmp_path / "link"))
    monkeypatch.setattr(course, "VENV", str(tmp_path / "link" / ".venv"))
    course.ran.clear()
    course.ensure("lab")
    assert course.ran == []
    stamp = course.read_stamp()
    assert course.is_usable(dict(stamp, extra="test"), course.wanted_stamp("lab"))


def test_a_folder_that_was_moved_is_another(no_network, tmp_path):
    course = no_network
    for other in (str(tmp_path / "elsewhere"), None, 5, ["x"], "\0"):
        assert not course.same_folder(other, course.ROOT)


def test_windows_spells_drives_in_two_ways(course, monkeypatch):
    with monkeypatch.context() as windows:
        windows.setattr(course.os, "path", ntpath)
        same = course.same_folder("c:\\Course", "C:\\course")
        inside = course.is_inside("c:\\course\\.venv", "C:\\Course\\.venv")
        apart = course.is_inside("C:\\Python313", "D:\\course\\.venv")
    assert same and inside and not apart


def test_a_python_on_another_drive_is_no_obstacle(course, monkeypatch):
    os.mkdir(course.VENV)

    def other_drive(paths):
        raise ValueError("Paths don't have the same drive")

    monkeypatch.setattr(os.path, "commonpath", other_drive)
    course.discard()
    assert not os.path.exists(course.VENV)


# --- the home folder -------------------------------------------------------------------------

SHOW = (
    "import json, os; from jupyter_core import paths as p; from IPython.paths import get_ipython_dir as i; "
)
SHOW += "print(json.dumps([p.jupyter_runtime_dir(), p.jupyter_data_dir(), p.jupyter_config_dir(), i()]))"


@pytest.mark.parametrize("home", ["a file", "absent below a file"])
def test_where_home_cannot_be_written_to_the_folders_are_the_course_s(tmp_path, home):
    """As root every folder can be written to, so home is what can hold no file at all."""
    (tmp_path / "home").write_text("")
    place = tmp_path / "home" if home == "a file" else tmp_path / "home" / "ada"
    before = {"PATH": os.environ["PATH"], "HOME": str(place), "USERPROFILE": str(place)}
    before |= {"APPDATA": str(place), "XDG_DATA_HOME": "", "XDG_CONFIG_HOME": ""}
    code = "import json, os; from tools import surroundings as s; "
    code += f"print(json.dumps(s.for_running(os.environ, {str(ROOT)!r}, {str(tmp_path / '.venv')!r})))"
    run = subprocess.run(
        [sys.executable, "-c", code], env=before, cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = json.loads(run.stdout)
    for name in ("JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR", "MPLCONFIGDIR"):
        assert found[name].startswith(str(tmp_path / ".venv")), name
    command = [sys.executable, "-m", "jupyter", "server", "list"]
    started = subprocess.run(command, env=found, cwd=ROOT, capture_output=True, text=True)
    assert started.returncode == 0 and "Traceback" not in started.stderr
    shown = subprocess.run([sys.executable, "-c", SHOW], env=found, cwd=ROOT, capture_output=True, text=True)
    assert all(folder.startswith(str(tmp_path / ".venv")) for folder in json.loads(shown.stdout))


def test_a_home_that_can_be_written_to_is_used(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    found = surroundings.for_running({"PATH": "/bin"}, str(ROOT), str(tmp_path / ".venv"))
    assert not {"JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR"} & set(found)
    assert list(tmp_path.iterdir()) == [], "nothing is made to find that out"


# --- variables and settings ------------------------------------------------------------------


@pytest.mark.parametrize("name", LEAKS)
def test_settings_for_other_work_stay_outside(name, tmp_path):
    for found in (
        surroundings.for_installing({name: LEAKS[name]}, sys.executable),
        surroundings.for_running({name: LEAKS[name]}, str(ROOT), str(tmp_path)),
    ):
        assert found.get(name) != LEAKS[name]


def test_the_way_to_the_internet_is_kept(tmp_path):
    for found in (
        surroundings.for_installing(WANTED, sys.executable),
        surroundings.for_running(WANTED, str(ROOT), str(tmp_path)),
    ):
        assert {name: found[name] for name in WANTED} == WANTED


def test_of_pip_s_files_mirrors_and_certificates_are_kept_and_nothing_else(tmp_path):
    file = tmp_path / "pip.conf"
    file.write_text(
        "[global]\ntarget = /mine\nindex-url = https://mirror.example/simple\nuser = true\n"
        "trusted-host =\n    a.example\n    b.example\n[install]\nprefix = /mine\n"
        "no-deps = true\nretries = 7\n"
    )
    before = {"PATH": os.environ["PATH"], "PIP_CONFIG_FILE": str(file)}
    found = surroundings.for_installing(before, sys.executable)
    assert found["PIP_INDEX_URL"] == "https://mirror.example/simple" and found["PIP_RETRIES"] == "7"
    assert found["PIP_TRUSTED_HOST"] == "a.example b.example" and found["PIP_CONFIG_FILE"] == os.devnull
    assert not {"PIP_TARGET", "PIP_PREFIX", "PIP_NO_DEPS"} & set(found) and found["PIP_USER"] == "0"


@pytest.mark.parametrize(
    "options", [{"PYTHONSAFEPATH": "1"}, {"PYTHONOPTIMIZE": "2"}, {"PYTHONWARNINGS": "error"}]
)
def test_course_py_itself_runs_whatever_is_set(options, tmp_path):
    run = subprocess.run(
        [sys.executable, str(ROOT / "course.py"), "--help"],
        env=os.environ | options,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0 and "python3 course.py update" in run.stdout and not run.stderr


def test_plots_are_matplotlib_s_own_whatever_the_learner_s_file_says(tmp_path):
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "matplotlibrc").write_text("text.usetex: True\nbackend: Agg\n")
    before = os.environ | {"MPLCONFIGDIR": str(tmp_path / "config"), "MPLBACKEND": "svg"}
    found = surroundings.for_running(before, str(ROOT), str(tmp_path / ".venv"))
    code = "import matplotlib as m; print(m.rcParams['text.usetex'], m.matplotlib_fname())"
    run = subprocess.run(
        [sys.executable, "-c", code], env=found, cwd=tmp_path, capture_output=True, text=True
    )
    assert run.stdout.split() == ["False", str(ROOT / "tools" / "jupyter" / "matplotlibrc")]


# --- a kernel that course.py has not started -------------------------------------------------


def test_the_environment_finds_the_course_in_a_folder_with_accents(no_network, tmp_path):
    """Where .pth files are not read as UTF-8, as by Python 3.11 and 3.12 on Windows: here, in plain C."""
    course = no_network
    course.ensure("lab")
    Path(course.ROOT, "cnnlib_here.py").write_text("print('found')")
    (file,) = Path(course.VENV).rglob("cnnlib_course.pth")
    assert file.read_bytes().isascii()
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    run = subprocess.run(
        [course.interpreter(), "-c", "import cnnlib_here"], env=environment, cwd=tmp_path, capture_output=True
    )
    assert run.stdout.strip() == b"found", run.stderr


# --- sentences -------------------------------------------------------------------------------

PRINTED = [
    ("OSError: [Errno 122] Disk quota exceeded: '/home/ada/.venv'", "your account's share of the disk"),
    ("Caused by: Disk quota exceeded (os error 122)", "your account's share of the disk"),
    ("[WinError 1816] Not enough quota is available to process this command", "your account's share"),
    (
        "ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 407 Proxy Authentication "
        "Required'))",
        "wants a login",
    ),
    ("Caused by: unsuccessful tunnel (proxy authentication required)", "wants a login"),
    ("ERROR: HTTP error 407 while getting https://pypi.org/simple/numpy/", "wants a login"),
    ("ERROR: Could not install packages due to an OSError: Missing dependencies for SOCKS support.", "SOCKS"),
    (
        "SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: "
        "certificate is not yet valid (_ssl.c:1000)')",
        "clock is behind",
    ),
    ("Caused by: invalid peer certificate: certificate not valid yet: time 1", "clock is behind"),
    ("invalid peer certificate: NotValidYet", "clock is behind"),
    ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired", "has expired"),
    ("invalid peer certificate: Expired (CertExpired)", "has expired"),
    ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate", "not trusted"),
    (
        "ProxyError('Cannot connect to proxy.', NewConnectionError('Connection refused'))",
        "internet connection",
    ),
]


@pytest.mark.parametrize(("printed", "sentence"), PRINTED)
def test_what_schools_run_into_has_a_sentence_of_its_own(printed, sentence):
    found = explain(printed, folder="/course", needed_mb=600)
    assert sentence in found and found.endswith(".") and found.count("\n") == 0


@pytest.mark.parametrize("words", ["quota", "wants a login", "SOCKS", "clock", "school"])
def test_the_table_of_remedies_has_a_row(words):
    table = (ROOT / "README.md").read_text("utf-8").partition("## When it does not start")[2]
    assert any(words in row for row in table.splitlines() if row.startswith("|"))
