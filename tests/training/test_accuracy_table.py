"""The accuracy table: made from the kept results, within the published errors, complete."""

import json
import statistics

import pytest

from benchmarks import accuracy
from cnnlib.data import Split
from cnnlib.networks import recipes


def kept():
    return accuracy.load_results(accuracy.RESULTS / "accuracy.json")


def test_the_committed_table_is_that_of_the_committed_results():
    assert (accuracy.RESULTS / "accuracy.md").read_text(encoding="utf-8") == accuracy.table(kept())


@pytest.mark.parametrize("name", accuracy.RUNS)
def test_three_seeds_each_reach_the_published_error_within_their_weights(name):
    recipe, _, published, _ = accuracy.RUNS[name]
    rows = [kept()["runs"][f"{name}-{seed}"] for seed in accuracy.SEEDS]
    assert statistics.mean(row["error"] for row in rows) <= published
    assert {row["parameters"] for row in rows} == {recipe.make_model(0).num_parameters}
    assert {row["epochs"] for row in rows} == {recipe.epochs}
    assert set(kept()["speed"][name]) == {
        "epoch_cnnlib",
        "epoch_torch_1",
        "epoch_torch_2",
        "ratio_to_faster_torch",
    }


def test_the_networks_stay_within_what_the_table_says_of_them():
    weights = {name: run[0].make_model(0).num_parameters for name, run in accuracy.RUNS.items()}
    assert weights["lenet5"] == weights["lenet5_distorted"] == 61_706
    assert weights["compact_cnn"] < 20_000 and weights["two_conv"] < 100_000


def test_the_table_shows_mean_spread_and_each_seed():
    row = {"parameters": 10, "epochs": 2}
    results = {
        "runs": {f"lenet5-{i}": row | {"error": e} for i, e in enumerate((0.5, 0.7, 0.9))},
        "speed": {},
    }
    line = accuracy.table(results).splitlines()[2]
    assert "| LeNet-5 | 10 | 2 | **0.70 ± 0.20** (0.50, 0.70, 0.90) | 0.95 (LeCun" in line
    results["speed"]["lenet5"] = accuracy._speed_row(
        {"cnnlib": [2.0, 4.0, 4.0], "torch_1": [4.0, 4.0, 2.0], "torch_2": [8.0, 2.0, 8.0]}, steps_an_epoch=10
    )
    assert "40.0 | 40.0 and 80.0 | 2.00 |" in accuracy.table(results)


def test_a_run_is_kept_and_its_checkpoint_goes(tmp_path, digits, monkeypatch):
    recipe = accuracy.recipes.DIGITS
    monkeypatch.setitem(accuracy.RUNS, "tiny", (recipe, "tiny", 50, "nobody"))
    small = Split(digits.x_train[:64], digits.y_train[:64], digits.x_test, digits.y_test, digits.class_names)
    checkpoint = tmp_path / "tiny.npz"
    row = accuracy.run("tiny", 0, small, checkpoint)
    assert row["parameters"] == 6090 and row["epochs"] == recipe.epochs and 0 < row["error"] < 60
    assert not checkpoint.exists()
    accuracy.keep(tmp_path / "results.json", "runs", "tiny-0", row)
    accuracy.keep(tmp_path / "results.json", "runs", "tiny-1", row)
    assert list(json.loads((tmp_path / "results.json").read_text())["runs"]) == ["tiny-0", "tiny-1"]


def test_the_package_brings_the_same_table():
    assert recipes.accuracy_table() == accuracy.table(kept())
