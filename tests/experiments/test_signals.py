"""Signals of fresh networks, and the widgets of initialization."""

import numpy as np
import pytest

from cnnlib.experiments.signals import dead_units, distinct_filters, layer_signals
from cnnlib.fast import Sequential
from cnnlib.networks import small_cnn
from cnnlib.nn.layers import Conv2d, Linear, ReLU
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.widgets.initialization.filter_watch import STARTS, FilterWatch
from cnnlib.widgets.initialization.init_explorer import (
    SCALES,
    InitExplorer,
    deep_network,
    histograms,
    losses_of,
)
from tests.widgets.sweep import assert_refuses, assert_sound, sweep


def test_signals_are_activations_and_their_gradients(digits):
    x, y = digits.x_train[:6].astype(np.float64), digits.y_train[:6]
    model, loss = small_cnn(0, np.float64), CrossEntropyLoss()
    signals = layer_signals(model, loss, x, y, (ReLU, Linear))
    assert [signal.place for signal in signals] == [1, 4, 7]
    np.testing.assert_allclose(signals[2].activation, model.forward(x))
    loss.forward(model.forward(x), y)
    np.testing.assert_allclose(signals[2].gradient, loss.backward())
    assert all(signal.activation.shape == signal.gradient.shape for signal in signals)
    # the gradient by a hidden activation, measured by moving that activation
    rest = Sequential(model.layers[5:])
    direction = np.random.default_rng(0).normal(size=signals[1].activation.shape)
    direction *= signals[1].activation > 0  # zeros tie for the maximum of the pooling: a kink
    ends = [loss.forward(rest.forward(signals[1].activation + e * direction), y) for e in (1e-6, -1e-6)]
    expected = (ends[0] - ends[1]) / 2e-6
    assert float((signals[1].gradient * direction).sum()) == pytest.approx(expected, rel=1e-6)


def test_dead_units_are_those_no_image_switches_on(digits):
    model = small_cnn(0)
    dead, units = dead_units(model, digits.x_test)
    assert units == 24
    model[3].params["bias"][:5] = -1e6
    assert dead_units(model, digits.x_test)[0] == dead + 5
    flat = Sequential([Linear(4, 3, rng=0), ReLU()])
    flat[0].params["bias"][...] = [-100, 1, 1]
    assert dead_units(flat, np.ones((2, 4), np.float32)) == (1, 3)


def test_distinct_filters():
    weights = np.random.default_rng(0).normal(size=(5, 2, 3, 3))
    weights[3] = weights[1]
    assert distinct_filters(weights) == 4
    weights[3] += 1e-9
    assert distinct_filters(weights) == 4 and distinct_filters(weights, tolerance=1e-12) == 5
    assert distinct_filters(np.zeros((8, 1, 3, 3))) == 1


def test_histograms_count_what_is_not_zero():
    table, spreads = histograms([np.array([0.0, 1.0, 10.0, np.inf]), np.zeros(3)])
    assert table[:, 0].sum() == pytest.approx(1) and (table[:, 0] > 0).sum() == 2
    assert not table[:, 1].any() and spreads[1] == 0 and np.isnan(spreads[0])


def test_every_control_over_its_whole_range():
    widget = InitExplorer(depth=2)
    texts = sweep(widget)
    assert len(set(texts)) > 15
    widget = InitExplorer(depth=2)
    widget.advance(5)
    widget.set_state(scale=10)
    assert_sound(widget)


@pytest.mark.parametrize(("kind", "name"), [(InitExplorer, "scale"), (FilterWatch, "rate")])
def test_bad_values_get_a_sentence(kind, name):
    for wrong in (0, -1, "", "large", float("nan"), 99):
        assert_refuses(kind(), **{name: wrong})


def test_small_weights_lose_the_signal_and_large_ones_blow_it_up():
    small, right, large = (InitExplorer(scale=scale).facts for scale in (0.3, 1, 3))
    assert small["act_last"] < small["act_first"] / 100 and small["grad_first"] < small["grad_last"] / 100
    assert large["act_last"] > large["act_first"] * 10 and large["grad_first"] > large["grad_last"] * 10
    assert right["act_first"] / 10 < right["act_last"] < right["act_first"] * 10
    assert InitExplorer(scale=3, activation="tanh").facts["act_last"] < 1


def test_only_scales_near_the_rules_learn():
    widget = InitExplorer(trained=True)
    assert widget.facts["steps"] == 135 and widget.advance(1) == 0
    losses = losses_of(widget.ensemble)
    assert losses[SCALES < 0.3].min() > 2 and losses[SCALES > 4].min() > 1
    assert 0.5 < widget.facts["best_scale"] < 3 and widget.facts["loss"] < 1
    widget.set_state(scale=10)
    assert_sound(widget)
    assert "After 135 steps" in widget.text


def test_the_scale_is_he_s_standard_deviation_times_itself():
    network = deep_network(3, 2.0, "ReLU", 0)
    weights = network[2].params["weight"]
    assert isinstance(network[2], Conv2d)
    assert weights.std() == pytest.approx(2 * np.sqrt(2 / 72), rel=0.1)


def test_identical_filters_stay_identical_and_random_ones_do_not():
    same = FilterWatch(start=STARTS[0], trained=True)
    assert same.facts["steps"] == 360 and same.advance(1) == 0
    assert same.facts["distinct"] == same.facts["distinct_second"] == 1
    different = FilterWatch(start=STARTS[2], trained=True)
    assert different.facts["steps"] == 360
    assert different.facts["distinct"] == 8 and different.facts["accuracy"] > 0.93
    assert 1 - same.facts["accuracy"] > 2 * (1 - different.facts["accuracy"])


def test_zero_weights_learn_nothing():
    zero = FilterWatch(start=STARTS[1])
    zero.advance(1000)
    assert not zero.model[0].params["weight"].any() and zero.facts["loss"] == pytest.approx(
        np.log(10), abs=0.01
    )


def test_random_readers_make_identical_filters_different():
    watch = FilterWatch(start=STARTS[3])
    assert watch.facts["distinct"] == 1
    watch.advance(90)
    assert watch.facts["distinct_second"] == 16
