"""Checkpoints: a training interrupted anywhere goes on as if it had not been, to the bit."""

import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from cnnlib.data import Distort, load_digits
from cnnlib.fast import Sequential
from cnnlib.nn.layers import BatchNorm2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD, Adam, RMSprop
from cnnlib.nn.schedules import cosine
from cnnlib.nn.training import Position, train
from cnnlib.saving import npz, save
from cnnlib.training import EarlyStopping, History, fit, load_checkpoint, save_checkpoint

SAMPLES, BATCH, EPOCHS = 50, 16, 3  # 12 steps, the last batch of each epoch a short one


def network(seed=0):
    """Everything with a memory: running averages, two dropouts with generators of their own."""
    rng = np.random.default_rng(seed)
    layers = [Conv2d(1, 4, 3, rng=rng), BatchNorm2d(4), ReLU(), MaxPool2d(2), Flatten(), Dropout(0.3, rng=5)]
    return Sequential(
        [*layers, Linear(36, 12, rng=rng), ReLU(), Dropout(0.2, rng=rng), Linear(12, 10, rng=rng)]
    )


OPTIMIZERS = {
    "momentum": lambda: SGD(0.1, momentum=0.9, nesterov=True, weight_decay=1e-3),
    "rmsprop": lambda: RMSprop(0.01),
    "adam": lambda: Adam(0.01),
}


def steps(model, optimizer, rng, position):
    x, y = load_digits().x_train[:SAMPLES], load_digits().y_train[:SAMPLES]
    return train(
        model,
        CrossEntropyLoss(),
        optimizer,
        x,
        y,
        rng=rng,
        position=position,
        batch_size=BATCH,
        epochs=EPOCHS,
        schedule=cosine(0.1, 12),
        augment=Distort(shift=1, elastic=0.3),
    )


def everything(model, optimizer, rng):
    """All that a training leaves behind, as plain values that compare exactly."""
    arrays = {name: value.tobytes() for name, value in model.arrays().items()}
    for name, slots in optimizer.state.items():
        arrays |= {f"{name}.{slot}": value.tobytes() for slot, value in slots.items()}
    generators = [rng, *(layer.rng for layer in model if isinstance(layer, Dropout))]
    return arrays, optimizer.steps, [g.bit_generator.state for g in generators]


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_a_training_interrupted_at_any_step_ends_the_same_to_the_bit(tmp_path, kind):
    whole = network(), OPTIMIZERS[kind](), np.random.default_rng(1)
    records = list(steps(*whole, Position()))
    assert len(records) == 12
    for stop in range(13):
        first, position = (network(), OPTIMIZERS[kind](), np.random.default_rng(1)), Position()
        before = list(itertools.islice(steps(*first, position), stop))
        save_checkpoint(tmp_path / "run.npz", *first, position)
        second = network(seed=9), OPTIMIZERS[kind](), np.random.default_rng(99)  # other weights, other order
        position = load_checkpoint(tmp_path / "run.npz", *second)
        after = list(steps(*second, position))
        assert before + after == records, stop
        assert everything(*second) == everything(*whole), stop


def test_saving_disturbs_nothing(tmp_path):
    whole, watched = ((network(), SGD(0.1, momentum=0.9), np.random.default_rng(1)) for _ in range(2))
    records, position = list(steps(*whole, Position())), Position()
    for record, expected in zip(steps(*watched, position), records, strict=True):
        assert record == expected
        save_checkpoint(tmp_path / "run.npz", *watched, position)
    assert everything(*watched) == everything(*whole)


def call_fit(folder, epochs=4, save_every=1, **others):
    data = load_digits()
    model, watch = network(), EarlyStopping(patience=3)
    options = {"rng": 3, "batch_size": 32, "schedule": cosine(0.05, 16), "augment": Distort(shift=1)} | others
    history = fit(
        model,
        CrossEntropyLoss(),
        SGD(0.05, momentum=0.9),
        data.x_train[:128],
        data.y_train[:128],
        epochs=epochs,
        validation=(data.x_test[:50], data.y_test[:50]),
        early_stopping=watch,
        checkpoint=folder / "run.npz",
        save_every=save_every,
        progress=False,
        **options,
    )
    arrays = {name: value.tobytes().hex() for name, value in model.arrays().items()}
    return arrays, vars(history), (watch.best, watch.best_epoch, watch.waited)


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("save_every", [None, 1, 3])
def test_fit_called_again_goes_on_and_ends_the_same(tmp_path, save_every):
    (tmp_path / "whole").mkdir()
    expected = call_fit(tmp_path / "whole", save_every=save_every)
    for stop in range(16):
        calls = iter(range(stop + 1))

        def give_up(batch, rng, calls=calls):
            if next(calls, None) is None:
                raise Interrupted
            return Distort(shift=1)(batch, rng)

        folder = tmp_path / str(stop)
        folder.mkdir()
        with pytest.raises(Interrupted):
            call_fit(folder, save_every=save_every, augment=give_up, epochs=5)
        assert call_fit(folder, save_every=save_every) == expected, stop
    assert call_fit(tmp_path / "whole", save_every=save_every) == expected  # finished: nothing more to do


WORKER = """
import json, pathlib, sys
from test_checkpoint import call_fit
result = call_fit(pathlib.Path(sys.argv[1]), epochs=int(sys.argv[2]))
pathlib.Path(sys.argv[1], "result.json").write_text(json.dumps(result))
"""


KILLED = 1 if os.name == "nt" else -signal.SIGKILL  # what `Popen.kill` leaves as exit code


def start(folder, repository, before="", epochs=4):
    path = os.pathsep.join([str(repository), str(repository / "tests" / "training")])
    command = [sys.executable, "-c", before + WORKER, str(folder), str(epochs)]
    return subprocess.Popen(command, env=os.environ | {"PYTHONPATH": path}, stderr=subprocess.PIPE)


def result(folder):
    return json.loads((folder / "result.json").read_text())


def test_a_process_killed_again_and_again_ends_the_same_to_the_bit(tmp_path, repository):
    expected = json.loads(json.dumps(call_fit(tmp_path, epochs=30)))
    (tmp_path / "run.npz").unlink()
    rng, kills = random.Random(0), 0
    while not (tmp_path / "result.json").exists():
        process = start(tmp_path, repository, epochs=30)
        if kills < 3:
            written = (tmp_path / "run.npz").exists() and (tmp_path / "run.npz").stat().st_mtime_ns
            while process.poll() is None:  # until it has saved something new, then at any moment
                path = tmp_path / "run.npz"
                if path.exists() and path.stat().st_mtime_ns != written:
                    time.sleep(rng.random() * 0.1)
                    process.kill()
            kills += process.wait() == KILLED
        error = process.communicate()[1].decode()
        assert process.returncode in (0, KILLED), error
        assert npz.read(tmp_path / "run.npz")
    assert kills >= 2 and result(tmp_path) == expected


DIE_WHILE_WRITING = """
import os, signal
import numpy as np
from cnnlib.saving import npz
savez, saves = np.savez, iter(range(7))
def half(file, **arrays):
    if next(saves, None) is not None:
        return savez(file, **arrays)
    file.write(b"half of what a checkpoint")
    file.flush()
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))  # Windows kills by either
npz.np.savez = half
"""


def test_a_process_killed_while_it_writes_leaves_the_checkpoint_before(tmp_path, repository):
    (tmp_path / "whole").mkdir()
    expected = json.loads(json.dumps(call_fit(tmp_path / "whole")))
    process = start(tmp_path, repository, DIE_WHILE_WRITING)
    process.communicate()
    assert process.returncode == (signal.SIGTERM if os.name == "nt" else KILLED)
    assert len(list(tmp_path.glob("run.npz.*.part"))) == 1
    assert json.loads(npz.read(tmp_path / "run.npz")[0])["position"]["step"] == 7
    process = start(tmp_path, repository)
    assert process.wait() == 0 and not list(tmp_path.glob("*.part"))
    assert result(tmp_path) == expected


def test_history_comes_back_with_its_gaps(tmp_path):
    history, again = History(), History()
    history.loss, history.accuracy, history.lr = [1.5, 0.1 + 0.2], [None, None], [0.1, 0.1]
    history.epoch_ends, history.validation_loss, history.validation_accuracy = [2], [1.25], [0.5]
    parts = network(), SGD(0.1), np.random.default_rng(0)
    save_checkpoint(tmp_path / "run.npz", *parts, Position(), history)
    load_checkpoint(tmp_path / "run.npz", *parts, again)
    assert vars(again) == vars(history) and isinstance(again.epoch_ends[0], int)


def test_other_data_batches_networks_and_optimizers_are_refused(tmp_path):
    path, rng = tmp_path / "run.npz", np.random.default_rng(0)
    model, optimizer, position = network(), SGD(0.1, momentum=0.9), Position()
    next(steps(model, optimizer, rng, position))
    save_checkpoint(path, model, optimizer, rng, position)
    x, y = load_digits().x_train, load_digits().y_train
    for n, batch_size, sentence in ((49, BATCH, "samples must be 50"), (50, 8, "batch_size must be 16")):
        with pytest.raises(ValueError, match=sentence):
            train(
                model,
                CrossEntropyLoss(),
                optimizer,
                x[:n],
                y[:n],
                batch_size=batch_size,
                position=load_checkpoint(path, model, optimizer, rng),
            )
    other = Sequential([Flatten(), Linear(64, 10, rng=0)])
    before = everything(network(), SGD(0.1), np.random.default_rng(7))
    fresh = np.random.default_rng(7)
    for wrong, sentence in (
        ((other, SGD(0.1, momentum=0.9), fresh), "a checkpoint of layers"),
        ((network(), SGD(0.1, momentum=0.8), fresh), "a checkpoint of optimizer"),
        ((network(), Adam(0.1), fresh), "a checkpoint of optimizer"),
        (
            (network(), SGD(0.1, momentum=0.9), np.random.Generator(np.random.MT19937(7))),
            "a state of MT19937",
        ),
    ):
        with pytest.raises(ValueError, match=sentence):
            load_checkpoint(path, *wrong)
        if wrong[0] is not other:
            assert everything(wrong[0], wrong[1], fresh) == before


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path):
    save(network(), tmp_path / "net.npz")
    parts = network(), SGD(0.1), np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"path must name a checkpoint, but net.npz is none"):
        load_checkpoint(tmp_path / "net.npz", *parts)
    with pytest.raises(FileNotFoundError):
        load_checkpoint(tmp_path / "absent.npz", *parts)


def test_early_stopping_counts_and_restores():
    model, watch = network(), EarlyStopping(patience=2, min_delta=0.1)
    bias = model[0].params["bias"]
    stops = []
    for epoch, loss in enumerate([1.0, 0.95, 0.8, 0.75, np.nan], start=1):
        bias[...] = epoch
        stops.append(watch.update(loss, model))
    assert stops == [False, False, False, False, True]
    assert (watch.best, watch.best_epoch, watch.waited) == (0.8, 3, 2)
    watch.restore(model)
    assert (bias == 3).all()


def test_fit_stops_early_and_puts_the_best_weights_back(digits):
    model, watch = network(), EarlyStopping(patience=2)
    seen = []

    def note(step):
        seen.append(model.copy())
        return 2.0  # far too high: the loss soon rises

    x, y = digits.x_train[:200], digits.y_train[:200]
    history = fit(
        model,
        CrossEntropyLoss(),
        SGD(1.0),
        x,
        y,
        epochs=30,
        batch_size=200,
        rng=0,
        validation=(x, y),
        schedule=note,
        early_stopping=watch,
        progress=False,
    )
    losses = history.validation_loss
    assert len(losses) < 30 and watch.best_epoch == 1 + int(np.argmin(losses)) == len(losses) - 2
    best = seen[watch.best_epoch].arrays()  # one step an epoch: the copy made before the next one
    assert all((best[name] == value).all() for name, value in model.arrays().items())


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"patience": 0}, "patience must be a whole number of at least 1, got 0"),
        ({"min_delta": -1}, "min_delta must"),
    ],
)
def test_bad_patience_is_named(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        EarlyStopping(**options)


def test_early_stopping_needs_a_validation_set(digits):
    with pytest.raises(ValueError, match="validation must be given for early_stopping"):
        fit(
            network(),
            CrossEntropyLoss(),
            SGD(0.1),
            digits.x_train,
            digits.y_train,
            early_stopping=EarlyStopping(),
            progress=False,
        )


def test_each_epoch_has_an_order_of_its_own_that_can_be_drawn_again():
    rng, position = np.random.default_rng(0), Position()
    position.check(20, 20)
    orders = []
    for _ in range(3):
        orders.append(position.order(rng))
        rng.random(5)
        state = rng.bit_generator.state
        np.testing.assert_array_equal(position.order(rng), orders[-1])
        assert rng.bit_generator.state == state
        position.advance(20)
    assert all(sorted(order) == list(range(20)) for order in orders)
    assert not any((a == b).all() for a, b in itertools.combinations(orders, 2))


def test_the_best_weights_are_in_the_checkpoint(tmp_path):
    model, watch, again = network(), EarlyStopping(), EarlyStopping()
    rng = np.random.default_rng(0)
    watch.update(0.5, model)
    best = model[0].params["weight"].copy()
    model[0].params["weight"] += 1
    watch.update(0.7, model)
    save_checkpoint(tmp_path / "run.npz", model, SGD(0.1), rng, Position(), early_stopping=watch)
    other = network(seed=4)
    load_checkpoint(tmp_path / "run.npz", other, SGD(0.1), rng, early_stopping=again)
    np.testing.assert_array_equal(other[0].params["weight"], best + 1)
    again.restore(other)
    np.testing.assert_array_equal(other[0].params["weight"], best)
    assert (again.best, again.best_epoch, again.waited) == (0.5, 1, 1)
