"""The fast engine against the loop of single samples, and everything that can be done to a run."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlib.playground import INITIALIZATIONS, Config, Playground, feature_maps, model_inputs
from cnnlib.playground.address import ACTIVATIONS, FEATURES, REGULARIZATIONS
from cnnlib.playground.features import feature_rows
from cnnlib.playground.history import RunHistory
from cnnlib.playground.naive import NaiveNetwork
from cnnlib.playground.network import JointPass
from cnnlib.playground.training import batch_of


class Loop:
    """A playground whose network is the loop of single samples."""

    def __init__(self, playground):
        config, self.config = playground.config, playground.config
        self.network = NaiveNetwork(
            playground.weights,
            playground.biases,
            config.activation,
            config.output_activation,
            config.regularization,
        )
        self.parts = [
            (self.inputs(part), part[:, 2].tolist()) for part in (playground.train, playground.test)
        ]

    def inputs(self, points):
        return feature_rows(self.config.inputs, points[:, :2], exact=True).T.tolist()

    def step(self, epochs):
        for _ in range(epochs):
            self.network.epoch(
                *self.parts[0],
                self.config.batch_size,
                self.config.learning_rate,
                self.config.regularization_rate,
            )

    def losses(self):
        return [self.network.loss(*part) for part in self.parts]


def assert_equal(playground, loop, atol=1e-10):
    for fast, slow in zip(playground.weights, loop.network.weights, strict=True):
        np.testing.assert_allclose(fast, np.array(slow).reshape(fast.shape), rtol=0, atol=atol)
    for fast, slow in zip(playground.biases, loop.network.biases, strict=True):
        np.testing.assert_allclose(fast, slow, rtol=0, atol=atol)
    np.testing.assert_allclose(playground.evaluate(), loop.losses(), rtol=0, atol=atol)
    dead = sum(cell for layer in loop.network.dead for row in layer for cell in row)
    assert playground.dead_links == dead


@settings(max_examples=40, deadline=None)
@given(
    activation=st.sampled_from(ACTIVATIONS),
    regularization=st.sampled_from(REGULARIZATIONS),
    batch_size=st.sampled_from([0, 1, 3, 7, 10, 16, 30, 2.5, 60, 300, -4]),
    dataset=st.sampled_from(["circle", "xor", "gauss", "spiral", "reg-plane", "reg-gauss"]),
    learning_rate=st.sampled_from([0.001, 0.01, 0.03]),
    regularization_rate=st.sampled_from([0, 0.001, 0.03, 1]),
    noise=st.sampled_from([0, 20, 50, 80]),
    network_shape=st.lists(st.integers(0, 8), max_size=6),
    perc_train_data=st.sampled_from([0, 5, 10, 100]),
    features=st.sets(st.sampled_from(FEATURES)),
    init=st.sampled_from(list(INITIALIZATIONS)),
)
def test_engine_equals_the_loop(features, **options):
    playground = Playground(num_samples=120, seed="0.6", features=tuple(features), **options)
    loop = Loop(playground)
    playground.step(2)
    loop.step(2)
    if playground.diverged_at is None and np.nanmax(playground.evaluate()) < 10:
        assert_equal(playground, loop)


@pytest.mark.parametrize("limit", [0, 10**9])
@pytest.mark.parametrize(
    "options",
    [
        {"network_shape": (8, 8), "batch_size": 7},
        {"network_shape": (), "batch_size": 1, "learning_rate": 0.001},
        {"network_shape": (3, 1, 5), "dataset": "reg-gauss", "activation": "relu", "batch_size": 16},
        {"network_shape": (4, 4), "regularization": "L1", "regularization_rate": 0.03, "batch_size": 11},
        {"network_shape": (4, 2), "regularization": "L2", "regularization_rate": 0.03},
    ],
)
def test_gradients_by_one_product_for_all_layers_and_by_one_each(options, limit, monkeypatch):
    monkeypatch.setattr(JointPass, "LIMIT", limit)
    playground = Playground(num_samples=120, seed="0.6", **options)
    loop = Loop(playground)
    for rate in (0.03, 0.003):
        playground.change(learning_rate=rate)
        loop.config = playground.config
        playground.step(3)
        loop.step(3)
        assert_equal(playground, loop)


@pytest.mark.parametrize(("dataset", "shape"), [("circle", (5,)), ("xor", (5,)), ("spiral", (7, 3))])
def test_identical_nodes_stay_identical_to_the_last_bit(dataset, shape):
    """In a library's matrix product rows can differ in the last bit, which this training magnifies."""
    playground = Playground(
        dataset=dataset,
        network_shape=shape,
        activation="sigmoid",
        learning_rate=0.3,
        init_zero=True,
        seed="0.1",
    )
    loop = Loop(playground)
    for _ in range(2):
        playground.step(60)
        loop.step(60)
    for weights in playground.weights[:-1]:
        assert np.ptp(weights, axis=0).max() == 0
    assert_equal(playground, loop, atol=1e-12)


@pytest.mark.parametrize(
    ("batch_size", "n", "expected"),
    [
        (10, 250, 10),
        (30, 250, 30),
        (2.5, 250, 5),
        (0, 250, 0),
        (300, 250, 0),
        (-10, 250, 10),
        (250, 250, 250),
        (math.nan, 250, 0),
        (math.inf, 250, 0),
        (0.5, 250, 1),
        (10, 0, 0),
    ],
)
def test_samples_between_updates(batch_size, n, expected):
    assert batch_of(batch_size, n) == expected


@pytest.mark.parametrize("batch_size", [0, 251])
def test_without_a_full_batch_nothing_moves_and_the_status_says_so(batch_size):
    playground = Playground(batch_size=batch_size, seed="0.1")
    before = playground.to_arrays()
    playground.step(3)
    assert all(np.array_equal(before[key], value) for key, value in playground.to_arrays().items())
    assert (
        playground.status == f"A batch size of {batch_size} never fills a batch, so the weights never change."
    )


def test_no_training_or_no_test_points():
    nothing, everything = (
        Playground(perc_train_data=0, seed="0.1"),
        Playground(perc_train_data=100, seed="0.1"),
    )
    nothing.step(2)
    everything.step(2)
    assert math.isnan(nothing.train_loss) and nothing.test_loss > 0
    assert math.isnan(everything.test_loss) and everything.train_loss > 0
    assert nothing.status.startswith("There are no training points") and everything.status == ""
    assert all((g == 0).all() for part in nothing.gradients() for g in part)


def test_learning_rate_acts_at_once_and_the_run_can_still_be_rewound():
    playground = Playground(seed="0.1")
    playground.step(5)
    playground.change(learning_rate=0.3)
    assert playground.epoch == 5
    playground.step(5)
    losses = playground.train_loss
    playground.rewind(3)
    assert playground.config.learning_rate == 0.03
    playground.rewind(10)
    assert playground.train_loss == losses and playground.config.learning_rate == 0.3


@pytest.mark.parametrize("limit", [4096, 4])
def test_rewind_to_any_epoch_is_exact(limit):
    playground = Playground(batch_size=30, regularization="L1", regularization_rate=0.03, seed="0.2")
    playground.history.limit = limit
    seen = [playground.network.parameters.flat.copy()]
    for _ in range(30):
        playground.step()
        seen.append(playground.network.parameters.flat.copy())
    assert playground.dead_links
    for epoch in (17, 3, 30, 0, 29, 11):
        playground.rewind(epoch)
        assert playground.epoch == epoch
        np.testing.assert_array_equal(playground.network.parameters.flat, seen[epoch])
    playground.step(2)
    np.testing.assert_array_equal(playground.network.parameters.flat, seen[13])
    with pytest.raises(ValueError, match="epoch must be between 0 and 13, got 14"):
        playground.rewind(14)


def test_history_thins_out_and_keeps_what_cannot_be_trained_again():
    playground, history = Playground(seed="0.1"), RunHistory(limit=8)
    for epoch in range(100):
        history.record(playground.network, epoch, kept=epoch in (0, 13))
    assert len(history) <= 9 and history.furthest == 99
    assert [history.latest_until(e).epoch for e in (0, 13, 14, 50)] == [0, 13, 13, 48]


def test_going_back_in_time_needs_rewind():
    with pytest.raises(ValueError, match=r"epochs must be 0 or more, got -1; rewind\(epoch\) goes back"):
        Playground(seed="0.1").step(-1)


def test_reset_draws_new_weights_and_keeps_the_points():
    playground = Playground(seed="0.1")
    first, points = playground.weights, playground.train.copy()
    playground.step(3)
    playground.reset()
    assert playground.epoch == 0
    np.testing.assert_array_equal(playground.train, points)
    assert (playground.weights[0] != first[0]).all()


def test_regenerate_keeps_weights_epoch_and_the_shown_loss():
    playground = Playground(seed="0.1", batch_size=30)
    playground.step(3)
    shown, weights, seed = playground.train_loss, playground.weights, playground.config.seed
    playground.regenerate()
    assert playground.config.seed != seed and playground.epoch == 3
    assert playground.train_loss == shown != playground.evaluate()[0]
    np.testing.assert_array_equal(playground.weights[0], weights[0])
    assert playground.network.leftover_count == 10
    np.testing.assert_array_equal(playground.train, Playground(seed=playground.config.seed).train)
    playground.step(1)
    assert playground.train_loss == playground.evaluate()[0]


def test_changes_rebuild_as_on_the_page():
    playground = Playground(seed="0.1")
    stream = playground._stream.draws
    playground.step(2)
    playground.change(activation="relu", batch_size=5)
    assert (playground.epoch, playground.config.seed) == (0, "0.1")
    assert playground.skipped == 2 * 4 + 4 * 2 + 2 and playground._stream.draws == stream + playground.skipped
    playground.change(noise=25)
    assert playground.config.seed != "0.1" and playground.skipped == 0
    playground.change(problem="regression")
    drawn_for_thumbnails = 2 * 4 * 200
    assert playground.skipped == drawn_for_thumbnails and len(playground.train) == 600
    playground.step(1)
    playground.change(show_test_data=True)
    assert playground.epoch == 1
    playground.change(seed="0.1")
    np.testing.assert_array_equal(
        playground.weights[0], Playground(seed="0.1", problem="regression").weights[0]
    )


def test_values_by_hand_leave_the_shown_loss_until_the_next_step():
    playground = Playground(seed="0.1")
    playground.step(1)
    shown = playground.train_loss, playground.test_loss
    playground.set_weight(0, 3, 1, 2.5)
    playground.set_bias(2, 0, -1)
    assert playground.weights[0][3, 1] == 2.5 and playground.biases[2][0] == -1
    assert (playground.train_loss, playground.test_loss) == shown
    assert playground.evaluate() != shown
    playground.step(1)
    assert (playground.train_loss, playground.test_loss) == playground.evaluate()


def test_a_dead_link_takes_a_value_by_hand_but_does_not_train():
    playground = Playground(
        activation="relu",
        network_shape=(8, 8),
        regularization="L1",
        regularization_rate=0.1,
        learning_rate=0.1,
        batch_size=30,
        seed="0.20006",
    )
    playground.step(2)
    destination, source = np.argwhere(playground.dead[0])[0]
    assert playground.weights[0][destination, source] == 0
    output = playground.predict([[1.0, 1.0]])
    playground.set_weight(0, destination, source, 7.0)
    assert playground.predict([[1.0, 1.0]]) != output or playground.weights[1][:, destination].any() == 0
    playground.step(3)
    assert playground.weights[0][destination, source] == 7.0 and playground.dead[0][destination, source]


@pytest.mark.parametrize("place", [(3, 0, 0), (-1, 0, 0), (0, 4, 0), (0, 0, 2), (0, 0, -1)])
def test_places_that_do_not_exist(place):
    with pytest.raises(
        IndexError, match=r"layer must be between 0 and 2|layer 0 has 4 nodes with 2 links each"
    ):
        Playground(seed="0.1").set_weight(*place, 1.0)


def test_gradients_are_those_of_the_training_loss():
    playground = Playground(network_shape=(3, 2), activation="sigmoid", features=("x", "sinY"), seed="0.1")
    weights, biases = playground.gradients()
    h = 1e-6
    for k, places in enumerate(weights):
        for d, s in np.ndindex(places.shape):
            slope = 0
            for sign in (1, -1):
                playground.set_weight(k, d, s, playground.weights[k][d, s] + sign * h)
                slope += sign * playground.evaluate()[0] / (2 * h)
                playground.set_weight(k, d, s, playground.weights[k][d, s] - sign * h)
            assert slope == pytest.approx(places[d, s], abs=1e-8)
    one_step = Playground(
        network_shape=(3, 2), activation="sigmoid", features=("x", "sinY"), seed="0.1", batch_size=250
    )
    one_step.step()
    np.testing.assert_allclose(one_step.biases[1], playground.biases[1] - 0.03 * biases[1], atol=1e-14)


def test_maps_of_all_nodes():
    playground = Playground(network_shape=(3, 2), features=("x", "y", "xTimesY"), seed="0.1")
    playground.step(4)
    maps = playground.node_maps()
    assert [m.shape for m in maps] == [(3, 100, 100), (2, 100, 100), (1, 100, 100)]
    axis = np.linspace(-6, 6, 100)
    assert maps[-1][0, 20, 70] == pytest.approx(playground.predict([[axis[70], axis[20]]])[0], abs=1e-6)
    w, b = playground.weights[0], playground.biases[0]
    x, y = axis[70], axis[20]
    np.testing.assert_allclose(maps[0][:, 20, 70], np.tanh(w @ [x, y, x * y] + b), atol=1e-5)
    assert [m.shape for m in playground.node_maps(53)] == [(3, 53, 53), (2, 53, 53), (1, 53, 53)]
    assert feature_maps(10).shape == (7, 10, 10) and feature_maps(10)[2, 0, 0] == 36


def test_divergence_is_named():
    playground = Playground(dataset="reg-plane", activation="linear", learning_rate=10, seed="0.1")
    assert playground.status == ""
    playground.step(1)
    while playground.diverged_at is None:
        assert playground.status.startswith("Diverging: the loss is above 1000")
        playground.step(1)
    at = playground.diverged_at
    playground.step(3)
    assert playground.diverged_at == at and math.isnan(playground.train_loss)
    assert playground.status.startswith(f"Diverged: at epoch {at} weights became NaN (not a number).")
    assert "learning rate 10 is too large" in playground.status
    playground.rewind(0)
    assert playground.diverged_at is None and playground.status == ""


def test_export_to_arrays_and_to_a_model_of_this_package():
    xy = np.random.default_rng(0).uniform(-6, 6, (40, 2))
    for activation in ACTIVATIONS:
        for problem in ("classification", "regression"):
            playground = Playground(
                activation=activation, problem=problem, features=("x", "sinX"), seed="0.1"
            )
            playground.step(3)
            model = playground.to_sequential()
            outputs = model.forward(model_inputs(playground, xy))
            np.testing.assert_allclose(outputs[:, 0], playground.predict(xy), rtol=0, atol=1e-14)
    arrays = playground.to_arrays()
    assert arrays["weights_2"].shape == (1, 2) and arrays["train"].shape == (600, 3)


def test_run_yields_records():
    records = list(Playground(seed="0.1").run(7, every=3))
    assert [epoch for epoch, *_ in records] == [0, 3, 6, 7]
    assert records[-1][1] < records[0][1]


def test_weights_are_copies():
    playground = Playground(Config(seed="0.1"))
    playground.weights[0][:] = 9
    playground.biases[0][:] = 9
    assert abs(playground.weights[0]).max() < 0.5 and playground.biases[0].max() == 0.1
