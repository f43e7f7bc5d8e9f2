"""One network three ways: layers, closures, a tape. Equal to the bit, also after many steps of training."""

import numpy as np
import pytest

from cnnlib import nn
from cnnlib.autodiff import closures, tape
from cnnlib.autodiff.tape import Tensor
from cnnlib.networks import small_cnn
from cnnlib.nn.gradcheck import numerical_gradient, relative_error
from cnnlib.nn.losses import CrossEntropyLoss


def weights_of(model):
    return [p.value for p in model.parameters()]


def closures_network(w):
    return closures.chain(
        closures.conv2d(w[0], w[1], padding=1),
        closures.relu,
        closures.maxpool2d(2),
        closures.conv2d(w[2], w[3], padding=1),
        closures.relu,
        closures.maxpool2d(2),
        closures.flatten,
        closures.linear(w[4], w[5]),
    )


def tape_network(x, w):
    h = tape.maxpool2d(tape.relu(tape.conv2d(x, w[0], w[1], padding=1)), 2)
    h = tape.maxpool2d(tape.relu(tape.conv2d(h, w[2], w[3], padding=1)), 2)
    return tape.linear(tape.flatten(h), w[4], w[5])


def by_layers(w, x, y):
    model = nn.Sequential(small_cnn(0, x.dtype).layers)
    for value, ours in zip(weights_of(model), w, strict=True):
        value[...] = ours
    loss = CrossEntropyLoss()
    value = loss.forward(model.forward(x, training=True), y)
    dx = model.backward(loss.backward())
    return value, dx, [p.grad for p in model.parameters()]


def by_closures(w, x, y):
    outputs, backward = closures_network(w)(x)
    loss = CrossEntropyLoss()
    value = loss.forward(outputs, y)
    return (value, *backward(loss.backward()))


def by_tape(w, x, y):
    weights, images = [Tensor(value) for value in w], Tensor(x)
    loss = tape.cross_entropy(tape_network(images, weights), y)
    loss.backward()
    return float(loss.value), images.grad, [tensor.grad for tensor in weights]


@pytest.mark.parametrize("way", [by_closures, by_tape])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_loss_and_gradients_are_equal_to_the_bit(digits, way, dtype):
    w = weights_of(small_cnn(1, dtype))
    x, y = digits.x_train[:32].astype(dtype), digits.y_train[:32]
    (loss, dx, grads), (loss2, dx2, grads2) = by_layers(w, x, y), way(w, x, y)
    assert loss == loss2
    for a, b in zip([dx, *grads], [dx2, *grads2], strict=True):
        assert a.dtype == b.dtype == dtype
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("way", [by_closures, by_tape])
def test_fifty_steps_of_training_are_equal_to_the_bit(digits, way):
    runs = []
    for route in (by_layers, way):
        w = [value.copy() for value in weights_of(small_cnn(1))]
        losses = []
        for start in range(0, 50 * 16, 16):
            batch = slice(start, start + 16)
            loss, _, grads = route(w, digits.x_train[batch], digits.y_train[batch])
            losses.append(loss)
            for value, grad in zip(w, grads, strict=True):
                value -= np.float32(0.1) * grad
        runs.append((losses, w))
    assert runs[0][0] == runs[1][0] and runs[0][0][-1] < 2
    for a, b in zip(runs[0][1], runs[1][1], strict=True):
        np.testing.assert_array_equal(a, b)


def test_two_passes_of_closures_do_not_disturb_each_other(digits):
    network = closures_network(weights_of(small_cnn(1)))
    first, second = digits.x_train[:4], digits.x_train[4:8]
    y, backward = network(first)
    network(second)
    alone = network(first)[1](np.ones_like(y))
    for a, b in zip(backward(np.ones_like(y))[1], alone[1], strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_tensor_used_twice_gets_both_shares():
    a, b = Tensor(3.0), Tensor(2.0)
    c = a * b
    (c * c + c * a - b).backward()
    # e = a²b² + a²b - b: de/da = 2ab² + 2ab, de/db = 2a²b + a² - 1
    assert a.grad == 2 * 3 * 4 + 2 * 3 * 2 and b.grad == 2 * 9 * 2 + 9 - 1


def test_the_tape_agrees_with_measured_gradients():
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(2, 1, 4, 4)), rng.normal(size=(2, 1, 3, 3)), rng.normal(size=2)

    def error(w):
        y = tape.relu(tape.conv2d(Tensor(x), Tensor(w), Tensor(b), padding=1))
        return float((y.value**2).sum())

    weight = Tensor(w)
    y = tape.relu(tape.conv2d(Tensor(x), weight, Tensor(b), padding=1))
    (y * y).backward(np.ones_like(y.value))
    assert relative_error(weight.grad, numerical_gradient(error, w)) < 1e-7


def test_a_deep_tape_needs_no_deep_stack():
    end = x = Tensor(1.0)
    for _ in range(5000):
        end = end + x
    end.backward()
    assert x.grad == 5001


def test_a_second_backward_starts_afresh():
    x = Tensor(2.0)
    y = x * x
    y.backward()
    y.backward()
    assert x.grad == 4
