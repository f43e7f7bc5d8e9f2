"""Losses and optimizers: values worked by hand, PyTorch's steps, bad input."""

import numpy as np
import pytest

from cnnlib.nn.losses import CrossEntropyLoss, HalfSquaredError, one_hot
from cnnlib.nn.optim import SGD, Adam, AdamW, Parameter, RMSprop

OPTIMIZERS = {
    "sgd": (lambda: SGD(0.1), "SGD", {"lr": 0.1}),
    "momentum": (lambda: SGD(0.1, momentum=0.9), "SGD", {"lr": 0.1, "momentum": 0.9}),
    "nesterov": (
        lambda: SGD(0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
        "SGD",
        {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
    ),
    "rmsprop": (lambda: RMSprop(0.01, weight_decay=0.1), "RMSprop", {"lr": 0.01, "weight_decay": 0.1}),
    "adam": (lambda: Adam(0.02, weight_decay=0.1), "Adam", {"lr": 0.02, "weight_decay": 0.1}),
    "adamw": (lambda: AdamW(0.02, weight_decay=0.1), "AdamW", {"lr": 0.02, "weight_decay": 0.1}),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizer_takes_pytorchs_steps(name):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    make, torch_name, arguments = OPTIMIZERS[name]
    ours, rng = make(), np.random.default_rng(0)
    value = rng.normal(size=(3, 4))
    theirs = torch.nn.Parameter(torch.tensor(value.copy()))
    optimizer = getattr(torch.optim, torch_name)([theirs], **arguments)
    for _ in range(50):
        grad = rng.normal(size=value.shape)
        ours.step([Parameter("w", value, grad)])
        theirs.grad = torch.tensor(grad)
        optimizer.step()
        np.testing.assert_allclose(value, theirs.detach().numpy(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizer_keeps_float32_and_the_gradient(name):
    grad = np.random.default_rng(0).normal(size=100).astype(np.float32)
    values = []
    for lr in (0.1, np.float64(0.1)):
        optimizer, value, before = OPTIMIZERS[name][0](), np.ones(100, np.float32), grad.copy()
        optimizer.lr = lr
        for _ in range(3):
            optimizer.step([Parameter("w", value, grad)])
        assert value.dtype == np.float32 and (grad == before).all()
        assert all(array.dtype == np.float32 for array in optimizer.state["w"].values())
        values.append(value)
    np.testing.assert_array_equal(*values)


def test_weight_decay_pulls_on_biases_too():
    for value in (np.ones((2, 3)), np.ones(3)):
        SGD(0.1, weight_decay=0.5).step([Parameter("any", value, np.zeros_like(value))])
        np.testing.assert_allclose(value, 0.95)


def test_parameters_of_both_precisions_step_as_each_alone():
    rng, found = np.random.default_rng(0), []
    both = [
        Parameter(t.__name__, rng.random(999).astype(t), rng.random(999).astype(t))
        for t in (np.float64, np.float32)
    ]
    for group in (both, both[:1], both[1:]):
        copies = [Parameter(name, value.copy(), grad) for name, value, grad in group]
        SGD(0.1).step(copies)
        found.append([value for _, value, _ in copies])
    np.testing.assert_array_equal(found[0][0], found[1][0])
    np.testing.assert_array_equal(found[0][1], found[2][0])


def test_missing_gradient_changes_nothing():
    first, optimizer = np.ones(2), SGD(0.1)
    with pytest.raises(ValueError, match="b has no gradient yet"):
        optimizer.step([Parameter("a", first, np.ones(2)), Parameter("b", np.ones(2), None)])
    assert (first == 1).all() and optimizer.steps == 0


def test_one_optimizer_for_two_networks_is_refused():
    optimizer = SGD(0.1, momentum=0.9)
    optimizer.step([Parameter("w", np.ones(2), np.ones(2))])
    with pytest.raises(ValueError, match="expected one optimizer a network"):
        optimizer.step([Parameter("w", np.ones(3), np.ones(3))])


def test_a_weight_exchanged_for_one_of_another_shape_is_refused_before_anything_changes():
    optimizer, first = SGD(0.1, momentum=0.9), np.ones(2)
    optimizer.step([Parameter("a", first, np.ones(2)), Parameter("b", np.ones(2), np.ones(2))])
    before = first.copy()
    with pytest.raises(ValueError, match="expected one optimizer a network"):
        optimizer.step([Parameter("a", first, np.ones(2)), Parameter("b", np.ones(3), np.ones(3))])
    np.testing.assert_array_equal(first, before)
    assert optimizer.steps == 1


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: SGD(-1), "lr must be .* got -1"),
        (lambda: SGD(float("nan")), "lr must be .* got nan"),
        (lambda: SGD(float("inf")), "lr must be .*finite.*, got inf"),
        (lambda: SGD(0.1, momentum=1.0), "momentum must be a number of at least 0.0 and below 1.0, got 1.0"),
        (lambda: SGD(0.1, nesterov=True), "nesterov must come with a momentum above 0"),
        (lambda: Adam(betas=(0.9, 1.0)), "betas must be .* got 1.0"),
        (lambda: RMSprop(alpha=-0.1), "alpha must be .* got -0.1"),
    ],
)
def test_bad_rates_are_named(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()


def test_cross_entropy_by_hand():
    loss = CrossEntropyLoss()
    outputs = np.log(np.array([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]]))
    assert loss.forward(outputs, [0, 2]) == pytest.approx(-(np.log(0.5) + np.log(0.8)) / 2)
    np.testing.assert_allclose(loss.backward(), [[-0.25, 0.125, 0.125], [0.05, 0.05, -0.1]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cross_entropy_of_huge_logits(dtype):
    loss = CrossEntropyLoss()
    assert loss.forward(np.array([[1e4, 0.0], [0.0, -1e4]], dtype), [1, 1]) == pytest.approx(1e4)
    gradient = loss.backward()
    assert gradient.dtype == dtype
    np.testing.assert_array_equal(gradient, [[0.5, -0.5], [0.5, -0.5]])


def test_losses_agree_with_pytorch():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    rng = np.random.default_rng(0)
    outputs, labels = rng.normal(0, 3, (50, 7)), rng.integers(0, 7, 50)
    theirs = torch.tensor(outputs, requires_grad=True)
    value = torch.nn.functional.cross_entropy(theirs, torch.tensor(labels))
    value.backward()
    loss = CrossEntropyLoss()
    assert loss.forward(outputs, labels) == pytest.approx(value.item(), abs=1e-12)
    np.testing.assert_allclose(loss.backward(), theirs.grad.numpy(), atol=1e-14)


def test_half_squared_error_of_labels_is_that_of_one_hot_rows():
    outputs = np.random.default_rng(0).normal(size=(4, 3))
    labels = np.array([2, 0, 1, 1])
    assert HalfSquaredError().forward(outputs, labels) == pytest.approx(
        HalfSquaredError().forward(outputs, one_hot(labels, 3))
    )


@pytest.mark.parametrize(
    ("outputs", "targets", "error", "sentence"),
    [
        (np.zeros((2, 3)), [0, 3], ValueError, "targets must be 0 to 2, got values from 0 to 3"),
        (np.zeros((2, 3)), [-1, 0], ValueError, "targets must be 0 to 2, got values from -1 to 0"),
        (np.zeros((2, 3)), [0.0, 1.0], TypeError, "targets must be integers from 0 to 2, got float64"),
        (np.zeros((2, 3)), [0], ValueError, "targets must be 2 in number, one an output, got 1"),
        (np.zeros((2, 3)), [[0], [1]], ValueError, r"targets must have shape \(N,\), got \(2, 1\)"),
        (np.zeros(3), [0], ValueError, r"outputs must have shape \(N, K\), got \(3,\)"),
        (np.zeros((0, 3)), np.zeros(0, int), ValueError, "outputs must hold .* got an empty batch"),
        (np.zeros((2, 3), int), [0, 1], TypeError, "outputs must be float32 or float64, got int64"),
    ],
)
def test_bad_targets_are_named(outputs, targets, error, sentence):
    with pytest.raises(error, match=sentence):
        CrossEntropyLoss().forward(outputs, np.asarray(targets))


@pytest.mark.parametrize("targets", [np.zeros((2, 4)), np.zeros(2), np.float64(0)])
def test_bad_targets_of_the_squared_error(targets):
    with pytest.raises(ValueError, match="targets must be"):
        HalfSquaredError().forward(np.zeros((2, 3)), targets)


@pytest.mark.parametrize("loss", [CrossEntropyLoss(), HalfSquaredError()])
def test_backward_before_forward_is_refused(loss):
    with pytest.raises(RuntimeError, match="call forward"):
        loss.backward()
