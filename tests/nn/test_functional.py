"""The vectorised functions against their loop twins, against PyTorch, and against bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlib.nn import functional as F
from cnnlib.nn import naive
from cnnlib.nn.functional._arrays import batch_last

CONV = st.tuples(*[st.integers(1, 3)] * 5, *[st.integers(1, 3)] * 2, *[st.integers(0, 3)] * 2, st.booleans())


def close(actual, expected, dtype=np.float64):
    assert actual.dtype == dtype and actual.shape == expected.shape
    tolerance = 1e-10 if dtype == np.float64 else 2e-4
    np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance)


def both_ways(name, dtype, x, *args, rng=None, **options):
    """Run a pair of functional and its twin of naive forwards and backwards; hold them together."""
    if rng is None:
        y, cache = getattr(F, name + "_forward")(x, *args, **options)
        y2, cache2 = getattr(naive, name + "_forward")(x, *args, **options)
    else:
        y, cache = getattr(F, name + "_forward")(x, *args, np.random.default_rng(rng))
        y2, cache2 = getattr(naive, name + "_forward")(x, *args, np.random.default_rng(rng))
    close(y, y2, dtype)
    dy = np.random.default_rng(1).standard_normal(y.shape).astype(dtype)
    grads = getattr(F, name + "_backward")(dy, cache)
    grads2 = getattr(naive, name + "_backward")(dy, cache2)
    if not isinstance(grads, tuple):
        grads, grads2 = (grads,), (grads2,)
    assert len(grads) == len(grads2)
    for grad, grad2 in zip(grads, grads2, strict=True):
        if grad2 is None:
            assert grad is None
        else:
            close(grad, grad2, dtype)


def normal(seed, *shape, dtype=np.float64):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


@settings(max_examples=60, deadline=None)
@given(CONV, st.integers(1, 6), st.integers(1, 6), st.sampled_from([np.float32, np.float64]))
def test_conv2d_equals_its_loops(config, height, width, dtype):
    n, c, f, kh, kw, sh, sw, ph, pw, bias = config
    kh, kw = min(kh, height + 2 * ph), min(kw, width + 2 * pw)
    b = normal(2, f, dtype=dtype) if bias else None
    x, w = normal(0, n, c, height, width, dtype=dtype), normal(1, f, c, kh, kw, dtype=dtype)
    both_ways("conv2d", dtype, x, w, b, stride=(sh, sw), padding=(ph, pw))


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["maxpool2d", "avgpool2d"]),
    st.tuples(*[st.integers(1, 3)] * 4),
    st.tuples(*[st.integers(1, 7)] * 2),
    st.sampled_from([np.float32, np.float64]),
    st.booleans(),
    st.booleans(),
)
def test_pooling_equals_its_loops(name, window, size, dtype, ties, default_stride):
    kernel, stride = (min(window[0], size[0]), min(window[1], size[1])), window[2:]
    x = normal(0, 2, 3, *size, dtype=dtype)
    x = np.maximum(np.round(x), 0) if ties else x
    both_ways(name, dtype, x, kernel, None if default_stride else stride)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["relu", "tanh", "sigmoid"])
@pytest.mark.parametrize("shape", [(), (5,), (4, 7), (2, 3, 4, 5)])
def test_activations_equal_their_loops(name, shape, dtype):
    both_ways(name, dtype, normal(0, *shape, dtype=dtype) * 3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("n", "d", "m"), [(1, 1, 1), (5, 3, 4), (2, 30, 7)])
def test_linear_equals_its_loops(n, d, m, bias, dtype):
    x, w = normal(0, n, d, dtype=dtype), normal(1, d, m, dtype=dtype)
    both_ways("linear", dtype, x, w, normal(2, m, dtype=dtype) if bias else None)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("given_statistics", [True, False])
def test_batchnorm2d_equals_its_loops(given_statistics, dtype):
    x, gamma, beta = (
        normal(0, 4, 3, 2, 5, dtype=dtype) * 2 + 3,
        normal(1, 3, dtype=dtype),
        normal(2, 3, dtype=dtype),
    )
    statistics = (normal(3, 3, dtype=dtype), normal(4, 3, dtype=dtype) ** 2) if given_statistics else ()
    both_ways("batchnorm2d", dtype, x, gamma, beta, *statistics, eps=1e-3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(7,), (5, 4), (2, 3, 4, 4)])
def test_dropout_equals_its_loops(shape, dtype):
    both_ways("dropout", dtype, normal(0, *shape, dtype=dtype), 0.3, rng=9)
    with_c_order = F.dropout_forward(np.ones(shape, dtype), 0.5, np.random.default_rng(1))[0]
    fortran = F.dropout_forward(np.ones(shape, dtype, order="F"), 0.5, np.random.default_rng(1))[0]
    np.testing.assert_array_equal(with_c_order, fortran)


def test_dropout_keeps_the_expected_value_and_drops_a_share_of_p():
    y, _ = F.dropout_forward(np.ones((400, 100), np.float32), 0.25, np.random.default_rng(0))
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / 0.75)}
    assert abs((y == 0).mean() - 0.25) < 0.01 and abs(y.mean() - 1) < 0.02


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_softmax_equals_its_loops_and_never_overflows(name, axis):
    x = normal(0, 4, 5) * 200
    close(getattr(F, name)(x, axis), getattr(naive, name)(x, axis))
    with np.errstate(all="raise", under="ignore"):
        getattr(F, name)(np.array([[1e4, -1e4, 0]], np.float32))


def test_flatten_keeps_the_logical_order():
    both_ways("flatten", np.float64, normal(0, 2, 3, 4, 5))
    x = normal(0, 2, 3, 4, 5)
    np.testing.assert_array_equal(F.flatten_forward(x)[0], x.reshape(2, -1))


def batch_last_in_memory(a):
    return a.transpose(2, 3, 1, 0).flags.c_contiguous


def test_the_batch_stays_last_in_memory_from_layer_to_layer():
    x = normal(0, 4, 3, 8, 8)
    y, conv = F.conv2d_forward(x, normal(1, 5, 3, 3, 3), normal(2, 5), padding=1)
    a, relu = F.relu_forward(y)
    p, pool = F.maxpool2d_forward(a, 2)
    q, norm = F.batchnorm2d_forward(p, np.ones(5), np.zeros(5))
    r, average = F.avgpool2d_forward(q, 2)
    z, flat = F.flatten_forward(r)
    assert all(batch_last_in_memory(t) for t in (y, a, p, q, r)) and z.T.flags.c_contiguous
    dr = F.flatten_backward(z, flat)
    dq = F.avgpool2d_backward(dr, average)
    dp = F.batchnorm2d_backward(dq, norm)[0]
    da = F.maxpool2d_backward(dp, pool)
    dy = F.relu_backward(da, relu)
    dx, dw, _ = F.conv2d_backward(dy, conv)
    assert all(batch_last_in_memory(t) for t in (dq, dp, da, dy, dx)) and dw.flags.c_contiguous


def test_no_hidden_copy_at_the_entrance_of_a_batch_last_array():
    x = np.zeros((6, 6, 2, 4)).transpose(3, 2, 0, 1)
    assert np.shares_memory(x, F.maxpool2d_forward(x, 2)[1][0])
    assert np.shares_memory(x, batch_last(x)) and not np.shares_memory(x, batch_last(x.copy()))


@pytest.mark.parametrize("stored", ["fortran", "strided", "read-only", "batch-last", "broadcast", "negative"])
def test_any_memory_order_of_the_input(stored):
    plain = normal(0, 2, 3, 5, 6)
    x = {
        "fortran": np.asfortranarray(plain),
        "strided": np.repeat(plain, 2, axis=3)[..., ::2],
        "read-only": plain.copy(),
        "batch-last": np.ascontiguousarray(plain.transpose(2, 3, 1, 0)).transpose(3, 2, 0, 1),
        "broadcast": np.broadcast_to(plain[:1], plain.shape),
        "negative": plain[:, ::-1, ::-1, ::-1],
    }[stored]
    x.flags.writeable = False
    both_ways(
        "conv2d", np.float64, x, np.asfortranarray(normal(1, 2, 3, 2, 3)), normal(2, 2), padding=1, stride=2
    )
    for name in ("maxpool2d", "avgpool2d"):
        both_ways(name, np.float64, x, 2)
    both_ways("batchnorm2d", np.float64, x, np.ones(3), np.zeros(3))
    both_ways("flatten", np.float64, x)


def test_gradients_may_come_in_any_memory_order():
    y, cache = F.conv2d_forward(normal(0, 2, 3, 5, 6), normal(1, 4, 3, 2, 2), normal(2, 4))
    dy = normal(3, *y.shape)
    other = np.asfortranarray(np.repeat(dy, 2, axis=2))[:, :, ::2]
    for one, two in zip(F.conv2d_backward(dy, cache), F.conv2d_backward(other, cache), strict=True):
        np.testing.assert_array_equal(one, two)


def test_an_empty_batch_gives_empty_results_and_zero_gradients():
    x = np.zeros((0, 2, 5, 5), np.float32)
    y, cache = F.conv2d_forward(x, np.ones((3, 2, 2, 2), np.float32), np.ones(3, np.float32), padding=1)
    dx, dw, db = F.conv2d_backward(y, cache)
    assert y.shape == (0, 3, 6, 6) and dx.shape == x.shape and not dw.any() and not db.any()
    for name in ("maxpool2d", "avgpool2d"):
        y, cache = getattr(F, name + "_forward")(x, 2)
        assert y.shape == (0, 2, 2, 2) and getattr(F, name + "_backward")(y, cache).shape == x.shape
    z, flat = F.flatten_forward(x)
    assert F.flatten_backward(z, flat).shape == x.shape
    y, cache = F.linear_forward(z, np.ones((50, 3), np.float32), None)
    assert y.shape == (0, 3) and not F.linear_backward(y, cache)[1].any()


def test_float32_stays_float32_whatever_the_weights_are():
    x = normal(0, 2, 1, 4, 4, dtype=np.float32)
    y, cache = F.conv2d_forward(x, normal(1, 2, 1, 3, 3), normal(2, 2))
    assert y.dtype == np.float32 and {g.dtype for g in F.conv2d_backward(y.astype(np.float64), cache)} == {
        y.dtype
    }
    y, cache = F.batchnorm2d_forward(x, np.ones(1), np.zeros(1))
    assert y.dtype == np.float32 and {g.dtype for g in F.batchnorm2d_backward(y, cache)} == {y.dtype}


def test_nan_passes_through_maxpool_and_relu_and_is_not_hidden_backwards():
    x = np.array([[np.nan, 1.0, 2.0, 3.0]]).reshape(1, 1, 2, 2)
    for order in (x, x[..., ::-1], x[..., ::-1, :]):
        y, cache = F.maxpool2d_forward(order, 2)
        assert np.isnan(y).all() and np.isnan(F.maxpool2d_backward(y, cache)).any()
    assert np.isnan(F.relu_forward(x)[0][0, 0, 0, 0])


X, W = np.zeros((2, 3, 5, 5)), np.zeros((4, 3, 3, 3))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: F.conv2d_forward(X[0], W, None),
            ValueError,
            r"x must have shape \(N, C, H, W\), got \(3, 5, 5\)",
        ),
        (lambda: F.conv2d_forward(X[:, :2], W, None), ValueError, r"2 channels, w has shape .* 3 channels"),
        (lambda: F.conv2d_forward(X, W[0], None), ValueError, r"w must have shape .* got \(3, 3, 3\)"),
        (lambda: F.conv2d_forward(X, W, np.zeros(3)), ValueError, r"b must have shape \(4,\).* got \(3,\)"),
        (lambda: F.conv2d_forward(X[:, :, :2], W, None), ValueError, r"kernel is 3x3, .* 2x5"),
        (lambda: F.conv2d_forward(X, W, None, stride=0), ValueError, "stride must be at least 1, got 0"),
        (
            lambda: F.conv2d_forward(X, W, None, stride=(1, 2, 3)),
            ValueError,
            "stride must be an int or a pair",
        ),
        (lambda: F.conv2d_forward(X, W, None, stride=1.5), TypeError, "stride must be an int .* got 1.5"),
        (lambda: F.conv2d_forward(X, W, None, padding=-1), ValueError, "padding must be at least 0, got -1"),
        (lambda: F.conv2d_forward(X, W, None, padding="same"), TypeError, "padding must be an int .* 'same'"),
        (
            lambda: F.conv2d_forward(X.astype(np.uint8), W, None),
            TypeError,
            "x must be float32 or float64, got uint8",
        ),
        (
            lambda: F.conv2d_forward(X, W.astype(int), None),
            TypeError,
            "w must be float32 or float64, got int64",
        ),
        (lambda: F.maxpool2d_forward(X, 6), ValueError, "kernel_size must fit .* 6x6, .* 5x5"),
        (lambda: F.maxpool2d_forward(X, 0), ValueError, "kernel_size must be at least 1, got 0"),
        (lambda: F.avgpool2d_forward(X, 2, stride=0), ValueError, "stride must be at least 1, got 0"),
        (lambda: F.avgpool2d_forward(X[0], 2), ValueError, r"x must have shape .* x\[None\]"),
        (lambda: F.linear_forward(X, W, None), ValueError, r"x must have shape \(N, D\), got \(2, 3, 5, 5\)"),
        (lambda: F.linear_forward(X[0, 0], W[0, 0], None), ValueError, r"D = 5 as in .* got \(3, 3\)"),
        (lambda: F.linear_forward(X[0, 0], X[0, 0], np.zeros(2)), ValueError, r"b must have shape \(5,\)"),
        (lambda: F.dropout_forward(X, 1.0, np.random.default_rng(0)), ValueError, "p must be .* got 1.0"),
        (lambda: F.dropout_forward(X, 0.5, 0), TypeError, "rng must be a numpy.random.Generator, got int"),
        (
            lambda: F.batchnorm2d_forward(X, np.ones(2), np.ones(3)),
            ValueError,
            r"gamma must have shape \(3,\)",
        ),
        (
            lambda: F.batchnorm2d_forward(X, np.ones(3), np.ones(3), mean=np.ones(3)),
            ValueError,
            "mean and var",
        ),
        (lambda: F.batchnorm2d_forward(X[:0], np.ones(3), np.ones(3)), ValueError, "x must not be empty"),
        (lambda: F.relu_forward([1, 2]), TypeError, "x must be float32 or float64, got int64"),
        (
            lambda: F.relu_backward(X[0], F.relu_forward(X)[1]),
            ValueError,
            "dy must have the shape of the output",
        ),
        (lambda: F.conv2d_backward(X, F.conv2d_forward(X, W, None)[1]), ValueError, r"\(2, 4, 3, 3\), got"),
        (lambda: F.maxpool2d_backward(X, F.maxpool2d_forward(X, 2)[1]), ValueError, r"\(2, 3, 2, 2\), got"),
        (lambda: F.avgpool2d_backward(X, F.avgpool2d_forward(X, 2)[1]), ValueError, r"\(2, 3, 2, 2\), got"),
        (lambda: F.flatten_backward(X, F.flatten_forward(X)[1]), ValueError, r"\(2, 75\), got"),
        (lambda: F.softmax(np.array([1, 2])), TypeError, "x must be float32 or float64"),
    ],
)
def test_errors_name_the_argument_and_what_came(call, error, words):
    with pytest.raises(error, match=words):
        call()


@settings(max_examples=120, deadline=None)
@given(CONV, st.integers(1, 9), st.integers(1, 9), st.sampled_from([np.float32, np.float64]))
def test_conv2d_equals_pytorch(config, height, width, dtype):
    torch = pytest.importorskip("torch")
    n, c, f, kh, kw, sh, sw, ph, pw, bias = config
    kh, kw = min(kh, height + 2 * ph), min(kw, width + 2 * pw)
    arrays = [normal(0, n, c, height, width, dtype=dtype), normal(1, f, c, kh, kw, dtype=dtype)]
    arrays += [normal(2, f, dtype=dtype)] if bias else []
    tensors = [torch.tensor(a, requires_grad=True) for a in arrays]
    b, tb = (arrays[2], tensors[2]) if bias else (None, None)
    y, cache = F.conv2d_forward(*arrays[:2], b, (sh, sw), (ph, pw))
    ty = torch.nn.functional.conv2d(*tensors[:2], tb, (sh, sw), (ph, pw))
    close(y, ty.detach().numpy(), dtype)
    dy = normal(3, *y.shape, dtype=dtype)
    ty.backward(torch.tensor(dy))
    for grad, tensor in zip(F.conv2d_backward(dy, cache), tensors, strict=False):
        close(grad, tensor.grad.numpy(), dtype)


@settings(max_examples=60, deadline=None)
@given(st.tuples(*[st.integers(1, 4)] * 4), st.tuples(*[st.integers(1, 9)] * 2), st.booleans(), st.booleans())
def test_pooling_equals_pytorch(window, size, ties, largest):
    torch = pytest.importorskip("torch")
    kernel, stride = (min(window[0], size[0]), min(window[1], size[1])), window[2:]
    x = normal(0, 2, 3, *size)
    x = np.maximum(np.round(x), 0) if ties else x
    name, t_name = ("maxpool2d", "max_pool2d") if largest else ("avgpool2d", "avg_pool2d")
    tx = torch.tensor(x, requires_grad=True)
    ty = getattr(torch.nn.functional, t_name)(tx, kernel, stride)
    y, cache = getattr(F, name + "_forward")(x, kernel, stride)
    close(y, ty.detach().numpy())
    dy = normal(1, *y.shape)
    ty.backward(torch.tensor(dy))
    close(getattr(F, name + "_backward")(dy, cache), tx.grad.numpy())


@pytest.mark.parametrize("from_batch", [True, False])
def test_batchnorm2d_equals_pytorch(from_batch):
    torch = pytest.importorskip("torch")
    x, gamma, beta, mean, var = (
        normal(0, 4, 3, 5, 2),
        normal(1, 3),
        normal(2, 3),
        normal(3, 3),
        normal(4, 3) ** 2,
    )
    tensors = [torch.tensor(a, requires_grad=True) for a in (x, gamma, beta)]
    statistics = (None, None) if from_batch else (mean, var)
    t_statistics = (None, None) if from_batch else (torch.tensor(mean), torch.tensor(var))
    ty = torch.nn.functional.batch_norm(tensors[0], *t_statistics, *tensors[1:], training=from_batch)
    y, cache = F.batchnorm2d_forward(x, gamma, beta, *statistics)
    close(y, ty.detach().numpy())
    ty.backward(torch.tensor(normal(5, *y.shape)))
    for grad, tensor in zip(F.batchnorm2d_backward(normal(5, *y.shape), cache), tensors, strict=True):
        close(grad, tensor.grad.numpy())


def test_float32_sums_over_many_places_keep_their_digits():
    x = normal(0, 64, 1, 40, 40, dtype=np.float32) + np.float32(10)
    y, cache = F.conv2d_forward(x, np.ones((1, 1, 1, 1), np.float32), np.zeros(1, np.float32))
    dy = np.ones_like(y) / np.float32(3)
    _, dw, db = F.conv2d_backward(dy, cache)
    np.testing.assert_allclose(db, dy.astype(np.float64).sum(), rtol=2e-7)
    np.testing.assert_allclose(dw.sum(), (x.astype(np.float64) * dy).sum(), rtol=2e-6)
