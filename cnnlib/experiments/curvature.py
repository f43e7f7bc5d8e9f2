"""The largest curvature of a network's loss: the largest eigenvalue of its Hessian."""

from dataclasses import dataclass

import numpy as np

from cnnlib.experiments.hessian import Hessian


@dataclass(frozen=True)
class Curvature:
    """The largest eigenvalue of a Hessian, as found by power iteration.

    Attributes
    ----------
    value : float
        lambda_max.
    direction : array, shape (weights,)
        Its eigenvector, of length 1: along it the loss bends most.
    residual : float
        ``|H v - value v| / |value|``: how far the vector is from an eigenvector.
    iterations : int
        Products of Hessian and vector that were made.
    """

    value: float
    direction: np.ndarray
    residual: float
    iterations: int

    @property
    def lr_limit(self):
        """``2 / lambda_max``: on a parabola of this curvature, gradient descent converges below this rate."""
        return 2 / self.value if self.value > 0 else np.inf


def largest_curvature(model, loss, x, y, *, rng, tolerance=1e-3, max_iterations=100):
    """Largest eigenvalue of the Hessian of the mean loss, by power iteration.

    A random vector is multiplied by the Hessian again and again: the part along the eigenvector of the
    largest absolute eigenvalue grows fastest. If that one is negative (the surface bends down most), the
    iteration is run again on ``H + |lambda| I``, which has the same eigenvectors and no such eigenvalue.

    Parameters
    ----------
    model, loss, x, y
        As for `Hessian`.
    rng : numpy.random.Generator or int
        Source of the first vector.
    tolerance : float
        Stop when the eigenvalue changes by less than this share in an iteration.
    max_iterations : int
        At most so many products a run.

    Returns
    -------
    Curvature

    Examples
    --------
    >>> from cnnlib.nn.layers import Linear
    >>> from cnnlib.fast import Sequential
    >>> from cnnlib.nn.losses import HalfSquaredError
    >>> model = Sequential([Linear(2, 1, bias=False, rng=0, dtype=np.float64)])
    >>> x = np.array([[2.0, 0.0], [0.0, 1.0]])  # Hessian x.T @ x / 2, eigenvalues 2 and 0.5
    >>> curvature = largest_curvature(model, HalfSquaredError(), x, np.zeros((2, 1)), rng=0)
    >>> print(f"{curvature.value:.3f}, a rate below {curvature.lr_limit:.3f}")
    2.000, a rate below 1.000
    """
    hessian = Hessian(model, loss, x, y)
    v = np.random.default_rng(rng).normal(size=hessian.size)
    first = _power_iteration(hessian, v, 0.0, tolerance, max_iterations)
    if first.value >= 0:
        return first
    second = _power_iteration(hessian, v, -first.value, tolerance, max_iterations)
    total = first.iterations + second.iterations
    return Curvature(second.value, second.direction, second.residual, total)


def _power_iteration(hessian, v, shift, tolerance, max_iterations):
    v, before, iterations = v / np.linalg.norm(v), np.inf, 0
    while True:
        iterations += 1
        product = hessian.product(v)
        value = float(v @ product)
        grown = product + shift * v
        change, before = abs(value - before), value
        if change <= tolerance * abs(value) or iterations >= max_iterations or not grown.any():
            residual = float(np.linalg.norm(product - value * v)) / (abs(value) or 1.0)
            return Curvature(value, v, residual, iterations)
        v = grown / np.linalg.norm(grown)
