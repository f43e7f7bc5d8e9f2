"""Batch normalization of four numbers as a graph of small steps: values forwards, gradients backwards.

Nodes hold the four numbers of a batch, or one number that they share:

    m = mean(x), c = x - m, v = mean(c²), u = 1 / sqrt(v + eps), n = c · u, y = gamma · n + beta

>>> values = forward([1.0, 2.0, 3.0, 6.0], gamma=1.0, beta=0.0, eps=0.0)
>>> values["m"], values["v"]
(3.0, 3.5)
"""

import numpy as np

EPS = 1e-5
#: Steps forwards; each name is a node.
FORWARDS = ("m", "c", "v", "u", "n", "y")
#: Steps backwards: which node's gradient is known after each, and by which way it came.
BACKWARDS = (
    ("y", ""), ("beta", "y"), ("gamma", "y"), ("n", "y"), ("u", "n"), ("c", "n"), ("v", "u"), ("c", "v"),
    ("m", "c"), ("x", "c"), ("x", "m"),
)  # fmt: skip


def forward(x, gamma=1.0, beta=0.0, eps=EPS):
    """Value of every node: arrays of the batch's length, or floats.

    Parameters
    ----------
    x : sequence of float
        The batch.
    gamma, beta, eps : float
    """
    x = np.asarray(x, float)
    m = float(x.mean())
    c = x - m
    v = float(np.mean(c**2))
    u = float(1 / np.sqrt(v + eps))
    n = c * u
    return {
        "x": x,
        "gamma": gamma,
        "beta": beta,
        "m": m,
        "c": c,
        "v": v,
        "u": u,
        "n": n,
        "y": gamma * n + beta,
    }


def backward(values, dy):
    """Gradients after each step of `BACKWARDS`, as a list of dicts; where two ways meet, shares add up.

    Parameters
    ----------
    values : dict
        From `forward`.
    dy : sequence of float
        Gradient of the loss by y.

    Examples
    --------
    >>> last = backward(forward([1.0, 2.0, 3.0, 6.0], eps=0.0), [1.0, 1.0, 1.0, 1.0])[-1]
    >>> bool(np.abs(last["x"]).max() < 1e-12), last["beta"]
    (True, 4.0)
    """
    found, steps = {}, []
    for name, way in BACKWARDS:
        share = np.asarray(dy, float) if not way else _share(values, found, name, way)
        found[name] = found[name] + share if name in found else share
        steps.append(dict(found))
    return steps


def _share(values, found, name, way):
    """What a node gets from the one behind it: upstream times local slope, summed where it serves all."""
    upstream, count = found[way], len(values["x"])
    shares = {
        ("beta", "y"): lambda: float(np.sum(upstream)),
        ("gamma", "y"): lambda: float(np.sum(upstream * values["n"])),
        ("n", "y"): lambda: upstream * values["gamma"],
        ("u", "n"): lambda: float(np.sum(upstream * values["c"])),
        ("c", "n"): lambda: upstream * values["u"],
        ("v", "u"): lambda: upstream * -0.5 * values["u"] ** 3,
        ("c", "v"): lambda: upstream * 2 * values["c"] / count,
        ("m", "c"): lambda: float(-np.sum(upstream)),
        ("x", "c"): lambda: upstream * 1.0,
        ("x", "m"): lambda: np.full(count, upstream / count),
    }
    return shares[name, way]()
