"""CIFAR-10's binary format: files of records, and the archive they are published in.

A record is 3,073 bytes: the label, then 32 x 32 bytes of red, as many of green and of blue, row by row.
``data_batch_1.bin`` to ``data_batch_5.bin`` hold 10,000 records each to train on, ``test_batch.bin`` as many
to test. They are read from a folder, or straight out of ``cifar-10-binary.tar.gz``, which is never unpacked
on disk. Source: the format note by A. Krizhevsky beside the files.
"""

import gzip
import zlib
from pathlib import Path

import numpy as np

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SHAPE = (3, 32, 32)
RECORD = 1 + 3 * 32 * 32
MOST_RECORDS = 10_000  # of one file
TRAINING = tuple(f"data_batch_{i}.bin" for i in range(1, 6))
TEST = "test_batch.bin"
ARCHIVE = "cifar-10-binary.tar.gz"
MOST_BYTES = 2**28  # of the archive unpacked; the published one has 185 MB
BLOCK = 512  # bytes; the archive's headers and files begin at multiples of it


def read_records(path):
    """Read one ``.bin`` file.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    images : array of uint8, shape (N, 3, 32, 32)
        Red, green and blue; N is 10,000 at most.
    labels : array of uint8, shape (N,)
        0 to 9.

    Raises
    ------
    ValueError
        If the file holds no whole number of records, none, too many, or a label above 9.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "test_batch.bin"
    >>> _ = path.write_bytes(bytes([3, *[0] * 3072]))
    >>> images, labels = read_records(path)
    >>> images.shape, CLASSES[labels[0]]
    ((1, 3, 32, 32), 'cat')
    """
    path = Path(path)
    with open(path, "rb") as file:
        return records(file.read(MOST_RECORDS * RECORD + 1), path.name)


def records(content, name):
    """Check and cut up the bytes of one ``.bin`` file; `name` stands in the errors. See `read_records`."""
    if not content or len(content) % RECORD or len(content) > MOST_RECORDS * RECORD:
        size = f"{len(content):,}" if len(content) <= MOST_RECORDS * RECORD else "more"
        raise ValueError(
            f"{name}: holds {size} bytes, expected 1 to {MOST_RECORDS:,} records of {RECORD:,} bytes each"
        )
    table = np.frombuffer(content, np.uint8).reshape(-1, RECORD)
    labels = table[:, 0]
    if labels.max() >= len(CLASSES):
        raise ValueError(f"{name}: holds label {labels.max()}, expected 0 to {len(CLASSES) - 1}")
    return table[:, 1:].reshape(-1, *SHAPE), labels


def read_archive(path, wanted=(*TRAINING, TEST)):
    """Read the `wanted` files out of the published archive, by their names without folders.

    Parameters
    ----------
    path : str or path
        A tar archive packed with gzip.
    wanted : tuple of str

    Returns
    -------
    dict of str to (images, labels)
        As from `read_records`.

    Raises
    ------
    ValueError
        If the archive is damaged or cut off, holds more than 256 MB, lacks a file or has it twice, or a file
        is none of CIFAR-10's.
    """
    path = Path(path)
    try:
        with gzip.open(path, "rb") as file:
            found = _files_of(file, path.name, wanted)
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise ValueError(f"{path.name}: the archive is damaged or cut off ({error})") from error
    lacking = [name for name in wanted if name not in found]
    if lacking:
        raise ValueError(f"{path.name}: lacks {', '.join(lacking)}")
    return found


def _files_of(file, archive, wanted):
    """Go from header to header of an open tar archive; anything but the wanted files is passed over."""
    found, left = {}, MOST_BYTES
    while header := file.read(BLOCK):
        name, size = _name_and_size(header, archive)
        left -= BLOCK + size
        if left < 0:
            raise ValueError(f"{archive}: says it holds more than {MOST_BYTES:,} bytes")
        padded = -(-size // BLOCK) * BLOCK
        if name not in wanted:
            _pass_over(file, padded)
            continue
        if name in found or size > MOST_RECORDS * RECORD:
            raise ValueError(f"{archive}: holds {name} twice, or one of {size:,} bytes")
        found[name] = records(file.read(size), name)
        _pass_over(file, padded - size)
    return found


def _name_and_size(header, archive):
    """Return the file name without folders and the length of the file behind a header; ('', 0) at the end."""
    if header.count(0) == len(header):
        return "", 0
    try:
        if len(header) < BLOCK or int(header[148:156].rstrip(b" \0"), 8) != _sum_of(header):
            raise ValueError("its sum is another")
        size = int(header[124:136].rstrip(b" \0") or b"0", 8)
        if size < 0:
            raise ValueError("a negative length")
    except ValueError as error:
        raise ValueError(f"{archive}: has a damaged header ({error})") from error
    name = header[:100].partition(b"\0")[0].decode("utf-8", "replace")
    return name.rpartition("/")[2], size


def _sum_of(header):
    """The check sum of a tar header: of all its bytes, those of the sum itself taken as spaces."""
    return sum(header[:148]) + 8 * ord(" ") + sum(header[156:])


def _pass_over(file, size, piece=2**20):
    """Read and forget up to `size` bytes."""
    while size > 0 and (part := file.read(min(piece, size))):
        size -= len(part)
