"""The network that comes with the course is the one its command makes."""

import numpy as np
import pytest

from cnnlib.networks import load_digits_cnn, load_mnist_cnn
from tools import train_mnist_cnn
from tools.train_digits_cnn import PATH, accuracy_on_tests, train_network


def test_the_command_gives_the_accuracy_of_the_file():
    assert accuracy_on_tests(load_digits_cnn()) == pytest.approx(0.978, abs=5e-4)
    assert accuracy_on_tests(train_network()) == pytest.approx(0.978, abs=0.01)


def test_the_network_for_mnist_reads_as_many_as_the_notebooks_say():
    assert train_mnist_cnn.accuracy_on_tests(load_mnist_cnn()) == pytest.approx(0.993, abs=5e-4)


def test_the_file_is_small_and_needs_no_pickle():
    assert PATH.stat().st_size < 20_000
    with np.load(PATH, allow_pickle=False) as arrays:
        assert sum(arrays[name].size for name in arrays if arrays[name].dtype.kind == "f") == 1898
