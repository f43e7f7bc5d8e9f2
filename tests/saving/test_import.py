"""Networks from PyTorch and ONNX: the same outputs here, and a sentence for what cannot be taken."""

import sys

import numpy as np
import pytest

from cnnlib import load_mnist_sample
from cnnlib.networks import compact_cnn, lenet5, mlp, two_conv
from cnnlib.saving import from_onnx, from_torch, to_onnx, to_torch
from cnnlib.widgets import NetworkXRay
from tests.saving.test_export import every_layer, trained

torch = pytest.importorskip("torch")


def outputs_of(network, x):
    with torch.no_grad():
        return network.eval()(torch.from_numpy(x)).numpy()


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-5), (np.float64, 1e-12)])
def test_there_and_back(digits, dtype, tolerance):
    model = trained(digits, dtype)
    again = from_torch(to_torch(model))
    x = digits.x_test.astype(dtype)
    np.testing.assert_allclose(again.infer(x), model.infer(x), atol=tolerance, rtol=tolerance)
    for name, value in model.arrays().items():
        np.testing.assert_array_equal(again.arrays()[name], value)


def theirs(channels=1, side=28):
    nn = torch.nn
    torch.manual_seed(0)
    block = nn.Sequential(nn.Conv2d(channels, 6, 5, padding="same"), nn.BatchNorm2d(6), nn.ReLU(inplace=True))
    half = side // 2 - 2
    end = [nn.Conv2d(6, 8, (5, 3), stride=2, padding=(0, 1), bias=False), nn.Tanh(), nn.Flatten()]
    rows, columns = (side // 2 - 5) // 2 + 1, (side // 2 + 2 - 3) // 2 + 1
    head = [
        nn.Dropout(0.2),
        nn.Identity(),
        nn.Linear(8 * rows * columns, 20),
        nn.Sigmoid(),
        nn.Linear(20, 10),
    ]
    assert half > 0
    return nn.Sequential(block, nn.MaxPool2d(2), *end, *head)


@pytest.mark.parametrize(("channels", "side"), [(1, 28), (3, 32)])
def test_a_network_made_there_gives_the_same_here(channels, side):
    network, x = (
        theirs(channels, side),
        np.random.default_rng(0).random((5, channels, side, side), np.float32),
    )
    network.train()(torch.from_numpy(x))  # running averages that are not those of the start
    np.testing.assert_allclose(from_torch(network).infer(x), outputs_of(network, x), atol=1e-5)


def test_a_network_trained_there_is_opened_in_the_xray_in_three_lines():
    images = load_mnist_sample()
    model = from_torch(theirs())
    xray = NetworkXRay(model, images)
    assert xray.facts["label"] == images.y_test[0]


def test_weights_are_copied():
    network = theirs()
    model = from_torch(network)
    before = model[0].params["weight"].copy()
    with torch.no_grad():
        network[0][0].weight.zero_()
    np.testing.assert_array_equal(model[0].params["weight"], before)


class Own(torch.nn.Module):
    pass


class OwnReLU(torch.nn.ReLU):
    pass


@pytest.mark.parametrize(
    ("layer", "error", "sentence"),
    [
        (
            lambda nn: nn.GELU(),
            TypeError,
            "layer 1 is GELU, which the course does not have; it has AvgPool2d",
        ),
        (lambda nn: Own(), TypeError, "layer 1 is Own"),
        (lambda nn: OwnReLU(), TypeError, "layer 1 is OwnReLU"),
        (lambda nn: nn.Sequential(nn.ReLU(), nn.Conv1d(1, 1, 1)), TypeError, "layer 1.1 is Conv1d"),
        (
            lambda nn: nn.Conv2d(2, 2, 3, groups=2),
            ValueError,
            "Conv2d with groups=2; the course's has groups=1 alone",
        ),
        (lambda nn: nn.Conv2d(2, 2, 3, dilation=2), ValueError, r"dilation=\(2, 2\)"),
        (
            lambda nn: nn.Conv2d(2, 2, 3, padding=1, padding_mode="circular"),
            ValueError,
            "padding_mode='circular'",
        ),
        (lambda nn: nn.Conv2d(2, 2, 2, padding="same"), ValueError, "padding='same'"),
        (lambda nn: nn.MaxPool2d(2, ceil_mode=True), ValueError, "ceil_mode=True"),
        (lambda nn: nn.MaxPool2d(3, padding=1), ValueError, "MaxPool2d with padding=1"),
        (lambda nn: nn.AvgPool2d(2, divisor_override=3), ValueError, "divisor_override=3"),
        (lambda nn: nn.BatchNorm2d(3, affine=False), ValueError, "affine=False"),
        (lambda nn: nn.BatchNorm2d(3, momentum=None), ValueError, "momentum=None"),
        (lambda nn: nn.Flatten(2), ValueError, "start_dim=2"),
        (lambda nn: nn.Linear(2, 2).half(), ValueError, "weights are float16"),
    ],
)
def test_what_cannot_be_taken_is_named(layer, error, sentence):
    with pytest.raises(error, match=f"^module: .*{sentence}"):
        from_torch(torch.nn.Sequential(torch.nn.ReLU(), layer(torch.nn)))


def test_only_a_sequential_says_the_order_of_its_layers():
    with pytest.raises(TypeError, match=r"module: got Own, expected a torch.nn.Sequential"):
        from_torch(Own())
    with pytest.raises(ValueError, match="module: holds no layers"):
        from_torch(torch.nn.Sequential())


@pytest.mark.parametrize("make", [lenet5, two_conv, compact_cnn, lambda rng: mlp(5000, 784, rng)])
def test_an_onnx_file_there_and_back(tmp_path, make):
    pytest.importorskip("onnx")
    model, x = make(rng=0), load_mnist_sample().x_test[:20]
    model.forward(x, training=True)
    to_onnx(model, tmp_path / "net.onnx", (1, 28, 28))
    np.testing.assert_allclose(from_onnx(tmp_path / "net.onnx").infer(x), model.infer(x), atol=1e-5)


def test_every_layer_from_onnx(tmp_path, digits):
    pytest.importorskip("onnx")
    model = trained(digits)
    to_onnx(model, tmp_path / "net.onnx", (1, 8, 8))
    again = from_onnx(tmp_path / "net.onnx")
    np.testing.assert_allclose(again.infer(digits.x_test), model.infer(digits.x_test), atol=1e-5)
    assert len(again) == len(every_layer()) - 1  # the dropout is left out on the way


def file_of(path, nodes, arrays):
    """An ONNX file of nodes given as (operator, inputs, outputs, options)."""
    onnx = pytest.importorskip("onnx")
    helper = onnx.helper
    made = [helper.make_node(kind, inputs, outputs, **options) for kind, inputs, outputs, options in nodes]
    value = helper.make_tensor_value_info("x", 1, None)
    last = helper.make_tensor_value_info(nodes[-1][2][0], 1, None)
    tensors = [onnx.numpy_helper.from_array(np.asarray(a), name) for name, a in arrays.items()]
    path.write_bytes(
        helper.make_model(helper.make_graph(made, "g", [value], [last], tensors)).SerializeToString()
    )
    return path


def test_products_with_a_bias_added_reshape_and_softmax(tmp_path):
    """As some exporters write a linear layer."""
    rng = np.random.default_rng(0)
    w, b = rng.normal(size=(12, 5)).astype("f4"), rng.normal(size=5).astype("f4")
    nodes = [
        ("Reshape", ["x", "s"], ["a"], {}),
        ("MatMul", ["a", "w"], ["m"], {}),
        ("Add", ["b", "m"], ["y"], {}),
        ("Softmax", ["y"], ["p"], {}),
    ]
    model = from_onnx(file_of(tmp_path / "a.onnx", nodes, {"s": np.array([-1, 12]), "w": w, "b": b}))
    x = rng.normal(size=(3, 3, 2, 2)).astype("f4")
    np.testing.assert_allclose(model.infer(x), x.reshape(3, 12) @ w + b, atol=1e-5)


W = np.zeros((2, 1, 3, 3), "f4")


@pytest.mark.parametrize(
    ("nodes", "arrays", "error", "sentence"),
    [
        ([("Gelu", ["x"], ["y"], {})], {}, TypeError, "operator 0 is Gelu, which the course does not have"),
        ([("Conv", ["x", "w"], ["y"], {"group": 2})], {"w": W}, ValueError, "Conv, has group=2"),
        ([("Conv", ["x", "w"], ["y"], {"dilations": [2, 2]})], {"w": W}, ValueError, r"dilations=\[2, 2\]"),
        ([("Conv", ["x", "w"], ["y"], {"pads": [0, 0, 1, 1]})], {"w": W}, ValueError, "same at both ends"),
        ([("Conv", ["x", "w"], ["y"], {})], {"w": W[0]}, ValueError, r"kernels of shape \(1, 3, 3\)"),
        ([("Conv", ["x", "w"], ["y"], {})], {"w": W.astype(int)}, ValueError, "weights of int64"),
        (
            [("Conv", ["x", "w", "b"], ["y"], {})],
            {"w": W, "b": np.zeros(3, "f4")},
            ValueError,
            "bias of shape",
        ),
        ([("Conv", ["x"], ["y"], {})], {}, ValueError, "lacks something"),
        (
            [("MaxPool", ["x"], ["y"], {"kernel_shape": [2, 2], "ceil_mode": 1})],
            {},
            ValueError,
            "ceil_mode=1",
        ),
        ([("Relu", ["x"], ["a"], {}), ("Add", ["a", "x"], ["y"], {})], {}, TypeError, "Add, adds no bias"),
        (
            [("Relu", ["x"], ["a"], {}), ("Relu", ["x"], ["y"], {})],
            {},
            TypeError,
            "Relu 1 is no link of one chain",
        ),
        (
            [("Softmax", ["x"], ["a"], {}), ("Relu", ["a"], ["y"], {})],
            {},
            TypeError,
            "stands within the network",
        ),
    ],
)
def test_what_cannot_be_taken_from_onnx_is_named(tmp_path, nodes, arrays, error, sentence):
    with pytest.raises(error, match=f"^a.onnx: .*{sentence}"):
        from_onnx(file_of(tmp_path / "a.onnx", nodes, arrays))


def test_damaged_onnx_files_end_in_a_network_or_a_sentence(tmp_path):
    pytest.importorskip("onnx")
    path, rng = tmp_path / "net.onnx", np.random.default_rng(0)
    to_onnx(lenet5(rng=0), path, (1, 28, 28))
    whole = path.read_bytes()
    for i in range(300):
        damaged = bytearray(whole)
        for _ in range(rng.integers(1, 5)):
            place = rng.integers(600) if i % 2 else len(damaged) - 1 - rng.integers(600)
            damaged[place] = rng.integers(256)
        path.write_bytes(damaged[: rng.integers(len(damaged))] if i % 5 == 0 else damaged)
        try:
            from_onnx(path)
        except (ValueError, TypeError) as error:
            assert str(error)


def test_without_onnx_a_sentence_says_so(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match="from_onnx needs the package onnx, which is not installed"):
        from_onnx(tmp_path / "net.onnx")
