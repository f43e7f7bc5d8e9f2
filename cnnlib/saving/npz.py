"""Arrays and one line of text in an ``.npz`` file: what networks and checkpoints are saved as.

An ``.npz`` is a plain zip archive of ``.npy`` arrays. No pickle is written or read, and nothing larger
than the file itself is ever allocated on reading, whatever its headers say.
"""

import os
from pathlib import Path

import numpy as np

TEXT = "architecture"


def write(path, text, arrays):
    """Write `text` and the dict `arrays` to `path`: beside it, then moved there in one go.

    A process killed while it writes leaves the earlier file whole.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "weights.npz"
    >>> write(path, "hello", {"w": np.ones(2)})
    >>> read(path)
    ('hello', {'w': array([1., 1.])})
    """
    path = Path(path)
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with open(beside, "wb") as file:
            np.savez(file, **{TEXT: np.array(text)}, **arrays)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def read(path):
    """Read what ``write`` wrote: the text and the dict of arrays.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not such a file, or is damaged.
    """
    import zipfile  # loaded where it is needed: `import cnnlib` is to be quick

    path = Path(path)
    size = path.stat().st_size
    try:
        with zipfile.ZipFile(path) as archive:
            arrays = {i.filename.removesuffix(".npy"): _member(archive, i, size) for i in archive.infolist()}
        return str(arrays.pop(TEXT)), arrays
    except (
        zipfile.BadZipFile,
        ValueError,
        KeyError,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise ValueError(
            f"path: {path.name} is not a file that cnnlib saved, or is damaged ({error!r})"
        ) from error


def _member(archive, info, size):
    """Read one array; its header must agree with its length before memory is asked for."""
    if info.compress_type != 0 or info.file_size > size:
        raise ValueError(f"{info.filename}: compressed or longer than the file")
    with archive.open(info) as file:
        version = np.lib.format.read_magic(file)
        header = (
            np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        )
        shape, _, dtype = header(file)
        length = dtype.itemsize * int(np.prod(shape, dtype=object))
        if dtype.hasobject or min(shape, default=0) < 0 or file.tell() + length != info.file_size:
            raise ValueError(f"{info.filename}: shape {shape} of {dtype} is not what the file holds")
    with archive.open(info) as file:
        return np.lib.format.read_array(file, allow_pickle=False)


def fill(wanted, arrays):
    """Copy `arrays` into the arrays of the dict `wanted` of the same names; all or nothing.

    Raises
    ------
    ValueError
        If names, shapes or types differ.

    Examples
    --------
    >>> w = np.zeros(2)
    >>> fill({"w": w}, {"w": np.ones(2)})
    >>> w
    array([1., 1.])
    """
    odd = sorted(set(wanted) ^ set(arrays))
    if odd:
        raise ValueError(
            f"path: {odd} only in the file or only in this network, expected the same arrays in both"
        )
    for name, value in wanted.items():
        if arrays[name].shape != value.shape or arrays[name].dtype.kind != value.dtype.kind:
            raise ValueError(
                f"path: {name} is {arrays[name].dtype} of shape {arrays[name].shape} in the file,"
                f" expected {value.dtype} of shape {value.shape}"
            )
    for name, value in wanted.items():
        value[...] = arrays[name]
