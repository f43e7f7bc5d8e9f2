"""Settings: NumPy's numbers are taken and become Python's; what is no such number is named."""

import copy
import pickle

import numpy as np
import pytest

from cnnlib.data import Distort
from cnnlib.data.augment import sample
from cnnlib.fast import Sequential
from cnnlib.nn import Sequential as Readable
from cnnlib.nn import arguments
from cnnlib.nn import functional as F
from cnnlib.nn.layers import AvgPool2d, BatchNorm2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU
from cnnlib.nn.losses import CrossEntropyLoss, HalfSquaredError
from cnnlib.nn.optim import SGD, Adam, RMSprop
from cnnlib.nn.schedules import cosine, one_cycle, range_test, step_decay, warm_up
from cnnlib.nn.training import batches, evaluate, train
from cnnlib.training import EarlyStopping, fit

X, Y = np.random.default_rng(0).random((6, 1, 4, 4), np.float32), np.arange(6) % 3
NO_COUNTS = [0, -5, True, np.True_, 2.0, 2.5, "2", None, np.float32(2), float("nan"), [2], np.array([2, 2])]
NO_FLOATS = [int, np.int64, complex, np.complex64, np.float16, np.longdouble, bool, "U3", object, "int8", 5]


def network(kind=Sequential, seed=0):
    return kind([Conv2d(1, 2, 3, rng=seed), ReLU(), Flatten(), Linear(8, 3, rng=seed)])


def run_fit(**options):
    return fit(network(), CrossEntropyLoss(), SGD(0.1), X, Y, progress=False, **options)


COUNTS = {
    "evaluate": ("batch_size", lambda n: evaluate(network(), CrossEntropyLoss(), X, Y, batch_size=n)),
    "predict": ("batch_size", lambda n: network().predict(X, batch_size=n)),
    "readable": ("batch_size", lambda n: network(Readable).predict(X, batch_size=n)),
    "probabilities": ("batch_size", lambda n: network().predict_proba(X, batch_size=n)),
    "batches": ("batch_size", lambda n: list(batches(6, n))),
    "train": ("batch_size", lambda n: train(network(), CrossEntropyLoss(), SGD(0.1), X, Y, batch_size=n)),
    "epochs": ("epochs", lambda n: train(network(), CrossEntropyLoss(), SGD(0.1), X, Y, epochs=n)),
    "fit": ("batch_size", lambda n: run_fit(batch_size=n)),
    "fit epochs": ("epochs", lambda n: run_fit(epochs=n)),
    "patience": ("patience", lambda n: EarlyStopping(patience=n)),
    "channels": ("in_channels", lambda n: Conv2d(n, 1, 1)),
    "filters": ("out_channels", lambda n: Conv2d(1, n, 1)),
    "features": ("in_features", lambda n: Linear(n, 1)),
    "units": ("out_features", lambda n: Linear(1, n)),
    "normalized": ("num_features", lambda n: BatchNorm2d(n)),
    "every": ("every", lambda n: step_decay(0.1, n)),
    "cosine": ("total_steps", lambda n: cosine(0.1, n)),
    "warm-up": ("steps", lambda n: warm_up(0.1, n)),
    "cycle": ("total_steps", lambda n: one_cycle(0.1, n)),
    "range": ("total_steps", lambda n: range_test(0.1, 0.2, n)),
}


@pytest.mark.parametrize("bad", NO_COUNTS, ids=repr)
@pytest.mark.parametrize("where", COUNTS)
def test_every_count_refuses_what_is_none(where, bad):
    name, call = COUNTS[where]
    with pytest.raises(ValueError, match=f"^{name} must be a whole number of at least [12], got"):
        call(bad)


@pytest.mark.parametrize("where", COUNTS)
@pytest.mark.parametrize("kind", [int, np.int8, np.uint8, np.int64, np.uint64])
def test_every_count_takes_whole_numbers_of_numpy(where, kind):
    COUNTS[where][1](kind(7))


@pytest.mark.parametrize("bad", [0, -1, True, 1.0, "1"], ids=repr)
def test_fit_refuses_odd_places_to_save_at(tmp_path, bad):
    with pytest.raises(ValueError, match="save_every must be a whole number of at least 1"):
        run_fit(checkpoint=tmp_path / "run.npz", save_every=bad)


@pytest.mark.parametrize("bad", [True, 1.5, "3", None, (1, True), (1.0, 2)], ids=repr)
@pytest.mark.parametrize(
    "make",
    [
        lambda n: Conv2d(1, 1, n),
        lambda n: Conv2d(1, 1, 1, stride=n),
        lambda n: Conv2d(1, 1, 1, padding=n),
        MaxPool2d,
        AvgPool2d,
        lambda n: F.maxpool2d_forward(np.ones((1, 1, 4, 4)), n),
    ],
)
def test_every_size_refuses_what_is_none(make, bad):
    with pytest.raises(TypeError, match="must be an int or a pair of ints"):
        make(bad)


@pytest.mark.parametrize("dtype", NO_FLOATS, ids=str)
@pytest.mark.parametrize(
    "make",
    [lambda d: Conv2d(1, 1, 1, dtype=d), lambda d: Linear(1, 1, dtype=d), lambda d: BatchNorm2d(1, dtype=d)],
)
def test_layers_are_float32_or_float64(make, dtype):
    with pytest.raises(TypeError, match="dtype must be float32 or float64"):
        make(dtype)


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float16, np.longdouble, np.complex64, bool])
def test_data_are_float32_or_float64(dtype):
    x = X.astype(dtype)
    for call in (
        lambda: evaluate(network(), CrossEntropyLoss(), x, Y),
        lambda: train(network(), CrossEntropyLoss(), SGD(0.1), x, Y),
        lambda: Distort(shift=1)(x, np.random.default_rng(0)),
        lambda: sample(x, *np.zeros((2, 6, 4, 4))),
    ):
        with pytest.raises(TypeError, match="x must be float32 or float64"):
            call()


BAD_NUMBERS = [True, "0.5", None, 1j, [0.5], np.array([0.5]), np.True_]
NUMBERS = {
    "lr": lambda v: SGD(v),
    "momentum": lambda v: SGD(0.1, momentum=v),
    "weight_decay": lambda v: Adam(weight_decay=v),
    "alpha": lambda v: RMSprop(alpha=v),
    "eps": lambda v: Adam(eps=v),
    "betas": lambda v: Adam(betas=(0.9, v)),
    "p": lambda v: Dropout(v),
    "min_delta": lambda v: EarlyStopping(min_delta=v),
    "factor": lambda v: step_decay(0.1, 2, v),
    "lr_min": lambda v: cosine(0.1, 2, v),
    "start_factor": lambda v: warm_up(0.1, 2, v),
    "lr_high": lambda v: range_test(0.1, v, 2),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_every_number_refuses_what_is_none(name):
    for bad in BAD_NUMBERS:
        with pytest.raises(TypeError, match=f"^{name} must be a number, got"):
            NUMBERS[name](bad)
    for bad in (np.nan, np.inf, -1):
        with pytest.raises(ValueError, match=f"^{name} must be a"):
            NUMBERS[name](bad)


@pytest.mark.parametrize("momentum", [-0.1, 1.1, np.nan])
def test_running_averages_are_averages(momentum):
    with pytest.raises(ValueError, match="momentum must be"):
        BatchNorm2d(2, momentum=momentum)


@pytest.mark.parametrize("kind", [Sequential, Readable])
def test_one_value_a_channel_has_no_variance(kind):
    model = kind([Conv2d(1, 2, 4, rng=0), BatchNorm2d(2)])
    before = {name: value.copy() for name, value in model.arrays().items()}
    with pytest.raises(ValueError, match="at least two values a channel"):
        model.forward(X[:1], training=True)
    assert all((value == before[name]).all() for name, value in model.arrays().items())
    model.forward(X[:1])
    model.forward(X[:2], training=True)


def used():
    """Everything that a training has run through."""
    for kind in (Sequential, Readable):
        for make in (lambda: SGD(0.1, momentum=0.9), lambda: Adam(), lambda: RMSprop(), lambda: SGD(0.1)):
            model, loss, optimizer = network(kind), CrossEntropyLoss(), make()
            x = np.repeat(X, 500, axis=0)
            list(train(model, loss, optimizer, x, np.repeat(Y, 500), batch_size=1000))
            yield model, loss, optimizer


@pytest.mark.parametrize("clone", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_what_was_used_is_copied_and_pickled_small_and_goes_on(clone):
    for parts in used():
        assert len(pickle.dumps(parts)) < 8000
        again = clone(parts)
        for model, loss, optimizer in (parts, again):
            list(train(model, loss, optimizer, X, Y, rng=0))
        for name, value in parts[0].arrays().items():
            np.testing.assert_array_equal(again[0].arrays()[name], value)


@pytest.mark.parametrize("loss", [CrossEntropyLoss(), HalfSquaredError()])
def test_a_copied_loss_asks_for_a_forward(loss):
    loss.forward(np.zeros((2, 3)), [0, 1])
    with pytest.raises(RuntimeError, match="call forward"):
        pickle.loads(pickle.dumps(loss)).backward()
    assert loss.backward().shape == (2, 3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_perfect_guess_has_no_sign(dtype):
    value = CrossEntropyLoss().forward(np.array([[1000.0, 0.0]], dtype), [0])
    assert f"{value:.4f}" == "0.0000"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_not_finite_is_refused_in_plain_words(value):
    with pytest.raises(ValueError, match=f"^p must be a finite number, got {value}$"):
        arguments.number("p", value)
    with pytest.raises(ValueError, match=r"^p must be a finite number of at least 0\.5, got"):
        arguments.number("p", value, 0.5)
