# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy", "scikit-learn", "scikit-image"]
# ///
"""Make the images bundled with cnnlib again: ``uv run tools/make_assets.py``.

digits.npz  the 1,797 handwritten digits of 8x8 pixels that scikit-learn ships: the test part of "Optical
            Recognition of Handwritten Digits" (E. Alpaydin and C. Kaynak, UCI Machine Learning Repository,
            1998, doi:10.24432/C50P49, CC BY 4.0), with a fixed stratified choice of 360 for testing.
photo.npz   "Chelsea", a photograph of a cat by Stefan van der Walt (CC0), as scikit-image ships it: grey,
            means of 3x3 blocks, 100x150 pixels.
"""

from pathlib import Path

import numpy as np

ASSETS = Path(__file__).parents[1] / "cnnlib" / "assets"
LUMINANCE = (0.2125, 0.7154, 0.0721)  # weights of red, green and blue in ITU-R BT.709's grey
TEST_IMAGES = 360


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


if __name__ == "__main__":
    make_digits()
    make_photo()
