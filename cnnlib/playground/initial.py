"""First weights of the playground: the page's own, and the usual alternatives.

Every choice spends exactly one number of the seed's stream per link, in the same order (layer by
layer, destination by destination, source by source), so that a change of initialization changes
neither the points nor the numbers behind any weight, only how a number becomes a weight.
"""

import math
from itertools import pairwise
from statistics import NormalDist

import numpy as np

_normal = NormalDist().inv_cdf


def _gaussian(u):
    return _normal(min(max(u, 1e-12), 1 - 1e-12))


INITIALIZATIONS = {
    "playground": lambda u, fan_in, fan_out: u - 0.5,
    "zero": lambda u, fan_in, fan_out: 0.0,
    "same": lambda u, fan_in, fan_out: 0.5,
    "xavier": lambda u, fan_in, fan_out: (2 * u - 1) * math.sqrt(6 / (fan_in + fan_out)),
    "he": lambda u, fan_in, fan_out: _gaussian(u) * math.sqrt(2 / fan_in),
    "normal": lambda u, fan_in, fan_out: _gaussian(u),
    "large": lambda u, fan_in, fan_out: 10 * (u - 0.5),
}
IDENTICAL = ("zero", "same")  # hidden nodes of one layer start equal and must stay equal
_FIRST_BIAS = {"playground": 0.1, "large": 0.1}


def initial_parameters(stream, layer_sizes, init="playground"):
    """Draw the first weights and biases of a network.

    Parameters
    ----------
    stream : SeedRandom
        Advanced by one number per link, even for ``"zero"``.
    layer_sizes : sequence of int
        Nodes of each layer, inputs first.
    init : str
        A key of ``INITIALIZATIONS``. Biases start at 0.1 for the page's own and at 0 otherwise.

    Returns
    -------
    weights : list of ndarray, shape (destinations, sources)
    biases : list of ndarray, shape (destinations,)

    Examples
    --------
    >>> from cnnlib.playground.seedrandom import SeedRandom
    >>> weights, biases = initial_parameters(SeedRandom("0.1"), [2, 4, 1])
    >>> [w.shape for w in weights], biases[1].tolist()
    ([(4, 2), (1, 4)], [0.1])
    """
    if init not in INITIALIZATIONS:
        raise ValueError(f"init must be one of {', '.join(INITIALIZATIONS)}; got {init!r}")
    to_weight, first_bias = INITIALIZATIONS[init], _FIRST_BIAS.get(init, 0.0)
    weights, biases = [], []
    for fan_in, fan_out in pairwise(layer_sizes):
        drawn = [to_weight(stream.random(), fan_in, fan_out) for _ in range(fan_in * fan_out)]
        weights.append(np.array(drawn, dtype=np.float64).reshape(fan_out, fan_in))
        biases.append(np.full(fan_out, first_bias))
    return weights, biases
