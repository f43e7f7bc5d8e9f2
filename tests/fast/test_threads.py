"""One network used by several threads at once: right numbers or an error, never wrong numbers in silence."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from cnnlib.fast import Sequential
from cnnlib.nn.layers import Conv2d, Flatten, Linear, MaxPool2d, ReLU, Tanh
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.nn.training import train


class Own(Tanh):
    """A layer that the fast passes do not know: the network takes the readable path."""


def network(middle=ReLU):
    rng = np.random.default_rng(0)
    layers = [Conv2d(1, 4, 3, padding=1, rng=rng), middle(), MaxPool2d(2), Flatten(), Linear(64, 10, rng=rng)]
    return Sequential(layers)


@pytest.fixture(params=[ReLU, Own], ids=["fast path", "readable path"])
def model(request):
    return network(request.param)


@pytest.fixture(autouse=True)
def frequent_switches():
    """Let threads take turns every few microseconds, so that a fault shows."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def batches(count, low=1, high=90):
    rng = np.random.default_rng(1)
    return [rng.random((int(rng.integers(low, high)), 1, 8, 8), np.float32) for _ in range(count)]


def training(model, steps=60):
    """Losses of a training that leaves the weights as they are."""
    rng = np.random.default_rng(2)
    x, y = rng.random((20 * steps, 1, 8, 8), np.float32), rng.integers(0, 10, 20 * steps)
    records = train(model, CrossEntropyLoss(), SGD(1e-30), x, y, batch_size=20, epochs=1, rng=0)
    return [record.loss for record in records]


@pytest.mark.parametrize("look", ["predict", "predict_proba", "infer"])
def test_four_threads_predict_with_one_network(model, look):
    images = batches(200)
    expected = [getattr(model, look)(x) for x in images]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(getattr(model, look), images))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_network_predicts_while_another_thread_trains_it(model):
    images = batches(200)
    expected, losses = [model.infer(x) for x in images], training(model)
    with ThreadPoolExecutor(4) as pool:
        trained = pool.submit(training, model)
        found = list(pool.map(model.infer, images))
    assert trained.result() == losses
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_two_threads_that_train_one_network_are_told_or_right(model):
    """A batch's gradients must be those that its step takes, whichever thread comes between."""
    x = batches(2, 30, 31)
    dy = np.random.default_rng(3).standard_normal((30, 10)).astype(np.float32)
    expected, told, wrong = [], [], []
    for images in x:
        model.forward(images)
        model.backward(dy)
        expected.append([gradient.copy() for _, _, gradient in model.parameters()])
    start = threading.Barrier(2)

    def work(place):
        start.wait()
        for _ in range(300):
            try:
                model.forward(x[place])
                model.backward(dy)
                found = model.parameters()
            except RuntimeError as error:
                told.append(str(error))
                continue
            if any((grad != right).any() for (_, _, grad), right in zip(found, expected[place], strict=True)):
                wrong.append(place)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    assert not wrong, f"{len(wrong)} of 600 steps took gradients of another thread's batch"
    assert all("another thread" in sentence and "copy()" in sentence for sentence in told)


def test_another_threads_pass_between_is_told(model):
    """The same without chance: at each place between this thread's calls another one trains."""
    x, dy = batches(1, 30, 31)[0], np.ones((30, 10), np.float32)

    def in_another_thread(*calls):
        with ThreadPoolExecutor(1) as pool:
            for call in calls:
                pool.submit(call).result()

    forward, backward = (lambda: model.forward(x + 1)), (lambda: model.backward(dy))
    model.forward(x)
    in_another_thread(forward)
    with pytest.raises(
        RuntimeError, match=r"^Sequential.backward: the last forward was run by another thread"
    ):
        model.backward(dy)
    model.forward(x)
    model.backward(dy)
    in_another_thread(forward, backward)
    with pytest.raises(RuntimeError, match=r"^Sequential.parameters: .*another thread .*copy\(\)"):
        model.parameters()
    assert model.parameters()[0].grad is model[0].grads["weight"]


def test_one_thread_after_the_other_may_train(model):
    losses = training(model)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(training, model).result() == losses
    assert training(model) == losses
    assert model.num_parameters == sum(value.size for _, value, _ in model.parameters())
