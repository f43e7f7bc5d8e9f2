"""CIFAR-10's records and archive: whole, damaged, and meaning harm."""

import gzip
import io
import tarfile
import tracemalloc

import numpy as np
import pytest

from cnnlib.data import load_cifar10
from cnnlib.data.cifar import RECORD, TEST, TRAINING, read_archive, read_records

NAMES = (*TRAINING, TEST)


def content(n, seed=0):
    """`n` records with random pixels; label i of record i, modulo ten."""
    table = np.random.default_rng(seed).integers(0, 256, (n, RECORD), dtype=np.uint8)
    table[:, 0] = np.arange(n) % 10
    return table.tobytes()


def archive(files, folder="cifar-10-batches-bin/", format=tarfile.USTAR_FORMAT):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format) as tar:
        if folder:
            about = tarfile.TarInfo(folder)
            about.type = tarfile.DIRTYPE
            tar.addfile(about)
        for name, body in getattr(files, "items", lambda: files)():
            info = tarfile.TarInfo(folder + name)
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))
    return buffer.getvalue()


def whole(n=2):
    return {"readme.html": b"<html>", **{name: content(n, i) for i, name in enumerate(NAMES)}}


@pytest.mark.parametrize("form", ["archive", "gnu archive", "files", "parent folder"])
def test_read_from_a_folder(tmp_path, form):
    place = tmp_path / "cifar10" if form == "parent folder" else tmp_path
    place.mkdir(exist_ok=True)
    files = whole()
    if "archive" in form:
        kind = tarfile.GNU_FORMAT if "gnu" in form else tarfile.USTAR_FORMAT
        (place / "cifar-10-binary.tar.gz").write_bytes(gzip.compress(archive(files, format=kind)))
    else:
        for name, body in files.items():
            (place / name).write_bytes(body)
    split = load_cifar10(tmp_path)
    assert split.x_train.shape == (10, 3, 32, 32) and split.x_test.shape == (2, 3, 32, 32)
    assert split.x_train.dtype == np.float32 and split.y_train.tolist() == [0, 1] * 5
    first = np.frombuffer(files[TRAINING[0]], np.uint8)[1:RECORD].reshape(3, 32, 32)
    np.testing.assert_allclose(split.x_train[0], first / 255, atol=1e-7)
    assert split.class_names[9] == "truck"


def test_without_files_a_sentence_says_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        load_cifar10(tmp_path)
    text = str(caught.value)
    assert text.startswith("folder must hold cifar-10-binary.tar.gz; found none in ")
    assert "load_cifar10(download=True) fetches them (170 MB)" in text
    (tmp_path / TEST).write_bytes(content(1))
    with pytest.raises(FileNotFoundError, match=r"must hold cifar-10-binary.tar.gz"):
        load_cifar10(tmp_path)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "holds 0 bytes"),
        (content(2)[:-1], "holds 6,145 bytes, expected 1 to 10,000 records of 3,073"),
        (content(1) + b"x", "holds 3,074 bytes"),
        (bytes(10_001 * RECORD), "holds more bytes"),
        (b"\x0a" + content(1)[1:], "holds label 10, expected 0 to 9"),
    ],
)
def test_damaged_files_are_named(tmp_path, body, sentence):
    path = tmp_path / "test_batch.bin"
    path.write_bytes(body)
    with pytest.raises(ValueError, match=f"^test_batch.bin: .*{sentence}"):
        read_records(path)


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({TEST: content(1)}, "lacks data_batch_1.bin, data_batch_2.bin"),
        ({**whole(), TEST: bytes(10_001 * RECORD)}, "holds test_batch.bin twice, or one of 30,733,073 bytes"),
        ({**whole(), TEST: b"short"}, "^test_batch.bin: holds 5 bytes"),
    ],
)
def test_archives_that_are_not_cifars(tmp_path, files, sentence):
    path = tmp_path / "cifar-10-binary.tar.gz"
    path.write_bytes(gzip.compress(archive(files)))
    with pytest.raises(ValueError, match=sentence):
        read_archive(path)


def test_the_same_name_twice_is_refused(tmp_path):
    path = tmp_path / "cifar-10-binary.tar.gz"
    path.write_bytes(gzip.compress(archive([*whole().items(), (TEST, content(1))])))
    with pytest.raises(ValueError, match=r"holds test_batch.bin twice"):
        read_archive(path)


def test_an_archive_that_swells_is_left_alone(tmp_path):
    """A gigabyte of zeros in a megabyte: headers that announce it, and a file without end."""
    path = tmp_path / "cifar-10-binary.tar.gz"
    info = tarfile.TarInfo("readme.html")
    info.size = 2**30
    for body in (info.tobuf(), bytes(512)):
        with gzip.open(path, "wb", compresslevel=1) as file:
            file.write(body)
            for _ in range(300):
                file.write(bytes(2**20))
        tracemalloc.start()
        with pytest.raises(ValueError, match="more than 268,435,456 bytes"):
            read_archive(path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 8 * 2**20


def test_ten_thousand_mutations_end_in_arrays_or_a_sentence(tmp_path):
    rng, path = np.random.default_rng(0), tmp_path / "cifar-10-binary.tar.gz"
    plain = archive({name: content(1, i) for i, name in enumerate(NAMES)})
    packed = gzip.compress(plain, 1, mtime=0)
    heads = np.concatenate([np.arange(512) + 3584 * i for i in range(3)])
    for i in range(10_000):
        if i % 4 == 0:
            damaged = bytearray(packed)
            places = rng.integers(len(damaged), size=rng.integers(1, 4))
        else:
            damaged = bytearray(plain)
            places = rng.choice(heads, rng.integers(1, 4))
        for place in places:
            damaged[place] = rng.integers(256)
        if i % 5 == 0:
            damaged = damaged[: rng.integers(len(damaged)) + 1]
        path.write_bytes(damaged if i % 4 == 0 else gzip.compress(damaged, 0, mtime=0))
        try:
            read_archive(path)
        except ValueError as error:
            assert ".bin: " in str(error) or str(error).startswith("cifar-10-binary.tar.gz: ")
