"""Networks and images for the microscope: what fits is taken, everything else gets a sentence."""

import numpy as np
import pytest

from cnnlib import Conv2d, Flatten, Linear, ReLU, Sequential, load_digits, load_mnist_sample, small_cnn
from cnnlib.experiments.specimen import specimen
from cnnlib.networks import compact_cnn, lenet5, two_conv
from cnnlib.nn.layers import Layer


class Twice(Layer):
    """A layer of somebody's own."""


@pytest.mark.parametrize("make", [lenet5, two_conv, compact_cnn])
def test_the_courses_networks_for_28x28_fit(make):
    split = load_mnist_sample()
    found = specimen(make(rng=0), split)
    assert found.shape == (1, 28, 28) and found.label(0) == split.y_test[0] and len(found.images) == 2000


def test_images_alone_and_pairs():
    model, split = small_cnn(rng=0), load_digits()
    assert specimen(model, split.x_test[:3].astype(np.float64)).label(2) == -1
    pair = specimen(model, (split.x_test[:3], split.y_test[:3]), class_names="abcdefghij")
    assert pair.label(1) == split.y_test[1] and pair.class_names[0] == "a"


def test_the_network_is_copied():
    model = small_cnn(rng=0)
    found = specimen(model, load_digits())
    model[0].params["weight"][:] = 0
    assert found.model[0].params["weight"].any()


X = np.zeros((2, 1, 8, 8), np.float32)
MAPS = Sequential([Conv2d(1, 2, 3, rng=0), ReLU()])
LONG = Sequential([Flatten(), *[ReLU() for _ in range(40)], Linear(64, 10, rng=0)])


@pytest.mark.parametrize(
    ("model", "images", "sentence"),
    [
        ("net", X, "model: got str, expected a Sequential"),
        (Sequential([Twice()]), X, "model: holds Twice, expected layers of"),
        (LONG, X, "model: has 42 layers"),
        (MAPS, X, r"model: its outputs for one image have shape \(2, 6, 6\), expected \(K,\)"),
        (None, X[0], r"images: got shape \(1, 8, 8\), expected \(N, C, H, W\)"),
        (None, X[:0], "at least one image"),
        (None, np.zeros((2, 1, 8, 8), np.uint8), "images: got uint8, expected float32"),
        (None, np.zeros((2, 1, 80, 8), np.float32), "images: are 80x8, expected at most 64x64"),
        (None, X * np.nan, "images: hold values that are NaN"),
        (
            None,
            np.zeros((2, 1, 9, 9), np.float32).repeat(2, axis=1),
            r"does not take images of shape \(2, 9, 9\)",
        ),
        (None, (X, np.zeros(3, int)), r"labels: got int64 of shape \(3,\), expected \(2,\)"),
        (None, (X, np.array([0, 10])), "labels: hold 0 to 10, expected 0 to 9"),
        (None, (X, np.array([-1, 1])), "labels: hold -1 to 1"),
    ],
)
def test_what_does_not_fit_is_told(model, images, sentence):
    with pytest.raises((ValueError, TypeError), match=sentence):
        specimen(small_cnn(rng=0) if model is None else model, images)


def test_names_must_be_as_many_as_outputs():
    with pytest.raises(ValueError, match="class_names: got 2 names, expected 10"):
        specimen(small_cnn(rng=0), X, class_names=("cat", "dog"))
