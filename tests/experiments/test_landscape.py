"""A network's loss surface: curvature against exact Hessians, slices, lines, matched units."""

import numpy as np
import pytest

from cnnlib.experiments import curvature, landscape
from cnnlib.experiments.curvature import largest_curvature
from cnnlib.experiments.hessian import Hessian
from cnnlib.experiments.landscape import get_weights, set_weights
from cnnlib.experiments.unit_matching import assign, match_units, reorder_units
from cnnlib.fast import Sequential
from cnnlib.networks import small_cnn
from cnnlib.nn.layers import AvgPool2d, Conv2d, Flatten, Linear, MaxPool2d, ReLU, Tanh
from cnnlib.nn.losses import CrossEntropyLoss, HalfSquaredError
from cnnlib.nn.training import evaluate


def tiny_cnn(seed, activation=Tanh):
    """155 weights: small enough for its whole Hessian."""
    rng = np.random.default_rng(seed)
    return Sequential(
        [
            Conv2d(1, 3, 3, rng=rng, dtype=np.float64),
            activation(),
            MaxPool2d(3),
            Flatten(),
            Linear(12, 5, rng=rng, dtype=np.float64),
            activation(),
            Linear(5, 10, rng=rng, dtype=np.float64),
        ]
    )


@pytest.fixture(scope="module")
def some(digits):
    return digits.x_train[:40].astype(np.float64), digits.y_train[:40]


def pytorch_hessian(model, x, y):
    """The exact Hessian of a `tiny_cnn` by PyTorch's automatic differentiation, run twice."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    nn = torch.nn.functional
    shapes = [value.shape for _, value, _ in model.parameters()]
    x, y = torch.tensor(x), torch.tensor(y)
    activation = torch.tanh if isinstance(model[1], Tanh) else torch.relu

    def loss_of(vector):
        parts = torch.split(vector, [int(np.prod(shape)) for shape in shapes])
        w1, b1, w2, b2, w3, b3 = (part.reshape(shape) for part, shape in zip(parts, shapes, strict=True))
        h = nn.max_pool2d(activation(nn.conv2d(x, w1, b1)), 3).flatten(1)
        return nn.cross_entropy(activation(h @ w2 + b2) @ w3 + b3, y)

    return torch.autograd.functional.hessian(loss_of, torch.tensor(get_weights(model))).numpy()


@pytest.mark.parametrize("activation", [Tanh, ReLU])
def test_products_are_those_of_the_exact_hessian(some, activation):
    model = tiny_cnn(0, activation)
    exact = pytorch_hessian(model, *some)
    rng = np.random.default_rng(1)
    for _ in range(5):
        v = rng.normal(size=model.num_parameters)
        product = Hessian(model, CrossEntropyLoss(), *some).product(v)
        np.testing.assert_allclose(product, exact @ v, atol=1e-12 * np.abs(exact @ v).max())


def test_products_are_those_of_a_hessian_worked_by_hand():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 4)), rng.normal(size=(30, 3))
    model = Sequential([Linear(4, 3, bias=False, rng=rng, dtype=np.float64)])
    by_hand = np.kron(x.T @ x / 30, np.eye(3))
    hessian = Hessian(model, HalfSquaredError(), x, y)
    np.testing.assert_allclose([hessian.product(v) for v in np.eye(12)], by_hand, atol=1e-12)


@pytest.mark.parametrize("seed", [0, 1])
def test_largest_curvature_is_the_largest_eigenvalue(some, seed):
    model = tiny_cnn(seed)
    largest = np.linalg.eigvalsh(pytorch_hessian(model, *some))[-1]
    found = largest_curvature(model, CrossEntropyLoss(), *some, rng=seed, tolerance=1e-6, max_iterations=500)
    assert found.value == pytest.approx(largest, rel=1e-3)
    assert found.lr_limit == pytest.approx(2 / largest, rel=1e-3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_products_are_differences_of_gradients_where_the_loss_is_smooth(digits, dtype):
    x, y = digits.x_train[:40].astype(dtype), digits.y_train[:40]
    model = small_cnn(0, dtype)
    model[0].params["bias"][:], model[3].params["bias"][:] = 0.1, 0.1  # away from the kinks at zero
    v = np.random.default_rng(1).normal(size=model.num_parameters)
    product = Hessian(model, CrossEntropyLoss(), x, y).product(v)
    assert product.dtype == dtype
    exact, middle, gradients = small_cnn(0, np.float64), get_weights(model).astype(np.float64), []
    for step in (1e-7, -1e-7):
        set_weights(exact, middle + step * v)
        gradients.append(Hessian(exact, CrossEntropyLoss(), x.astype(np.float64), y).gradient)
    difference = (gradients[0] - gradients[1]) / 2e-7
    tolerance = 1e-6 if dtype == np.float64 else 1e-4
    np.testing.assert_allclose(product, difference, atol=tolerance * np.abs(difference).max())


def test_a_surface_that_bends_down_most_is_no_trap():
    """The eigenvalue of largest size is negative; the largest is still found."""

    class Diagonal:
        size = 3

        def product(self, v):
            return np.array([1.0, -5.0, 0.2]) * v

    first = curvature._power_iteration(Diagonal(), np.ones(3), 0.0, 1e-9, 200)
    assert first.value == pytest.approx(-5)
    second = curvature._power_iteration(Diagonal(), np.ones(3), 5.0, 1e-9, 500)
    assert second.value == pytest.approx(1, rel=1e-6)


class Known:
    """A Hessian whose eigenvalues are known, in the place of a network's."""

    size = 3

    def __init__(self, *eigenvalues):
        self.eigenvalues = np.array(eigenvalues)

    def product(self, v):
        return self.eigenvalues * v


@pytest.mark.parametrize(("eigenvalues", "largest"), [((1.0, -5.0, 0.2), 1.0), ((-2.0, -5.0, -0.5), -0.5)])
def test_the_largest_curvature_is_not_that_of_the_largest_size(monkeypatch, eigenvalues, largest):
    monkeypatch.setattr(curvature, "Hessian", lambda *_: Known(*eigenvalues))
    found = largest_curvature(None, None, None, None, rng=0, tolerance=1e-12, max_iterations=2000)
    assert found.value == pytest.approx(largest, rel=1e-6)
    assert np.isinf(found.lr_limit) == (largest < 0)


def test_the_residual_is_a_share_of_the_eigenvalue():
    shares = [
        curvature._power_iteration(Known(2 * scale, scale, scale), np.ones(3), 0.0, 0.0, 3).residual
        for scale in (1.0, 1000.0)
    ]
    assert 0 < shares[0] < 1 and shares[1] == pytest.approx(shares[0])


def test_a_maximum_of_the_loss_has_its_least_negative_curvature(some):
    """At confident mistakes the loss bends both ways; the largest eigenvalue is that of the whole matrix."""
    model = tiny_cnn(7)
    set_weights(model, 3 * get_weights(model))
    eigenvalues = np.linalg.eigvalsh(pytorch_hessian(model, *some))
    found = largest_curvature(model, CrossEntropyLoss(), *some, rng=0, tolerance=1e-6, max_iterations=500)
    assert eigenvalues[0] < 0 and found.value == pytest.approx(eigenvalues[-1], rel=1e-3)


def overlapping():
    return Sequential([Conv2d(1, 2, 1, rng=0), MaxPool2d(3, 2), Flatten(), Linear(18, 10, rng=0)])


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda x, y: Hessian(Sequential([AvgPool2d(2)]), CrossEntropyLoss(), x, y), "got AvgPool2d"),
        (lambda x, y: Hessian(overlapping(), CrossEntropyLoss(), x, y), "got MaxPool2d"),
        (lambda x, y: Hessian(tiny_cnn(0), None, x, y), "got None"),
        (lambda x, y: Hessian(tiny_cnn(0), CrossEntropyLoss(), x, y).product([1.0]), r"v must have shape"),
    ],
)
def test_bad_arguments_are_named(some, make, sentence):
    with pytest.raises((TypeError, ValueError), match=sentence):
        make(*some)


def test_weights_go_out_and_in_and_the_network_is_left_alone(some):
    model = tiny_cnn(0)
    before = get_weights(model)
    largest_curvature(model, CrossEntropyLoss(), *some, rng=0, max_iterations=3)
    np.testing.assert_array_equal(get_weights(model), before)
    set_weights(model, before[::-1])
    np.testing.assert_array_equal(get_weights(model), before[::-1])
    with pytest.raises(ValueError, match=r"weights must have shape \(155,\), got \(3,\)"):
        set_weights(model, np.zeros(3))


def test_a_direction_moves_each_filter_by_its_length():
    model = small_cnn(0)
    before, direction = get_weights(model), landscape.random_direction(model, 3)
    set_weights(model, direction)
    moved = {name: value.copy() for name, value, _ in model.parameters()}
    set_weights(model, before)
    for name, value, _ in model.parameters():
        if name.endswith("bias"):
            assert not moved[name].any()
        else:
            axes = 0 if value.ndim == 2 else (1, 2, 3)
            np.testing.assert_allclose((moved[name] ** 2).sum(axes), (value**2).sum(axes), rtol=1e-5)


def test_one_factor_serves_a_whole_filter():
    model, rng, start = small_cnn(3), np.random.default_rng(7), 0
    direction = landscape.random_direction(model, 7)
    for _, value, _ in model.parameters():
        part = direction[start : start + value.size].reshape(value.shape)
        start += value.size
        if value.ndim == 4:
            drawn = rng.normal(size=value.shape)
            for weights, moved, number in zip(value, part, drawn, strict=True):
                factor = np.linalg.norm(weights) / np.linalg.norm(number)
                np.testing.assert_allclose(moved, factor * number, rtol=1e-6)


def test_slices_and_lines_hold_the_network_s_own_losses(digits):
    x, y = digits.x_test, digits.y_test
    model, other = small_cnn(0), small_cnn(1)
    center, end = get_weights(model), get_weights(other)
    directions = [landscape.random_direction(model, seed) for seed in (1, 2)]
    a, b = np.array([-0.5, 0.0, 1.0]), np.array([0.0, 0.25])
    losses = landscape.slice_losses(model, center, directions, a, b, x, y)
    set_weights(other, center + 1.0 * directions[0] + 0.25 * directions[1])
    assert losses.shape == (2, 3)
    assert losses[0, 1] == pytest.approx(evaluate(model, CrossEntropyLoss(), x, y).loss, rel=1e-5)
    assert losses[1, 2] == pytest.approx(evaluate(other, CrossEntropyLoss(), x, y).loss, rel=1e-4)
    loss, accuracy = landscape.line_losses(model, center, end, [0.0, 1.0], x, y)
    expected = [evaluate(net, CrossEntropyLoss(), x, y) for net in (model, small_cnn(1))]
    np.testing.assert_allclose(loss, [e.loss for e in expected], rtol=1e-5)
    np.testing.assert_allclose(accuracy, [e.accuracy for e in expected])


def test_overflow_on_a_slice_is_infinite_not_a_warning(digits):
    model = small_cnn(0)
    loss, _ = landscape.losses_at(model, [1e30 * get_weights(model)], digits.x_test, digits.y_test)
    assert loss[0] == np.inf


def test_path_directions_span_the_path():
    rng = np.random.default_rng(0)
    plane = rng.normal(size=(2, 50))
    path = rng.normal(size=(20, 2)) @ plane + 3
    directions, share = landscape.path_directions(path)
    assert share == pytest.approx(1)
    coordinates = landscape.project(path, path[-1], directions)
    np.testing.assert_allclose(path[-1] + coordinates @ directions, path, atol=1e-10)
    np.testing.assert_allclose(directions @ directions.T, np.eye(2), atol=1e-12)
    with pytest.raises(ValueError, match="at least 3 points"):
        landscape.path_directions(path[:2])


def test_the_share_of_a_path_is_counted_in_squares_from_its_end():
    path = np.array([[3.0, 0, 0], [0, 2, 0], [0, 0, 1], [0, 0, 0]]) + 5
    directions, share = landscape.path_directions(path)
    assert share == pytest.approx((9 + 4) / (9 + 4 + 1))
    np.testing.assert_allclose(np.abs(directions), [[1, 0, 0], [0, 1, 0]], atol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 5, 16, 40])
def test_assignment_is_scipys(n):
    optimize = pytest.importorskip("scipy.optimize", reason="scipy is not installed")
    rng = np.random.default_rng(n)
    for costs in (rng.normal(size=(n, n)), rng.integers(0, 3, (n, n)), np.zeros((n, n))):
        columns = assign(costs)
        assert sorted(columns) == list(range(n))
        rows, best = optimize.linear_sum_assignment(costs)
        assert costs[np.arange(n), columns].sum() == pytest.approx(costs[rows, best].sum())


def test_bad_costs_are_named():
    for costs in (np.zeros((2, 3)), np.full((2, 2), np.nan)):
        with pytest.raises(ValueError, match="costs must be a square matrix of finite numbers"):
            assign(costs)


def test_matching_undoes_a_shuffle_and_keeps_the_function(digits):
    x = digits.x_test[:60]
    model, rng = small_cnn(0), np.random.default_rng(2)
    shuffled = model.copy()
    for place, units in ((0, 8), (3, 16)):
        reorder_units(shuffled, place, rng.permutation(units))
    np.testing.assert_allclose(shuffled.forward(x), model.forward(x), atol=1e-5)
    assert not np.allclose(get_weights(shuffled), get_weights(model))
    matched = match_units(shuffled, model, x)
    np.testing.assert_allclose(get_weights(matched), get_weights(model), atol=1e-7)
    with pytest.raises(ValueError, match=r"place must be the index of a hidden layer .*\[0, 3\], got 7"):
        reorder_units(model, 7, range(10))


def test_matching_through_linear_layers(digits):
    x = digits.x_test[:60].astype(np.float64)
    model = tiny_cnn(0)
    shuffled = model.copy()
    reorder_units(shuffled, 0, [2, 0, 1])
    reorder_units(shuffled, 4, [4, 2, 0, 1, 3])
    np.testing.assert_allclose(shuffled.forward(x), model.forward(x), atol=1e-12)
    np.testing.assert_allclose(get_weights(match_units(shuffled, model, x)), get_weights(model))
