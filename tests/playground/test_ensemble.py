"""Many playgrounds at once, each as it would be alone."""

import numpy as np
import pytest

from cnnlib.playground import Config, Ensemble, Playground

VARIANTS = [
    {"seed": "0.1"},
    {"seed": "0.2", "learning_rate": 0.1},
    {"seed": "0.2", "init": "xavier", "dataset": "xor", "noise": 20},
    {"seed": "0.3", "features": ("xSquared", "ySquared"), "regularization_rate": 0.1},
]


@pytest.mark.parametrize(
    "shared",
    [
        {},
        {"network_shape": (8, 8), "batch_size": 30, "activation": "relu"},
        {"regularization": "L1", "regularization_rate": 0.03, "batch_size": 7},
        {"regularization": "L2", "regularization_rate": 0.01, "activation": "sigmoid"},
        {"network_shape": (), "perc_train_data": 30},
        {"batch_size": 0},
    ],
)
def test_each_network_trains_as_it_would_alone(shared):
    ensemble = Ensemble(shared, variants=VARIANTS)
    ensemble.step(12)
    train_loss, test_loss = ensemble.evaluate()
    xy = np.random.default_rng(0).uniform(-6, 6, (9, 2))
    for i, variant in enumerate(VARIANTS):
        alone = Playground(shared, **variant)
        alone.step(12)
        assert abs(alone.train_loss - train_loss[i]) < 1e-12
        assert abs(alone.test_loss - test_loss[i]) < 1e-12
        assert alone.dead_links == ensemble.dead_links[i]
        np.testing.assert_allclose(ensemble.predict(xy)[i], alone.predict(xy), atol=1e-12)
        for k in range(len(alone.weights)):
            np.testing.assert_allclose(ensemble.weights[k][i], alone.weights[k], atol=1e-12)
            np.testing.assert_allclose(ensemble.biases[k][i], alone.biases[k], atol=1e-12)
        np.testing.assert_allclose(ensemble.outputs[i][: len(alone.train)], alone.predict(alone.train[:, :2]))


def test_a_member_goes_on_alone():
    ensemble = Ensemble({"batch_size": 30}, seeds=["0.1", "0.2"])
    ensemble.step(5)
    member = ensemble.playground(1)
    assert member.epoch == 5 and member.network.leftover_count == 10
    member.step(3)
    ensemble.step(3)
    assert abs(member.test_loss - ensemble.test_loss[1]) < 1e-13


def test_one_that_diverges_does_not_touch_the_others():
    shared = {"dataset": "reg-plane", "activation": "linear", "seed": "0.1"}
    ensemble = Ensemble(shared, variants=[{"learning_rate": 10}, {"learning_rate": 0.003}])
    ensemble.step(30)
    assert np.isnan(ensemble.train_loss[0]) and ensemble.train_loss[1] < 0.01


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "give either seeds or variants"),
        ({"seeds": []}, "at least one network, got none"),
        ({"variants": [{}, {"activation": "relu"}]}, r"must share activation, got \['relu', 'tanh'\]"),
        ({"variants": [{}, {"perc_train_data": 30}]}, "must have equally many points"),
        ({"variants": [{}, {"init_zero": True}]}, "must be trained alone, by Playground"),
    ],
)
def test_what_cannot_be_stacked(options, message):
    with pytest.raises(ValueError, match=message):
        Ensemble(Config(seed="0.1"), **options)


def test_the_chapter_s_run_among_others():
    ensemble = Ensemble({"dataset": "spiral", "networkShape": [8, 8]}, seeds=["0.50024", "0.50025"])
    ensemble.step(147)
    assert f"{ensemble.test_loss[1]:.3f}" == "0.425"
    assert len(ensemble) == 2 and ensemble.epoch == 147


def test_turned_points_are_trained_on_and_judged_by_the_same_networks():
    settings = {"dataset": "spiral", "features": ("x", "y", "sinX")}
    ensemble, plain = (Ensemble(settings, seeds=["0.1", "0.2"]) for _ in range(2))
    ensemble.turn(30)
    radius = np.hypot(plain.test[..., 0], plain.test[..., 1])
    np.testing.assert_allclose(np.hypot(ensemble.test[..., 0], ensemble.test[..., 1]), radius, atol=1e-12)
    for k, weights in enumerate(plain.weights):
        np.testing.assert_array_equal(ensemble.weights[k], weights)
    ensemble.step(3)
    plain.step(3)
    assert (abs(ensemble.train_loss - plain.train_loss) > 1e-4).all()
    outputs = ensemble.predict(ensemble.train[0, :, :2])[0]
    np.testing.assert_allclose(outputs, ensemble.outputs[0, : len(outputs)], atol=1e-12)
    assert ensemble.train_loss[0] == pytest.approx((0.5 * (outputs - ensemble.train[0, :, 2]) ** 2).mean())
    angle = np.degrees(np.arctan2(*ensemble.train[0, 5, 1::-1]) - np.arctan2(*plain.train[0, 5, 1::-1]))
    assert angle % 360 == pytest.approx(30)


def test_turning_forward_and_back_changes_nothing():
    once, never = (Ensemble({"batch_size": 30}, seeds=["0.1", "0.2"]) for _ in range(2))
    once.turn(77)
    once.turn(-77)
    once.step(2)
    never.step(2)
    np.testing.assert_allclose(once.test_loss, never.test_loss, atol=1e-10)
