"""Ensembles: every copy trains as it would alone, whatever happens to its neighbours."""

import itertools
import warnings

import numpy as np
import pytest

from cnnlib.experiments.ensemble import NetworkEnsemble, layers, train_ensemble
from cnnlib.fast import Sequential
from cnnlib.networks import small_cnn
from cnnlib.nn.layers import AvgPool2d, Conv2d, Flatten, Linear, MaxPool2d, ReLU, Tanh
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD, Adam, RMSprop
from cnnlib.nn.schedules import cosine
from cnnlib.nn.training import evaluate, train

RATES = np.geomspace(0.003, 0.3, 26)

OPTIMIZERS = {
    "sgd": (SGD, {}),
    "momentum": (SGD, {"momentum": 0.8, "weight_decay": 0.01}),
    "nesterov": (SGD, {"momentum": 0.8, "nesterov": True}),
    "rmsprop": (RMSprop, {}),
    "adam": (Adam, {"weight_decay": 0.01}),
}


def alone(model, optimizer, x, y, **options):
    records = list(train(model, CrossEntropyLoss(), optimizer, x, y, **options))
    return model, [record.loss for record in records]


def odd_network(seed, dtype=np.float64):
    """Every kind of layer, and sizes that leave pixels over."""
    rng = np.random.default_rng(seed)
    return Sequential(
        [
            Conv2d(1, 3, 3, padding=(1, 2), rng=rng, dtype=dtype),
            Tanh(),
            MaxPool2d(3, stride=2),
            Conv2d(3, 4, (2, 3), stride=(1, 2), bias=False, rng=rng, dtype=dtype),
            ReLU(),
            Flatten(),
            Linear(4 * 2 * 1, 6, bias=False, rng=rng, dtype=dtype),
            ReLU(),
            Linear(6, 10, rng=rng, dtype=dtype),
        ]
    )


def ends_in_classes(*layers, features, rng):
    return Sequential([*layers, Flatten(), Linear(features, 10, rng=rng, dtype=np.float64)])


def pooling_that_leaves_pixels_over(seed):
    rng = np.random.default_rng(seed)
    how = {"rng": rng, "dtype": np.float64}
    first, second = Conv2d(1, 3, 2, **how), Conv2d(3, 2, 2, stride=(2, 1), padding=(1, 2), **how)
    return ends_in_classes(first, MaxPool2d((2, 3)), second, MaxPool2d(2), Tanh(), features=4, rng=rng)


def activations_before_any_weights(seed):
    rng = np.random.default_rng(seed)
    how = {"rng": rng, "dtype": np.float64}
    layers = Tanh(), ReLU(), MaxPool2d(2), Conv2d(1, 2, 3, padding=1, **how), ReLU(), MaxPool2d(2)
    return ends_in_classes(*layers, features=8, rng=rng)


def frame_wider_than_the_kernel(seed):
    rng = np.random.default_rng(seed)
    how = {"rng": rng, "dtype": np.float64}
    first = Conv2d(1, 2, 1, padding=1, stride=9, **how)
    second = Conv2d(2, 2, 2, padding=3, stride=2, **how)
    return ends_in_classes(first, second, ReLU(), MaxPool2d(3, stride=1), features=8, rng=rng)


NETWORKS = (
    odd_network,
    lambda seed: small_cnn(seed, np.float64),
    pooling_that_leaves_pixels_over,
    activations_before_any_weights,
    frame_wider_than_the_kernel,
)


@pytest.mark.parametrize("make", NETWORKS)
def test_gradients_are_those_of_the_single_networks(digits, make):
    x, y = digits.x_train[:20].astype(np.float64), digits.y_train[:20]
    models = [make(seed) for seed in range(27)]
    grads, outputs = NetworkEnsemble(models).gradients(x, y), NetworkEnsemble(models).forward(x)
    for i, model in enumerate(models):
        loss = CrossEntropyLoss()
        loss.forward(model.forward(x), y)
        model.backward(loss.backward())
        np.testing.assert_allclose(outputs[i], model.forward(x), rtol=1e-10, atol=1e-12)
        for name, _, grad in model.parameters():
            np.testing.assert_allclose(grads[name][i], grad, rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_copy_trains_as_it_would_alone(digits, name):
    kind, options = OPTIMIZERS[name]
    x, y = digits.x_train[:200].astype(np.float64), digits.y_train[:200]
    rates = RATES if kind is SGD else RATES / 10
    ensemble = NetworkEnsemble(small_cnn(0, np.float64), copies=len(rates))
    how = {"batch_size": 32, "epochs": 4}
    run = train_ensemble(ensemble, kind(lr=1.0, **options), x, y, lr=rates, rng=5, **how)
    losses = np.array([record.loss for record in run])
    for i in (0, 12, 13, 25):
        single = kind(lr=rates[i], **options)
        model, expected = alone(small_cnn(0, np.float64), single, x, y, rng=5, **how)
        np.testing.assert_allclose(losses[:, i], expected, rtol=1e-9)
        for parameter in model.parameters():
            np.testing.assert_allclose(ensemble.params[parameter.name][i], parameter.value, atol=1e-9)


def test_in_float32_an_epoch_agrees_to_a_millionth(digits):
    x, y = digits.x_train, digits.y_train
    ensemble = NetworkEnsemble(small_cnn(0), copies=24)
    rates = np.geomspace(1e-3, 0.1, 24)
    list(train_ensemble(ensemble, SGD(1.0), x, y, lr=rates, rng=0))
    for i in (0, 11, 23):
        model, _ = alone(small_cnn(0), SGD(rates[i]), x, y, rng=0)
        for parameter in model.parameters():
            assert ensemble.params[parameter.name].dtype == np.float32
            np.testing.assert_allclose(ensemble.params[parameter.name][i], parameter.value, atol=1e-6)


def test_divergence_touches_no_other_copy_and_warns_of_nothing(digits):
    x, y = digits.x_train[:320], digits.y_train[:320]
    wild = np.full(24, 0.05)
    wild[[3, 7, 8, 20]] = 1e4, 1e30, 1e38, 1e12
    results = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for rates in (np.full(24, 0.05), wild):
            ensemble = NetworkEnsemble(small_cnn(0), copies=24)
            run = train_ensemble(ensemble, SGD(1.0, momentum=0.9), x, y, lr=rates, epochs=3, rng=0)
            results.append((ensemble, np.array([record.loss for record in run])))
    (calm, calm_losses), (mixed, losses) = results
    others = np.setdiff1d(np.arange(24), [3, 7, 8, 20])
    np.testing.assert_array_equal(losses[:, others], calm_losses[:, others])
    for name, value in mixed.params.items():
        np.testing.assert_array_equal(value[others], calm.params[name][others])
    assert (mixed.diverged_at[[7, 8]] > 0).all() and (mixed.diverged_at[others] == 0).all()
    first = mixed.diverged_at[8]
    assert np.isnan(losses[first - 1 :, 8]).all() and np.isfinite(losses[: first - 1, 8]).all()
    for values in mixed.evaluate(x, y):
        np.testing.assert_array_equal(np.isnan(values), mixed.diverged_at > 0)
    assert not any(value[8].any() for value in mixed.params.values())  # set aside, with weights of zero
    with pytest.raises(ValueError, match="got 8, which diverged"):
        mixed.model(8)


def test_a_copy_set_aside_stays_at_zero_whatever_the_optimizer_remembers(digits):
    x, y = digits.x_train[:96], digits.y_train[:96]
    ensemble = NetworkEnsemble(small_cnn(0), copies=2)
    run = train_ensemble(ensemble, SGD(1.0, momentum=0.9), x, y, lr=[0.05, 1e30], epochs=3, rng=0)
    for _ in run:
        if ensemble.diverged_at[1]:
            assert not any(value[1].any() for value in ensemble.params.values())
    assert 0 < ensemble.diverged_at[1] < 5


def test_blocks_that_have_all_diverged_are_skipped(digits):
    x, y = digits.x_train[:64], digits.y_train[:64]
    ensemble = NetworkEnsemble(small_cnn(0), copies=4)
    records = list(train_ensemble(ensemble, SGD(1.0), x, y, lr=[1e38] * 4, epochs=3, rng=0))
    assert len(records) == 6 and (ensemble.diverged_at > 0).all()
    assert np.isnan(records[-1].loss).all()


def test_evaluation_is_that_of_the_single_network(digits):
    ensemble = NetworkEnsemble([small_cnn(seed) for seed in range(5)])
    loss, accuracy = ensemble.evaluate(digits.x_test, digits.y_test, batch_size=77)
    for i in range(5):
        single = evaluate(ensemble.model(i), CrossEntropyLoss(), digits.x_test, digits.y_test)
        assert loss[i] == pytest.approx(single.loss, rel=1e-5)
        assert accuracy[i] == pytest.approx(single.accuracy)


def test_a_schedule_multiplies_every_rate(digits):
    x, y = digits.x_train[:64], digits.y_train[:64]
    schedule = cosine(1.0, 6)
    ensemble = NetworkEnsemble(small_cnn(0), copies=2)
    run = train_ensemble(ensemble, SGD(1.0), x, y, lr=[0.1, 0.2], epochs=3, rng=0, schedule=schedule)
    assert [tuple(record.lr) for record in run] == [
        (0.1 * schedule(step), 0.2 * schedule(step)) for step in range(6)
    ]


def test_the_end_of_an_epoch_is_its_last_batch(digits):
    ensemble = NetworkEnsemble(small_cnn(0), copies=2)
    run = list(train_ensemble(ensemble, SGD(0.1), digits.x_train[:70], digits.y_train[:70], epochs=2, rng=0))
    assert [(record.epoch, record.last_of_epoch) for record in run] == [
        (epoch, last) for epoch in (1, 2) for last in (False, False, True)
    ]


def test_the_pattern_and_the_networks_stay_as_they_were(digits):
    model, optimizer = small_cnn(0), Adam(0.01)
    before = {name: value.copy() for name, value, _ in model.parameters()}
    list(train_ensemble(NetworkEnsemble(model, 2), optimizer, digits.x_train[:64], digits.y_train[:64]))
    assert optimizer.steps == 0 and not optimizer.state
    assert all((value == before[name]).all() for name, value, _ in model.parameters())


@pytest.mark.parametrize(
    ("make", "error", "sentence"),
    [
        (lambda x, y: NetworkEnsemble([]), ValueError, "at least one network"),
        (lambda x, y: NetworkEnsemble(small_cnn(0)), ValueError, "copies must be a whole number of at"),
        (lambda x, y: NetworkEnsemble([small_cnn(0), odd_network(0)]), ValueError, "models must be alike"),
        (lambda x, y: NetworkEnsemble(Sequential([AvgPool2d(2)]), 2), TypeError, "got AvgPool2d"),
        (
            lambda x, y: train_ensemble(NetworkEnsemble(small_cnn(0), 2), SGD(1.0), x, y, lr=[0.1]),
            ValueError,
            "lr must be 2 finite rates",
        ),
        (
            lambda x, y: train_ensemble(NetworkEnsemble(small_cnn(0), 2), SGD(1.0), x, y, lr=[0.1, np.inf]),
            ValueError,
            "lr must be 2 finite rates",
        ),
        (
            lambda x, y: train_ensemble(NetworkEnsemble(small_cnn(0), 2), SGD(1.0), x, y, epochs=0),
            ValueError,
            "epochs must be a whole number",
        ),
        (lambda x, y: NetworkEnsemble(small_cnn(0), 2).evaluate(x, y[:3]), ValueError, "y must hold 8"),
    ],
)
def test_bad_arguments_are_named(digits, make, error, sentence):
    with pytest.raises(error, match=sentence):
        make(digits.x_train[:8], digits.y_train[:8])


@pytest.mark.parametrize("step", (1, 2, 3))
def test_the_places_of_a_window_that_lie_on_the_image(step):
    for first, count, size in itertools.product(range(-5, 5), range(1, 6), range(1, 7)):
        expected = [(first + step * i, i) for i in range(count) if 0 <= first + step * i < size]
        pixels, places = layers._inside(first, step, count, size)
        found = list(zip(range(size)[pixels], range(count)[places], strict=True))
        assert found == expected, (first, step, count, size)


def test_what_is_released_is_made_anew_and_gives_the_same(digits):
    x, y = digits.x_train[:64], digits.y_train[:64]
    ensemble = NetworkEnsemble([small_cnn(seed) for seed in range(3)])

    def held():
        kept = (layer._buffers.values() for block in ensemble._blocks for layer in block.layers)
        return sum(array.nbytes for arrays in kept for array in arrays)

    grads, loss = ensemble.gradients(x, y), ensemble.evaluate(x, y)
    assert held() > 1e6
    grads = {name: value.copy() for name, value in grads.items()}
    ensemble.release()
    assert held() == 0 and not any(layer.grads for block in ensemble._blocks for layer in block.layers)
    np.testing.assert_array_equal(ensemble.evaluate(x, y), loss)
    for name, value in ensemble.gradients(x, y).items():
        np.testing.assert_array_equal(value, grads[name])
