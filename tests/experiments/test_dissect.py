"""Single numbers of a network taken apart: the sums must give the layers' own numbers."""

import numpy as np
import pytest

from cnnlib.data import load_digits
from cnnlib.experiments.dissect import activations, blame, full_pass, unit_terms, weight_gradient_terms
from cnnlib.fast import Sequential
from cnnlib.nn.gradcheck import numerical_gradient, relative_error
from cnnlib.nn.layers import AvgPool2d, BatchNorm2d, Conv2d, Flatten, Linear, MaxPool2d, ReLU, Tanh
from cnnlib.nn.losses import CrossEntropyLoss


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def model(rng):
    return Sequential(
        [
            Conv2d(1, 3, 3, padding=1, rng=rng, dtype=np.float64),
            ReLU(),
            MaxPool2d(2),
            Conv2d(3, 4, 3, stride=2, padding=1, rng=rng, dtype=np.float64),
            Tanh(),
            AvgPool2d(2),
            Flatten(),
            Linear(4, 5, rng=rng, dtype=np.float64),
        ]
    )


def test_every_unit_of_every_layer_is_the_total_of_its_terms(model, rng):
    values = activations(model, rng.normal(size=(2, 1, 8, 8)))
    for layer, x, y in zip(model, values, values[1:], strict=False):
        for unit in np.ndindex(y.shape[1:]):
            assert unit_terms(layer, x, unit).total == pytest.approx(y[(0, *unit)], abs=1e-12)


def test_the_winner_of_a_pooling_is_where_its_gradient_goes(rng):
    layer, x = MaxPool2d(3, 2), rng.normal(size=(1, 2, 7, 7))
    y = layer.forward(x)
    for unit in np.ndindex(y.shape[1:]):
        dy = np.zeros_like(y)
        dy[(0, *unit)] = 1
        row, column = unit_terms(layer, x, unit).winner
        assert layer.backward(dy)[0, unit[0], unit[1] * 2 + row, unit[2] * 2 + column] == 1


@pytest.mark.parametrize(
    "layer",
    [
        Conv2d(2, 3, 3, stride=2, padding=1, rng=0, dtype=np.float64),
        Conv2d(2, 1, (2, 3), rng=0, dtype=np.float64),
    ],
)
def test_every_weight_gradient_of_a_kernel_is_the_total_of_its_terms(layer, rng):
    x = rng.normal(size=(3, 2, 6, 7))
    dy = rng.normal(size=layer.forward(x).shape)
    layer.backward(dy)
    for index in np.ndindex(layer.params["weight"].shape):
        total = weight_gradient_terms(layer, x, dy, index).total
        assert total == pytest.approx(layer.grads["weight"][index])


def test_every_weight_gradient_of_a_matrix_is_the_total_of_its_terms(rng):
    layer, x, dy = Linear(4, 3, rng=0, dtype=np.float64), rng.normal(size=(5, 4)), rng.normal(size=(5, 3))
    layer.forward(x)
    layer.backward(dy)
    for index in np.ndindex(4, 3):
        assert weight_gradient_terms(layer, x, dy, index).total == pytest.approx(layer.grads["weight"][index])


def test_a_layer_without_weights_has_no_weight_gradient():
    with pytest.raises(TypeError, match="which have weights, got ReLU"):
        weight_gradient_terms(ReLU(), np.ones((1, 2)), np.ones((1, 2)), (0,))


def test_blame_is_the_numerical_gradient_of_the_unit(model, rng):
    x, unit = rng.normal(size=(1, 1, 8, 8)), (2, 0, 1)
    gradients, weight_gradients = blame(model, x, 4, unit)

    def value(_):
        return float(activations(model, x)[4][(0, *unit)])

    assert relative_error(gradients[0], numerical_gradient(value, x)) < 1e-6
    weight = model[0].params["weight"]
    assert relative_error(weight_gradients[0]["weight"], numerical_gradient(value, weight)) < 1e-6
    assert [g.shape for g in gradients] == [a.shape for a in activations(model, x)[:5]]


def test_a_full_pass_leaves_the_network_as_it_was(rng):
    digits = load_digits()
    model = Sequential([BatchNorm2d(1), Flatten(), Linear(64, 10, rng=rng)])
    before = {name: value.copy() for name, value in model.arrays().items()}
    seen = full_pass(model, CrossEntropyLoss(), digits.x_train[:4], digits.y_train[:4])
    assert [a.shape for a in seen.activations] == [g.shape for g in seen.gradients]
    assert seen.loss == pytest.approx(CrossEntropyLoss().forward(seen.activations[-1], digits.y_train[:4]))
    assert seen.weight_gradients[2]["weight"].shape == (64, 10)
    assert all(np.array_equal(value, before[name]) for name, value in model.arrays().items())
    with pytest.raises(RuntimeError):
        model.backward(np.zeros((4, 10)))
