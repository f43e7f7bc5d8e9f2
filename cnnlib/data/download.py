"""MNIST, Fashion-MNIST and CIFAR-10 on the learner's disk: where they are looked for; fetching on request.

Nothing is fetched unless asked for. What is fetched is compared with the published size and SHA-256 check sum
before it takes its name; what was cut off is kept as ``….part`` and continued by the next attempt, from
whichever server answers.
"""

import os
from pathlib import Path
from typing import NamedTuple

from cnnlib.runtime.locks import locked

FOLDER_VARIABLE = "CNNLIB_DATA"
PIECE = 2**15  # bytes; a cut connection costs less than one piece
COURSE = Path(__file__).resolve().parents[2]
SYSTEM = Path("/usr/share/datasets")  # where a package of Debian or Ubuntu puts a data set, for everybody


class Source(NamedTuple):
    """A data set to fetch: its name, where from (in turn), and size in bytes and SHA-256 of each file.

    `package` is what Debian calls it, where Debian has it.
    """

    title: str
    servers: tuple
    files: dict
    name: str = ""
    package: str = ""

    @property
    def word(self):
        """The name in folders and in functions, such as ``fashion_mnist``."""
        return self.name or self.title.lower().replace("-", "_")


MNIST = Source(
    "MNIST",
    ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"),
    {
        "train-images-idx3-ubyte": (
            9912422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
        "train-labels-idx1-ubyte": (
            28881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
        "t10k-images-idx3-ubyte": (
            1648877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
        "t10k-labels-idx1-ubyte": (
            4542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
    },
)  # fmt: skip
FASHION_MNIST = Source(
    "Fashion-MNIST",
    (
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    ),
    {
        "train-images-idx3-ubyte": (
            26421880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
        "train-labels-idx1-ubyte": (
            29515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
        "t10k-images-idx3-ubyte": (
            4422102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
        "t10k-labels-idx1-ubyte": (
            5148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
    },
    package="dataset-fashion-mnist",
)  # fmt: skip

CIFAR10 = Source(
    "CIFAR-10",
    ("https://www.cs.toronto.edu/~kriz/",),
    {
        "cifar-10-binary.tar": (
            170052171, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"),
    },
    "cifar10",
)  # fmt: skip


def find_file(folder, name):
    """Return the path of `name` in `folder`, or None.

    Plain or with ``.gz``, also as ``train-images.idx3-ubyte``, also within a folder of such a name, as some
    archives unpack.
    """
    spellings = [f"{stem}{end}" for stem in (name, name.replace("-idx", ".idx")) for end in (".gz", "")]
    folders = [Path(folder), *(Path(folder) / spelling for spelling in spellings)]
    paths = [place / spelling for place in folders for spelling in spellings]
    return next((path for path in paths if path.is_file()), None)


def places(source, folder=None):
    """List the folders in which the files of `source` are looked for, in order.

    That given and its sub-folders of the data set's name; without one, those sub-folders of the folder that
    the environment variable ``CNNLIB_DATA`` names, of ``data`` in the course, of ``data`` in the working
    folder, and last the folder of Debian's package. ``raw`` within a folder, as torchvision makes it, counts
    as the folder.

    Examples
    --------
    >>> [path.as_posix() for path in places(MNIST, "x")]
    ['x', 'x/mnist', 'x/MNIST', 'x/raw', 'x/mnist/raw', 'x/MNIST/raw']
    """
    usual = usual_places(source, folder)
    names = dict.fromkeys([source.title, source.title.replace("-", ""), source.title.lower()])
    roots = _roots() if folder is None else usual[:1]
    more = [root / name for root in roots for name in names]
    packaged = [SYSTEM / source.title.lower()] if source.package and folder is None else []
    return list(dict.fromkeys([*usual, *more, *(place / "raw" for place in [*usual, *more]), *packaged]))


def usual_places(source, folder=None):
    """Those of `places` that a download goes to, and that a message names."""
    if folder is None:
        return [root / source.word for root in _roots()]
    folder = Path(folder).parent if Path(folder).is_file() else Path(folder)  # one of the files was named
    return [folder, folder / source.word]


def _roots():
    named = [Path(os.environ[FOLDER_VARIABLE])] if os.environ.get(FOLDER_VARIABLE) else []
    course = [COURSE / "data"] if (COURSE / "pyproject.toml").is_file() else []
    return list(dict.fromkeys([*named, *course, Path("data").resolve()]))


def find_folder(source, folder=None, instead=()):
    """Return the first of `places` that holds all files of `source`, or all those named `instead`.

    Raises
    ------
    FileNotFoundError
        If none does; the message names the files, where it looked and how to get them.
    """
    looked = places(source, folder)
    for place in looked:
        if any(names and all(find_file(place, name) for name in names) for names in (source.files, instead)):
            return place
    megabytes = sum(size for size, _ in source.files.values()) / 1e6
    missing = {place: [name for name in source.files if not find_file(place, name)] for place in looked}
    some = [f"{p} lacks {', '.join(left)}" for p, left in missing.items() if len(left) < len(source.files)]
    nowhere = " or ".join(map(str, usual_places(source, folder)))
    raise FileNotFoundError(
        f"folder must hold {_files(source)}{', plain or with .gz' * (len(source.files) > 1)}; "
        f"{'; '.join(some) if some else f'found none in {nowhere}'}."
        f"{_deeper(source, usual_places(source, folder)[0])}"
        f" Online, load_{source.word}(download=True) fetches them ({megabytes:.0f} MB);{_packaged(source)}"
        " offline, copy them there from elsewhere, or use load_mnist_sample(), which comes with the package"
    )


def _packaged(source):
    """Say how a system that has a package of the files installs it."""
    return f" on Debian and Ubuntu `apt install {source.package}` brings them;" if source.package else ""


def _deeper(source, root, levels=4, most=2000):
    """Say in which folder below `root` all files lie. Not taken: other data sets' have the same names."""
    begun, seen = [root], 0
    for _ in range(levels):
        below = [path for folder in begun for path in _folders(folder)]
        seen += len(below)
        found = next((path for path in below if all(find_file(path, name) for name in source.files)), None)
        if found or seen > most:
            return f" Files of these names lie in {found}: name that folder." if found else ""
        begun = below
    return ""


def _folders(folder):
    """The sub-folders that can be looked into, in order; none of a place that is no folder."""
    try:
        return sorted(path for path in Path(folder).iterdir() if path.is_dir() and not path.is_symlink())
    except OSError:
        return []


def _files(source):
    """Say which files there should be."""
    names = list(source.files)
    return f"the four {source.title} files {', '.join(names)}" if len(names) > 1 else f"{names[0]}.gz"


def fetch(source, folder=None, progress=True):
    """Fetch the files of `source` that are not there yet; return the folder they are in.

    Parameters
    ----------
    source : Source
        `MNIST`, `FASHION_MNIST` or `CIFAR10`.
    folder : str or path, optional
        Where to; without one, the first of `places`.
    progress : bool
        Whether to show a progress bar.

    Raises
    ------
    OSError
        If no server gives a file as published.
    """
    folder = Path(folder) if folder is not None else places(source)[0]
    folder.mkdir(parents=True, exist_ok=True)
    for name, (size, checksum) in source.files.items():
        if find_file(folder, name) is None:
            with locked(folder / f"{name}.gz"):  # whoever comes second finds it there
                if find_file(folder, name) is None:
                    _fetch_file(source, folder / f"{name}.gz", size, checksum, progress)
    return folder


def _fetch_file(source, path, size, checksum, progress):
    """Try each server in turn; a part that is there already is continued."""
    import hashlib  # loaded where it is needed: `import cnnlib` is to be quick

    part, reasons = path.with_name(f"{path.name}.part"), []
    for server in source.servers:
        try:
            _continue(server + path.name, part, size, progress)
            with open(part, "rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
            if found == checksum:
                os.replace(part, path)
                return
            part.unlink()
            reasons.append(f"{server}: sent another file (SHA-256 {found[:12]}…, expected {checksum[:12]}…)")
        except OSError as error:  # all of requests' errors are OSErrors
            reasons.append(f"{server}: {_first_line(error)}")
    raise OSError(
        f"{path.name} of {source.title} could not be fetched. Without a connection, copy {_files(source)}"
        f" into {path.parent} from elsewhere, or use load_mnist_sample(), which needs none; with one, the"
        f" same call again goes on where it stopped. The servers: {'; '.join(reasons)}"
    )


def _continue(url, part, size, progress):
    """Append to `part` what is missing of the `size` bytes at `url`."""
    import requests  # loaded here: only a download needs it

    from cnnlib.runtime.progress_bar import progress_bar  # as above: `import cnnlib` is to be quick

    have = part.stat().st_size if part.is_file() else 0
    if have >= size:
        return
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with requests.get(url, headers=headers, stream=True, timeout=20) as response:
        response.raise_for_status()
        have = have if response.status_code == 206 else 0
        label = part.name.removesuffix(".part")
        bar = progress_bar(progress, total=size, initial=have, desc=label, unit="B", unit_scale=True)
        with open(part, "ab" if have else "wb") as file, bar:
            for piece in response.iter_content(PIECE):
                bar.update(file.write(piece[: size - have]))
                have += len(piece)
                if have >= size:
                    return
    raise OSError(f"the connection ended after {have:,} of {size:,} bytes")


def _first_line(error):
    return str(error).splitlines()[0] if str(error) else type(error).__name__
