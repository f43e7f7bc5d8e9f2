"""Each planted fault is found by the gradient check, and only where it was planted."""

import numpy as np
import pytest

from cnnlib.data import load_digits
from cnnlib.experiments.planted_faults import BUGS, SOUND, layer_of, learning_curve, network_with, own
from cnnlib.nn import naive
from cnnlib.nn.gradcheck import check_gradients, numerical_gradient, relative_error
from cnnlib.nn.losses import CrossEntropyLoss

FAULTS = {
    "unflipped kernel": ("conv2d", {"x"}),
    "pool gradient to every pixel": ("maxpool2d", {"x"}),
    "forgotten bias": ("conv2d", {"bias"}),
    "gate on the gradient": ("relu", {"x"}),
}


def wrong_places(kind, bug):
    rng = np.random.default_rng(1)
    layer, x = layer_of(kind, bug, rng)
    return {name for name, error in check_gradients(layer, x, rng).items() if error > 1e-6}


@pytest.mark.parametrize("name", FAULTS)
def test_the_check_finds_each_fault_where_it_was_planted(name):
    kind, places = FAULTS[name]
    assert wrong_places(kind, BUGS[name]) == places
    assert list(BUGS[name].functions) == [kind]


@pytest.mark.parametrize("kind", ["conv2d", "maxpool2d", "relu"])
def test_the_check_passes_the_sound_layers(kind):
    assert wrong_places(kind, SOUND) == set()


@pytest.mark.parametrize("name", [*BUGS, "none"])
def test_every_fault_leaves_the_forward_pass_alone(name):
    x = load_digits().x_train[:3]
    sound = network_with(SOUND, np.random.default_rng(2)).forward(x)
    faulty = network_with(BUGS.get(name, SOUND), np.random.default_rng(2)).forward(x)
    np.testing.assert_allclose(sound, faulty, rtol=1e-5, atol=1e-6)


def test_the_lost_mean_makes_the_gradient_as_many_times_too_large_as_there_are_images():
    outputs, labels = np.random.default_rng(0).normal(size=(4, 3)), np.array([0, 1, 2, 0])
    loss, sound = BUGS["lost batch mean"].loss(), CrossEntropyLoss()
    assert loss.forward(outputs, labels) == sound.forward(outputs, labels)
    np.testing.assert_allclose(loss.backward(), 4 * sound.backward())
    numerical = numerical_gradient(lambda z: loss.forward(z, labels), outputs)
    loss.forward(outputs, labels)
    assert relative_error(loss.backward(), numerical) == pytest.approx(0.75)


def accuracy(name, lr):
    digits = load_digits()
    losses, model = learning_curve(BUGS.get(name, SOUND), digits.x_train, digits.y_train, lr=lr, steps=300)
    return float((model.predict(digits.x_test) == digits.y_test).mean()), losses


@pytest.mark.parametrize("name", ["none", *FAULTS][:4])
def test_three_of_the_faults_still_learn_as_well_as_the_sound_one(name):
    assert accuracy(name, 0.1)[0] > 0.86


@pytest.mark.parametrize("name", ["lost batch mean", "gate on the gradient"])
def test_two_of_the_faults_learn_nothing_at_that_rate(name):
    assert accuracy(name, 0.1)[0] < 0.2


def test_the_lost_mean_learns_better_than_the_sound_one_at_a_small_rate():
    assert accuracy("lost batch mean", 0.02)[0] > accuracy("none", 0.02)[0] + 0.05


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
