"""What the playground widget says: its facts and its sentence."""

from __future__ import annotations

import math

import numpy as np

from cnnlib.playground import FEATURES
from cnnlib.playground import Playground as Run
from cnnlib.runtime.language import say
from cnnlib.widgets.spirals.node_maps import FEATURE_NAMES
from cnnlib.widgets.spirals.presets import OWN, PRESETS


def facts_of(run: Run) -> dict:
    """The numbers of a run's state; a loss that is no number counts as infinite."""
    losses = [loss if math.isfinite(loss) else math.inf for loss in (run.train_loss, run.test_loss)]
    wrong = [0, 0]
    if run.config.problem == "classification":
        wrong = [
            int(np.count_nonzero(np.sign(run.predict(points[:, :2])) != points[:, 2]))
            for points in (run.train, run.test)
        ]
    sizes = run.config.layer_sizes
    return {
        "epoch": run.epoch,
        "train_loss": losses[0],
        "test_loss": losses[1],
        "wrong": wrong[1],
        "wrong_trained": wrong[0],
        "neurons": sum(sizes[1:-1]),
        "features": sizes[0],
        "dead": run.dead_links,
        "links": sum(w.size for w in run.weights),
        "diverged": int(run.diverged_at is not None),
        "spiral": int(run.config.active_dataset == "spiral"),
    }


def short(loss: float) -> str:
    """A loss to three decimals, as the original page shows it; a huge one as a power of ten.

    >>> short(0.42512), short(7.2e31)
    ('0.425', '7.20e+31')
    """
    return f"{loss:.3f}" if not math.isfinite(loss) or loss < 1e4 else f"{loss:.2e}"


QUESTIONS = {
    "circle": "Can the network separate blue from orange?",
    "xor": "Can the network separate blue corners from orange ones?",
    "gauss": "Can the network separate two clouds?",
    "spiral": "Can the network separate two spirals?",
    "reg-plane": "Can the network learn a slope?",
    "reg-gauss": "Can the network learn hills and hollows?",
}


def way(facts: dict) -> tuple[str, float] | None:
    """How far the spirals are from the goal, in words and as a share of the way from 0.5; None elsewhere."""
    loss = facts["test_loss"]
    if not facts["spiral"]:
        return None
    if not math.isfinite(loss):
        return "now: no number any more", 0.0
    return say("now {loss}, at epoch {epoch:,}", loss=short(loss), epoch=facts["epoch"]), (0.5 - loss) / (
        0.5 - 0.106
    )


def sentence(run: Run, facts: dict, chosen: tuple[int, int, int] | None, preset: str) -> str:
    """What the picture shows, in words; a chosen link or bias too."""
    words = []
    if facts["diverged"]:
        words.append(run.status)
    else:
        words.append(reached(run, facts))
        if facts["dead"]:
            words.append(say("{dead} of {links} links are dead.", dead=facts["dead"], links=facts["links"]))
        words += [run.status] if run.status else []
    if chosen is not None:
        words.append(selection(run, chosen))
    if preset != OWN:
        words.append(PRESETS[preset][1])
    return " ".join(words)


def reached(run: Run, facts: dict) -> str:
    """The epoch, and what the figures above the map do not say."""
    epoch = facts["epoch"]
    if run.config.problem != "classification":
        if epoch == 0:
            return "Epoch 0, before the first step. Press Play."
        loss = short(facts["test_loss"])
        return say("Epoch {epoch:,}: its test loss is {loss}.", epoch=epoch, loss=loss)
    numbers = {
        "here": facts["wrong_trained"],
        "train": len(run.train),
        "wrong": facts["wrong"],
        "test": len(run.test),
    }
    wrong = say("{here} of {train} training points and {wrong} of {test} test points are wrong.", **numbers)
    if epoch == 0:
        return say("Epoch 0, before the first step: {wrong} Press Play.", wrong=wrong)
    return say("Epoch {epoch:,}: {wrong}", epoch=epoch, wrong=wrong)


def ends(run: Run, chosen: tuple[int, int, int]) -> tuple[str, str]:
    """Where a link begins, empty for a bias, and the node where it ends."""
    layer, destination, source = chosen
    to = "the output" if layer == len(run.weights) - 1 else f"node {layer + 1}.{destination + 1}"
    if source < 0:
        return "", to
    start = f"node {layer}.{source + 1}"
    return (FEATURE_NAMES[FEATURES.index(run.config.inputs[source])] if layer == 0 else start), to


def chosen_words(run: Run, chosen: tuple[int, int, int]) -> str:
    """The chosen link or bias, as a title."""
    start, to = ends(run, chosen)
    return f"{start} → {to}" if start else say("Bias of {to}", to=to)


def pushed(run: Run, chosen: tuple[int, int, int]) -> str:
    """What the next step does to the chosen weight or bias."""
    layer, destination, source = chosen
    weights, biases = run.gradients()
    slope = float(biases[layer][destination] if source < 0 else weights[layer][destination, source])
    if not math.isfinite(slope):
        return "It has no gradient any more."
    if slope == 0:
        return "Its gradient is zero: the next step leaves it alone."
    step = run.config.learning_rate * abs(slope)
    way = "down" if slope > 0 else "up"
    return say(
        "Gradient {slope:.2g}: the next steps push it {way}, by about {step:.2g} each.",
        slope=slope,
        way=way,
        step=step,
    )


def selection(run: Run, chosen: tuple[int, int, int]) -> str:
    """The chosen link or bias and its value, in words."""
    layer, destination, source = chosen
    value = run.network.parameters.matrices[layer][destination, source]
    shown = f"{value:.2g}" if math.isfinite(value) else "no number any more"
    start, to = ends(run, chosen)
    if source < 0:
        return say("Chosen: the bias of {to} is {shown}.", to=to, shown=shown)
    dead = ", dead" if run.dead[layer][destination, source] else ""
    return say(
        "Chosen: the weight from {start} to {to} is {shown}{dead}.",
        start=start,
        to=to,
        shown=shown,
        dead=dead,
    )
