"""Dilation, transposed convolution, layer normalization, residual blocks: against loops and PyTorch."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnlib import Sequential, nn
from cnnlib.experiments.dissect import unit_terms, weight_gradient_terms
from cnnlib.experiments.ensemble import NetworkEnsemble
from cnnlib.experiments.hessian import Hessian
from cnnlib.experiments.layer_sizes import unit_field
from cnnlib.nn import functional as F
from cnnlib.nn import naive
from cnnlib.nn.layers import (
    BatchNorm2d,
    Conv2d,
    ConvTranspose2d,
    Dropout,
    Flatten,
    LayerNorm,
    Linear,
    ReLU,
    Residual,
    Tanh,
)
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.nn.training import Position, train
from cnnlib.saving import load, save, state_dict, to_onnx, to_torch
from cnnlib.training import load_checkpoint, save_checkpoint
from tests.nn.test_functional import both_ways, close, normal

F64 = {"dtype": np.float64}
SIZES = st.tuples(*[st.integers(1, 3)] * 9, st.integers(0, 2), st.integers(0, 2), st.booleans())


@settings(max_examples=60, deadline=None)
@given(SIZES, st.integers(1, 9), st.integers(1, 9), st.sampled_from([np.float32, np.float64]))
def test_dilated_convolution_equals_loops_and_pytorch(sizes, height, width, dtype):
    torch = pytest.importorskip("torch")
    n, c, f, kh, kw, sh, sw, dh, dw, ph, pw, bias = sizes
    kh, kw = min(kh, (height + 2 * ph - 1) // dh + 1), min(kw, (width + 2 * pw - 1) // dw + 1)
    arrays = [normal(0, n, c, height, width, dtype=dtype), normal(1, f, c, kh, kw, dtype=dtype)]
    arrays += [normal(2, f, dtype=dtype)] if bias else [None]
    options = {"stride": (sh, sw), "padding": (ph, pw), "dilation": (dh, dw)}
    both_ways("conv2d", dtype, *arrays, **options)
    y, cache = F.conv2d_forward(*arrays, **options)
    compare_with_torch(torch.nn.functional.conv2d, arrays, options, y, F.conv2d_backward, cache)


@settings(max_examples=60, deadline=None)
@given(SIZES, st.sampled_from([np.float32, np.float64]))
def test_transposed_convolution_equals_loops_and_pytorch(sizes, dtype):
    torch = pytest.importorskip("torch")
    n, c, f, kh, kw, sh, sw, rows, columns, ph, pw, bias = sizes
    ph = min(ph, ((rows - 1) * sh + kh - 1) // 2)
    pw = min(pw, ((columns - 1) * sw + kw - 1) // 2)
    arrays = [normal(0, n, c, rows, columns, dtype=dtype), normal(1, c, f, kh, kw, dtype=dtype)]
    arrays += [normal(2, f, dtype=dtype)] if bias else [None]
    options = {"stride": (sh, sw), "padding": (ph, pw)}
    both_ways("conv_transpose2d", dtype, *arrays, **options)
    y, cache = F.conv_transpose2d_forward(*arrays, **options)
    compare_with_torch(
        torch.nn.functional.conv_transpose2d, arrays, options, y, F.conv_transpose2d_backward, cache
    )


def compare_with_torch(function, arrays, options, y, backward, cache):
    import torch

    tensors = [None if a is None else torch.tensor(a, requires_grad=True) for a in arrays]
    theirs = function(*tensors, **options)
    close(y, theirs.detach().numpy(), y.dtype)
    dy = normal(3, *y.shape, dtype=y.dtype)
    theirs.backward(torch.tensor(dy))
    for grad, tensor in zip(backward(dy, cache), tensors, strict=True):
        if tensor is not None:
            close(grad, tensor.grad.numpy(), y.dtype)


def test_a_strided_convolutions_gradient_is_a_transposed_convolution():
    x, w = normal(0, 2, 3, 8, 8), normal(1, 4, 3, 2, 2)
    y, cache = F.conv2d_forward(x, w, None, stride=2)
    dy = normal(2, *y.shape)
    np.testing.assert_allclose(
        F.conv2d_backward(dy, cache)[0], F.conv_transpose2d_forward(dy, w, None, stride=2)[0], atol=1e-12
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(3, 5), (2, 3, 4, 2), (1, 1)])
def test_layer_norm_equals_loops_and_pytorch(shape, dtype):
    torch = pytest.importorskip("torch")
    arrays = [
        normal(0, *shape, dtype=dtype),
        normal(1, *shape[1:], dtype=dtype),
        normal(2, *shape[1:], dtype=dtype),
    ]
    both_ways("layernorm", dtype, *arrays)
    y, cache = F.layernorm_forward(*arrays)

    def theirs(x, gamma, beta):
        return torch.nn.functional.layer_norm(x, shape[1:], gamma, beta)

    compare_with_torch(theirs, arrays, {}, y, F.layernorm_backward, cache)


def test_the_gradient_through_a_block_is_the_sum_of_both_ways():
    inner, x = Linear(4, 4, rng=0, **F64), normal(0, 3, 4)
    block, dy = Residual([inner]), normal(1, 3, 4)
    np.testing.assert_allclose(block.forward(x), x + inner.infer(x))
    np.testing.assert_allclose(block.backward(dy), dy + dy @ inner.params["weight"].T)
    assert block.params["0.weight"] is inner.params["weight"]
    block.params["0.weight"] = np.zeros((4, 4))
    np.testing.assert_array_equal(block.infer(x), x + inner.params["bias"])
    with pytest.raises(KeyError):
        block.params["7.weight"] = 1


def deep(rng=0, dtype=np.float64):
    rng = np.random.default_rng(rng)
    block = Residual(
        [
            Conv2d(4, 4, 3, padding=1, rng=rng, dtype=dtype),
            BatchNorm2d(4, dtype=dtype),
            ReLU(),
            Dropout(0.2, rng=3),
        ]
    )
    wider = Residual([Conv2d(4, 6, 3, rng=rng, dtype=dtype)], [Conv2d(4, 6, 3, rng=rng, dtype=dtype)])
    return Sequential(
        [
            Conv2d(1, 4, 3, padding=2, dilation=2, rng=rng, dtype=dtype), block, wider, Tanh(),
            ConvTranspose2d(6, 2, 2, 2, rng=rng, dtype=dtype), LayerNorm((2, 12, 12), dtype=dtype),
            Flatten(), Linear(288, 10, rng=rng, dtype=dtype),
        ]
    )  # fmt: skip


def test_a_deep_network_trains_and_both_kinds_of_network_agree():
    fast, slow = deep(), nn.Sequential(deep().layers)
    x, y = normal(0, 6, 1, 8, 8), np.arange(6)
    losses = []
    for model in (fast, slow):
        loss, optimizer = CrossEntropyLoss(), SGD(0.05, momentum=0.9)
        losses.append([r.loss for r in train(model, loss, optimizer, x, y, batch_size=3, epochs=20, rng=0)])
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-9)
    assert losses[0][-1] < losses[0][0] / 5


def test_it_is_saved_loaded_and_trained_on_from_a_checkpoint(tmp_path):
    model, x, y = deep(), normal(0, 6, 1, 8, 8), np.arange(6)
    list(train(model, CrossEntropyLoss(), SGD(0.05), x, y, rng=0))
    save(model, tmp_path / "net.npz")
    again = load(tmp_path / "net.npz")
    assert repr(again) == repr(model)
    np.testing.assert_array_equal(again.predict_proba(x), model.predict_proba(x))

    def run(model, epochs, position, rng, optimizer):
        return [
            r.loss
            for r in train(
                model, CrossEntropyLoss(), optimizer, x, y, epochs=epochs, rng=rng, position=position
            )
        ]

    whole = run(deep(), 4, Position(), np.random.default_rng(1), SGD(0.05))
    first, position, rng, optimizer = deep(), Position(), np.random.default_rng(1), SGD(0.05)
    run(first, 2, position, rng, optimizer)
    save_checkpoint(tmp_path / "run.npz", first, optimizer, rng, position)
    other, rng, optimizer = deep(rng=5), np.random.default_rng(9), SGD(0.05)
    position = load_checkpoint(tmp_path / "run.npz", other, optimizer, rng)
    assert run(other, 4, position, rng, optimizer) == whole[2:]


def test_pytorch_gives_the_same_outputs():
    torch = pytest.importorskip("torch")
    model, x = deep(), normal(0, 5, 1, 8, 8)
    model.forward(x, training=True)  # moves the running averages
    with torch.no_grad():
        theirs = to_torch(model)(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(theirs, model.infer(x), atol=1e-10)
    assert "1.0.weight" in state_dict(model)


def test_onnx_gives_the_same_outputs(tmp_path):
    onnx = pytest.importorskip("onnx")
    from onnx.reference import ReferenceEvaluator

    model, x = deep(dtype=np.float32), normal(0, 5, 1, 8, 8, dtype=np.float32)
    model.forward(x, training=True)  # moves the running averages
    to_onnx(model, tmp_path / "net.onnx", (1, 8, 8))
    theirs = ReferenceEvaluator(onnx.load(tmp_path / "net.onnx")).run(None, {"images": x})[0]
    np.testing.assert_allclose(theirs, model.infer(x), atol=1e-4)


def test_experiments_know_dilation_or_refuse_it():
    conv = Conv2d(1, 2, 3, padding=1, dilation=2, rng=0, **F64)
    x = normal(0, 1, 1, 8, 8)
    y, terms = conv.forward(x), unit_terms(conv, x, (1, 2, 3))
    assert terms.total == pytest.approx(y[0, 1, 2, 3])
    conv.backward(dy := normal(1, *y.shape))
    found = weight_gradient_terms(conv, x, dy, (1, 0, 2, 1))
    assert found.total == pytest.approx(conv.grads["weight"][1, 0, 2, 1])
    assert unit_field([Conv2d(1, 1, 3, dilation=2, rng=0)], 0, 1, 9, 9) == ((0, 4), (1, 5))
    with pytest.raises(ValueError, match="without dilation"):
        NetworkEnsemble(Sequential([conv, Flatten(), Linear(72, 10, rng=0, **F64)]), copies=2)
    with pytest.raises(TypeError, match="single sums"):
        unit_terms(ConvTranspose2d(1, 1, 2, rng=0, **F64), x, (0, 0, 0))
    model = Sequential([conv, Tanh(), Flatten(), Linear(72, 10, rng=0, **F64)])
    hessian = Hessian(model, CrossEntropyLoss(), x, np.array([3]))
    assert hessian is not None


def images(channels, size):
    return np.ones((1, channels, size, size), np.float32)


ERRORS = {
    "at least one layer": lambda: Residual([]),
    "layers must hold Layers alone": lambda: Residual([ReLU]),
    "each layer once": lambda: Residual([layer := ReLU(), layer]),
    "keep the shape": lambda: Residual([Conv2d(1, 2, 3, rng=0)]).forward(images(1, 5)),
    "normalized_shape": lambda: LayerNorm(0),
    "gamma must have the shape of a sample": lambda: LayerNorm(3).forward(np.ones((2, 4), np.float32)),
    "dilation must be at least 1": lambda: Conv2d(1, 1, 3, dilation=0),
    "padding must leave some": lambda: ConvTranspose2d(1, 1, 1, padding=1, rng=0).forward(images(1, 2)),
    "w must have shape": lambda: ConvTranspose2d(2, 1, 1, rng=0).forward(images(1, 2)),
    "label_smoothing must be": lambda: CrossEntropyLoss(label_smoothing=1.0),
}


@pytest.mark.parametrize("words", ERRORS)
def test_errors_name_the_argument(words):
    with pytest.raises((ValueError, TypeError), match=words):
        ERRORS[words]()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.7])
def test_label_smoothing_is_pytorchs(smoothing, dtype):
    torch = pytest.importorskip("torch")
    outputs, labels = 5 * normal(0, 6, 4, dtype=dtype), np.array([0, 1, 2, 3, 3, 0])
    loss, theirs = CrossEntropyLoss(smoothing), torch.tensor(outputs, requires_grad=True)
    value = torch.nn.functional.cross_entropy(theirs, torch.tensor(labels), label_smoothing=smoothing)
    value.backward()
    assert loss.forward(outputs, labels) == pytest.approx(float(value.detach()), rel=1e-5)
    close(loss.backward(), theirs.grad.numpy(), dtype)


def test_loops_of_layer_norm_are_those_of_the_formula():
    y, _ = naive.layernorm_forward(np.array([[1.0, 3.0]]), np.ones(2), np.zeros(2), eps=0)
    np.testing.assert_allclose(y, [[-1, 1]])


@pytest.mark.parametrize("shape", [1, (1,), (1, 1, 1)])
def test_a_layer_norm_over_a_single_value_is_refused(shape):
    """It has no variance: whatever comes in, the bias would come out."""
    with pytest.raises(ValueError, match="normalized_shape must hold at least two values"):
        LayerNorm(shape)
