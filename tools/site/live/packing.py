"""How the arrays of a recording are laid, so that they compress well; `src/unpacking.js` reads them.

An array with few different values is a palette and a byte for each place. Of any other come all first bytes
of its numbers, then all second ones, and so on. An image that is made of tiles names its tiles, which are
kept once however often they appear.
"""

from __future__ import annotations

import numpy as np

MOST = 256  # different values that a byte can name


def item(data: bytes) -> int:
    """Return the bytes of one number: an array's length tells it (`cnnlib/widgets/base/packer.py`).

    >>> [item(bytes(length)) for length in (8, 6, 5)]
    [4, 2, 1]
    """
    return 4 if len(data) % 4 == 0 else 2 if len(data) % 2 == 0 else 1


def packed(data: bytes) -> tuple[int, bytes]:
    """Return how many values the palette has, 0 for none, and the array as it is laid.

    >>> packed(np.float32([1, 2, 1, 2, 1, 2, 1, 2, 1]).tobytes())[0]
    2
    >>> packed(bytes([1, 2, 3, 4, 5, 6, 7, 8]))
    (0, b'\\x01\\x05\\x02\\x06\\x03\\x07\\x04\\x08')
    """
    size = item(data)
    values, places = np.unique(np.frombuffer(data, f"<u{size}"), return_inverse=True)
    if size > 1 and 0 < len(values) <= MOST and len(values) * size + len(places) < len(data):
        return len(values), values.tobytes() + places.astype(np.uint8).tobytes()
    return 0, np.frombuffer(data, np.uint8).reshape(-1, size).T.tobytes()


class Tiles:
    """The tiles of a recording's images, all of one size.

    Attributes
    ----------
    mosaics : dict
        By the number of an array: its shape, height, width and gap of its tiles, the numbers of the tiles in
        order, what stands between them, and what follows the image.
    """

    def __init__(self) -> None:
        self.numbers: dict[bytes, int] = {}
        self.mosaics: dict[str, list] = {}
        self.size: tuple = ()

    def take(self, number: int, data: bytes, shape: list[int], tile: list[int]) -> None:
        """Take array `number` apart, if it has two bytes a number and tiles like those before."""
        height, width, gap = tile
        if str(number) in self.mosaics or item(data) != 2 or (self.size and self.size != (height, width)):
            return
        values = np.frombuffer(data, "<u2")
        image, rest = values[: shape[0] * shape[1]].reshape(shape), values[shape[0] * shape[1] :]
        rows, columns = ((shape[axis] + gap) // (tile[axis] + gap) for axis in (0, 1))
        padded = np.full(
            (rows * (height + gap), columns * (width + gap)), image[-1, width] if gap else 0, "<u2"
        )
        padded[: shape[0], : shape[1]] = image
        cut = padded.reshape(rows, height + gap, columns, width + gap).swapaxes(1, 2)
        if len(np.unique(cut[:, :, height:])) > 1 or len(np.unique(cut[:, :, :, width:])) > 1:
            return  # something stands between the tiles
        self.size = height, width
        tiles = [one.tobytes() for one in cut[:, :, :height, :width].reshape(-1, height, width)]
        named = [self.numbers.setdefault(one, len(self.numbers)) for one in tiles]
        between = int(padded[-1, -1])
        self.mosaics[str(number)] = [shape, [height, width, gap], named, between, rest.tolist()]

    def data(self) -> bytes:
        """Return all tiles one after the other, and a number that makes the length tell of two bytes."""
        tiles = b"".join(self.numbers)
        return tiles + bytes(2 if len(tiles) % 4 == 0 else 4) if tiles else b""
