"""Pack Python for the pages: Pyodide's core, NumPy, contourpy and the course, compiled, each file compressed.

Pyodide's own files are taken as its makers publish them and held against their check sums; what travels is
their content, compiled by the same Python and compressed, which shortens the time from a click to a live
picture. Whatever server the site lies on, a page knows from ``manifest.json`` how many bytes will come.
"""

from __future__ import annotations

import gzip
import hashlib
import importlib.metadata
import json
import lzma
import shutil
import subprocess
import zipfile
from pathlib import Path

from tools.site import settings
from tools.site.runtime import fetch

PYODIDE = settings.HERE / "node_modules" / "pyodide-pages"
BESIDE = (
    settings.ROOT.parent / "shared" / "browser"
)  # packages kept beside the course, for tests without a network
COMPILED = ("numpy", "contourpy")
HOST = Path(__file__).with_name("course_page")
#: Taken from the Python that builds the site: cnnlib imports them.
PURE = ("packaging", "tqdm", "fsrs")
#: Fetched when it is read, and compressed anew: a page has no lzma. `course_page/shell.py` does both.
SAMPLE = "cnnlib/assets/mnist_sample.xz"
SAMPLE_NAME = SAMPLE.rpartition("/")[2]
#: Loaded when a cell draws with it.
LATER = "matplotlib"
#: Beginnings of names that no page needs: what it has already, tools for Fortran and C, what the standard
#: library has for servers, terminals and profiling, old encodings.
LEFT_OUT = tuple(
    """
    numpy/f2py/ numpy/_core/include/ numpy/_core/lib/ numpy/distutils/ numpy/_pyinstaller/
    numpy/typing/ numpy/__init__.c contourpy/util/ tqdm/contrib/ packaging/licenses/
    packaging/pylock packaging/metadata packaging/d tqdm/keras tqdm/dask tqdm/tk tqdm/rich
    fsrs/optimizer optparse
    numpy/linalg/lapack_lite numpy/_core/_multiarray_tests numpy/lib/recfunctions numpy/ma/mrecords
    logging/config logging/handlers
    ensurepip/ idlelib/ lib2to3/ pydoc_data/ tkinter/ turtledemo/ venv/ test/ sqlite3/ curses/ dbm/
    wsgiref/ xmlrpc/ _pydatetime _pydecimal _pyio mailbox doctest pdb pickletools smtplib poplib
    imaplib ftplib nntplib telnetlib cgi turtle modulefinder profile cProfile pstats trace. tabnanny
    pyclbr webbrowser nturl2path multiprocessing/ ssl socketserver http/server http/cookie
    tracemalloc stringprep encodings/idna encodings/punycode
    xml/ unittest/mock aifc chunk sunau sndhdr wave. xdrlib uu. imghdr pipes crypt mailcap antigravity
    lib-dynload/ asyncio/windows asyncio/proactor zipapp py_compile __phello__/
    cnnlib/widgets/static/
    zoneinfo/ shelve plistlib netrc rlcompleter symtable filecmp fileinput sched pty
    encodings/big5 encodings/euc_ encodings/gb encodings/iso encodings/johab encodings/koi8
    encodings/mac_ encodings/ptcp encodings/shift encodings/cp1 encodings/cp7 encodings/cp8
    encodings/cp9 encodings/cp03 encodings/cp27 encodings/hp_ encodings/kz encodings/tis
    encodings/hz pydoc bdb compileall concurrent/futures/process tarfile
    """.split()
)
#: Modules that only give NumPy's compiled functions their docstrings; those of its Python have gone as well.
EMPTIED = ("numpy/_core/_add_newdocs.py", "numpy/_core/_add_newdocs_scalars.py")


class PythonMissing(Exception):
    """A package of Pyodide that can be had neither from a folder nor from its server."""


def build_python(output: Path, work: Path, wheel: Path) -> None:
    """Write Python for the pages into `output`.

    Raises
    ------
    PythonMissing
        If NumPy for the browser cannot be had.
    """
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    lock = json.loads((PYODIDE / "pyodide-lock.json").read_text("utf-8"))
    wheels = [find(name, lock, work) for name in COMPILED]
    tree = compiled(work, wheels, wheel)
    files = {
        "pyodide.asm.js": (PYODIDE / "pyodide.asm.js").read_bytes(),
        "pyodide.asm.wasm": (PYODIDE / "pyodide.asm.wasm").read_bytes(),
        "python_stdlib.zip": stored(tree / "stdlib"),
        "packages.pack": pack(tree / "packages"),
        "course.pack": pack(tree / "course"),
        SAMPLE_NAME: (tree / SAMPLE_NAME).read_bytes(),
    }
    listed = {}
    for name, content in files.items():
        small = gzip.compress(content, 9, mtime=0)
        file = f"{name}-{hashlib.sha256(content).hexdigest()[:12]}.bin"
        (output / file).write_bytes(small)
        listed[name] = {"file": file, "bytes": len(small), "later": name == SAMPLE_NAME}
    shutil.copy(PYODIDE / "pyodide.mjs", output)
    manifest = {"version": lock["info"]["version"], "files": listed, "lock": later(lock, output, work)}
    (output / "manifest.json").write_text(json.dumps(manifest), "utf-8")


def find(name: str, lock: dict, work: Path) -> Path:
    """Return a package of Pyodide as its makers publish it: from a folder, or from their server."""
    entry = lock["packages"][name]
    for folder in (Path(settings.PYODIDE_FOLDER), BESIDE / f"pyodide-{version()}"):
        path = folder / entry["file_name"]
        if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == entry["sha256"]:
            return path
    (work / "wheels").mkdir(parents=True, exist_ok=True)
    address = settings.PYODIDE_PAGES.format(version=version())
    path = fetch(address + entry["file_name"], entry["sha256"], work / "wheels")
    if path is None:
        raise PythonMissing(f"{name} for the browser is neither at {address} nor in PYODIDE_PACKAGES")
    return path


def version() -> str:
    """Return the version of Pyodide that the pages run."""
    return json.loads((PYODIDE / "package.json").read_text("utf-8"))["version"]


def later(lock: dict, output: Path, work: Path) -> dict:
    """Return a lock of what is loaded when a cell asks for it; each wheel is here or stays away."""
    todo, packages = [LATER], {}
    while todo:
        name = todo.pop()
        if name in packages or name in (*COMPILED, *PURE):
            continue
        entry = dict(lock["packages"][name])
        try:
            shutil.copy(find(name, lock, work), output)
        except PythonMissing:
            entry["file_name"] = settings.PYODIDE_PAGES.format(version=version()) + entry["file_name"]
        todo += entry["depends"]
        entry["depends"] = [one for one in entry["depends"] if one not in (*COMPILED, *PURE)]
        packages[name] = entry
    return {"info": lock["info"], "packages": packages}


def compiled(work: Path, wheels: list[Path], wheel: Path) -> Path:
    """Unpack everything into a folder and compile it there; the folder of before, if nothing has changed."""
    tree, sources = work / "python", [PYODIDE / "python_stdlib.zip", *wheels, wheel]
    digest = hashlib.sha256()
    for script in (*sorted(HOST.glob("*.py")), Path(__file__).with_name("compile.mjs"), Path(__file__)):
        digest.update(script.read_bytes())
    for source in sources:
        digest.update(source.read_bytes() if source != wheel else contents(source))
    stamp = tree / "sources"
    if stamp.is_file() and stamp.read_text() == digest.hexdigest():
        return tree
    shutil.rmtree(tree, ignore_errors=True)
    unpack(sources[0], tree / "stdlib")
    for source in wheels:
        unpack(source, tree / "packages")
    for name in EMPTIED:
        (tree / "packages" / name).write_text("", "utf-8")
    for name in PURE:
        copy_installed(name, tree / "packages")
    unpack(wheel, tree / "course")
    set_sample_apart(tree / "course" / SAMPLE, tree / SAMPLE_NAME)
    require_what_is_there(tree / "course")
    shutil.copytree(HOST, tree / "course" / HOST.name, ignore=shutil.ignore_patterns("__pycache__"))
    script = settings.HERE / "live" / "compile.mjs"
    subprocess.run(["node", str(script), str(tree)], cwd=settings.HERE, check=True)
    stamp.write_text(digest.hexdigest())
    return tree


def contents(wheel: Path) -> bytes:
    """Return all that a wheel holds, without the dates of its files."""
    with zipfile.ZipFile(wheel) as archive:
        return b"".join(name.encode() + archive.read(name) for name in sorted(archive.namelist()))


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a wheel or the standard library, without what no page needs."""
    with zipfile.ZipFile(archive) as found:
        for name in found.namelist():
            if not (
                name.startswith(LEFT_OUT)
                or "/tests/" in name
                or name.endswith((".pyi", ".pxd", ".h", ".a", "/RECORD", "/"))
            ):
                found.extract(name, folder)


def copy_installed(name: str, folder: Path) -> None:
    """Copy the modules and the metadata of an installed pure package."""
    for file in importlib.metadata.files(name):
        text = file.as_posix()
        if text.endswith((".py", "METADATA")) and ".." not in text and not text.startswith(LEFT_OUT):
            target = folder / text
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file.locate(), target)
            if target.name == "METADATA":  # its head alone: the long description is for the package index
                target.write_text(target.read_text("utf-8").partition("\n\n")[0] + "\n", "utf-8")


def set_sample_apart(packed: Path, unpacked: Path) -> None:
    """Move the sample of MNIST out of the course, unpacked; its name stays in its place."""
    unpacked.write_bytes(lzma.decompress(packed.read_bytes()))
    packed.write_text(packed.name, "utf-8")


def require_what_is_there(folder: Path) -> None:
    """Have the course's metadata ask for what a page brings; its first cell checks that."""
    (path,) = folder.glob("*.dist-info/METADATA")
    here = tuple(f"Requires-Dist: {name}" for name in (*COMPILED, *PURE))
    lines = path.read_text("utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("Requires-Dist:") or line.startswith(here)]
    path.write_text("".join(kept), "utf-8")


def files_of(folder: Path) -> list[Path]:
    """Return the files below a folder in order."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def stored(folder: Path) -> bytes:
    """Return a zip archive without compression: it travels compressed as a whole, and is read faster."""
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for file in files_of(folder):
            archive.writestr(zipfile.ZipInfo(file.relative_to(folder).as_posix()), file.read_bytes())
    return path.read_bytes()


def pack(folder: Path) -> bytes:
    """Return the files of a folder one after the other, with a list of their names and sizes before them."""
    files = [(path.relative_to(folder).as_posix(), path.read_bytes()) for path in files_of(folder)]
    head = json.dumps([[name, len(content)] for name, content in files]).encode()
    return len(head).to_bytes(4, "little") + head + b"".join(content for _, content in files)
