"""The loss of a real network as a function of all its weights: slices, training paths, straight lines.

All weights of a network are one point, a vector in the order of ``model.parameters()``. A direction is such a
vector too. Nothing here changes the network that is handed in.
"""

import numpy as np

from cnnlib.experiments.ensemble import NetworkEnsemble


def get_weights(model):
    """All trained values of a network as one vector (a copy).

    Examples
    --------
    >>> from cnnlib.networks import small_cnn
    >>> get_weights(small_cnn(rng=0)).shape
    (1898,)
    """
    return np.concatenate([value.ravel() for _, value, _ in model.parameters()])


def set_weights(model, weights):
    """Put a vector of `get_weights` back into a network of the same architecture, in place.

    Raises
    ------
    ValueError
        If the length is not the network's number of weights.
    """
    weights = np.asarray(weights)
    if weights.shape != (model.num_parameters,):
        raise ValueError(f"weights must have shape ({model.num_parameters},), got {weights.shape}")
    start = 0
    for _, value, _ in model.parameters():
        value[...] = weights[start : start + value.size].reshape(value.shape)
        start += value.size


def random_direction(model, rng):
    """A random direction in which every filter moves by its own length.

    Numbers are drawn from a normal distribution; then the part of each filter (each output unit of a linear
    layer) is scaled to the length of that filter, and biases do not move. So a slice does not look flat only
    because the weights are large. Source: Li, Xu, Taylor, Studer and Goldstein, "Visualizing the loss
    landscape of neural nets", 2018, arXiv:1712.09913.

    Parameters
    ----------
    model : Sequential
    rng : numpy.random.Generator or int

    Returns
    -------
    array, shape (weights,)
    """
    rng = np.random.default_rng(rng)
    parts = []
    for _, value, _ in model.parameters():
        part = rng.normal(size=value.shape) if value.ndim > 1 else np.zeros(value.shape)
        if value.ndim > 1:
            axes = 0 if value.ndim == 2 else (1, 2, 3)
            lengths = [np.sqrt((a.astype(np.float64) ** 2).sum(axes, keepdims=True)) for a in (value, part)]
            part *= lengths[0] / lengths[1]
        parts.append(part.ravel())
    return np.concatenate(parts)


def path_directions(path):
    """The two directions that hold most of a training path: its principal components.

    Parameters
    ----------
    path : array, shape (points, weights)
        Weights on the way; the last point is the centre, as in Li et al. (2018), section 7.

    Returns
    -------
    directions : array, shape (2, weights)
        Of length 1, perpendicular to each other.
    share : float
        Part of the squared distances from the centre that lies within their plane, at most 1.
    """
    path = np.asarray(path, np.float64)
    if path.ndim != 2 or len(path) < 3:
        raise ValueError(f"path must have shape (points, weights) with at least 3 points, got {path.shape}")
    _, sizes, directions = np.linalg.svd(path[:-1] - path[-1], full_matrices=False)
    return directions[:2], float((sizes[:2] ** 2).sum() / (sizes**2).sum())


def project(points, center, directions):
    """Coordinates of weights in the plane through `center`, by least squares: shape (points, 2).

    The directions need not be perpendicular or of length 1.
    """
    offsets = np.atleast_2d(points) - center
    return np.linalg.lstsq(np.asarray(directions).T, offsets.T, rcond=None)[0].T


def losses_at(model, points, x, y, batch=120):
    """Mean cross-entropy and share of right guesses of a network with many different weights.

    Parameters
    ----------
    model : Sequential
        The architecture, of layers that `NetworkEnsemble` knows.
    points : array, shape (points, weights)
        One row of weights each.
    x, y : arrays
        Images and integer labels.
    batch : int
        Points tried at once.

    Returns
    -------
    loss, accuracy : arrays, shape (points,); inf where the loss overflows
    """
    points = np.asarray(points)
    results = []
    for start in range(0, len(points), batch):
        rows = points[start : start + batch]
        ensemble, column = NetworkEnsemble(model, copies=len(rows)), 0
        for array in ensemble.params.values():
            size = array[0].size
            array[...] = rows[:, column : column + size].reshape(array.shape)
            column += size
        results.append(ensemble.evaluate(x, y))
    loss, accuracy = np.concatenate(results, axis=1)
    return np.where(np.isfinite(loss), loss, np.inf), accuracy


def slice_losses(model, center, directions, a, b, x, y):
    """Losses over a plane: entry (i, j) is that of ``center + a[j] * directions[0] + b[i] * directions[1]``.

    Returns
    -------
    array, shape (len(b), len(a))
    """
    steps = np.stack(np.meshgrid(a, b), axis=-1).reshape(-1, 2)
    loss, _ = losses_at(model, center + steps @ np.asarray(directions), x, y)
    return loss.reshape(len(b), len(a))


def line_losses(model, start, end, shares, x, y):
    """Loss and accuracy on the straight line between two weight vectors.

    Source of the experiment: Goodfellow, Vinyals and Saxe, "Qualitatively characterizing neural network
    optimization problems", 2015, arXiv:1412.6544.

    Parameters
    ----------
    shares : array
        Where on the line: 0 is `start`, 1 is `end`.

    Returns
    -------
    loss, accuracy : arrays of the length of `shares`
    """
    shares = np.asarray(shares, np.float64)[:, None]
    return losses_at(model, (1 - shares) * start + shares * end, x, y)
