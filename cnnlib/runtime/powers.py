"""How very small and very large numbers are read: 4.7 × 10⁻⁶, neither 0.0000047 nor 4.7e-06.

This is the one place where that is decided for Python; `frontend/src/powers.js` is its twin for numbers that
the page writes. Code, formulas and boxes to type in keep the plain form.
"""

from __future__ import annotations

import re
from collections.abc import Callable

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
DIGITS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "−0123456789")
LONG = re.compile(
    r"`[^`]*`|\$[^$]*\$"  # code and formulas, which stay
    r"|(?<![\w.,=])(?P<digits>\d+(?:[.,]\d+)?)e(?P<power>[+-]?\d+)(?!\w)"
    r"|(?<![\w.,=])0(?P<mark>[.,])(?P<decimals>000\d{2,})(?!\w)"
    r"|(?<![\w.,=])(?P<endless>inf)(?!\w)"
)
PLAIN = range(2, 6)  # powers up to this are written out: 1,400
RAISED = re.compile(r"(?:([\d.,]+)\u00a0×\u00a0)?10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)")


def raised(text: str, number: Callable[[str], str] = str) -> str:
    """A text with powers of ten in place of an ``e`` and of decimals that begin with three zeros or more.

    Up to four decimals a number stays as it is, since that is read at a glance: 0.0001, 0.0312. One below a
    million is written out, and `number` turns it from English into the text's language.

    >>> raised("an error of 0.00018, then 4.7e-06, and 1e+06").replace("\\u00a0", " ")
    'an error of 1.8 × 10⁻⁴, then 4.7 × 10⁻⁶, and 10⁶'
    >>> raised("from 0.0001 to `1e-05` and 0.00000")
    'from 0.0001 to `1e-05` and 0.00000'
    >>> raised("now 1.4e+03, then inf")
    'now 1,400, then ∞'
    """
    return LONG.sub(lambda found: _raised(found, number), text)


def _raised(found: re.Match, number: Callable[[str], str]) -> str:
    if found["endless"]:
        return "∞"
    if found["power"] and int(found["power"]) in PLAIN:
        return number(f"{float(found[0].replace(',', '.')):,.0f}")
    if found["power"]:
        return scientific(found["digits"], int(found["power"]))
    if not found["mark"] or not (digits := found["decimals"].lstrip("0")):
        return found[0]
    power = len(digits) - len(found["decimals"]) - 1
    return scientific(digits[0] + (found["mark"] + digits[1:] if digits[1:] else ""), power)


def scientific(digits: str, power: int) -> str:
    """Digits times a power of ten; the power alone where the digits are 1.

    >>> scientific("1", -8)
    '10⁻⁸'
    """
    ten = f"10{str(power).translate(SUPERSCRIPTS)}"
    return ten if digits == "1" else f"{digits}\u00a0×\u00a0{ten}"
