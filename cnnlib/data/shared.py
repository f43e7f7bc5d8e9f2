"""MNIST unpacked once for a whole class: files that all kernels of a machine map, and so hold together.

    python -m cnnlib.data /srv/cnnlib-data      writes /srv/cnnlib-data/shared, 410 MB

`load_mnist` maps them where the environment variable ``CNNLIB_DATA`` names that folder, and
`Split.hold_back` finds there what the notebooks hold back. The arrays are the same and can be written to: a
page that a learner changes becomes their own. Without the folder nothing changes but the memory.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from cnnlib.data.download import FOLDER_VARIABLE

IMAGES, LABELS = "mnist-images.npy", "mnist-labels.npy"
HELD = "mnist-images-held-back.npy"
ROWS = 1000  # compared at a time


def read_shared(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray] | None:
    """Images of a shape (N, 1, H, W), float32, and labels (N,), mapped; None where they are not there.

    >>> read_shared((7, 1, 28, 28)) is None
    True
    """
    images, labels = _mapped(IMAGES, shape, np.float32), _mapped(LABELS, shape[:1], np.intp)
    return None if images is None or labels is None else (images, labels)


def taken(array: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Return ``array[order]``: mapped where the folder has just this, otherwise a copy.

    >>> taken(np.arange(4.0), np.array([2, 0]))
    array([2., 0.])
    """
    found = _mapped(HELD, (len(order), *array.shape[1:]), array.dtype)
    if found is not None:
        parts = (slice(start, start + ROWS) for start in range(0, len(order), ROWS))
        if all(np.array_equal(found[part], array[order[part]]) for part in parts):
            return found
    return array[order]


def write_shared(folder: str | Path) -> Path:
    """Write the files into ``folder/shared``; return that. Readers see each file whole or not at all."""
    from cnnlib.data.images import Split
    from cnnlib.data.mnist import WHOLE, read_bundle

    place = Path(folder) / "shared"
    place.mkdir(parents=True, exist_ok=True)
    split = Split(*read_bundle(WHOLE), ())
    held = split.hold_back(len(split.x_train) // 12)  # as notebooks 00 and 11 do
    for name, parts in (
        (IMAGES, (split.x_train, split.x_test)),
        (LABELS, (split.y_train, split.y_test)),
        (HELD, (held.x_train, held.x_test)),
    ):
        with (place / f"{name}.part").open("wb") as file:
            np.save(file, np.concatenate(parts))
        os.replace(place / f"{name}.part", place / name)
    return place


def _mapped(name: str, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray | None:
    """A file's array, if it is there, whole, and of this shape and kind."""
    folder = os.environ.get(FOLDER_VARIABLE)
    path = Path(folder or "", "shared", name)
    if not folder or not path.is_file():
        return None
    try:
        found = np.load(path, mmap_mode="c").view(np.ndarray)
    except (EOFError, OSError, ValueError):
        return None
    return found if found.shape == shape and found.dtype == dtype else None
