"""What is said of a race: why the first leads, what the last one does, why near is not low."""

from __future__ import annotations

import numpy as np

from cnnlib.experiments.error_curves import METHODS
from cnnlib.runtime.language import say
from cnnlib.widgets.gradient_descent.first_runs import outcome

OWN_RATES = "each weight has a rate of its own, so little slope does not slow it"
REASONS = dict(
    zip(
        METHODS,
        (
            "it has no memory that carries it past the lowest point",
            "steps in the same direction add up",
            "it looks ahead, so it brakes before the lowest point",
            OWN_RATES,
            OWN_RATES,
        ),
        strict=True,
    )
)
LATELY = 10  # steps by which it is told what an optimizer does
CREEPS, LITTLE_SLOPE = "it creeps", "where there is little slope, it creeps"
ENDS = {
    "left": "it has left the map",
    "hollow": "it sits in a hollow that is not the deepest",
    "saddle": "it stands on the saddle",
    "arrived": "it has arrived as well",
    "near": "it is near the lowest point",
}


def manner(surface, path: np.ndarray, errors: np.ndarray) -> str:
    """What an optimizer does that is last, in words.

    >>> from cnnlib.widgets.gradient_descent.surface_picture import surface_of
    >>> manner(surface_of("bowl", 1.0, 0.0), np.ones((12, 2)), np.ones(12))
    'it creeps'
    """
    end = outcome(surface, path)
    if end in ENDS:
        return ENDS[end]
    lately = errors[-LATELY - 1 :]
    if (np.diff(lately) > 0).any():
        return "it swings to and fro"
    return CREEPS if lately[-1] > 0.8 * lately[0] and len(lately) > LATELY else "it is on its way"


def why(surface) -> str:
    """Why a marker that is near can rank low: the error grows faster in one direction than in the other.

    >>> from cnnlib.widgets.gradient_descent.surface_picture import surface_of
    >>> why(surface_of("bowl", 50.0, 30.0))[:54]
    'Near is not low: across the valley the error grows 50 '
    """
    low, high = surface.curvatures(surface.minima[-1])
    if high < 1.5 * low:
        return ""
    return say(
        "Near is not low: across the valley the error grows {times:.0f} times as fast.", times=high / low
    )
