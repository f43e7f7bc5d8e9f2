"""Which unit of one network does the work of which unit of another?

The units of a hidden layer can be listed in any order: exchange two filters, and the weights of the next
layer that read them, and the network computes the same function. Before two networks can be compared weight
by weight, their units have to be put in one order.
"""

import numpy as np

from cnnlib.nn.layers import Conv2d, Flatten, Linear


def match_units(model, reference, x):
    """Reorder the hidden units of a network so that they resemble those of another one.

    Layer by layer, each unit's outputs over `x` are correlated with those of each unit of the reference, and
    units are paired so that the sum of correlations is largest. Source: Li, Yosinski, Clune, Lipson and
    Hopcroft, "Convergent learning", 2016, arXiv:1511.07543.

    Parameters
    ----------
    model, reference : Sequential
        Of one architecture, of Conv2d and Linear layers with others between them that keep channels apart.
    x : array
        Samples to compare the outputs on.

    Returns
    -------
    Sequential
        A copy of `model` that computes the same function, with its units in the reference's order.
    """
    if [value.shape for _, value, _ in model.parameters()] != [v.shape for _, v, _ in reference.parameters()]:
        raise ValueError("reference must have the architecture of model, got arrays of other shapes")
    model = model.copy()
    for place in _weighted(model)[:-1]:
        ours, theirs = (_unit_outputs(net, x, place) for net in (model, reference))
        reorder_units(model, place, assign(-(theirs.T @ ours)))
    return model


def reorder_units(model, place, order):
    """Put the units of one hidden layer into another order, in place; the function computed stays the same.

    Parameters
    ----------
    model : Sequential
    place : int
        Index of a Conv2d or Linear layer that is not the last one with weights.
    order : sequence of int
        Unit ``order[i]`` goes to place i.
    """
    weighted = _weighted(model)
    if place not in weighted[:-1]:
        raise ValueError(
            f"place must be the index of a hidden layer with weights, {weighted[:-1]}, got {place}"
        )
    order = np.asarray(order)
    layer, after = model[place], model[weighted[weighted.index(place) + 1]]
    axis = 0 if isinstance(layer, Conv2d) else 1
    layer.params["weight"][...] = np.take(layer.params["weight"], order, axis)
    if "bias" in layer.params:
        layer.params["bias"][...] = layer.params["bias"][order]
    weight = after.params["weight"]
    if isinstance(after, Conv2d):
        weight[...] = weight[:, order]
    else:  # after a Flatten each channel owns a run of rows; otherwise one row each
        rows = weight.reshape(len(order), -1, weight.shape[1])
        weight[...] = rows[order].reshape(weight.shape)


def assign(costs):
    """Pair rows with columns so that the sum of costs is smallest: ``columns[row]``.

    The Hungarian method with shortest augmenting paths and prices for rows and columns, of cubic time
    (Kuhn, 1955; Jonker and Volgenant, 1987). scipy's ``linear_sum_assignment`` does the same; for layers of
    some tens of units it would be the only reason to install scipy.

    Parameters
    ----------
    costs : array, shape (n, n)

    Returns
    -------
    array of int, shape (n,)

    Examples
    --------
    >>> assign([[4, 1, 3], [2, 0, 5], [3, 2, 2]])
    array([1, 0, 2])
    """
    costs = np.asarray(costs, np.float64)
    if costs.ndim != 2 or costs.shape[0] != costs.shape[1] or not np.isfinite(costs).all():
        raise ValueError(f"costs must be a square matrix of finite numbers, got shape {costs.shape}")
    n = len(costs)
    prices = np.zeros((2, n + 1))  # of rows and of columns; column n is where each search begins
    owner = np.full(n + 1, -1)  # the row that each column is paired with
    for row in range(n):
        owner[n] = row
        _augment(costs, prices, owner)
    columns = np.empty(n, int)
    columns[owner[:n]] = np.arange(n)
    return columns


def _augment(costs, prices, owner):
    """Find the cheapest chain of exchanges that gives the row at column n a free column, and carry it out."""
    n = len(costs)
    distance, came_from = np.full(n, np.inf), np.full(n, n)
    done, column = np.zeros(n + 1, bool), n
    while owner[column] >= 0:
        done[column] = True
        row, free = owner[column], np.flatnonzero(~done[:n])
        reduced = costs[row, free] - prices[0, row] - prices[1, free]
        better = reduced < distance[free]
        distance[free[better]], came_from[free[better]] = reduced[better], column
        nearest = free[np.argmin(distance[free])]
        step = distance[nearest]
        prices[0, owner[done]] += step
        prices[1, done] -= step
        distance[free] -= step
        column = nearest
    while column != n:
        before = came_from[column]
        owner[column] = owner[before]
        column = before


def _weighted(model):
    places = [i for i, layer in enumerate(model.layers) if isinstance(layer, Conv2d | Linear)]
    for layer in model.layers:
        if layer.params and not isinstance(layer, Conv2d | Linear):
            raise TypeError(f"model must have weights in Conv2d and Linear layers only, got {layer!r}")
    return places


def _unit_outputs(model, x, place):
    """What each unit of a layer puts out over all samples and places: a column each, mean 0 and length 1."""
    net = model.copy()
    for layer in net.layers[: place + 1]:
        x = layer.forward(x)
    if place + 1 < len(net.layers) and not isinstance(net[place + 1], Flatten):
        x = net[place + 1].forward(x)  # after the non-linearity: what the next layer gets to see
    columns = np.moveaxis(x, 1, -1).reshape(-1, x.shape[1]).astype(np.float64)
    columns -= columns.mean(axis=0)
    length = np.linalg.norm(columns, axis=0)
    return columns / np.where(length > 0, length, 1)
