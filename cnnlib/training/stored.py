"""What a checkpoint's file says, checked field by field before anything is changed by it."""

import copy
import dataclasses
import math

import numpy as np

from cnnlib.nn.arguments import count, number
from cnnlib.nn.training import Position
from cnnlib.saving import npz

LARGEST = {"pos": 624, "buffer_pos": 4, "has_uint32": 1}  # in the states of NumPy's bit generators
MOST_STEPS = 2**53
CURVES = ("loss", "accuracy", "lr", "epoch_ends", "validation_loss", "validation_accuracy")


def check_names(facts, arrays):
    """All the arrays that were written, and no others. (Files from before this list was kept have none.)"""
    if "arrays" in facts and facts["arrays"] != sorted(arrays):
        odd = sorted(set(arrays).symmetric_difference(facts["arrays"])) or facts["arrays"]
        raise ValueError(f"{', '.join(map(str, odd[:3]))} only in its list of arrays or only beside it")


def read_position(facts, rng):
    """Return the `Position`."""
    found = facts["position"]
    if set(found) != {field.name for field in dataclasses.fields(Position)}:
        raise ValueError(f"position must have the fields of a Position, got {sorted(found)}")
    least = {"step": 0, "epoch": 1, "seen": 0, "samples": 0, "batch_size": 0}
    position = Position(**{name: _whole(name, found[name], low) for name, low in least.items()})
    if position.seen and position.seen >= position.samples:
        raise ValueError(f"seen must be below samples, {position.samples}, got {position.seen}")
    if (position.samples > 0) != (position.batch_size > 0) or (position.seen and found["shuffle"] is None):
        raise ValueError("samples, batch_size and shuffle must be given together")
    position.shuffle = None if found["shuffle"] is None else read_generator("shuffle", found["shuffle"], rng)
    return position


def _whole(name, value, least):
    """A count that the steps to come can compute with: no float holds a larger one."""
    if count(name, value, least) > MOST_STEPS:
        raise ValueError(f"{name} must be at most {MOST_STEPS}, got a number of {len(str(value))} digits")
    return value


def read_generator(name, state, generator):
    """Return the state of a generator of the same kind as `generator`, which is only looked at."""
    _check_numbers(name, state)
    trial = copy.deepcopy(generator.bit_generator)
    trial.state = state
    if npz.plain(trial.state) != state:  # numbers out of range have been taken for others
        raise ValueError(f"{name} must be a state of {type(trial).__name__}")
    return trial.state


def _check_numbers(name, state):
    """Whole numbers from 0, and places within what they point into: NumPy does not look after that."""
    for key, value in state.items() if isinstance(state, dict) else enumerate(state):
        if isinstance(value, dict | list):
            _check_numbers(name, value)
        elif key != "bit_generator" and count(f"{name}: {key}", value, least=0) > LARGEST.get(key, math.inf):
            raise ValueError(f"{name}: {key} must be at most {LARGEST[key]}, got {value}")


def read_optimizer(facts, arrays, model, optimizer):
    """Return rate, steps and state: ``0.weight.velocity``, ... in the memory order of the weights."""
    lr, steps = number("lr", facts["lr"], 0.0), _whole("steps", facts["steps"], 0)
    values = {parameter.name: parameter.value for parameter in model.parameters()}
    state = {}
    for name, array in arrays.items():
        parameter, slot = name.rsplit(".", 1)
        value = values[parameter]
        if array.shape != value.shape or array.dtype != value.dtype:
            raise ValueError(f"optimizer.{name} must be {value.dtype} of shape {value.shape}")
        state.setdefault(parameter, {})[slot] = np.empty_like(value)
        state[parameter][slot][...] = array
    if any(set(slots) != set(optimizer.slots) for slots in state.values()):
        raise ValueError(f"the optimizer must remember {', '.join(optimizer.slots)} of each parameter")
    everything = "arrays" in facts or len(state) == len(values)
    if optimizer.slots and (bool(state) != bool(steps) or (steps and not everything)):
        raise ValueError(f"the optimizer must remember its {steps} steps, got arrays of {sorted(state)}")
    return lr, steps, state


def read_history(arrays):
    """Return the curves of a `History` by name."""
    curves = {}
    for name in CURVES:
        array = arrays[name] if arrays else np.zeros(0)
        if array.ndim != 1 or array.dtype not in (np.float64, np.int64):
            raise ValueError(f"history.{name} must be a row of numbers, got {array.dtype} {array.shape}")
        curves[name] = array.tolist()
        if "accuracy" in name:
            curves[name] = [None if math.isnan(value) else value for value in curves[name]]
    ends = [count("history.epoch_ends", end) for end in curves["epoch_ends"]]
    if not len(curves["loss"]) == len(curves["accuracy"]) == len(curves["lr"]):
        raise ValueError("history.loss, accuracy and lr must be equally long")
    if len(curves["validation_loss"]) != len(curves["validation_accuracy"]) or ends != sorted(set(ends)):
        raise ValueError("history's epochs must grow, each with a validation loss and accuracy or none")
    return curves


def read_early_stopping(facts, arrays, model):
    """Return best, best_epoch, waited and best_arrays of an `EarlyStopping`."""
    best, best_epoch, waited = facts["early_stopping"]
    best_epoch, waited = (count("early_stopping", n, least=0) for n in (best_epoch, waited))
    best = math.inf if best == math.inf else number("early_stopping", best)
    if (best < math.inf) != (best_epoch > 0) or bool(arrays) != (best_epoch > 0):
        raise ValueError("early_stopping must hold the best loss, its epoch and its weights, or none of them")
    if arrays:
        npz.check(model.arrays(), arrays)
    return {"best": best, "best_epoch": best_epoch, "waited": waited, "best_arrays": arrays}
