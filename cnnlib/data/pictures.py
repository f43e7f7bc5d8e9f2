"""Pictures of one's own: from a file or a drawing to an image as the networks of this course know them.

A digit is centred and scaled as the makers of MNIST did it: its ink is fitted into a box of 20x20 pixels,
proportions kept, and put into 28x28 with its centre of mass in the middle. Source: Y. LeCun, C. Cortes and
C. J. C. Burges, on the page of the data set.
"""

from pathlib import Path

import numpy as np

SIDE, BOX = 28, 20
MOST_PIXELS = 50_000_000  # of a file; a photograph of today has half of that
KINDS = ("PNG", "JPEG")


def centred(drawing, side=SIDE, box=BOX):
    """Fit the ink of a drawing into a box and put its centre of mass into the middle of a square image.

    Parameters
    ----------
    drawing : array, shape (H, W)
        Ink, 0 for none; any size.
    side, box : int
        Pixels along the sides of the image and of the box.

    Returns
    -------
    array of float32, shape (side, side)
        In [0, 1]; all 0 if there is no ink.

    Examples
    --------
    >>> stroke = np.zeros((100, 60))
    >>> stroke[10:90, 5:15] = 1
    >>> image = centred(stroke)
    >>> image.shape, int((image.max(axis=1) > 0.5).sum())
    ((28, 28), 20)
    """
    drawing = np.asarray(drawing, np.float64)
    if drawing.ndim != 2 or not np.isfinite(drawing).all():
        raise ValueError(f"drawing: got shape {drawing.shape}, expected (H, W) of finite numbers")
    peak = drawing.max(initial=0)
    if peak <= 0:
        return np.zeros((side, side), np.float32)
    ink = np.clip(drawing / peak, 0, 1)
    rows, columns = (np.flatnonzero(ink.max(axis=axis) > 0.02) for axis in (1, 0))
    cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = box / max(cut.shape)
    down, right = (_averaging(n, max(1, round(n * scale))) for n in cut.shape)
    small = down @ cut @ right.T
    return _placed(np.clip(small / max(small.max(), 1e-12), 0, 1), side).astype(np.float32)


def _averaging(old, new):
    """The (new, old) matrix that averages the old pixels beneath each new one, or repeats them."""
    edges = np.arange(new + 1) * old / new
    starts, ends = edges[:-1, None], edges[1:, None]
    pixels = np.arange(old)
    shared = np.clip(np.minimum(ends, pixels + 1) - np.maximum(starts, pixels), 0, None)
    return shared / shared.sum(axis=1, keepdims=True)


def _placed(small, side):
    """Put a small image into a square one, its centre of mass on pixel ``side / 2`` as far as it fits."""
    weights = small / small.sum()
    image = np.zeros((side, side))
    corner = []
    for axis, length in enumerate(small.shape):
        middle = float((weights.sum(axis=1 - axis) * np.arange(length)).sum())
        corner.append(int(np.clip(round(side / 2 - middle), 0, side - length)))
    top, left = corner
    image[top : top + small.shape[0], left : left + small.shape[1]] = small
    return image


def read_picture(path, size=None, *, color=False):
    """Read a PNG or JPEG file as an image.

    Parameters
    ----------
    path : str or path
    size : pair of int, optional
        Height and width to scale it to; proportions are kept, and what is too long is cut off at both sides.
    color : bool
        Whether to keep red, green and blue; without it the image is grey.

    Returns
    -------
    array of float32, shape (1, C, H, W)
        In [0, 1], C is 1 or 3; transparent places are white.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is no PNG or JPEG, is damaged, or has more than 50 million pixels.
    """
    from PIL import Image, ImageOps  # comes with matplotlib; loaded here, because nothing else needs it

    path = Path(path)
    try:
        with Image.open(path, formats=KINDS) as file:
            if file.width * file.height > MOST_PIXELS:
                raise ValueError(f"has {file.width}x{file.height} pixels, expected at most {MOST_PIXELS:,}")
            picture = ImageOps.exif_transpose(file).convert("RGBA")
    except FileNotFoundError:
        raise
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise ValueError(f"{path.name}: is no PNG or JPEG picture, or is damaged ({error})") from error
    white = Image.new("RGBA", picture.size, "white")
    picture = Image.alpha_composite(white, picture).convert("RGB" if color else "L")
    if size is not None:
        picture = ImageOps.fit(picture, (size[1], size[0]))
    pixels = np.asarray(picture, np.float32) / 255
    return pixels.transpose(2, 0, 1)[None] if color else pixels[None, None]


def read_digit(path):
    """Read a photographed or drawn digit from a PNG or JPEG file, as an image like MNIST's.

    Dark ink on bright paper or the other way round: what is rarer is taken for the ink. Faint shades of the
    paper are set to nothing, then the ink is `centred`.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    array of float32, shape (1, 1, 28, 28)

    Raises
    ------
    FileNotFoundError, ValueError
        As for `read_picture`; or if the picture is all of one brightness.
    """
    pixels = read_picture(path)[0, 0]
    low, high = np.quantile(pixels, (0.001, 0.999))
    if high - low < 0.05:
        raise ValueError(f"{Path(path).name}: is all of one brightness, expected ink on paper")
    bright = np.clip((pixels - low) / (high - low), 0, 1)
    ink = 1 - bright if np.median(bright) > 0.5 else bright
    return centred(np.clip((ink - 0.3) / 0.5, 0, 1))[None, None]
