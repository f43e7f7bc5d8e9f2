"""Layers stay usable after a network's passes: the same numbers or errors on the plain and fast networks."""

import copy
import pickle

import numpy as np
import pytest

import cnnlib
from cnnlib import nn
from cnnlib.fast import engine
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
    Residual,
    Sigmoid,
    Tanh,
)
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.training import evaluate
from cnnlib.runtime import threads

F64 = np.float64
KINDS = ["plain", "fast", "fast in pieces"]
PASSES = [(1, True), (5, True), (5, False), (64, False), (65, True), (65, False), (150, True), (150, False)]


class Doubling(Tanh):
    """A layer that the fast passes do not know."""

    def _forward(self, x, training):
        return 2 * x, None

    def _backward(self, dy, cache):
        return 2 * dy


def course():
    first, second = Conv2d(2, 4, 3, padding=1, rng=0, dtype=F64), Conv2d(4, 8, 3, rng=1, dtype=F64)
    return [first, ReLU(), MaxPool2d(2), second, ReLU(), Flatten(), Linear(32, 10, rng=2, dtype=F64)]


def everything():
    return [
        Conv2d(2, 4, 3, padding=1, rng=0, dtype=F64),
        BatchNorm2d(4, dtype=F64),
        ReLU(),
        MaxPool2d(2),
        Conv2d(4, 6, 3, stride=2, padding=1, bias=False, rng=1, dtype=F64),
        Tanh(),
        Dropout(0.3, rng=3),
        AvgPool2d(2),
        Flatten(),
        Linear(6, 12, rng=2, dtype=F64),
        ReLU(),
        Dropout(0.2, rng=4),
        Linear(12, 10, rng=5, dtype=F64),
        Sigmoid(),
    ]


def deeper():
    """The layers of deeper networks, alone and inside a residual block."""
    inner = [Conv2d(4, 4, 3, padding=2, dilation=2, rng=0, dtype=F64), BatchNorm2d(4, dtype=F64), ReLU()]
    return [
        ConvTranspose2d(2, 4, 2, stride=2, rng=1, dtype=F64),
        MaxPool2d(2),
        Residual([*inner, Dropout(0.3, rng=2)], shortcut=[Conv2d(4, 4, 1, rng=3, dtype=F64)]),
        AvgPool2d(4),
        Flatten(),
        LayerNorm(16, dtype=F64),
        Linear(16, 10, rng=4, dtype=F64),
    ]


def unknown():
    return [*course()[:-2], Doubling(), *course()[-2:]]


def dense():
    hidden = Linear(128, 16, rng=0, dtype=F64)
    return [Flatten(), hidden, ReLU(), Dropout(0.5, rng=1), Linear(16, 10, rng=2, dtype=F64)]


NETWORKS = [course, everything, deeper, unknown, dense]
each_kind = pytest.mark.parametrize("kind", KINDS, ids=["plain", "fast", "fast in pieces"], indirect=True)
each_network = pytest.mark.parametrize("layers", NETWORKS, ids=lambda layers: layers.__name__)
each_pass = pytest.mark.parametrize(("n", "training"), PASSES)


@pytest.fixture
def kind(request, monkeypatch):
    """A class of networks; in pieces every batch is cut, and shared by two threads."""
    if request.param == "fast in pieces":
        monkeypatch.setattr(engine, "CHUNK", 3)
        monkeypatch.setattr(engine, "THREADS_PAY", 0)
        monkeypatch.setattr(threads, "cores", lambda: 2)
    return nn.Sequential if request.param == "plain" else cnnlib.Sequential


def batch(n, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, 2, 8, 8)), rng.standard_normal((n, 10))


def by_hand(layers, x, dy, training=False):
    """Gradients by every layer's output (the input's first), and every layer's ``grads``; on copies."""
    layers = copy.deepcopy(layers)
    for layer in layers:
        x = layer.forward(x, training)
    dys = [dy]
    for layer in reversed(layers):
        dys.insert(0, layer.backward(dys[0]))
    return dys, [layer.grads for layer in layers]


def equal(found, expected):
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11)


def equal_grads(layers, expected):
    for layer, grads in zip(layers, expected, strict=True):
        assert layer.grads.keys() == grads.keys()
        for name, gradient in grads.items():
            equal(layer.grads[name], gradient)


@each_kind
@each_network
@each_pass
@pytest.mark.parametrize("after", ["forward", "backward"])
def test_each_layer_can_be_run_backwards_by_itself(kind, layers, n, training, after):
    model, (x, dy) = kind(layers()), batch(n)
    dys, grads = by_hand(model.layers, x, dy, training)
    model.forward(x, training)
    if after == "backward":
        equal(model.backward(dy), dys[0])
        equal_grads(model, grads)
    for i in np.random.default_rng(1).permutation(len(model)):
        model[i].grads.clear()
        equal(model[i].backward(dys[i + 1]), dys[i])
        equal_grads([model[i]], [grads[i]])
    equal(model.backward(dy), dys[0])
    equal_grads(model, grads)


@each_kind
@each_network
@each_pass
def test_walking_backwards_by_hand_in_part_or_whole(kind, layers, n, training):
    model, (x, dy) = kind(layers()), batch(n)
    dys, grads = by_hand(model.layers, x, dy, training)
    model.forward(x, training)
    for first in range(len(model)):
        walked = dy
        for layer in reversed(model[first:]):
            walked = layer.backward(walked)
        equal(walked, dys[first])
        equal_grads(model[first:], grads[first:])


@each_kind
@each_network
def test_each_forward_is_that_of_its_own_batch_size_and_mode(kind, layers):
    model = kind(layers())
    for seed, (n, training) in enumerate(PASSES * 2):
        x, dy = batch(n, seed)
        dys, grads = by_hand(model.layers, x, dy, training)
        model.forward(x, training)
        equal(model[-1].backward(dy), dys[-2])
        equal(model.backward(dy), dys[0])
        equal_grads(model, grads)


def in_place(layer, name):
    layer.params[name] *= -3


def by_assignment(layer, name):
    layer.params[name] = layer.params[name] * -3


@each_kind
@each_network
@each_pass
@pytest.mark.parametrize("edit", [in_place, by_assignment])
@pytest.mark.parametrize("way", ["whole", "by layers"])
def test_edited_weights_count_from_the_next_forward_on(kind, layers, n, training, edit, way):
    model, (x, dy) = kind(layers()), batch(n)
    for seed in (0, 1):
        x, dy = batch(n, seed)
        dys, grads = by_hand(model.layers, x, dy, training)
        model.forward(x, training)
        for layer in model:
            for name in layer.params:
                edit(layer, name)
        if way == "by layers":
            for layer in reversed(model.layers):
                dy = layer.backward(dy)
        equal(model.backward(dy) if way == "whole" else dy, dys[0])
        equal_grads(model, grads)


SIZES = {"stride": (3, 3), "padding": (0, 0), "kernel_size": (1, 1), "p": 0.9, "eps": 9.0}


@each_kind
@each_network
@each_pass
def test_edited_sizes_count_from_the_next_forward_on(kind, layers, n, training):
    model, (x, dy) = kind(layers()), batch(n)
    dys, grads = by_hand(model.layers, x, dy, training)
    model.forward(x, training)
    for layer in model:
        vars(layer).update({name: value for name, value in SIZES.items() if name in vars(layer)})
    equal(model.backward(dy), dys[0])
    equal_grads(model, grads)
    for layer in reversed(model.layers):
        dy = layer.backward(dy)
    equal(dy, dys[0])
    equal_grads(model, grads)


EXCHANGES = {
    "replaced": lambda layers: layers.__setitem__(-1, copy.deepcopy(layers[-1])),
    "replaced by a used one": lambda layers: layers.__setitem__(1, used(Tanh())),
    "inserted": lambda layers: layers.insert(1, ReLU()),
    "removed": lambda layers: layers.pop(),
    "swapped": lambda layers: layers.insert(0, layers.pop()),
    "list replaced": lambda layers: layers.__setitem__(slice(None), copy.deepcopy(layers)),
}


def used(layer):
    layer.forward(np.ones((5, 4, 8, 8)))
    return layer


@each_kind
@each_network
@pytest.mark.parametrize("n", [5, 150])
@pytest.mark.parametrize("exchange", EXCHANGES)
def test_a_changed_list_of_layers_wants_a_new_forward(kind, layers, n, exchange):
    model, (x, dy) = kind(layers()), batch(n)
    model.forward(x)
    EXCHANGES[exchange](model.layers)
    with pytest.raises(
        RuntimeError, match=r"^Sequential.backward: layers were exchanged, or run by th.*again$"
    ):
        model.backward(dy)


@each_kind
@each_network
@pytest.mark.parametrize("n", [5, 150])
def test_a_layer_run_by_itself_wants_a_new_forward(kind, layers, n):
    model, (x, dy) = kind(layers()), batch(n)
    model.forward(x)
    model[0].forward(x)
    with pytest.raises(
        RuntimeError, match=r"^Sequential.backward: layers were exchanged, or run by th.*again$"
    ):
        model.backward(dy)
    dys, grads = by_hand(model.layers, x, dy)
    model.forward(x)
    equal(model.backward(dy), dys[0])
    equal_grads(model, grads)


LOOKS = {
    "predict": lambda model, x: model.predict(x),
    "predict_proba": lambda model, x: model.predict_proba(x, batch_size=7),
    "infer": lambda model, x: model.infer(x),
    "evaluate": lambda model, x: evaluate(model, CrossEntropyLoss(), x, np.zeros(len(x), int)),
    "summary": lambda model, x: model.summary((2, 8, 8)),
    "copy": lambda model, x: model.copy().forward(x, training=True),
    "overwritten batch": lambda model, x: None,
}


@each_kind
@each_network
@pytest.mark.parametrize(("n", "training"), [(5, True), (64, False), (150, True), (150, False)])
@pytest.mark.parametrize("look", LOOKS)
def test_a_look_between_forward_and_backward_changes_nothing(kind, layers, n, training, look):
    model, (x, dy) = kind(layers()), batch(n)
    dys, grads = by_hand(model.layers, x, dy, training)
    y = model.forward(x, training)
    kept = y.copy()
    x[...] = 1e9
    for size in (3, n, 200):
        LOOKS[look](model, batch(size, seed=9)[0])
    np.testing.assert_array_equal(y, kept)
    equal(model[-1].backward(dy), dys[-2])
    equal(model.backward(dy), dys[0])
    equal_grads(model, grads)


@each_kind
@each_network
@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, copy.copy, lambda model: pickle.loads(pickle.dumps(model))]
)
def test_a_copy_starts_without_a_forward_and_leaves_the_original_its_own(kind, layers, duplicate):
    model, (x, dy) = kind(layers()), batch(5)
    dys, grads = by_hand(model.layers, x, dy)
    y = model.forward(x)
    other = duplicate(model)
    assert type(other) is kind
    with pytest.raises(RuntimeError, match=r"^Sequential.backward: call forward\(x\) first$"):
        other.backward(dy)
    equal(model.backward(dy), dys[0])
    equal_grads(model, grads)
    equal(other.forward(x), y)
    equal(other.backward(dy), dys[0])


def test_a_pickle_is_small():
    model = cnnlib.Sequential(course())
    model.backward(np.ones_like(model.forward(batch(64)[0])))
    size = sum(array.nbytes for array in model.arrays().values())
    assert len(pickle.dumps(model)) < 2 * size + 4000, "buffers or memories went into the pickle"
