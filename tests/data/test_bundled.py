"""MNIST as it comes along: whole and right, a part of it in the package, damage told in a sentence."""

import lzma
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import numpy as np
import pytest

from cnnlib.data import images, load_mnist, load_mnist_sample, load_photo, mnist
from cnnlib.data.mnist import SAMPLE, WHOLE, Bundle, read_bundle

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def whole():
    return load_mnist()


def test_the_whole_set_is_the_published_one(whole):
    """Counts by digit and mean pixel as published; the order of the images to train on is free."""
    assert whole.x_train.shape == (60_000, 1, 28, 28) and whole.x_test.shape == (10_000, 1, 28, 28)
    assert whole.x_train.dtype == np.float32 and whole.y_train.dtype == np.intp
    published = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(whole.y_train).tolist() == published
    assert np.bincount(whole.y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert 255 * whole.x_train.mean(dtype=np.float64) == pytest.approx(33.3184, abs=1e-4)
    assert whole.y_test[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]  # the original order
    assert (whole.x_train.min(), whole.x_train.max()) == (0, 1)


def test_the_sample_is_every_sixth_and_every_fifth(whole):
    sample = load_mnist_sample()
    for half, step in (("train", 6), ("test", 5)):
        for kind in "xy":
            name = f"{kind}_{half}"
            np.testing.assert_array_equal(getattr(sample, name), getattr(whole, name)[::step])


def test_whoever_changes_their_images_changes_nobody_elses():
    first = load_mnist_sample()
    first.x_train[:] = 0
    first.y_test[:] = 0
    second = load_mnist_sample()
    assert second.x_train.any() and second.y_test.any()


def test_nothing_is_unpacked_before_it_is_asked_for():
    code = "import cnnlib.widgets, cnnlib.data.mnist as mnist; print(mnist._unpack.cache_info().currsize)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.split()[0] == "0"


def test_without_the_repository_a_sentence_names_the_sample(monkeypatch, tmp_path):
    monkeypatch.setattr(images, "WHOLE", WHOLE._replace(path=tmp_path / "mnist.xz"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        FileNotFoundError, match=r"load_mnist\(download=True\) .* or use load_mnist_sample\(\)"
    ):
        load_mnist()


def tiny(folder, labels=b"\1\2\3", pixels=3 * 784):
    path = folder / "tiny.xz"
    path.write_bytes(lzma.compress(labels + bytes(pixels)))
    return Bundle(path, 2, 1)


def test_a_damaged_file_is_told_and_is_never_unpacked_further_than_it_should(tmp_path):
    assert [a.shape for a in read_bundle(tiny(tmp_path))] == [(2, 1, 28, 28), (2,), (1, 1, 28, 28), (1,)]
    mnist._unpack.cache_clear()
    with pytest.raises(ValueError, match=r"tiny.xz: holds 2,354 bytes, expected 2,355"):
        read_bundle(tiny(tmp_path, pixels=3 * 784 - 1))
    with pytest.raises(ValueError, match=r"tiny.xz: holds 2,356 bytes, expected 2,355"):
        read_bundle(tiny(tmp_path, pixels=2**20))
    bundle = tiny(tmp_path)
    good = bundle.path.read_bytes()
    bundle.path.write_bytes(good[: len(good) // 2])
    with pytest.raises(ValueError, match=r"tiny.xz: .*get the course again"):
        read_bundle(bundle)
    bundle.path.write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(ValueError, match=r"tiny.xz: the file is damaged"):
        read_bundle(bundle)


def test_the_wheel_takes_the_sample_and_leaves_the_whole(tmp_path):
    pytest.importorskip("hatchling")
    excluded = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"][
        "targets"
    ]
    assert f"cnnlib/assets/{WHOLE.path.name}" in excluded["wheel"]["exclude"]
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert f"cnnlib/assets/{SAMPLE.path.name}" in names and f"cnnlib/assets/{WHOLE.path.name}" not in names
    assert wheel.stat().st_size < 3e6


def test_the_colour_photograph_has_three_channels_that_differ():
    photo = load_photo(color=True)
    assert photo.shape == (1, 3, 128, 128) and photo.dtype == np.float32
    assert 0 <= photo.min() < 0.05 and 0.95 < photo.max() <= 1
    red, _, blue = photo[0]
    assert (red - blue)[90:, 20:90].mean() > 0.3, "the suit is orange"
