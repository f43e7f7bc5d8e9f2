"""Infinite gradients and NaN go where PyTorch leads them: functions, loops, fast network."""

import numpy as np
import pytest

from cnnlib import nn
from cnnlib.experiments.ensemble import layers
from cnnlib.fast import Sequential
from cnnlib.nn import functional as F
from cnnlib.nn import naive
from cnnlib.nn.functional import _arrays
from cnnlib.nn.layers import Conv2d, Flatten, Linear, MaxPool2d, ReLU

torch = pytest.importorskip("torch")
INF, NAN = np.inf, np.nan
VALUES = np.array([-1.0, 0.0, -0.0, 1.0, INF, -INF, NAN])
GRADIENTS = np.array([1.0, 0.0, INF, -INF, NAN])
PATHS = pytest.mark.parametrize("module", [F, naive], ids=["functional", "loops"])
DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def torch_gradient(function, x, dy):
    tensor = torch.tensor(x, requires_grad=True)
    function(tensor).backward(torch.tensor(dy))
    return tensor.grad.numpy()


@PATHS
@DTYPES
@pytest.mark.parametrize("name", ["relu", "tanh", "sigmoid"])
def test_activations(module, dtype, name):
    """Every odd value met by every odd gradient: a closed gate lets nothing through, not even infinity."""
    x, dy = (a.astype(dtype) for a in np.meshgrid(VALUES, GRADIENTS))
    forward, backward = (getattr(module, f"{name}_{way}") for way in ("forward", "backward"))
    with np.errstate(all="ignore"):
        ours = backward(dy, forward(x)[1])
    np.testing.assert_allclose(ours, torch_gradient(getattr(torch, name), x, dy), rtol=1e-6)
    assert ours.dtype == dtype


@PATHS
@DTYPES
@pytest.mark.parametrize(("size", "stride"), [(2, 2), (3, 3), (2, 1), (3, 2), (2, 3)])
def test_max_pooling(module, dtype, size, stride):
    """Of several maxima the first gets the gradient, of several NaN the last; all others get zero."""
    rng = np.random.default_rng(0)
    x = rng.choice([*VALUES, 2.0, 2.0], size=(4, 2, 9, 9)).astype(dtype)
    y, cache = module.maxpool2d_forward(x, size, stride)
    dy = rng.choice([1.0, 2.0, INF], size=y.shape).astype(dtype)
    theirs = torch_gradient(lambda t: torch.nn.functional.max_pool2d(t, size, stride), x, dy)
    np.testing.assert_array_equal(module.maxpool2d_backward(dy, cache), theirs)


@DTYPES
def test_average_pooling_and_dropout(dtype):
    """Here PyTorch multiplies too: an infinite gradient at a dropped number is NaN in both."""
    dy = np.array([[[[1.0, INF], [-INF, NAN]]]], dtype)
    x = np.zeros((1, 1, 4, 4), dtype)
    theirs = torch_gradient(lambda t: torch.nn.functional.avg_pool2d(t, 2), x, dy)
    for module in (F, naive):
        ours = module.avgpool2d_backward(dy, module.avgpool2d_forward(x, 2)[1])
        np.testing.assert_array_equal(ours, theirs)
    y, factors = F.dropout_forward(np.ones(8, dtype), 0.5, np.random.default_rng(0))
    with np.errstate(invalid="ignore"):
        found = F.dropout_backward(np.full(8, INF, dtype), factors)
    assert np.array_equal(np.isnan(found), y == 0) and (y == 0).any()


def networks():
    rng = np.random.default_rng(0)
    conv = Conv2d(1, 8, 3, padding=1, rng=rng)
    yield "pooled", [conv, ReLU(), MaxPool2d(2), Flatten(), Linear(8 * 16, 10, rng=rng)]
    conv = Conv2d(2, 8, 3, rng=rng)
    yield "two", [Conv2d(1, 2, 3, rng=rng), ReLU(), conv, MaxPool2d(2), Flatten(), Linear(32, 10, rng=rng)]
    yield "dense", [Linear(64, 30, rng=rng), ReLU(), Linear(30, 10, rng=rng)]
    yield "alone", [Linear(64, 30, rng=rng), ReLU(), ReLU(), Linear(30, 10, rng=rng)]


def gradients(model, x, dy):
    with np.errstate(all="ignore"):
        y = model.forward(x, training=True)
        dx = model.backward(dy)
    return [y, dx, *(parameter.grad for parameter in model.parameters())]


@pytest.mark.parametrize("samples", [3, 70, 130])
@pytest.mark.parametrize(
    ("name", "chain"), list(networks()), ids=lambda case: case if isinstance(case, str) else ""
)
@pytest.mark.parametrize("kind", ["gradient", "input", "weight"])
def test_the_fast_network_leads_them_as_the_readable_one(name, chain, samples, kind):
    rng = np.random.default_rng(1)
    slow = nn.Sequential(chain).copy()
    shape = (64,) if isinstance(chain[0], Linear) else (1, 8, 8)
    x, dy = rng.normal(size=(samples, *shape)), rng.normal(size=(samples, 10))
    if kind == "gradient":
        dy[0, :3] = INF, -INF, INF
    if kind == "input":
        x[1].flat[7:9] = NAN
    if kind == "weight":
        slow[-1].params["weight"][4, 2] = INF
        slow[0].params["weight"].flat[3] = NAN if name != "dense" else INF
    fast = Sequential(slow.copy().layers)
    x, dy = x.astype(np.float32), dy.astype(np.float32)
    for ours, theirs in zip(gradients(fast, x, dy), gradients(slow, x, dy), strict=True):
        for test in (np.isnan, np.isposinf, np.isneginf):
            np.testing.assert_array_equal(test(ours), test(theirs))
        finite = np.isfinite(theirs)
        np.testing.assert_allclose(ours[finite], theirs[finite], rtol=1e-3, atol=1e-3)


def test_one_infinite_gradient_does_not_reach_closed_gates():
    """The case that was found: one NaN at a closed gate made every weight of the layer NaN."""
    model = Sequential([Linear(4, 3, rng=0), ReLU(), Linear(3, 2, rng=0)])
    model[0].params["weight"][...] = -1.0
    gradients(model, np.ones((2, 4), np.float32), np.full((2, 2), INF, np.float32))
    assert np.array_equal(model[0].grads["weight"], np.zeros((4, 3), np.float32))


def test_an_ensemble_leads_them_likewise():
    y = np.array([0.0, 2.0]).reshape(1, 1, 2)
    gate = layers.ReLU(None, {})
    gate.forward(y.copy())
    assert gate.backward(np.full(y.shape, INF)).tolist() == [[[0.0, INF]]]
    for stride in (2, 1):
        pool = layers.MaxPool2d(MaxPool2d(2, stride=stride), {})
        pool.forward(np.arange(4.0).reshape(1, 1, 2, 2, 1))
        assert pool.backward(np.full((1, 1, 1, 1, 1), INF)).ravel().tolist() == [0, 0, 0, INF]


def test_bits_keeps_or_clears_every_kind_of_number():
    for dtype in (np.float32, np.float64):
        x = VALUES.astype(dtype)
        for keep in (True, False):
            kept = (_arrays.bits(x) * np.full(x.shape, keep)).view(dtype)
            np.testing.assert_array_equal(kept, x if keep else np.zeros_like(x))
