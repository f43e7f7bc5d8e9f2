"""Real images: arrays (N, C, H, W) of float32 in [0, 1], with integer labels.

Bundled: 1,797 handwritten digits of 8x8 pixels and one photograph. MNIST and Fashion-MNIST are read from
files of the learner's own, in the IDX format.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from cnnlib.data.download import FASHION_MNIST, MNIST, fetch, find_file, find_folder
from cnnlib.data.idx import read_idx

ASSETS = Path(__file__).parents[1] / "assets"
DIGITS = tuple("0123456789")
FASHION = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


class Split(NamedTuple):
    """A data set in two halves: one to train on, one that training never sees.

    Attributes
    ----------
    x_train, x_test : array of float32, shape (N, C, H, W)
        Images, 0 black (no ink) to 1 white (full ink).
    y_train, y_test : array of int, shape (N,)
        Labels.
    class_names : tuple of str
        What label 0, 1, ... stand for.
    """

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    class_names: tuple

    def __repr__(self):
        return (
            f"Split({len(self.x_train)} training and {len(self.x_test)} test images of shape"
            f" {self.x_train.shape[1:]}, {len(self.class_names)} classes)"
        )


def load_digits():
    """1,797 real handwritten digits of 8x8 pixels, 1,437 to train on and 360 to test, always the same.

    Each of the ten digits has the same share in both halves. Source: E. Alpaydin and C. Kaynak, "Optical
    Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998, doi:10.24432/C50P49,
    CC BY 4.0, in the version that scikit-learn ships.

    Returns
    -------
    Split

    Examples
    --------
    >>> load_digits()
    Split(1437 training and 360 test images of shape (1, 8, 8), 10 classes)
    """
    arrays = _asset("digits.npz")
    x = arrays["images"][:, None].astype(np.float32) / 16
    y = arrays["labels"].astype(np.intp)
    test = arrays["is_test"]
    return Split(x[~test], y[~test], x[test], y[test], DIGITS)


def load_photo():
    """A photograph of a cat, grey: shape (1, 1, 100, 150), float32 in [0, 1].

    "Chelsea" by Stefan van der Walt, CC0, in the version that scikit-image ships, made smaller.

    Examples
    --------
    >>> load_photo().shape
    (1, 1, 100, 150)
    """
    return _asset("photo.npz")["image"][None, None].astype(np.float32) / 255


def load_mnist(folder=None, *, download=False):
    """MNIST: 70,000 handwritten digits of 28x28 pixels, from the four files of the learner's own copy.

    Source: Y. LeCun, C. Cortes and C. J. C. Burges, made from databases of NIST.

    Parameters
    ----------
    folder : str or path, optional
        Where ``train-images-idx3-ubyte`` and the other three lie, plain or with ``.gz``, or its parent
        folder. Without it they are looked for in ``mnist`` in the folder that the environment variable
        ``CNNLIB_DATA`` names, in ``data`` of the course, and in ``data`` of the working folder.
    download : bool
        Whether to fetch what is missing (12 MB) into that folder, or the first of those.

    Returns
    -------
    Split

    Raises
    ------
    FileNotFoundError
        If a file is missing; the message says where it was looked for and how to get it.
    ValueError
        If a file is damaged or the files do not belong together.
    OSError
        If the download fails.
    """
    return _load_source(MNIST, folder, download, DIGITS)


def load_fashion_mnist(folder=None, *, download=False):
    """Fashion-MNIST: 70,000 pictures of clothes of 28x28 pixels; folders and errors as for `load_mnist`.

    The sub-folder is ``fashion_mnist``, the download 31 MB. Source: H. Xiao, K. Rasul and R. Vollgraf, 2017,
    arXiv:1708.07747, MIT licence.
    """
    return _load_source(FASHION_MNIST, folder, download, FASHION)


def _load_source(source, folder, download, class_names):
    try:
        place = find_folder(source, folder)
    except FileNotFoundError:
        if not download:
            raise
        place = None if folder is None else folder
    if download:
        place = fetch(source, place)
    halves = [_load_half(place, half, len(class_names)) for half in ("train", "t10k")]
    return Split(*halves[0], *halves[1], class_names)


def _load_half(folder, half, num_classes):
    images_path = _find(folder, f"{half}-images-idx3-ubyte")
    labels_path = _find(folder, f"{half}-labels-idx1-ubyte")
    images, labels = read_idx(images_path), read_idx(labels_path)
    if images.ndim != 3 or not images.size:
        raise ValueError(f"{images_path.name}: holds an array of shape {images.shape}, expected (N, H, W)")
    if labels.shape != images.shape[:1]:
        raise ValueError(
            f"{labels_path.name}: holds shape {labels.shape}, expected ({len(images)},), one an image"
        )
    if labels.max() >= num_classes:
        raise ValueError(f"{labels_path.name}: holds label {labels.max()}, expected 0 to {num_classes - 1}")
    return images[:, None].astype(np.float32) / 255, labels.astype(np.intp)


def _find(folder, name):
    path = find_file(folder, name)
    if path is None:
        raise FileNotFoundError(f"folder: found neither {name}.gz nor {name} in {folder}")
    return path


def _asset(name):
    with np.load(ASSETS / name) as arrays:
        return dict(arrays)
