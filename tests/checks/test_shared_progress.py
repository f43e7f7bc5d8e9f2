"""One file of progress, several kernels: no record is lost, whatever was in the file."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cnnlib.checks.progress import read_progress, record
from cnnlib.learning.names import edition
from cnnlib.runtime import locks
from cnnlib.runtime.locks import locked

RECORD = """
import sys
from cnnlib.checks.progress import record
for i in range(40):
    record(f"03.exercise_{sys.argv[1]}_{i}", "right")
    record("03.shared", "wrong")
"""


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("CNNLIB_PROGRESS", str(tmp_path / "progress.json"))
    return tmp_path / "progress.json"


def test_two_kernels_lose_nothing(own_progress):
    command = [sys.executable, "-c", RECORD]
    running = [subprocess.Popen([*command, str(i)], cwd=Path(__file__).parents[2]) for i in range(3)]
    assert [process.wait() for process in running] == [0, 0, 0]
    done = read_progress()
    assert len(done) == 3 * 40 + 1 and done["03.shared"]["tries"] == 120
    assert [path.name for path in own_progress.parent.iterdir()] == ["progress.json"]


def test_threads_lose_nothing():
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: record(f"03.x{i}", "right"), range(100)))
    assert len(read_progress()) == 100


def test_a_kernel_that_was_killed_blocks_nobody(own_progress):
    code = "import os, sys; from cnnlib.runtime.locks import locked\n"
    code += "with locked(sys.argv[1]): os._exit(9)"
    subprocess.run([sys.executable, "-c", code, str(own_progress)], cwd=Path(__file__).parents[2])
    assert own_progress.with_name("progress.json.lock").exists()
    record("03.relu_backward", "right")
    assert read_progress() and not own_progress.with_name("progress.json.lock").exists()


def test_after_some_waiting_it_goes_on_without_the_lock(tmp_path):
    with locked(tmp_path / "a"), locked(tmp_path / "a", seconds=0.05):
        pass


@pytest.mark.parametrize("text", ["{not json", "[]", '{"exercises": []}', "", "[" * 100_000])
def test_a_damaged_file_is_set_aside_and_not_lost(own_progress, text):
    own_progress.write_text(text)
    record("03.relu_backward", "right")
    assert own_progress.with_name("progress.json.damaged").read_text() == text
    assert list(read_progress()) == ["03.relu_backward"]


def test_what_others_wrote_into_the_file_stays(own_progress):
    kept = {"version": edition(), "note": "mine", "exercises": {"99.later": {"state": "new"}, "98.odd": 5}}
    own_progress.write_text(json.dumps(kept))
    record("99.later", "wrong")
    record("03.relu_backward", "wrong")
    found = json.loads(own_progress.read_text())
    assert found["note"] == "mine" and found["version"] == edition() and found["exercises"]["98.odd"] == 5
    assert found["exercises"]["99.later"]["tries"] == 1


def test_a_file_that_cannot_be_read_now_is_not_overwritten(own_progress, monkeypatch):
    record("03.relu_backward", "right")
    before = own_progress.read_bytes()

    def refuse(self, **_):
        raise PermissionError("another program has it open")

    with monkeypatch.context() as windows:
        windows.setattr(Path, "read_text", refuse)
        record("03.other", "right")
    assert own_progress.read_bytes() == before and os.listdir(own_progress.parent) == ["progress.json"]


def test_where_there_are_no_locks_it_goes_on_without(own_progress, monkeypatch):
    def refuse(file):
        raise OSError("no locks here")

    monkeypatch.setattr(locks, "_lock", refuse)
    record("03.relu_backward", "right")
    assert list(read_progress()) == ["03.relu_backward"]
