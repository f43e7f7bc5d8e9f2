"""The fast path: which networks take it, in what order calls may come, threads, memory."""

import gc
import os
import subprocess
import sys
import threading
import tracemalloc
import warnings
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

from cnnlib import nn
from cnnlib.fast import Sequential, engine
from cnnlib.nn.functional import relu_backward
from cnnlib.nn.layers import AvgPool2d, Conv2d, Flatten, Linear, MaxPool2d, ReLU, Tanh
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.runtime import threads
from tests.fast.twins import F32, F64, close, course_network, run


class Doubling(Tanh):
    """A layer that the engine does not know."""

    def _forward(self, x, training):
        return 2 * x, None

    def _backward(self, dy, cache):
        return 2 * dy


def replaced(layer):
    layer.forward = lambda x, training=False: x
    layer.backward = lambda dy: dy
    return layer


UNKNOWN = {
    "own layer": lambda: [Doubling()],
    "own function": lambda: [ReLU(backward=lambda dy, cache: relu_backward(dy, cache))],
    "replaced method": lambda: [replaced(ReLU())],
    "mixed precision": lambda: [Conv2d(1, 1, 1, rng=0, dtype=F64)],
    "padding wider than the kernel": lambda: [Conv2d(1, 1, 1, padding=1, rng=0), MaxPool2d(3, 1)],
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_unknown_layers_take_the_readable_path(name):
    unknown = UNKNOWN[name]()
    model = Sequential([*unknown, *course_network().layers])
    slow = nn.Sequential([*model.layers])
    x = np.random.default_rng(0).random((5, 1, 8, 8), F32)
    expected = slow.forward(x)
    np.testing.assert_array_equal(model.forward(x), expected)
    assert not model._engine.last and not model._engine.plans
    assert model.backward(np.ones((5, 10), F32)).shape == x.shape


@pytest.mark.parametrize("layers", [[ReLU()], [MaxPool2d(2), Flatten()]])
def test_a_network_without_products_takes_the_readable_path(layers):
    model = Sequential(layers)
    x = np.random.default_rng(0).standard_normal((5, 1, 8, 8)).astype(F32)
    y = model.forward(x)
    assert not model._engine.plans and model.backward(np.ones_like(y)).shape == x.shape


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
        slow = nn.Sequential(model.layers).copy()
        close(model.forward(x), slow.forward(x), F32)
        assert model._engine.last

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


def one_after_the_other(model, changes):
    """Make one change after the other; each time both paths must agree. Whether the fast one was open."""
    x, opened = np.random.default_rng(0).random((5, 2, 9, 9), F32), []
    for change in [lambda: None, *changes]:
        change()
        slow = nn.Sequential(model.layers).copy()
        y = model.forward(x)
        opened.append(bool(model._engine.last))
        close(y, slow.forward(x), F32)
        close(model.backward(np.ones_like(y)), slow.backward(np.ones_like(y)), F32)
    return opened


def test_changed_sizes_are_noticed():
    conv, pool = Conv2d(2, 3, 3, padding=1, rng=0), MaxPool2d(3)
    changes = [
        lambda: setattr(conv, "stride", (2, 2)),
        lambda: setattr(conv, "padding", (0, 0)),
        lambda: setattr(pool, "stride", (1, 1)),
        lambda: setattr(pool, "kernel_size", (2, 2)),
    ]
    assert all(one_after_the_other(Sequential([conv, Tanh(), pool]), changes))


def test_weights_of_other_shapes_take_the_readable_path():
    conv, line = Conv2d(2, 3, 3, padding=1, rng=0), Linear(162, 4, rng=0)
    more = {"weight": np.ones((6, 2, 3, 3), F32), "bias": np.ones(6, F32)}
    opened = one_after_the_other(Sequential([conv, Tanh()]), [lambda: conv.params.update(more)])
    assert opened == [True, False]
    wide = {"weight": np.ones((162, 7), F32), "bias": np.ones(7, F32)}
    opened = one_after_the_other(Sequential([Flatten(), line]), [lambda: line.params.update(wide)])
    assert opened == [True, False]
    bare = Linear(162, 4, bias=False, rng=0)
    opened = one_after_the_other(
        Sequential([Flatten(), bare]), [lambda: bare.params.update(weight=np.ones((162, 7), F32))]
    )
    assert opened == [True, False]
    model = Sequential([Linear(3, 4, rng=0)])
    model.layers[0].params["bias"] = np.ones(1, F32)  # would fit by broadcasting
    with pytest.raises(ValueError, match=r"b must have shape \(4,\)"):
        model.forward(np.zeros((2, 3), F32))


@pytest.mark.parametrize("fast", [True, False])
def test_blas_is_held_to_one_thread_where_it_would_take_two(fast, monkeypatch):
    held = []
    monkeypatch.setattr(threads, "single_threaded", lambda: held.append(1) or nullcontext())
    for features, times in ((4, 0), (2000, 2 * fast)):
        model, held[:] = (Sequential if fast else nn.Sequential)([Linear(features, 40, rng=0)]), []
        y = model.forward(np.zeros((8, features), F32))
        model.backward(y)
        assert len(held) == times


def test_a_gradient_without_a_batch_is_refused_by_name():
    model = course_network(fast=False)
    model.forward(np.zeros((2, 1, 8, 8), F32))
    with pytest.raises(ValueError, match=r"dy must have shape \(2, 10\)"):
        model.backward(1.0)


def test_order_of_calls():
    model = course_network()
    x = np.random.default_rng(0).random((5, 1, 8, 8), F32)
    with pytest.raises(RuntimeError, match=r"call forward\(x\) first"):
        model.backward(np.zeros((5, 10), F32))
    nn.Sequential(model.layers).forward(x)  # leaves something in every layer
    model.forward(x)
    with pytest.raises(ValueError, match=r"dy must have shape \(5, 10\).* got \(4, 10\)"):
        model.backward(np.zeros((4, 10), F32))
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
    assert other._engine is not model._engine and other._engine.last


@pytest.mark.parametrize("threads_pay", [0, 10**18])
def test_networks_trained_in_threads_at_once(threads_pay, monkeypatch):
    monkeypatch.setattr(engine, "THREADS_PAY", threads_pay)
    monkeypatch.setattr(threads, "cores", lambda: 2)
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
    return [library.get_num_threads() for library in threads._blas_libraries()]


def test_blas_threads_are_put_back_and_a_change_by_others_stays():
    libraries = threads._blas_libraries()
    if not libraries:  # a BLAS without a number of threads to set, such as that of macOS: nothing to do
        with threads.single_threaded():
            return
    before = blas_threads()
    try:
        libraries[0].set_num_threads(2)
        with pytest.raises(KeyError), threads.single_threaded():
            assert blas_threads()[0] == 1
            with threads.single_threaded():
                pass
            assert blas_threads()[0] == 1
            raise KeyError
        assert blas_threads()[0] == 2
        with threads.single_threaded():
            libraries[0].set_num_threads(3)
        assert blas_threads()[0] == 3
    finally:
        for library, number in zip(libraries, before, strict=True):
            library.set_num_threads(number)


def test_an_error_in_one_thread_arrives_and_leaves_nothing_behind(monkeypatch):
    def fail():
        raise KeyError("planted")

    with pytest.raises(KeyError, match="planted"):
        threads.run_all([lambda: 1, fail])
    with pytest.raises(KeyError, match="planted"):
        threads.run_all([fail, lambda: 1])
    assert threads.run_all([lambda: 1, lambda: 2, lambda: 3]) == [1, 2, 3]


def test_helper_threads_take_over_what_is_to_be_ignored():
    def overflow():
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            np.float32([1e38]) * np.float32(1e38)
        return [str(one.message) for one in caught]

    with np.errstate(over="ignore"):
        assert threads.run_all([list, overflow]) == [[], []]
    assert threads.run_all([list, overflow])[1] != []


def test_helper_threads_are_used_again():
    tasks = [threading.get_ident] * 3
    threads.run_all(tasks)
    before, seen = threading.active_count(), set()
    for _ in range(20):
        seen.update(threads.run_all(tasks)[1:])
    assert threading.active_count() == before and len(seen) <= before


FORK = """
import os, signal
from cnnlib.runtime import threads
tasks = [lambda: 1, lambda: 2]
assert threads.run_all(tasks) == [1, 2]
child = os.fork()
if not child:
    signal.alarm(20)  # ends a child that waits for its parent's threads
    os._exit(0 if threads.run_all(tasks) == [1, 2] else 1)
raise SystemExit(os.waitpid(child, 0)[1])
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_starts_threads_of_its_own():
    root = str(Path(__file__).parents[2])
    subprocess.run([sys.executable, "-W", "ignore", "-c", FORK], check=True, timeout=60, cwd=root)


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
    blocks = sys.getallocatedblocks()
    steps(10_000)
    assert sys.getallocatedblocks() - blocks < 500
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    steps(600)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 20_000
