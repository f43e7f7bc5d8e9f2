"""First weights: every rule is a function ``rule(shape, rng) -> array`` in float64.

Shapes are those of the layers: ``(F, C, kH, kW)`` for a convolution, ``(in, out)`` for a linear layer.
"""

import numpy as np


def fans(shape):
    """Numbers of inputs and outputs that one unit sees: ``(fan_in, fan_out)``.

    Parameters
    ----------
    shape : tuple of int
        ``(in, out)`` of a linear layer or ``(F, C, kH, kW)`` of a convolution.

    Raises
    ------
    ValueError
        If `shape` has neither two nor four entries.

    Examples
    --------
    >>> fans((64, 10)), fans((8, 3, 5, 5))
    ((64, 10), (75, 200))
    """
    if len(shape) == 2:
        return tuple(shape)
    if len(shape) == 4:
        window = shape[2] * shape[3]
        return shape[1] * window, shape[0] * window
    raise ValueError(f"shape must be (in, out) or (F, C, kH, kW), got {tuple(shape)}")


def he(shape, rng):
    """Normal values of variance ``2 / fan_in``: keeps the size of the signal through ReLU layers.

    Half of a symmetric input is cut off by ReLU, hence the 2. Source: He, Zhang, Ren and Sun,
    "Delving deep into rectifiers", 2015, arXiv:1502.01852.

    Examples
    --------
    >>> w = he((1000, 400), np.random.default_rng(0))
    >>> print(f"{w.std():.3f}, expected {np.sqrt(2 / 1000):.3f}")
    0.045, expected 0.045
    """
    return rng.normal(0.0, np.sqrt(2.0 / fans(shape)[0]), shape)


def xavier(shape, rng):
    """Normal values of variance ``2 / (fan_in + fan_out)``: made for tanh and sigmoid layers.

    A compromise between keeping the size of the signal forwards (``1 / fan_in``) and of the gradient
    backwards (``1 / fan_out``). Source: Glorot and Bengio, "Understanding the difficulty of training
    deep feedforward neural networks", AISTATS 2010.

    Examples
    --------
    >>> w = xavier((300, 200), np.random.default_rng(0))
    >>> print(f"{w.std():.3f}, expected {np.sqrt(2 / 500):.3f}")
    0.063, expected 0.063
    """
    fan_in, fan_out = fans(shape)
    return rng.normal(0.0, np.sqrt(2.0 / (fan_in + fan_out)), shape)


def fan_in_uniform(shape, rng):
    """Uniform values between ``-1 / sqrt(fan_in)`` and ``1 / sqrt(fan_in)``: variance ``1 / (3 * fan_in)``.

    Smaller than He's, so that an output layer begins without strong opinions: the first loss of a
    classifier with K classes then lies near ln K. The default of `cnnlib.nn.layers.Linear` as of PyTorch's;
    Glorot and Bengio (2010) call it the commonly used heuristic.

    Examples
    --------
    >>> w = fan_in_uniform((100, 10), np.random.default_rng(0))
    >>> print(f"{w.min():.2f} to {w.max():.2f}")
    -0.10 to 0.10
    """
    limit = 1.0 / np.sqrt(fans(shape)[0])
    return rng.uniform(-limit, limit, shape)


def zeros(shape, rng=None):
    """All weights zero. A network that starts so cannot tell its units apart: kept to show it.

    Examples
    --------
    >>> zeros((2, 2))
    array([[0., 0.],
           [0., 0.]])
    """
    return np.zeros(shape)


def constant(value):
    """The rule that gives every weight the same `value`: identical units stay identical for ever.

    Examples
    --------
    >>> constant(0.1)((1, 3))
    array([[0.1, 0.1, 0.1]])
    """

    def rule(shape, rng=None):
        return np.full(shape, float(value))

    return rule


def normal(std):
    """The rule that draws normal values of standard deviation `std`, whatever the fan-in.

    Examples
    --------
    >>> normal(0.01)((2, 3), np.random.default_rng(0)).shape
    (2, 3)
    """

    def rule(shape, rng):
        return rng.normal(0.0, std, shape)

    return rule


RULES = {"he": he, "xavier": xavier, "uniform": fan_in_uniform, "zeros": zeros}


def initialize(rule, shape, rng=None, dtype=np.float32):
    """Make one weight array by a rule given by name or as a function.

    Parameters
    ----------
    rule : str or callable
        ``"he"``, ``"xavier"``, ``"uniform"``, ``"zeros"``, or a function ``rule(shape, rng) -> array``.
    shape : tuple of int
        Shape of the weights.
    rng : numpy.random.Generator, int or None
        Source of the random numbers; ``None`` takes a fresh, unpredictable one.
    dtype : dtype
        Type of the result.

    Raises
    ------
    ValueError
        If the name is unknown or the function returns another shape.

    Examples
    --------
    >>> initialize("zeros", (1, 2))
    array([[0., 0.]], dtype=float32)
    """
    if isinstance(rule, str):
        if rule not in RULES:
            raise ValueError(f"init must be one of {sorted(RULES)} or a function(shape, rng), got {rule!r}")
        rule = RULES[rule]
    weights = np.asarray(rule(tuple(shape), np.random.default_rng(rng)))
    if weights.shape != tuple(shape):
        raise ValueError(f"init: the rule returned shape {weights.shape}, expected {tuple(shape)}")
    return weights.astype(dtype)
