"""The playground follows every recorded run of the original engine to its end."""

import json
from pathlib import Path

import numpy as np
import pytest

from cnnlib.playground import Config, Playground

RUNS = Path(__file__).with_name("runs.npz")
with np.load(RUNS, allow_pickle=False) as packed:
    NAMES = sorted({key.partition("/")[0] for key in packed.files})
    ALL = {key: packed[key] for key in packed.files}


class Run:
    """One recorded run."""

    def __init__(self, name):
        self.name, self.config = name, json.loads(str(ALL[f"{name}/config"]))

    def __getitem__(self, key):
        value = ALL[f"{self.name}/{key}"]
        return str(value) if value.dtype.kind == "U" else value


def flat(weights, biases):
    return np.concatenate([np.ravel(part) for part in (*weights, *biases)])


def parameters(playground):
    return flat(playground.weights, playground.biases)


@pytest.fixture(params=NAMES)
def run(request):
    return Run(request.param)


@pytest.fixture
def playground(run):
    return Playground.from_url_hash(run["url_hash"])


def test_ten_runs_are_recorded():
    assert len(NAMES) == 10


def test_points_and_first_weights_are_the_page_s_to_the_last_bit(run, playground):
    np.testing.assert_array_equal(playground.train, run["train"])
    np.testing.assert_array_equal(playground.test, run["test"])
    np.testing.assert_array_equal(parameters(playground), run["initial"])


def test_a_recorded_configuration_makes_the_same_playground(run, playground):
    from_mapping = Playground(run.config)
    assert from_mapping.config == playground.config
    assert from_mapping.to_url_hash() == run["url_hash"] == playground.to_url_hash()
    np.testing.assert_array_equal(parameters(from_mapping), run["initial"])
    assert list(playground.config.layer_sizes) == run.config["layerSizes"]
    assert playground.config.output_activation == run.config["outputActivation"]


def test_losses_follow_to_the_end(run, playground):
    for epoch, train_loss, test_loss, dead_links in run["trajectory"]:
        playground.step(int(epoch) - playground.epoch)
        assert abs(playground.train_loss - train_loss) < 1e-9
        assert abs(playground.test_loss - test_loss) < 1e-9
        assert playground.dead_links == dead_links
    np.testing.assert_allclose(parameters(playground), run["final"], rtol=0, atol=1e-8)
    np.testing.assert_array_equal(np.concatenate([d.ravel() for d in playground.dead]), run["final_dead"])
    np.testing.assert_allclose(grid_outputs(playground, run), run["final_grid"], rtol=0, atol=1e-8)


def grid_outputs(playground, run):
    x, y = np.meshgrid(run["grid_axis"], run["grid_axis"], indexing="ij")
    return playground.predict(np.column_stack([x.ravel(), y.ravel()])).reshape(x.shape)


def test_first_outputs(run, playground):
    np.testing.assert_allclose(grid_outputs(playground, run), run["initial_grid"], rtol=0, atol=1e-14)


def test_first_gradient(run, playground):
    playground.train = playground.train[:1]
    playground.prepare()
    np.testing.assert_allclose(
        flat(*playground.gradients()), run["gradient_of_sample_0"], rtol=1e-12, atol=1e-15
    )


def test_first_updates_and_leftover_samples(run, playground):
    batch = run.config["batchSize"]
    short = Playground.from_url_hash(run["url_hash"])
    short.train = short.train[:batch]
    short.prepare()
    short.step()
    np.testing.assert_allclose(parameters(short), run["after_first_update"], rtol=1e-12, atol=1e-15)
    playground.step()
    np.testing.assert_allclose(parameters(playground), run["after_epoch_1"], rtol=1e-9, atol=1e-13)
    network = playground.network
    left = network.parameters.like(network.leftover)
    np.testing.assert_allclose(flat(left.weights, left.biases), run["leftover"], rtol=1e-9, atol=1e-12)
    assert network.leftover_count == run["leftover_count"]
    playground.train = playground.train[:batch]
    leftover = network.leftover.copy(), network.leftover_count
    playground.prepare()
    network.leftover[:], network.leftover_count = leftover
    playground.step()
    np.testing.assert_allclose(
        parameters(playground), run["after_first_update_of_epoch_2"], rtol=1e-9, atol=1e-13
    )


@pytest.mark.parametrize(("epoch", "shown"), [(147, "0.425"), (148, "0.425"), (1531, "0.106")])
def test_the_chapter_s_run_shows_the_chapter_s_numbers(epoch, shown):
    playground = Playground.from_url_hash(Run("spiral_chapter_test_loss")["url_hash"])
    playground.step(epoch)
    assert f"{playground.test_loss:.3f}" == shown
    if epoch == 1531:
        wrong = np.sign(playground.predict(playground.test[:, :2])) != playground.test[:, 2]
        assert wrong.sum() == 16


def test_the_chapter_s_other_run():
    config = Config(dataset="spiral", network_shape=(8, 8), seed="0.50139", learning_rate=0.01, batch_size=10)
    playground = Playground(config)
    shown = {}
    for epoch in (552, 553, 558, 1531):
        playground.step(epoch - playground.epoch)
        shown[epoch] = f"{playground.train_loss:.3f}"
    assert shown[553] == shown[558] == "0.425"
    assert shown[1531] == "0.106"
    wrong = np.sign(playground.predict(playground.train[:, :2])) != playground.train[:, 2]
    assert wrong.sum() == 13
