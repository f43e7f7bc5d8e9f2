"""`course.py`: an environment made once, repaired when broken, and one clear sentence when it cannot be."""

import ast
import errno
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = (ROOT / "course.py").read_text("utf-8")
BARE = [sys.executable, "-m", "venv", "--without-pip"]


@pytest.fixture
def course(tmp_path, monkeypatch):
    """Return a fresh course.py in a folder with spaces and accents; its installation needs no network."""
    folder = tmp_path / "Où est le cours ñ"
    folder.mkdir()
    for name in ("course.py", "pyproject.toml", "requirements.txt"):
        shutil.copy(ROOT / name, folder)
    spec = importlib.util.spec_from_file_location("course_under_test", folder / "course.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.ran = []

    def make(uv):
        module.ran.append("make")
        return [*BARE, module.VENV]

    def install(extra, uv):
        module.ran.append("install " + extra)
        return [sys.executable, "-c", "print('installed')"]

    monkeypatch.setattr(module, "make_command", make)
    monkeypatch.setattr(module, "install_command", install)
    monkeypatch.setattr(module, "hand_over", lambda arguments: module.ran.append(arguments) or 0)
    return module


def use(course, extra="lab"):
    """Call `ensure` and return what it ran."""
    course.ran.clear()
    course.ensure(extra)
    return list(course.ran)


# --- an old Python reaches the sentence ------------------------------------------------------


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 6, 15), (3, 10, 13)])
def test_an_old_python_gets_one_sentence(version):
    """Whatever is in the file, an old Python must print the sentence and nothing else."""
    code = f"import sys, runpy; sys.version_info = {version}; runpy.run_path({str(ROOT / 'course.py')!r})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 1
    (sentence,) = run.stderr.splitlines()
    assert "needs Python 3.11 or newer and this is Python {}.{}".format(*version) in sentence


def test_the_file_parses_on_old_pythons():
    """Nothing that Python 2.7 cannot read: it reads the whole file before it runs the first line."""
    assert SOURCE.isascii()
    newer = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.AsyncFunctionDef, ast.Await, ast.Nonlocal)
    newer += (ast.YieldFrom, ast.MatMult, ast.Match)
    for node in ast.walk(ast.parse(SOURCE)):
        assert not isinstance(node, newer), ast.unparse(node)
        assert not getattr(node, "returns", None), "return annotation"
        assert not getattr(node, "cause", None), "raise ... from"
        if isinstance(node, ast.arguments):
            assert not node.kwonlyargs and not node.posonlyargs
            assert not [a for a in node.args if a.annotation]
        if isinstance(node, ast.Call | ast.List | ast.Tuple):
            inner = node.args if isinstance(node, ast.Call) else node.elts
            assert not any(isinstance(item, ast.Starred) for item in inner[:-1]), ast.unparse(node)
            assert isinstance(node, ast.Call) or not any(isinstance(i, ast.Starred) for i in inner)


def test_only_the_standard_library():
    """Before the installation there is nothing else: -S hides what is installed."""
    run = subprocess.run(
        [sys.executable, "-S", str(ROOT / "course.py"), "--help"], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("Open the course, update it, or run its tests.")


# --- the environment -------------------------------------------------------------------------


def test_first_call_installs_and_second_starts_at_once(course, capsys):
    assert use(course) == ["make", "install lab"]
    said = capsys.readouterr().out
    assert "Setting up the course" in said and "90 MB to download" in said and "Done in" in said
    assert use(course) == []
    assert capsys.readouterr().out == ""


def test_tests_need_more_and_include_the_lab(course):
    assert use(course, "lab") == ["make", "install lab"]
    assert use(course, "test") == ["install test"]
    assert use(course, "lab") == []


@pytest.mark.parametrize("name", ["requirements.txt", "pyproject.toml"])
def test_changed_inputs_are_noticed(course, name):
    use(course)
    with open(Path(course.ROOT, name), "a") as file:
        file.write("# newer\n")
    assert use(course) == ["install lab"]
    assert use(course) == []


def break_stamp(course):
    Path(course.VENV, "course.json").unlink()


def garble_stamp(course):
    Path(course.VENV, "course.json").write_text('{"fol')


def lose_interpreter(course):
    Path(course.interpreter()).unlink()


def lose_the_python_below(course):
    settings = Path(course.VENV, "pyvenv.cfg")
    lines = [line for line in settings.read_text("utf-8").splitlines() if not line.startswith("home")]
    settings.write_text("\n".join(["home = /nowhere/python/bin", *lines]), "utf-8")


def come_from_another(key):
    def change(course):
        file = Path(course.VENV, "course.json")
        file.write_text(json.dumps({**json.loads(file.read_text("utf-8")), key: "other"}))

    return change


def be_a_file(course):
    shutil.rmtree(course.VENV)
    Path(course.VENV).write_text("not a folder")


DAMAGE = [break_stamp, garble_stamp, lose_interpreter, lose_the_python_below, be_a_file]
DAMAGE += [come_from_another("python"), come_from_another("folder")]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_broken_environment_is_made_anew(course, damage):
    use(course)
    leftover = Path(course.VENV, "half-made")
    leftover.touch()
    damage(course)
    assert use(course) == ["make", "install lab"]
    assert not leftover.exists()
    assert subprocess.run([course.interpreter(), "-c", ""]).returncode == 0


@pytest.mark.parametrize("when", ["first", "update"])
def test_an_interrupted_installation_starts_afresh(course, monkeypatch, capsys, when):
    if when == "update":
        use(course)
        Path(course.ROOT, "requirements.txt").write_text("# newer\n")
    with monkeypatch.context() as patch:
        patch.setattr(course, "install_command", lambda extra, uv: (_ for _ in ()).throw(KeyboardInterrupt))
        assert course.main(["lab"]) == 130
    assert "the next call puts right what is unfinished" in capsys.readouterr().err
    assert use(course) == ["make", "install lab"]


def test_it_will_not_saw_off_its_own_branch(course, monkeypatch, capsys):
    """Run by the very environment that must go, it says so and removes nothing."""
    use(course)
    break_stamp(course)
    monkeypatch.setattr(sys, "prefix", course.VENV)
    assert course.main(["lab"]) == 1
    assert "deactivate" in capsys.readouterr().err
    assert Path(course.interpreter()).exists()


# --- what it runs ----------------------------------------------------------------------------


@pytest.fixture
def real():
    """Return the project's own course.py, its commands not replaced."""
    spec = importlib.util.spec_from_file_location("real_course", ROOT / "course.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("windows", "folder", "program"), [(False, "bin", "python"), (True, "Scripts", "python.exe")]
)
def test_where_the_interpreter_is(real, monkeypatch, windows, folder, program):
    monkeypatch.setattr(real, "WINDOWS", windows)
    assert Path(real.interpreter()).parts[-3:] == (".venv", folder, program)


def test_uv_when_there_and_pip_otherwise(real):
    uv = real.install_command("lab", "/somewhere/uv")
    pip = real.install_command("test", None)
    assert uv[:3] == ["/somewhere/uv", "pip", "install"]
    assert pip[:4] == [real.interpreter(), "-m", "pip", "install"]
    assert uv[-6:] == ["--only-binary", "scikit-learn", "-c", "requirements.txt", "-e", ".[lab]"]
    assert "numpy" in uv and "numpy" in pip, "never built from source on a learner's machine"
    assert pip[-1] == ".[test]"
    assert real.make_command(None) == [sys.executable, "-m", "venv", real.VENV]
    assert "--seed" in real.make_command("uv"), "learners may call `%pip install` in a notebook"


def test_a_uv_that_does_not_run_counts_as_none(real, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: "uv")
    for code, found in [(0, "uv"), (127, None)]:
        done = subprocess.CompletedProcess("uv", code)
        monkeypatch.setattr(subprocess, "run", lambda *a, done=done, **k: done)
        assert real.find_uv() == found


def test_hand_over_replaces_the_process(real, monkeypatch):
    """So that signals and exit code are those of JupyterLab or pytest."""
    monkeypatch.setattr(os, "environ", os.environ.copy())
    monkeypatch.chdir(ROOT)
    seen = []
    monkeypatch.setattr(real, "WINDOWS", False)
    monkeypatch.setattr(os, "execv", lambda *a: seen.append(a) or (_ for _ in ()).throw(SystemExit))
    with pytest.raises(SystemExit):
        real.hand_over(["-m", "pytest"])
    assert seen == [(real.interpreter(), [real.interpreter(), "-m", "pytest"])]
    assert os.environ["PYTHONPATH"] == str(ROOT)
    assert os.environ["PATH"].startswith(real.scripts_folder() + os.pathsep)


def test_hand_over_on_windows_waits_and_returns_the_exit_code(real, monkeypatch):
    monkeypatch.setattr(os, "environ", os.environ.copy())
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(real, "WINDOWS", True)
    monkeypatch.setattr(real, "interpreter", lambda: sys.executable)
    assert real.hand_over(["-c", "raise SystemExit(5)"]) == 5


def test_commands_pass_arguments_and_exit_codes(course, monkeypatch):
    codes = iter([0, 0, 5])
    monkeypatch.setattr(course, "hand_over", lambda arguments: course.ran.append(arguments) or next(codes))
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    assert course.main([]) == 0
    assert course.ran[-1] == ["-m", "jupyterlab"]
    assert course.main(["lab", "--no-browser", "--port", "0"]) == 0
    assert course.ran[-1] == ["-m", "jupyterlab", "--no-browser", "--port", "0"]
    assert course.main(["test", "-k", "nothing"]) == 5
    assert course.ran[-1] == ["-m", "pytest", "--numprocesses", "auto", "-k", "nothing"]


def test_root_needs_no_further_option(course, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    course.main(["lab"])
    assert course.ran[-1] == ["-m", "jupyterlab", "--allow-root"]


def test_help_and_unknown_commands(course, capsys):
    assert course.main(["--help"]) == 0
    assert "python3 course.py test ARGS..." in capsys.readouterr().out
    assert course.main(["--port", "9999"]) == 2
    assert "there is no command '--port'" in capsys.readouterr().err
    assert course.ran == []


# --- what can go wrong -----------------------------------------------------------------------

# The lines that matter of what pip 22 to 26, uv 0.13 and the operating systems were seen to print.
PIP_OFFLINE = """WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after
connection broken by 'NewConnectionError('<pip._vendor.urllib3.connection.HTTPSConnection object at 0x7f>:
Failed to establish a new connection: [Errno -3] Temporary failure in name resolution')': /simple/numpy/
ERROR: Could not find a version that satisfies the requirement numpy>=2.1 (from cnnlib) (from versions: none)
ERROR: No matching distribution found for numpy>=2.1"""
UV_OFFLINE = """error: Request failed after 3 retries
  Caused by: Failed to fetch: `https://example.org/simple/jupyterlab/`
  Caused by: error sending request for url (https://example.org/simple/jupyterlab/)
  Caused by: client error (Connect)
  Caused by: dns error
  Caused by: failed to lookup address information: Temporary failure in name resolution"""
OUTPUTS = [
    (PIP_OFFLINE, "check the internet connection"),
    (UV_OFFLINE, "check the internet connection"),
    ("ReadTimeoutError: Read timed out.", "check the internet connection"),
    ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]", "not trusted"),
    ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "600 MB"),
    ("Caused by: failed to copy file: No space left on device (os error 28)", "600 MB"),
    ("error: failed to write to file: Read-only file system (os error 30)", "cannot be written to"),
    ("PermissionError: [WinError 5] Access is denied: '...\\_multiarray_umath.pyd'", "close JupyterLab"),
    ("OSError: [Errno 39] Directory not empty: 'site-packages'", "still at work"),
    ("HINT: ... since this system does not have Windows Long Path support enabled.", "too long for Windows"),
    ("ERROR: No matching distribution found for numpy>=2.1", "use another Python"),
    ("  x No solution found when resolving dependencies: numpy==2.5.5 has no wheels", "use another Python"),
]


@pytest.mark.parametrize(("output", "sentence"), OUTPUTS)
def test_a_failed_installation_gives_one_sentence(course, monkeypatch, capsys, output, sentence):
    code = f"import sys; print({output!r}); sys.exit(1)"
    monkeypatch.setattr(course, "install_command", lambda extra, uv: [sys.executable, "-c", code])
    assert course.main(["lab"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("course.py: ") and sentence in line
    assert course.read_stamp() == {}


def test_pip_takes_over_when_uv_fails(course, monkeypatch, capsys):
    """Behind a school's proxy uv may refuse a certificate that pip is set up to accept."""
    monkeypatch.setattr(course, "find_uv", lambda: "uv")
    fail = [sys.executable, "-c", "raise SystemExit('invalid peer certificate: UnknownIssuer')"]
    succeed = [sys.executable, "-c", ""]
    monkeypatch.setattr(course, "install_command", lambda extra, uv: fail if uv else succeed)
    assert course.main(["lab"]) == 0
    assert "once more with pip" in capsys.readouterr().out
    assert course.read_stamp()["extra"] == "lab"


def test_an_unknown_failure_shows_what_was_printed(course, monkeypatch, capsys):
    code = "print('the moon is in the way'); raise SystemExit(3)"
    monkeypatch.setattr(course, "install_command", lambda extra, uv: [sys.executable, "-c", code])
    assert course.main(["test"]) == 1
    said = capsys.readouterr()
    assert "the moon is in the way" in said.out
    assert "see the table in README.md" in said.err


def test_a_full_disk_is_seen_before_anything_is_made(course, monkeypatch, capsys):
    usage = shutil.disk_usage(course.ROOT)._replace(free=50 * 2**20)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    assert course.main(["test"]) == 1
    assert "the disk is full: free about 1100 MB" in capsys.readouterr().err
    assert not Path(course.VENV).exists()


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_a_folder_that_cannot_be_written_to(course, monkeypatch, capsys, number):
    def refuse(path, mode="r", **others):
        if "w" in mode:
            raise OSError(number, os.strerror(number), path)
        return open(path, mode, **others)

    monkeypatch.setattr(course, "open", refuse, raising=False)
    assert course.main(["lab"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert course.ROOT in line and "cannot be written to" in line


def test_a_second_window_waits_its_turn(course, capsys):
    """Two installations into one folder would spoil each other."""
    with course.only_one():
        assert course.main(["lab"]) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert "being set up in another window" in line
        assert not Path(course.VENV).exists()
    assert use(course) == ["make", "install lab"]


def test_a_folder_that_cannot_be_written_to_still_starts_when_installed(course, monkeypatch):
    """A course installed by the teacher for everybody."""
    use(course)
    monkeypatch.setattr(course, "check_room", lambda extra: pytest.fail("nothing is to be written"))
    assert course.main(["lab"]) == 0


def test_a_python_without_venv(real, monkeypatch, capsys):
    """As Debian ships it."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(real.Problem, match=r"sudo apt install python3\.\d+-venv"):
        real.make_command(None)


@pytest.mark.parametrize("spelling", [["--port", "{}"], ["--port={}"], ["--ServerApp.port={}"]])
def test_a_port_that_is_taken(course, capsys, spelling):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert course.main(["lab", "--no-browser", *(word.format(port) for word in spelling)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert f"port {port} is in use" in line
    assert course.ran == []
