"""The rooms of the package: which may import which, and that the core needs nothing but NumPy."""

import ast
import sys
from pathlib import Path

import pytest

import cnnlib

PACKAGE = Path(cnnlib.__file__).parent
FLOORS = (
    {"nn"},
    {"fast", "training", "data", "networks", "saving", "autodiff", "runtime"},
    {"experiments", "playground"},
    {"learning"},
    {"checks", "viz"},
    {"widgets"},
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
FILES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE)


def imports(path):
    """Full names of all modules that a file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield node.module
            if node.module == "cnnlib":
                yield from (f"cnnlib.{alias.name}" for alias in node.names)


def room_of(path):
    return path.relative_to(PACKAGE).parts[0]


def arrows():
    """Pairs of rooms, the first of which imports the second."""
    for path in FILES:
        for name in imports(path):
            first, _, rest = name.partition(".")
            if first == "cnnlib" and rest and rest.split(".")[0] != room_of(path):
                yield room_of(path), rest.split(".")[0]


def test_every_folder_is_a_room_with_a_floor():
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert folders == set(FLOOR)
    assert {path.name for path in PACKAGE.glob("*.py")} == {"__init__.py"}


@pytest.mark.parametrize("path", [p for p in FILES if room_of(p) == "nn"], ids=lambda p: str(p.name))
def test_the_core_imports_numpy_the_standard_library_and_itself(path):
    for name in imports(path):
        first = name.split(".")[0]
        assert name.startswith("cnnlib.nn") or first == "numpy" or first in sys.stdlib_module_names, name
        assert first not in {"threading", "concurrent", "multiprocessing", "pickle", "json", "pathlib"}, name


def test_rooms_import_downwards_only():
    upwards = {(one, other) for one, other in arrows() if FLOOR[other] > FLOOR[one]}
    assert not upwards


def test_no_circle_of_rooms():
    found = set(arrows())
    waiting = {room: {other for one, other in found if one == room} for room in FLOOR}
    while ready := {room for room, needed in waiting.items() if not needed & set(waiting)}:
        waiting = {room: needed for room, needed in waiting.items() if room not in ready}
    assert not waiting, f"rooms that import each other: {waiting}"
