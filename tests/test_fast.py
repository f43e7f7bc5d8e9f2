"""The fast path against the readable one: the same numbers, for every network, shape and order of calls."""

import gc
import sys
import threading
import tracemalloc

import numpy as np
import pytest

from cnnlib.fast import _blas, _correlation, _door
from cnnlib.functional import relu_backward
from cnnlib.gradcheck import check_gradients
from cnnlib.layers import (
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    MaxPool2d,
    ReLU,
    Sigmoid,
    Tanh,
)
from cnnlib.losses import CrossEntropyLoss
from cnnlib.model import Sequential
from cnnlib.optim import SGD
from cnnlib.training import evaluate, train

F32, F64 = np.float32, np.float64


@pytest.fixture(params=["as it is", "many small pieces"])
def pieces(request, monkeypatch):
    """Run a test once with the usual sizes, and once with tiny chunks, blocks and two threads throughout."""
    if request.param == "many small pieces":
        monkeypatch.setattr(_door, "CHUNK", 3)
        monkeypatch.setattr(_door, "THREADS_PAY", 0)
        monkeypatch.setattr(_blas, "cores", lambda: 2)
        monkeypatch.setattr(_correlation, "CACHE", 3000)
        monkeypatch.setattr(_correlation, "SMALL", 50)


def random_layers(rng, dtype):
    """A random network that fits its input: layers, and the shape of one sample."""
    shape = start = (int(rng.integers(1, 4)), int(rng.integers(1, 13)), int(rng.integers(1, 13)))
    layers = []
    for _ in range(rng.integers(1, 5)):
        kernel = tuple(int(rng.integers(1, min(4, size) + 1)) for size in shape[1:])
        stride = tuple(int(s) for s in rng.integers(1, 4, 2))
        padding = tuple(int(rng.integers(0, k + 1)) for k in kernel) if rng.random() < 0.7 else 0
        kind = rng.integers(9)
        if kind < 4:
            layer = Conv2d(shape[0], int(rng.integers(1, 9)), kernel, 1 if kind < 3 else stride, padding,
                           bias=rng.random() < 0.8, rng=rng, dtype=dtype)  # fmt: skip
            layers.append(layer)
            layers += [ReLU()] if rng.random() < 0.7 else []
            after = Sequential(layers, fast=False).forward(np.zeros((1, *start), dtype)).shape
            layers += [MaxPool2d(2)] if min(after[2:]) > 1 and rng.random() < 0.6 else []
        elif kind < 6:
            layers.append((MaxPool2d, AvgPool2d)[kind - 4](kernel, stride))
        else:
            layers.append([BatchNorm2d(shape[0], dtype=dtype), Dropout(0.3, rng=1), Tanh()][kind - 6])
        shape = Sequential(layers, fast=False).forward(np.zeros((1, *start), dtype)).shape[1:]
    if rng.random() < 0.8:
        layers += [Flatten(), Linear(int(np.prod(shape)), 5, bias=rng.random() < 0.8, rng=rng, dtype=dtype)]
        layers += [[ReLU()], [Sigmoid()], [Tanh(), Linear(5, 3, rng=rng, dtype=dtype)], []][rng.integers(4)]
    for layer in layers:
        for value in layer.params.values():
            value += rng.normal(size=value.shape, scale=0.1).astype(dtype)
    return layers, start


def twins(layers):
    """The same network twice, on the fast path and on the readable one."""
    slow = Sequential(layers, fast=False).copy()
    fast = Sequential(slow.copy().layers)
    return fast, slow


def close(a, b, dtype):
    assert a.shape == b.shape and a.dtype == b.dtype
    tolerance = 1e-9 if dtype == F64 else 2e-4
    np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * np.abs(b).max(initial=1))


def compare(fast, slow, x, rng, training=True):
    """One forward and backward on both paths."""
    dtype = x.dtype
    y, y_slow = fast.forward(x, training), slow.forward(x, training)
    close(y, y_slow, dtype)
    dy = rng.standard_normal(y.shape).astype(dtype)
    close(fast.backward(dy), slow.backward(dy), dtype)
    for (name, _, a), (_, _, b) in zip(fast.parameters(), slow.parameters(), strict=True):
        assert a is not None, name
        close(a, b, dtype)
    for name, value in fast.arrays().items():
        close(value, slow.arrays()[name], dtype)
    return fast._door.last is not None


@pytest.mark.parametrize("dtype", [F32, F64])
def test_random_networks_give_the_same_numbers(pieces, dtype):
    opened = 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        layers, shape = random_layers(rng, dtype)
        fast, slow = twins(layers)
        for n in rng.integers(1, 9, 2):
            for training in (True, False):
                x = rng.standard_normal((n, *shape)).astype(dtype)
                opened += compare(fast, slow, x, rng, training)
    assert opened > 350, "most of these networks should go through the fast door"


def course_network(dtype=F32, fast=True, rng=0):
    return Sequential(
        [
            Conv2d(1, 4, 3, padding=1, rng=rng, dtype=dtype), ReLU(), MaxPool2d(2),
            Conv2d(4, 8, 3, rng=rng, dtype=dtype), ReLU(), Flatten(), Linear(32, 10, rng=rng, dtype=dtype),
        ],
        fast=fast,
    )  # fmt: skip


def run(fast, steps, dtype, n=203, batch_size=20):
    rng = np.random.default_rng(3)
    x, y = rng.random((n, 1, 8, 8)).astype(dtype), rng.integers(0, 10, n)
    model = course_network(dtype, fast)
    records = train(model, CrossEntropyLoss(), SGD(0.05, 0.9), x, y, batch_size=batch_size,
                    epochs=-(-steps // -(-n // batch_size)), rng=0)  # fmt: skip
    return model, np.array([record.loss for record, _ in zip(records, range(steps), strict=False)])


def test_five_hundred_steps_on_both_paths_give_the_same_losses():
    model, fast = run(True, 500, F64)
    slow_model, slow = run(False, 500, F64)
    assert model._door.last and len(fast) == 500
    np.testing.assert_allclose(fast, slow, rtol=1e-7)  # rounding grows along a training
    np.testing.assert_allclose(run(True, 500, F32)[1][:100], slow[:100], rtol=5e-3)
    assert np.abs(model.layers[0].params["weight"] - slow_model.layers[0].params["weight"]).max() < 1e-7


@pytest.mark.parametrize("window", [(2, 2), (2, 1), (2, 3), (3, 2), ((2, 1), (2, 1)), (1, 1)])
@pytest.mark.parametrize("relu", [True, False])
def test_pooling_of_every_window_after_a_convolution(window, relu, pieces):
    layers = [Conv2d(1, 4, 3, padding=1, rng=0, dtype=F64), *([ReLU()] if relu else []), MaxPool2d(*window)]
    rng = np.random.default_rng(0)
    x = np.maximum(rng.standard_normal((5, 1, 9, 7)), 0)
    x[:, :, :4] = 0  # whole windows are equal there: the first pixel must win
    assert compare(*twins(layers), x, rng)


def test_dropout_draws_the_same_numbers_on_both_paths(pieces):
    layers = [Dropout(0.2, rng=5), Conv2d(1, 4, 3, rng=0, dtype=F64), Flatten(), Dropout(0.5, rng=6),
              Linear(144, 3, rng=1, dtype=F64)]  # fmt: skip
    fast, slow = twins(layers)
    rng = np.random.default_rng(0)
    for _ in range(3):
        assert compare(fast, slow, rng.random((10, 1, 8, 8)), rng)


@pytest.mark.parametrize("training", [True, False])
def test_gradients_of_the_fast_path_are_those_measured(pieces, training):
    model = course_network(F64)
    errors = check_gradients(
        model, np.random.default_rng(0).random((4, 1, 8, 8)), np.random.default_rng(1), training
    )
    assert model._door.last and max(errors.values()) < 1e-7


STORED = {
    "fortran": np.asfortranarray,
    "strided": lambda x: np.repeat(x, 2, axis=3)[..., ::2],
    "negative": lambda x: x[:, :, ::-1, ::-1][:, :, ::-1, ::-1],
    "broadcast": lambda x: np.broadcast_to(x[:1], x.shape),
    "batch-last": lambda x: np.ascontiguousarray(x.transpose(2, 3, 1, 0)).transpose(3, 2, 0, 1),
    "big-endian": lambda x: x.astype(">f4"),
}


@pytest.mark.parametrize("stored", STORED)
def test_inputs_in_any_memory_order(stored, pieces):
    x = STORED[stored](np.random.default_rng(0).random((7, 1, 8, 8), F32))
    x.flags.writeable = False
    fast, slow = twins(course_network().layers)
    native = x.astype(F32)
    close(fast.forward(x).astype(F32), slow.forward(native), F32)
    dy = np.asfortranarray(np.random.default_rng(1).random((7, 10), F32))
    dy.flags.writeable = False
    close(fast.backward(dy), slow.backward(np.ascontiguousarray(dy)), F32)
    close(fast.predict_proba(x), slow.predict_proba(native), F32)


def test_an_empty_batch_and_one_sample():
    model = course_network()
    assert model.forward(np.zeros((0, 1, 8, 8), F32)).shape == (0, 10)
    assert model.predict(np.zeros((0, 1, 8, 8), F32)).shape == (0,)
    fast, slow = twins(model.layers)
    assert compare(fast, slow, np.ones((1, 1, 8, 8), F32), np.random.default_rng(0))


def test_a_smaller_last_batch_and_batches_of_every_size(pieces):
    fast, slow = twins(course_network(F64).layers)
    rng = np.random.default_rng(0)
    for n in (20, 20, 3, 20, 1, 7, 65, 130, 20, 3):
        assert compare(fast, slow, rng.random((n, 1, 8, 8)), rng)
    assert len(fast._door.plans) <= _door.KEPT


def test_large_batches_outside_training_can_be_run_backwards_too(pieces):
    fast, slow = twins(course_network(F64).layers)
    x = np.random.default_rng(0).random((150, 1, 8, 8))
    y, y_slow = fast.forward(x), slow.forward(x)
    close(y, y_slow, F64)
    x[:] = 0  # the network has a copy of its own
    dy = np.random.default_rng(1).random(y.shape)
    close(fast.backward(dy), slow.backward(dy), F64)
    with pytest.raises(ValueError, match=r"dy must have shape \(150, 10\)"):
        fast.backward(dy[:-1])


def test_what_was_handed_out_is_never_overwritten(pieces):
    model = course_network()
    rng = np.random.default_rng(0)
    kept = []
    for _ in range(3):
        x = rng.random((9, 1, 8, 8), F32)
        y = model.forward(x, training=True)
        dx = model.backward(rng.random(y.shape, F32))
        arrays = [y, dx, model.predict_proba(x), *(p.grad for p in model.parameters())]
        kept += [(array, array.copy()) for array in arrays]
    for array, as_it_was in kept:
        np.testing.assert_array_equal(array, as_it_was)
    everything = [array for array, _ in kept]
    assert not any(np.shares_memory(a, b) for i, a in enumerate(everything) for b in everything[:i])


def test_the_input_gradient_can_be_left_out(pieces):
    fast, slow = twins(course_network(F64).layers)
    x = np.random.default_rng(0).random((6, 1, 8, 8))
    dy = np.ones((6, 10))
    for model in (fast, slow):
        model.forward(x, training=True)
        assert model.backward(dy, input_gradient=False) is None
    for a, b in zip(fast.parameters(), slow.parameters(), strict=True):
        close(a.grad, b.grad, F64)


class Doubling(Tanh):
    """A layer of somebody's own."""

    def _forward(self, x, training):
        return 2 * x, None

    def _backward(self, dy, cache):
        return 2 * dy


def replaced(layer):
    layer.forward = lambda x, training=False: x
    layer.backward = lambda dy: dy
    return layer


STRANGERS = {
    "own layer": lambda: [Doubling()],
    "own function": lambda: [ReLU(backward=lambda dy, cache: relu_backward(dy, cache))],
    "replaced method": lambda: [replaced(ReLU())],
    "mixed precision": lambda: [Conv2d(1, 1, 1, rng=0, dtype=F64)],
    "padding wider than the kernel": lambda: [Conv2d(1, 1, 1, padding=1, rng=0), MaxPool2d(3, 1)],
}


@pytest.mark.parametrize("name", STRANGERS)
def test_strangers_take_the_readable_path(name):
    strange = STRANGERS[name]()
    model = Sequential([*strange, *course_network().layers])
    slow = Sequential([*model.layers], fast=False)
    x = np.random.default_rng(0).random((5, 1, 8, 8), F32)
    np.testing.assert_array_equal(model.forward(x), slow.forward(x))
    assert not model._door.last and not model._door.plans
    assert model.backward(np.ones((5, 10), F32)).shape == x.shape


def test_other_inputs_take_the_readable_path_and_its_errors():
    model = course_network()
    assert model.forward(np.zeros((2, 1, 8, 8), F64)).dtype == F64
    for bad, error in [
        (np.zeros((2, 1, 8, 8), int), TypeError),
        (np.zeros((1, 8, 8), F32), ValueError),
        (np.zeros((2, 3, 8, 8), F32), ValueError),
        (np.zeros((2, 1, 1, 8), F32), ValueError),
    ]:
        with pytest.raises(error):
            model.forward(bad)


def test_changes_to_the_network_are_noticed():
    model = course_network()
    x = np.random.default_rng(0).random((5, 1, 8, 8), F32)

    def same():
        slow = Sequential(model.layers, fast=False).copy()
        close(model.forward(x), slow.forward(x), F32)
        assert model._door.last

    same()
    model.layers[0].params["weight"] *= 2
    same()
    model.layers[0].params["weight"] = np.ones((4, 1, 3, 3), F32)
    same()
    model.layers[0].params.pop("bias")
    same()
    model.layers[2] = AvgPool2d(2)
    same()
    model.layers.insert(1, Tanh())
    same()
    model.layers[-1] = Linear(32, 7, rng=0)
    same()
    model.layers = course_network(rng=7).layers
    same()


def test_order_of_calls():
    model = course_network()
    x = np.random.default_rng(0).random((5, 1, 8, 8), F32)
    with pytest.raises(RuntimeError, match=r"call forward\(x\) first"):
        model.backward(np.zeros((5, 10), F32))
    Sequential(model.layers, fast=False).forward(x)  # leaves something in every layer
    model.forward(x)
    with pytest.raises(ValueError, match=r"dy must have shape \(5, 10\).* got \(4, 10\)"):
        model.backward(np.zeros((4, 10), F32))
    with pytest.raises(RuntimeError, match=r"Linear.backward: call forward\(x\) first"):
        model.layers[-1].backward(np.zeros((5, 10), F32))
    first = model.backward(np.ones((5, 10), F32))
    np.testing.assert_array_equal(model.backward(np.ones((5, 10), F32)), first)


def test_a_copy_has_buffers_of_its_own():
    model = course_network()
    x = np.random.default_rng(0).random((5, 1, 8, 8), F32)
    y = model.forward(x)
    other = model.copy()
    other.layers[0].params["weight"][:] = 0
    other.forward(x)
    np.testing.assert_array_equal(model.forward(x), y)
    assert other._door is not model._door and other._door.last


@pytest.mark.parametrize("threads_pay", [0, 10**18])
def test_networks_trained_in_threads_at_once(threads_pay, monkeypatch):
    monkeypatch.setattr(_door, "THREADS_PAY", threads_pay)
    monkeypatch.setattr(_blas, "cores", lambda: 2)
    alone = run(True, 60, F32)[1]
    results = {}
    workers = [
        threading.Thread(target=lambda i=i: results.update({i: run(True, 60, F32)[1]})) for i in range(3)
    ]
    before = blas_threads()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for i in range(3):
        np.testing.assert_array_equal(results[i], alone)
    assert blas_threads() == before


def blas_threads():
    return [library.get_num_threads() for library in _blas._blas_libraries()]


def test_blas_threads_are_put_back_and_a_change_by_others_stays():
    libraries = _blas._blas_libraries()
    if not libraries:
        pytest.skip("this NumPy's BLAS has no number of threads to set")
    before = blas_threads()
    try:
        libraries[0].set_num_threads(2)
        with pytest.raises(KeyError), _blas.single_threaded():
            assert blas_threads()[0] == 1
            with _blas.single_threaded():
                pass
            assert blas_threads()[0] == 1
            raise KeyError
        assert blas_threads()[0] == 2
        with _blas.single_threaded():
            libraries[0].set_num_threads(3)
        assert blas_threads()[0] == 3
    finally:
        for library, number in zip(libraries, before, strict=True):
            library.set_num_threads(number)


def test_an_error_in_one_thread_arrives_and_leaves_nothing_behind(monkeypatch):
    def fail():
        raise KeyError("planted")

    with pytest.raises(KeyError, match="planted"):
        _blas.run_all([lambda: 1, fail])
    with pytest.raises(KeyError, match="planted"):
        _blas.run_all([fail, lambda: 1])
    assert _blas.run_all([lambda: 1, lambda: 2, lambda: 3]) == [1, 2, 3]


def test_nan_and_infinity_are_not_hidden(pieces):
    model = course_network()
    x = np.random.default_rng(0).random((5, 1, 8, 8), F32)
    x[2, 0, 4, 4] = np.nan
    y = model.forward(x, training=True)
    np.testing.assert_array_equal(np.isnan(y).all(axis=1), np.arange(5) == 2)
    model.backward(y)
    assert all(np.isnan(p.grad).any() for p in model.parameters())


def test_ten_thousand_steps_do_not_grow():
    model = Sequential([Conv2d(1, 2, 3, rng=0), ReLU(), MaxPool2d(2), Flatten(), Linear(2, 2, rng=0)])
    loss, optimizer = CrossEntropyLoss(), SGD(0.01)
    rng = np.random.default_rng(0)
    x, y = rng.random((6, 1, 4, 4), F32), rng.integers(0, 2, 6)

    def steps(count):
        for step in range(count):
            n = 6 - step % 3
            loss.forward(model.forward(x[:n], training=True), y[:n])
            model.backward(loss.backward(), input_gradient=False)
            optimizer.step(model.parameters())
        gc.collect()

    steps(100)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    blocks = sys.getallocatedblocks()
    steps(10_000)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 20_000 and sys.getallocatedblocks() - blocks < 500


def test_evaluation_and_predictions_agree(pieces):
    fast, slow = twins(course_network().layers)
    rng = np.random.default_rng(0)
    x, y = rng.random((170, 1, 8, 8), F32), rng.integers(0, 10, 170)
    a, b = (evaluate(m, CrossEntropyLoss(), x, y) for m in (fast, slow))
    assert a.loss == pytest.approx(b.loss, rel=1e-5) and a.accuracy == b.accuracy
    np.testing.assert_array_equal(fast.predict(x), slow.predict(x))
    close(fast.predict_proba(x, batch_size=33), slow.predict_proba(x), F32)
