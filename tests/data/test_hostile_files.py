"""Files that mean harm: the loaders run nothing, write nothing, and ask for no more memory than the file."""

import contextlib
import io
import os
import pickle
import tracemalloc
import zipfile

import numpy as np
import pytest

from cnnlib import SGD, small_cnn
from cnnlib.saving import load, npz, save
from cnnlib.training import load_checkpoint

ESCAPES = ["../evil.npy", "/tmp/evil.npy", "..\\evil.npy", "C:\\evil.npy", "a/../../evil.npy", "evil.npy/"]


class Bomb:
    """Unpickling it would make a file."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


def load_checkpoint_of(path):
    return load_checkpoint(path, small_cnn(0), SGD(lr=0.1), np.random.default_rng(0))


READERS = {"read": npz.read, "load": load, "resume": load_checkpoint_of}
READERS = [pytest.param(read, id=name) for name, read in READERS.items()]


def npy(array, **options):
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def archive(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as file:
        file.writestr("architecture.npy", npy(np.array("[]")))
        for name, data in members.items():
            file.writestr(name, data)
    return path


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("name", ESCAPES)
def test_names_that_lead_out_of_the_archive_write_nothing(tmp_path, monkeypatch, read, name):
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    path = archive(inside / "net.npz", {name: npy(np.zeros(3, np.float32))})
    before = sorted(tmp_path.rglob("*"))
    with contextlib.suppress(ValueError):
        read(path)
    assert sorted(tmp_path.rglob("*")) == before and not os.path.exists("/tmp/evil.npy")


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("name", ["architecture.npy", "0.weight.npy"])
def test_pickled_objects_are_refused_and_not_run(tmp_path, read, name):
    made = tmp_path / "made"
    objects = np.array([Bomb(made), *[None] * 200], dtype=object)
    data = npy(objects, allow_pickle=True)
    data += bytes(128 + objects.nbytes - len(data))  # as long as its header makes one expect
    path = tmp_path / "net.npz"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(name, data)
    with pytest.raises(ValueError, match="path"):
        read(path)
    bare = tmp_path / "bare.npz"
    bare.write_bytes(pickle.dumps(Bomb(made)))
    with pytest.raises(ValueError, match="path"):
        read(bare)
    assert not made.exists()


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("compression", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_small_file_never_becomes_a_large_one(tmp_path, read, compression):
    """200 MB of zeros shrink to some kilobytes; nothing is unpacked, since cnnlib compresses nothing."""
    large = npy(np.zeros(200 * 2**20, np.uint8))
    path = archive(tmp_path / "net.npz", {"0.weight.npy": large}, compression)
    del large
    assert path.stat().st_size < 2**20
    tracemalloc.start()
    with pytest.raises(ValueError, match="path"):
        read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * 2**20


@pytest.mark.parametrize("read", READERS)
def test_a_file_cut_off_anywhere_is_refused(tmp_path, read):
    save(small_cnn(0), tmp_path / "net.npz")
    whole, cut = (tmp_path / "net.npz").read_bytes(), tmp_path / "cut.npz"
    for length in [*range(0, 200), *range(200, len(whole), 97), len(whole) - 1]:
        cut.write_bytes(whole[:length])
        with pytest.raises(ValueError, match="path"):
            read(cut)


def test_twice_the_same_name_is_no_way_in(tmp_path):
    """Two members of one name: whichever counts, it has been checked."""
    made = tmp_path / "made"
    save(small_cnn(0), tmp_path / "net.npz")
    with zipfile.ZipFile(tmp_path / "net.npz", "a") as file, pytest.warns(UserWarning):
        file.writestr("0.weight.npy", npy(np.array([Bomb(made)], dtype=object), allow_pickle=True))
    with pytest.raises(ValueError, match="path"):
        load(tmp_path / "net.npz")
    assert not made.exists()
