"""Training: the network learns, repeats itself exactly, and refuses bad data whole."""

import numpy as np
import pytest

from cnnlib.fast import Sequential
from cnnlib.networks import small_cnn
from cnnlib.nn.layers import BatchNorm2d, Flatten, Linear
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD
from cnnlib.nn.training import batches, evaluate, train
from cnnlib.training import fit


def test_overfits_twenty_digits(digits):
    x, y = digits.x_train[:20], digits.y_train[:20]
    model = small_cnn(0)
    fit(
        model,
        CrossEntropyLoss(),
        SGD(0.1, momentum=0.9),
        x,
        y,
        batch_size=20,
        epochs=100,
        rng=0,
        progress=False,
    )
    assert evaluate(model, CrossEntropyLoss(), x, y).accuracy == 1.0


def test_initial_loss_is_near_ln_10(digits):
    losses = [
        evaluate(small_cnn(s), CrossEntropyLoss(), digits.x_test, digits.y_test).loss for s in range(20)
    ]
    assert abs(np.mean(losses) - np.log(10)) < 0.3


def test_same_seed_same_numbers(digits):
    def run():
        model = small_cnn(0)
        steps = train(model, CrossEntropyLoss(), SGD(0.1), digits.x_train, digits.y_train, epochs=1, rng=5)
        return [r.loss for r in steps], model.parameters()[0].value

    (losses, weight), (again, weight_again) = run(), run()
    assert losses == again and (weight == weight_again).all()


def test_most_digits_are_learned(digits):
    data = digits.x_train, digits.y_train
    accuracies = []
    for seed in range(3):
        history = fit(
            small_cnn(seed),
            CrossEntropyLoss(),
            SGD(0.05, momentum=0.9),
            *data,
            epochs=15,
            rng=seed,
            validation=(digits.x_test, digits.y_test),
            progress=False,
        )
        accuracies.append(history.validation_accuracy[-1])
    assert np.mean(accuracies) > 0.96
    assert len(history.loss) == 15 * 45 and history.epoch_ends == list(range(45, 15 * 45 + 1, 45))
    assert history.epoch_loss[-1] < history.epoch_loss[0]
    assert history.epoch_loss[1] == pytest.approx(np.mean(history.loss[45:90]))
    assert history.epoch_loss[0] == pytest.approx(np.mean(history.loss[:45]))


def test_filters_move_and_have_gradients(digits):
    model = small_cnn(0)
    before = [p.value.copy() for p in model.parameters()]
    list(train(model, CrossEntropyLoss(), SGD(0.1), digits.x_train[:64], digits.y_train[:64], rng=0))
    for old, (name, value, grad) in zip(before, model.parameters(), strict=True):
        assert np.abs(value - old).max() > 1e-4 and np.abs(grad).max() > 0, name


def test_batches_hold_every_sample_once():
    parts = list(batches(10, 4, np.random.default_rng(0)))
    assert [len(p) for p in parts] == [4, 4, 2]
    assert sorted(np.concatenate(parts)) == list(range(10))


def test_batches_are_shuffled_anew_each_time_and_by_the_seed_alone():
    def order(rng):
        return np.concatenate(list(batches(100, 10, rng))).tolist()

    rng = np.random.default_rng(0)
    first, second = order(rng), order(rng)
    assert first != second and first != list(range(100)) and first == order(np.random.default_rng(0))


def test_training_trains_and_evaluation_does_not():
    norm = BatchNorm2d(1)
    model = Sequential([norm, Flatten(), Linear(64, 10, rng=0)])
    x, y = np.ones((4, 1, 8, 8), np.float32), np.arange(4)
    evaluate(model, CrossEntropyLoss(), x, y)
    assert norm.buffers["running_mean"] == 0
    next(train(model, CrossEntropyLoss(), SGD(0.1), x, y, batch_size=4))
    assert norm.buffers["running_mean"] == pytest.approx(0.1)


def test_records_count_steps_and_epochs(digits):
    x, y = digits.x_train[:10], digits.y_train[:10]
    steps = train(small_cnn(0), CrossEntropyLoss(), SGD(0.1), x, y, batch_size=4, epochs=2, rng=0)
    records = [(r.step, r.epoch, r.last_of_epoch) for r in steps]
    assert records == [(1, 1, False), (2, 1, False), (3, 1, True), (4, 2, False), (5, 2, False), (6, 2, True)]


def test_schedule_and_augment_are_called(digits):
    x, y = digits.x_train[:8], digits.y_train[:8]
    seen = []

    def augment(batch, rng):
        seen.append(rng.integers(100))
        return batch[:, :, ::-1]

    steps = train(
        small_cnn(0),
        CrossEntropyLoss(),
        SGD(1.0),
        x,
        y,
        batch_size=4,
        epochs=2,
        rng=0,
        schedule=lambda step: 0.1 / (step + 1),
        augment=augment,
    )
    assert [r.lr for r in steps] == pytest.approx([0.1, 0.05, 0.1 / 3, 0.025]) and len(seen) == 4


def test_evaluation_does_not_depend_on_the_batch_size(digits):
    model = small_cnn(0)
    a, b = (evaluate(model, CrossEntropyLoss(), digits.x_test, digits.y_test, n) for n in (7, 1000))
    assert a.loss == pytest.approx(b.loss, abs=1e-6) and a.accuracy == b.accuracy


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        (
            {"x": np.zeros((0, 1, 8, 8), np.float32), "y": np.zeros(0, int)},
            ValueError,
            "x must hold at least one sample, got shape",
        ),
        ({"x": np.zeros((2, 1, 8, 8), int)}, TypeError, "x must be float32 or float64 .* got int64"),
        (
            {"x": np.full((2, 1, 8, 8), np.nan, np.float32)},
            ValueError,
            "x must be finite, got 128 values that are NaN",
        ),
        ({"x": np.zeros(2, np.float32)}, ValueError, r"x must have shape \(N, ...\).* got \(2,\)"),
        ({"y": np.zeros(3, int)}, ValueError, r"y must hold 2 targets, one a sample, got shape \(3,\)"),
        ({"batch_size": 0}, ValueError, "batch_size must be a whole number of at least 1, got 0"),
        ({"epochs": 1.5}, ValueError, "epochs must be .* got 1.5"),
    ],
)
def test_bad_data_are_named_at_the_call(change, error, sentence):
    arguments = {"x": np.zeros((2, 1, 8, 8), np.float32), "y": np.zeros(2, int), "batch_size": 2, "epochs": 1}
    arguments |= change
    with pytest.raises(error, match=sentence):
        train(small_cnn(0), CrossEntropyLoss(), SGD(0.1), **arguments)


def test_labels_out_of_range_leave_the_weights_alone(digits):
    model = small_cnn(0)
    before = [p.value.copy() for p in model.parameters()]
    with pytest.raises(ValueError, match="targets must be 0 to 9, got values from 10 to 10"):
        list(train(model, CrossEntropyLoss(), SGD(0.1), digits.x_train[:4], np.full(4, 10), rng=0))
    assert all((old == p.value).all() for old, p in zip(before, model.parameters(), strict=True))


def test_history_plots_itself(digits):
    history = fit(
        small_cnn(0),
        CrossEntropyLoss(),
        SGD(0.1),
        digits.x_train[:64],
        digits.y_train[:64],
        epochs=2,
        rng=0,
        validation=(digits.x_test, digits.y_test),
        progress=False,
    )
    left, right = history.plot()
    assert [line.get_label() for line in left.get_lines()] == ["each step", "training", "validation"]
    assert len(right.get_lines()) == 2
    assert "2 epochs: loss" in repr(history)


def test_progress_bar_shows(digits, capsys):
    fit(small_cnn(0), CrossEntropyLoss(), SGD(0.1), digits.x_train[:64], digits.y_train[:64], epochs=1, rng=0)
    assert "step/s" in capsys.readouterr().err


@pytest.mark.filterwarnings("error")
def test_finite_numbers_are_taken_though_their_sum_is_not():
    x = np.full((2, 1, 8, 8), 3e38, np.float32)
    x[1] = -3e38
    train(small_cnn(0), CrossEntropyLoss(), SGD(0.1), x, np.zeros(2, int))
    x[0, 0, 0, 0], x[1, 0, 0, 0] = np.inf, -np.inf
    with pytest.raises(ValueError, match="x must be finite, got 2 values"):
        train(small_cnn(0), CrossEntropyLoss(), SGD(0.1), x, np.zeros(2, int))
