"""Notebook 11 on other images: all its cells run on a set in Fashion-MNIST's files, read from a folder."""

import contextlib
import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from cnnlib.data import download
from cnnlib.experiments import comparisons
from cnnlib.networks import recipes
from tools.notebook_sources import read_source

SOURCE = Path(__file__).parents[2] / "notebooks" / "source" / "11_train_a_cnn.py"
ELSEWHERE = ("LossTable()", "capstone.score")  # cells on the 8x8 digits, whatever is chosen above
SIZES = {"train": 1_200, "t10k": 200}


def idx(array):
    """An array of bytes as an IDX file."""
    head = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return head + array.astype(np.uint8).tobytes()


def clothes(folder):
    """Ten kinds of pictures, each a pattern of squares in many shades and places, as the four files."""
    rng = np.random.default_rng(0)
    patterns = np.kron(rng.integers(0, 2, (10, 4, 4)), np.ones((7, 7), int))
    folder.mkdir(parents=True)
    for half, n in SIZES.items():
        labels = rng.integers(0, 10, n)
        moved = [np.roll(patterns[label], rng.integers(-4, 5, 2), axis=(0, 1)) for label in labels]
        pictures = moved * rng.integers(60, 160, (n, 1, 1)) + rng.integers(0, 96, (n, 28, 28))
        for name, array in ((f"{half}-images-idx3-ubyte", pictures), (f"{half}-labels-idx1-ubyte", labels)):
            (folder / f"{name}.gz").write_bytes(gzip.compress(idx(array)))


@pytest.fixture
def shortened(monkeypatch, tmp_path):
    """The files where they are looked for, and less work where a cell compares."""
    clothes(tmp_path / "fashion_mnist")
    monkeypatch.setenv(download.FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setenv("MPLBACKEND", "Agg")
    compare, fit = comparisons.compare, recipes.Recipe.fit
    few = {"seeds": (0, 1)}
    monkeypatch.setattr(comparisons, "compare", lambda *a, steps, **how: compare(*a, steps=60, **how | few))
    monkeypatch.setattr(recipes.Recipe, "fit", lambda *a, epochs=1, **how: fit(*a, epochs=8, **how))


def test_the_same_cells_run_on_clothes(shortened):
    """Every assertion of the notebook holds, and the sentence of the cell that is meant to fail is said."""
    variables, told = {}, []
    for cell in read_source(SOURCE):
        if cell.cell_type != "code" or any(words in cell.source for words in ELSEWHERE):
            continue
        source = cell.source.replace('DATA = "mnist"', 'DATA = "fashion_mnist"')
        fails = "raises-exception" in cell.metadata.get("tags", [])
        with pytest.raises(FileNotFoundError) if fails else contextlib.nullcontext() as caught:
            exec(compile(source, cell.source.partition("\n")[0], "exec"), variables)
        told += [str(caught.value)] if fails else []
    assert variables["images"].class_names[9] == "Ankle boot"
    assert variables["images"].x_train.shape == (SIZES["train"], 1, 28, 28)
    assert all("Fashion-MNIST" in sentence for sentence in told)
