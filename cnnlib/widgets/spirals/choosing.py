"""What the playground's controls choose: settings of a run, a link or a bias, a node."""

from __future__ import annotations

import numpy as np

from cnnlib.playground import FEATURES, Config, feature_maps
from cnnlib.playground import Playground as Run
from cnnlib.widgets.base import BadValue
from cnnlib.widgets.spirals.node_maps import FEATURE_NAMES
from cnnlib.widgets.spirals.presets import SETTINGS


def config_of(state: dict) -> Config:
    """The settings of the state."""
    shape = [n for n in state["neurons"][0] if n]
    if any(n != round(n) for n in shape):
        raise BadValue("Neurons must be whole numbers from 0 to 8.")
    names = set(SETTINGS) - {"neurons", "seed", *FEATURES}
    return Config(
        **{name: state[name] for name in names},
        learning_rate=state["learning_rate"],
        network_shape=tuple(int(n) for n in shape),
        seed=state["seed"],
        features=tuple(name for name in FEATURES if state[name]),
        show_test_data=state["show_test_data"],
        discretize=state["discretize"],
    )


def chosen_link(run: Run, state: dict) -> tuple[int, int, int]:
    """The link or bias chosen for a change: layer, destination, and source or -1."""
    sizes = run.config.layer_sizes
    layer = min(state["edit_layer"], len(sizes) - 1) - 1
    destination = min(state["edit_to"], sizes[layer + 1]) - 1
    return layer, destination, min(state["edit_from"], sizes[layer]) - 1


def limits_of(run: Run, state: dict) -> dict:
    """How far the controls go that follow the run."""
    sizes = run.config.layer_sizes
    layer = min(state["edit_layer"], len(sizes) - 1)
    return {
        "epoch": (0, run.history.furthest),
        "edit_layer": (1, len(sizes) - 1),
        "edit_to": (1, sizes[layer]),
        "edit_from": (0, sizes[layer - 1]),
    }


def nodes_of(run: Run) -> tuple[str, ...]:
    """Names of the nodes that there are."""
    shape = enumerate(run.config.network_shape, 1)
    return ("output", *FEATURE_NAMES, *(f"node {k}.{i}" for k, size in shape for i in range(1, size + 1)))


def at_large(name: str, maps: list[np.ndarray]) -> tuple[str, np.ndarray, tuple[int, int]]:
    """Name, map and place of the node shown at large; the output where there is no such node."""
    if name in FEATURE_NAMES:
        row = FEATURE_NAMES.index(name)
        return name, feature_maps()[row], (0, row)
    if name != "output":
        layer, node = map(int, name.split()[1].split("."))
        if layer < len(maps) and node <= len(maps[layer - 1]):
            return name, maps[layer - 1][node - 1], (layer, node - 1)
    return "output", maps[-1][0], (len(maps), 0)
