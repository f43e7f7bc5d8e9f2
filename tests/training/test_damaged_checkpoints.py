"""Checkpoints: whatever can be a setting is saved, and whatever is damaged changes nothing."""

import copy
import json

import numpy as np
import pytest

from cnnlib.fast import Sequential
from cnnlib.nn.layers import BatchNorm2d, Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU
from cnnlib.nn.losses import CrossEntropyLoss
from cnnlib.nn.optim import SGD, Adam, RMSprop
from cnnlib.nn.schedules import constant, cosine, one_cycle, range_test, step_decay, warm_up
from cnnlib.nn.training import Position, train
from cnnlib.saving import load, npz, save
from cnnlib.training import EarlyStopping, History, fit, load_checkpoint, save_checkpoint

GENERATORS = ["MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"]
NUMBERS = [float, np.float16, np.float32, np.float64, np.longdouble, lambda v: np.array(v, np.float32)]
WHOLES = [int, np.int8, np.uint8, np.int16, np.int32, np.int64, np.uint64, np.intp]


def network(make=float, whole=int, kind="PCG64"):
    def rng(seed):
        return np.random.Generator(getattr(np.random, kind)(seed))

    layers = [Conv2d(whole(1), whole(2), whole(3), stride=whole(1), padding=(whole(1), 0), rng=rng(0))]
    layers += [BatchNorm2d(whole(2), eps=make(1e-3), momentum=make(0.5)), ReLU(), MaxPool2d(whole(2))]
    layers += [Flatten(), Dropout(make(0.5), rng=rng(1)), Linear(whole(24), whole(10), rng=rng(2))]
    return Sequential(layers)


def optimizers(make=float):
    yield SGD(make(0.25), momentum=make(0.5), weight_decay=make(0.125))
    yield SGD(make(0.25), momentum=make(0.5), nesterov=np.True_)
    yield RMSprop(make(0.25), alpha=make(0.5), eps=make(1e-3), weight_decay=make(0.125))
    yield Adam(make(0.25), betas=(make(0.5), make(0.75)), eps=make(1e-3))
    yield Adam(make(0.25), betas=np.array([0.5, 0.75], np.float32))


DATA = np.random.default_rng(0).random((20, 1, 8, 8), np.float32), np.arange(20) % 10


def begun(model, optimizer, rng, steps=3):
    position, history, watch = Position(), History(), EarlyStopping()
    for record in train(
        model, CrossEntropyLoss(), optimizer, *DATA, rng=rng, position=position, batch_size=8, epochs=2
    ):
        history.add(record)
        if record.step == steps:
            break
    watch.update(0.5, model)
    return model, optimizer, rng, position, history, watch


@pytest.mark.parametrize("make", NUMBERS, ids=lambda make: make.__name__)
@pytest.mark.parametrize("whole", WHOLES, ids=str)
def test_every_number_of_numpy_is_a_setting_and_is_saved(tmp_path, make, whole):
    for optimizer in optimizers(make):
        model, again = network(make, whole), network(make, whole)
        rng = np.random.default_rng(0)
        begun(model, optimizer, rng)
        other = copy.deepcopy(optimizer)
        save_checkpoint(tmp_path / "run.npz", model, optimizer, rng, Position())
        load_checkpoint(tmp_path / "run.npz", again, other, rng)
        save(model, tmp_path / "net.npz")
        assert [layer.config() for layer in load(tmp_path / "net.npz")] == [x.config() for x in model]
        settings = [*vars(optimizer).values(), *(v for layer in model for v in layer.config().values())]
        assert not [value for value in settings if isinstance(value, np.generic)]


@pytest.mark.parametrize("kind", GENERATORS)
def test_every_generator_of_numpy_goes_on_to_the_bit(tmp_path, kind):
    parts = begun(network(kind=kind), SGD(0.1), np.random.Generator(getattr(np.random, kind)(5)))
    save_checkpoint(tmp_path / "run.npz", *parts)
    expected = [parts[2].random(), parts[0][5].rng.random()]
    fresh = network(kind=kind), SGD(0.1), np.random.Generator(getattr(np.random, kind)(6))
    position = load_checkpoint(tmp_path / "run.npz", *fresh)
    assert [fresh[2].random(), fresh[0][5].rng.random()] == expected
    losses = [
        [r.loss for r in train(*p, *DATA, rng=rng, position=position, batch_size=8, epochs=2)]
        for p, rng, position in [((fresh[0], CrossEntropyLoss(), fresh[1]), fresh[2], position)]
    ]
    assert len(losses[0]) == 3


@pytest.mark.parametrize("make", [np.float16, np.float32, np.float64, np.longdouble])
def test_schedules_and_early_stopping_take_numpys_numbers(make):
    watch = EarlyStopping(patience=np.int8(2), min_delta=make(0.5))
    assert type(watch.patience) is int and type(watch.min_delta) is float
    for schedule in (
        constant(make(0.5)),
        step_decay(make(0.5), np.int64(5), make(0.5)),
        cosine(make(0.5), np.uint8(9)),
        warm_up(make(0.5), np.int32(4), make(0.5)),
        one_cycle(make(0.5), np.int16(40)),
        range_test(make(0.125), make(0.5), np.int64(4)),
    ):
        assert type(schedule(3)) is float


def test_a_setting_that_cannot_be_saved_is_told_before_the_first_step(tmp_path):
    model, optimizer, steps = network(), SGD(0.1), []
    optimizer.rule = print
    with pytest.raises(TypeError, match="settings must be numbers"):
        fit(
            model,
            CrossEntropyLoss(),
            optimizer,
            *DATA,
            checkpoint=tmp_path / "run.npz",
            progress=False,
            schedule=lambda step: steps.append(step) or 0.1,
        )
    assert not steps


# --- damages ---------------------------------------------------------------------------------

BAD = [None, True, -1, 1.5, "1", [], {}, 2**70, float("nan")]


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch):
    monkeypatch.setattr(npz.os, "fsync", lambda handle: None)


def state_of(model, optimizer, rng, history, watch):
    arrays = {name: value.tobytes() for name, value in model.arrays().items()}
    state = {f"{n}.{s}": v.tobytes() for n, slots in optimizer.state.items() for s, v in slots.items()}
    generators = [str(g.bit_generator.state) for g in (rng, model[5].rng)]
    best = {name: value.tobytes() for name, value in watch.best_arrays.items()}
    told = copy.deepcopy(vars(history)), watch.best, watch.best_epoch, watch.waited
    return arrays, state, optimizer.lr, optimizer.steps, generators, best, told


def leaves(value, path=()):
    """The paths to everything in a JSON document, its lists and dicts included."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        yield from leaves(each, (*path, key))


def put(document, path, value):
    *way, last = path
    for key in way:
        document = document[key]
    if value is KeyError:
        del document[last]
    else:
        document[last] = value


def refused(path, text, arrays, kind):
    """Load a changed file; whether it was refused. Refused or not, nothing is half changed."""
    npz.write(path, text, arrays)
    target = (
        network(kind=kind),
        SGD(0.1, momentum=0.9),
        np.random.Generator(getattr(np.random, kind)(77)),
        History(),
        EarlyStopping(),
    )
    before = state_of(*target)
    try:
        position = load_checkpoint(path, *target)
    except ValueError as error:
        assert str(error).startswith("path")
        assert state_of(*target) == before, "half changed"
        return True
    model, optimizer, rng, history, _ = target
    assert (position.samples, position.batch_size) in ((20, 8), (2**70, 8), (20, 2**70))
    position.samples, position.batch_size = 20, 8
    list(train(model, CrossEntropyLoss(), optimizer, *DATA, rng=rng, position=position, batch_size=8))
    repr(history)
    return False


def written(tmp_path, kind):
    optimizer = SGD(0.1, momentum=0.9)
    rng = np.random.Generator(getattr(np.random, kind)(5))
    save_checkpoint(tmp_path / "run.npz", *begun(network(kind=kind), optimizer, rng, steps=2))
    return npz.read(tmp_path / "run.npz")


def test_a_damaged_fact_changes_nothing_or_is_harmless(tmp_path):
    text, arrays = written(tmp_path, "PCG64")
    harmless = set()
    for path in leaves(json.loads(text)):
        for bad in [KeyError, *BAD]:
            if not path:
                document = bad
            else:
                document = json.loads(text)
                put(document, path, bad)
                if document == json.loads(text):
                    continue
            if document is KeyError or refused(tmp_path / "bad.npz", json.dumps(document), arrays, "PCG64"):
                continue
            harmless.add((path, str(bad)))
    # What is left says something else, but nothing wrong: another place in a generator's cycle, another rate.
    allowed = {"lr", "steps", "position", "generators", "early_stopping", "arrays"}
    assert {path[0] for path, _ in harmless} <= allowed
    for path, bad in harmless:
        assert bad in ("-1", "True", "1.5", "0", str(2**70), "<class 'KeyError'>"), (path, bad)
        assert bad != "-1" or path == ("early_stopping", 0), path  # a loss may be any number
        assert bad != "True" or "uint32" in str(path), (path, bad)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("steps",), -1),
        (("steps",), 0),
        (("steps",), 1.5),
        (("steps",), 10**400),
        (("position", "step"), 10**400),
        (("position", "samples"), 2**63),
        (("lr",), -0.1),
        (("lr",), None),
        (("lr",), "0.1"),
        (("position", "step"), -3),
        (("position", "epoch"), 0),
        (("position", "seen"), 20),
        (("position", "seen"), -8),
        (("position", "batch_size"), 0),
        (("position", "shuffle"), None),
        (("position", "shuffle"), {}),
        (("position", "more"), 1),
        (("position",), []),
        (("generators",), {}),
        (("generators", "rng"), None),
        (("generators", "rng", "state"), {}),
        (("generators", "rng", "state", "inc"), -1),
        (("generators", "5.rng", "has_uint32"), 7),
        (("early_stopping",), []),
        (("early_stopping", 1), -1),
        (("early_stopping", 0), "Infinity"),
        (("early_stopping", 2), 0.5),
        (("layers",), None),
        (("layers", 0), None),
        (("optimizer",), {}),
        (("arrays",), ["0.weight"]),
        (("arrays",), 5),
    ],
    ids=lambda part: str(part)[:30],
)
def test_what_cannot_be_is_refused(tmp_path, path, value):
    text, arrays = written(tmp_path, "PCG64")
    document = json.loads(text)
    put(document, path, value)
    assert refused(tmp_path / "bad.npz", json.dumps(document), arrays, "PCG64")


@pytest.mark.parametrize("listed", [True, False])
def test_a_missing_or_changed_array_is_refused(tmp_path, listed):
    """With the list of arrays and without it, as in files from before there was one."""
    text, arrays = written(tmp_path, "PCG64")
    facts = json.loads(text)
    if not listed:
        del facts["arrays"]
    text = json.dumps(facts)
    assert not refused(tmp_path / "same.npz", text, arrays, "PCG64")
    for name, array in arrays.items():
        changes = [np.array(array[..., None]), array.astype(complex), array.astype("U3"), array.astype(bool)]
        changes += [array[:0], array.astype(np.float16)] + [array.astype(np.float64)] * (array.dtype == "f4")
        for changed in [None, *changes]:
            others = {n: a for n, a in arrays.items() if n != name}
            others |= {} if changed is None else {name: changed}
            if changed is not None and (changed.dtype, changed.shape) == (array.dtype, array.shape):
                continue
            if listed or changed is None or not name.startswith("history"):
                assert refused(tmp_path / "bad.npz", text, others, "PCG64"), (name, changed)
    assert refused(tmp_path / "bad.npz", text, arrays | {"optimizer.0.weight.other": np.ones(3)}, "PCG64")


def test_a_text_that_nests_for_ever_is_refused(tmp_path):
    _, arrays = written(tmp_path, "PCG64")
    assert refused(tmp_path / "bad.npz", "[" * 100_000, arrays, "PCG64")
    assert refused(tmp_path / "bad.npz", '{"steps": ' + "9" * 5000 + "}", arrays, "PCG64")


# --- what outlives a run ---------------------------------------------------------------------


def short_fit(model, optimizer, watch=None, **options):
    validation = {"validation": DATA} if watch else {}
    loss = CrossEntropyLoss()
    options = {"epochs": 6, "rng": 0, "progress": False, "early_stopping": watch} | validation | options
    return fit(model, loss, optimizer, *DATA, **options)


def test_one_early_stopping_in_three_fits_starts_afresh_each_time():
    watch = EarlyStopping(patience=6)
    shapes = []
    for seed in range(3):
        model = Sequential([Flatten(), Linear(64, 10, rng=seed)])
        shapes.append(len(short_fit(model, SGD(0.1), watch).epoch_ends))
        alone = Sequential([Flatten(), Linear(64, 10, rng=seed)])
        short_fit(alone, SGD(0.1), EarlyStopping(patience=6))
        np.testing.assert_array_equal(model[1].params["weight"], alone[1].params["weight"])
    assert shapes == [6, 6, 6]


def test_early_stopping_refuses_another_network_by_hand():
    watch, small = EarlyStopping(), Sequential([Linear(4, 3, rng=0)])
    watch.update(1.0, small)
    for use in (watch.restore, lambda model: watch.update(0.5, model)):
        with pytest.raises(ValueError, match="the network that was watched before"):
            use(network())
    watch.reset()
    assert watch.update(0.5, network()) is False


@pytest.mark.parametrize("make", [lambda: SGD(0.1, momentum=0.9), lambda: Adam(0.01), lambda: RMSprop(0.01)])
def test_an_optimizer_is_not_carried_over_to_another_network(make):
    first, second, optimizer = network(), network(), make()
    short_fit(first, optimizer, epochs=1)
    before = {name: value.copy() for name, value in second.arrays().items() if "running" not in name}
    with pytest.raises(ValueError, match="of another network than the 1 steps"):
        short_fit(second, optimizer, epochs=1)
    assert all((second.arrays()[name] == value).all() for name, value in before.items())
    short_fit(first, optimizer, epochs=1)  # the same one goes on
    twin, copied = copy.deepcopy((first, optimizer))
    short_fit(twin, copied, epochs=1)  # copies go on together
    optimizer.reset()
    fresh, other = network(), network()
    short_fit(fresh, optimizer, epochs=1)
    short_fit(other, make(), epochs=1)
    assert (fresh[0].params["weight"] == other[0].params["weight"]).all()


def test_weights_may_be_replaced_and_plain_steps_remember_nothing():
    model, optimizer = network(), SGD(0.1, momentum=0.9)
    short_fit(model, optimizer, epochs=1)
    model[0].params["weight"] = model[0].params["weight"] * 0.5
    short_fit(model, optimizer, epochs=1)
    plain = SGD(0.1)
    for _ in range(2):
        short_fit(network(), plain, epochs=1)


def test_a_schedule_does_not_leave_its_last_rate_behind():
    optimizer = SGD(0.25)
    short_fit(network(), optimizer, schedule=cosine(0.5, 6))
    assert optimizer.lr == 0.25
