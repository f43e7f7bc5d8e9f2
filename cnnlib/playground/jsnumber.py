"""Numbers as JavaScript reads them from and writes them to an address."""

import math
import re

_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?)\Z")
_PREFIXED = re.compile(r"0([xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)\Z")


def parse_number(text):
    """Read text as JavaScript's ``Number(text)``: NaN for what is no number, 0 for nothing.

    >>> [parse_number(t) for t in ("10", " 0.03 ", "", "0x10", "ten")]
    [10, 0.03, 0, 16, nan]
    """
    text = text.strip()
    if not text:
        return 0
    if _PREFIXED.match(text):
        return int(text, 0)
    if text.lstrip("+-") == "Infinity" and len(text) <= 9:
        return -math.inf if text[0] == "-" else math.inf
    if not _DECIMAL.match(text):
        return math.nan
    return tidy(float(text))


def tidy(value):
    """Return a whole float as an int, anything else unchanged; both mean the same to JavaScript."""
    value = float(value)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def format_number(value):
    """Write a number as JavaScript's ``String(number)``.

    >>> [format_number(v) for v in (0.03, 10.0, 1e-05, 1e-07, 1e21, float("nan"))]
    ['0.03', '10', '0.00001', '1e-7', '1e+21', 'NaN']
    """
    value = float(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = f"{abs(value)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    return sign + _place_point(digits.rstrip("0"), point)


def _place_point(digits, point):
    """Write 0.DIGITS * 10**point, with an exponent only where JavaScript uses one."""
    if len(digits) <= point <= 21:
        return digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{tail}e{point - 1:+d}"
