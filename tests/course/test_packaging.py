"""pyproject.toml, requirements.txt and environment.yml say the same about what the course needs."""

import importlib.metadata
import itertools
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

import cnnlib

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT = PYPROJECT["project"]
LOCK = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
PINS = [Requirement(line) for line in LOCK if line and not line.startswith("#")]
PYTHONS = [text.rpartition(" ")[2] for text in PROJECT["classifiers"] if ":: Python :: 3." in text]
SYSTEMS = [("linux", "posix"), ("darwin", "posix"), ("win32", "nt")]


def asked(extra):
    """Return the requirements of an extra and of the extras that it names, the package's own included."""
    found = [Requirement(text) for text in PROJECT["dependencies"]]
    for text in PROJECT["optional-dependencies"][extra]:
        requirement = Requirement(text)
        if requirement.name == PROJECT["name"]:
            found += [other for name in requirement.extras for other in asked(name)]
        else:
            found.append(requirement)
    return found


def machine(python, system):
    """Describe a learner's machine to a requirement's marker."""
    platform, os_name = system
    versions = {"python_version": python, "python_full_version": f"{python}.9"}
    return {**default_environment(), **versions, "sys_platform": platform, "os_name": os_name}


def pinned(environment):
    """Return the pinned version of each package that applies on a machine; each at most once."""
    pins = [(canonicalize_name(p.name), p) for p in PINS if not p.marker or p.marker.evaluate(environment)]
    assert len(dict(pins)) == len(pins), "a package is pinned twice for one machine"
    return {name: Version(str(pin.specifier).removeprefix("==")) for name, pin in pins}


@pytest.mark.parametrize(("python", "system"), list(itertools.product(PYTHONS, SYSTEMS)))
def test_every_requirement_is_pinned_within_its_range(python, system):
    """pip, uv and conda get from requirements.txt what pyproject.toml allows, on every machine."""
    versions = pinned(machine(python, system))
    for requirement in [*asked("dev"), *asked("site"), *asked("teaching")]:
        version = versions[canonicalize_name(requirement.name)]
        assert version in requirement.specifier, f"{requirement} is pinned at {version}: renew the lock"


def test_lock_holds_pins_alone():
    """No address, no local path, no option: exact versions that any index can serve."""
    for pin in PINS:
        assert pin.url is None
        assert re.fullmatch(r"==[\w.!]+", str(pin.specifier)), f"{pin} is not an exact version"
    assert not [line for line in LOCK if "://" in line or line.startswith(("-", ".", "/"))]


def test_lock_names_the_command_that_made_it():
    """Whoever opens the file sees how it is renewed, and the head of pyproject.toml says the same."""
    command = LOCK[1].removeprefix("#").strip()
    assert command.startswith("uv pip compile --universal")
    assert f"--python-version {min(PYTHONS, key=Version)}" in command
    assert command in (ROOT / "pyproject.toml").read_text("utf-8")


def test_lock_is_complete():
    """Every package that the locked ones need here is in the lock: nothing floats.

    What a package needs is read from the installed one, so only where that is the locked version.
    """
    versions, seen, others, todo = pinned(default_environment()), set(), set(), asked("test")
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        assert name in versions, f"{name} is missing from requirements.txt: renew the lock"
        if importlib.metadata.version(name) != str(versions[name]):
            others.add(name)
            continue
        for extra in ({""} | requirement.extras) - {e for n, e in seen if n == name}:
            seen.add((name, extra))
            inner = [Requirement(text) for text in importlib.metadata.requires(name) or []]
            todo += [r for r in inner if r.marker is None or r.marker.evaluate({"extra": extra})]
    assert others or len(seen) > 90


def test_versions_that_must_not_come():
    """ipywidgets 8.1.9 is blank in VS Code, and PyTorch (an oracle in CI alone) would bring gigabytes."""
    names = {canonicalize_name(pin.name): pin for pin in PINS}
    assert "torch" not in names
    assert str(names["ipywidgets"].specifier) != "==8.1.9"
    (widgets,) = (r for r in asked("lab") if r.name == "ipywidgets")
    assert Version("8.1.8") in widgets.specifier
    assert Version("8.1.9") not in widgets.specifier


def test_conda_installs_the_same():
    """environment.yml names no package of its own: Python from conda, the rest from the lock."""
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    python, pip, from_pip = environment["dependencies"]
    version = python.removeprefix("python=")
    assert version in PYTHONS
    assert pip == "pip"
    assert from_pip == {"pip": ["--constraint requirements.txt", "--editable .[lab]"]}


def test_supported_pythons_agree():
    """The oldest Python is the same in pyproject.toml, course.py and the test matrix."""
    import course

    supported = SpecifierSet(PROJECT["requires-python"])
    assert all(version in supported for version in PYTHONS)
    assert min(PYTHONS, key=Version) == "{}.{}".format(*course.OLDEST)
    assert f">={'.'.join(map(str, course.OLDEST))}" == PROJECT["requires-python"]
    workflow = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text("utf-8"))
    matrix = workflow["jobs"]["course"]["strategy"]["matrix"]["python"]
    ordered = sorted(PYTHONS, key=Version)
    assert matrix == [ordered[0], ordered[-1]]


def test_notebooks_read_nothing_that_lies_outside_the_package():
    """They must run where only the wheel is installed: on a class server, in Colab, in the browser."""
    for source in sorted((ROOT / "notebooks" / "source").glob("*.py")):
        code = [line for line in source.read_text("utf-8").splitlines() if not line.startswith("#")]
        assert [line for line in code if "COURSE" in line or '"../' in line] == [], source.name


def test_one_version_everywhere():
    """The package has it, its metadata take it from there; citation and release notes name the same."""
    assert "version" in PROJECT["dynamic"] and "version" not in PROJECT
    assert PYPROJECT["tool"]["hatch"]["version"] == {"path": "cnnlib/__init__.py"}
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    notes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    newest, date = re.search(r"^## (\S+), (\S+)$", notes, re.MULTILINE).groups()
    assert cnnlib.__version__ == citation["version"] == newest
    assert str(citation["date-released"]) == date
    assert Version(newest).release == tuple(map(int, newest.split(".")))


def test_the_citation_has_what_zenodo_takes_from_it():
    """Zenodo reads a repository's CITATION.cff where there is no .zenodo.json: one source is enough."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    wanted = {"cff-version", "message", "title", "authors", "version", "date-released", "license", "keywords"}
    assert wanted | {"abstract", "type"} <= set(citation)
    assert citation["cff-version"] == "1.2.0" and citation["license"] == PROJECT["license"]
    assert all({"name"} <= set(author) or {"family-names"} <= set(author) for author in citation["authors"])
    assert not (ROOT / ".zenodo.json").exists()


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_links_lead_somewhere(name):
    """Relative links, those to notebooks among them, point at files that exist."""
    text = (ROOT / name).read_text("utf-8")
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text) + re.findall(r'src="([^":]+)"', text)
    assert [link for link in links if not (ROOT / link).exists()] == []
