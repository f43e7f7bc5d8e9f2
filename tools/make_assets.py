# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy", "scikit-learn", "scikit-image"]
# ///
"""Make the images bundled with cnnlib again: ``uv run tools/make_assets.py FOLDER``.

digits.npz  the 1,797 handwritten digits of 8x8 pixels that scikit-learn ships: the test part of "Optical
            Recognition of Handwritten Digits" (E. Alpaydin and C. Kaynak, UCI Machine Learning Repository,
            1998, doi:10.24432/C50P49, CC BY 4.0), with a fixed stratified choice of 360 for testing.
photo.npz   "Chelsea", a photograph of a cat by Stefan van der Walt (CC0), as scikit-image ships it: grey,
            means of 3x3 blocks, 100x150 pixels.
color_photo.npz  Eileen Collins, astronaut, photographed by NASA (public domain), as scikit-image ships it: a
            square cut from it, means of 3x3 blocks, 128x128 pixels, red, green and blue.
mnist.xz    MNIST whole (Y. LeCun, C. Cortes and C. J. C. Burges): 70,000 labels, a byte each, then as many
            images of 28x28 bytes; the 60,000 to train on first. Made from the four files of the data set in
            FOLDER. The order of the training images is that of those files, which may be another than that
            of the original ones.
mnist_sample.xz  The same of every sixth training and every fifth test image: 10,000 and 2,000.
"""

import lzma
import sys
from pathlib import Path

import numpy as np

ASSETS = Path(__file__).parents[1] / "cnnlib" / "assets"
LUMINANCE = (0.2125, 0.7154, 0.0721)  # weights of red, green and blue in ITU-R BT.709's grey
TEST_IMAGES = 360
PACKING = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "lc": 4, "lp": 0, "pb": 0}]


def make_digits():
    """Write digits.npz from scikit-learn's copy."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    digits = load_digits()
    everything = np.arange(len(digits.target))
    _, test = train_test_split(everything, test_size=TEST_IMAGES, stratify=digits.target, random_state=0)
    is_test = np.isin(everything, test)
    images, labels = digits.images.astype(np.uint8), digits.target.astype(np.uint8)
    np.savez_compressed(ASSETS / "digits.npz", images=images, labels=labels, is_test=is_test)


def make_photo():
    """Write photo.npz from scikit-image's copy."""
    from skimage.data import cat

    grey = cat()[:, :450] @ np.array(LUMINANCE)
    blocks = grey.reshape(100, 3, 150, 3).mean(axis=(1, 3))
    np.savez_compressed(ASSETS / "photo.npz", image=blocks.round().astype(np.uint8))


def make_color_photo():
    """Write color_photo.npz from scikit-image's copy: the head, the orange suit, a part of the flag."""
    from skimage.data import astronaut

    square = astronaut()[:384, 10:394].astype(float)
    blocks = square.reshape(128, 3, 128, 3, 3).mean(axis=(1, 3))
    np.savez_compressed(ASSETS / "color_photo.npz", image=blocks.round().astype(np.uint8))


def make_mnist(folder):
    """Write mnist.xz and mnist_sample.xz from the four files in `folder`."""
    from cnnlib.data.download import find_file
    from cnnlib.data.idx import read_idx

    halves = [
        [read_idx(find_file(folder, f"{half}-{kind}-ubyte")) for kind in ("labels-idx1", "images-idx3")]
        for half in ("train", "t10k")
    ]
    for name, steps in (("mnist.xz", (1, 1)), ("mnist_sample.xz", (6, 5))):
        kept = [[a[::step] for a in half] for half, step in zip(halves, steps, strict=True)]
        whole = b"".join(a.tobytes() for arrays in zip(*kept, strict=True) for a in arrays)
        (ASSETS / name).write_bytes(lzma.compress(whole, filters=PACKING))


if __name__ == "__main__":
    make_digits()
    make_photo()
    make_color_photo()
    make_mnist(sys.argv[1])
