"""Inspection: counts against scikit-learn, maps against numerical gradients and covering by hand."""

import numpy as np
import pytest

from cnnlib.experiments.inspection import confusion_matrix, occlusion, saliency, worst_mistakes
from cnnlib.fast import Sequential
from cnnlib.networks import load_digits_cnn
from cnnlib.nn.functional import softmax
from cnnlib.nn.layers import BatchNorm2d, Conv2d, Dropout, Flatten, Linear, Tanh


def network():
    rng = np.random.default_rng(0)
    options = {"rng": rng, "dtype": np.float64}
    layers = [
        Conv2d(2, 3, 3, **options),
        BatchNorm2d(3, dtype=np.float64),
        Tanh(),
        Flatten(),
        Dropout(0.5, rng=1),
    ]
    return Sequential([*layers, Linear(36, 4, **options)])


def images(n=3):
    return np.random.default_rng(1).random((n, 2, 5, 6))


def test_confusion_matrix_is_scikit_learns():
    metrics = pytest.importorskip("sklearn.metrics")
    labels, guesses = np.random.default_rng(0).integers(0, 7, (2, 500))
    ours = confusion_matrix(labels, guesses)
    np.testing.assert_array_equal(ours, metrics.confusion_matrix(labels, guesses))
    assert confusion_matrix(labels, guesses, 10).shape == (10, 10) and ours.sum() == 500


def test_confusion_matrix_of_nothing():
    np.testing.assert_array_equal(confusion_matrix([], [], 2), np.zeros((2, 2)))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (([0, 1], [0]), r"guesses must have the shape of labels, \(2,\), got \(1,\)"),
        (([0, 5], [0, 1], 5), "num_classes must be above every label and guess, the largest is 5, got 5"),
        (([0, -1], [0, 1]), "labels must be a list of whole numbers from 0"),
        (([0, 1], [0.0, 1.0]), "guesses must be a list of whole numbers from 0, got float64"),
    ],
)
def test_bad_labels_are_named(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        confusion_matrix(*arguments)


def test_worst_mistakes_are_all_the_wrong_ones_in_order(digits):
    model = load_digits_cnn()
    wrong = worst_mistakes(model, digits.x_test, digits.y_test)
    guesses = model.predict(digits.x_test)
    assert sorted(wrong.index) == np.flatnonzero(guesses != digits.y_test).tolist() and len(wrong.index) > 3
    np.testing.assert_array_equal(wrong.guess, guesses[wrong.index])
    np.testing.assert_array_equal(wrong.label, digits.y_test[wrong.index])
    np.testing.assert_allclose(
        wrong.confidence, model.predict_proba(digits.x_test[wrong.index]).max(axis=1), rtol=1e-5
    )
    assert (np.diff(wrong.confidence) <= 0).all()
    assert len(worst_mistakes(model, digits.x_test, digits.y_test, count=2).index) == 2
    with pytest.raises(ValueError, match="y must hold 360 labels, one an image, got 5"):
        worst_mistakes(model, digits.x_test, digits.y_test[:5])


def test_saliency_is_the_numerical_gradient_of_the_logit():
    model, x, target, step = network(), images(), np.array([2, 0, 3]), 1e-6
    wanted = np.empty(x.shape)
    for place in np.ndindex(*x.shape):
        up, down = x.copy(), x.copy()
        up[place] += step
        down[place] -= step
        n = place[0]
        wanted[place] = (model.forward(up)[n, target[n]] - model.forward(down)[n, target[n]]) / (2 * step)
    np.testing.assert_allclose(saliency(model, x, target), np.abs(wanted).max(axis=1), rtol=1e-6)
    assert (wanted < 0).any()  # the sign is dropped, and there is one


def test_saliency_asks_about_the_guess_and_leaves_the_network_alone():
    model, x = network(), images()
    dy = np.ones_like(model.forward(x))
    expected = model.backward(dy)
    before = {name: value.copy() for name, value in model.arrays().items()}
    model.forward(x)
    guesses = model.predict(x)
    np.testing.assert_array_equal(saliency(model, x), saliency(model, x, guesses))
    model.forward(x)
    saliency(model, x[::-1] + 1)  # another forward, which must not become the network's last
    np.testing.assert_allclose(model.backward(dy), expected)
    assert all((before[name] == value).all() for name, value in model.arrays().items())


def test_occlusion_by_hand():
    model, x, target = network(), images(), np.array([1, 1, 0])
    falls = occlusion(model, x, size=2, stride=3, fill=0.5, target=target)
    assert falls.shape == (3, 2, 2)
    covered = x.copy()
    covered[:, :, 3:5, 0:2] = 0.5
    p, q = softmax(model.forward(x)), softmax(model.forward(covered))
    np.testing.assert_allclose(falls[:, 1, 0], [p[n, t] - q[n, t] for n, t in enumerate(target)], rtol=1e-9)
    assert falls.std() > 0
    np.testing.assert_allclose(occlusion(model, x, 2, target=1)[1], occlusion(model, x, 2, target=target)[1])
    np.testing.assert_allclose(occlusion(model, x), occlusion(model, x, target=model.predict(x)))


def test_covering_ink_of_a_digit_costs_more_than_covering_paper(digits):
    model, x, y = load_digits_cnn(), digits.x_test[:100], digits.y_test[:100]
    falls = occlusion(model, x, size=3, target=y)
    ink = np.lib.stride_tricks.sliding_window_view(x[:, 0], (3, 3), axis=(1, 2)).sum(axis=(3, 4))
    assert falls[ink > 5].mean() > 10 * abs(falls[ink < 1].mean())


@pytest.mark.parametrize("options", [{"size": 0}, {"size": 6}, {"stride": 0}])
def test_bad_squares_are_named(options):
    with pytest.raises(ValueError, match="size must be from 1 to 5 and stride at least 1"):
        occlusion(network(), images(), **options)


@pytest.mark.parametrize("target", [4, -1, [0, 1, 7], 1.5])
def test_bad_targets_are_named(target):
    with pytest.raises(ValueError, match="target must be classes from 0 to 3"):
        saliency(network(), images(), target)
