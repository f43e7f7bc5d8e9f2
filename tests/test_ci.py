"""In CI a skipped test, and a run without any test, are failures; elsewhere a skip is only reported."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SKIPPED = "import pytest\ndef test_one(): pass\ndef test_two(): pytest.skip('no oracle here')\n"
SKIPPED_MODULE = "import pytest\npytest.importorskip('a_package_that_is_missing')\ndef test_one(): pass\n"
EXPECTED_FAILURE = "import pytest\n@pytest.mark.xfail\ndef test_one(): assert False\n"


def run(folder, source, ci):
    """Run pytest with the project's conftest.py over one file; return its exit code and output."""
    shutil.copy(ROOT / "conftest.py", folder)
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_it.py").write_text(source)
    environment = {**os.environ, "CI": ci}
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


def test_the_script_stops_at_the_first_failure_and_ends_with_the_tests():
    lines = [line for line in (ROOT / ".ci" / "run").read_text().splitlines() if line.strip()]
    assert "set -euo pipefail" in lines
    assert any(line.startswith("export CI=true") for line in lines)
    assert lines[-1] == '"$python" course.py test'
    assert subprocess.run(["bash", "-n", str(ROOT / ".ci" / "run")]).returncode == 0
