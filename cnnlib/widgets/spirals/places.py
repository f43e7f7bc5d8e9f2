"""What of the playground's network was pointed at: a node, a link or a bias."""

from __future__ import annotations

import numpy as np

from cnnlib.playground import Playground as Run
from cnnlib.widgets.spirals.node_maps import FEATURE_NAMES


def node_at(run: Run, mark: str, index: int) -> str | None:
    """Name of the node of a tile; None away from them."""
    if mark == "feature":
        return FEATURE_NAMES[index] if index < len(FEATURE_NAMES) else None
    if not mark.startswith("layer"):
        return None
    layer = int(mark.split()[1])
    return f"node {layer}.{index + 1}"


def place_of(run: Run, mark: str, index: int) -> dict | None:
    """Controls that select the clicked link or bias; None for a click on an earlier picture."""
    kind, _, layer = mark.partition(" ")
    if kind == "bias":
        for k, count in enumerate(run.config.layer_sizes[1:-1]):
            if index < count:
                return {"edit_layer": k + 1, "edit_to": index + 1, "edit_from": 0}
            index -= count
        return None
    if kind not in ("link", "dead") or int(layer) >= len(run.weights):
        return None
    matrix, dead = run.weights[int(layer)], run.dead[int(layer)].ravel()
    places = np.flatnonzero(dead == (kind == "dead"))
    if index >= len(places):
        return None
    to, source = divmod(int(places[index]), matrix.shape[1])
    return {"edit_layer": int(layer) + 1, "edit_to": to + 1, "edit_from": source + 1}
