"""Export: the same network in PyTorch gives the same outputs, and goes on training alike."""

import builtins
import sys

import numpy as np
import pytest

from cnnlib.fast import Sequential
from cnnlib.nn import layers
from cnnlib.nn.layers import (
    AvgPool2d,
    BatchNorm2d,
    Conv2d,
    Dropout,
    Flatten,
    Layer,
    Linear,
    MaxPool2d,
    ReLU,
    Sigmoid,
    Tanh,
)
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.saving import state_dict, to_onnx, to_torch
from cnnlib.training import fit


def every_layer(dtype=np.float32):
    """One layer of each kind, with sizes that differ along every axis."""
    rng = np.random.default_rng(0)
    return Sequential(
        [
            Conv2d(1, 5, (3, 2), stride=(1, 2), padding=(2, 1), bias=False, rng=rng, dtype=dtype),
            BatchNorm2d(5, eps=1e-3, momentum=0.2, dtype=dtype),
            ReLU(),
            MaxPool2d(2, stride=1),
            Conv2d(5, 4, 2, rng=rng, dtype=dtype),
            Tanh(),
            AvgPool2d((2, 1)),
            Flatten(),
            Dropout(0.3, rng=0),
            Linear(48, 7, rng=rng, dtype=dtype),
            Sigmoid(),
            Linear(7, 10, rng=rng, dtype=dtype),
        ]
    )


def trained(digits, dtype=np.float32):
    model = every_layer(dtype)
    x = digits.x_train[:300].astype(dtype)
    fit(
        model,
        CrossEntropyLoss(),
        SGD(0.3, momentum=0.9),
        x,
        digits.y_train[:300],
        epochs=4,
        rng=0,
        progress=False,
    )
    return model


def test_every_layer_of_the_library_is_covered():
    """The rest is compared in tests/nn/test_layers_of_deeper_networks.py."""
    deeper = {"ConvTranspose2d", "LayerNorm", "Residual"}
    assert {type(layer).__name__ for layer in every_layer()} | deeper == set(layers.__all__) - {"Layer"}


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-5), (np.float64, 1e-12)])
def test_the_same_network_in_torch_gives_the_same_outputs(digits, dtype, tolerance):
    torch = pytest.importorskip("torch")
    model = trained(digits, dtype)
    x = digits.x_test.astype(dtype)
    with torch.no_grad():
        theirs = to_torch(model)(torch.from_numpy(x)).numpy()
    ours = model.forward(x)
    assert ours.std() > 0.3 and theirs.dtype == dtype
    np.testing.assert_allclose(theirs, ours, atol=tolerance, rtol=tolerance)


def test_exported_weights_load_without_cnnlib(tmp_path, digits):
    torch = pytest.importorskip("torch")
    model = trained(digits)
    np.savez(tmp_path / "weights.npz", **state_dict(model))
    network = to_torch(every_layer())
    arrays = {name: torch.from_numpy(array) for name, array in np.load(tmp_path / "weights.npz").items()}
    network.load_state_dict(arrays)
    with torch.no_grad():
        theirs = network(torch.from_numpy(digits.x_test)).numpy()
    np.testing.assert_allclose(theirs, model.forward(digits.x_test), atol=1e-5)


def test_torch_trains_on_from_the_same_point(digits):
    torch = pytest.importorskip("torch")
    model = trained(digits, np.float64)
    model = Sequential([layer for layer in model if not isinstance(layer, Dropout)])
    network = to_torch(model).train()
    x, y = digits.x_train[:64].astype(np.float64), digits.y_train[:64]
    ours, theirs = SGD(0.1), torch.optim.SGD(network.parameters(), lr=0.1)
    loss = CrossEntropyLoss()
    for _ in range(3):
        loss.forward(model.forward(x, training=True), y)
        model.backward(loss.backward())
        ours.step(model.parameters())
        theirs.zero_grad()
        torch.nn.functional.cross_entropy(network(torch.from_numpy(x)), torch.from_numpy(y)).backward()
        theirs.step()
    for name, value in state_dict(model).items():
        if "num_batches" not in name:
            np.testing.assert_allclose(network.state_dict()[name].numpy(), value, atol=1e-10, err_msg=name)


def test_state_dict_holds_copies_in_torchs_layout():
    model = every_layer()
    weights = state_dict(model)
    assert weights["9.weight"].shape == (7, 48) and weights["9.weight"].flags.c_contiguous
    np.testing.assert_array_equal(weights["9.weight"].T, model[9].params["weight"])
    np.testing.assert_array_equal(weights["0.weight"], model[0].params["weight"])
    assert set(weights) >= {"1.running_mean", "1.running_var", "1.num_batches_tracked"}
    weights["9.weight"][:] = 0
    assert model[9].params["weight"].any()


def test_a_layer_of_ones_own_is_named():
    pytest.importorskip("torch")

    class Twice(Layer):
        pass

    with pytest.raises(
        TypeError, match=r"model must be made of the layers of cnnlib.nn.layers, got Twice\(\)"
    ):
        to_torch(Sequential([Twice()]))


def test_without_torch_a_sentence_says_so(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "torch":
            raise ModuleNotFoundError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(
        ImportError, match="to_torch needs PyTorch, which is not installed: pip install torch"
    ):
        to_torch(every_layer())


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-5), (np.float64, 1e-9)])
def test_the_onnx_file_gives_the_same_outputs_for_any_batch(tmp_path, digits, dtype, tolerance):
    onnx = pytest.importorskip("onnx")
    from onnx.reference import ReferenceEvaluator

    model = trained(digits, dtype)  # (ONNX keeps the eps of batch normalization in float32)
    to_onnx(model, tmp_path / "net.onnx", (1, 8, 8))
    dims = onnx.load(tmp_path / "net.onnx").graph.input[0].type.tensor_type.shape.dim
    assert (dims[0].dim_param, [dim.dim_value for dim in dims[1:]]) == ("N", [1, 8, 8])
    network = ReferenceEvaluator(str(tmp_path / "net.onnx"))
    for n in (1, 20):
        x = digits.x_test[:n].astype(dtype)
        (theirs,) = network.run(None, {"images": x})
        np.testing.assert_allclose(theirs, model.forward(x), atol=tolerance, rtol=tolerance)
    assert [path.name for path in tmp_path.iterdir()] == ["net.onnx"]


def test_what_onnx_has_no_word_for_is_named(tmp_path):
    pytest.importorskip("onnx")

    class Twice(Layer):
        pass

    with pytest.raises(TypeError, match=r"model must be made of AvgPool2d, .*, got Twice\(\)"):
        to_onnx(Sequential([Twice()]), tmp_path / "net.onnx", (4,))


def test_without_onnx_a_sentence_says_so(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match="to_onnx needs the package onnx, which is not installed"):
        to_onnx(every_layer(), tmp_path / "net.onnx", (1, 8, 8))
