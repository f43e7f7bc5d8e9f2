"""Error surfaces of two weights, with exact gradients and Hessians: small enough to draw as a map.

Weights have the shape (..., 2), so that many points are worked out at once; `error_curves.descend` walks
on these surfaces as it does on curves, with rates of the shape (..., 1).
"""

import numpy as np


class Surface:
    """An error E(w) of two weights.

    Attributes
    ----------
    low, high : arrays of shape (2,)
        Corners of the range worth drawing.
    minima : array, shape (n, 2)
        Where the smallest errors lie.
    """

    low, high, minima = np.array([-3.0, -3.0]), np.array([3.0, 3.0]), np.zeros((1, 2))

    def error(self, w):
        """E, of the shape (...)."""
        raise NotImplementedError

    def gradient(self, w):
        """dE/dw, of the shape (..., 2)."""
        raise NotImplementedError

    def hessian(self, w):
        """Second derivatives, of the shape (..., 2, 2)."""
        raise NotImplementedError

    def curvatures(self, w):
        """Smallest and largest curvature at `w`: the eigenvalues of the Hessian, shape (..., 2)."""
        return np.linalg.eigvalsh(self.hessian(w))

    def grid(self, points=61):
        """Errors over the range for a map: x (points,), y (points,), error (points, points), rows along y."""
        x, y = (np.linspace(low, high, points) for low, high in zip(self.low, self.high, strict=True))
        return x, y, self.error(np.stack(np.meshgrid(x, y), axis=-1))


class Bowl(Surface):
    """``E = (a u**2 + b v**2) / 2``, u and v the weights turned by `angle`: a bowl, or a long valley.

    Parameters
    ----------
    condition : float
        The larger curvature over the smaller, at least 1. The gradient points at the minimum only where this
        is 1 or on an axis of the ellipse; SGD needs about this many steps for a fixed gain.
    steepest : float
        The larger curvature, above 0.
    angle : float
        Direction of the shallow axis against the first weight, degrees.

    Examples
    --------
    >>> Bowl(condition=10).curvatures(np.zeros(2))
    array([0.1, 1. ])
    """

    def __init__(self, condition=10.0, steepest=1.0, angle=0.0):
        if not (np.isfinite(condition) and condition >= 1):
            raise ValueError(f"condition must be a number of at least 1, got {condition}")
        if not (np.isfinite(steepest) and steepest > 0):
            raise ValueError(f"steepest must be a number above 0, got {steepest}")
        self.condition, self.steepest = condition, steepest
        turn = np.deg2rad(angle)
        axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        self.matrix = axes.T @ np.diag([steepest / condition, steepest]) @ axes

    def error(self, w):
        w = np.asarray(w, float)
        return 0.5 * (w * (w @ self.matrix)).sum(-1)

    def gradient(self, w):
        return np.asarray(w, float) @ self.matrix

    def hessian(self, w):
        return np.broadcast_to(self.matrix, (*np.shape(w)[:-1], 2, 2))


class Rosenbrock(Surface):
    """A curved, nearly flat valley: ``E = scale * ((1 - x)**2 + 20 * (y - x**2)**2)``, minimum at (1, 1).

    After Rosenbrock, "An automatic method for finding the greatest or least value of a function", 1960, who
    has 100 in the place of 20. `scale` brings the largest curvature at the minimum near 1.

    Examples
    --------
    >>> float(Rosenbrock().error(np.array([-1.0, 1.0])))
    0.02
    """

    low, high, minima = np.array([-2.0, -1.0]), np.array([2.0, 3.0]), np.ones((1, 2))
    steepness, scale = 20.0, 0.005

    def error(self, w):
        x, y = np.moveaxis(np.asarray(w, float), -1, 0)
        return self.scale * ((1 - x) ** 2 + self.steepness * (y - x**2) ** 2)

    def gradient(self, w):
        x, y = np.moveaxis(np.asarray(w, float), -1, 0)
        off = 2 * self.steepness * (y - x**2)
        return self.scale * np.stack([-2 * (1 - x) - 2 * x * off, off], axis=-1)

    def hessian(self, w):
        x, y = np.moveaxis(np.asarray(w, float), -1, 0)
        k = self.steepness
        return self.scale * _symmetric(2 - 4 * k * (y - 3 * x**2), -4 * k * x, np.full_like(x, 2 * k))


class Saddle(Surface):
    """``E = x**2 / 2 - y**2 / 4 + y**4 / 16``, plus 1/4: up along x, down along y, minima at y = ±sqrt(2).

    At the origin the gradient is zero and no minimum: the curvatures have opposite signs.

    Examples
    --------
    >>> Saddle().curvatures(np.zeros(2))
    array([-0.5,  1. ])
    """

    minima = np.array([[0.0, -np.sqrt(2)], [0.0, np.sqrt(2)]])

    def error(self, w):
        x, y = np.moveaxis(np.asarray(w, float), -1, 0)
        return x**2 / 2 - y**2 / 4 + y**4 / 16 + 0.25

    def gradient(self, w):
        x, y = np.moveaxis(np.asarray(w, float), -1, 0)
        return np.stack([x, -y / 2 + y**3 / 4], axis=-1)

    def hessian(self, w):
        x, y = np.moveaxis(np.asarray(w, float), -1, 0)
        return _symmetric(np.ones_like(x), np.zeros_like(x), -0.5 + 0.75 * y**2)


class Ripples(Surface):
    """A bowl with waves that die away outwards, as in a Gabor function: many valleys, one deepest.

    ``E = (x**2 + y**2) / 20 + h * (1 - exp(-(x**2 + y**2) / 4) * cos(k x))``, waves of height h along x.

    Examples
    --------
    >>> float(Ripples().error(np.zeros(2)))
    0.0
    """

    height, waves = 0.5, 4.0

    def _parts(self, w):
        x, y = np.moveaxis(np.asarray(w, float), -1, 0)
        return x, y, np.exp(-(x**2 + y**2) / 4), np.cos(self.waves * x), np.sin(self.waves * x)

    def error(self, w):
        x, y, fade, cos, _ = self._parts(w)
        return (x**2 + y**2) / 20 + self.height * (1 - fade * cos)

    def gradient(self, w):
        x, y, fade, cos, sin = self._parts(w)
        h, k = self.height, self.waves
        return np.stack(
            [x / 10 + h * fade * (x / 2 * cos + k * sin), y / 10 + h * fade * y / 2 * cos], axis=-1
        )

    def hessian(self, w):
        x, y, fade, cos, sin = self._parts(w)
        h, k = self.height * fade, self.waves
        xx = 0.1 + h * ((0.5 + k**2 - x**2 / 4) * cos - k * x * sin)
        xy = -h * y / 2 * (x / 2 * cos + k * sin)
        return _symmetric(xx, xy, 0.1 + h * (0.5 - y**2 / 4) * cos)


class Regression(Surface):
    """Mean half squared error of a linear guess from two features: ``E = mean((x @ w - t)**2) / 2``.

    The only surface here that is made of samples: its gradient is a mean over them, and the mean over a
    batch is a noisy version of it.

    Parameters
    ----------
    x : array, shape (N, 2)
        Features.
    t : array, shape (N,)
        Targets.

    Examples
    --------
    >>> surface = Regression([[1.0, 0.0], [0.0, 1.0]], [1.0, -1.0])
    >>> surface.minima
    array([[ 1., -1.]])
    >>> surface.batch_gradient(np.zeros(2), [0])
    array([-1.,  0.])
    """

    def __init__(self, x, t):
        self.x, self.t = np.asarray(x, float), np.asarray(t, float)
        if self.x.ndim != 2 or self.x.shape[1] != 2 or self.t.shape != self.x.shape[:1]:
            raise ValueError(
                f"x and t must have shapes (N, 2) and (N,), got {self.x.shape} and {self.t.shape}"
            )
        self.matrix = self.x.T @ self.x / len(self.x)
        self.minima = np.linalg.lstsq(self.x, self.t, rcond=None)[0][None]
        self.floor = 0.5 * float(np.mean((self.x @ self.minima[0] - self.t) ** 2))

    def error(self, w):
        off = np.asarray(w, float) - self.minima[0]
        return self.floor + 0.5 * (off * (off @ self.matrix)).sum(-1)

    def gradient(self, w):
        return (np.asarray(w, float) - self.minima[0]) @ self.matrix

    def hessian(self, w):
        return np.broadcast_to(self.matrix, (*np.shape(w)[:-1], 2, 2))

    def batch_gradient(self, w, batch):
        """Gradient of the mean error of the samples with the indices `batch`; (..., B) for many batches."""
        x, t = self.x[batch], self.t[batch]
        off = (x * np.asarray(w)[..., None, :]).sum(-1) - t
        return (off[..., None] * x).mean(-2)

    def descend(self, start, rate, batch_size, samples, rng):
        """Descend by batches drawn epoch after epoch until `samples` samples have been looked at.

        Returns
        -------
        array, shape (steps + 1, 2)
            Weights after each step, the start first; inf or nan where it diverged.
        """
        steps, n = samples // batch_size, len(self.x)
        order = np.concatenate([rng.permutation(n) for _ in range(-(-max(samples, 1) // n))])
        path = np.empty((steps + 1, 2))
        path[0] = start
        with np.errstate(over="ignore", invalid="ignore"):
            for i in range(steps):
                batch = order[i * batch_size : (i + 1) * batch_size]
                path[i + 1] = path[i] - rate * self.batch_gradient(path[i], batch)
        return path


def _symmetric(xx, xy, yy):
    return np.stack([np.stack([xx, xy], axis=-1), np.stack([xy, yy], axis=-1)], axis=-2)
