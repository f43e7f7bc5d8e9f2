"""Sine, cosine and logarithm to the last bit of the page's, on every machine.

Platform libraries differ in the last bit of these functions, and a point near zero then differs
in more. JavaScript engines follow fdlibm, whose three steps are short enough to follow here:
reduce the argument, evaluate a fixed polynomial, undo the reduction.
Source of the method and of its coefficients: fdlibm 5.3, Sun Microsystems, 1993 (free to use).
"""

import math

_SIN = (
    -1.66666666666666324348e-01, 8.33333333332248946124e-03, -1.98412698298579493134e-04,
    2.75573137070700676789e-06, -2.50507602534068634195e-08, 1.58969099521155010221e-10,
)  # fmt: skip
_COS = (
    4.16666666666666019037e-02, -1.38888888888741095749e-03, 2.48015872894767294178e-05,
    -2.75573143513906633035e-07, 2.08757232129817482790e-09, -1.13596475577881948265e-11,
)  # fmt: skip
_LOG = (
    6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01, 2.222219843214978396e-01,
    1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01,
)  # fmt: skip
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_PIO2_1, _PIO2_1T = 1.57079632673412561417e00, 6.07710050650619224932e-11
_PIO2_2, _PIO2_2T = 6.07710050630396597660e-11, 2.02226624879595063154e-21
_TWO_OVER_PI = 6.36619772367581382433e-01
_QUARTER_PI = 0x1921FC / (1 << 21)  # just above pi/4, where the reduction begins


def _sin_kernel(x, tail):
    """Sine of x + tail for |x| <= pi/4."""
    s1, s2, s3, s4, s5, s6 = _SIN
    z = x * x
    v = z * x
    r = s2 + z * (s3 + z * (s4 + z * (s5 + z * s6)))
    if tail is None:
        return x + v * (s1 + z * r)
    return x - ((z * (0.5 * tail - v * r) - tail) - v * s1)


def _truncate(x, exponent_drop):
    """The double that has x's sign and exponent minus `exponent_drop` and a short mantissa."""
    mantissa, exponent = math.frexp(x)
    return math.ldexp(math.floor(mantissa * (1 << 21)) / (1 << 21), exponent - exponent_drop)


def _cos_kernel(x, tail):
    """Cosine of x + tail for |x| <= pi/4."""
    c1, c2, c3, c4, c5, c6 = _COS
    z = x * x
    r = z * (c1 + z * (c2 + z * (c3 + z * (c4 + z * (c5 + z * c6)))))
    size = abs(x)
    if size < 0.3:
        return 1.0 - (0.5 * z - (z * r - x * tail))
    quarter = 0.28125 if size >= 0x190001 / (1 << 21) else _truncate(size, 2)
    half_z = 0.5 * z - quarter
    return (1.0 - quarter) - (half_z - (z * r - x * tail))


def _reduce(x):
    """Write x as n * pi/2 + y + tail with |y| <= pi/4; good to |x| of about a million."""
    size = abs(x)
    n = int(size * _TWO_OVER_PI + 0.5)
    r, w = size - n * _PIO2_1, n * _PIO2_1T
    y = r - w
    if math.frexp(size)[1] - math.frexp(y)[1] > 16:  # near a multiple of pi/2: use more of its bits
        t, w = r, n * _PIO2_2
        r = t - w
        w = n * _PIO2_2T - ((t - r) - w)
        y = r - w
    tail = (r - y) - w
    return (n, y, tail) if x >= 0 else (-n, -y, -tail)


def sin(x):
    """Sine of a float (radians).

    >>> sin(0.5) == 0.479425538604203
    True
    """
    if not math.isfinite(x):
        return math.nan
    if abs(x) < _QUARTER_PI:
        return x if abs(x) < 2**-26 else _sin_kernel(x, None)
    n, y, tail = _reduce(x)
    value = _cos_kernel(y, tail) if n & 1 else _sin_kernel(y, tail)
    return -value if n & 2 else value


def cos(x):
    """Cosine of a float (radians).

    >>> cos(0.0)
    1.0
    """
    if not math.isfinite(x):
        return math.nan
    if abs(x) < _QUARTER_PI:
        return 1.0 if abs(x) < 2**-27 else _cos_kernel(x, 0.0)
    n, y, tail = _reduce(x)
    value = _sin_kernel(y, tail) if n & 1 else _cos_kernel(y, tail)
    return -value if (n + 1) & 2 else value


def log(x):
    """Natural logarithm of a float in (0, 1e300).

    >>> log(1.0)
    0.0
    """
    mantissa, k = math.frexp(x)  # x = mantissa * 2**k, mantissa in [0.5, 1)
    high = int(mantissa * (1 << 21)) - (1 << 20)  # the 20 leading bits behind the point
    if high + 0x95F64 < 0x100000:  # below sqrt(2): keep 2 * mantissa in [1, sqrt 2)
        mantissa, k = 2 * mantissa, k - 1
        position = high
    else:
        position = high - 0x100000
    f = mantissa - 1.0
    return _log_polynomial(f, k, position)


def _log_polynomial(f, k, position):
    if abs(f) < 2**-20:
        if f == 0.0:
            return k * _LN2_HIGH + k * _LN2_LOW if k else 0.0
        r = f * f * (0.5 - 0.33333333333333333 * f)
        return f - r if k == 0 else k * _LN2_HIGH - ((r - k * _LN2_LOW) - f)
    l1, l2, l3, l4, l5, l6, l7 = _LOG
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    r = z * (l1 + w * (l3 + w * (l5 + w * l7))) + w * (l2 + w * (l4 + w * l6))
    bits = position & 0xFFFFF
    if (bits - 0x6147A) | (0x6B851 - bits) > 0:
        half = 0.5 * f * f
        if k == 0:
            return f - (half - s * (half + r))
        return k * _LN2_HIGH - ((half - (s * (half + r) + k * _LN2_LOW)) - f)
    if k == 0:
        return f - s * (f - r)
    return k * _LN2_HIGH - ((s * (f - r) - k * _LN2_LOW) - f)
