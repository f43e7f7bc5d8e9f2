"""The six data sets of the spiral playground, drawn number by number as the page draws them.

Each generator takes a :class:`~cnnlib.playground.seedrandom.SeedRandom` stream, a number of points
and the noise as a fraction (the page's percentage / 100), and returns a list of ``(x, y, label)``.
Noise numbers are drawn even when the noise is 0, so the stream stays in step.
Source of the formulas: TensorFlow Playground, ``dataset.ts`` (Apache-2.0).
"""

import math

import numpy as np

from cnnlib.playground import fdlibm

N_CLASSIFICATION, N_REGRESSION, N_THUMBNAIL = 500, 1200, 200


def _circle(stream, n, noise):
    points = []
    for low, high in ((0.0, 2.5), (3.5, 5.0)):
        for _ in range(math.ceil(n / 2)):
            r, angle = stream.uniform(low, high), stream.uniform(0.0, 2 * math.pi)
            x, y = r * fdlibm.sin(angle), r * fdlibm.cos(angle)
            dx, dy = stream.uniform(-5, 5) * noise, stream.uniform(-5, 5) * noise
            distance = math.sqrt((x + dx) * (x + dx) + (y + dy) * (y + dy))
            points.append((x, y, 1.0 if distance < 2.5 else -1.0))
    return points


def _pushed(value):
    """Keep points 0.3 away from the axes."""
    return value + (0.3 if value > 0 else -0.3)


def _xor(stream, n, noise):
    points = []
    for _ in range(n):
        x = _pushed(stream.uniform(-5, 5))
        y = _pushed(stream.uniform(-5, 5))
        dx, dy = stream.uniform(-5, 5) * noise, stream.uniform(-5, 5) * noise
        points.append((x, y, 1.0 if (x + dx) * (y + dy) >= 0 else -1.0))
    return points


def _normal(stream, mean, variance):
    """Marsaglia's polar method; the second normal of each pair is thrown away."""
    while True:
        a, b = 2 * stream.random() - 1, 2 * stream.random() - 1
        q = a * a + b * b
        if q <= 1:
            return mean + math.sqrt(variance) * (math.sqrt(-2 * fdlibm.log(q) / q) * a)


def _gauss(stream, n, noise):
    part = noise / 0.5
    variance = 0.5 * (1 - part) + 4 * part
    points = []
    for centre, label in ((2.0, 1.0), (-2.0, -1.0)):
        for _ in range(math.ceil(n / 2)):
            x, y = _normal(stream, centre, variance), _normal(stream, centre, variance)
            points.append((x, y, label))
    return points


def _spiral(stream, n, noise):
    points, half = [], n / 2
    for turn, label in ((0.0, 1.0), (math.pi, -1.0)):
        for i in range(math.ceil(half)):
            r, t = i / half * 5, 1.75 * i / half * 2 * math.pi + turn
            x = r * fdlibm.sin(t) + stream.uniform(-1, 1) * noise
            y = r * fdlibm.cos(t) + stream.uniform(-1, 1) * noise
            points.append((x, y, label))
    return points


def _plane_label(x, y):
    part = (x + y + 10) / 20
    return -1 * (1 - part) + 1 * part


_BUMPS = ((-4, 2.5, 1), (0, 2.5, -1), (4, 2.5, 1), (-4, -2.5, -1), (0, -2.5, 1), (4, -2.5, -1))


def _bump_label(x, y):
    """Height of the nearest of six cones of radius 2; 0 away from them all."""
    label = 0.0
    for cx, cy, sign in _BUMPS:
        distance = math.sqrt((x - cx) * (x - cx) + (y - cy) * (y - cy))
        height = sign * (1 - min(max(distance / 2, 0.0), 1.0))
        if abs(height) > abs(label):
            label = height
    return label


def _regression(label_of):
    def generate(stream, n, noise):
        points = []
        for _ in range(n):
            x, y = stream.uniform(-6, 6), stream.uniform(-6, 6)
            dx, dy = stream.uniform(-6, 6) * noise, stream.uniform(-6, 6) * noise
            points.append((x, y, label_of(x + dx, y + dy)))
        return points

    return generate


CLASSIFICATION = {"circle": _circle, "xor": _xor, "gauss": _gauss, "spiral": _spiral}
REGRESSION = {"reg-plane": _regression(_plane_label), "reg-gauss": _regression(_bump_label)}


def _shuffle(points, stream):
    """Fisher-Yates from the end, in place."""
    for last in range(len(points), 0, -1):
        j = math.floor(stream.random() * last)
        points[last - 1], points[j] = points[j], points[last - 1]


def _split_at(n, percent):
    """Where the training part ends; odd values of the page's address behave as its slices do."""
    return 0 if math.isnan(percent) else math.floor(min(max(n * percent / 100, -n - 1), n + 1))


def make_points(stream, dataset, *, noise=0.0, percent_train=50.0, n_points=None):
    """Draw, shuffle and split one data set.

    Parameters
    ----------
    stream : SeedRandom
        Advanced by exactly the numbers that the page would consume.
    dataset : str
        ``"circle"``, ``"xor"``, ``"gauss"``, ``"spiral"``, ``"reg-plane"`` or ``"reg-gauss"``.
    noise : float
        Percent, as on the page's slider.
    percent_train : float
        Percent of the points that go to the training part.
    n_points : int, optional
        500 for the four classification sets and 1200 for the two regression sets unless given.

    Returns
    -------
    train, test : ndarray, shape (n, 3)
        Columns x, y, label, in the order in which training visits them.

    Examples
    --------
    >>> from cnnlib.playground.seedrandom import SeedRandom
    >>> train, test = make_points(SeedRandom("0.50025"), "spiral", percent_train=30)
    >>> train.shape, test.shape, sorted(set(train[:, 2].tolist()))
    ((150, 3), (350, 3), [-1.0, 1.0])
    """
    generate = {**CLASSIFICATION, **REGRESSION}.get(dataset)
    if generate is None:
        known = ", ".join([*CLASSIFICATION, *REGRESSION])
        raise ValueError(f"dataset must be one of {known}; got {dataset!r}")
    if n_points is None:
        n_points = N_REGRESSION if dataset in REGRESSION else N_CLASSIFICATION
    points = generate(stream, n_points, noise / 100)
    _shuffle(points, stream)
    cut = _split_at(len(points), percent_train)
    table = np.array(points, dtype=np.float64).reshape(-1, 3)
    return table[:cut].copy(), table[cut:].copy()


def draw_thumbnails(stream, problem):
    """Return the 200 noiseless points of each small data-set picture; they advance the stream.

    The page redraws these pictures between the points and the weights when the problem changes.
    """
    generators = REGRESSION if problem == "regression" else CLASSIFICATION
    return {name: np.array(generate(stream, N_THUMBNAIL, 0.0)) for name, generate in generators.items()}
