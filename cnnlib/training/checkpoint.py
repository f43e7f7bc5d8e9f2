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

from cnnlib.nn.training import Position
from cnnlib.saving import npz
from cnnlib.training.history import History

CURVES = ("loss", "accuracy", "lr", "epoch_ends", "validation_loss", "validation_accuracy")


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
        arrays |= {f"history.{name}": _curve(getattr(history, name)) for name in CURVES}
    if early_stopping is not None:
        facts["early_stopping"] = [early_stopping.best, early_stopping.best_epoch, early_stopping.waited]
        arrays |= {f"best.{name}": value for name, value in early_stopping.best_arrays.items()}
    npz.write(path, json.dumps(facts), arrays)


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
    try:
        facts = json.loads(text)
        position = Position(**facts["position"])
        states, steps, lr = facts["generators"], int(facts["steps"]), float(facts["lr"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"path must name a checkpoint, but {Path(path).name} is none ({error!r})") from error
    generators = _generators(model, rng)
    _check_facts(facts, _facts(model, optimizer), states, generators)
    remembered = _optimizer_state(_part(arrays, "optimizer"), model)
    npz.fill(model.arrays(), _part(arrays, "model"))
    optimizer.state, optimizer.steps, optimizer.lr = remembered, steps, lr
    for name, generator in generators.items():
        generator.bit_generator.state = states[name]
    if history is not None:
        _fill_history(history, _part(arrays, "history"))
    if early_stopping is not None and "early_stopping" in facts:
        early_stopping.best, early_stopping.best_epoch, early_stopping.waited = facts["early_stopping"]
        early_stopping.best_arrays = _part(arrays, "best")
    for left in Path(path).parent.glob(f"{Path(path).name}.*.part"):
        left.unlink(missing_ok=True)  # by a process that was killed while it wrote
    return position


def _facts(model, optimizer):
    """What must be the same again: layers with their arguments, and the optimizer's settings but its rate."""
    settings = {
        name: value
        for name, value in vars(optimizer).items()
        if name not in ("lr", "steps", "state") and not name.startswith("_")
    }
    layers = [[type(layer).__name__, layer.config()] for layer in model.layers]
    return {"layers": layers, "optimizer": [type(optimizer).__name__, settings]}


def _check_facts(found, wanted, states, generators):
    wanted = json.loads(json.dumps(wanted))  # pairs become lists, as in the file
    for name, value in wanted.items():
        if found.get(name) != value:
            raise ValueError(f"path must hold a checkpoint of {name} {value}, got one of {found.get(name)}")
    if set(states) != set(generators):
        raise ValueError(f"path must hold the generators {sorted(generators)}, got {sorted(states)}")
    for name, generator in generators.items():
        kind = type(generator.bit_generator).__name__
        if states[name].get("bit_generator") != kind:
            raise ValueError(
                f"path must hold a state of {kind} for {name}, got {states[name].get('bit_generator')}"
            )


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


def _optimizer_state(arrays, model):
    """Sort ``0.weight.velocity``, ... into a dict a parameter, in the memory order of its weights."""
    values = {parameter.name: parameter.value for parameter in model.parameters()}
    state = {}
    for name, array in arrays.items():
        parameter, slot = name.rsplit(".", 1)
        if parameter not in values or values[parameter].shape != array.shape:
            raise ValueError(f"path must fit the network, got {name} of shape {array.shape}")
        state.setdefault(parameter, {})[slot] = np.empty_like(values[parameter])
        state[parameter][slot][...] = array
    return state


def _curve(values):
    """A list of numbers as an array; None becomes NaN."""
    if values and isinstance(values[0], int):
        return np.array(values, np.int64)
    return np.array([np.nan if value is None else value for value in values], np.float64)


def _fill_history(history: History, arrays):
    for name in CURVES:
        values = arrays.get(name, np.zeros(0)).tolist()
        if "accuracy" in name:
            values = [None if np.isnan(value) else value for value in values]
        setattr(history, name, values)
