"""Augmentation: every training image is shown a little distorted, differently each time.

A written digit that is moved, turned or bent a little is still the same digit. Showing such variants keeps a
network from learning single images by heart. The test images stay as they are.
"""

import numpy as np

from cnnlib.nn.arguments import number
from cnnlib.nn.functional._arrays import as_images


class Distort:
    """Move, turn, resize, slant and bend images at random: ``augment=`` of `cnnlib.nn.training.train`.

    For every pixel of the new image a displacement says where in the old image to look; the four pixels
    around that place are weighted by their distance (bilinear). All parts of the distortion are added up
    before looking once, so that images are blurred once. Outside of the old image there is ``fill``.

    Parameters
    ----------
    shift : float
        Largest displacement of the whole image in pixels, along each axis; uniform.
    rotate : float
        Largest angle in degrees; uniform, about the centre, counter-clockwise where positive.
    scale : float
        Largest relative change of size: 0.1 is from 0.9 to 1.1 of the old; uniform, the same along both axes.
    shear : float
        Largest slant: pixels sideways for each pixel down; uniform.
    elastic : float
        Typical displacement in pixels (standard deviation) of a smooth random field, other at each place.
    smoothness : float
        Standard deviation in pixels of the Gaussian that smooths the elastic field.
    fill : float
        Value outside of the image.

    Notes
    -----
    Elastic distortion after Simard, Steinkraus and Platt, "Best practices for convolutional neural networks
    applied to visual document analysis", ICDAR 2003. Here the smoothed field is scaled by its expected size,
    so that ``elastic`` is in pixels whatever the ``smoothness``.

    Examples
    --------
    >>> images = np.zeros((2, 1, 8, 8), np.float32)
    >>> Distort(shift=1, rotate=10, elastic=0.5)(images, np.random.default_rng(0)).shape
    (2, 1, 8, 8)
    """

    def __init__(self, shift=0.0, rotate=0.0, scale=0.0, shear=0.0, elastic=0.0, smoothness=4.0, fill=0.0):
        self.options = {
            "shift": shift,
            "rotate": rotate,
            "scale": scale,
            "shear": shear,
            "elastic": elastic,
            "smoothness": smoothness,
            "fill": fill,
        }
        for name, value in self.options.items():
            number(name, value, *([] if name == "fill" else [0.0]))
        if scale >= 1:
            raise ValueError(f"scale: got {scale}, expected below 1 (0.1 is from 0.9 to 1.1 of the old size)")
        if smoothness == 0:
            raise ValueError("smoothness: got 0, expected above 0 pixels")

    def __call__(self, x, rng):
        """Return a distorted copy of a batch.

        Parameters
        ----------
        x : array, shape (N, C, H, W)
            Images; each is distorted differently, its channels alike.
        rng : numpy.random.Generator
            Source of the distortions.

        Returns
        -------
        array, shape (N, C, H, W), the dtype of `x`
        """
        x = as_images(x)
        return sample(x, *self.field(len(x), *x.shape[2:], rng), fill=self.options["fill"])

    def field(self, n, height, width, rng):
        """Draw displacements for `n` images, down and to the right: two arrays (n, height, width)."""
        shift, rotate, scale, shear, elastic, smoothness, _ = self.options.values()
        down = np.arange(height, dtype=np.float32)[:, None] - (height - 1) / 2
        right = np.arange(width, dtype=np.float32) - (width - 1) / 2
        angle = np.radians(_uniform(rng, rotate, n))
        size = 1 / (1 + _uniform(rng, scale, n))
        cos, sin = np.cos(angle) * size, np.sin(angle) * size
        slant = _uniform(rng, shear, n)
        dy = (cos - 1) * down + sin * right + _uniform(rng, shift, n)
        dx = (cos - 1) * right + (cos * slant - sin) * down + _uniform(rng, shift, n)
        if elastic:
            dy += _smooth_field(rng, elastic, smoothness, dy.shape)
            dx += _smooth_field(rng, elastic, smoothness, dx.shape)
        return dy, dx

    def __repr__(self):
        given = {name: value for name, value in self.options.items() if value and name != "smoothness"}
        if "elastic" in given:
            given["smoothness"] = self.options["smoothness"]
        return f"Distort({', '.join(f'{name}={value}' for name, value in given.items())})"


def sample(x, dy, dx, fill=0.0):
    """Look up every pixel of new images at a displaced place of the old ones, between four pixels.

    ``y[n, c, i, j] = x[n, c, i + dy[n, i, j], j + dx[n, i, j]]``, bilinear where that is no whole pixel.

    Parameters
    ----------
    x : array, shape (N, C, H, W)
        The old images.
    dy, dx : array, shape (N, H, W)
        Displacements in pixels, down and to the right.
    fill : float
        Value outside of the old image.

    Returns
    -------
    array, shape (N, C, H, W), the dtype of `x`

    Examples
    --------
    >>> x = np.array([[[[0.0, 4.0, 8.0]]]])
    >>> sample(x, np.zeros((1, 1, 3)), np.full((1, 1, 3), 0.25))
    array([[[[1., 5., 6.]]]])
    """
    x = as_images(x)
    n, c, height, width = x.shape
    padded = np.full((n, c, height + 2, width + 2), fill, x.dtype)
    padded[:, :, 1:-1, 1:-1] = x
    top, below = _whole_and_rest(dy + np.arange(1, height + 1)[:, None], height, x.dtype)
    left, beside = _whole_and_rest(dx + np.arange(1, width + 1), width, x.dtype)
    corner = (top * (width + 2) + left)[:, None] + np.arange(n * c).reshape(n, c, 1, 1) * (
        (height + 2) * (width + 2)
    )
    pixels = padded.ravel()
    upper, lower = corner, corner + (width + 2)
    beside, below = beside[:, None], below[:, None]
    first = pixels[upper]
    first += (pixels[upper + 1] - first) * beside
    second = pixels[lower]
    second += (pixels[lower + 1] - second) * beside
    first += (second - first) * below
    return first


def _whole_and_rest(place, size, dtype):
    """Split places on an axis of padded length ``size + 2`` into a whole pixel and the way on to the next."""
    place = np.clip(place, 0, size + 1)
    whole = np.minimum(place.astype(np.intp), size)
    return whole, (place - whole).astype(dtype)


def _uniform(rng, limit, n):
    """One value an image between -limit and limit, shape (n, 1, 1); draws nothing for a limit of zero."""
    return rng.uniform(-limit, limit, (n, 1, 1)).astype(np.float32) if limit else np.zeros((n, 1, 1), "f4")


def _smooth_field(rng, pixels, smoothness, shape):
    """Normal noise (n, H, W) smoothed by a Gaussian along both axes, of standard deviation `pixels`."""
    noise = rng.standard_normal(shape, np.float32)
    along_h, along_w = (_gaussian(size, smoothness) for size in shape[1:])
    return np.float32(pixels) * (along_h @ noise @ along_w.T)


def _gaussian(size, smoothness):
    """The matrix that smooths along one axis: rows are Gaussians whose squares sum to 1.

    White noise keeps the standard deviation 1 at every place, at the border too.
    """
    place = np.arange(size)
    rows = np.exp(-((place - place[:, None]) ** 2) / (2 * smoothness**2))
    return (rows / np.sqrt((rows**2).sum(axis=1, keepdims=True))).astype(np.float32)
