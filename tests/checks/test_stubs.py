"""Code beside an untouched stub: right, wrong, or none."""

import numpy as np
import pytest

from cnnlib.checks import check
from cnnlib.checks.nb11 import train_epoch
from cnnlib.nn import functional


@pytest.fixture(autouse=True)
def no_progress(monkeypatch):
    """Keep these answers out of the learner's progress."""
    monkeypatch.setenv("CNNLIB_PROGRESS", "off")


def relu_below_the_stub(dy, x):
    """The stub was left standing."""
    # YOUR CODE HERE
    ...
    return dy * (x > 0)


def relu_above_the_stub(dy, x):
    dx = np.zeros_like(dy)
    dx[x > 0] = dy[x > 0]
    return dx
    # YOUR CODE HERE
    ...


def relu_in_names_only(dy, x):
    # YOUR CODE HERE
    ...
    gate = x > 0
    dx = dy * gate
    return dx


def epoch_below_the_stub(model, loss, optimizer, x, y, batch_size, rng):
    # YOUR CODE HERE
    ...
    train_epoch(model, loss, optimizer, x, y, batch_size, rng)


@pytest.mark.parametrize("answer", [relu_below_the_stub, relu_above_the_stub, relu_in_names_only])
def test_right_code_beside_an_untouched_stub_is_found(answer):
    assert check("03.relu_backward", answer).passed
    assert check("11.train_epoch", epoch_below_the_stub).passed


def wrong_below_the_stub(dy, x):
    # YOUR CODE HERE
    ...
    dx = dy * x
    return dx


def nothing_below_the_stub(dy, cache):
    x, kernel_size, stride = cache  # noqa: RUF059
    # YOUR CODE HERE
    ...


def test_wrong_code_beside_the_stub_is_an_attempt_and_nothing_is_none():
    assert check("03.relu_backward", wrong_below_the_stub).outcome == "wrong"
    assert check("03.maxpool2d_backward", nothing_below_the_stub).outcome == "not attempted"


def not_yet_for_padding(x, w, b, stride, padding):
    if padding:
        raise NotImplementedError
    return functional.conv2d_forward(x, w, b, stride, padding)[0]


def test_what_is_implemented_in_part_is_an_attempt():
    assert check("01.conv2d_forward", not_yet_for_padding).outcome == "wrong"
