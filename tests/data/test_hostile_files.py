"""Files that mean harm: the loaders run nothing, write nothing, and ask for no more memory than the file."""

import contextlib
import gzip
import io
import json
import os
import pickle
import struct
import tracemalloc
import zipfile
import zlib

import numpy as np
import pytest

from cnnlib import SGD, small_cnn
from cnnlib.data import ASSETS
from cnnlib.data.idx import read_idx
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


def raw_zip(path, members, data):
    """An archive written byte by byte: its directory names (name, offset, length) within `data`."""
    directory = b""
    for name, offset, length in members:
        crc = zlib.crc32(data[offset + 30 + len(name) :][:length])
        fields = (20, 20, 0, 0, 0, 0, crc, length, length, len(name), 0, 0, 0, 0, 0, offset)
        directory += b"PK\x01\x02" + struct.pack("<HHHHHHLLLHHHHHLL", *fields) + name
    end = struct.pack("<HHHHLLH", 0, 0, len(members), len(members), len(directory), len(data), 0)
    path.write_bytes(data + directory + b"PK\x05\x06" + end)
    return path


def local(name, data):
    fields = (20, 0, 0, 0, 0, zlib.crc32(data), len(data), len(data), len(name), 0)
    return b"PK\x03\x04" + struct.pack("<HHHHHLLLHH", *fields) + name + data


def nested(path, copies=60, length=2**19):
    """Each member holds the next one's header and data: a megabyte is read `copies` times over."""
    names = [f"{i}.weight.npy".encode() for i in range(copies)]
    data, offsets = bytes(length), []
    for name in reversed(names):
        array = np.frombuffer(data, np.uint8)
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            header, {"descr": "|u1", "fortran_order": False, "shape": array.shape}
        )
        data = local(name, header.getvalue() + data)
        offsets.append(len(data))
    starts = [len(data) - size for size in reversed(offsets)]
    text = local(b"architecture.npy", npy(np.array("[]")))
    members = [
        (name, start, len(data) - start - 30 - len(name)) for name, start in zip(names, starts, strict=True)
    ]
    members.append((b"architecture.npy", len(data), len(text) - 46))
    return raw_zip(path, members, data + text)


SMALL = ASSETS / "digits.npz"


def peak_of(call, *arguments):
    """The most memory that a refused call asks for, in bytes, and what it says."""
    with contextlib.suppress(ValueError):
        call(SMALL)  # what is imported at the first call does not count
    tracemalloc.start()
    with pytest.raises(ValueError) as told:
        call(*arguments)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak, str(told.value)


@pytest.fixture
def old_zipfile(monkeypatch):
    """Pythons whose zipfile does not refuse members that overlap."""
    init = zipfile.ZipFile._RealGetContents

    def without_guard(self):
        init(self)
        for info in self.filelist:
            if hasattr(info, "_end_offset"):
                info._end_offset = None

    monkeypatch.setattr(zipfile.ZipFile, "_RealGetContents", without_guard)


@pytest.mark.parametrize("read", READERS)
def test_members_within_members_are_refused(tmp_path, old_zipfile, read):
    path = nested(tmp_path / "net.npz")
    peak, sentence = peak_of(read, path)
    assert peak < 3 * path.stat().st_size and "shares bytes" in sentence


@pytest.mark.parametrize("read", READERS)
def test_one_member_named_many_times_is_refused(tmp_path, old_zipfile, read):
    data = local(b"w.npy", npy(np.zeros(2**20, np.uint8)))
    text = local(b"architecture.npy", npy(np.array("[]")))
    members = [(b"w.npy", 0, len(data) - 35)] * 300 + [(b"architecture.npy", len(data), len(text) - 46)]
    path = raw_zip(tmp_path / "net.npz", members, data + text)
    assert peak_of(read, path)[0] < 3 * path.stat().st_size
    members = [(f"{i}.w".encode(), 0, len(data) - 33) for i in range(300)]  # other names, the same bytes
    assert peak_of(read, raw_zip(tmp_path / "net.npz", members, data + text))[0] < 2**22


@pytest.mark.parametrize("descr", ["|V0", "<U0", "|S0", "|O", "<c8", "<f16", "<M8[s]", "[('a', '<f4')]"])
def test_arrays_of_other_kinds_are_refused(tmp_path, descr):
    quoted = descr if descr.startswith("[") else repr(descr)
    header = (
        f"{{'descr': {quoted}, 'fortran_order': False, 'shape': (1000000000000,), }}".encode().ljust(117)
        + b"\n"
    )
    data = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
    path = archive(tmp_path / "net.npz", {"0.weight.npy": data})
    peak, _ = peak_of(load, path)
    assert peak < 2**21


def test_an_honest_file_takes_a_few_times_its_size(tmp_path):
    save(small_cnn(0, width=400), tmp_path / "net.npz")
    size = (tmp_path / "net.npz").stat().st_size
    load(tmp_path / "net.npz")
    tracemalloc.start()
    load(tmp_path / "net.npz")
    assert tracemalloc.get_traced_memory()[1] < 4 * size
    tracemalloc.stop()


def test_layers_without_number_are_refused(tmp_path):
    text = json.dumps([["ReLU", {}]] * 100_000)
    npz.write(tmp_path / "net.npz", text, {})
    peak, sentence = peak_of(load, tmp_path / "net.npz")
    assert "100000 layers" in sentence and peak < 20 * (tmp_path / "net.npz").stat().st_size


def gzip_of_zeros(path, shape, count):
    """An IDX file of `count` zeros, written piece by piece."""
    with gzip.open(path, "wb", compresslevel=9) as file:
        file.write(bytes([0, 0, 8, len(shape)]) + np.array(shape, ">u4").tobytes())
        for _ in range(count // 2**20):
            file.write(bytes(2**20))
    return path


@pytest.mark.parametrize("promised", [150, 100_000])
def test_a_compressed_file_of_zeros_is_refused_in_little_memory(tmp_path, promised):
    """150 MB in 150 kB, whether its header owns up to them or not."""
    path = gzip_of_zeros(tmp_path / "images.gz", (promised, 1024, 1024), 150 * 2**20)
    assert path.stat().st_size < 200_000
    assert peak_of(read_idx, path)[0] < 2 * 2**20


def test_more_than_was_promised_is_not_unpacked(tmp_path):
    path = gzip_of_zeros(tmp_path / "images.gz", (2, 28, 28), 150 * 2**20)
    peak, sentence = peak_of(read_idx, path)
    assert peak < 2 * 2**20 and "holds more bytes of data" in sentence


def test_a_plain_file_that_promises_more_than_it_holds_asks_for_nothing(tmp_path):
    path = tmp_path / "images"
    path.write_bytes(bytes([0, 0, 8, 3]) + np.array([1000, 1000, 1000], ">u4").tobytes() + bytes(100))
    assert peak_of(read_idx, path)[0] < 2**20
