"""MNIST as it comes with the course: 70,000 images in the repository, 12,000 of them in the package.

Both files are xz archives of one layout: a byte for each label, then 28 x 28 bytes for each image, the
images to train on first. They are unpacked when first asked for, and kept unpacked as bytes, 55 MB and 9 MB.
"""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

ASSETS = Path(__file__).parents[1] / "assets"
SIDE = 28


class Bundle(NamedTuple):
    """One of the two files: its path, and how many images to train on and to test with it holds."""

    path: Path
    training: int
    test: int

    @property
    def bytes_unpacked(self):
        """Length of what the archive holds."""
        return (self.training + self.test) * (1 + SIDE * SIDE)


WHOLE = Bundle(ASSETS / "mnist.xz", 60_000, 10_000)
SAMPLE = Bundle(ASSETS / "mnist_sample.xz", 10_000, 2_000)


def read_bundle(bundle):
    """Unpack a bundle into images and labels.

    Parameters
    ----------
    bundle : Bundle

    Returns
    -------
    x_train, y_train, x_test, y_test : arrays
        Images (N, 1, 28, 28) of float32 in [0, 1], and labels (N,) of int; new ones at each call.

    Raises
    ------
    FileNotFoundError
        If the file is not there: the package that is installed without the repository has no whole MNIST.
    ValueError
        If the file is damaged or cut off.

    Examples
    --------
    >>> [array.shape for array in read_bundle(SAMPLE)]
    [(10000, 1, 28, 28), (10000,), (2000, 1, 28, 28), (2000,)]
    """
    labels, images = _unpack(bundle)
    x, y = as_images(images[:, None]), labels.astype(np.intp)
    n = bundle.training
    return x[:n], y[:n], x[n:], y[n:]


def as_images(pixels):
    """Turn bytes into float32 in [0, 1].

    Examples
    --------
    >>> as_images(np.array([0, 51, 255], np.uint8))
    array([0. , 0.2, 1. ], dtype=float32)
    """
    return np.divide(pixels, np.float32(255), dtype=np.float32)


@lru_cache(maxsize=2)
def _unpack(bundle):
    """Return labels (N,) and images (N, 28, 28) as bytes that nobody can write to."""
    import lzma  # loaded where it is needed: `import cnnlib` is to be quick

    with open(bundle.path, "rb") as file:
        packed = file.read()
    unpacker = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=2**27)
    try:
        whole = unpacker.decompress(packed, bundle.bytes_unpacked + 1)
    except lzma.LZMAError as error:
        raise ValueError(
            f"{bundle.path.name}: the file is damaged ({error}); get the course again"
        ) from error
    if len(whole) != bundle.bytes_unpacked:
        raise ValueError(
            f"{bundle.path.name}: holds {len(whole):,} bytes, expected {bundle.bytes_unpacked:,}: the file is"
            " damaged or cut off; get the course again"
        )
    count = bundle.training + bundle.test
    values = np.frombuffer(whole, np.uint8)
    return values[:count], values[count:].reshape(count, SIDE, SIDE)
