"""Data: the bundled images, IDX files whole and damaged."""

import gzip

import numpy as np
import pytest

from cnnlib.data import load_mnist, load_photo
from cnnlib.data.idx import read_idx


def test_digits_are_scikit_learns(digits):
    sklearn = pytest.importorskip("sklearn.datasets").load_digits()
    images = np.concatenate([digits.x_train, digits.x_test])[:, 0] * 16
    labels = np.concatenate([digits.y_train, digits.y_test])
    ours = sorted((label, *image.astype(int).ravel()) for image, label in zip(images, labels, strict=True))
    theirs = sorted(
        (label, *image.astype(int).ravel())
        for image, label in zip(sklearn.images, sklearn.target, strict=True)
    )
    assert ours == theirs


def test_digits_split_is_stratified_and_in_range(digits):
    for x, y, n in ((digits.x_train, digits.y_train, 1437), (digits.x_test, digits.y_test, 360)):
        assert x.shape == (n, 1, 8, 8) and x.dtype == np.float32 and 0 == x.min() < x.max() == 1
        assert np.ptp(np.bincount(y)) <= 0.06 * n / 10 + 1


def test_photo():
    photo = load_photo()
    assert (
        photo.shape == (1, 1, 100, 150) and photo.dtype == np.float32 and 0 <= photo.min() < photo.max() <= 1
    )


def idx(array, type_byte=8):
    return (
        bytes([0, 0, type_byte, array.ndim])
        + np.array(array.shape, ">u4").tobytes()
        + array.astype(np.uint8).tobytes()
    )


@pytest.fixture
def mnist(tmp_path):
    rng = np.random.default_rng(0)
    for half, n in (("train", 5), ("t10k", 3)):
        (tmp_path / f"{half}-images-idx3-ubyte").write_bytes(idx(rng.integers(0, 256, (n, 28, 28))))
        (tmp_path / f"{half}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(rng.integers(0, 10, n))))
    return tmp_path


def test_mnist_files_plain_and_packed(mnist):
    split = load_mnist(mnist)
    assert (
        split.x_train.shape == (5, 1, 28, 28) and split.x_test.dtype == np.float32 and split.x_test.max() <= 1
    )
    assert split.y_train.shape == (5,) and split.y_train.dtype == np.intp


def test_mnist_files_that_do_not_fit(mnist):
    labels = mnist / "t10k-labels-idx1-ubyte.gz"
    labels.write_bytes(idx(np.arange(4)))
    with pytest.raises(ValueError, match=r"t10k-labels-idx1-ubyte.gz: holds shape \(4,\), expected \(3,\)"):
        load_mnist(mnist)
    labels.write_bytes(idx(np.array([1, 2, 10])))
    with pytest.raises(ValueError, match="holds label 10, expected 0 to 9"):
        load_mnist(mnist)
    labels.unlink()
    with pytest.raises(FileNotFoundError, match="lacks t10k-labels"):
        load_mnist(mnist)


GOOD = idx(np.arange(24).reshape(2, 3, 4))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "begins with ''"),
        (b"\1" + GOOD[1:], "begins with '01 00 08 03'"),
        (GOOD[:2] + b"\x0d" + GOOD[3:], "begins with '00 00 0d 03'"),
        (GOOD[:3] + b"\0" + GOOD[4:], "has 0 axes, expected 1 to 4"),
        (GOOD[:10], "ends within its header"),
        (GOOD[:-1], "holds 23 bytes of data, expected 24"),
        (GOOD + b"x", "holds more bytes of data, expected 24"),
        (GOOD[:4] + b"\xff" * 12 + GOOD[16:], "says it holds"),
        (gzip.compress(GOOD, mtime=0)[:-9], "is damaged or cut off"),
        (
            gzip.compress(GOOD, mtime=0)[:12] + b"\0\0\0\0" + gzip.compress(GOOD, mtime=0)[16:],
            "is damaged or cut off",
        ),
    ],
)
def test_damaged_idx_files_are_named(tmp_path, content, sentence):
    path = tmp_path / "images"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=f"^images: .*{sentence}"):
        read_idx(path)


def test_ten_thousand_mutations_of_idx_files_end_in_an_array_or_a_sentence(tmp_path):
    rng, path = np.random.default_rng(0), tmp_path / "images"
    for i in range(10_000):
        damaged = bytearray(gzip.compress(GOOD, mtime=0) if i % 2 else GOOD)
        for _ in range(rng.integers(1, 5)):
            damaged[rng.integers(len(damaged))] = rng.integers(256)
        path.write_bytes(damaged[: rng.integers(len(damaged)) + 1] if i % 5 == 0 else damaged)
        try:
            read_idx(path)
        except ValueError as error:
            assert str(error).startswith("images: ")
