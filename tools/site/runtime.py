"""Python for the browser: Pyodide's core, a wheel of the course, and of every package that it needs.

Pyodide knows its packages from a file, ``pyodide-lock.json``, and loads what a cell imports by itself. We
write that file anew: `cnnlib` and the widgets are added to it, and what a package index has lies on our own
site. For the compiled rest (NumPy and a few others, built by Pyodide's makers) the build asks their server.
Where that cannot be reached, the lock names its address, and the reader's browser fetches them from there.
"""

from __future__ import annotations

import email
import hashlib
import json
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.site import settings

CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
SECONDS = 20  # to wait for the server of the compiled packages


class RuntimeBuildError(Exception):
    """A package that cannot be had, or one in a version that the course does not work with."""


def build_runtime(output: Path, work: Path, wheel: Path) -> list[str]:
    """Write the runtime into `output`; return the packages that are left to the reader's browser."""
    source = settings.HERE / "node_modules" / "pyodide"
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    for name in CORE:
        shutil.copy(source / name, output)
    lock = json.loads((source / "pyodide-lock.json").read_text("utf-8"))
    address = settings.PYODIDE_PACKAGES.format(version=version_of(source))
    packages, work = lock["packages"], work / "wheels"
    work.mkdir(parents=True, exist_ok=True)
    needed = collect(lock, work, wheel)
    absent = []
    for name, found in needed.items():
        if found is None and not absent:  # a server that did not answer is not asked for the next file
            found = fetch(address + packages[name]["file_name"], packages[name]["sha256"], work)
        if found is None:
            absent.append(name)
            continue
        shutil.copy(found, output)
        packages[name] = entry(found, packages)
    for name, package in packages.items():
        if needed.get(name) is None and not (output / package["file_name"]).exists():
            package["file_name"] = address + package["file_name"]
    (output / "pyodide-lock.json").write_text(json.dumps(lock, sort_keys=True), "utf-8")
    return sorted(absent)


def version_of(package: Path) -> str:
    """Return the version of an npm package."""
    return json.loads((package / "package.json").read_text("utf-8"))["version"]


def collect(lock: dict, work: Path, wheel: Path) -> dict[str, Path | None]:
    """Find a wheel for everything that the course and its kernel need, by canonical name.

    None stands for a compiled package that the package index does not have for the browser.
    """
    packages, pins = lock["packages"], course_pins()
    found: dict[str, Path | None] = {"cnnlib": wheel}
    todo = [*settings.KERNEL, *requirements(wheel)]
    while todo:
        name = canonicalize_name(todo.pop())
        if name in found or name in settings.IN_JUPYTERLITE:
            continue
        known = packages.get(name)
        if (
            known
            and not known["file_name"].endswith("none-any.whl")
            and name not in settings.COMPILED_ON_INDEX
        ):
            found[name] = None
            todo += known["depends"]
            continue
        own = known is None or name in settings.COMPILED_ON_INDEX
        found[name] = download(name, pins[name] if own else known["version"], lock["info"], work)
        todo += requirements(found[name]) if own else known["depends"]
    return found


def course_pins() -> dict[str, str]:
    """Return the version that requirements.txt has of each package, for the newest Python it knows of."""
    pins = {}
    for line in (settings.ROOT / "requirements.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            pin = Requirement(line)
            if pin.marker is None or pin.marker.evaluate(
                {"python_full_version": "3.14.2", "python_version": "3.14"}
            ):
                pins[canonicalize_name(pin.name)] = str(pin.specifier).removeprefix("==")
    return pins


def download(name: str, version: str, info: dict, work: Path) -> Path:
    """Download the wheel of a package for Python in the browser with pip, or take the one that is there."""
    start = f"{name.replace('-', '_')}-{version}-".lower()
    have = [
        path
        for path in work.glob("*.whl")
        if path.name.lower().replace(".", "_").startswith(start.replace(".", "_"))
    ]
    if have:
        return have[0]
    python = "".join(info["python"].split(".")[:2])
    options = ["--no-deps", "--only-binary=:all:", f"--platform=pyemscripten_{info['abi_version']}_wasm32"]
    options += ["--implementation=cp", f"--python-version={python}", f"--abi=cp{python}", "--abi=none"]
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", *options]
    with_folder = [*command, f"--dest={work}", f"{name}=={version}"]
    done = subprocess.run(with_folder, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeBuildError(f"{name} {version} could not be downloaded:\n{done.stderr}")
    return download(name, version, info, work)


def fetch(address: str, sha256: str, work: Path) -> Path | None:
    """Fetch a file of known check sum; None where its server cannot be reached."""
    path = work / address.rsplit("/", 1)[1]
    if not path.exists():
        try:
            with urllib.request.urlopen(address, timeout=SECONDS) as answer:
                content = answer.read()
        except (urllib.error.URLError, TimeoutError):
            return None
        path.write_bytes(content)
    if hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
        path.unlink()
        raise RuntimeBuildError(f"{address} is not the file that Pyodide's lock describes")
    return path


def metadata(wheel: Path) -> email.message.Message:
    """Read the METADATA of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", name)]
        return email.message_from_bytes(archive.read(name))


def requirements(wheel: Path) -> list[str]:
    """Return the names of what a wheel needs in the browser."""
    browser = {"sys_platform": "emscripten", "platform_system": "Emscripten", "os_name": "posix", "extra": ""}
    wanted = [Requirement(text) for text in metadata(wheel).get_all("Requires-Dist") or []]
    return [one.name for one in wanted if one.marker is None or one.marker.evaluate(browser)]


def entry(wheel: Path, packages: dict) -> dict:
    """Describe a wheel as Pyodide's lock does; imports and needs as the lock has them, or the wheel."""
    about = metadata(wheel)
    name = canonicalize_name(about["Name"])
    known = packages.get(name)
    needs = [canonicalize_name(one) for one in requirements(wheel)]
    return {
        "name": known["name"] if known else name,
        "version": about["Version"],
        "file_name": wheel.name,
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "install_dir": "site",
        "package_type": "package",
        "unvendored_tests": False,
        "imports": known["imports"] if known else top_level(wheel),
        "depends": known["depends"]
        if known
        else [one for one in needs if one not in settings.IN_JUPYTERLITE],
    }


def top_level(wheel: Path) -> list[str]:
    """Return the packages and modules that a wheel brings."""
    with zipfile.ZipFile(wheel) as archive:
        heads = {name.split("/")[0] for name in archive.namelist() if name.endswith(".py")}
    return sorted(head.removesuffix(".py") for head in heads if not head.endswith((".dist-info", ".data")))
