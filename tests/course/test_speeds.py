"""The tables of speeds: each family of processors keeps its last run, and the tables show what was kept."""

import doctest
import json
import sys

import pytest

from benchmarks import mnist, processors

RUN = {
    "machine": processors.here({}) | {"family": "AVX2", "processor": "Some CPU", "date": "2026-01-02"},
    "epochs": 2,
    "load": 0.5,
    "rows": {
        "cnnlib": {"seconds": 3.0, "from": 2.0, "to": 4.0, "processor": 5.0, "right": [0.99, 0.991, 0.992]},
        "PyTorch, 1 thread": {"seconds": 6.0, "from": 6.0, "to": 6.5, "processor": 10.0, "right": [0.99] * 3},
    },
}


def test_the_examples_hold():
    found = doctest.testmod(processors)
    assert found.attempted >= 4 and not found.failed


def test_a_run_takes_the_place_of_its_familys_last_alone(tmp_path):
    path = tmp_path / "runs.json"
    other = RUN | {"machine": RUN["machine"] | {"family": "AVX-512"}}
    for run in (RUN, other, RUN | {"load": 0.7}):
        runs = processors.keep(path, run)
    assert runs == json.loads(path.read_text("utf-8"))
    assert list(runs) == ["AVX-512", "AVX2"] and [run["load"] for run in runs.values()] == [0.5, 0.7]


def test_a_processor_is_found_out_without_what_openblas_was_told():
    told = {"OPENBLAS_CORETYPE": "Sandybridge", "OPENBLAS_L2_SIZE": "1", "HOME": "/"}
    assert processors.clean(told) == {"HOME": "/"}
    assert processors.here({})["date"] and processors.here({})["cores"] >= 1


def test_the_table_shows_every_family_with_its_date():
    text = mnist.tables({"AVX-512": RUN, "AVX2": RUN})
    assert text.count("Measured on 2026-01-02: Some CPU, ") == 2 and "\n## AVX2\n" in text
    assert "| cnnlib | 3.00 | 2.00 to 4.00 | 5.00 | 99.00%, 99.10%, 99.20% |" in text
    assert text.count("Ratio to PyTorch, 1 thread: **0.50**.") == 2


@pytest.fixture
def report(monkeypatch, repository):
    """The module that writes the engine's tables; as its neighbours it is run from its own folder."""
    monkeypatch.syspath_prepend(str(repository / "benchmarks"))
    import engine_report

    yield engine_report
    for name in ("engine_report", "engine_cases", "processors"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("name", ["engine", "mnist"])
def test_the_tables_in_the_repository_are_what_was_kept(name, repository, report, tmp_path):
    results = repository / "benchmarks/results"
    runs = json.loads((results / f"{name}.json").read_text("utf-8"))
    if name == "mnist":
        text = mnist.tables(runs) + "\n"
    else:
        report.write(runs, False, tmp_path / "engine.json")
        text = (tmp_path / "engine.md").read_text("utf-8")
        assert (tmp_path / "engine.png").stat().st_size > 10_000
    assert text == (results / f"{name}.md").read_text("utf-8")
