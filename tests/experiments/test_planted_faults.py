"""Each planted fault is found by the gradient check, and only where it was planted."""

import numpy as np
import pytest

from cnnlib.data import load_digits, load_mnist_sample
from cnnlib.experiments.planted_faults import BUGS, SOUND, layer_of, learning_curve, network_with, own
from cnnlib.networks import mnist_cnn
from cnnlib.nn import naive
from cnnlib.nn.gradcheck import check_gradients

FAULTS = {
    "half turn left out": {"x"},
    "= in place of +=": {"x"},
    "padding cut one pixel late": {"x"},
    "window read from its end": {"weight"},
    "divided by the batch twice": {"weight", "bias"},
}


def wrong_places(kind, bug):
    rng = np.random.default_rng(1)
    layer, x = layer_of(kind, bug, rng)
    return {name for name, error in check_gradients(layer, x, rng).items() if error > 1e-6}


@pytest.mark.parametrize("name", FAULTS)
def test_the_check_finds_each_fault_where_it_was_planted(name):
    assert wrong_places("conv2d", BUGS[name]) == FAULTS[name]
    assert list(BUGS[name].functions) == ["conv2d"]


@pytest.mark.parametrize(("stride", "padding", "kernel"), [(1, 1, 3), (2, 0, 3), (1, 2, 5), (3, 1, 2)])
def test_what_is_overwritten_is_what_the_last_window_leaves(stride, padding, kernel):
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 3, 9, 8)), rng.normal(size=(4, 3, kernel, kernel))
    layer = BUGS["= in place of +="].into("conv2d")
    y, cache = layer["forward"](x, w, np.zeros(4), stride, padding)
    dy, framed = rng.normal(size=y.shape), np.zeros((2, 3, 9 + 2 * padding, 8 + 2 * padding))
    for i, j in np.ndindex(y.shape[2:]):
        rows, columns = (slice(place * stride, place * stride + kernel) for place in (i, j))
        framed[:, :, rows, columns] = np.tensordot(dy[:, :, i, j], w, 1)
    expected = framed[:, :, padding : padding + 9, padding : padding + 8]
    np.testing.assert_allclose(layer["backward"](dy, cache)[0], expected, atol=1e-12)


def test_no_name_says_which_part_fails():
    parts = ("input", "kernel", "weight", "bias", "pool", "relu", "loss", "score")
    assert not [name for name in BUGS for part in parts if part in name.lower()]
    assert sorted(FAULTS) == sorted(BUGS) and sum(places == {"x"} for places in FAULTS.values()) == 3


@pytest.mark.parametrize("kind", ["conv2d", "maxpool2d", "relu"])
def test_the_check_passes_the_sound_layers(kind):
    assert wrong_places(kind, SOUND) == set()


@pytest.mark.parametrize("name", [*BUGS, "none"])
def test_every_fault_leaves_the_forward_pass_alone(name):
    x = load_digits().x_train[:3]
    sound = network_with(SOUND, np.random.default_rng(2)).forward(x)
    faulty = network_with(BUGS.get(name, SOUND), np.random.default_rng(2)).forward(x)
    np.testing.assert_allclose(sound, faulty, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("seed", range(2))
def test_all_faults_learn_and_three_of_them_nearly_as_well_as_the_sound_one(seed):
    digits, last = load_mnist_sample(), []
    for bug in (SOUND, *BUGS.values()):
        how = {"lr": 0.1, "steps": 100, "seed": seed, "make_model": mnist_cnn}
        losses, _ = learning_curve(bug, digits.x_train, digits.y_train, **how)
        last.append(np.mean(losses[-20:]))
    sound, *others = last
    assert sound < min(others) and max(others) < 1, last
    assert sum(loss < sound + 0.15 for loss in others) == 3, last


def test_a_curve_that_diverges_is_a_result():
    losses, _ = learning_curve(SOUND, load_digits().x_train, load_digits().y_train, lr=1e6, steps=30)
    assert len(losses) == 30 and np.isfinite(losses[0])


def test_functions_of_ones_own_see_the_caches_of_the_exercises_and_train_like_the_library():
    digits = load_digits()
    mine = own(relu_backward=lambda dy, x: dy * (x > 0), maxpool2d_backward=naive.maxpool2d_backward)
    losses, _ = learning_curve(mine, digits.x_train, digits.y_train, steps=3)
    expected, _ = learning_curve(SOUND, digits.x_train, digits.y_train, steps=3)
    np.testing.assert_allclose(losses, expected, rtol=1e-4)
    seen = []
    layer, x = layer_of(
        "conv2d",
        own(conv2d_backward=lambda dy, cache: seen.append(cache) or (x, x, x)),
        np.random.default_rng(0),
    )
    layer.backward(layer.forward(x))
    assert seen[0][3:] == (1, 1)
