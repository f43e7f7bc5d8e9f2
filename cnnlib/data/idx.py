"""The IDX file format, in which MNIST and its relatives come.

Two zero bytes, a byte for the type (8: unsigned bytes), a byte for the number of axes, a big-endian 32-bit
length for each axis, then the values, last axis fastest. Source: the format note beside the original MNIST
files (Y. LeCun).
"""

from pathlib import Path

import numpy as np

MOST_AXES = 4
MOST_BYTES = 2**30
MOST_GROWTH = 100  # how many times its own size a compressed file may hold: MNIST's are 2 to 5 times smaller
SPARE_BYTES = 2**20  # however small it is
UNSIGNED_BYTES = 8


def read_idx(path):
    """Read an IDX file of unsigned bytes, plain or compressed with gzip.

    Parameters
    ----------
    path : str or path
        The file; gzip is told by its first two bytes, not by the name.

    Returns
    -------
    array of uint8

    Raises
    ------
    ValueError
        If the file is no IDX file of unsigned bytes, is shorter or longer than its header says, holds more
        than a gigabyte or than a hundred times its own size, or is damaged.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "labels"
    >>> _ = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]))
    >>> read_idx(path)
    array([7, 9], dtype=uint8)
    """
    import gzip  # loaded where they are needed: `import cnnlib` is to be quick
    import zlib

    path = Path(path)
    with open(path, "rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    try:
        most = path.stat().st_size * (MOST_GROWTH if packed else 1) + (SPARE_BYTES if packed else 0)
        with (gzip.open if packed else open)(path, "rb") as file:
            return _read(file, path.name, min(most, MOST_BYTES))
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise ValueError(f"{path.name}: the compressed file is damaged or cut off ({error})") from error


def _read(file, name, most):
    """Read an open IDX file that may hold up to `most` bytes."""
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] != UNSIGNED_BYTES:
        raise ValueError(
            f"{name}: begins with {magic.hex(' ')!r}, expected '00 00 08 ..', an IDX file of bytes"
        )
    axes = magic[3]
    if not 1 <= axes <= MOST_AXES:
        raise ValueError(f"{name}: has {axes} axes, expected 1 to {MOST_AXES}")
    lengths = file.read(4 * axes)
    if len(lengths) < 4 * axes:
        raise ValueError(f"{name}: ends within its header")
    shape = tuple(np.frombuffer(lengths, ">u4").tolist())
    size = int(np.prod(shape, dtype=object))
    if size > most:
        raise ValueError(
            f"{name}: says it holds {size:,} bytes (shape {shape}), expected at most {most:,} from a file of"
            " this size"
        )
    values, found = np.empty(size, np.uint8), 0
    while found < size and (part := file.readinto(memoryview(values)[found:])):
        found += part
    if found < size or file.read(1):
        more = "more" if found == size else f"{found:,}"
        raise ValueError(f"{name}: holds {more} bytes of data, expected {size:,} for shape {shape}")
    return values.reshape(shape)
