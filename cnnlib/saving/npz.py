"""Arrays and one line of text in an ``.npz`` file: what networks and checkpoints are saved as.

An ``.npz`` is a plain zip archive of ``.npy`` arrays. No pickle is written or read, and the arrays that are
read are together never larger than the file itself, whatever its headers say.
"""

import json
import os
from pathlib import Path

import numpy as np

TEXT = "architecture"
LOCAL_HEADER = 30  # bytes before each member of a zip archive, at least


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
            np.savez(file, **{TEXT: np.array(text)}, **arrays, allow_pickle=False)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def plain_value(value):
    """Return what `json` cannot write, NumPy's numbers and arrays, as Python's: its ``default=``.

    >>> json.dumps({"momentum": np.float32(0.5), "key": np.arange(2)}, default=plain_value)
    '{"momentum": 0.5, "key": [0, 1]}'
    """
    if isinstance(value, np.ndarray | np.generic) and value.dtype.kind in "biufU":
        return value.tolist() if value.dtype != np.longdouble else np.float64(value).tolist()
    raise TypeError(f"settings must be numbers, texts, lists or dicts to be saved, got {value!r}")


def plain(value):
    """Return `value` as it comes back from a file: pairs as lists, NumPy's numbers as Python's."""
    return json.loads(json.dumps(value, default=plain_value))


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
            _check_members(archive.infolist(), size)
            arrays = {i.filename.removesuffix(".npy"): _member(archive, i) for i in archive.infolist()}
        return _text(arrays.pop(TEXT)), arrays
    except (
        zipfile.BadZipFile,
        ValueError,
        KeyError,
        EOFError,
        OSError,
        OverflowError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise ValueError(
            f"path: {path.name} is not a file that cnnlib saved, or is damaged ({error!r})"
        ) from error


def _check_members(members, size):
    """Refuse members that are compressed, share bytes of the file, or are longer together than it is.

    Each byte of the file then stands for at most one byte of an array. (Newer Pythons refuse members that
    overlap by themselves.)
    """
    end = 0
    for info in sorted(members, key=lambda info: info.header_offset):
        if info.compress_type != 0 or info.compress_size != info.file_size:
            raise ValueError(f"{info.filename}: compressed")
        if info.header_offset < end:
            raise ValueError(f"{info.filename}: shares bytes with another member")
        end = info.header_offset + LOCAL_HEADER + info.file_size
    if end > size or len({info.filename for info in members}) < len(members):
        raise ValueError("members longer than the file, or two of one name")


def _text(array):
    if array.shape != () or array.dtype.kind != "U":
        raise ValueError(f"{TEXT}: {array.dtype} of shape {array.shape} is no text")
    return str(array)


def _member(archive, info):
    """Read one array; its header must agree with its length before memory is asked for."""
    with archive.open(info) as file:
        version = np.lib.format.read_magic(file)
        header = (
            np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        )
        shape, _, dtype = header(file)
        length = dtype.itemsize * int(np.prod(shape, dtype=object))
        fits = dtype.itemsize and min(shape, default=0) >= 0 and file.tell() + length == info.file_size
        if dtype.kind not in "biufU" or not fits:
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
    check(wanted, arrays)
    for name, value in wanted.items():
        value[...] = arrays[name]


def check(wanted, arrays):
    """Raise a ValueError unless `fill` can copy all of `arrays` into `wanted`."""
    odd = sorted(set(wanted) ^ set(arrays))
    if odd:
        raise ValueError(
            f"path: {odd} only in the file or only in this network, expected the same arrays in both"
        )
    for name, value in wanted.items():
        if arrays[name].shape != value.shape or arrays[name].dtype != value.dtype:
            raise ValueError(
                f"path: {name} is {arrays[name].dtype} of shape {arrays[name].shape} in the file,"
                f" expected {value.dtype} of shape {value.shape}"
            )
        if not value.flags.writeable:
            raise ValueError(f"path: {name} of this network must be writeable, is read-only")
