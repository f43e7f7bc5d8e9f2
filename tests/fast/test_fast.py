"""The fast path against the readable one: the same numbers, for every network, shape and order of calls."""

import numpy as np
import pytest

from cnnlib import nn
from cnnlib.fast import correlation, engine, kernel_gradient, normalization, pooling, winograd, winograd_stage
from cnnlib.nn.gradcheck import check_gradients
from cnnlib.nn.layers import (
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    Flatten,
    LayerNorm,
    Linear,
    MaxPool2d,
    ReLU,
    Sigmoid,
    Tanh,
)
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.training import evaluate
from cnnlib.runtime import threads
from tests.fast.twins import F32, F64, close, course_network, run, twins


@pytest.fixture(params=["as it is", "many small pieces", "pieces with a common end"])
def pieces(request, monkeypatch):
    """Run a test once with the usual sizes, and twice with tiny chunks, blocks and two threads throughout.

    Of these once with the fully connected layers at the end shared too, and with Winograd's products wherever
    they can be.
    """
    if request.param == "many small pieces":
        monkeypatch.setattr(engine, "END_PAYS", 0)
        monkeypatch.setattr(winograd_stage, "CHANNELS", 1)
        monkeypatch.setattr(winograd, "CACHE", 3000)
    if request.param != "as it is":
        monkeypatch.setattr(engine, "CHUNK", 3)
        monkeypatch.setattr(engine, "THREADS_PAY", 0)
        monkeypatch.setattr(threads, "cores", lambda: 2)
        monkeypatch.setattr(correlation, "CACHE", 3000)
        monkeypatch.setattr(correlation, "SMALL", 50)
        monkeypatch.setattr(kernel_gradient, "CACHE", 3000)
        monkeypatch.setattr(kernel_gradient, "DEEP", 15)
        monkeypatch.setattr(kernel_gradient, "FEW", {True: (4, 64), False: (4, 32)})
        monkeypatch.setattr(normalization, "BLOCK", 500)
        monkeypatch.setattr(pooling, "BLOCK", 2000)


def random_layers(rng, dtype):
    """A random network that fits its input: layers, and the shape of one sample."""
    shape = start = (int(rng.integers(1, 4)), int(rng.integers(1, 13)), int(rng.integers(1, 13)))
    layers = []
    for _ in range(rng.integers(1, 5)):
        kernel = tuple(int(rng.integers(1, min(4, size) + 1)) for size in shape[1:])
        stride = tuple(int(s) for s in rng.integers(1, 4, 2))
        padding = tuple(int(rng.integers(0, k + 1)) for k in kernel) if rng.random() < 0.7 else 0
        kind = rng.integers(12)
        if kind in (9, 10):
            layers.append(rearranged(rng, shape, kernel, stride, dtype, transposed=kind == 9))
            layers += [ReLU()] if rng.random() < 0.7 else []
        elif kind == 11:
            layers.append(LayerNorm(shape, dtype=dtype) if np.prod(shape) > 1 else ReLU())
        elif kind < 4:
            layer = Conv2d(
                shape[0],
                int(rng.integers(1, 9)),
                kernel,
                1 if kind < 3 else stride,
                padding,
                bias=rng.random() < 0.8,
                rng=rng,
                dtype=dtype,
            )
            layers.append(layer)
            layers += [ReLU()] if rng.random() < 0.7 else []
            after = nn.Sequential(layers).forward(np.zeros((1, *start), dtype)).shape
            layers += [MaxPool2d(2)] if min(after[2:]) > 1 and rng.random() < 0.6 else []
        elif kind < 6:
            layers.append((MaxPool2d, AvgPool2d)[kind - 4](kernel, stride))
        else:
            layers.append([BatchNorm2d(shape[0], dtype=dtype), Dropout(0.3, rng=1), Tanh()][kind - 6])
        shape = nn.Sequential(layers).forward(np.zeros((1, *start), dtype)).shape[1:]
    if rng.random() < 0.8:
        layers += [Flatten(), Linear(int(np.prod(shape)), 5, bias=rng.random() < 0.8, rng=rng, dtype=dtype)]
        layers += [[ReLU()], [Sigmoid()], [Tanh(), Linear(5, 3, rng=rng, dtype=dtype)], []][rng.integers(4)]
    for layer in layers:
        for value in layer.params.values():
            value += rng.normal(size=value.shape, scale=0.1).astype(dtype)
    return layers, start


def rearranged(rng, shape, kernel, stride, dtype, transposed):
    """A transposed convolution, or a dilated one, that fits images of a shape."""
    sizes = shape[0], int(rng.integers(1, 5)), kernel
    given = {"bias": rng.random() < 0.8, "rng": rng, "dtype": dtype}
    if transposed:
        return ConvTranspose2d(
            *sizes, stride, tuple(int(rng.integers(0, (k + 1) // 2)) for k in kernel), **given
        )
    most = ((size - 1) // max(1, k - 1) for size, k in zip(shape[1:], kernel, strict=True))
    dilation = tuple(int(rng.integers(1, max(1, min(4, m)) + 1)) for m in most)
    padding = tuple(int(rng.integers(0, d * (k - 1) + 1)) for d, k in zip(dilation, kernel, strict=True))
    return Conv2d(*sizes, stride if rng.random() < 0.5 else 1, padding, dilation=dilation, **given)


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
    return bool(fast._engine.plans)


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
    assert opened > 300, "most of these networks should go through the fast network"


def test_five_hundred_steps_on_both_paths_give_the_same_losses():
    model, fast = run(True, 500, F64)
    slow_model, slow = run(False, 500, F64)
    assert model._engine.last and len(fast) == 500
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


@pytest.mark.parametrize("relu", [True, False])
def test_pooling_into_a_padded_image_in_the_middle_of_a_network(relu, pieces):
    def block(channels, filters):
        return [
            Conv2d(channels, filters, 3, padding=1, rng=0, dtype=F64),
            *([ReLU()] if relu else []),
            MaxPool2d(2),
        ]

    layers = [*block(1, 4), *block(4, 6), Conv2d(6, 2, 3, padding=1, rng=1, dtype=F64)]
    rng = np.random.default_rng(0)
    assert compare(*twins(layers), rng.standard_normal((5, 1, 18, 14)), rng)


def test_dropout_draws_the_same_numbers_on_both_paths(pieces):
    layers = [
        Dropout(0.2, rng=5),
        Conv2d(1, 4, 3, rng=0, dtype=F64),
        Flatten(),
        Dropout(0.5, rng=6),
        Linear(144, 3, rng=1, dtype=F64),
    ]
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
    assert model._engine.plans and max(errors.values()) < 1e-7


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
    assert len(fast._engine.plans) <= engine.KEPT


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


def test_nan_and_infinity_are_not_hidden(pieces):
    model = course_network()
    x = np.random.default_rng(0).random((5, 1, 8, 8), F32)
    x[2, 0, 4, 4] = np.nan
    y = model.forward(x, training=True)
    np.testing.assert_array_equal(np.isnan(y).all(axis=1), np.arange(5) == 2)
    model.backward(y)
    assert all(np.isnan(p.grad).any() for p in model.parameters())


def test_evaluation_and_predictions_agree(pieces):
    fast, slow = twins(course_network().layers)
    rng = np.random.default_rng(0)
    x, y = rng.random((170, 1, 8, 8), F32), rng.integers(0, 10, 170)
    a, b = (evaluate(m, CrossEntropyLoss(), x, y) for m in (fast, slow))
    assert a.loss == pytest.approx(b.loss, rel=1e-5) and a.accuracy == b.accuracy
    np.testing.assert_array_equal(fast.predict(x), slow.predict(x))
    close(fast.predict_proba(x, batch_size=33), slow.predict_proba(x), F32)
