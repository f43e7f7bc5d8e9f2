"""Error curves of one weight, with exact gradient and curvature, and descents on them.

The curves stand for a network's error as a function of one of its weights: simple enough to draw whole,
so that every step of an optimizer can be seen. All functions take arrays and work elementwise.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cnnlib.nn.optim import SGD, Adam, RMSprop

RULES = {  # by name, as a function of their decay
    "SGD": lambda decay: SGD(lr=0),
    "Momentum": lambda decay: SGD(lr=0, momentum=decay),
    "Nesterov": lambda decay: SGD(lr=0, momentum=decay, nesterov=decay > 0),
    "RMSprop": lambda decay: RMSprop(lr=0, alpha=decay),
    "Adam": lambda decay: Adam(lr=0),
}
METHODS = tuple(RULES)


class Curve:
    """An error curve E(w) of one weight: `error`, `gradient` (dE/dw) and `curvature` (d²E/dw²).

    `low` and `high` are the ends of the range worth drawing.
    """

    low: float
    high: float

    def error(self, w: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def gradient(self, w: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def curvature(self, w: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def stationary(self, points: int = 4001) -> tuple[np.ndarray, np.ndarray]:
        """Minima and maxima inside the range, by bisection of the gradient's changes of sign.

        Returns
        -------
        minima, maxima : arrays
            Weights in ascending order.
        """
        grid = np.linspace(self.low, self.high, points)
        slope = self.gradient(grid)
        changes = np.flatnonzero((slope[:-1] < 0) != (slope[1:] < 0))
        left, right = grid[changes], grid[changes + 1]
        rising = slope[changes + 1] >= 0
        for _ in range(60):
            middle = (left + right) / 2
            beyond = (self.gradient(middle) >= 0) == rising
            left, right = np.where(beyond, left, middle), np.where(beyond, middle, right)
        found = (left + right) / 2
        return found[rising], found[~rising]

    def global_minimum(self) -> float:
        """The weight of the smallest error among the minima."""
        minima, _ = self.stationary()
        return float(minima[np.argmin(self.error(minima))])


class Quadratic(Curve):
    """E(w) = a / 2 * (w - minimum)² + floor, with the curvature `a` everywhere.

    Each step of gradient descent multiplies the distance from the minimum by 1 - rate * a, so a constant
    rate converges if and only if it is below 2 / a.

    Parameters
    ----------
    a : float
        Curvature, positive.
    minimum, floor : float
        The weight of the minimum and the error there.
    low, high : float
        Range worth drawing.

    >>> Quadratic(4.0).gradient(np.array([0.5]))
    array([2.])
    """

    def __init__(self, a=1.0, minimum=0.0, floor=0.0, low=-3.0, high=3.0) -> None:
        if not a > 0:
            raise ValueError(f"a is {a}; expected a positive curvature")
        self.a, self.minimum, self.floor, self.low, self.high = a, minimum, floor, low, high

    def error(self, w):
        return self.a / 2 * (w - self.minimum) ** 2 + self.floor

    def gradient(self, w):
        return self.a * (w - self.minimum)

    def curvature(self, w):
        return np.full(np.shape(w), float(self.a))


class Wells(Curve):
    """A wide bowl with Gaussian wells and hills: E(w) = floor + bowl * w² - sum of d * exp(-(w - c)² / 2s²).

    By default: a global minimum near 1.5, false minima near -1.7 and -0.2, and between the last two the
    highest point of the range. Far from the wells only the bowl is felt, so no descent is lost for ever.

    Parameters
    ----------
    centers, depths, widths : sequences of float, of one length
        c, d and s of each well; a negative depth makes a hill.
    bowl : float
        Half of the curvature far away.
    floor : float
        Added everywhere.
    low, high : float
        Range worth drawing.

    >>> curve = Wells()
    >>> [round(float(w), 2) for w in curve.stationary()[0]]
    [-1.67, -0.16, 1.47]
    """

    def __init__(
        self,
        centers: Sequence[float] = (-1.7, -0.85, -0.2, 1.5),
        depths: Sequence[float] = (0.5, -0.65, 0.25, 1.0),
        widths: Sequence[float] = (0.35, 0.25, 0.25, 0.45),
        bowl: float = 0.05,
        floor: float = 1.0,
        low: float = -3.0,
        high: float = 3.0,
    ) -> None:
        if not len(centers) == len(depths) == len(widths):
            lengths = f"{len(centers)}, {len(depths)}, {len(widths)}"
            raise ValueError(f"centers, depths, widths have lengths {lengths}; expected one length")
        self.centers, self.depths, self.widths = (
            np.asarray(values, float) for values in (centers, depths, widths)
        )
        self.bowl, self.floor, self.low, self.high = bowl, floor, low, high

    def _wells(self, w) -> tuple[np.ndarray, np.ndarray]:
        """(w - c) / s² and d * exp(…) of each well, along a new last axis."""
        distance = np.asarray(w, float)[..., None] - self.centers
        return distance / self.widths**2, self.depths * np.exp(-(distance**2) / (2 * self.widths**2))

    def error(self, w):
        return self.floor + self.bowl * np.square(w) - self._wells(w)[1].sum(-1)

    def gradient(self, w):
        pull, well = self._wells(w)
        return 2 * self.bowl * np.asarray(w) + (pull * well).sum(-1)

    def curvature(self, w):
        pull, well = self._wells(w)
        return 2 * self.bowl + ((1 / self.widths**2 - pull**2) * well).sum(-1)


def descend(curve: Curve, start, rate, steps: int, method: str = "SGD", decay: float = 0.9) -> np.ndarray:
    """Weights along descents from one or many starts, with one or many learning rates, all at once.

    Parameters
    ----------
    curve : Curve
    start, rate : float or array
        Broadcast against each other.
    steps : int
    method : {"SGD", "Momentum", "Nesterov", "RMSprop", "Adam"}
        Update rules as in PyTorch's ``torch.optim``.
    decay : float
        Momentum of Momentum and Nesterov, and memory of RMSprop's squares; Adam has its usual 0.9, 0.999.

    Returns
    -------
    array, shape (steps + 1, *shape of start and rate together)
        The first row is the start. A descent that overflows goes on as inf or nan: divergence is a result.

    >>> descend(Quadratic(1.0), start=1.0, rate=0.5, steps=3)
    array([1.   , 0.5  , 0.25 , 0.125])
    """
    if method not in METHODS:
        raise ValueError(f"method is {method!r}; expected one of {', '.join(METHODS)}")
    start, rate = np.broadcast_arrays(np.asarray(start, float), np.asarray(rate, float))
    path = np.empty((steps + 1, *start.shape))
    path[0] = start
    optimizer = RULES[method](decay)
    state = {slot: np.zeros(start.shape) for slot in optimizer.slots}
    with np.errstate(over="ignore", invalid="ignore"):
        for optimizer.steps in range(1, steps + 1):
            w = path[optimizer.steps, ...]  # a view, even of a single weight
            w[...] = path[optimizer.steps - 1]
            optimizer.update(w, curve.gradient(path[optimizer.steps - 1]), state, rate)
    return path
