"""Real images: arrays (N, C, H, W) of float32 in [0, 1], with integer labels.

Bundled: 1,797 handwritten digits of 8x8 pixels, MNIST (28x28; whole in the repository, a part of it in the
package alone), a grey and a colour photograph. Fashion-MNIST and CIFAR-10 are read from files of the
learner's own, in the formats that they are published in.
"""

from typing import NamedTuple

import numpy as np

from cnnlib.data import cifar
from cnnlib.data.download import CIFAR10, FASHION_MNIST, MNIST, fetch, find_file, find_folder, places
from cnnlib.data.idx import read_idx
from cnnlib.data.mnist import ASSETS, SAMPLE, SIDE, WHOLE, as_images, read_bundle
from cnnlib.data.shared import read_shared, taken

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
        Images, 0 to 1; of the digits 0 is paper, and 1 is full ink.
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

    def hold_back(self, count, rng=0):
        """Return a Split for choosing: `count` training images are held back, no test image is in it.

        Whoever tries settings and keeps the best judges them on these *validation* images, and looks at the
        test images once, at the end.

        Parameters
        ----------
        count : int
            How many of the training images become the second half of the new Split.
        rng : int or numpy.random.Generator
            Draws them.

        Examples
        --------
        >>> load_digits().hold_back(300)
        Split(1137 training and 300 test images of shape (1, 8, 8), 10 classes)
        """
        if not 0 < count < len(self.x_train):
            raise ValueError(
                f"count: got {count}, expected 1 to {len(self.x_train) - 1} of the training images"
            )
        held = np.zeros(len(self.x_train), bool)
        held[np.random.default_rng(rng).choice(len(held), count, replace=False)] = True
        order = np.concatenate([np.flatnonzero(~held), np.flatnonzero(held)])
        x, y, kept = taken(self.x_train, order), self.y_train[order], len(held) - count
        return Split(x[:kept], y[:kept], x[kept:], y[kept:], self.class_names)

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


def load_photo(*, color=False):
    """One of two photographs, as a batch of one image of float32 in [0, 1].

    Grey, a cat, (1, 1, 100, 150): "Chelsea" by Stefan van der Walt, CC0. In colour, the astronaut Eileen
    Collins, (1, 3, 128, 128): photographed by NASA, in the public domain. Both in the versions that
    scikit-image ships, made smaller.

    Parameters
    ----------
    color : bool
        Whether to give the one in colour: channels red, green and blue.

    Examples
    --------
    >>> load_photo().shape, load_photo(color=True).shape
    ((1, 1, 100, 150), (1, 3, 128, 128))
    """
    if color:
        return as_images(_asset("color_photo.npz")["image"].transpose(2, 0, 1)[None])
    return as_images(_asset("photo.npz")["image"][None, None])


def load_mnist(folder=None, *, download=False):
    """MNIST: 70,000 handwritten digits of 28x28 pixels, 60,000 to train on and 10,000 to test.

    It comes with the course's repository and is there at once. The package alone, as Colab and the browser
    install it, has a fifth of it: `load_mnist_sample`.

    The images to train on are those of the original set in another order, so that their files have other
    check sums than the original ones; those to test are in the original order. Source: Y. LeCun, C. Cortes
    and C. J. C. Burges, made from databases of NIST (a work of the United States' government).

    A class on one machine can hold them once for all kernels: `cnnlib.data.shared`.

    Parameters
    ----------
    folder : str or path, optional
        Read the learner's own copy instead: where ``train-images-idx3-ubyte`` and the other three lie, plain
        or with ``.gz``, or its parent folder; ``train-images.idx3-ubyte`` and ``MNIST/raw`` are found too.
    download : bool
        Whether to fetch what is missing of such a copy (12 MB) into that folder; without one, into ``mnist``
        in the folder that the environment variable ``CNNLIB_DATA`` names, in ``data`` of the course, or in
        ``data`` of the working folder. There it is found again where the repository's file is missing.

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

    Examples
    --------
    >>> load_mnist()
    Split(60000 training and 10000 test images of shape (1, 28, 28), 10 classes)
    """
    if folder is None and not download:
        shared = read_shared((WHOLE.training + WHOLE.test, 1, SIDE, SIDE))
        if shared is not None:
            (x, y), n = shared, WHOLE.training
            return Split(x[:n], y[:n], x[n:], y[n:], DIGITS)
        if WHOLE.path.is_file():
            return Split(*read_bundle(WHOLE), DIGITS)
    return _load_source(MNIST, folder, download, DIGITS)


def load_mnist_sample():
    """12,000 digits of MNIST, 10,000 to train on and 2,000 to test: comes with the package, everywhere.

    Every sixth training image and every fifth test image of `load_mnist`.

    Returns
    -------
    Split

    Examples
    --------
    >>> load_mnist_sample()
    Split(10000 training and 2000 test images of shape (1, 28, 28), 10 classes)
    """
    return Split(*read_bundle(SAMPLE), DIGITS)


def load_fashion_mnist(folder=None, *, download=False):
    """Fashion-MNIST: 70,000 pictures of clothes of 28x28 pixels, from the learner's own copy.

    Folders, download (31 MB) and errors as for `load_mnist`; the sub-folder is ``fashion_mnist``. On Debian
    and Ubuntu ``apt install dataset-fashion-mnist`` brings the same images, and they are found where it puts
    them.
    Source: H. Xiao, K. Rasul and R. Vollgraf, 2017, arXiv:1708.07747, MIT licence.
    """
    return _load_source(FASHION_MNIST, folder, download, FASHION)


def load_cifar10(folder=None, *, download=False):
    """CIFAR-10: 60,000 colour pictures of 32x32 pixels in ten classes, from the learner's own copy.

    Folders, download (170 MB) and errors as for `load_mnist`; the sub-folder is ``cifar10``. It is read from
    ``cifar-10-binary.tar.gz``, or from the six ``.bin`` files in it. Source: A. Krizhevsky, "Learning
    multiple layers of features from tiny images", 2009.
    """
    names = (*cifar.TRAINING, cifar.TEST)
    place = _place(CIFAR10, folder, download, names)
    archive = find_file(place, cifar.ARCHIVE.removesuffix(".gz"))
    if archive is not None:
        files = cifar.read_archive(archive, names)
    else:
        files = {name: cifar.read_records(find_file(place, name)) for name in names}
    x, y = (np.concatenate([files[name][i] for name in cifar.TRAINING]) for i in (0, 1))
    x_test, y_test = files[cifar.TEST]
    return Split(as_images(x), y.astype(np.intp), as_images(x_test), y_test.astype(np.intp), cifar.CLASSES)


def _load_source(source, folder, download, class_names):
    place = _place(source, folder, download)
    halves = [_load_half(place, half, len(class_names)) for half in ("train", "t10k")]
    sizes = [images.shape[2:] for images, _ in halves]
    if sizes[0] != sizes[1]:
        raise ValueError(
            f"t10k-images-idx3-ubyte: holds images of shape {sizes[1]}, expected {sizes[0]} as those of"
            f" train-images-idx3-ubyte; both in {place}"
        )
    return Split(*halves[0], *halves[1], class_names)


def _place(source, folder, download, instead=()):
    """The folder with all files, fetched if asked for: into one that has some, or the one that was named."""
    try:
        place = find_folder(source, folder, instead)
    except FileNotFoundError:
        if not download:
            raise
        begun = [p for p in places(source, folder) if any(find_file(p, name) for name in source.files)]
        place = begun[0] if begun else folder
    return fetch(source, place) if download else place


def _load_half(folder, half, num_classes):
    images_path = _find(folder, f"{half}-images-idx3-ubyte")
    labels_path = _find(folder, f"{half}-labels-idx1-ubyte")
    images, labels = read_idx(images_path), read_idx(labels_path)
    if images.ndim != 3 or not images.size:
        raise ValueError(
            f"{images_path.name}: holds an array of shape {images.shape}, expected (N, H, W) with at least"
            " one image"
        )
    if labels.shape != images.shape[:1]:
        raise ValueError(
            f"{labels_path.name}: holds shape {labels.shape}, expected ({len(images)},), one an image"
        )
    if labels.max() >= num_classes:
        raise ValueError(f"{labels_path.name}: holds label {labels.max()}, expected 0 to {num_classes - 1}")
    return as_images(images[:, None]), labels.astype(np.intp)


def _find(folder, name):
    path = find_file(folder, name)
    if path is None:
        raise FileNotFoundError(f"folder: found neither {name}.gz nor {name} in {folder}")
    return path


def _asset(name):
    with np.load(ASSETS / name) as arrays:
        return dict(arrays)
