"""The capstone: rules that hold for everybody, results that are kept and replaced by name."""

import json

import pytest

from cnnlib.checks import capstone
from cnnlib.checks.capstone import results, results_file, score
from cnnlib.networks import digits_cnn, logistic_regression, mlp
from cnnlib.nn.optim import SGD


@pytest.fixture(autouse=True)
def own_file(tmp_path, monkeypatch):
    monkeypatch.setenv("CNNLIB_PROGRESS", str(tmp_path / "progress.json"))
    return tmp_path / ".capstone.json"


def logistic(rng):
    return logistic_regression(64, rng)


def sgd():
    return SGD(0.05, momentum=0.9)


def test_results_are_kept_best_first_and_replaced_by_name(own_file):
    assert repr(results()) == "no result yet" and results_file() == own_file
    score("lines", logistic, lambda: SGD(1e-6))
    table = score("filters", digits_cnn, sgd)
    assert [row["name"] for row in table.rows] == ["filters", "lines"]
    assert table.rows[0]["mean"] > 0.95 > 0.5 > table.rows[1]["mean"]
    assert table.rows[0]["weights"] == 6090 and repr(results()) == repr(table)
    again = score("lines", logistic, sgd)
    assert len(again.rows) == 2 and again.rows[1]["mean"] > 0.9
    assert "2 looks at the test images" in repr(again)
    assert len(json.loads(own_file.read_text())["results"]) == 2


def test_the_budget_of_epochs_and_seeds_is_the_same_for_everybody(monkeypatch):
    calls = []

    def note(batch, rng):
        calls.append(len(batch))
        return batch

    score("noted", logistic, sgd, augment=note, batch_size=100)
    assert len(calls) == 3 * 10 * 15


def test_too_many_weights_are_refused(own_file):
    with pytest.raises(ValueError, match="make_model must give at most 20,000 weights, got 22,510"):
        score("large", lambda rng: mlp(22_550, 64, rng), sgd)
    assert not own_file.exists()


def test_results_can_be_switched_off_and_a_broken_file_is_no_obstacle(own_file, monkeypatch):
    own_file.write_text("no JSON")
    monkeypatch.setattr(capstone, "EPOCHS", 1)
    assert len(score("a", logistic, sgd).rows) == 1
    monkeypatch.setenv("CNNLIB_PROGRESS", "off")
    assert results_file() is None and repr(results()) == "no result yet"
    assert len(score("b", logistic, sgd).rows) == 1
    assert [row["name"] for row in json.loads(own_file.read_text())["results"]] == ["a"]


def test_the_table_plots_itself(monkeypatch):
    monkeypatch.setattr(capstone, "EPOCHS", 1)
    ax = score("lines", logistic, sgd).plot()
    assert [text.get_text() for text in ax.texts] == ["lines"]
