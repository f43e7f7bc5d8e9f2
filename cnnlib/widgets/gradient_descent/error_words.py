"""Errors in words that a beginner reads: written out, and beside that of plain descent."""

from __future__ import annotations

from math import floor, log10

from cnnlib.runtime.language import say, word

FINE = 1e-3  # of an error below it two digits are said


def beside_plain(error: float, plain_error: float) -> str:
    """How much smaller the error is than that of plain descent.

    >>> beside_plain(1e-5, 0.036)
    "It is about 3,600 times smaller than plain descent's 0.036 at the same rate."
    """
    times, other = plain_error / max(error, 1e-6), plain(plain_error, 2)
    if error < 1e-6 or not times >= 2 or not plain_error < 1e6:
        return say("Plain descent at the same rate has an error of {other}.", other=other)
    return say(
        "It is about {times:,.0f} times smaller than plain descent's {other} at the same rate.",
        times=float(f"{times:.2g}"),
        other=other,
    )


def plain(error: float, digits: int) -> str:
    """An error to so many digits, written out.

    >>> plain(0.0266, 2), plain(4.583e-5, 2), plain(3e-9, 2), plain(0.0, 2)
    ('0.027', '0.000046', 'less than 0.000001', '0')
    """
    if not error < 1e6:
        return word("beyond measure")
    if error == 0 or error >= 1e-4:
        return f"{error:.{digits}g}"
    if error < 1e-6:
        return word("less than 0.000001")
    return f"{error:.{digits - 1 - floor(log10(error))}f}"


def short(error: float) -> str:
    """An error as a large number: two digits.

    >>> short(0.0266), short(3.66e-5), short(3e-9)
    ('0.027', '0.000037', '< 0.000001')
    """
    return "< 0.000001" if 0 < error < 1e-6 else plain(error, 2)
