"""Errors in words that a beginner reads: to a few digits, and beside that of SGD."""

from __future__ import annotations

from cnnlib.runtime.language import localised, say, word
from cnnlib.runtime.powers import raised

FINE = 1e-3  # of an error below it two digits are said, with a power of ten
DECIMALS = 0.01, 100.0  # errors between these are read alike to three decimals
LEAST = 1e-8  # errors below it are told apart nowhere


def beside_plain(error: float, plain_error: float) -> str:
    """How much smaller the error is than that of SGD.

    >>> beside_plain(1e-5, 0.036)
    "It is about 3,600 times smaller than SGD's 0.036 at the same rate."
    """
    times, other = plain_error / max(error, 1e-6), plain(plain_error, 2)
    if error < 1e-6 or not times >= 2 or not plain_error < 1e6:
        return say("SGD at the same rate has an error of {other}.", other=other)
    return say(
        "It is about {times:,.0f} times smaller than SGD's {other} at the same rate.",
        times=float(f"{times:.2g}"),
        other=other,
    )


def plain(error: float, digits: int) -> str:
    """An error to so many digits.

    >>> [plain(error, 2).replace("\\u00a0", " ") for error in (0.0266, 4.583e-5, 3e-4, 3e-9, 0.0)]
    ['0.027', '4.6 × 10⁻⁵', '3.0 × 10⁻⁴', 'less than 10⁻⁸', '0']
    """
    if not error < 1e6:
        return word("beyond measure")
    if error == 0 or error >= FINE:
        return f"{error:.{digits}g}"
    if error < LEAST:
        return word("less than 10⁻⁸")
    return raised(f"{error:.{digits - 1}e}")


def short(error: float) -> str:
    """An error as a large number: two digits.

    >>> short(0.0266), short(3e-9)
    ('0.027', '< 10⁻⁸')
    """
    return "< 10⁻⁸" if 0 < error < LEAST else plain(error, 2)


def alike(errors: list[float]) -> list[str]:
    """Errors in one form, to be read one beneath the other: to three decimals, or all as powers of ten.

    >>> alike([0.02, 0.22]), [text.replace("\\u00a0", " ") for text in alike([1.9e-5, 0.22])]
    (['0.020', '0.220'], ['1.9 × 10⁻⁵', '2.2 × 10⁻¹'])
    """
    if all(DECIMALS[0] <= error < DECIMALS[1] for error in errors):
        return [localised(f"{error:.3f}") for error in errors]
    return [localised(raised(f"{error:.1e}")) if LEAST <= error < 1e6 else short(error) for error in errors]
