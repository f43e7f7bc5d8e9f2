"""MNIST mapped from one folder for a class: the same arrays, one's own when changed, and held once."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cnnlib.data import images, load_mnist, mnist, shared
from cnnlib.data.mnist import SAMPLE

FILES = {shared.IMAGES, shared.LABELS, shared.HELD}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the small set in place of the whole one, which takes 410 MB."""
    place = tmp_path_factory.mktemp("class")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mnist, "WHOLE", SAMPLE)
        assert {path.name for path in shared.write_shared(place).iterdir()} == FILES
    return place


@pytest.fixture
def alone(monkeypatch):
    monkeypatch.setattr(images, "WHOLE", SAMPLE)
    monkeypatch.delenv("CNNLIB_DATA", raising=False)
    return load_mnist()


def is_mapped(array):
    while array.base is not None and not isinstance(array, np.memmap):
        array = array.base
    return "mmap" in type(array).__name__ or isinstance(array, np.memmap)


def test_the_arrays_are_the_same(alone, folder, monkeypatch):
    monkeypatch.setenv("CNNLIB_DATA", str(folder))
    mapped = load_mnist()
    assert is_mapped(mapped.x_train) and not is_mapped(alone.x_train)
    for before, after in zip(alone[:4], mapped[:4], strict=True):
        assert type(after) is np.ndarray and after.dtype == before.dtype and after.flags.writeable
        np.testing.assert_array_equal(before, after)
    count = len(alone.x_train) // 12
    after = mapped.hold_back(count)
    monkeypatch.delenv("CNNLIB_DATA")
    before = alone.hold_back(count)
    assert is_mapped(after.x_train) and is_mapped(after.x_test) and not is_mapped(before.x_train)
    for one, other in zip(before[:4], after[:4], strict=True):
        np.testing.assert_array_equal(one, other)


def test_who_changes_their_images_keeps_the_change_and_changes_nobody_elses(folder, monkeypatch, alone):
    monkeypatch.setenv("CNNLIB_DATA", str(folder))
    mapped = load_mnist()
    mapped.x_train[5] = 0.5
    held = mapped.hold_back(len(mapped.x_train) // 12)
    halves = [(half == 0.5).all(axis=(1, 2, 3)).sum() for half in (held.x_train, held.x_test)]
    assert sum(halves) == 1 and not is_mapped(held.x_train)
    np.testing.assert_array_equal(load_mnist().x_train, alone.x_train)


def test_another_number_or_another_draw_is_not_taken_from_the_folder(folder, monkeypatch, alone):
    monkeypatch.setenv("CNNLIB_DATA", str(folder))
    mapped = load_mnist()
    for count, rng in ((100, 0), (len(alone.x_train) // 12, 1)):
        np.testing.assert_array_equal(mapped.hold_back(count, rng).x_test, alone.hold_back(count, rng).x_test)


@pytest.mark.parametrize("damage", [b"", b"nonsense", b"\x93NUMPY\x01\x00v\x00{'descr': '<f4'"])
def test_a_damaged_file_is_passed_over(damage, folder, tmp_path, monkeypatch, alone):
    (tmp_path / "shared").mkdir()
    for name in FILES:
        (tmp_path / "shared" / name).write_bytes(damage)
    monkeypatch.setenv("CNNLIB_DATA", str(tmp_path))
    assert not is_mapped(load_mnist().x_train)
    np.testing.assert_array_equal(load_mnist().x_train, alone.x_train)


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="memory is read from /proc")
def test_what_is_mapped_is_no_memory_of_ones_own(folder):
    code = (
        "from cnnlib.data import images\nfrom cnnlib.data.mnist import SAMPLE\nimages.WHOLE = SAMPLE\n"
        "parts = images.load_mnist().hold_back(833)\nparts.x_train.sum()\n"
        "words = open('/proc/self/smaps_rollup').read()\n"
        "print(words.partition('Anonymous:')[2].split()[0])"
    )
    dirty = []
    for place in ("", str(folder)):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"CNNLIB_DATA": place},
            capture_output=True,
            text=True,
        )
        dirty.append(int(done.stdout) / 1000)
    assert dirty[0] - dirty[1] > 25, dirty  # MB: 31 of images, 9 of the bytes that they were made of


@pytest.mark.skipif(not mnist.WHOLE.path.is_file(), reason="the package alone has no whole MNIST")
def test_the_command_writes_the_whole_set(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "cnnlib.data", str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["Written:", str(tmp_path / "shared")] and done.stderr == ""
    held = np.load(tmp_path / "shared" / shared.HELD, mmap_mode="r")
    assert held.shape == (60_000, 1, 28, 28) and held.dtype == np.float32
