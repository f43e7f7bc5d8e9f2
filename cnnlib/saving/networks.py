"""Networks in files: the arrays by name, and the architecture as JSON."""

import json

import numpy as np

from cnnlib.fast import Sequential
from cnnlib.nn import layers as layer_classes
from cnnlib.saving import npz

MOST_LAYERS = 10_000


def save(model, path):
    """Write a network to an ``.npz`` file: arrays by name, and the architecture as JSON. No pickle.

    Parameters
    ----------
    model : Sequential
        A network of the layers of `cnnlib.nn.layers`.
    path : str or path
        Where to; ``.npz`` is not added.

    Raises
    ------
    ValueError
        If it holds a layer of another class, which the file could not describe.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from cnnlib import small_cnn
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "network.npz"
    >>> save(small_cnn(rng=0), path)
    >>> load(path).num_parameters
    1898
    """
    names = [type(inner).__name__ for layer in model.layers for inner in layer.walk()]
    unknown = [name for name in names if name not in layer_classes.__all__]
    if unknown:
        raise ValueError(f"layers: cannot save {unknown}, expected the layers of cnnlib.nn.layers")
    rows = [[type(layer).__name__, layer.config()] for layer in model.layers]
    npz.write(path, json.dumps(rows, default=npz.plain_value), model.arrays())


def load(path):
    """Make the network that `save` wrote.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    Sequential

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file holds no network, or is damaged.
    """
    text, arrays = npz.read(path)
    model = Sequential(_build(text, arrays))
    npz.fill(model.arrays(), arrays)
    return model


def _build(text, arrays):
    """Make the layers that the JSON `text` describes; weights come from the file, so none can be larger."""
    try:
        rows = json.loads(text)
        if len(rows) > MOST_LAYERS:
            raise ValueError(f"{len(rows)} layers, expected at most {MOST_LAYERS}")
        return [_layer(name, dict(config), arrays, f"{i}.") for i, (name, config) in enumerate(rows)]
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise ValueError(f"path: the file describes a network that cannot be built ({error!r})") from error


def _layer(name, config, arrays, prefix):
    """Make one layer; `prefix` begins the names of its arrays."""
    if name not in layer_classes.__all__ or name == "Layer":
        raise ValueError(f"unknown layer {name!r}")
    weight = arrays.get(f"{prefix}weight")
    if name in ("Conv2d", "ConvTranspose2d", "Linear"):
        config["init"] = lambda shape, rng: weight
    if name == "BatchNorm2d" and np.shape(weight) != (config["num_features"],):
        raise ValueError(f"{config} does not fit weights of shape {np.shape(weight)}")
    if name == "LayerNorm" and np.shape(weight) != tuple(config["normalized_shape"]):
        raise ValueError(f"{config} does not fit weights of shape {np.shape(weight)}")
    if name == "Residual":
        config = _inner(config, arrays, prefix)
    return getattr(layer_classes, name)(**config)


def _inner(config, arrays, prefix):
    """The two lists of layers of a Residual, numbered on as its arrays are."""
    rows = [(kind, *row) for kind in ("layers", "shortcut") for row in config.get(kind, ())]
    made = {"layers": [], "shortcut": []}
    for i, (kind, name, inner) in enumerate(rows):
        made[kind].append(_layer(name, dict(inner), arrays, f"{prefix}{i}."))
    return made
