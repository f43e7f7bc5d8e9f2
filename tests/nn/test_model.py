"""Sequential: what it refuses, predictions, saving and loading, what importing it costs."""

import io
import json
import subprocess
import sys
import tracemalloc
import zipfile

import numpy as np
import pytest

import cnnlib
from cnnlib.fast import Sequential
from cnnlib.networks import small_cnn
from cnnlib.nn.layers import BatchNorm2d, Conv2d, Dropout, Flatten, Linear, ReLU
from cnnlib.saving import load, npz, save


def test_the_same_layer_twice_is_refused():
    relu = ReLU()
    with pytest.raises(ValueError, match=r"layers: ReLU\(\) stands twice"):
        Sequential([Linear(2, 2, rng=0), relu, Linear(2, 2, rng=0), relu])


def test_training_reaches_every_layer():
    model, x = Sequential([Dropout(0.5, rng=0), Dropout(0.5, rng=1)]), np.ones((10, 10))
    np.testing.assert_array_equal(model.forward(x), x)
    assert set(np.unique(model.forward(x, training=True))) == {0.0, 4.0}


@pytest.mark.parametrize(("layers", "error"), [([], ValueError), ([np.tanh], TypeError)])
def test_bad_layers_are_refused(layers, error):
    with pytest.raises(error, match="layers must hold"):
        Sequential(layers)


def test_predictions(digits):
    model = small_cnn(0)
    p = model.predict_proba(digits.x_test, batch_size=100)
    assert p.shape == (360, 10) and np.allclose(p.sum(axis=1), 1)
    np.testing.assert_array_equal(model.predict(digits.x_test), p.argmax(axis=1))


def test_summary_counts():
    text = small_cnn(0).summary((1, 8, 8))
    assert "(16, 2, 2)" in text and text.endswith("1,898")


def everything():
    return Sequential(
        [
            Conv2d(1, 4, (3, 2), stride=(1, 2), padding=1, bias=False, rng=0),
            BatchNorm2d(4),
            ReLU(),
            Dropout(0.3, rng=0),
            Flatten(),
            Linear(160, 10, rng=0, dtype=np.float64),
        ]
    )


def test_save_and_load(tmp_path, digits):
    model = everything()
    model.forward(digits.x_train[:50], training=True)  # moves the running averages
    save(model, tmp_path / "net.npz")
    again = load(tmp_path / "net.npz")
    assert repr(again) == repr(model)
    np.testing.assert_array_equal(again.forward(digits.x_test), model.forward(digits.x_test))
    assert type(again) is cnnlib.Sequential


def test_arrays_of_another_network_change_nothing(tmp_path):
    save(small_cnn(1), tmp_path / "net.npz")
    other = everything()
    before = {name: value.copy() for name, value in other.arrays().items()}
    with pytest.raises(ValueError, match="only in the file or only in this network"):
        npz.fill(other.arrays(), npz.read(tmp_path / "net.npz")[1])
    wider = Sequential([Linear(3, 4, rng=0)])
    save(wider, tmp_path / "wide.npz")
    with pytest.raises(ValueError, match=r"0.weight is float32 of shape \(3, 4\) in the file"):
        npz.fill(Sequential([Linear(3, 5, rng=0)]).arrays(), npz.read(tmp_path / "wide.npz")[1])
    assert all((before[name] == value).all() for name, value in other.arrays().items())


def test_damaged_files_are_refused(tmp_path):
    save(small_cnn(0), tmp_path / "net.npz")
    whole = (tmp_path / "net.npz").read_bytes()
    bad, rng = tmp_path / "bad.npz", np.random.default_rng(0)
    for _ in range(300):
        damaged = bytearray(whole[: rng.integers(len(whole))] if rng.random() < 0.3 else whole)
        for _ in range(rng.integers(1, 4)):
            if damaged:
                damaged[rng.integers(len(damaged))] = rng.integers(256)
        bad.write_bytes(damaged)
        try:
            load(bad)
        except ValueError as error:
            assert "path: " in str(error)


def test_files_that_promise_too_much_are_refused(tmp_path):
    rows = [["Linear", {"in_features": 10**6, "out_features": 10**6}]]
    npz.write(tmp_path / "a.npz", json.dumps(rows), {"0.weight": np.zeros((2, 2), np.float32)})
    rows = [["BatchNorm2d", {"num_features": 10**11}]]
    npz.write(tmp_path / "b.npz", json.dumps(rows), {"0.weight": np.zeros(2, np.float32)})
    npz.write(tmp_path / "c.npz", '[["eval", {}]]', {})
    np.savez(tmp_path / "d.npz", architecture=np.array(["x"], dtype=object), allow_pickle=True)
    for name in "abcd":
        with pytest.raises(ValueError, match="path: "):
            load(tmp_path / f"{name}.npz")


@pytest.mark.parametrize("sizes_lie_too", [False, True])
def test_headers_that_lie_cost_no_memory(tmp_path, sizes_lie_too):
    array = io.BytesIO()
    np.save(array, np.zeros(100_000, np.uint8))
    lie = array.getvalue().replace(b"(100000,), }     ", b"(3000000000,), } ")
    with zipfile.ZipFile(tmp_path / "net.npz", "w") as archive:
        archive.writestr("w.npy", lie)
    if sizes_lie_too:
        content = bytearray((tmp_path / "net.npz").read_bytes())
        entry = content.rindex(b"PK\x01\x02")
        content[entry + 20 : entry + 28] = (3_000_000_128).to_bytes(4, "little") * 2
        (tmp_path / "net.npz").write_bytes(content)
    tracemalloc.start()
    with pytest.raises(ValueError, match=r"path: net.npz is not a file that cnnlib saved, or is damaged"):
        npz.read(tmp_path / "net.npz")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


def test_import_loads_no_pictures():
    code = (
        "import cnnlib, cnnlib.nn.training, cnnlib.nn.model, cnnlib.data, sys; "
        "print(sorted({'matplotlib', 'ipywidgets', 'tqdm', 'IPython'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
