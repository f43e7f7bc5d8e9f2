"""In CI a skipped test, and a run without any test, are failures; elsewhere a skip is only reported."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SKIPPED = "import pytest\ndef test_one(): pass\ndef test_two(): pytest.skip('no oracle here')\n"
SKIPPED_MODULE = "import pytest\npytest.importorskip('a_package_that_is_missing')\ndef test_one(): pass\n"
EXPECTED_FAILURE = "import pytest\n@pytest.mark.xfail\ndef test_one(): assert False\n"


def run(folder, source, ci):
    """Run pytest with the project's conftest.py over one file; return its exit code and output.

    Of the plugins that are installed with nbval alone, which it sets up: their import took most of the time.
    """
    shutil.copy(ROOT / "conftest.py", folder)
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_it.py").write_text(source)
    environment = {
        **os.environ,
        "CI": ci,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_PLUGINS": "nbval.plugin",
    }
    environment.pop("PYTEST_ADDOPTS", None)
    done = subprocess.run(
        [sys.executable, "-m", "pytest"], cwd=folder, env=environment, capture_output=True, text=True
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("source", [SKIPPED, SKIPPED_MODULE])
def test_a_skip_fails_in_ci(tmp_path, source):
    code, said = run(tmp_path, source, "true")
    assert code in (1, 5) and "a skipped test is a failure" in said
    assert re.search(r"1 skipped.* in [\d.]+s", said.splitlines()[-1]), "pytest's summary must come last"


@pytest.mark.parametrize("ci", ["", "false"])
def test_a_skip_passes_elsewhere(tmp_path, ci):
    code, said = run(tmp_path, SKIPPED, ci)
    assert code == 0 and "a skipped test is a failure" not in said


def test_other_outcomes_are_pytest_s_own(tmp_path):
    assert run(tmp_path, "def test_one(): pass\n", "true")[0] == 0
    assert run(tmp_path, EXPECTED_FAILURE, "true")[0] == 0
    assert run(tmp_path, "def test_one(): assert False\n", "true")[0] == 1
    assert run(tmp_path, "", "true")[0] == 5, "no test ran"


PROGRAMS = ("bin/python3", "bin/chromium", "bin/firefox", "bin/npm", ".venv/bin/python")


def run_script(folder, codes, programs=PROGRAMS, **variables):
    """Run .ci/run in an empty repository whose programs are stand-ins; return its exit code and output."""
    for name in (".ci", *{os.path.dirname(name) for name in programs}):
        (folder / name).mkdir(parents=True)
    shutil.copy(ROOT / ".ci" / "run", folder / ".ci" / "run")
    cases = "".join(f'*"{words}"*) exit {code};;' for words, code in codes.items())
    script = f'#!/bin/sh\necho "ran $*, CI is $CI"\ncase "$*" in {cases} esac\n'
    for name in programs:
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)
    environment = {"PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder)}
    environment |= variables
    done = subprocess.run(["bash", ".ci/run"], cwd=folder, env=environment, capture_output=True, text=True)
    return done.returncode, done.stdout


def in_bash(test):
    """Collect a test where stand-ins for programs can be scripts; on Windows a skip would fail its CI."""
    return None if os.name == "nt" else test


@in_bash
def test_the_script_ends_with_the_readme_s_command(tmp_path):
    code, said = run_script(tmp_path, {})
    assert code == 0
    assert re.fullmatch(r"ran course.py test --durations\S+ \S+, CI is true", said.splitlines()[-1])
    assert "python3 course.py test\n" in (ROOT / "README.md").read_text("utf-8")


@in_bash
@pytest.mark.parametrize(
    "words",
    [
        "ruff check",
        "ruff format",
        "frontend ci",
        "run lint",
        "build_notebooks",
        "check_notebooks",
        "build_site",
        "test",
    ],
)
def test_the_script_fails_when_a_check_fails(tmp_path, words):
    code, said = run_script(tmp_path, {words: 3})
    assert code != 0
    if words != "test":
        assert "ran course.py test --durations" in said, "the tests run all the same"
        assert words in said.split("== Failed")[1]


@in_bash
def test_the_script_installs_the_browser_that_is_missing(tmp_path):
    """Looked for where nothing is but what the script itself calls."""
    tools = ("bin/apt-get", "bin/python3", "bin/chromium", "bin/npm")
    (tmp_path / "few").mkdir()
    for name in ("bash", "cat", "dirname", "id", "mktemp", "sh"):
        (tmp_path / "few" / name).symlink_to(shutil.which(name))
    places = {"PATH": f"{tmp_path}/bin:{tmp_path}/few", "DATASETS": f"{tmp_path}/none"}
    code, said = run_script(tmp_path, {}, (*tools, ".venv/bin/python"), **places)
    missing = "firefox-esr webkit2gtk-driver xvfb dataset-fashion-mnist"
    assert code == 0 and f"--no-install-recommends {missing}, CI" in said
    assert "chromium-driver" not in said


@in_bash
@pytest.mark.parametrize("there", [False, True])
def test_the_script_installs_the_clothes_where_there_is_a_package_and_they_are_missing(tmp_path, there):
    programs = ("bin/apt-get", "bin/sudo", "bin/WebKitWebDriver", *PROGRAMS)
    (tmp_path / "sets" / ("fashion-mnist" if there else "others")).mkdir(parents=True)
    code, said = run_script(tmp_path, {}, programs, DATASETS=str(tmp_path / "sets"))
    assert code == 0
    assert ("install -y -qq --no-install-recommends dataset-fashion-mnist" in said) is not there


@in_bash
def test_the_script_stops_when_there_is_no_environment(tmp_path):
    code, said = run_script(tmp_path, {"version": 1})
    assert code == 1
    assert "ruff" not in said


@in_bash
def test_the_script_finds_the_environment_of_windows(tmp_path):
    """There the environment's programs lie in `Scripts`, and Python is called `python`."""
    programs = ("bin/python", "bin/npm", ".venv/Scripts/python.exe")
    code, said = run_script(
        tmp_path, {}, programs, PYTHON="python", CHROMIUM="C:\\chrome.exe", FIREFOX="C:\\firefox.exe"
    )
    assert (
        code == 0
        and "ran -m ruff check" in said
        and re.fullmatch(r"ran course.py test --durations\S+ \S+, CI is true", said.splitlines()[-1])
    )


def test_there_is_a_process_more_than_cores_but_as_many_as_are_asked_for(repository, monkeypatch):
    spec = importlib.util.spec_from_file_location("conftest_of_the_course", repository / "conftest.py")
    conftest = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(conftest)
    monkeypatch.delenv("PYTEST_XDIST_AUTO_NUM_WORKERS", raising=False)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert conftest.pytest_xdist_auto_num_workers(None) == cores + 1
    monkeypatch.setenv("PYTEST_XDIST_AUTO_NUM_WORKERS", "7")
    assert conftest.pytest_xdist_auto_num_workers(None) == 7
