"""Checkpoints: stop a training at any step and go on later as if it had never stopped, to the last bit.

The next step depends on the weights and running averages, on what the optimizer remembers, on the place in
the data's present order, on the learning rate's place in its schedule, and on the state of every random
generator: that of the data order and those of Dropout. A checkpoint holds all of it in one ``.npz`` file
without pickle. The file is replaced in one go, so a process killed while it writes leaves the one before.
"""

import dataclasses
import json
from pathlib import Path

import numpy as np

from cnnlib.saving import npz
from cnnlib.training import stored

DAMAGES = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, RecursionError)


def save_checkpoint(path, model, optimizer, rng, position, history=None, early_stopping=None):
    """Write everything a training needs in order to go on; call it between two steps.

    Parameters
    ----------
    path : str or path
        The file; one that is there is replaced in one go.
    model : Sequential
    optimizer : Optimizer
    rng : numpy.random.Generator
        The very generator that was handed to ``train``.
    position : Position
        The very position that was handed to ``train``.
    history : History, optional
    early_stopping : EarlyStopping, optional

    Examples
    --------
    >>> import tempfile
    >>> from cnnlib.networks import small_cnn
    >>> from cnnlib.nn.optim import SGD
    >>> from cnnlib.nn.training import Position
    >>> path, rng = Path(tempfile.mkdtemp()) / "run.npz", np.random.default_rng(0)
    >>> save_checkpoint(path, small_cnn(rng=0), SGD(lr=0.1), rng, Position(step=7))
    >>> load_checkpoint(path, small_cnn(rng=1), SGD(lr=0.1), rng).step
    7
    """
    facts = _facts(model, optimizer) | {
        "position": dataclasses.asdict(position),
        "lr": float(optimizer.lr),
        "steps": optimizer.steps,
        "generators": {name: each.bit_generator.state for name, each in _generators(model, rng).items()},
    }
    arrays = {f"model.{name}": value for name, value in model.arrays().items()}
    for name, slots in optimizer.state.items():
        arrays |= {f"optimizer.{name}.{slot}": value for slot, value in slots.items()}
    if history is not None:
        arrays |= {f"history.{name}": _curve(getattr(history, name)) for name in stored.CURVES}
    if early_stopping is not None:
        facts["early_stopping"] = [early_stopping.best, early_stopping.best_epoch, early_stopping.waited]
        arrays |= {f"best.{name}": value for name, value in early_stopping.best_arrays.items()}
    facts["arrays"] = sorted(arrays)
    npz.write(path, json.dumps(facts, default=npz.plain_value), arrays)


def load_checkpoint(path, model, optimizer, rng, history=None, early_stopping=None):
    """Put what ``save_checkpoint`` wrote into a network, an optimizer and a generator made as before.

    Parameters
    ----------
    path : str or path
    model, optimizer, rng, history, early_stopping
        Changed in place; made with the arguments of the first time.

    Returns
    -------
    Position
        For ``train(..., position=position)``.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged or belongs to another network or optimizer; then nothing is changed.
    """
    text, arrays = npz.read(path)
    generators, name = _generators(model, rng), Path(path).name
    facts = _read_facts(text, name)
    _check_facts(facts, _facts(model, optimizer), generators)
    try:
        changes = _changes(facts, arrays, (model, optimizer, generators), history, early_stopping)
    except DAMAGES as error:
        raise ValueError(f"path must name a whole checkpoint, but {name} is damaged: {error}") from error
    position = changes.pop("position")
    npz.fill(model.arrays(), _part(arrays, "model"))
    for change in changes.values():
        change()
    for left in Path(path).parent.glob(f"{name}.*.part"):
        left.unlink(missing_ok=True)  # by a process that was killed while it wrote
    return position


def check_saveable(model, optimizer, rng):
    """Raise a TypeError now if `save_checkpoint` could not write these later, after the work is done."""
    json.dumps(_facts(model, optimizer), default=npz.plain_value)
    for generator in _generators(model, rng).values():
        json.dumps(generator.bit_generator.state, default=npz.plain_value)


def _read_facts(text, name):
    try:
        facts = json.loads(text)
        states = facts["generators"], facts["position"], facts["layers"], facts["optimizer"]
        if not all(
            isinstance(state, kind) for state, kind in zip(states, (dict, dict, list, list), strict=True)
        ):
            raise TypeError("its parts are of other kinds")
    except DAMAGES as error:
        raise ValueError(f"path must name a checkpoint, but {name} is none ({error!r})") from error
    return facts


def _changes(facts, arrays, whole, history, early_stopping):
    """Everything that the file says, as a `Position` and calls that cannot fail."""
    model, optimizer, generators = whole
    stored.check_names(facts, arrays)
    npz.check(model.arrays(), _part(arrays, "model"))
    lr, steps, state = stored.read_optimizer(facts, _part(arrays, "optimizer"), model, optimizer)
    states = {n: stored.read_generator(n, facts["generators"][n], each) for n, each in generators.items()}
    changes = {
        "position": stored.read_position(facts, generators["rng"]),
        "optimizer": lambda: (optimizer.reset(), vars(optimizer).update(lr=lr, steps=steps, state=state)),
        "generators": lambda: [setattr(g.bit_generator, "state", states[n]) for n, g in generators.items()],
    }
    curves = stored.read_history(_part(arrays, "history"))
    if history is not None:
        changes["history"] = lambda: vars(history).update(curves)
    if "early_stopping" in facts:
        watched = stored.read_early_stopping(facts, _part(arrays, "best"), model)
        if early_stopping is not None:
            changes["early_stopping"] = lambda: vars(early_stopping).update(watched)
    return changes


def _facts(model, optimizer):
    """What must be the same again: layers with their arguments, and the optimizer's settings but its rate."""
    settings = {
        name: value
        for name, value in vars(optimizer).items()
        if name not in ("lr", "steps", "state") and not name.startswith("_")
    }
    layers = [[type(layer).__name__, layer.config()] for layer in model.layers]
    return {"layers": layers, "optimizer": [type(optimizer).__name__, settings]}


def _check_facts(found, wanted, generators):
    for name, value in npz.plain(wanted).items():
        if found[name] != value:
            raise ValueError(f"path must hold a checkpoint of {name} {value}, got one of {found[name]}")
    states = found["generators"]
    if set(states) != set(generators):
        raise ValueError(f"path must hold the generators {sorted(generators)}, got {sorted(states)}")
    for name, generator in generators.items():
        kind, state = type(generator.bit_generator).__name__, states[name]
        other = state.get("bit_generator") if isinstance(state, dict) else state
        if other != kind:
            raise ValueError(f"path must hold a state of {kind} for {name}, got {other}")


def _generators(model, rng):
    """Every random generator a step may draw from, by name."""
    found = {"rng": rng}
    for i, layer in enumerate(model.layers):
        for place, inner in enumerate(layer.walk()):
            for name, value in vars(inner).items():
                if isinstance(value, np.random.Generator):
                    found[f"{i}.{name}" if not place else f"{i}.{place}.{name}"] = value
    return found


def _part(arrays, prefix):
    return {n.removeprefix(f"{prefix}."): value for n, value in arrays.items() if n.startswith(f"{prefix}.")}


def _curve(values):
    """A list of numbers as an array; None becomes NaN."""
    if values and isinstance(values[0], int):
        return np.array(values, np.int64)
    return np.array([np.nan if value is None else value for value in values], np.float64)
